/* Lease × holder × time × version. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "intake_state_core.h"

#define NOW 1000000000
#define S   1000000 /* µs */

/* What is there: nothing, a lease alone, a value, a value under a lease of a, one that ran out. */
enum there { NONE, LEASED, VALUE, HELD, LAPSED, THERES };

static struct intake_kept row_of(enum there there)
{
	struct intake_kept row = { 0 };

	if (there == NONE)
		return row;
	row.is_there = true;
	row.stamp = 9;
	if (there != LEASED) {
		row.version = 7;
		row.value = STR("old");
		row.put_by = STR("a");
		row.replaced = 5;
	}
	if (there != VALUE) {
		row.holder = STR("a");
		row.lease_until.us = there == LAPSED ? NOW : NOW + 2 * S;
	}
	return row;
}

struct want {
	enum intake_state_deed deed;
	const char *why; /* NULL: done */
};
#define HELD_NO                                                                                    \
	{                                                                                          \
		INTAKE_STATE_KEEP, "somebody else holds the lease"                                 \
	}
#define CHANGED_NO                                                                                 \
	{                                                                                          \
		INTAKE_STATE_KEEP, "changed meanwhile"                                             \
	}
#define KEEP                                                                                       \
	{                                                                                          \
		INTAKE_STATE_KEEP, NULL                                                            \
	}
#define INSERT                                                                                     \
	{                                                                                          \
		INTAKE_STATE_INSERT, NULL                                                          \
	}
#define UPDATE                                                                                     \
	{                                                                                          \
		INTAKE_STATE_UPDATE, NULL                                                          \
	}
#define DELETE                                                                                     \
	{                                                                                          \
		INTAKE_STATE_DELETE, NULL                                                          \
	}

static void ask_all(const struct intake_state_ask *ask, const struct want *want, const char *name)
{
	for (int there = 0; there < THERES; there++) {
		struct intake_kept row = row_of((enum there)there);
		struct intake_state_use use = { 0 };
		struct intake_state_decision decision;
		struct err err = { "" };
		enum res res = intake_state_decide(
			&row, ask, &use, (struct instant){ NOW }, &decision, &err);

		if (decision.deed != want[there].deed ||
			(res == RES_OK) != (want[there].why == NULL) ||
			(want[there].why != NULL && strcmp(want[there].why, err.text) != 0))
			fail_msg("%s over %d: %d, deed %d, '%s'", name, there, (int)res,
				(int)decision.deed, err.text);
		if (res == RES_OK && row.is_there && decision.deed == INTAKE_STATE_UPDATE)
			assert_int_equal(decision.after.stamp, row.stamp + 1);
		assert_int_equal(decision.shows_value,
			ask->kind == INTAKE_STATE_GET ||
				(want[there].why != NULL &&
					strcmp(want[there].why, "changed meanwhile") == 0));
	}
}

