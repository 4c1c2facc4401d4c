/* Dispatch between a real broker and a real PostgreSQL with the city's reference data: the test
 * plays intake, reply and followup. */
#include "service_rig.h"

#include "proto/followup.pb-c.h"
#include "proto/intake.pb-c.h"
#include "proto/reply.pb-c.h"

static const struct instant replied_at = { INT64_C(
	1546300800000000) }; /* long before any due time */

struct road {
	struct service_rig *at;
	struct client *intake;
	struct client *reply;
	struct client *followup;
};

static int road_open(void **state)
{
	struct road *road = calloc(1, sizeof(*road));

	assert_non_null(road);
	road->at = service_rig_create("dispatch");
	service_rig_start(road->at, SERVICE_PROGRAM);
	road->intake = service_rig_join(road->at, "intake", NULL);
	road->reply = service_rig_join(road->at, "reply", NULL);
	road->followup = service_rig_join(road->at, "followup", NULL);
	*state = road;
	return 0;
}

static int road_close(void **state)
{
	struct road *road = *state;

	service_rig_destroy(road->at);
	free(road);
	return 0;
}

static enum wire_code received(struct road *road, int64_t case_id)
{
	Wangli__IntakeReceived body = WANGLI__INTAKE_RECEIVED__INIT;

	return service_rig_event(road->at, road->intake, "intake", case_id, 1, "intake.received.v1",
		replied_at, wire_pack(road->at->mem, &body.base))
		.head.code;
}

static struct wire_msg accepted(struct road *road, int64_t case_id, const char *category,
	const char *area, const char *named)
{
	struct str left = str_from_c(named), unit;
	Wangli__IntakeAccepted body = WANGLI__INTAKE_ACCEPTED__INIT;
	char *names[4];
	char klass[] = "report";

	body.type = (char[]){ "complaint" };
	body.category = (char *)(uintptr_t)category;
	body.area = (char *)(uintptr_t)area;
	if (named != NULL) {
		body.klass = klass;
		body.named_units = names;
		while (body.n_named_units < 4 && str_split(&left, ' ', &unit))
			names[body.n_named_units++] =
				(char *)(uintptr_t)arena_c(road->at->mem, unit);
	}
	return service_rig_event(road->at, road->intake, "intake", case_id, 2, "intake.accepted.v1",
		replied_at, wire_pack(road->at->mem, &body.base));
}

static enum wire_code replied(struct road *road, int64_t case_id)
{
	Wangli__ReplyReplied body = WANGLI__REPLY_REPLIED__INIT;

	body.unit = (char[]){ "E01" };
	return service_rig_event(road->at, road->reply, "reply", case_id, 1, "reply.replied.v1",
		replied_at, wire_pack(road->at->mem, &body.base))
		.head.code;
}

static enum wire_code closed(struct road *road, int64_t case_id)
{
	Wangli__FollowupClosed body = WANGLI__FOLLOWUP_CLOSED__INIT;

	return service_rig_event(road->at, road->followup, "followup", case_id, 1,
		"followup.closed.v1", replied_at, wire_pack(road->at->mem, &body.base))
		.head.code;
}

/* "{}" in the query is the case's id. */
static const char *look(struct road *road, const char *query, int64_t case_id)
{
	struct str text = str_from_c(query);
	size_t at = str_find(text, STR("{}"), 0);

	assert_true(at != SIZE_MAX);
	return service_rig_look(road->at, arena_printf(road->at->mem, "%.*s%lld%s", (int)at, query,
						  (long long)case_id, query + at + 2)
						  .p);
}

static const char summary[] =
	"select state_name || ' ' || unit || ' ' || task || ' ' || seq || ' ' || (resolved_at is "
	"not null) "
	"|| ' ' || (closed_at is not null) || ' ' || seen_intake || seen_reply || seen_followup "
	"from dispatch.v_case where case_id = {}";
static const char types[] =
	"select coalesce(string_agg(replace(type, 'dispatch.', ''), ' ' order by seq), '') "
	"from dispatch.v_journal where case_id = {}";

