/* Log lines: read back from a pipe and parsed, whatever is put into them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "log/log.h"
#include "json/json.h"

#define LINE_ROOM (2 * PIPE_BUF)

struct fixture {
	struct log *log;
	int ends[2];
	char text[LINE_ROOM];
	size_t n;
};

static int fixture_create(void **state)
{
	static struct fixture fixture;

	fixture = (struct fixture){ 0 };
	if (pipe(fixture.ends) != 0)
		return -1;
	fixture.log = log_create("intake", fixture.ends[1], LOG_LEVEL_INFO);
	*state = &fixture;
	return 0;
}

static int fixture_destroy(void **state)
{
	struct fixture *fixture = *state;

	log_destroy(fixture->log);
	close(fixture->ends[0]);
	close(fixture->ends[1]);
	return 0;
}

/* The next read of the pipe, which must be exactly one line of JSON. The caller destroys it. */
static struct json *line_read(struct fixture *fixture)
{
	struct json *line = NULL;
	struct err err;
	ssize_t n = read(fixture->ends[0], fixture->text, LINE_ROOM);

	assert_true(n > 1);
	assert_ptr_equal(memchr(fixture->text, '\n', (size_t)n), fixture->text + n - 1);
	fixture->n = (size_t)n;
	enum res res = json_parse(str_of(fixture->text, (size_t)n), LINE_ROOM, &line, &err);
	if (res != RES_OK)
		print_error("%s in %.*s", err.text, (int)n, fixture->text);
	assert_int_equal(res, RES_OK);
	return line;
}

static void log_event_pairs_follow_the_event(void **state)
{
	struct fixture *fixture = *state;
	struct span took = { 12345 };
	struct instant at;

	log_event(fixture->log, reference_loaded, LOG_ID("case", INT64_MAX), LOG_INT("n", -3),
		LOG_MS("took", took), LOG_TEXT("why", "fresh"), LOG_STR("none", STR_NONE),
		{ .key = "left_out" });
	SCOPED(json)
	struct json *line = line_read(fixture);
	assert_true(str_starts(str_of(fixture->text, fixture->n),
		STR("{\"event\":\"reference_loaded\",\"at\":\"")));
	assert_true(str_eq_c(json_get_str(line, "process"), "intake"));
	assert_true(str_eq_c(json_get_str(line, "level"), "info"));
	assert_int_equal(instant_parse(json_get_str(line, "at"), &at), RES_OK);
	assert_true(str_ends(json_get_str(line, "at"), STR("Z")));
	assert_true(json_get_int(line, "case", 0) == INT64_MAX);
	assert_int_equal(json_get_int(line, "n", 0), -3);
	assert_true(str_eq_c(json_get_str(line, "why"), "fresh"));
	assert_non_null(strstr(fixture->text, "\"took\":12.345"));
	assert_non_null(strstr(fixture->text, "\"none\":null"));
	assert_null(json_get(line, "left_out"));
}

static void log_event_without_pairs_is_a_line(void **state)
{
	struct fixture *fixture = *state;

	log_event(fixture->log, bus_lost);
	SCOPED(json)
	struct json *line = line_read(fixture);
	assert_true(str_eq_c(json_get_str(line, "event"), "bus_lost"));
	assert_true(str_eq_c(json_get_str(line, "level"), "warn"));
}

static void log_event_any_bytes_stay_valid_json(void **state)
{
	static const struct {
		struct str in, want;
	} rows[] = {
		{ STR_INIT("a\"b\\c\nd\te"), STR_INIT("a\"b\\c\nd\te") },
		{ STR_INIT("\x1b[31m\x7f"), STR_INIT("\x1b[31m\x7f") },
		{ STR_INIT("网理\xf0\x9f\x98\x80"), STR_INIT("网理\xf0\x9f\x98\x80") },
		{ STR_INIT("a\xff\xc0z"), STR_INIT("a\xef\xbf\xbd\xef\xbf\xbdz") },
		{ STR_INIT("a\xe7\xbd"), STR_INIT("a\xef\xbf\xbd\xef\xbf\xbd") },
		{ STR_INIT(""), STR_INIT("") },
	};
	struct fixture *fixture = *state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		log_event(fixture->log, db_lost, LOG_STR("text", rows[i].in));
		SCOPED(json)
		struct json *line = line_read(fixture);
		assert_true(str_eq(json_get_str(line, "text"), rows[i].want));
	}
}

/* Every length around the limit: the cut must never fall into an escape, a character, a key or a
 * number. */
static void log_event_too_long_is_cut_and_says_so(void **state)
{
	static const char *const fillings[] = { "a", "网", "\n", "\xff" };
	struct fixture *fixture = *state;
	char text[LINE_ROOM];
	int cuts = 0;

	for (size_t kind = 0; kind < 4; kind++) {
		size_t step = strlen(fillings[kind]);
		for (size_t i = 0; i + step <= sizeof(text); i += step)
			memcpy(text + i, fillings[kind], step);
		for (size_t n = 600; n < PIPE_BUF + 30; n++) {
			struct str part = str_of(text, n / step * step);
			log_event(fixture->log, db_lost, LOG_STR("text", part),
				LOG_INT("number", 123456), LOG_INT("last", 7));
			SCOPED(json)
			struct json *line = line_read(fixture);
			assert_true(fixture->n <= PIPE_BUF);
			bool is_cut = json_get(line, "cut") != NULL;
			assert_int_equal(is_cut, json_get_int(line, "last", 0) != 7);
			int64_t number = json_get_int(line, "number", 123456);
			assert_int_equal(number, 123456);
			assert_true(json_get_str(line, "text").n >= 300);
			cuts += is_cut;
		}
	}
	assert_true(cuts > 100);
}

static void log_event_quiet_level_or_no_log_writes_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct log *errors = log_create("door", fixture->ends[1], LOG_LEVEL_ERROR);

	log_event(errors, bus_lost);
	log_event(NULL, process_failed);
	log_event(errors, process_failed);
	SCOPED(json)
	struct json *line = line_read(fixture);
	assert_true(str_eq_c(json_get_str(line, "event"), "process_failed"));
	assert_true(str_eq_c(json_get_str(line, "process"), "door"));
	log_destroy(errors);
}

static void log_event_name_every_event_is_documented(void **state)
{
	(void)state;
	for (int event = 0; event < LOG_EVENTS; event++) {
		assert_true(strlen(log_event_name((enum log_event)event)) > 0);
		assert_true(strlen(log_event_meaning((enum log_event)event)) > 10);
	}
	assert_string_equal(log_event_name(LOG_EVENT_process_started), "process_started");
}

static void log_level_parse_known_words_only(void **state)
{
	enum log_level level = LOG_LEVEL_DEBUG;

	(void)state;
	assert_int_equal(log_level_parse(STR("warn"), &level), RES_OK);
	assert_int_equal(level, LOG_LEVEL_WARN);
	assert_int_equal(log_level_parse(STR("loud"), &level), RES_INVALID);
	assert_int_equal(level, LOG_LEVEL_WARN);
}

#define LOG_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_create, fixture_destroy)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LOG_TEST(log_event_pairs_follow_the_event),
		LOG_TEST(log_event_without_pairs_is_a_line),
		LOG_TEST(log_event_any_bytes_stay_valid_json),
		LOG_TEST(log_event_too_long_is_cut_and_says_so),
		LOG_TEST(log_event_quiet_level_or_no_log_writes_nothing),
		LOG_TEST(log_event_name_every_event_is_documented),
		LOG_TEST(log_level_parse_known_words_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
