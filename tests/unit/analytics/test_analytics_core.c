/* Every order of four producers ends in the same fact row and the same cells; every state × event
 * pair keeps row and cells in step. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analytics_core.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define CELLS_MAX    64
#define START_US     1546300800000000 /* 2019-01-01 08:00 in Shanghai */
#define START_DAY    17897

static struct analytics_event event_of(enum analytics_event_kind kind)
{
	return (struct analytics_event){
		.kind = kind,
		.at = { START_US + (int64_t)kind * 3600 * 1000000 },
		.channel = STR("app"),
		.klass = STR("report"),
		.type = STR("help"),
		.category = STR("0802"),
		.area = STR("510104"),
		.unit = STR("D35"),
		.resolve_due = { START_US + INT64_C(7) * 86400 * 1000000 },
		.is_on_time = true,
		.visit = 2,
		.reason = STR("no_answer"),
	};
}

/* --- a small roll-up --- */

struct cells {
	struct {
		int32_t day;
		char dim[16];
		char key[16];
		int64_t n;
	} rows[CELLS_MAX];
	size_t n;
};

static void cells_add(struct cells *cells, const struct analytics_delta *delta)
{
	size_t i;

	for (i = 0; i < cells->n; i++)
		if (cells->rows[i].day == delta->day && str_eq_c(delta->dim, cells->rows[i].dim) &&
			str_eq_c(delta->key, cells->rows[i].key))
			break;
	assert_true(i < CELLS_MAX);
	if (i == cells->n) {
		cells->n++;
		cells->rows[i].day = delta->day;
		snprintf(cells->rows[i].dim, sizeof(cells->rows[i].dim), "%.*s",
			STR_ARG(delta->dim));
		snprintf(cells->rows[i].key, sizeof(cells->rows[i].key), "%.*s",
			STR_ARG(delta->key));
	}
	cells->rows[i].n += delta->n;
}

static int64_t cells_at(const struct cells *cells, int32_t day, const char *dim, const char *key)
{
	for (size_t i = 0; i < cells->n; i++)
		if (cells->rows[i].day == day && strcmp(cells->rows[i].dim, dim) == 0 &&
			strcmp(cells->rows[i].key, key) == 0)
			return cells->rows[i].n;
	return 0;
}

/* What a case must count for, told from its row: one in each dimension once its day is known. */
static void cells_check(const struct cells *cells, const struct analytics_case *file)
{
	bool is_counted = file->received_day != INT32_MIN;
	struct str state = analytics_state_name((enum analytics_state)file->state);
	const struct {
		const char *dim;
		struct str key;
	} want[] = {
		{ "channel", file->channel },
		{ "unit", file->unit },
		{ "category", file->category },
		{ "state", state },
	};
	int64_t sum = 0;

	for (size_t i = 0; i < COUNT(want); i++) {
		char key[16];
		snprintf(key, sizeof(key), "%.*s", STR_ARG(want[i].key));
		assert_int_equal(
			cells_at(cells, file->received_day, want[i].dim, key), is_counted ? 1 : 0);
	}
	for (size_t i = 0; i < cells->n; i++) {
		assert_in_range(cells->rows[i].n, 0, 1);
		sum += cells->rows[i].n;
	}
	assert_int_equal(sum, is_counted ? 4 : 0);
}

static void note(struct analytics_case *file, struct cells *cells, enum analytics_event_kind kind)
{
	struct analytics_delta deltas[ANALYTICS_DELTAS_MAX];
	struct analytics_event event = event_of(kind);
	struct analytics_case after;
	size_t n;

	assert_int_equal(analytics_note(file, &event, &after, NULL), RES_OK);
	n = analytics_deltas(file, &after, deltas);
	assert_in_range(n, 0, ANALYTICS_DELTAS_MAX);
	for (size_t i = 0; i < n; i++)
		cells_add(cells, &deltas[i]);
	*file = after;
}

/* --- every order --- */

/* The road, a producer a row; -1 ends it. Each producer's own order stands, that between them does
 * not. */
#define PRODUCERS 4
static const int road[PRODUCERS][6] = {
	{ ANALYTICS_EV_RECEIVED, ANALYTICS_EV_ACCEPTED, -1 },
	{ ANALYTICS_EV_DISPATCHED, ANALYTICS_EV_SIGNED, ANALYTICS_EV_CONTACTED,
		ANALYTICS_EV_RESOLVED, -1 },
	{ ANALYTICS_EV_SUBMITTED, ANALYTICS_EV_REPLIED, ANALYTICS_EV_DELIVERED, -1 },
	{ ANALYTICS_EV_FOLLOWED, ANALYTICS_EV_VISITED, ANALYTICS_EV_CLOSED, -1 },
};

