/* Promises about what the kit's timer has the owner do: parts made ahead, old rows aged out, and
 * nothing worse than a line in the log when it cannot. */
#include "kit_rig.h"

static const char *const often[] = { "HOUSEKEEP=100ms", NULL };

static void wait_number(struct kit_rig *kr, const char *sql, int64_t want, const char *what)
{
	struct instant until = kit_patience();
	while (kit_number(kr, sql) != want)
		kit_round(kr, until, what);
}

static void rows_that_lie_in_the_rest_are_in_a_part_soon(void **state)
{
	struct kit_rig *kr = *state;
	struct toy *toy = toy_start(kr, often);

	assert_int_equal(event_ask(kr, kr->intake, "intake", 10000000000, 1, "intake.tell.v1", "a"),
		WIRE_CODE_COMMITTED);
	wait_number(kr, "select count(*) from toy.journal_rest", 0, "an empty rest");
	assert_int_equal(kit_number(kr, "select count(*) from toy.journal_below_10010000000"), 1);
	toy_wait_log(kr, toy, "partitions_made");
	/* the statements of the process that made the part go on, in the new one */
	assert_int_equal(event_ask(kr, kr->intake, "intake", 10000000000, 2, "intake.tell.v1", "b"),
		WIRE_CODE_COMMITTED);
	assert_int_equal(kit_number(kr, "select count(*) from toy.journal_below_10010000000"), 2);
	kit_verify_journal(kr);
}

/* Business time decides, which the rig has put elsewhere than the real one. */
static void results_of_commands_go_after_90_days(void **state)
{
	struct kit_rig *kr = *state;

	kit_other_sql(kr,
		"insert into toy.command (case_id, command_id, at, type, actor, code, text, body, "
		"seq) "
		"select n, 'c', now() + (select shift from ref.clock) - n * interval '30 days' "
		"+ interval '1 hour', 'toy', 'tester', 0, '', '', 0 from generate_series(1, 6) as "
		"n");
	toy_start(kr, often);
	wait_number(kr, "select count(*) from toy.command", 3, "the old ones gone");
	assert_int_equal(kit_number(kr, "select max(case_id) from toy.command"), 3);
}

static void failure_is_logged_once_and_harms_nobody(void **state)
{
	struct kit_rig *kr = *state;

	kit_other_sql(
		kr, "revoke execute on function toy.age_out(timestamptz) from public, wl_toy");
	struct toy *toy = toy_start(kr, often);
	toy_wait_log(kr, toy, "housekeeping_failed");
	assert_int_equal(event_ask(kr, kr->intake, "intake", 1, 1, "intake.tell.v1", "a"),
		WIRE_CODE_COMMITTED);
	kit_other_sql(kr, "insert into toy.command (case_id, command_id, at, type, actor, code, "
			  "text, body, seq) "
			  "values (1, 'c', now() + (select shift from ref.clock) - interval '91 "
			  "days', 'toy', "
			  "'tester', 0, '', '', 0)");
	kit_other_sql(kr, "grant execute on function toy.age_out(timestamptz) to wl_toy");
	wait_number(kr, "select count(*) from toy.command", 0, "the old one gone");
	assert_int_equal(toy_log_lines(kr, toy, "housekeeping_failed"), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_rig_begin, kit_rig_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(rows_that_lie_in_the_rest_are_in_a_part_soon),
		TEST(results_of_commands_go_after_90_days),
		TEST(failure_is_logged_once_and_harms_nobody),
	};
	return cmocka_run_group_tests(tests, kit_rig_open, kit_rig_close);
}
