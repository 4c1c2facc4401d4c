/* State of integrators between a real broker and a real PostgreSQL; two replicas of intake serve.
 */
#include "intake_road.h"

#include <stdio.h>

#define HANDS 24

struct asked {
	const char *source;
	const char *id;
	const char *type;
	struct str body;
};

static Wangli__StateAnswer *read_answer(struct intake_road *road, const struct wire_msg *answer)
{
	Wangli__StateAnswer *said = NULL;

	assert_int_equal(answer->head.code, WIRE_CODE_DONE);
	assert_int_equal(wire_unpack(road->at->mem, &wangli__state_answer__descriptor, answer->body,
				 &said, NULL),
		RES_OK);
	return said;
}

static struct wire_msg ask_as(
	struct intake_road *road, struct client *from, const struct asked *asked)
{
	const struct rig_command command = { .command_id = asked->id,
		.type = asked->type,
		.body = asked->body,
		.source = asked->source };
	struct wire_msg answer;

	service_rig_commands(road->at, from, &command, 1, &answer);
	return answer;
}

static struct str get_of(struct intake_road *road, const char *name)
{
	Wangli__StateGet get = WANGLI__STATE_GET__INIT;

	get.name = (char *)(uintptr_t)name;
	return wire_pack(road->at->mem, &get.base);
}

static struct str put_of(struct intake_road *road, const char *name, const char *holder,
	struct str value, int64_t if_version)
{
	Wangli__StatePut put = WANGLI__STATE_PUT__INIT;

	put.name = (char *)(uintptr_t)name;
	put.holder = (char *)(uintptr_t)holder;
	put.value = (ProtobufCBinaryData){ .len = value.n, .data = (uint8_t *)(uintptr_t)value.p };
	put.if_version = if_version;
	put.is_removed = value.p == NULL;
	return wire_pack(road->at->mem, &put.base);
}

static struct str lease_of(
	struct intake_road *road, const char *name, const char *holder, int32_t lease_ms)
{
	Wangli__StateLease lease = WANGLI__STATE_LEASE__INIT;

	lease.name = (char *)(uintptr_t)name;
	lease.holder = (char *)(uintptr_t)holder;
	lease.lease_ms = lease_ms;
	return wire_pack(road->at->mem, &lease.base);
}

/* Under a command_id that was never used: an answer that comes late is not the next one's. */
static Wangli__StateAnswer *say(
	struct intake_road *road, const char *source, const char *type, struct str body)
{
	static int serial;
	const char *id = arena_printf(road->at->mem, "say-%d", ++serial).p;
	struct wire_msg answer =
		ask_as(road, road->door, &(struct asked){ source, id, type, body });

	return read_answer(road, &answer);
}

static Wangli__StateAnswer *get(struct intake_road *road, const char *source, const char *name)
{
	return say(road, source, "state.get.v1", get_of(road, name));
}

static Wangli__StateAnswer *put(struct intake_road *road, const char *name, const char *holder,
	struct str value, int64_t if_version)
{
	return say(road, "mail", "state.put.v1", put_of(road, name, holder, value, if_version));
}

static Wangli__StateAnswer *lease(
	struct intake_road *road, const char *name, const char *holder, int32_t lease_ms)
{
	return say(road, "mail", "state.lease.v1", lease_of(road, name, holder, lease_ms));
}

static void assert_value(const Wangli__StateAnswer *said, const char *value)
{
	assert_int_equal(said->value.len, strlen(value));
	if (said->value.len > 0)
		assert_memory_equal(said->value.data, value, strlen(value));
}

static void value_is_put_over_the_version_that_it_replaces(void **state)
{
	struct intake_road *road = *state;
	Wangli__StateAnswer *first, *second, *said;

	assert_int_equal(get(road, "mail", "cursor")->version, 0);
	first = put(road, "cursor", "a", STR("one"), 0);
	assert_string_equal(first->why_not, "");
	assert_true(first->version > 0);
	said = put(road, "cursor", "a", STR("one"), 0); /* its RESULT was lost */
	assert_string_equal(said->why_not, "");
	assert_true(said->version == first->version);
	second = put(road, "cursor", "a", STR("two"), first->version);
	assert_string_equal(second->why_not, "");
	assert_true(second->version > first->version);
	said = put(road, "cursor", "b", STR("three"), first->version);
	assert_string_equal(said->why_not, "changed meanwhile");
	assert_true(said->version == second->version);
	assert_value(said, "two");
	assert_value(get(road, "mail", "cursor"), "two");
	assert_int_equal(get(road, "forum", "cursor")->version, 0); /* another source's eyes */

	said = put(road, "cursor", "a", STR_NONE, second->version);
	assert_string_equal(said->why_not, "");
	assert_int_equal(said->version, 0);
	assert_string_equal(put(road, "cursor", "a", STR_NONE, second->version)->why_not, "");
	said = put(road, "cursor", "a", STR("four"), 0);
	assert_true(said->version > second->version);
	assert_string_equal(put(road, "cursor", "a", STR(""), said->version)->why_not, "");
	assert_true(get(road, "mail", "cursor")->version > said->version);
	assert_value(get(road, "mail", "cursor"), "");
	assert_string_equal(service_rig_look(road->at, "select count(*) from intake.command"), "0");
}

