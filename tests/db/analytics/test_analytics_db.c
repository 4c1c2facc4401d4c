/* Analytics as two replicas between a real broker and a real PostgreSQL: events of four producers
 * in random order, some of them twice; afterwards the cells are what the rows say. */
#include "service_rig.h"

#include <stdio.h>
#include <time.h>

#include "os/os.h"
#include "proto/dispatch.pb-c.h"
#include "proto/followup.pb-c.h"
#include "proto/intake.pb-c.h"

#define CASES	  120
#define PRODUCERS 4

static const char *const producers[PRODUCERS] = { "intake", "dispatch", "reply", "followup" };
#define STEPS 12
/* The straight road, and the one with a redo and a rejected draft in it; NULL ends a producer's
 * part. */
static const char *const roads[2][PRODUCERS][STEPS] = {
	{
		{ "intake.received.v1", "intake.accepted.v1" },
		{ "dispatch.dispatched.v1", "dispatch.signed.v1", "dispatch.contacted.v1",
			"dispatch.resolved.v1" },
		{ "reply.submitted.v1", "reply.approved.v1", "reply.approved.v1",
			"reply.replied.v1", "reply.delivered.v1" },
		{ "followup.started.v1", "followup.visited.v1", "followup.silent.v1",
			"followup.closed.v1" },
	},
	{
		{ "intake.received.v1", "intake.accepted.v1" },
		{ "dispatch.dispatched.v1", "dispatch.signed.v1", "dispatch.contacted.v1",
			"dispatch.resolved.v1", "dispatch.redispatched.v1",
			"dispatch.resolved.v1" },
		{ "reply.submitted.v1", "reply.approved.v1", "reply.approved.v1",
			"reply.replied.v1", "reply.delivered.v1", "reply.submitted.v1",
			"reply.rejected.v1", "reply.submitted.v1", "reply.approved.v1",
			"reply.approved.v1", "reply.replied.v1", "reply.delivered.v1" },
		{ "followup.started.v1", "followup.visited.v1", "followup.rated.v1",
			"followup.redo.v1", "followup.started.v1", "followup.rated.v1",
			"followup.closed.v1" },
	},
};

/* One case in three goes the second road. */
static const char *step_of(int64_t case_id, int p, int32_t seq)
{
	return seq > STEPS ? NULL : roads[case_id % 3 == 0][p][seq - 1];
}

struct crowd {
	struct service_rig *at;
	struct client *clients[PRODUCERS];
	int32_t acked[CASES + 1][PRODUCERS]; /* the highest that was acknowledged */
	uint64_t random;
};

static int crowd_open(void **state)
{
	struct crowd *crowd = calloc(1, sizeof(*crowd));

	assert_non_null(crowd);
	crowd->at = service_rig_create("analytics");
	/* So little that the broker must take the other replica for a case now and then. */
	setenv("WINDOW", "30", 1);
	service_rig_start(crowd->at, SERVICE_PROGRAM);
	service_rig_start(crowd->at, SERVICE_PROGRAM);
	for (int p = 0; p < PRODUCERS; p++)
		crowd->clients[p] = service_rig_join(crowd->at, producers[p], NULL);
	*state = crowd;
	return 0;
}

static int crowd_close(void **state)
{
	struct crowd *crowd = *state;

	service_rig_destroy(crowd->at);
	free(crowd);
	return 0;
}

static uint64_t random_next(struct crowd *crowd)
{
	crowd->random = crowd->random * UINT64_C(6364136223846793005) + 1442695040888963407;
	return crowd->random >> 33;
}

static bool is_type(const char *type, const char *want)
{
	return strcmp(type, want) == 0;
}

static struct str followup_body_of(struct arena *mem, const char *type, int32_t seq)
{
	Wangli__FollowupStarted started = WANGLI__FOLLOWUP_STARTED__INIT;
	Wangli__FollowupVisited visited = WANGLI__FOLLOWUP_VISITED__INIT;
	Wangli__FollowupRated rated = WANGLI__FOLLOWUP_RATED__INIT;
	Wangli__FollowupRedo redo = WANGLI__FOLLOWUP_REDO__INIT;

