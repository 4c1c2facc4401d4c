/* Seeds of the simulator: they hold, they replay exactly, planted bugs are found, and what is meant
 * to happen did happen. WANGLI_SEED=n runs that one alone and prints every step when it fails;
 * WANGLI_SEEDS=n runs so many, from WANGLI_SEED_FROM on; WANGLI_TELL=1 prints every step anyway. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim.h"

#define SEEDS	     1000 /* CTest runs two such parts */
#define PLANT_SEEDS  500
#define REPLAY_SEEDS 20

/* Runs are many and short: without a history of each piece of memory they take a third less. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "malloc_context_size=1:quarantine_size_mb=8";
}

static int64_t number_of(const char *name, int64_t otherwise)
{
	const char *text = getenv(name);
	return text != NULL ? strtoll(text, NULL, 10) : otherwise;
}

static void tell_counts(const int64_t *counts)
{
	for (int i = 0; i < COUNTS; i++)
		printf("%10lld %-22s %s\n", (long long)counts[i], sim_count_name((enum sim_count)i),
			sim_count_meaning((enum sim_count)i));
}

static void one_seed(uint64_t seed, int64_t *counts)
{
	int64_t ignored[COUNTS] = { 0 };
	struct sim_result result = sim_run(seed, PLANT_NONE, getenv("WANGLI_TELL") != NULL, counts);
	if (!result.is_broken)
		return;
	if (getenv("WANGLI_SEED") != NULL)
		(void)sim_run(seed, PLANT_NONE, true, ignored);
	fail_msg("seed %llu, step %lld: %s (replay with WANGLI_SEED=%llu)",
		(unsigned long long)seed, (long long)result.steps, result.why,
		(unsigned long long)seed);
}

static void every_seed_holds_and_comes_to_rest(void **state)
{
	int64_t counts[COUNTS] = { 0 };
	int64_t one = number_of("WANGLI_SEED", 0), n = number_of("WANGLI_SEEDS", SEEDS);
	int64_t from = number_of("WANGLI_SEED_FROM", 1);
	(void)state;
	if (one > 0) {
		one_seed((uint64_t)one, counts);
		tell_counts(counts);
		return;
	}
	for (int64_t seed = from; seed < from + n; seed++)
		one_seed((uint64_t)seed, counts);
	printf("%lld seeds hold, from %lld on; in them there were:\n", (long long)n,
		(long long)from);
	tell_counts(counts);
	for (int i = 0; i < COUNTS && n >= SEEDS; i++)
		if (counts[i] == 0)
			fail_msg("never happened: %s", sim_count_meaning((enum sim_count)i));
}

static void a_seed_replays_exactly(void **state)
{
	int64_t counts[COUNTS] = { 0 };
	(void)state;
	for (uint64_t seed = 1; seed <= REPLAY_SEEDS; seed++) {
		struct sim_result first = sim_run(seed, PLANT_NONE, false, counts);
		struct sim_result again = sim_run(seed, PLANT_NONE, false, counts);
		if (first.trace != again.trace || first.steps != again.steps)
			fail_msg("seed %llu: two runs differ (%llx, %llx)",
				(unsigned long long)seed, (unsigned long long)first.trace,
				(unsigned long long)again.trace);
	}
}

static void every_planted_bug_is_found(void **state)
{
	int64_t counts[COUNTS] = { 0 };
	(void)state;
	for (int plant = PLANT_NONE + 1; plant < PLANTS; plant++) {
		struct sim_result result = { 0 };
		uint64_t seed = 0;
		if (!sim_plant_is_there((enum sim_plant)plant)) {
			printf("%s: not in this build\n", sim_plant_word((enum sim_plant)plant));
			continue;
		}
		while (!result.is_broken && seed < PLANT_SEEDS)
			result = sim_run(++seed, (enum sim_plant)plant, false, counts);
		if (!result.is_broken)
			fail_msg("planted bug %s was not found in %d seeds",
				sim_plant_word((enum sim_plant)plant), PLANT_SEEDS);
		printf("%s: found at seed %llu, step %lld: %s\n",
			sim_plant_word((enum sim_plant)plant), (unsigned long long)seed,
			(long long)result.steps, result.why);
	}
}

/* What every service wants to be told before it starts. */
static void settings_give(void)
{
	static const char *const settings[][2] = {
		{ "PG_CONNINFO", "played" },
		{ "BUS_ADDRESS", "played" },
		{ "BUS_SERVER_KEY", "0000000000000000000000000000000000000000" },
		{ "BUS_KEY", "0000000000000000000000000000000000000000" },
		{ "VAULT_KEY", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" },
		{ "QUERY_CODE_KEY", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" },
		{ "WINDOW", "60" },
		{ "RETRY_MOST", "12000ms" },
		{ "HOUSEKEEP", "24h" },
	};
	for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
		setenv(settings[i][0], settings[i][1], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_seed_holds_and_comes_to_rest),
		cmocka_unit_test(a_seed_replays_exactly),
		cmocka_unit_test(every_planted_bug_is_found),
	};
	static const struct CMUnitTest part[] = {
		cmocka_unit_test(every_seed_holds_and_comes_to_rest),
	};
	settings_give();
	setvbuf(stdout, NULL, _IOLBF, 0);
	bool is_part = getenv("WANGLI_SEED") != NULL || getenv("WANGLI_SEED_FROM") != NULL;
	if (is_part)
		return cmocka_run_group_tests(part, NULL, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
