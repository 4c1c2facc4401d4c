/* What happens next, and that everything comes to its end once faults have stopped. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim_net.h"
#include "sim_store.h"

#define DEPTH_MOST    2
#define MESSAGES_MOST 16 /* in one step */
#define ROUNDS_MOST   6
#define SETTLE_MOST   6000 /* looks at the world while it comes to rest */
#define CALM_MOST     4000 /* messages and rounds between two of them */

static struct process *some_service(void)
{
	struct process *process = &sim.processes[sim_roll((uint32_t)sim.n_processes)];
	return process->role == ROLE_OF_SERVICE && process->is_up && !process->is_running ? process
											  : NULL;
}

/* Of those that have something to do, by their weight. */
static bool run_some(void)
{
	uint32_t all = 0;
	for (int i = 0; i < sim.n_processes; i++)
		if (process_has_work(&sim.processes[i]))
			all += sim.processes[i].weight;
	uint32_t at = sim_roll(all);
	for (int i = 0; i < sim.n_processes && all > 0; i++) {
		struct process *process = &sim.processes[i];
		if (!process_has_work(process))
			continue;
		if (at < process->weight) {
			process_round(process);
			return true;
		}
		at -= process->weight;
	}
	return false;
}

/* Those that hold a session only: they say HELLO again when a line was lost. */
static void wake_holders(void)
{
	for (int i = 0; i < sim.n_processes; i++)
		if (sim.processes[i].role != ROLE_OF_SERVICE && sim.processes[i].is_up &&
			!sim.processes[i].is_running)
			process_round(&sim.processes[i]);
}

static void restart_some(void)
{
	for (int i = 0; i < sim.n_processes; i++)
		if (!sim.processes[i].is_up && sim.processes[i].back_us <= sim.now_us)
			process_start(&sim.processes[i]);
}

void sim_jump(int64_t us)
{
	sim.now_us += us;
	brokers_mind();
	if (sim.depth > 0)
		return;
	restart_some();
	wake_holders();
}

static void time_goes_on(void)
{
	static const int64_t most_us[] = { 1000, 10000, 100000, 1000000, 4000000 };
	sim_jump(1 + sim_roll((uint32_t)most_us[sim_roll(5)]));
}

/* --- faults --- */

static void service_dies(void)
{
	struct process *process = some_service();
	if (process == NULL)
		return;
	sim_count(COUNT_crash);
	process_die(process);
}

static void service_leaves(void)
{
	struct process *process = some_service();
	if (process == NULL || process->is_leaving)
		return;
	struct process *before = sim.running;
	sim.running = process;
	process->is_leaving = true;
	loop_signal(process->loop, SIGTERM);
	sim.running = before;
}

static void door_dies(void)
{
	for (int i = 0; i < sim.n_processes; i++) {
		struct process *process = &sim.processes[i];
		if (process->role != ROLE_OF_DOOR || !process->is_up || process->is_running)
			continue;
		sim_count(COUNT_door_crash);
		process_die(process);
	}
}

static void integrator_dies(void)
{
	int integrator = (int)sim_roll(SIM_CHANNELS);
	if (channel_is_up(integrator))
		channel_crash(integrator);
}

static void clock_jumps(void)
{
	struct process *process = some_service();
	if (process == NULL)
		return;
	process->clock_us = ((int64_t)sim_roll(49) - 24) * 3600 * 1000000;
	sim_count(COUNT_clock_jump);
}

static void time_is_moved_on(void)
{
	sim.shift_us += (int64_t)(1 + sim_roll(72)) * 3600 * 1000000;
	sim_note("clock advance", sim.shift_us, 0, 0);
	sim_count(COUNT_clock_advance);
}

static void case_turns_to_poison(void)
{
	if (sim.poison_case != 0 || store_last_case() == 0 || sim.plant != PLANT_NONE)
		return;
	sim.poison_case = 1 + sim_roll((uint32_t)store_last_case());
	sim_note("poison", sim.poison_case, 0, 0);
}

static void weights_change(void)
{
	for (int i = 0; i < sim.n_processes; i++)
		sim.processes[i].weight = 1 + sim_roll(10);
}