	visited.visit = 1;
	started.round = seq > 1 ? 2 : 1;
	rated.solved = seq > 3 ? (char[]){ "partly" } : (char[]){ "no" };
	rated.satisfaction = 2;
	redo.redo = 1;
	if (is_type(type, "followup.started.v1"))
		return wire_pack(mem, &started.base);
	if (is_type(type, "followup.visited.v1"))
		return wire_pack(mem, &visited.base);
	if (is_type(type, "followup.rated.v1"))
		return wire_pack(mem, &rated.base);
	if (is_type(type, "followup.redo.v1"))
		return wire_pack(mem, &redo.base);
	return STR("");
}

static struct str body_of(struct arena *mem, const char *type, int32_t seq, int64_t case_id)
{
	Wangli__IntakeReceived received = WANGLI__INTAKE_RECEIVED__INIT;
	Wangli__IntakeAccepted accepted = WANGLI__INTAKE_ACCEPTED__INIT;
	Wangli__DispatchDispatched dispatched = WANGLI__DISPATCH_DISPATCHED__INIT;
	Wangli__DispatchResolved resolved = WANGLI__DISPATCH_RESOLVED__INIT;

	received.channel = (char[]){ "app" };
	accepted.channel = (char[]){ "app" };
	accepted.category = case_id % 3 == 0 ? (char[]){ "0802" } : (char[]){ "2204" };
	dispatched.unit = case_id % 2 == 0 ? (char[]){ "D35" } : (char[]){ "510104" };
	dispatched.resolve_due_us = INT64_C(1547222400000000); /* 2019-01-11 24:00 in Shanghai */
	dispatched.redo = seq > 1;
	resolved.is_on_time = true;
	if (is_type(type, "intake.received.v1"))
		return wire_pack(mem, &received.base);
	if (is_type(type, "intake.accepted.v1"))
		return wire_pack(mem, &accepted.base);
	if (is_type(type, "dispatch.dispatched.v1") || is_type(type, "dispatch.redispatched.v1"))
		return wire_pack(mem, &dispatched.base);
	if (is_type(type, "dispatch.resolved.v1"))
		return wire_pack(mem, &resolved.base);
	return followup_body_of(mem, type, seq);
}

static void event_send(struct crowd *crowd, int64_t case_id, int p, int32_t seq)
{
	/* days apart, so that there are several */
	struct instant when = { 1546300800000000 + case_id % 5 * INT64_C(86400000000) + seq };
	struct wire_msg event = {
		.kind = WIRE_EVENT,
		.head = {
			.type = str_from_c(step_of(case_id, p, seq)),
			.time = when,
			.to = STR("analytics"),
			.reply_to = str_from_c(peer_instance(crowd->clients[p]->peer)),
			.case_id = case_id,
			.producer = str_from_c(producers[p]),
			.seq = seq,
		},
		.body = body_of(crowd->at->mem, step_of(case_id, p, seq), seq, case_id),
	};

	client_send(crowd->clients[p], &event);
}

static void answers_take(struct crowd *crowd)
{
	for (int p = 0; p < PRODUCERS; p++) {
		struct client *client = crowd->clients[p];
		for (size_t i = 0; i < client->n; i++) {
			const struct wire_head *head = &client->kept[i].head;
			assert_int_not_equal(head->code, WIRE_CODE_INVALID);
			assert_int_not_equal(head->code, WIRE_CODE_FORBIDDEN);
			if (client->kept[i].kind == WIRE_ACK &&
				head->seq > crowd->acked[head->case_id][p])
				crowd->acked[head->case_id][p] = head->seq;
		}
		client->n = 0;
	}
}

/* Sends the next event of random producers of each case, some twice, some without the one before.
 * False: all is acknowledged. */