static const struct {
	const char *name;
	struct intake_state_ask ask;
	struct want want[THERES]; /* NONE, LEASED, VALUE, HELD, LAPSED */
} asks[] = {
	{ "get", { .kind = INTAKE_STATE_GET }, { KEEP, KEEP, KEEP, KEEP, KEEP } },
	{ "a leases", { .kind = INTAKE_STATE_LEASE, .holder = STR_INIT("a"), .lease_ms = 5000 },
		{ INSERT, UPDATE, UPDATE, UPDATE, UPDATE } },
	{ "b leases", { .kind = INTAKE_STATE_LEASE, .holder = STR_INIT("b"), .lease_ms = 5000 },
		{ INSERT, HELD_NO, UPDATE, HELD_NO, UPDATE } },
	{ "a gives back", { .kind = INTAKE_STATE_LEASE, .holder = STR_INIT("a") },
		{ KEEP, DELETE, KEEP, UPDATE, UPDATE } },
	{ "b gives back", { .kind = INTAKE_STATE_LEASE, .holder = STR_INIT("b") },
		{ KEEP, KEEP, KEEP, KEEP, KEEP } },
	{ "a puts anew",
		{ .kind = INTAKE_STATE_PUT, .holder = STR_INIT("a"), .value = STR_INIT("new") },
		{ INSERT, UPDATE, CHANGED_NO, CHANGED_NO, CHANGED_NO } },
	{ "b puts anew",
		{ .kind = INTAKE_STATE_PUT, .holder = STR_INIT("b"), .value = STR_INIT("new") },
		{ INSERT, HELD_NO, CHANGED_NO, HELD_NO, CHANGED_NO } },
	{ "a puts over 7",
		{ .kind = INTAKE_STATE_PUT,
			.holder = STR_INIT("a"),
			.value = STR_INIT("new"),
			.if_version = 7 },
		{ CHANGED_NO, CHANGED_NO, UPDATE, UPDATE, UPDATE } },
	{ "b puts over 7",
		{ .kind = INTAKE_STATE_PUT,
			.holder = STR_INIT("b"),
			.value = STR_INIT("new"),
			.if_version = 7 },
		{ CHANGED_NO, HELD_NO, UPDATE, HELD_NO, UPDATE } },
	{ "a's put comes again",
		{ .kind = INTAKE_STATE_PUT,
			.holder = STR_INIT("a"),
			.value = STR_INIT("old"),
			.if_version = 5 },
		{ CHANGED_NO, CHANGED_NO, KEEP, KEEP, KEEP } },
	{ "a's put with another value",
		{ .kind = INTAKE_STATE_PUT,
			.holder = STR_INIT("a"),
			.value = STR_INIT("odd"),
			.if_version = 5 },
		{ CHANGED_NO, CHANGED_NO, CHANGED_NO, CHANGED_NO, CHANGED_NO } },
	{ "b puts what a put",
		{ .kind = INTAKE_STATE_PUT,
			.holder = STR_INIT("b"),
			.value = STR_INIT("old"),
			.if_version = 5 },
		{ CHANGED_NO, HELD_NO, CHANGED_NO, HELD_NO, CHANGED_NO } },
	{ "a removes 7",
		{ .kind = INTAKE_STATE_PUT,
			.holder = STR_INIT("a"),
			.if_version = 7,
			.is_removed = true },
		{ KEEP, KEEP, DELETE, UPDATE, DELETE } },
	{ "b removes 7",
		{ .kind = INTAKE_STATE_PUT,
			.holder = STR_INIT("b"),
			.if_version = 7,
			.is_removed = true },
		{ KEEP, KEEP, DELETE, HELD_NO, DELETE } },
	{ "a removes 6",
		{ .kind = INTAKE_STATE_PUT,
			.holder = STR_INIT("a"),
			.if_version = 6,
			.is_removed = true },
		{ KEEP, KEEP, CHANGED_NO, CHANGED_NO, CHANGED_NO } },
};

static void every_ask_meets_every_state(void **state)
{

	(void)state;
	for (size_t i = 0; i < sizeof asks / sizeof asks[0]; i++)
		ask_all(&asks[i].ask, asks[i].want, asks[i].name);
}

static struct intake_state_decision decide(
	const struct intake_kept *row, struct intake_state_ask ask, int64_t now)
{
	struct intake_state_use use = { 0 };
	struct intake_state_decision decision;

	assert_int_equal(
		intake_state_decide(row, &ask, &use, (struct instant){ now }, &decision, NULL),
		RES_OK);
	return decision;
}

/* A name that was removed does not come back with a version that somebody may still know. */
static void versions_rise_over_removal(void **state)
{
	struct intake_kept none = { 0 };
	struct intake_state_ask put = {
		.kind = INTAKE_STATE_PUT, .holder = STR("a"), .value = STR("x")
	};
	struct intake_state_decision first = decide(&none, put, NOW), second;

	(void)state;
	assert_true(first.after.version > 0);
	assert_true(first.after.version == first.after.stamp);
	put.if_version = first.after.version;
	put.value = STR("y");
	second = decide(&first.after, put, NOW);
	assert_true(second.after.version > first.after.version);
	put.if_version = 0;
	assert_true(decide(&none, put, NOW + S).after.version > second.after.version);
}

static void lease_is_over_on_the_microsecond(void **state)
{
	struct intake_kept row = row_of(HELD);

	(void)state;
	assert_int_equal(intake_state_lease_left_ms(&row, (struct instant){ NOW }), 2000);
	assert_int_equal(intake_state_lease_left_ms(&row, (struct instant){ NOW + 2 * S - 1 }), 1);
	assert_int_equal(intake_state_lease_left_ms(&row, (struct instant){ NOW + 2 * S }), 0);
	row.holder = STR("");
	assert_int_equal(intake_state_lease_left_ms(&row, (struct instant){ NOW }), 0);
}

static void renewal_counts_from_now_and_leaves_the_value(void **state)
{
	struct intake_kept row = row_of(HELD);
	struct intake_state_ask ask = {
		.kind = INTAKE_STATE_LEASE, .holder = STR("a"), .lease_ms = 1000
	};
	struct intake_state_decision decision = decide(&row, ask, NOW);

	(void)state;
	assert_int_equal(decision.after.lease_until.us, NOW + S);
	assert_int_equal(decision.after.version, 7);
}