static void faults(void)
{
	if (sim_fault(sim.rates.crash))
		service_dies();
	if (sim_fault(sim.rates.leave))
		service_leaves();
	if (sim_fault(sim.rates.door))
		door_dies();
	if (sim_fault(sim.rates.bus))
		broker_crash((int)sim_roll((uint32_t)sim.n_brokers));
	if (sim_fault(sim.rates.integrator))
		integrator_dies();
	if (sim_fault(sim.rates.clock))
		clock_jumps();
	if (sim_fault(sim.rates.advance))
		time_is_moved_on();
	if (sim.seed % 4 == 0 && sim_fault(4))
		case_turns_to_poison();
	if (sim_fault(10))
		weights_change();
}

/* --- a step --- */

static void some_messages(void)
{
	for (uint32_t n = 1 + sim_roll(MESSAGES_MOST); n > 0 && !net_is_empty(); n--)
		net_step();
}

static void some_rounds(void)
{
	for (uint32_t n = 1 + sim_roll(ROUNDS_MOST); n > 0 && run_some(); n--)
		sim.steps++;
}

void sim_step(void)
{
	sim.steps++;
	if (sim.depth == 0)
		faults();
	uint32_t dice = sim_roll(100);
	if (dice < 40)
		some_messages();
	else if (dice < 75)
		some_rounds();
	else if (dice < 83)
		time_goes_on();
	else if (dice < 88)
		channels_step();
	else if (dice < 99)
		people_step();
	else
		sim_pair_step();
}

void sim_between_statements(struct process *process)
{
	if (sim.depth >= DEPTH_MOST || process->is_dead || !sim_fault(sim.rates.nested))
		return;
	struct process *before = sim.running;
	sim.depth++;
	sim_count(COUNT_interleaved);
	for (uint32_t n = 1 + sim_roll(6); n > 0 && !sim.is_broken; n--) {
		sim.steps++;
		if (net_is_empty() || sim_chance(600))
			run_some();
		else
			net_step();
	}
	sim.depth--;
	sim.running = before;
}

/* --- coming to rest --- */

static void calm(void)
{
	for (int i = 0; i < CALM_MOST && !sim.is_broken; i++) {
		bool did = run_some();
		if (!net_is_empty())
			net_step();
		else if (!did)
			return;
		sim.steps++;
	}
}

static bool all_are_up(void)
{
	for (int i = 0; i < sim.n_processes; i++)
		if (!sim.processes[i].is_up || sim.processes[i].is_leaving)
			return false;
	return true;
}

static bool is_quiet(void)
{
	return all_are_up() && net_is_empty() && channels_are_quiet() && people_are_quiet() &&
	       sim_pair_is_quiet() && !store_has_markers();
}

/* Nothing is under way: business time goes on to the next timer. false: there is none. */
static bool to_next_timer(void)
{
	int64_t due_us = store_next_due();
	if (due_us == INT64_MAX)
		return false;
	if (due_us > sim.now_us + sim.shift_us)
		sim.shift_us = due_us - sim.now_us;
	return true;
}

bool sim_settles(void)
{
	sim.poison_case = 0;
	sim_note("faults stop", 0, 0, 0);
	for (int i = 0; i < SETTLE_MOST && !sim.is_broken; i++) {
		bool did = channels_step();
		did = people_step() || did;
		calm();
		if (did)
			continue;
		/* what has just come to rest may be what somebody waits for */
		if (is_quiet() && !channels_step() && !people_step() && !to_next_timer())
			return true;
		sim_jump(1000000);
	}
	sim_break("not at rest although faults have stopped: %s%s%s%s%s%s",
		all_are_up() ? "" : "somebody is down, ", net_is_empty() ? "" : "messages run, ",
		channels_are_quiet() ? "" : "letters without receipt, ",
		people_are_quiet() ? "" : "commands without result, ",
		sim_pair_is_quiet() ? "" : "merges under way, ",
		store_has_markers() ? "markers stand" : "timers come again and again");
	return false;
}
