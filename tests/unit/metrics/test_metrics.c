/* The text format, read back by a small parser of its own: what Prometheus would refuse, it
 * refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/map.h"
#include "metrics/metrics.h"

enum {
#define METRIC(name, type, unit, labels, help) M_##name,
#include "test_metrics.def"
#undef METRIC
	METRICS
};
static const struct metric list[] = {
#define METRIC(name, type, unit, labels, help) METRIC_ROW(name, type, unit, labels, help),
#include "test_metrics.def"
#undef METRIC
};
static const char *const kinds[] = { "one", NULL, "th\"r\\e\ne" };
static const char *const codes[] = { "yes", "no" };
static const struct metric_label labels[] = {
	{ "kind", kinds, 3 },
	{ "code", codes, 2 },
	{ "group", NULL, 0 },
};

static struct metrics *made(void)
{
	const struct metrics_options options = { .component = "test",
		.service = "here",
		.version = "1.2.3",
		.list = list,
		.n = METRICS,
		.labels = labels,
		.n_labels = 3 };
	return metrics_create(&options);
}

static struct buf text;

static const char *write_all(const struct metrics *metrics)
{
	buf_clear(&text);
	buf_add(&text, "\n", 1); /* so that each line begins behind one */
	metrics_write(metrics, &text);
	buf_add(&text, "", 1);
	return text.p;
}

static void assert_line(const struct metrics *metrics, const char *line, bool is_there)
{
	SCOPED(arena)
	struct arena *mem = arena_create(1024);
	struct str wanted = arena_printf(mem, "\n%s\n", line);
	const char *all = write_all(metrics);

	if ((strstr(all, wanted.p) != NULL) != is_there)
		fail_msg("%s line: %s\nin:\n%s", is_there ? "no" : "unwanted", line, all);
}

/* --- the parser --- */

struct parser {
	struct arena *mem;
	struct map *families; /* names whose TYPE has been read */
	struct map *lines;    /* name and labels of each sample */
	struct str family;
	struct str type;
	double bucket; /* the last one of the histogram's line being read */
	size_t samples;
};

static bool is_name(struct str name)
{
	for (size_t i = 0; i < name.n; i++)
		if (!isalnum((unsigned char)name.p[i]) && name.p[i] != '_' && name.p[i] != ':')
			return false;
	return name.n > 0 && !isdigit((unsigned char)name.p[0]);
}

static struct str word(struct str *rest)
{
	struct str out = STR_NONE;
	assert_true(str_split(rest, ' ', &out));
	return out;
}

static void parse_comment(struct parser *p, struct str line)
{
	struct str rest = line;
	word(&rest);
	struct str what = word(&rest), name = word(&rest);

	assert_true(is_name(name));
	if (str_eq_c(what, "HELP")) {
		assert_null(map_get(p->families, name)); /* a family's lines stand together */
		p->family = name;
		p->type = STR_NONE;
		assert_true(rest.n > 0);
		return;
	}
	assert_true(str_eq_c(what, "TYPE"));
	assert_true(str_eq(name, p->family));
	assert_true(str_eq_c(rest, "counter") || str_eq_c(rest, "gauge") ||
		    str_eq_c(rest, "histogram"));
	p->type = rest;
	map_put(p->families, name, p);
	if (str_eq_c(rest, "counter"))
		assert_true(str_ends(name, STR("_total")));
}

/* Where the labels that begin at { end; each value is quoted, quotes in it are escaped. */
static size_t labels_end(struct str line, size_t at)
{
	while (line.p[at] != '}') {
		size_t begin = ++at;
		while (line.p[at] != '=')
			at++;
		assert_true(is_name(str_slice(line, begin, at - begin)));
		assert_int_equal(line.p[++at], '"');
		for (at++; line.p[at] != '"'; at++) {
			assert_true(at < line.n);
			if (line.p[at] == '\\')
				at++;
			assert_true(line.p[at] != '\n');
		}
		at++;
		assert_true(line.p[at] == ',' || line.p[at] == '}');
	}
	return at + 1;
}

