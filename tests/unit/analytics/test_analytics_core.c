/* Every order between producers ends in the same fact row and the same cells, for whole lives with
 * rejects, redo, refusal and direct answers; what people see at each step is told by the lives; the
 * figures of each life are told here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "lives.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define CELLS_MAX    256
#define ORDERS	     300
#define START_DAY    17897

/* New Year's Day off, the Saturday after it made up for. */
static const struct analytics_holiday holidays[] = {
	{ START_DAY, false, 0, ANALYTICS_NO_DAY },
	{ START_DAY + 4, true, 0, ANALYTICS_NO_DAY },
};
static const struct analytics_calendar calendar = { holidays, COUNT(holidays) };

/* --- a small roll-up: a text names a cell --- */

struct cells {
	struct {
		char name[80];
		int64_t n[3];
	} rows[CELLS_MAX];
	size_t n;
};

static int64_t *cell_at(struct cells *cells, const char *name)
{
	size_t i;

	for (i = 0; i < cells->n; i++)
		if (strcmp(cells->rows[i].name, name) == 0)
			return cells->rows[i].n;
	assert_true(i < CELLS_MAX);
	cells->n++;
	snprintf(cells->rows[i].name, sizeof(cells->rows[i].name), "%s", name);
	memset(cells->rows[i].n, 0, sizeof(cells->rows[i].n));
	return cells->rows[i].n;
}

static void cells_move(struct cells *cells, const struct analytics_case *before,
	const struct analytics_case *after)
{
	struct analytics_delta deltas[ANALYTICS_DELTAS_MAX];
	struct analytics_change changes[ANALYTICS_CHANGES_MAX];
	size_t n = analytics_deltas(before, after, deltas);
	size_t m = analytics_changes(before, after, changes);
	char name[80];

	assert_in_range(n, 0, ANALYTICS_DELTAS_MAX);
	assert_in_range(m, 0, ANALYTICS_CHANGES_MAX);
	for (size_t i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "%d %.*s %.*s %.*s", (int)deltas[i].day,
			STR_ARG(deltas[i].dim), STR_ARG(deltas[i].key), STR_ARG(deltas[i].sub));
		cell_at(cells, name)[0] += deltas[i].n;
	}
	for (size_t i = 0; i < m; i++) {
		snprintf(name, sizeof(name), "%d %.*s '%.*s'", (int)changes[i].day,
			STR_ARG(changes[i].code), STR_ARG(changes[i].unit));
		int64_t *sums = cell_at(cells, name);
		sums[0] += changes[i].by.num;
		sums[1] += changes[i].by.den;
		sums[2] += changes[i].by.excl;
	}
}

/* What moved step by step is what the last row counts for at once. */
static void cells_check(struct cells *moved, const struct analytics_case *file)
{
	struct cells want = { .n = 0 };

	cells_move(&want, NULL, file);
	for (size_t i = 0; i < want.n; i++)
		assert_memory_equal(
			cell_at(moved, want.rows[i].name), want.rows[i].n, sizeof(want.rows[i].n));
	for (size_t i = 0; i < moved->n; i++)
		assert_memory_equal(cell_at(&want, moved->rows[i].name), moved->rows[i].n,
			sizeof(moved->rows[i].n));
}

static void note(
	struct analytics_case *file, struct cells *cells, const struct analytics_event *event)
{
	struct analytics_case after;

	assert_int_equal(analytics_note(file, event, &calendar, &after, NULL), RES_OK);
	cells_move(cells, file, &after);
	*file = after;
}

static struct analytics_case walked(const struct life *life, struct cells *cells)
{
	struct analytics_case file;

	analytics_case_init(&file);
	for (size_t i = 0; i < life->n; i++)
		note(&file, cells, &life->steps[i].event);
	return file;
}

/* --- what people see --- */

static void analytics_state_of_each_life_is_shown_at_each_step(void **state)
{
	(void)state;
	for (size_t l = 0; l < lives_n; l++) {
		struct life life = life_make(l);
		struct cells cells = { .n = 0 };
		struct analytics_case file;
		analytics_case_init(&file);
		for (size_t i = 0; i < life.n; i++) {
			note(&file, &cells, &life.steps[i].event);
			if (file.state != (int16_t)life.steps[i].shown)
				fail_msg("%s, step %zu: %d, want %d", life.name, i, file.state,
					life.steps[i].shown);
			cells_check(&cells, &file);
		}
	}
}

/* --- every order --- */

static uint64_t random_next(uint64_t *random)
{
	*random = *random * UINT64_C(6364136223846793005) + 1442695040888963407;
	return *random >> 33;
}

/* The life's events, each producer's in its order, the producers mixed by chance. */
static struct life shuffled(const struct life *life, uint64_t *random)
{
	struct life mixed = { .name = life->name };
	size_t at[LIVES_PRODUCERS] = { 0 };

	while (mixed.n < life->n) {
		int producer = (int)(random_next(random) % LIVES_PRODUCERS);
		size_t *i = &at[producer];
		while (*i < life->n && life_producer(life->steps[*i].event.kind) != producer)
			(*i)++;
		if (*i < life->n)
			mixed.steps[mixed.n++] = life->steps[(*i)++];
	}
	return mixed;
}