static void lease_has_one_holder_until_it_runs_out(void **state)
{
	struct intake_road *road = *state;
	Wangli__StateAnswer *said = lease(road, "leader", "a", 60000);
	int64_t version;

	assert_string_equal(said->why_not, "");
	assert_string_equal(said->holder, "a");
	assert_in_range(said->lease_left_ms, 59000, 60000);
	said = lease(road, "leader", "b", 1000);
	assert_string_equal(said->why_not, "somebody else holds the lease");
	assert_string_equal(said->holder, "a");
	assert_in_range(said->lease_left_ms, 1, 60000);
	assert_string_equal(lease(road, "leader", "a", 600000)->why_not, "");
	assert_string_equal(
		put(road, "leader", "b", STR("b's"), 0)->why_not, "somebody else holds the lease");
	version = put(road, "leader", "a", STR("a's"), 0)->version;
	assert_string_equal(get(road, "mail", "leader")->holder, "a");

	service_rig_sql(road->at,
		"update intake.channel_state set lease_until = clock_timestamp() where name = "
		"'leader'");
	said = lease(road, "leader", "b", 60000);
	assert_string_equal(said->why_not, "");
	assert_string_equal(said->holder, "b");
	assert_true(said->version == version);
	assert_string_equal(put(road, "leader", "a", STR("late"), version)->why_not,
		"somebody else holds the lease");
	assert_string_equal(lease(road, "leader", "b", 0)->why_not, "");
	said = lease(road, "leader", "b", 0);
	assert_string_equal(said->why_not, "");
	assert_string_equal(said->holder, "");
	assert_string_equal(put(road, "leader", "a", STR("again"), version)->why_not, "");
}

/* All at once, in both replicas of intake: one has it, and all others are told who. */
static void race_has_one_winner(void **state)
{
	struct intake_road *road = *state;
	struct rig_command commands[HANDS];
	struct wire_msg answers[HANDS];
	char ids[HANDS][8], holders[HANDS][8], winner[8] = "";
	size_t won = 0;

	for (size_t i = 0; i < HANDS; i++) {
		snprintf(ids[i], sizeof(ids[i]), "r%zu", i);
		snprintf(holders[i], sizeof(holders[i]), "h%zu", i);
		commands[i] = (struct rig_command){ .command_id = ids[i],
			.type = "state.lease.v1",
			.body = lease_of(road, "race", holders[i], 600000),
			.source = "mail" };
	}
	service_rig_commands(road->at, road->door, commands, HANDS, answers);
	for (size_t i = 0; i < HANDS; i++) {
		Wangli__StateAnswer *said = read_answer(road, &answers[i]);

		if (winner[0] == '\0')
			snprintf(winner, sizeof(winner), "%s", said->holder);
		assert_string_equal(said->holder, winner);
		won += said->why_not[0] == '\0';
	}
	assert_int_equal(won, 1);
}

static void bounds_are_said_in_words(void **state)
{
	static char big[65537];
	struct intake_road *road = *state;

	memset(big, 'x', sizeof(big));
	assert_string_equal(put(road, "big", "a", str_of(big, 65536), 0)->why_not, "");
	assert_int_equal(get(road, "mail", "big")->value.len, 65536);
	assert_string_equal(put(road, "bigger", "a", str_of(big, 65537), 0)->why_not,
		"value: want 65536 bytes at most");
	assert_string_equal(lease(road, "leader", "a", 5)->why_not,
		"lease_ms: want 1000 to 600000, or 0 to give it back");
	service_rig_sql(road->at,
		"insert into intake.channel_state (source, name, value, version, holder, "
		"changed_at, stamp, put_by, replaced) select 'mail', 'n' || n, '', 1, '', now(), "
		"1, '', 0 from generate_series(1, 1000) n");
	assert_string_equal(put(road, "one-more", "a", STR("x"), 0)->why_not,
		"this source has 1000 names already: remove one first");
	assert_string_equal(
		say(road, "forum", "state.put.v1", put_of(road, "one-more", "a", STR("x"), 0))
			->why_not,
		"");
	service_rig_sql(road->at, "delete from intake.channel_state where name like 'n%'");
}

/* A name that only a lease had made does not count when the lease ran out. */
static void lapsed_lease_leaves_no_name(void **state)
{
	struct intake_road *road = *state;

	assert_string_equal(lease(road, "short", "a", 1000)->why_not, "");
	service_rig_sql(road->at,
		"update intake.channel_state set lease_until = clock_timestamp() - interval '1 s' "
		"where name = 'short'");
	assert_string_equal(put(road, "other", "a", STR("x"), 0)->why_not, "");
	assert_string_equal(
		service_rig_look(road->at, "select count(*) from intake.channel_state where name = "
					   "'short'"),
		"0");
}

static void only_the_door_may_ask(void **state)
{
	struct intake_road *road = *state;
	const struct asked asked = { "mail", "x1", "state.get.v1", get_of(road, "cursor") };
	const struct asked nobody = { NULL, "x2", "state.get.v1", asked.body };
	const struct asked broken = { "mail", "x3", "state.put.v1", STR("\xff\xff") };

	assert_int_equal(ask_as(road, road->cli, &asked).head.code, WIRE_CODE_FORBIDDEN);
	assert_int_equal(ask_as(road, road->reply, &asked).head.code, WIRE_CODE_FORBIDDEN);
	assert_int_equal(ask_as(road, road->door, &nobody).head.code, WIRE_CODE_FORBIDDEN);
	assert_int_equal(ask_as(road, road->door, &broken).head.code, WIRE_CODE_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(value_is_put_over_the_version_that_it_replaces),
		cmocka_unit_test(lease_has_one_holder_until_it_runs_out),
		cmocka_unit_test(race_has_one_winner),
		cmocka_unit_test(bounds_are_said_in_words),
		cmocka_unit_test(lapsed_lease_leaves_no_name),
		cmocka_unit_test(only_the_door_may_ask),
	};

	return cmocka_run_group_tests(tests, intake_road_open, intake_road_close);
}
