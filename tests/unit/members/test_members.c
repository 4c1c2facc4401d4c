/* Membership, groups, credit in two classes, rendezvous and refusals, without a socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "peer/members.h"
#include "peer/peer_key.h"
#include "peer/peer_lines_core.h"

#define WINDOW 9

static struct member *join(struct members *members, uint8_t connection, const char *instance,
	const char *group, int32_t window)
{
	struct str groups[] = { str_from_c(group) };
	struct member_hello hello = { .routing = { { connection }, 1 },
		.instance = str_from_c(instance),
		.user = STR("intake"),
		.groups = groups,
		.groups_n = group != NULL,
		.window = window };
	struct member *member;

	assert_int_equal(members_join(members, &hello, &member), RES_OK);
	return member;
}

static void join_is_found_by_each_of_its_names(void **state)
{
	SCOPED(members)
	struct members *members = members_create();
	struct member *a = join(members, 1, "intake/a", "intake", WINDOW);

	(void)state;
	assert_ptr_equal(members_find(members, &a->routing), a);
	assert_ptr_equal(members_find_instance(members, STR("intake/a")), a);
	assert_ptr_equal(members_find_serial(members, a->serial), a);
	assert_true(members_serves(a, STR("intake")));
	members_leave(members, a);
	assert_null(members_find_instance(members, STR("intake/a")));
	assert_false(members_pick(members, STR("intake"), MEMBER_WORK, 1).is_served);
}

static void hello_again_changes_groups_and_keeps_credit(void **state)
{
	SCOPED(members)
	struct members *members = members_create();
	struct member *a = join(members, 1, "intake/a", "intake", WINDOW);

	(void)state;
	members_spend(a);
	assert_ptr_equal(join(members, 1, "intake/a", "other", WINDOW), a);
	assert_int_equal(a->credit, WINDOW - 1);
	assert_false(members_serves(a, STR("intake")));
	assert_true(members_serves(a, STR("other")));
	assert_false(members_pick(members, STR("intake"), MEMBER_WORK, 1).is_served);
}

/* A client that divides its window over another number of brokers. What was sent stays under way: a
 * window that shrank under it leaves a debt that is earned back first. */
static void hello_again_moves_credit_with_its_window(void **state)
{
	static const struct {
		int32_t before, spent, after, credit;
	} rows[] = {
		{ 90, 0, 45, 45 },
		{ 90, 30, 45, 15 },
		{ 90, 60, 45, -15 },
		{ 45, 0, 90, 90 },
		{ 45, 45, 90, 45 },
		{ 45, 10, 45, 35 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		SCOPED(members)
		struct members *members = members_create();
		struct member *a = join(members, 1, "intake/a", "intake", rows[i].before);

		for (int32_t n = 0; n < rows[i].spent; n++)
			members_spend(a);
		join(members, 1, "intake/a", "intake", rows[i].after);
		assert_int_equal(a->credit, rows[i].credit);
		assert_int_equal(members_pick(members, STR("intake"), MEMBER_WORK, 1).to != NULL,
			rows[i].credit > 0);
		members_credit(members, a, rows[i].spent); /* all is dealt with */
		assert_int_equal(a->credit, rows[i].after);
	}
}

/* Whatever happens in whatever order: what is under way and the credit left make the window. */
static void credit_and_what_is_under_way_make_the_window(void **state)
{
	SCOPED(members)
	struct members *members = members_create();
	struct member *a = join(members, 1, "intake/a", "intake", 90);
	int32_t under_way = 0;
	uint64_t seed = 17;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		seed = lines_mix(seed + 1);
		if (seed % 4 == 0) {
			join(members, 1, "intake/a", "intake", (int32_t)(30 + seed / 4 % 100));
		} else if (seed % 4 == 1 && under_way > 0) {
			int32_t n = 1 + (int32_t)(seed / 4 % (uint64_t)under_way);

			members_credit(members, a, n);
			under_way -= n;
		} else if (members_pick(members, STR("intake"), MEMBER_WORK, 1).to != NULL) {
			members_spend(a);
			under_way++;
		}
		assert_int_equal(a->credit + under_way, a->window);
	}
}

static void hello_from_a_new_connection_has_the_whole_window(void **state)
{
	SCOPED(members)
	struct members *members = members_create();
	struct member *a = join(members, 1, "intake/a", "intake", WINDOW);
	struct member *b;

	(void)state;
	members_spend(a);
	b = join(members, 2, "intake/a", "intake", WINDOW);
	assert_ptr_not_equal(a, b);
	assert_int_equal(b->credit, WINDOW);
	assert_ptr_equal(members_find_instance(members, STR("intake/a")), b);
	members_leave(members, a);
	assert_ptr_equal(members_find_instance(members, STR("intake/a")), b);
}

