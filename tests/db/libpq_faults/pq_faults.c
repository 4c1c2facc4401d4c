/* Stands before libpq by the linker's --wrap (CMakeLists.txt lists the same names). */
#include "pq_faults.h"

#include <fcntl.h>
#include <libpq-fe.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"

static struct pq_faults *mapped(const char *path, int flags)
{
	int fd = open(path, flags | O_RDWR | O_CLOEXEC, 0600);

	CHECK(fd >= 0);
	CHECK(ftruncate(fd, sizeof(struct pq_faults)) == 0);
	void *at = mmap(NULL, sizeof(struct pq_faults), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(at != MAP_FAILED);
	close(fd);
	return at;
}

struct pq_faults *pq_faults_make(const char *path)
{
	return mapped(path, O_CREAT | O_TRUNC);
}

struct pq_faults *pq_faults_here(void)
{
	static struct pq_faults own;
	static struct pq_faults *here;
	const char *path = getenv("PQ_FAULTS");

	if (here == NULL)
		here = path == NULL ? &own : mapped(path, 0);
	return here;
}

void pq_faults_ask(struct pq_faults *faults, enum pq_fault fault, long n)
{
	atomic_store(&faults->fault, (int)fault);
	atomic_store(&faults->fail_at, atomic_load(&faults->calls) + n);
}

void pq_faults_ask_none(struct pq_faults *faults)
{
	atomic_store(&faults->fail_at, 0);
}

static bool is_the_one(struct pq_faults *faults)
{
	long at = atomic_load(&faults->fail_at);

	if (atomic_fetch_add(&faults->calls, 1) + 1 != at)
		return false;
	atomic_fetch_add(&faults->failed, 1);
	return true;
}

/* Whether the call fails without being made. A cut connection is left to libpq. */
static bool fails(PGconn *conn)
{
	struct pq_faults *faults = pq_faults_here();

	if (!is_the_one(faults))
		return false;
	if (atomic_load(&faults->fault) == PQ_FAULT_FAIL)
		return true;
	shutdown(PQsocket(conn), SHUT_RDWR);
	return false;
}

#define WRAP(type, name, failure, parameters, arguments)                                           \
	type __real_##name parameters;                                                             \
	type __wrap_##name parameters;                                                             \
	type __wrap_##name parameters                                                              \
	{                                                                                          \
		return fails(conn) ? (failure) : __real_##name arguments;                          \
	}

WRAP(int, PQsetnonblocking, -1, (PGconn * conn, int arg), (conn, arg))
WRAP(int, PQenterPipelineMode, 0, (PGconn * conn), (conn))
WRAP(int, PQsendQuery, 0, (PGconn * conn, const char *query), (conn, query))
WRAP(int, PQsendPrepare, 0,
	(PGconn * conn, const char *name, const char *query, int n, const Oid *types),
	(conn, name, query, n, types))
WRAP(int, PQsendDescribePrepared, 0, (PGconn * conn, const char *name), (conn, name))
WRAP(int, PQsendQueryParams, 0,
	(PGconn * conn, const char *query, int n, const Oid *types, const char *const *values,
		const int *lengths, const int *formats, int format),
	(conn, query, n, types, values, lengths, formats, format))
WRAP(int, PQsendQueryPrepared, 0,
	(PGconn * conn, const char *name, int n, const char *const *values, const int *lengths,
		const int *formats, int format),
	(conn, name, n, values, lengths, formats, format))
WRAP(int, PQpipelineSync, 0, (PGconn * conn), (conn))
WRAP(int, PQflush, -1, (PGconn * conn), (conn))
WRAP(int, PQconsumeInput, 0, (PGconn * conn), (conn))
WRAP(PGresult *, PQgetResult, NULL, (PGconn * conn), (conn))

PGconn *__real_PQconnectdbParams(
	const char *const *names, const char *const *values, int expand_dbname);
PGconn *__wrap_PQconnectdbParams(
	const char *const *names, const char *const *values, int expand_dbname);

/* Without memory it gives NULL; a cut one is cut as soon as it stands. */
PGconn *__wrap_PQconnectdbParams(
	const char *const *names, const char *const *values, int expand_dbname)
{
	struct pq_faults *faults = pq_faults_here();

	if (!is_the_one(faults))
		return __real_PQconnectdbParams(names, values, expand_dbname);
	if (atomic_load(&faults->fault) == PQ_FAULT_FAIL)
		return NULL;
	PGconn *conn = __real_PQconnectdbParams(names, values, expand_dbname);
	shutdown(PQsocket(conn), SHUT_RDWR);
	return conn;
}