struct walk {
	struct analytics_case want;
	size_t ends;
};

static void case_equal(const struct analytics_case *got, const struct analytics_case *want)
{
	assert_int_equal(got->state, want->state);
	assert_int_equal(got->visits, want->visits);
	assert_int_equal(got->is_on_time, want->is_on_time);
	assert_int_equal(got->is_undelivered, want->is_undelivered);
	assert_int_equal(got->received_day, want->received_day);
	assert_true(str_eq(got->channel, want->channel));
	assert_true(str_eq(got->klass, want->klass));
	assert_true(str_eq(got->type, want->type));
	assert_true(str_eq(got->category, want->category));
	assert_true(str_eq(got->area, want->area));
	assert_true(str_eq(got->unit, want->unit));
	assert_true(str_eq(got->reason, want->reason));
	/* The times stand side by side at the end of the row. */
	assert_memory_equal(&got->received_at, &want->received_at,
		sizeof(*got) - offsetof(struct analytics_case, received_at));
}

static void walk(struct walk *all, const struct analytics_case *file, const struct cells *cells,
	const int said[PRODUCERS])
{
	bool is_over = true;

	for (int p = 0; p < PRODUCERS; p++) {
		struct analytics_case next = *file;
		struct cells counts = *cells;
		int more[PRODUCERS];
		if (road[p][said[p]] < 0)
			continue;
		is_over = false;
		memcpy(more, said, sizeof(more));
		note(&next, &counts, (enum analytics_event_kind)road[p][more[p]++]);
		walk(all, &next, &counts, more);
	}
	if (!is_over)
		return;
	all->ends++;
	case_equal(file, &all->want);
	cells_check(cells, file);
}

static void analytics_note_every_order_of_producers_ends_in_the_same_row_and_cells(void **state)
{
	static const int nothing[PRODUCERS];
	struct walk all = { .ends = 0 };
	struct cells cells = { .n = 0 };
	struct analytics_case empty;

	(void)state;
	analytics_case_init(&empty);
	all.want = empty;
	for (int p = 0; p < PRODUCERS; p++)
		for (int i = 0; road[p][i] >= 0; i++)
			note(&all.want, &cells, (enum analytics_event_kind)road[p][i]);
	assert_int_equal(all.want.state, ANALYTICS_CLOSED);
	assert_int_equal(all.want.received_day, START_DAY);
	assert_int_equal(all.want.visits, 2);
	memset(&cells, 0, sizeof(cells));
	walk(&all, &empty, &cells, nothing);
	assert_int_equal(all.ends, 277200); /* 12! / (2! 4! 3! 3!) */
}

/* --- every pair --- */

static const struct {
	enum analytics_event_kind event;
	enum analytics_state state; /* that it shows; UNKNOWN: none */
} shown[] = {
	{ ANALYTICS_EV_RECEIVED, ANALYTICS_RECEIVED },
	{ ANALYTICS_EV_ACCEPTED, ANALYTICS_ACCEPTED },
	{ ANALYTICS_EV_DISPATCHED, ANALYTICS_DISPATCHED },
	{ ANALYTICS_EV_SIGNED, ANALYTICS_IN_PROGRESS },
	{ ANALYTICS_EV_CONTACTED, ANALYTICS_UNKNOWN },
	{ ANALYTICS_EV_RESOLVED, ANALYTICS_UNKNOWN },
	{ ANALYTICS_EV_SUBMITTED, ANALYTICS_REPLY_REVIEW },
	{ ANALYTICS_EV_REPLIED, ANALYTICS_REPLIED },
	{ ANALYTICS_EV_DELIVERED, ANALYTICS_UNKNOWN },
	{ ANALYTICS_EV_UNDELIVERABLE, ANALYTICS_UNKNOWN },
	{ ANALYTICS_EV_FOLLOWED, ANALYTICS_FOLLOW_UP },
	{ ANALYTICS_EV_VISITED, ANALYTICS_UNKNOWN },
	{ ANALYTICS_EV_CLOSED, ANALYTICS_CLOSED },
};
_Static_assert(COUNT(shown) == ANALYTICS_EVENTS, "each event is walked");

/* The state is the furthest that any two facts show, whichever came first. */
static void analytics_note_each_pair_of_events_shows_the_further_state(void **state)
{
	(void)state;
	for (size_t a = 0; a < COUNT(shown); a++)
		for (size_t b = 0; b < COUNT(shown); b++) {
			int want =
				shown[a].state > shown[b].state ? shown[a].state : shown[b].state;
			struct cells cells = { .n = 0 };
			struct analytics_case file;
			analytics_case_init(&file);
			note(&file, &cells, shown[a].event);
			assert_int_equal(file.state, shown[a].state);
			cells_check(&cells, &file);
			note(&file, &cells, shown[b].event);
			assert_int_equal(file.state, want);
			cells_check(&cells, &file);
		}
}