static void credit_in_two_classes(void **state)
{
	static const struct {
		int32_t credit;
		bool takes_work;
		bool takes_submit;
	} rows[] = {
		{ 9, true, true },
		{ 4, true, true },
		{ 3, true, false }, /* a third is closed to SUBMIT */
		{ 1, true, false },
		{ 0, false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		SCOPED(members)
		struct members *members = members_create();
		struct member *a = join(members, 1, "intake/a", "intake", WINDOW);
		struct member_pick pick;

		while (a->credit > rows[i].credit)
			members_spend(a);
		pick = members_pick(members, STR("intake"), MEMBER_WORK, 1);
		assert_true(pick.is_served);
		assert_ptr_equal(pick.to, rows[i].takes_work ? a : NULL);
		pick = members_pick(members, STR("intake"), MEMBER_SUBMIT, 1);
		assert_ptr_equal(pick.to, rows[i].takes_submit ? a : NULL);
	}
}

static void credit_never_passes_the_window(void **state)
{
	static const struct {
		int32_t given;
		int32_t want;
	} rows[] = { { 1, WINDOW - 3 }, { 4, WINDOW }, { 5, WINDOW }, { INT32_MAX, WINDOW },
		{ 0, WINDOW - 4 }, { -5, WINDOW - 4 } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		SCOPED(members)
		struct members *members = members_create();
		struct member *a = join(members, 1, "intake/a", "intake", WINDOW);

		for (int n = 0; n < 4; n++)
			members_spend(a);
		members_credit(members, a, rows[i].given);
		assert_int_equal(a->credit, rows[i].want);
	}
}

static void window_is_cut_to_the_most(void **state)
{
	SCOPED(members)
	struct members *members = members_create();

	(void)state;
	assert_int_equal(
		join(members, 1, "intake/a", "intake", INT32_MAX)->window, MEMBER_WINDOW_MAX);
}

/* Rendezvous: the same key goes to the same member whatever order they joined in, keys spread, and
 * when one member leaves only its keys move. */
static void pick_same_key_same_member_and_spreads(void **state)
{
	SCOPED(members)
	struct members *one = members_create();
	SCOPED(members)
	struct members *two = members_create();
	const char *names[] = { "i/a", "i/b", "i/c" };
	int count[3] = { 0 };

	(void)state;
	for (uint8_t i = 0; i < 3; i++) {
		join(one, i, names[i], "i", WINDOW);
		join(two, (uint8_t)(2 - i), names[2 - i], "i", WINDOW);
	}
	for (int64_t id = 1; id <= 3000; id++) {
		uint64_t key = peer_key_of_id(id);
		struct member *a = members_pick(one, STR("i"), MEMBER_WORK, key).to;
		struct member *b = members_pick(two, STR("i"), MEMBER_WORK, key).to;

		assert_string_equal(a->instance, b->instance);
		count[a->instance[2] - 'a']++;
	}
	for (int i = 0; i < 3; i++)
		assert_in_range(count[i], 800, 1200);
	members_leave(two, members_find_instance(two, STR("i/c")));
	for (int64_t id = 1; id <= 3000; id++) {
		uint64_t key = peer_key_of_id(id);
		struct member *a = members_pick(one, STR("i"), MEMBER_WORK, key).to;
		struct member *b = members_pick(two, STR("i"), MEMBER_WORK, key).to;

		if (strcmp(a->instance, "i/c") != 0)
			assert_string_equal(a->instance, b->instance);
	}
}

static void pick_passes_to_another_when_the_first_has_no_credit(void **state)
{
	SCOPED(members)
	struct members *members = members_create();
	struct member *first;
	struct member *second;

	(void)state;
	join(members, 1, "i/a", "i", 1);
	join(members, 2, "i/b", "i", 1);
	first = members_pick(members, STR("i"), MEMBER_WORK, 7).to;
	members_spend(first);
	second = members_pick(members, STR("i"), MEMBER_WORK, 7).to;
	assert_ptr_not_equal(first, second);
	members_spend(second);
	assert_null(members_pick(members, STR("i"), MEMBER_WORK, 7).to);
}

static void refuse_wait_grows_with_time_and_falls_back_after_calm(void **state)
{
	static const struct {
		int64_t at_ms;
		int32_t want;
	} rows[] = { { 0, 50 }, { 1, 50 }, { 49, 50 }, { 50, 100 }, { 60, 100 }, { 150, 200 },
		{ 350, 400 }, { 750, 800 }, { 1550, 1600 }, { 3150, 2000 }, { 5150, 2000 },
		{ 9200, 50 } };
	SCOPED(members)
	struct members *members = members_create();

	(void)state;
	join(members, 1, "i/a", "i", 1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(members_refuse(members, STR("i"), MEMBER_WORK, STR("edge/1"),
					 (struct instant){ rows[i].at_ms * 1000 }),
			rows[i].want);
}

struct told {
	char text[256];
};

static void tell(void *arg, struct str group, struct str instance)
{
	struct told *told = arg;
	size_t n = strlen(told->text);

	snprintf(told->text + n, sizeof(told->text) - n, "%.*s>%.*s ", STR_ARG(group),
		STR_ARG(instance));
}

static const char *notices(struct members *members, struct told *told)
{
	told->text[0] = 0;
	members_notices(members, tell, told);
	return told->text;
}

static void refused_is_told_once_when_the_group_takes_again(void **state)
{
	SCOPED(members)
	struct members *members = members_create();
	struct instant now = { 0 };
	struct member *a = join(members, 1, "i/a", "i", 3);
	struct told told;

	(void)state;
	while (a->credit > 0)
		members_spend(a);
	members_refuse(members, STR("i"), MEMBER_WORK, STR("x/1"), now);
	members_refuse(members, STR("i"), MEMBER_WORK, STR("x/1"), now);
	members_refuse(members, STR("i"), MEMBER_SUBMIT, STR("edge/1"), now);
	assert_string_equal(notices(members, &told), "");
	members_credit(members, a, 1);
	assert_string_equal(notices(members, &told), "i>x/1 ");
	assert_string_equal(notices(members, &told), "");
	members_credit(members, a, 1);
	assert_string_equal(notices(members, &told), "i>edge/1 ");
	assert_string_equal(notices(members, &told), "");
}

static void refused_by_nobody_is_told_when_a_member_joins(void **state)
{
	SCOPED(members)
	struct members *members = members_create();
	struct told told;

	(void)state;
	members_refuse(members, STR("i"), MEMBER_WORK, STR("x/1"), (struct instant){ 0 });
	assert_string_equal(notices(members, &told), "");
	join(members, 1, "i/a", "i", 3);
	assert_string_equal(notices(members, &told), "i>x/1 ");
}

/* Or a group that comes back could not be served any more. */
static void groups_asked_for_leave_room_for_those_served(void **state)
{
	SCOPED(members)
	struct members *members = members_create();
	char name[16];

	(void)state;
	for (int i = 0; i < MEMBERS_GROUPS_MAX; i++) {
		snprintf(name, sizeof(name), "g%d", i);
		members_refuse(
			members, str_from_c(name), MEMBER_WORK, STR("x/1"), (struct instant){ 0 });
	}
	assert_true(members_serves(join(members, 1, "i/a", "late", 3), STR("late")));
}

static void limits_too_long_or_too_many_is_refused(void **state)
{
	SCOPED(members)
	struct members *members = members_create();
	char name[WIRE_NAME_MAX + 2];
	struct member *member;
	struct member_hello hello = { .routing = { { 1 }, 1 }, .user = STR("x"), .window = 1 };

	(void)state;
	memset(name, 'n', sizeof(name));
	assert_int_equal(members_join(members, &hello, &member), RES_TOO_BIG);
	hello.instance = str_of(name, WIRE_NAME_MAX + 1);
	assert_int_equal(members_join(members, &hello, &member), RES_TOO_BIG);
	hello.instance = str_of(name, WIRE_NAME_MAX);
	hello.groups_n = PEER_GROUPS_MAX + 1;
	assert_int_equal(members_join(members, &hello, &member), RES_TOO_BIG);
	hello.groups_n = 0;
	for (int i = 0; i < MEMBERS_MAX; i++) {
		hello.routing = (struct bus_routing){ { (uint8_t)i, (uint8_t)(i >> 8), 9 }, 3 };
		assert_int_equal(members_join(members, &hello, &member), RES_OK);
	}
	hello.routing = (struct bus_routing){ { 7 }, 1 };
	assert_int_equal(members_join(members, &hello, &member), RES_TOO_BIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(join_is_found_by_each_of_its_names),
		cmocka_unit_test(hello_again_changes_groups_and_keeps_credit),
		cmocka_unit_test(hello_again_moves_credit_with_its_window),
		cmocka_unit_test(credit_and_what_is_under_way_make_the_window),
		cmocka_unit_test(hello_from_a_new_connection_has_the_whole_window),
		cmocka_unit_test(credit_in_two_classes),
		cmocka_unit_test(credit_never_passes_the_window),
		cmocka_unit_test(window_is_cut_to_the_most),
		cmocka_unit_test(pick_same_key_same_member_and_spreads),
		cmocka_unit_test(pick_passes_to_another_when_the_first_has_no_credit),
		cmocka_unit_test(refuse_wait_grows_with_time_and_falls_back_after_calm),
		cmocka_unit_test(refused_is_told_once_when_the_group_takes_again),
		cmocka_unit_test(refused_by_nobody_is_told_when_a_member_joins),
		cmocka_unit_test(groups_asked_for_leave_room_for_those_served),
		cmocka_unit_test(limits_too_long_or_too_many_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
