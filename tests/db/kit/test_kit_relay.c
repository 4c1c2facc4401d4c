/* Promises about what is away: the database, the broker, subscribers; and about start and end. */
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "kit_rig.h"

static const char effects[] = "select count(*) from toy.effect";
static const char backlog[] = "select count(*) from toy.v_pending";

static void postgres_restart(struct kit_rig *kr)
{
	assert_int_equal(system(RESTART_POSTGRES), 0);
	PQreset(kr->at->pg);
	PQreset(kr->other);
	assert_int_equal(PQstatus(kr->at->pg), CONNECTION_OK);
	assert_int_equal(PQstatus(kr->other), CONNECTION_OK);
}

/* --- the database --- */

/* The messages are sent once. They sit in a batch that waits for a lock when the database crashes,
 * and in the inbox behind it. */
static void database_crash_in_a_batch_loses_and_doubles_nothing(void **state)
{
	struct kit_rig *kr = *state;
	struct feed feed = { kr->intake, "intake", "intake.tell.v1", 1, 20, 10, false };
	struct instant until = kit_patience();
	struct toy *toy = toy_start(kr, NULL);

	event_ask(kr, kr->intake, "intake", 100, 1, "intake.put.v1", "first");
	kit_other_sql(kr, "begin");
	kit_other_sql(kr, "lock table toy.effect in access exclusive mode");
	feed_send(&feed);
	kit_wait_blocked(kr, 1);
	postgres_restart(kr);
	while (!feed_is_over(&feed))
		kit_round(kr, until, "answers to what was sent before the crash");
	assert_true(toy_is_alive(toy));
	assert_int_equal(kit_number(kr, effects), 201);
	assert_int_equal(kit_number(kr, "select count(*) from toy.journal"), 200);
	kit_verify_journal(kr);
}

static void database_crash_under_load_of_two_replicas_ends_with_everything_once(void **state)
{
	struct kit_rig *kr = *state;
	struct subscriber reply = { 0 };
	struct feed feeds[] = {
		{ kr->intake, "intake", "intake.tell.v1", 1, 20, 20, false },
		{ kr->followup, "followup", "followup.put.v1", 1, 20, 20, false },
	};
	struct instant until = kit_patience();

	toy_start(kr, NULL);
	toy_start(kr, NULL);
	subscriber_join(kr, &reply, "reply");
	feed_send(&feeds[0]);
	feed_send(&feeds[1]);
	while (kit_number(kr, effects) == 0)
		kit_round(kr, until, "a first commit");
	postgres_restart(kr);
	feeds_run(kr, feeds, 2);
	for (int i = 0; i < 2; i++)
		assert_true(toy_is_alive(&kr->toys[i]));
	assert_int_equal(kit_number(kr, effects), 800);
	assert_int_equal(kit_number(kr, "select count(*) from toy.case_file where n = 40"), 20);
	kit_verify_journal(kr);
	while (kit_number(kr, "select count(*) from toy.v_pending where grp = 'reply'") > 0) {
		kit_round(kr, until, "an empty backlog");
		subscriber_turn(&reply);
	}
	for (int64_t case_id = 1; case_id <= 20; case_id++)
		assert_int_equal(reply.seen[case_id], 20);
	client_close(kr->at->rig, reply.client);
}

/* A timer that waited in memory while the database was away, and was claimed again after it. */
static void database_crash_while_a_timer_fires_leaves_one_effect(void **state)
{
	struct kit_rig *kr = *state;

	toy_start(kr, NULL);
	event_ask(kr, kr->intake, "intake", 1, 1, "intake.arm.v1", "3600000");
	kit_other_sql(kr, "begin");
	kit_other_sql(kr, "lock table toy.effect in access exclusive mode");
	service_rig_sql(kr->at, "update ref.clock set shift = interval '61 minutes'");
	kit_wait_blocked(kr, 1);
	postgres_restart(kr);
	service_rig_wait(kr->at, "select count(*) from toy.timer", "0");
	assert_int_equal(kit_number(kr, effects), 1);
	kit_verify_journal(kr);
}

/* More arrives than the process may keep: it says so at once, answers everything, and takes the
 * rest later. */