static void a_source_has_its_bounds(void **state)
{
	static char big[INTAKE_STATE_VALUE_MAX];
	static const struct {
		enum there there;
		enum intake_state_kind kind;
		int64_t names;
		int64_t bytes;
		size_t n;
		int64_t if_version;
		bool ok;
	} table[] = {
		{ NONE, INTAKE_STATE_PUT, 999, 0, 1, 0, true },
		{ NONE, INTAKE_STATE_PUT, 1000, 0, 1, 0, false },
		{ NONE, INTAKE_STATE_LEASE, 999, 0, 0, 0, true },
		{ NONE, INTAKE_STATE_LEASE, 1000, 0, 0, 0, false },
		{ VALUE, INTAKE_STATE_PUT, 1000, 0, 9, 7, true },
		{ NONE, INTAKE_STATE_PUT, 1, 16777216 - 65536, 65536, 0, true },
		{ NONE, INTAKE_STATE_PUT, 1, 16777216 - 65535, 65536, 0, false },
		{ VALUE, INTAKE_STATE_PUT, 1, 16777216, 4, 7, false },
		{ VALUE, INTAKE_STATE_PUT, 1, 16777300, 3, 7, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct intake_kept row = row_of(table[i].there);
		struct intake_state_use use = { table[i].names, table[i].bytes };
		struct intake_state_ask ask = { .kind = table[i].kind,
			.holder = STR("a"),
			.value = str_of(big, table[i].n),
			.if_version = table[i].if_version,
			.lease_ms = 1000 };
		struct intake_state_decision decision;
		struct err err = { "" };
		enum res res = intake_state_decide(
			&row, &ask, &use, (struct instant){ NOW }, &decision, &err);

		if ((res == RES_OK) != table[i].ok)
			fail_msg("bounds %zu: %d '%s'", i, (int)res, err.text);
	}
}

static void shapes_are_checked(void **state)
{
	static char big[INTAKE_STATE_VALUE_MAX + 1];
	static char name[INTAKE_STATE_NAME_MAX + 1];
	static char holder[INTAKE_STATE_HOLDER_MAX + 1];
	memset(name, 'n', sizeof name);
	memset(holder, 'h', sizeof holder);
	const struct {
		struct intake_state_ask ask;
		bool ok;
	} table[] = {
		{ { INTAKE_STATE_GET, .name = STR_INIT("") }, false },
		{ { INTAKE_STATE_GET, .name = { name, INTAKE_STATE_NAME_MAX } }, true },
		{ { INTAKE_STATE_GET, .name = { name, INTAKE_STATE_NAME_MAX + 1 } }, false },
		{ { INTAKE_STATE_GET, .name = STR_INIT("a\nb") }, false },
		{ { INTAKE_STATE_GET, .name = STR_INIT("邮箱/INBOX") }, true },
		{ { INTAKE_STATE_PUT, .name = STR_INIT("n") }, true },
		{ { INTAKE_STATE_PUT, .name = STR_INIT("n"),
			  .value = { big, INTAKE_STATE_VALUE_MAX } },
			true },
		{ { INTAKE_STATE_PUT, .name = STR_INIT("n"),
			  .value = { big, INTAKE_STATE_VALUE_MAX + 1 } },
			false },
		{ { INTAKE_STATE_PUT, .name = STR_INIT("n"), .if_version = -1 }, false },
		{ { INTAKE_STATE_LEASE, .name = STR_INIT("n"), .lease_ms = 1000 }, false },
		{ { INTAKE_STATE_LEASE, .name = STR_INIT("n"),
			  .holder = { holder, INTAKE_STATE_HOLDER_MAX }, .lease_ms = 1000 },
			true },
		{ { INTAKE_STATE_LEASE, .name = STR_INIT("n"),
			  .holder = { holder, INTAKE_STATE_HOLDER_MAX + 1 }, .lease_ms = 1000 },
			false },
		{ { INTAKE_STATE_LEASE, .name = STR_INIT("n"), .holder = STR_INIT("h"),
			  .lease_ms = 999 },
			false },
		{ { INTAKE_STATE_LEASE, .name = STR_INIT("n"), .holder = STR_INIT("h"),
			  .lease_ms = 600001 },
			false },
		{ { INTAKE_STATE_LEASE, .name = STR_INIT("n"), .holder = STR_INIT("h"),
			  .lease_ms = 0 },
			true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct err err = { "" };

		if ((intake_state_check(&table[i].ask, &err) == RES_OK) != table[i].ok)
			fail_msg("shape %zu: '%s'", i, err.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_ask_meets_every_state),
		cmocka_unit_test(versions_rise_over_removal),
		cmocka_unit_test(lease_is_over_on_the_microsecond),
		cmocka_unit_test(renewal_counts_from_now_and_leaves_the_value),
		cmocka_unit_test(a_source_has_its_bounds),
		cmocka_unit_test(shapes_are_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