static void parse_sample(struct parser *p, struct str line)
{
	const char *brace = memchr(line.p, '{', line.n);
	assert_non_null(brace);
	size_t end = labels_end(line, (size_t)(brace - line.p));
	struct str name = str_of(line.p, (size_t)(brace - line.p));
	struct str series = str_of(line.p, end);
	char *behind = NULL;

	assert_true(is_name(name));
	assert_true(str_starts(name, p->family));
	assert_true(p->type.n > 0);
	if (!str_eq_c(p->type, "histogram"))
		assert_true(str_eq(name, p->family));
	assert_null(map_get(p->lines, series));
	map_put(p->lines, series, p);
	assert_int_equal(line.p[end], ' ');
	double value = strtod(line.p + end + 1, &behind);
	assert_ptr_equal(behind, line.p + line.n);
	if (str_ends(name, STR("_bucket"))) {
		assert_true(value >= p->bucket); /* buckets are cumulative */
		p->bucket = value;
	} else if (str_ends(name, STR("_count"))) {
		assert_true(value == p->bucket);
		p->bucket = 0;
	}
	p->samples++;
}

static size_t parse(const char *all)
{
	struct parser p = {
		.mem = arena_create(1 << 20), .families = map_create(), .lines = map_create()
	};
	struct str rest = str_from_c(all), line;

	assert_true(str_ends(rest, STR("\n")));
	while (str_split(&rest, '\n', &line)) {
		if (line.n == 0)
			continue;
		struct str kept = arena_str(p.mem, line);
		if (kept.p[0] == '#')
			parse_comment(&p, kept);
		else
			parse_sample(&p, kept);
	}
	map_destroy(p.families);
	map_destroy(p.lines);
	arena_destroy(p.mem);
	return p.samples;
}

/* --- tests --- */

static void metrics_write_everything_is_read_back(void **state)
{
	SCOPED(metrics)
	struct metrics *metrics = made();
	(void)state;
	/* plain, level, 2 of by_kind, wait of 2 codes × 17+1 buckets, sum, count; size 11+2; build
	 * and 7 of the process, 8 where something bounds its memory */
	size_t process = strstr(write_all(metrics), "\nprocess_memory_limit") != NULL ? 8 : 7;
	assert_int_equal(parse(write_all(metrics)), 1 + 1 + 2 + 2 * 20 + 13 + 1 + process);
	metrics_add_at(metrics, M_by_pair, 2, 1, 1);
	metrics_set_named(metrics, M_named, STR("deliver/\"x\\\n"), 1);
	metrics_observe(metrics, M_wait, 0, 1e9);
	metrics_set(metrics, M_level, NAN);
	assert_int_equal(parse(write_all(metrics)), 1 + 1 + 2 + 2 * 20 + 13 + 1 + process + 2);
}

static void metrics_write_names_say_component_unit_and_total(void **state)
{
	SCOPED(metrics)
	struct metrics *metrics = made();
	(void)state;
	metrics_add(metrics, M_plain, 1);
	metrics_add(metrics, M_plain, 1e12);
	metrics_set(metrics, M_level, 0.25);
	assert_line(metrics, "# HELP wangli_test_plain_total things \"that\" happened\\n", true);
	assert_line(metrics, "# TYPE wangli_test_plain_total counter", true);
	assert_line(metrics, "wangli_test_plain_total{service=\"here\"} 1000000000001", true);
	assert_line(metrics, "# HELP wangli_test_level_bytes how full it is", true);
	assert_line(metrics, "wangli_test_level_bytes{service=\"here\"} 0.25", true);
	assert_line(metrics, "wangli_build_info{service=\"here\",version=\"1.2.3\"} 1", true);
}

static void metrics_add_at_counts_by_label(void **state)
{
	SCOPED(metrics)
	struct metrics *metrics = made();
	(void)state;
	metrics_add_at(metrics, M_by_kind, 2, 0, 3);
	metrics_add_at(metrics, M_by_pair, 0, 1, 1);
	assert_line(metrics, "wangli_test_by_kind_total{service=\"here\",kind=\"one\"} 0", true);
	assert_line(metrics,
		"wangli_test_by_kind_total{service=\"here\",kind=\"th\\\"r\\\\e\\ne\"} 3", true);
	assert_line(metrics,
		"wangli_test_by_pair_total{service=\"here\",kind=\"one\",code=\"no\"} 1", true);
	/* a pair that never happened is not written */
	assert_line(metrics,
		"wangli_test_by_pair_total{service=\"here\",kind=\"one\",code=\"yes\"} 0", false);
}

static void metrics_add_at_number_without_name_is_nowhere(void **state)
{
	SCOPED(metrics)
	struct metrics *metrics = made();
	(void)state;
	metrics_add_at(metrics, M_by_kind, 1, 0, 1); /* a hole in the list */
	metrics_add_at(metrics, M_by_kind, 3, 0, 1); /* behind it */
	metrics_add_at(metrics, M_by_kind, SIZE_MAX, 0, 1);
	metrics_add_at(metrics, M_by_pair, 0, 2, 1);
	parse(write_all(metrics));
	assert_line(metrics, "wangli_test_by_kind_total{service=\"here\",kind=\"one\"} 0", true);
}

