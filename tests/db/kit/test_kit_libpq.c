/* A service with each of its calls of libpq failing once, while it works on a message and while it
 * connects anew after that: whatever fails, each event takes effect once, is acknowledged only when
 * it is there, and what it told others arrives. (The adapter alone: tests/db/libpq_faults.) */
#include <stdio.h>

#include "kit_rig.h"
#include "pq_faults.h"

#define CALLS_MOST 1000

struct run {
	struct kit_rig *kr;
	struct toy *toy;
	struct pq_faults *faults;
	struct subscriber reply;
	struct subscriber analytics;
	int64_t case_id;
};

static void run_open(struct run *run, struct kit_rig *kr)
{
	static char setting[256];
	char path[160];
	/* Sweeps in between make many calls of their own, which are worth their time in a long run.
	 */
	const char *settings[] = { setting, getenv("WANGLI_LONG") ? NULL : "SWEEP=2s", NULL };

	run->kr = kr;
	run->case_id = 0;
	snprintf(path, sizeof(path), "%s/pq_faults", kr->at->rig->folder);
	snprintf(setting, sizeof(setting), "PQ_FAULTS=%s", path);
	run->faults = pq_faults_make(path);
	subscriber_join(kr, &run->reply, "reply");
	subscriber_join(kr, &run->analytics, "analytics");
	run->toy = toy_start(kr, settings);
}

static void run_close(struct run *run)
{
	client_close(run->kr->at->rig, run->reply.client);
	client_close(run->kr->at->rig, run->analytics.client);
}

/* An event of a new case, sent until it is answered. The service may sweep at the same time: then
 * that call fails. True: one did. */
static bool tell(struct run *run)
{
	long failed = atomic_load(&run->faults->failed);
	enum wire_code code = event_ask(
		run->kr, run->kr->intake, "intake", ++run->case_id, 1, "intake.tell.v1", "a");

	assert_true(code == WIRE_CODE_COMMITTED || code == WIRE_CODE_DUPLICATE);
	pq_faults_ask_none(run->faults);
	return atomic_load(&run->faults->failed) > failed;
}

static void assert_right_end(struct run *run)
{
	struct kit_rig *kr = run->kr;
	struct instant until = kit_patience();

	assert_true(toy_is_alive(run->toy));
	assert_int_equal(kit_number(kr, "select count(*) from toy.effect"), run->case_id);
	assert_int_equal(
		kit_number(kr, "select count(distinct case_id) from toy.effect"), run->case_id);
	for (int64_t id = 1; id <= run->case_id; id++)
		while (run->reply.seen[id] < 1 || run->analytics.seen[id] < 1) {
			subscriber_turn(&run->reply);
			subscriber_turn(&run->analytics);
			kit_round(kr, until, "what the cases told");
		}
	kit_verify_journal(kr);
}

/* The two kinds take turns; in a long run first the one, then the other begins. */
static void every_call_of_a_message_may_fail(void **state)
{
	int passes = getenv("WANGLI_LONG") ? PQ_FAULTS : 1;
	struct run run = { 0 };

	run_open(&run, *state);
	for (int pass = 0; pass < passes; pass++) {
		long n = 0;
		bool has_failed = true;

		while (has_failed) {
			n++;
			pq_faults_ask(run.faults, (enum pq_fault)((n + pass) % PQ_FAULTS), n);
			has_failed = tell(&run);
		}
		print_message("%ld calls of libpq, each failed once\n", n - 1);
		assert_in_range(n, 5, CALLS_MOST);
	}
	assert_right_end(&run);
	run_close(&run);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_rig_begin, kit_rig_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_call_of_a_message_may_fail),
	};
	return cmocka_run_group_tests(tests, kit_rig_open, kit_rig_close);
}