static void analytics_note_event_without_time_is_invalid_and_changes_nothing(void **state)
{
	(void)state;
	for (int kind = 0; kind < ANALYTICS_EVENTS; kind++) {
		struct analytics_event event = event_of((enum analytics_event_kind)kind);
		struct analytics_case file;
		struct analytics_case out;
		struct analytics_case untouched;
		struct err err = { "" };
		memset(&out, 0x5a, sizeof(out));
		untouched = out;
		event.at = INSTANT_NONE;
		analytics_case_init(&file);
		assert_int_equal(analytics_note(&file, &event, &out, &err), RES_INVALID);
		assert_memory_equal(&out, &untouched, sizeof(out));
		assert_true(err.text[0] != 0);
	}
}

static void analytics_note_first_time_stays_when_a_step_is_repeated(void **state)
{
	struct analytics_event event = event_of(ANALYTICS_EV_DISPATCHED);
	struct analytics_case file;
	struct cells cells = { .n = 0 };

	(void)state;
	analytics_case_init(&file);
	note(&file, &cells, ANALYTICS_EV_RECEIVED);
	note(&file, &cells, ANALYTICS_EV_DISPATCHED);
	event.at = instant_add(event.at, SPAN_DAYS(1));
	event.unit = STR("D01");
	assert_int_equal(analytics_note(&file, &event, &file, NULL), RES_OK);
	assert_int_equal(file.dispatched_at.us, event_of(ANALYTICS_EV_DISPATCHED).at.us);
	assert_true(str_eq(file.unit, STR("D01")));
}

static void analytics_deltas_before_the_day_is_known_count_nothing(void **state)
{
	struct analytics_delta deltas[ANALYTICS_DELTAS_MAX];
	struct analytics_event event = event_of(ANALYTICS_EV_DISPATCHED);
	struct analytics_case before;
	struct analytics_case after;

	(void)state;
	analytics_case_init(&before);
	assert_int_equal(analytics_note(&before, &event, &after, NULL), RES_OK);
	assert_int_equal(analytics_deltas(&before, &after, deltas), 0);
}

static void analytics_deltas_of_an_unchanged_row_are_none(void **state)
{
	struct analytics_delta deltas[ANALYTICS_DELTAS_MAX];
	struct cells cells = { .n = 0 };
	struct analytics_case file;

	(void)state;
	analytics_case_init(&file);
	note(&file, &cells, ANALYTICS_EV_RECEIVED);
	assert_int_equal(analytics_deltas(&file, &file, deltas), 0);
}

static void analytics_deltas_of_another_day_move_all_dimensions(void **state)
{
	struct analytics_delta deltas[ANALYTICS_DELTAS_MAX];
	struct cells cells = { .n = 0 };
	struct analytics_case before;
	struct analytics_case after;

	(void)state;
	analytics_case_init(&before);
	note(&before, &cells, ANALYTICS_EV_RECEIVED);
	after = before;
	after.received_day++;
	assert_int_equal(analytics_deltas(&before, &after, deltas), ANALYTICS_DELTAS_MAX);
	for (size_t i = 0; i < ANALYTICS_DELTAS_MAX; i++) {
		assert_int_equal(deltas[i].n, i % 2 == 0 ? -1 : 1);
		assert_int_equal(deltas[i].day, START_DAY + (int)(i % 2));
	}
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
		struct analytics_event event = event_of(ANALYTICS_EV_RECEIVED);
		struct analytics_case file;
		analytics_case_init(&file);
		assert_int_equal(instant_parse(str_from_c(rows[i].at), &event.at), RES_OK);
		assert_int_equal(analytics_note(&file, &event, &file, NULL), RES_OK);
		assert_int_equal(file.received_day, rows[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			analytics_note_every_order_of_producers_ends_in_the_same_row_and_cells),
		cmocka_unit_test(analytics_note_each_pair_of_events_shows_the_further_state),
		cmocka_unit_test(analytics_note_event_without_time_is_invalid_and_changes_nothing),
		cmocka_unit_test(analytics_note_first_time_stays_when_a_step_is_repeated),
		cmocka_unit_test(analytics_deltas_before_the_day_is_known_count_nothing),
		cmocka_unit_test(analytics_deltas_of_an_unchanged_row_are_none),
		cmocka_unit_test(analytics_deltas_of_another_day_move_all_dimensions),
		cmocka_unit_test(
			analytics_note_received_before_midnight_in_shanghai_counts_that_day),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