static void database_away_with_a_full_inbox_is_answered_busy(void **state)
{
	struct kit_rig *kr = *state;
	const char *const small[] = { "BATCH_MOST=20", NULL };
	struct feed feed = { kr->intake, "intake", "intake.put.v1", 1, 200, 1, false };
	struct instant until = kit_patience();

	toy_start(kr, small);
	event_ask(kr, kr->intake, "intake", 300, 1, "intake.put.v1", "first");
	answers_forget(kr->intake);
	service_rig_sql(kr->at, "alter role wl_toy nologin");
	PQclear(PQexec(kr->at->pg,
		"select pg_terminate_backend(pid) from pg_stat_activity where usename = 'wl_toy'"));
	feed_send(&feed);
	while (answers_of(kr->intake, 0, WIRE_CODE_BUSY) < 180)
		kit_round(kr, until, "180 refusals for now");
	service_rig_sql(kr->at, "alter role wl_toy login");
	feeds_run(kr, &feed, 1);
	assert_int_equal(kit_number(kr, effects), 201);
}

/* --- the standby --- */

static const char standby_waits[] =
	"select count(*) from pg_stat_activity where wait_event = 'SyncRep'";

/* Sends events one after another until one waits for its standby: a reload takes effect some time.
 * Its seq. */
static int32_t event_that_waits(struct kit_rig *kr, struct instant until)
{
	for (int32_t seq = 2;; seq++) {
		event_send(kr->intake, "intake", 1, seq, "intake.put.v1", STR("b"));
		while (acked_up_to(kr->intake, 1) < seq) {
			kit_round(kr, until, "an answer, or a commit that waits");
			if (kit_number(kr, standby_waits) == 1)
				return seq;
		}
	}
}

static void wait_is_cancelled(struct kit_rig *kr)
{
	PQclear(PQexec(kr->at->pg, "select pg_cancel_backend(pid) from pg_stat_activity where "
				   "wait_event = 'SyncRep'"));
}

/* An event whose commit waits for a standby that does not exist; the wait is cancelled, so that it
 * stands on the primary alone. Its seq. */
static int32_t leave_in_doubt(struct kit_rig *kr, const struct toy *toy)
{
	struct instant until = kit_patience();

	event_ask(kr, kr->intake, "intake", 1, 1, "intake.put.v1", "a");
	answers_forget(kr->intake);
	service_rig_sql(kr->at, "alter system set synchronous_standby_names = 'missing'");
	PQclear(PQexec(kr->at->pg, "select pg_reload_conf()"));
	int32_t seq = event_that_waits(kr, until);
	assert_int_equal(kit_number(kr, effects), seq - 1);
	wait_is_cancelled(kr);
	while (toy_log_lines(kr, toy, "not confirmed by the standby") == 0)
		kit_round(kr, until, "a commit in doubt");
	return seq;
}

static void standby_is_not_wanted_any_more(struct kit_rig *kr)
{
	service_rig_sql(kr->at, "alter system reset synchronous_standby_names");
	PQclear(PQexec(kr->at->pg, "select pg_reload_conf()"));
}

/* The commit stands, visible, on the primary alone. Whoever asks again finds it, and must not hear
 * DUPLICATE of it before the standby has it, however often the wait is cancelled. */
static void commit_in_doubt_is_answered_only_when_the_standby_has_it(void **state)
{
	struct kit_rig *kr = *state;
	struct instant until = kit_patience();
	struct toy *toy = toy_start(kr, NULL);
	int32_t seq = leave_in_doubt(kr, toy);

	for (size_t doubts = 1; doubts < 4; doubts++) {
		while (toy_log_lines(kr, toy, "not confirmed by the standby") < doubts)
			kit_round(kr, until, "a commit in doubt");
		service_rig_wait(kr->at, standby_waits, "1");
		assert_int_equal(kit_number(kr, effects), seq);
		assert_true(acked_up_to(kr->intake, 1) < seq);
		wait_is_cancelled(kr);
	}
	standby_is_not_wanted_any_more(kr);
	while (acked_up_to(kr->intake, 1) < seq)
		kit_round(kr, until, "the answer");
	assert_int_equal(answers_of(kr->intake, 1, WIRE_CODE_DUPLICATE), 1);
	assert_int_equal(kit_number(kr, effects), seq);
	kit_verify_journal(kr);
}

static void planted_answer_in_doubt_is_seen(void **state)
{
	struct kit_rig *kr = *state;
	struct instant until = kit_patience();
	const char *const plant[] = { "WANGLI_PLANT=answer_in_doubt", NULL };

	kit_only_with_plants();
	int32_t seq = leave_in_doubt(kr, toy_start(kr, plant));
	while (acked_up_to(kr->intake, 1) < seq) /* on the primary alone */
		kit_round(kr, until, "an answer that should not be");
	standby_is_not_wanted_any_more(kr);
}