static void dispatch_case_is_given_to_the_county_with_due_times(void **state)
{
	struct road *road = *state;

	assert_int_equal(received(road, 1), WIRE_CODE_COMMITTED);
	assert_string_equal(look(road,
				    "select state_name || (dispatched_at is null) from "
				    "dispatch.v_case where case_id = {}",
				    1),
		"UNKNOWNtrue");
	assert_int_equal(accepted(road, 1, "0205", "510104", NULL).head.code, WIRE_CODE_COMMITTED);
	assert_string_equal(look(road, summary, 1), "IN_PROGRESS 510104 1 3 false false 200");
	assert_string_equal(look(road, types, 1), "dispatched.v1 signed.v1 contacted.v1");
	assert_string_equal(
		look(road,
			"select n || unit || co_units || reason || (ref_version > 0) from "
			"dispatch.v_task where case_id = {}",
			1),
		"1510104D17AREAtrue");
	assert_string_equal(
		look(road,
			"select sign_due > dispatched_at and contact_due >= sign_due and "
			"resolve_due > contact_due + interval '14 days' from "
			"dispatch.v_case where case_id = {}",
			1),
		"t");
	assert_string_equal(look(road,
				    "select string_agg(grp || upto_seq, ' ' order by grp) from "
				    "dispatch.v_pending where case_id = {}",
				    1),
		"analytics3 reply3");
}

/* All orders of three facts end in the same row and the same entries. */
static void dispatch_orders_of_producers_end_the_same(void **state)
{
	static const char *const orders[] = { "arc", "acr", "rac", "rca", "car", "cra" };
	struct road *road = *state;

	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		int64_t case_id = 100 + (int64_t)i;
		for (const char *step = orders[i]; *step != '\0'; step++) {
			enum wire_code code;
			if (*step == 'a') {
				assert_int_equal(received(road, case_id), WIRE_CODE_COMMITTED);
				code = accepted(road, case_id, "0301", "", NULL).head.code;
			} else {
				code = *step == 'r' ? replied(road, case_id)
						    : closed(road, case_id);
			}
			assert_int_equal(code, WIRE_CODE_COMMITTED);
		}
		assert_string_equal(look(road, summary, case_id), "CLOSED E01 1 4 true true 211");
		assert_string_equal(look(road, types, case_id),
			"dispatched.v1 signed.v1 contacted.v1 resolved.v1");
	}
}

static void dispatch_event_twice_and_too_early_is_answered_without_effect(void **state)
{
	struct road *road = *state;
	struct wire_msg answer = accepted(road, 2, "0301", "", NULL);

	assert_int_equal(answer.head.code, WIRE_CODE_GAP);
	assert_int_equal(answer.head.expected, 1);
	assert_string_equal(
		look(road, "select count(*) from dispatch.v_case where case_id = {}", 2), "0");
	assert_int_equal(received(road, 2), WIRE_CODE_COMMITTED);
	assert_int_equal(received(road, 2), WIRE_CODE_DUPLICATE);
	assert_int_equal(accepted(road, 2, "0301", "", NULL).head.code, WIRE_CODE_COMMITTED);
	assert_int_equal(accepted(road, 2, "0301", "", NULL).head.code, WIRE_CODE_DUPLICATE);
	assert_string_equal(look(road, summary, 2), "IN_PROGRESS E01 1 3 false false 200");
}

static void dispatch_report_never_goes_to_whom_it_names(void **state)
{
	struct road *road = *state;

	assert_int_equal(received(road, 3), WIRE_CODE_COMMITTED);
	assert_int_equal(
		accepted(road, 3, "0205", "510104", "510104").head.code, WIRE_CODE_COMMITTED);
	assert_string_equal(
		look(road,
			"select unit || co_units || reason from dispatch.v_task where case_id = {}",
			3),
		"D35REPORT_NAMED");
}

/* Not even when it names every desk: the city itself is nobody's name in a letter. */
static void dispatch_report_that_names_all_desks_goes_to_the_city(void **state)
{
	struct road *road = *state;

	assert_int_equal(received(road, 4), WIRE_CODE_COMMITTED);
	assert_int_equal(accepted(road, 4, "0205", "510104", "510104 D35 D00 P02").head.code,
		WIRE_CODE_COMMITTED);
	assert_string_equal(
		look(road,
			"select unit || co_units || reason from dispatch.v_task where case_id = {}",
			4),
		"510100REPORT_NAMED");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dispatch_case_is_given_to_the_county_with_due_times),
		cmocka_unit_test(dispatch_orders_of_producers_end_the_same),
		cmocka_unit_test(dispatch_event_twice_and_too_early_is_answered_without_effect),
		cmocka_unit_test(dispatch_report_never_goes_to_whom_it_names),
		cmocka_unit_test(dispatch_report_that_names_all_desks_goes_to_the_city),
	};

	return cmocka_run_group_tests(tests, road_open, road_close);
}