static void metrics_observe_fills_buckets_from_below(void **state)
{
	static const struct {
		double value;
		const char *line;  /* that counts it first */
		const char *below; /* that does not */
	} rows[] = {
		{ 0, "le=\"0.0005\"} 1", NULL },
		{ 0.0005, "le=\"0.0005\"} 1", NULL },
		{ 0.0006, "le=\"0.001\"} 1", "le=\"0.0005\"} 0" },
		{ 300, "le=\"300\"} 1", "le=\"60\"} 0" },
		{ 301, "le=\"+Inf\"} 1", "le=\"300\"} 0" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		SCOPED(metrics)
		struct metrics *metrics = made();
		SCOPED(arena)
		struct arena *mem = arena_create(1024);
		const char *begin = "wangli_test_wait_seconds_bucket{service=\"here\",code=\"no\"";
		metrics_observe(metrics, M_wait, 1, rows[i].value);
		assert_line(metrics, arena_printf(mem, "%s,%s", begin, rows[i].line).p, true);
		if (rows[i].below != NULL)
			assert_line(
				metrics, arena_printf(mem, "%s,%s", begin, rows[i].below).p, true);
		assert_line(metrics,
			"wangli_test_wait_seconds_count{service=\"here\",code=\"no\"} 1", true);
		assert_line(metrics,
			"wangli_test_wait_seconds_count{service=\"here\",code=\"yes\"} 0", true);
		assert_line(metrics,
			arena_printf(mem,
				"wangli_test_wait_seconds_sum{service=\"here\",code=\"no\"} %.15g",
				rows[i].value)
				.p,
			true);
	}
}

static void metrics_set_named_forgets_and_never_overflows(void **state)
{
	SCOPED(metrics)
	struct metrics *metrics = made();
	SCOPED(arena)
	struct arena *mem = arena_create(1 << 20);
	(void)state;
	metrics_set_named(metrics, M_named, STR("a"), 1);
	metrics_set_named(metrics, M_named, STR("a"), 2);
	assert_line(metrics, "wangli_test_named{service=\"here\",group=\"a\"} 2", true);
	metrics_forget(metrics, M_named);
	assert_line(metrics, "wangli_test_named{service=\"here\",group=\"a\"} 2", false);
	for (int i = 0; i < METRICS_NAMED_MAX + 9; i++)
		metrics_set_named(metrics, M_named, arena_printf(mem, "g%d", i), 1);
	parse(write_all(metrics));
	assert_line(metrics, "wangli_test_named{service=\"here\",group=\"other\"} 10", true);
	metrics_set_named(metrics, M_named,
		STR("0123456789012345678901234567890123456789012345678901234567890123456789"), 1);
	parse(write_all(metrics));
}

static double value_of(const char *all, const char *name)
{
	const char *at = strstr(all, name);
	assert_non_null(at);
	return strtod(strchr(at, ' ') + 1, NULL);
}

static void metrics_write_says_what_the_process_uses(void **state)
{
	SCOPED(metrics)
	struct metrics *metrics = made();
	(void)state;
	const char *all = write_all(metrics);
	double fds = value_of(all, "\nprocess_open_fds{");
	assert_true(fds >= 3);
	assert_true(value_of(all, "\nprocess_cpu_seconds_total{") > 0);
	assert_true(value_of(all, "\nprocess_resident_memory_bytes{") > 100000);
	assert_true(value_of(all, "\nprocess_virtual_memory_bytes{") > 100000);
	assert_true(value_of(all, "\nprocess_start_time_seconds{") > 1e9);
	assert_true(fabs(value_of(all, "\nprocess_clock_seconds{") - (double)time(NULL)) <= 2);
	FILE *one_more = fopen("/proc/self/stat", "re");
	assert_true(value_of(write_all(metrics), "\nprocess_open_fds{") == fds + 1);
	fclose(one_more);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(metrics_write_everything_is_read_back),
		cmocka_unit_test(metrics_write_names_say_component_unit_and_total),
		cmocka_unit_test(metrics_add_at_counts_by_label),
		cmocka_unit_test(metrics_add_at_number_without_name_is_nowhere),
		cmocka_unit_test(metrics_observe_fills_buckets_from_below),
		cmocka_unit_test(metrics_set_named_forgets_and_never_overflows),
		cmocka_unit_test(metrics_write_says_what_the_process_uses),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	buf_fini(&text);
	return failed;
}
