/* See bench_ledger.h. */
#include "bench_ledger.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "bench_machine.h"
#include "bench_sql.h"
#include "os/os.h"
#include "json/json.h"

#define LEDGER_MEMORY	(256u << 20)
#define CONNINFO_MAX	1024
#define CHILDREN_MAX	256
#define HEALTH_MAX	65536
#define COUNTERS_EVERY	SPAN_MS(400)
#define COUNTERS_WITHIN SPAN_S(15)

const char *const ledger_schema_names[LEDGER_SCHEMAS] = { "intake", "dispatch", "reply", "followup",
	"analytics" };
const char *const ledger_process_names[LEDGER_PROCESSES] = { "intake", "dispatch", "reply",
	"followup", "analytics", "bus", "edge", "postgres intake", "postgres dispatch",
	"postgres reply", "postgres followup", "postgres analytics", "postgres other",
	"generator" };
const char *const ledger_count_names[LEDGER_COUNTS] = { "batches", "messages", "duplicates", "gaps",
	"resent", "repeated", "losers" };

struct ledger {
	const struct bench_options *options;
	struct db *db;
	struct arena *mem;
};

enum res ledger_open(struct ledger **out, const struct bench_options *options, struct err *err)
{
	char conninfo[CONNINFO_MAX];
	struct ledger *ledger = calloc(1, sizeof *ledger);
	CHECK(ledger != NULL);
	ledger->options = options;
	ledger->mem = arena_create(LEDGER_MEMORY);
	CHECK(ledger->mem != NULL);
	snprintf(conninfo, sizeof conninfo, "host=%s dbname=wangli user=postgres", options->run);
	const struct db_options db = { .conninfo = conninfo,
		.application = "bench",
		.statements = bench_sql_all,
		.statement_timeout = SPAN_S(120) };
	enum res res = db_open(&ledger->db, &db, err);
	if (res != RES_OK) {
		ledger_close(ledger);
		return res;
	}
	*out = ledger;
	return RES_OK;
}

void ledger_close(struct ledger *ledger)
{
	if (ledger == NULL)
		return;
	db_close(ledger->db);
	arena_destroy(ledger->mem);
	free(ledger);
}

void ledger_release(struct ledger *ledger)
{
	db_release(ledger->db);
	arena_reset(ledger->mem);
}

enum res ledger_ask(struct ledger *ledger, const struct db_sql *sql, const char *text,
	struct db_result **out, struct err *err)
{
	struct db_params params;
	db_params_init(&params, ledger->mem);
	if (text != NULL)
		db_param_text(&params, str_from_c(text));
	return db_run(ledger->db, sql, &params, out, err);
}

enum res ledger_count(struct ledger *ledger, const struct db_sql *sql, const char *text,
	int64_t *out, struct err *err)
{
	struct db_result *result;
	TRY(ledger_ask(ledger, sql, text, &result, err));
	*out = db_get_int(result, 0, 0);
	ledger_release(ledger);
	return RES_OK;
}

static void pause_for(struct span length)
{
	const struct timespec time = { .tv_sec = (time_t)(length.us / 1000000),
		.tv_nsec = (long)(length.us % 1000000 * 1000) };
	nanosleep(&time, NULL);
}

/* --- the database --- */

static int schema_of(struct str name)
{
	for (int i = 0; i < LEDGER_SCHEMAS; i++)
		if (str_eq_c(name, ledger_schema_names[i]))
			return i;
	return -1;
}

static enum res writes_read(struct ledger *ledger, struct ledger_page *page, struct err *err)
{
	struct db_result *result;
	TRY(ledger_ask(ledger, &bench_sql_writes, NULL, &result, err));
	for (size_t r = 0; r < db_rows(result); r++) {
		int schema = schema_of(db_get_str(result, r, 0));
		if (schema < 0)
			continue;
		page->sides[schema].inserted = db_get_int(result, r, 1);
		page->sides[schema].updated = db_get_int(result, r, 2);
		page->sides[schema].deleted = db_get_int(result, r, 3);
		page->sides[schema].hot = db_get_int(result, r, 4);
	}
	ledger_release(ledger);
	return RES_OK;
}

/* A session tells its counts at the end of a transaction, at most once a second. */
static enum res writes_read_at_rest(
	struct ledger *ledger, struct ledger_page *page, struct err *err)
{
	struct instant until = instant_add(os_monotonic_now(), COUNTERS_WITHIN);
	struct ledger_page before = *page;
	int same = 0;
	TRY(writes_read(ledger, &before, err));
	while (same < 4 && instant_is_before(os_monotonic_now(), until)) {
		pause_for(COUNTERS_EVERY);
		TRY(writes_read(ledger, page, err));
		same = memcmp(&before, page, sizeof before) == 0 ? same + 1 : 0;
		before = *page;
	}
	return RES_OK;
}

static enum res sizes_read(struct ledger *ledger, struct ledger_page *page, struct err *err)
{
	struct db_result *result;
	TRY(ledger_ask(ledger, &bench_sql_sizes, NULL, &result, err));
	for (size_t r = 0; r < db_rows(result); r++) {
		int schema = schema_of(db_get_str(result, r, 0));
		if (schema >= 0)
			page->sides[schema].bytes = db_get_int(result, r, 1);
	}
	ledger_release(ledger);
	return RES_OK;
}

