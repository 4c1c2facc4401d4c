/* Broker, database, toys and waiting; the players are in kit_players.c. */
#include "kit_rig.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/crypto.h"

#define ROUND_MS      10
#define LOG_BYTES_MAX (16 * 1024 * 1024)

static PGconn *superuser(void)
{
	char conninfo[512];
	PGconn *pg;

	snprintf(conninfo, sizeof(conninfo), "%s user=postgres", getenv("WANGLI_TEST_PG"));
	pg = PQconnectdb(conninfo);
	assert_int_equal(PQstatus(pg), CONNECTION_OK);
	return pg;
}

int kit_rig_open(void **state)
{
	struct kit_rig *kr = calloc(1, sizeof(*kr));

	assert_non_null(kr);
	assert_int_equal(crypto_start(NULL), RES_OK);
	kr->at = service_rig_create("dispatch");
	kr->other = superuser();
	kr->intake = service_rig_join(kr->at, "intake", NULL);
	kr->followup = service_rig_join(kr->at, "followup", NULL);
	kr->cli = service_rig_join(kr->at, "cli", NULL);
	*state = kr;
	return 0;
}

int kit_rig_close(void **state)
{
	struct kit_rig *kr = *state;

	PQfinish(kr->other);
	service_rig_destroy(kr->at);
	free(kr);
	return 0;
}

int kit_rig_begin(void **state)
{
	struct kit_rig *kr = *state;

	answers_forget(kr->intake);
	answers_forget(kr->followup);
	answers_forget(kr->cli);
	service_rig_sql(kr->at,
		"truncate toy.case_file, toy.effect, toy.claim, toy.journal, toy.pending, "
		"toy.timer, toy.command, toy.batch_marker, toy.parked");
	service_rig_sql(kr->at, "update ref.clock set shift = '0'");
	service_rig_sql(kr->at, "alter role wl_toy login");
	return 0;
}

/* A test that failed may have left its toys. */
int kit_rig_end(void **state)
{
	struct kit_rig *kr = *state;

	if (PQtransactionStatus(kr->other) != PQTRANS_IDLE)
		PQclear(PQexec(kr->other, "rollback"));
	for (size_t i = 0; i < kr->n_toys; i++)
		if (kr->toys[i].pid > 0)
			toy_stop(&kr->toys[i]);
	kr->n_toys = 0;
	return 0;
}

void kit_only_with_plants(void)
{
#ifndef WANGLI_PLANTS
	skip();
#endif
}

/* --- toys --- */

static void setting(const char *name, const char *prefix, const char *value)
{
	char text[512];

	snprintf(text, sizeof(text), "%s%s", prefix, value);
	setenv(name, text, 1);
}

static void toy_environment(struct kit_rig *kr, const struct toy *toy)
{
	struct rig *rig = kr->at->rig;
	char path[160];

	setting("PG_CONNINFO", getenv("WANGLI_TEST_PG"), " user=wl_toy");
	setting("BUS_ADDRESS", "", rig->bus_address);
	setting("BUS_SERVER_KEY", "", rig_key(rig, "bus", false)->public_key);
	setting("BUS_KEY", "", rig_key(rig, "dispatch", true)->secret_key);
	snprintf(path, sizeof(path), "unix:%s/%s.health", rig->folder, toy->name);
	setting("HEALTH_LISTEN", "", path);
	setting("LOG_LEVEL", "", "info");
	setting("SWEEP", "", "50ms");
	setting("LEASE", "", "300ms");
	setting("SHELF", "", "0ms");
	unsetenv("BUS_KEY_FILE");
}

static void log_path(struct kit_rig *kr, const struct toy *toy, char out[160])
{
	snprintf(out, 160, "%s/%s.log", kr->at->rig->folder, toy->name);
}

static void toy_exec(const char *const *settings, const char *log)
{
	int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	for (; settings != NULL && *settings != NULL; settings++)
		if (putenv((char *)(uintptr_t)*settings) != 0)
			_exit(127);
	if (fd < 0 || dup2(fd, STDERR_FILENO) < 0)
		_exit(127);
	execl(TOY_PROGRAM, TOY_PROGRAM, (char *)NULL);
	_exit(127);
}

struct toy *toy_begin(struct kit_rig *kr, const char *const *settings)
{
	struct toy *toy = &kr->toys[kr->n_toys];
	char log[160];

	assert_true(kr->n_toys < TOYS_MAX);
	snprintf(toy->name, sizeof(toy->name), "toy%d", kr->n_started++);
	toy_environment(kr, toy);
	log_path(kr, toy, log);
	toy->pid = fork();
	assert_true(toy->pid >= 0);
	if (toy->pid == 0)
		toy_exec(settings, log);
	unsetenv("BUS_KEY"); /* a broker that is started later has its own, in a file */
	kr->n_toys++;
	return toy;
}

struct toy *toy_start(struct kit_rig *kr, const char *const *settings)
{
	struct toy *toy = toy_begin(kr, settings);

	toy_wait_log(kr, toy, "bus_connected");
	return toy;
}

void toy_stop(struct toy *toy)
{
	rig_stop(&toy->pid);
}

