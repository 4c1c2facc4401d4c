/* One seed from begin to end: draws its rates, makes the world, lets it go on for a while, stops
 * the faults, and looks whether everything comes to its end. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim_net.h"
#include "sim_store.h"

#define BEGIN_US INT64_C(1780300800000000) /* a Monday, 16:00 in Shanghai */
#define STEPS	 1400

struct sim sim;

static const char *const plant_words[PLANTS] = {
#define PLANT(name, word, is_kits, what) [PLANT_##name] = word,
#include "sim_plants.def"
#undef PLANT
};

static const struct {
	const char *name;
	const char *meaning;
} counts[COUNTS] = {
#define COUNT(name_, meaning_) [COUNT_##name_] = { #name_, meaning_ },
#include "sim_counts.def"
#undef COUNT
};

const char *sim_plant_word(enum sim_plant plant)
{
	return plant_words[plant];
}

bool sim_plant_is_there(enum sim_plant plant)
{
	static const bool is_kits[PLANTS] = {
#define PLANT(name, word, is_kits_, what) [PLANT_##name] = is_kits_,
#include "sim_plants.def"
#undef PLANT
	};
#ifdef WANGLI_PLANTS
	(void)is_kits;
	return plant < PLANTS;
#else
	return plant < PLANTS && !is_kits[plant];
#endif
}

const char *sim_count_name(enum sim_count count)
{
	return counts[count].name;
}

const char *sim_count_meaning(enum sim_count count)
{
	return counts[count].meaning;
}

/* splitmix64 */
uint64_t sim_random(void)
{
	uint64_t x = sim.random += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

uint32_t sim_roll(uint32_t sides)
{
	return sides == 0 ? 0 : (uint32_t)((sim_random() >> 32) * sides >> 32);
}

bool sim_chance(uint32_t thousandths)
{
	return thousandths > 0 && sim_roll(1000) < thousandths;
}

bool sim_fault(uint32_t thousandths)
{
	return sim.has_faults && sim_chance(thousandths);
}

void sim_count(enum sim_count count)
{
	sim.counts[count]++;
}

void sim_note(const char *what, int64_t a, int64_t b, int64_t c)
{
	const int64_t numbers[] = { sim.now_us, a, b, c };
	for (const char *at = what; *at != '\0'; at++)
		sim.trace = (sim.trace ^ (uint8_t)*at) * UINT64_C(0x100000001b3);
	for (size_t i = 0; i < 4; i++)
		sim.trace = (sim.trace ^ (uint64_t)numbers[i]) * UINT64_C(0x9e3779b97f4a7c15);
	if (sim.is_told)
		printf("%9.3f %-26s %lld %lld %lld\n", (double)(sim.now_us - BEGIN_US) / 1e6, what,
			(long long)a, (long long)b, (long long)c);
}

void sim_break(const char *format, ...)
{
	va_list args;
	if (sim.is_broken)
		return;
	sim.is_broken = true;
	va_start(args, format);
	vsnprintf(sim.why, sizeof sim.why, format, args);
	va_end(args);
	if (sim.is_told)
		printf("BROKEN: %s\n", sim.why);
}

/* Half of the seeds know nothing of a fault. */
static uint32_t rate(uint32_t most)
{
	return sim_chance(500) ? 1 + sim_roll(most) : 0;
}

static void rates_draw(void)
{
	sim.rates = (struct rates){
		.drop = rate(100),
		.twice = rate(100),
		.overtake = rate(200),
		.crash = rate(6),
		.crash_inside = rate(15),
		.db = rate(8),
		.in_doubt = rate(15),
		.deadlock = rate(30),
		.bus = rate(3),
		.door = rate(4),
		.integrator = rate(8),
		.clock = rate(10),
		.advance = rate(6),
		.nested = rate(300),
		.leave = rate(3),
	};
	if (sim.plant == PLANT_KEEP_LOSERS) /* without them there is nothing to keep */
		sim.rates.nested = 300;
	if (sim.plant == PLANT_ACK_BEFORE_COMMIT) /* without a death between them nobody sees it */
		sim.rates.crash_inside = 60;
	sim.n_brokers = 1 + (int)sim_roll(SIM_BROKERS_MAX);
}

/* What the services read from the environment; the rest stands in test_sim.c. */
static void settings_draw(void)
{
	static const char *const batches[] = { "2", "5", "20", "100" };
	static const char *const shelves[] = { "0", "300ms", "700ms" };
	setenv("BATCH_MOST", batches[sim_roll(4)], 1);
	setenv("SHELF", shelves[sim_roll(3)], 1);
	setenv("PARK_AFTER", sim_chance(500) ? "2" : "12", 1);
	if (sim.plant == PLANT_NONE)
		unsetenv("WANGLI_PLANT");
	else
		setenv("WANGLI_PLANT", sim_plant_word(sim.plant), 1);
}

static void world_begin(void)
{
	store_begin();
	net_begin();
	brokers_begin();
	channels_begin();
	sim_pair_begin();
	sim_processes_make();
}

static void world_end(void)
{
	sim_processes_end();
	brokers_end();
	net_end();
	store_end();
}

struct sim_result sim_run(uint64_t seed, enum sim_plant plant, bool is_told, int64_t *counted)
{
	sim = (struct sim){
		.seed = seed,
		.random = seed * UINT64_C(0xd1342543de82ef95) + 1,
		.plant = plant,
		.is_told = is_told,
		.has_faults = true,
		.now_us = BEGIN_US,
		.trace = UINT64_C(0xcbf29ce484222325),
		.counts = counted,
	};
	rates_draw();
	settings_draw();
	world_begin();
	for (int i = 0; i < STEPS && !sim.is_broken; i++)
		sim_step();
	sim.has_faults = false;
	if (!sim.is_broken && sim_settles())
		sim_check_end();
	world_end();
	struct sim_result result = {
		.is_broken = sim.is_broken, .trace = sim.trace, .steps = sim.steps
	};
	memcpy(result.why, sim.why, sizeof result.why);
	return result;
}