/* --- the broker --- */

static void broker_that_dies_and_comes_back_gets_the_markers_again(void **state)
{
	struct kit_rig *kr = *state;
	struct subscriber reply = { .is_mute = true };
	const char *const long_lease[] = { "LEASE=60s", NULL };
	struct feed feed = { kr->intake, "intake", "intake.tell.v1", 1, 30, 3, false };
	struct instant until = kit_patience();

	toy_start(kr, long_lease);
	subscriber_join(kr, &reply, "reply");
	feeds_run(kr, &feed, 1);
	while (reply.events < 90) {
		kit_round(kr, until, "events of the first time");
		subscriber_turn(&reply);
	}
	rig_kill(&kr->at->rig->bus);
	rig_start_bus(kr->at->rig);
	reply.is_mute = false; /* what it was sent died with it */
	while (kit_number(kr, "select count(*) from toy.v_pending where grp = 'reply'") > 0) {
		kit_round(kr, until, "an empty backlog");
		subscriber_turn(&reply);
	}
	for (int64_t case_id = 1; case_id <= 30; case_id++)
		assert_int_equal(reply.seen[case_id], 3);
	assert_int_equal(event_ask(kr, kr->intake, "intake", 1, 4, "intake.tell.v1", "d"),
		WIRE_CODE_COMMITTED);
	client_close(kr->at->rig, reply.client);
}

/* --- subscribers --- */

/* The lease is a minute: only the broker's notice can wake the markers. */
static void subscribers_that_come_late_get_everything_at_once(void **state)
{
	struct kit_rig *kr = *state;
	struct subscriber reply = { 0 }, analytics = { 0 };
	const char *const long_lease[] = { "LEASE=60s", NULL };
	struct feed feed = { kr->intake, "intake", "intake.tell.v1", 1, 200, 3, false };
	struct instant until = kit_patience();

	toy_start(kr, long_lease);
	feeds_run(kr, &feed, 1);
	assert_int_equal(kit_number(kr, backlog), 400);
	subscriber_join(kr, &reply, "reply");
	subscriber_join(kr, &analytics, "analytics");
	while (kit_number(kr, backlog) > 0) {
		kit_round(kr, until, "an empty backlog");
		subscriber_turn(&reply);
		subscriber_turn(&analytics);
	}
	for (int64_t case_id = 1; case_id <= 200; case_id++) {
		assert_int_equal(reply.seen[case_id], 3);
		assert_int_equal(analytics.seen[case_id], 3);
	}
	client_close(kr->at->rig, reply.client);
	client_close(kr->at->rig, analytics.client);
}

/* The subscriber does not know the type of the first entry, so the second one is a gap for it: the
 * relay asks again with each sweep, not at the speed of the bus. */
static void entry_that_is_refused_is_sent_again_by_sweeps_only(void **state)
{
	struct kit_rig *kr = *state;
	struct subscriber reply = { .is_poisoned = true };
	struct instant until = kit_patience();
	struct toy *toy = toy_start(kr, NULL);

	subscriber_join(kr, &reply, "reply");
	event_ask(kr, kr->intake, "intake", 1, 1, "intake.tell.v1", "one");
	event_ask(kr, kr->intake, "intake", 1, 2, "intake.tell.v1", "two");
	while (toy_count(kr, toy, "resent") < 6) { /* half of them are analytics' */
		kit_round(kr, until, "sweeps");
		subscriber_turn(&reply);
	}
	assert_true(reply.firsts <= 2 + toy_count(kr, toy, "resent"));
	reply.is_poisoned = false; /* the subscriber's next version knows it */
	while (reply.seen[1] < 2) {
		kit_round(kr, until, "both entries");
		subscriber_turn(&reply);
	}
	client_close(kr->at->rig, reply.client);
}

/* --- the end --- */