int toy_wait_exit(struct kit_rig *kr, struct toy *toy)
{
	struct instant until = kit_patience();
	int status;

	while (waitpid(toy->pid, &status, WNOHANG) == 0)
		kit_round(kr, until, "exit of the toy");
	toy->pid = 0;
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

bool toy_is_alive(const struct toy *toy)
{
	return waitpid(toy->pid, NULL, WNOHANG) == 0;
}

int64_t toy_count(struct kit_rig *kr, const struct toy *toy, const char *name)
{
	return rig_health(kr->at->rig, toy->name, NULL, name);
}

void toy_wait_count(struct kit_rig *kr, const struct toy *toy, const char *name, int64_t least)
{
	struct instant until = kit_patience();

	while (toy_count(kr, toy, name) < least)
		kit_round(kr, until, name);
}

size_t toy_log_lines(struct kit_rig *kr, const struct toy *toy, const char *text)
{
	char path[160];
	struct str log;
	size_t n = 0;
	SCOPED(arena)
	struct arena *mem = arena_create(LOG_BYTES_MAX);

	log_path(kr, toy, path);
	if (os_file_read(mem, path, LOG_BYTES_MAX / 2, &log, NULL) != RES_OK)
		return 0;
	for (struct str line; str_split(&log, '\n', &line);)
		n += str_find(line, str_from_c(text), 0) != SIZE_MAX;
	return n;
}

void toy_wait_log(struct kit_rig *kr, const struct toy *toy, const char *text)
{
	struct instant until = kit_patience();

	while (toy_log_lines(kr, toy, text) == 0)
		kit_round(kr, until, text);
}

/* --- waiting and looking --- */

struct instant kit_patience(void)
{
	return instant_add(os_monotonic_now(), SPAN_MS(RIG_PATIENCE_MS));
}

void kit_round(struct kit_rig *kr, struct instant until, const char *what)
{
	if (!instant_is_before(os_monotonic_now(), until))
		fail_msg("waited %d ms in vain: %s", RIG_PATIENCE_MS, what);
	rig_round(kr->at->rig, ROUND_MS);
}

int64_t kit_number(struct kit_rig *kr, const char *sql)
{
	return strtoll(service_rig_look(kr->at, sql), NULL, 10);
}

void kit_other_sql(struct kit_rig *kr, const char *sql)
{
	PGresult *result = PQexec(kr->other, sql);

	if (PQresultStatus(result) != PGRES_COMMAND_OK)
		fail_msg("%s: %s", sql, PQresultErrorMessage(result));
	PQclear(result);
}

void kit_wait_blocked(struct kit_rig *kr, int n)
{
	struct instant until = kit_patience();

	while (kit_number(kr, "select count(*) from pg_stat_activity where usename = 'wl_toy' "
			      "and wait_event_type = 'Lock'") < n)
		kit_round(kr, until, "a toy that waits for a lock");
}

/* --- the journal, told again from its description in ARCHITECTURE.md and kit_journal.c --- */

static struct str field(const PGresult *rows, int row, int column)
{
	return str_of(PQgetvalue(rows, row, column), (size_t)PQgetlength(rows, row, column));
}

static struct str little_endian(uint8_t *out, const PGresult *rows, int row, int column)
{
	const uint8_t *big = (const uint8_t *)PQgetvalue(rows, row, column);
	size_t n = (size_t)PQgetlength(rows, row, column);

	for (size_t i = 0; i < n; i++)
		out[i] = big[n - 1 - i];
	return str_of(out, n);
}

static void verify_entry(const PGresult *rows, int row, uint8_t head[32])
{
	uint8_t numbers[3][8];
	uint8_t digest[32];
	struct str body = field(rows, row, 5);

	crypto_hash(digest, NULL, &body, 1);
	assert_true(str_eq(str_of(digest, 32), field(rows, row, 6)));
	const struct str parts[] = {
		str_of(head, 32),
		little_endian(numbers[0], rows, row, 0),
		little_endian(numbers[1], rows, row, 1),
		little_endian(numbers[2], rows, row, 2),
		field(rows, row, 3),
		field(rows, row, 4),
		str_of(digest, 32),
	};
	crypto_hash(head, NULL, parts, sizeof(parts) / sizeof(parts[0]));
	assert_true(str_eq(str_of(head, 32), field(rows, row, 7)));
}

void kit_verify_journal(struct kit_rig *kr)
{
	static const char sql[] =
		"select j.case_id, j.seq, (extract(epoch from j.at) * 1000000)::int8, j.type, "
		"j.actor, j.body, j.body_digest, j.hash, "
		"row_number() over (partition by j.case_id order by j.seq)::int4, f.seq, f.head "
		"from toy.journal j join toy.case_file f using (case_id) order by j.case_id, j.seq";
	PGresult *rows = PQexecParams(kr->at->pg, sql, 0, NULL, NULL, NULL, NULL, 1 /* binary */);
	uint8_t head[32] = { 0 };

	assert_int_equal(PQresultStatus(rows), PGRES_TUPLES_OK);
	for (int i = 0; i < PQntuples(rows); i++) {
		if (i == 0 || !str_eq(field(rows, i, 0), field(rows, i - 1, 0)))
			memset(head, 0, sizeof(head));
		assert_true(str_eq(field(rows, i, 1), field(rows, i, 8))); /* gapless */
		verify_entry(rows, i, head);
		if (str_eq(field(rows, i, 1), field(rows, i, 9)))
			assert_true(str_eq(str_of(head, 32), field(rows, i, 10)));
	}
	PQclear(rows);
	assert_int_equal(
		kit_number(kr, "select count(*) from toy.case_file f where f.seq <> (select "
			       "count(*) from toy.journal j where j.case_id = f.case_id)"),
		0);
}