/* --- processor time --- */

pid_t ledger_pid(const struct ledger *ledger, const char *service)
{
	char path[4096], text[32] = "";
	snprintf(path, sizeof path, "%s/service/%s/supervise/pid", ledger->options->data, service);
	FILE *file = fopen(path, "re");
	if (file == NULL)
		return 0;
	if (fgets(text, sizeof text, file) == NULL)
		text[0] = '\0';
	fclose(file);
	return (pid_t)strtol(text, NULL, 10);
}

/* PostgreSQL's processes: those of the services by name, all others as one. */
static enum res postgres_read(struct ledger *ledger, struct ledger_page *page, struct err *err)
{
	pid_t children[CHILDREN_MAX];
	pid_t postmaster = ledger_pid(ledger, "postgres");
	size_t n = machine_children(postmaster, children, CHILDREN_MAX);
	int64_t all = machine_cpu_us(postmaster, true), named = 0;
	struct db_result *result;
	for (size_t i = 0; i < n; i++)
		all += machine_cpu_us(children[i], false);
	TRY(ledger_ask(ledger, &bench_sql_sessions, NULL, &result, err));
	for (size_t r = 0; r < db_rows(result); r++) {
		int schema = schema_of(db_get_str(result, r, 1));
		int64_t us = machine_cpu_us((pid_t)db_get_int(result, r, 0), false);
		if (schema < 0)
			continue;
		page->cpu_us[LEDGER_POSTGRES_INTAKE + schema] += us;
		named += us;
	}
	page->cpu_us[LEDGER_POSTGRES_OTHER] = all - named;
	ledger_release(ledger);
	return RES_OK;
}

/* --- the services' own counters --- */

static bool health_read(const char *path, char *out, size_t most)
{
	static const char ask[] = "GET /health HTTP/1.0\r\n\r\n";
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	size_t n = 0;
	memccpy(address.sun_path, path, 0, sizeof address.sun_path - 1);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof address) != 0 ||
		write(fd, ask, sizeof ask - 1) != (ssize_t)(sizeof ask - 1)) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	for (ssize_t got; n < most - 1 && (got = read(fd, out + n, most - 1 - n)) > 0;)
		n += (size_t)got;
	close(fd);
	out[n] = '\0';
	return n > 0;
}

static void health_take(struct ledger *ledger, const char *service, struct ledger_side *side)
{
	char path[200], text[HEALTH_MAX];
	struct json *said = NULL;
	snprintf(path, sizeof path, "%s/%s.health", ledger->options->run, service);
	if (!health_read(path, text, sizeof text))
		return;
	const char *body = strstr(text, "\r\n\r\n");
	if (body == NULL || json_parse(str_from_c(body + 4), HEALTH_MAX, &said, NULL) != RES_OK)
		return;
	for (int i = 0; i < LEDGER_COUNTS; i++)
		side->counts[i] = json_get_int(said, ledger_count_names[i], 0);
	json_destroy(said);
}

/* --- all of it --- */

enum res ledger_read(struct ledger *ledger, struct ledger_page *out, struct err *err)
{
	struct ledger_page page = { 0 };
	for (int i = 0; i < LEDGER_POSTGRES_INTAKE; i++)
		page.cpu_us[i] = machine_cpu_us(ledger_pid(ledger, ledger_process_names[i]), false);
	page.cpu_us[LEDGER_GENERATOR] = machine_cpu_us(getpid(), true);
	TRY(postgres_read(ledger, &page, err));
	for (int i = 0; i < LEDGER_SCHEMAS; i++)
		health_take(ledger, ledger_schema_names[i], &page.sides[i]);
	TRY(ledger_count(ledger, &bench_sql_wal, NULL, &page.wal_bytes, err));
	TRY(writes_read_at_rest(ledger, &page, err));
	TRY(sizes_read(ledger, &page, err));
	*out = page;
	return RES_OK;
}

void ledger_add(
	struct ledger_page *into, const struct ledger_page *from, const struct ledger_page *to)
{
	for (int i = 0; i < LEDGER_SCHEMAS; i++) {
		struct ledger_side *side = &into->sides[i];
		const struct ledger_side *a = &from->sides[i], *b = &to->sides[i];
		side->inserted += b->inserted - a->inserted;
		side->updated += b->updated - a->updated;
		side->deleted += b->deleted - a->deleted;
		side->hot += b->hot - a->hot;
		side->bytes += b->bytes - a->bytes;
		for (int k = 0; k < LEDGER_COUNTS; k++)
			side->counts[k] += b->counts[k] - a->counts[k];
	}
	for (int i = 0; i < LEDGER_PROCESSES; i++)
		into->cpu_us[i] += to->cpu_us[i] - from->cpu_us[i];
	into->wal_bytes += to->wal_bytes - from->wal_bytes;
}

enum res ledger_reload(struct ledger *ledger, struct err *err)
{
	return db_script(ledger->db, "update ref.version set n = n + 1", err);
}

enum res ledger_analyse(struct ledger *ledger, struct err *err)
{
	return db_script(ledger->db, "analyze", err);
}
