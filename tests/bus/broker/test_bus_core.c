/* The broker's rights and decisions, table by table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bus_core.h"

static const struct {
	enum bus_kind kind;
	const char *sender, *type, *to, *producer;
	bool may;
} rights[] = {
	{ BUS_SUBMIT, "edge", "submit.v1", "intake", "", true },
	{ BUS_SUBMIT, "intake", "submit.v1", "intake", "", false },
	{ BUS_SUBMIT, "cli", "submit.v1", "intake", "", false },
	{ BUS_DONE, "edge", "done.v1", "reply", "", true },
	{ BUS_DONE, "reply", "done.v1", "reply", "", false },
	{ BUS_CLAIM, "edge", "claim.v1", "reply", "", true },
	{ BUS_CLAIM, "cli", "claim.v1", "reply", "", false },
	{ BUS_EVENT, "intake", "intake.accepted.v1", "dispatch", "intake", true },
	{ BUS_EVENT, "intake", "intake.accepted.v1", "dispatch", "reply", false },
	{ BUS_EVENT, "intake", "intake.accepted.v1", "dispatch", "", false },
	{ BUS_EVENT, "edge", "edge.x.v1", "dispatch", "edge", false },
	{ BUS_EVENT, "cli", "cli.x.v1", "dispatch", "cli", false },
	{ BUS_DELIVER, "reply", "deliver.v1", "deliver/app", "", true },
	{ BUS_DELIVER, "intake", "deliver.v1", "deliver/app", "", false },
	{ BUS_DELIVER, "edge", "deliver.v1", "deliver/app", "", false },
	{ BUS_DELIVER, "analytics", "status.v1", "status/app", "", true },
	{ BUS_DELIVER, "analytics", "deliver.v1", "deliver/app", "", false },
	{ BUS_COMMAND, "edge", "state.put.v1", "intake", "", true },
	{ BUS_COMMAND, "edge", "state.put.v1", "reply", "", false },
	{ BUS_COMMAND, "edge", "object.put.v1", "media", "", true },
	{ BUS_COMMAND, "cli", "reply.submit.v1", "reply", "", true },
	{ BUS_COMMAND, "portal", "intake.open.v1", "intake", "", true },
	{ BUS_COMMAND, "portal", "followup.rate.v1", "followup", "", true },
	{ BUS_COMMAND, "portal", "intake.open.v1", "reply", "", false },
	{ BUS_COMMAND, "portal", "intake.accept.v1", "intake", "", false },
	{ BUS_COMMAND, "portal", "keys.get.v1", "intake", "", false },
	{ BUS_EVENT, "portal", "portal.x.v1", "dispatch", "portal", false },
	{ BUS_COMMAND, "edge", "keys.get.v1", "intake", "", true },
	{ BUS_COMMAND, "edge", "keys.get.v1", "reply", "", false },
	{ BUS_COMMAND, "edge", "reply.submit.v1", "intake", "", false },
	{ BUS_COMMAND, "intake", "keys.changed.v1", "edge", "", true },
	{ BUS_RESULT, "edge", "", "intake/1", "", true },
	{ BUS_RESULT, "intake", "", "edge/1", "", true },
	{ BUS_RESULT, "cli", "", "edge/1", "", false },
	{ BUS_RECEIPT, "intake", "", "edge/1", "", true },
	{ BUS_RECEIPT, "reply", "", "edge/1", "", false },
	{ BUS_GO, "reply", "", "edge/1", "", true },
	{ BUS_GO, "edge", "", "edge/1", "", false },
	{ BUS_ACK, "dispatch", "", "intake/1", "", true },
	{ BUS_ACK, "edge", "", "intake/1", "", false },
	{ BUS_NACK, "edge", "", "reply/1", "", true },
	{ BUS_NACK, "cli", "", "reply/1", "", false },
	{ BUS_EVENT, "", "", "dispatch", "", false },
};

static void rights_hold_for_each_sender_and_kind(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rights) / sizeof(rights[0]); i++) {
		struct bus_message message = { rights[i].kind, str_from_c(rights[i].sender),
			str_from_c(rights[i].type), str_from_c(rights[i].to),
			str_from_c(rights[i].producer) };

		if (bus_may_send(&message) != rights[i].may)
			fail_msg("row %zu: %s, kind %d", i, rights[i].sender, (int)rights[i].kind);
	}
}

static void groups_and_instances_belong_to_their_names(void **state)
{
	static const struct {
		const char *name, *group;
		bool may;
	} groups[] = { { "cli", "tap", true }, { "cli", "tap/kind/EVENT", true },
		{ "cli", "tapped", false }, { "cli", "reply", false }, { "reply", "tap", false },
		{ "reply", "tap/to/intake", false }, { "portal", "tap", false },
		{ "edge", "tap", false }, { "tap", "tap", false }, { "intake", "intake", true },
		{ "intake", "reply", false }, { "edge", "edge", true },
		{ "edge", "deliver/app", true }, { "edge", "deliver/", false },
		{ "edge", "intake", false }, { "cli", "cli", false }, { "cli", "intake", false },
		{ "portal", "portal", false }, { "portal", "intake", false },
		{ "intake", "deliver/app", false }, { "", "", false } };
	static const struct {
		const char *name, *instance;
		bool may;
	} instances[] = { { "intake", "intake/1", true }, { "intake", "intake/", false },
		{ "intake", "intake", false }, { "intake", "reply/1", false },
		{ "in", "intake/1", false }, { "", "/1", false } };

	(void)state;
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		assert_int_equal(
			bus_may_serve(str_from_c(groups[i].name), str_from_c(groups[i].group)),
			groups[i].may);
	for (size_t i = 0; i < sizeof(instances) / sizeof(instances[0]); i++)
		assert_int_equal(bus_may_be(str_from_c(instances[i].name),
					 str_from_c(instances[i].instance)),
			instances[i].may);
	assert_true(bus_may_name_actor(STR("cli")));
	assert_true(bus_may_name_actor(STR("portal")));
	assert_false(bus_may_name_actor(STR("intake")));
	assert_false(bus_may_name_actor(STR("edge")));
}

/* Every kind × every combination of facts: asks are never dropped, answers never refused, nothing
 * forbidden is forwarded. */
static void decide_every_kind_and_fact_keeps_the_promise(void **state)
{
	(void)state;
	for (int kind = 0; kind < BUS_KINDS; kind++) {
		for (unsigned bits = 0; bits < 16; bits++) {
			struct bus_facts facts = { bits & 1, bits & 2, bits & 4, bits & 8 };
			struct bus_decision decision = bus_decide((enum bus_kind)kind, &facts);
			bool is_ask = bus_class_of((enum bus_kind)kind) == BUS_ASK;

			assert_true(decision.action != (is_ask ? BUS_DROP : BUS_REFUSE));
			if (!facts.is_allowed)
				assert_int_equal(decision.why, BUS_WHY_FORBIDDEN);
			else if (!is_ask)
				assert_int_equal(decision.why,
					facts.is_addressed ? BUS_WHY_NONE : BUS_WHY_NOT_HERE);
			else if (!facts.is_served)
				assert_int_equal(decision.why, BUS_WHY_NO_CONSUMER);
			else
				assert_int_equal(decision.why,
					facts.has_credit ? BUS_WHY_NONE : BUS_WHY_BUSY);
			assert_int_equal(
				decision.action == BUS_FORWARD, decision.why == BUS_WHY_NONE);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rights_hold_for_each_sender_and_kind),
		cmocka_unit_test(groups_and_instances_belong_to_their_names),
		cmocka_unit_test(decide_every_kind_and_fact_keeps_the_promise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