static void sigterm_ends_within_a_second_with_all_commits_answered(void **state)
{
	struct kit_rig *kr = *state;
	struct feed feed = { kr->intake, "intake", "intake.put.v1", 1, 100, 3, false };
	struct instant until = kit_patience();
	struct instant asked;
	char sql[128];
	struct toy *toy = toy_start(kr, NULL);

	feed_send(&feed);
	while (answers_of(kr->intake, 0, WIRE_CODE_COMMITTED) == 0)
		kit_round(kr, until, "a first answer");
	feed.total = 6;
	feed_send(&feed);
	rig_round(kr->at->rig, 0); /* out with it */
	asked = os_monotonic_now();
	assert_int_equal(kill(toy->pid, SIGTERM), 0);
	assert_int_equal(toy_wait_exit(kr, toy), 0);
	assert_true(instant_since(os_monotonic_now(), asked).us < SPAN_S(1).us);
	for (int64_t case_id = 1; case_id <= 100; case_id++) {
		snprintf(sql, sizeof(sql),
			"select coalesce(max(seen_intake), 0) from toy.case_file where case_id = "
			"%d",
			(int)case_id);
		while (acked_up_to(kr->intake, case_id) < kit_number(kr, sql))
			kit_round(kr, until, "an answer to what was committed");
	}
}

/* --- the start --- */

static const struct {
	const char *before; /* SQL */
	const char *setting;
	const char *says;
	const char *after;
} bad_starts[] = {
	{ "delete from toy.migration where source = 'toy'", NULL, "run the migrations first",
		"insert into toy.migration values ('toy', 2, false)" },
	{ "delete from toy.migration where source = 'kit'", NULL,
		"the kit's part is at migration 0",
		"insert into toy.migration values ('kit', 8, false)" },
	{ "insert into toy.migration values ('toy', 3, true)", NULL, "breaking migration 3",
		"delete from toy.migration where source = 'toy' and number = 3" },
	{ "alter role wl_toy set synchronous_commit = off", NULL, "synchronous_commit = off",
		"alter role wl_toy reset synchronous_commit" },
	{ NULL, "TOY_MOST=many", "TOY_MOST", NULL },
	{ NULL, "LEASE=soon", "LEASE", NULL },
	{ NULL, "BUS_SERVER_KEY=0000000000000000000000000000000000000 0", "BUS_SERVER_KEY", NULL },
	{ NULL, "PG_CONNINFO=host=/nowhere user=wl_toy", "cannot connect to the database", NULL },
	{ "alter role wl_toy nologin", NULL, "not permitted to log in", "alter role wl_toy login" },
};

static void start_that_is_not_safe_says_why_in_one_line_and_fails(void **state)
{
	struct kit_rig *kr = *state;

	for (size_t i = 0; i < sizeof(bad_starts) / sizeof(bad_starts[0]); i++) {
		const char *const settings[] = { bad_starts[i].setting, NULL };
		struct toy *toy;

		if (bad_starts[i].before != NULL)
			service_rig_sql(kr->at, bad_starts[i].before);
		toy = toy_begin(kr, settings);
		if (toy_wait_exit(kr, toy) == 0 || toy_log_lines(kr, toy, "process_failed") != 1 ||
			toy_log_lines(kr, toy, bad_starts[i].says) == 0)
			fail_msg("row %zu: want one line that says '%s'", i, bad_starts[i].says);
		if (bad_starts[i].after != NULL)
			service_rig_sql(kr->at, bad_starts[i].after);
		kr->n_toys = 0;
	}
}

static void start_on_a_newer_schema_that_did_not_break_works(void **state)
{
	struct kit_rig *kr = *state;

	service_rig_sql(kr->at, "insert into toy.migration values ('toy', 3, false)");
	toy_start(kr, NULL);
	service_rig_sql(kr->at, "delete from toy.migration where source = 'toy' and number = 3");
	assert_int_equal(event_ask(kr, kr->intake, "intake", 1, 1, "intake.put.v1", "a"),
		WIRE_CODE_COMMITTED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_rig_begin, kit_rig_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(database_crash_in_a_batch_loses_and_doubles_nothing),
		TEST(database_crash_under_load_of_two_replicas_ends_with_everything_once),
		TEST(database_crash_while_a_timer_fires_leaves_one_effect),
		TEST(database_away_with_a_full_inbox_is_answered_busy),
		TEST(commit_in_doubt_is_answered_only_when_the_standby_has_it),
		TEST(planted_answer_in_doubt_is_seen),
		TEST(broker_that_dies_and_comes_back_gets_the_markers_again),
		TEST(subscribers_that_come_late_get_everything_at_once),
		TEST(entry_that_is_refused_is_sent_again_by_sweeps_only),
		TEST(sigterm_ends_within_a_second_with_all_commits_answered),
		TEST(start_that_is_not_safe_says_why_in_one_line_and_fails),
		TEST(start_on_a_newer_schema_that_did_not_break_works),
	};

	return cmocka_run_group_tests(tests, kit_rig_open, kit_rig_close);
}