static bool wave(struct crowd *crowd)
{
	bool is_over = true;

	for (int64_t c = 1; c <= CASES; c++)
		for (int p = 0; p < PRODUCERS; p++) {
			int32_t next = crowd->acked[c][p] + 1;
			if (step_of(c, p, next) == NULL)
				continue;
			is_over = false;
			if (random_next(crowd) % 2 == 0)
				continue;
			if (random_next(crowd) % 4 != 0)
				event_send(crowd, c, p, next);
			if (random_next(crowd) % 4 == 0)
				event_send(crowd, c, p, next);
			if (step_of(c, p, next + 1) != NULL && random_next(crowd) % 4 == 0)
				event_send(crowd, c, p, next + 1);
		}
	return !is_over;
}

/* What the rows count for, beside what the cells and figures say. */
static const char recount[] =
	"with facts as (select received_day as day, d.dim, d.key, count(*) as n from "
	"analytics.v_case f, "
	"lateral (values ('channel', coalesce(f.channel, '')), ('unit', coalesce(f.unit, '')), "
	"('category', coalesce(f.category, '')), ('area', coalesce(f.area, '')), "
	"('state', f.state_name)) as d(dim, key) "
	"where received_day is not null group by 1, 2, 3), "
	"counts as (select day, dim, key, n from analytics.v_cell where n <> 0) "
	"select (select count(*) from (table facts except table counts) a) "
	"+ (select count(*) from (table counts except table facts) b)";
static const char refigure[] =
	"with facts as (select code, day, unit, sum(num)::int8, sum(den)::int8, sum(excl)::int8 "
	"from analytics.v_figure_case group by 1, 2, 3), "
	"counts as (select code, day, unit, num, den, excl from analytics.v_figure "
	"where num <> 0 or den <> 0 or excl <> 0) "
	"select (select count(*) from (table facts except table counts) a) "
	"+ (select count(*) from (table counts except table facts) b)";

static void analytics_random_orders_on_two_replicas_count_each_case_once(void **state)
{
	struct crowd *crowd = *state;
	struct instant until = instant_add(os_monotonic_now(), SPAN_S(90));

	crowd->random = (uint64_t)time(NULL);
	print_message("seed %llu\n", (unsigned long long)crowd->random);
	while (wave(crowd)) {
		assert_true(instant_is_before(os_monotonic_now(), until));
		for (int i = 0; i < 5; i++)
			rig_round(crowd->at->rig, 10);
		answers_take(crowd);
	}
	assert_string_equal(
		service_rig_look(crowd->at, "select count(*) from analytics.v_case where "
					    "state_name = 'CLOSED' and visits = 1"),
		"120");
	assert_string_equal(service_rig_look(crowd->at, recount), "0");
	assert_string_equal(service_rig_look(crowd->at, refigure), "0");
	assert_string_equal(
		service_rig_look(crowd->at, "select sum(n) from analytics.v_cell"), "600");
	/* one case in three was redone, rejected once in it, and rated twice */
	assert_string_equal(service_rig_look(crowd->at,
				    "select count(*) from analytics.v_case where redo = 1 and "
				    "rejects = 1 and solved = 'partly' and replies = 2"),
		"40");
	assert_string_equal(service_rig_look(crowd->at,
				    "select sum(num) || '/' || sum(den) from analytics.v_figure "
				    "where code = 'M15'"),
		"40/120");
	assert_string_equal(service_rig_look(crowd->at,
				    "select count(*) from analytics.v_figure where code = 'M12' "
				    "and unit in ('D35', '510104') and num = den"),
		"2");
	assert_string_equal(service_rig_look(crowd->at,
				    "select sum(n) from analytics.v_cell where key = 'CLOSED'"),
		"120");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(analytics_random_orders_on_two_replicas_count_each_case_once),
	};

	return cmocka_run_group_tests(tests, crowd_open, crowd_close);
}