static void analytics_note_random_orders_of_producers_end_in_the_same_row_and_cells(void **state)
{
	uint64_t random = (uint64_t)time(NULL);

	(void)state;
	print_message("seed %llu\n", (unsigned long long)random);
	for (size_t l = 0; l < lives_n; l++) {
		struct life life = life_make(l);
		struct cells cells = { .n = 0 };
		struct analytics_case want = walked(&life, &cells);
		for (int order = 0; order < ORDERS; order++) {
			struct life mixed = shuffled(&life, &random);
			struct cells moved = { .n = 0 };
			struct analytics_case got = walked(&mixed, &moved);
			const char *other = analytics_case_differs(&got, &want);
			if (other != NULL)
				fail_msg("%s: %s differs", life.name, other);
			cells_check(&moved, &want);
		}
	}
}

/* --- figures --- */

static void analytics_figures_of_each_life_are_these(void **state)
{
	static const struct {
		size_t life;
		const char *cell;
		int64_t num, den, excl;
	} rows[] = {
		{ 0, "17897 M03 ''", 0, 1, 0 }, /* accepted in the evening of the first day */
		{ 0, "17898 M05 'D35'", 1, 1,
			0 }, /* due at 24:00 of the second: it is that day's */
		{ 0, "17899 M08 'D35'", 1, 1, 0 },
		{ 0, "17904 M12 'D35'", 1, 1, 0 },
		{ 0, "17898 M13 'D35'", 1, 1, 0 },
		{ 0, "17902 M09 'D35'", 1, 1, 0 },
		{ 0, "17902 M10 'D35'", 1, 1, 0 },
		{ 0, "17902 M11 'D35'", 1, 1, 0 },
		{ 0, "17900 M15 'D35'", 0, 1, 0 },
		{ 0, "17903 M16 'D35'", 1, 1, 0 },
		{ 0, "17900 M18 'D35'", 2, 1, 0 }, /* dispatched on Wednesday, answered on Friday */
		{ 0, "17901 M28 ''", 1, 0, 0 },
		{ 2, "17900 M15 'D35'", 1, 1, 0 }, /* of the day of the first answer */
		{ 2, "17908 M10 'D35'", 0, 1, 0 }, /* the last answer of the citizen: partly */
		{ 2, "17908 M09 'D35'", 1, 1, 0 }, /* not asked: the record of the contact */
		{ 2, "17908 M16 'D35'", 0, 1, 0 },
		{ 5, "17897 M03 ''", 1, 1, 0 },
		{ 5, "17901 M09 ''", 0, 0, 1 },
		{ 5, "17901 M10 ''", 0, 0, 1 },
		{ 5, "17898 M18 ''", 0, 0, 1 },
		{ 5, "17898 M28 ''", 1, 0, 0 },
		{ 6, "17901 M28 ''", 0, 0, 0 },
		{ 7, "17898 M05 'D35'", 0, 1, 0 },
		{ 7, "17904 M12 'D35'", 0, 1, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct life life = life_make(rows[i].life);
		struct cells cells = { .n = 0 };
		walked(&life, &cells);
		int64_t *n = cell_at(&cells, rows[i].cell);
		if (n[0] != rows[i].num || n[1] != rows[i].den || n[2] != rows[i].excl) {
			for (size_t k = 0; k < cells.n; k++)
				print_message("%s: %lld %lld %lld\n", cells.rows[k].name,
					(long long)cells.rows[k].n[0],
					(long long)cells.rows[k].n[1],
					(long long)cells.rows[k].n[2]);
			fail_msg("%s: %s is not %lld/%lld/%lld", life.name, rows[i].cell,
				(long long)rows[i].num, (long long)rows[i].den,
				(long long)rows[i].excl);
		}
	}
}

/* --- the rest --- */

static void analytics_note_event_without_time_is_invalid_and_changes_nothing(void **state)
{
	(void)state;
	for (int kind = 0; kind < ANALYTICS_EVENTS; kind++) {
		struct analytics_event event = { .kind = (enum analytics_event_kind)kind,
			.at = INSTANT_NONE };
		struct analytics_case file;
		struct analytics_case out;
		struct analytics_case untouched;
		struct err err = { "" };
		memset(&out, 0x5a, sizeof(out));
		untouched = out;
		analytics_case_init(&file);
		assert_int_equal(analytics_note(&file, &event, &calendar, &out, &err), RES_INVALID);
		assert_memory_equal(&out, &untouched, sizeof(out));
		assert_true(err.text[0] != 0);
	}
}

static void analytics_reply_days_follow_the_calendar_as_it_was_known(void **state)
{
	static const struct analytics_holiday dated[] = {
		{ START_DAY + 1, false, 0, START_DAY + 2 }, /* withdrawn on the third */
		{ START_DAY + 3, false, START_DAY + 3,
			ANALYTICS_NO_DAY }, /* known from that day on */
	};
	static const struct analytics_calendar known = { dated, COUNT(dated) };
	static const struct {
		int32_t dispatched, replied;
		int16_t want;
	} rows[] = {
		{ 0, 0, 0 },
		{ 0, 1, 0 },
		{ 0, 2, 2 },
		{ 0, 3, 2 },
		{ 2, 4, 0 },
		{ 3, 2, 0 },
		{ 2, 6, 1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct analytics_event sent = { .kind = ANALYTICS_EV_DISPATCHED };
		struct analytics_event answer = { .kind = ANALYTICS_EV_REPLIED };
		struct analytics_case file;
		sent.at = instant_from_shanghai_day(START_DAY + rows[i].dispatched);
		answer.at = instant_from_shanghai_day(START_DAY + rows[i].replied);
		analytics_case_init(&file);
		assert_int_equal(analytics_note(&file, &answer, &known, &file, NULL), RES_OK);
		assert_int_equal(file.reply_wd, ANALYTICS_NO_WD);
		assert_int_equal(analytics_note(&file, &sent, &known, &file, NULL), RES_OK);
		assert_int_equal(file.reply_wd, rows[i].want);
	}
}

static void analytics_deltas_before_the_day_is_known_count_nothing(void **state)
{
	struct analytics_delta deltas[ANALYTICS_DELTAS_MAX];
	struct analytics_event event = { .kind = ANALYTICS_EV_SIGNED };
	struct analytics_case before;
	struct analytics_case after;

	(void)state;
	analytics_case_init(&before);
	assert_int_equal(analytics_note(&before, &event, &calendar, &after, NULL), RES_OK);
	assert_int_equal(analytics_deltas(&before, &after, deltas), 0);
}

static void analytics_changes_of_an_unchanged_row_are_none(void **state)
{
	struct analytics_delta deltas[ANALYTICS_DELTAS_MAX];
	struct analytics_change changes[ANALYTICS_CHANGES_MAX];
	struct life life = life_make(0);
	struct cells cells = { .n = 0 };
	struct analytics_case file = walked(&life, &cells);

	(void)state;
	assert_int_equal(analytics_deltas(&file, &file, deltas), 0);
	assert_int_equal(analytics_changes(&file, &file, changes), 0);
}

static void analytics_changes_of_another_unit_move_what_is_told_apart(void **state)
{
	struct life life = life_make(0);
	struct cells cells = { .n = 0 };
	struct analytics_case before = walked(&life, &cells);
	struct analytics_case after = before;

	(void)state;
	after.unit = STR("510104");
	after.received_day++;
	cells_move(&cells, &before, &after);
	cells_check(&cells, &after);
}

static void analytics_differs_names_the_member(void **state)
{
	struct life life = life_make(2);
	struct cells cells = { .n = 0 };
	struct analytics_case a = walked(&life, &cells);
	struct analytics_case b = a;

	(void)state;
	assert_null(analytics_case_differs(&a, &b));
	b.redo++;
	assert_string_equal(analytics_case_differs(&a, &b), "redo");
	b = a;
	b.area = STR("x");
	assert_string_equal(analytics_case_differs(&a, &b), "area");
	b = a;
	b.refusal = STR("");
	assert_string_equal(analytics_case_differs(&a, &b), "refusal");
	b = a;
	b.closed_at.us++;
	assert_string_equal(analytics_case_differs(&a, &b), "closed_at");
	b = a;
	b.received_day++;
	assert_string_equal(analytics_case_differs(&a, &b), "received_day");
}

static void analytics_note_received_before_midnight_in_shanghai_counts_that_day(void **state)
{
	static const struct {
		const char *at;
		int32_t want;
	} rows[] = {
		{ "2019-01-01T15:59:59Z", START_DAY },
		{ "2019-01-01T16:00:00Z", START_DAY + 1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct analytics_event event = { .kind = ANALYTICS_EV_RECEIVED };
		struct analytics_case file;
		analytics_case_init(&file);
		assert_int_equal(instant_parse(str_from_c(rows[i].at), &event.at), RES_OK);
		assert_int_equal(analytics_note(&file, &event, &calendar, &file, NULL), RES_OK);
		assert_int_equal(file.received_day, rows[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(analytics_state_of_each_life_is_shown_at_each_step),
		cmocka_unit_test(
			analytics_note_random_orders_of_producers_end_in_the_same_row_and_cells),
		cmocka_unit_test(analytics_figures_of_each_life_are_these),
		cmocka_unit_test(analytics_note_event_without_time_is_invalid_and_changes_nothing),
		cmocka_unit_test(analytics_reply_days_follow_the_calendar_as_it_was_known),
		cmocka_unit_test(analytics_deltas_before_the_day_is_known_count_nothing),
		cmocka_unit_test(analytics_changes_of_an_unchanged_row_are_none),
		cmocka_unit_test(analytics_changes_of_another_unit_move_what_is_told_apart),
		cmocka_unit_test(analytics_differs_names_the_member),
		cmocka_unit_test(
			analytics_note_received_before_midnight_in_shanghai_counts_that_day),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
