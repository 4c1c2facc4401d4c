/* Life and death of processes. A process that dies while it runs is marked, and nothing that it
 * still does gets out; its memory goes when it comes back to the scheduler. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "sim_net.h"
#include "sim_store.h"

#define BACK_MOST_MS 4000
#define CLOCK_MOST_H 24

struct process *process_running(void)
{
	return sim.running;
}

static void kit_begin(struct process *process)
{
	struct err err = { .text = "" };
	process->kit = calloc(1, sizeof *process->kit);
	CHECK(process->kit != NULL);
	process->kit->spec = process->spec;
	if (kit_start(process->kit, &err) != RES_OK) {
		sim_note("start failed", process->place, 0, 0);
		if (sim.db_back_us <= sim.now_us)
			sim_break("%s does not start: %s", process->name, err.text);
		process->is_dead = true;
	}
}

static void counts_take(const struct kit *kit)
{
	sim.counts[COUNT_duplicates] += kit->counts.duplicates;
	sim.counts[COUNT_gaps] += kit->counts.gaps;
	sim.counts[COUNT_losers] += kit->counts.losers;
	sim.counts[COUNT_resent] += kit->counts.resent;
}

static void body_end(struct process *process)
{
	struct process *before = sim.running;
	sim.running = process;
	process->is_dead = true;
	if (process->role == ROLE_OF_SERVICE) {
		counts_take(process->kit);
		kit_end(process->kit);
		free(process->kit);
	} else {
		peer_close(process->peer);
	}
	process->kit = NULL;
	process->loop = NULL;
	process->peer = NULL;
	process->db = NULL;
	process->is_up = false;
	process->is_dead = false;
	process->is_leaving = false;
	process->back_us = sim.now_us + (int64_t)sim_roll(BACK_MOST_MS) * 1000;
	sim.running = before;
}

void process_start(struct process *process)
{
	struct process *before = sim.running;
	sim.running = process;
	process->life++;
	process->is_up = true;
	process->is_running = true;
	if (sim_fault(300))
		process->clock_us =
			((int64_t)sim_roll(2 * CLOCK_MOST_H) - CLOCK_MOST_H) * 3600 * 1000000;
	sim_note("start", process->place, process->life, 0);
	if (process->role == ROLE_OF_SERVICE)
		kit_begin(process);
	else if (process->role == ROLE_OF_DOOR)
		door_open(process);
	else
		people_begin(process);
	process->is_running = false;
	sim.running = before;
	if (process->is_dead)
		body_end(process);
}

/* Brokers notice later that somebody is gone. */
void process_die(struct process *process)
{
	sim_note("die", process->place, process->life, process->is_running);
	for (int i = 0; i < sim.n_brokers; i++)
		net_send(process->place, END_BROKER + i, &(struct wire_msg){ .kind = WIRE_BYE });
	if (process->is_running)
		process->is_dead = true;
	else
		body_end(process);
}

bool process_has_work(const struct process *process)
{
	if (!process->is_up || process->is_running)
		return false;
	if (process->peer != NULL && peer_has_mail(process->peer))
		return true;
	return process->role == ROLE_OF_SERVICE ? loop_has_work(process->loop) : false;
}

void process_round(struct process *process)
{
	struct process *before = sim.running;
	sim.running = process;
	process->is_running = true;
	process->clock_us += sim_fault(sim.rates.clock)
				     ? ((int64_t)sim_roll(3) - 1) * CLOCK_MOST_H * 3600 * 1000000
				     : 0;
	if (process->role == ROLE_OF_SERVICE) {
		peer_ready(process->peer);
		loop_round(process->loop);
	} else if (process->role == ROLE_OF_DOOR) {
		door_round(process);
	} else {
		people_round(process);
	}
	process->is_running = false;
	sim.running = before;
	bool has_ended = process->role == ROLE_OF_SERVICE && loop_is_stopped(process->loop);
	if (has_ended && !process->is_dead) {
		sim_note("left", process->place, process->life, 0);
		sim_count(COUNT_drained);
		for (int i = 0; i < sim.n_brokers; i++)
			net_send(process->place, END_BROKER + i,
				&(struct wire_msg){ .kind = WIRE_BYE });
	}
	if (process->is_dead || has_ended)
		body_end(process);
}

static void process_add(
	const char *name, enum sim_role role, const struct service_spec *spec, int replicas)
{
	for (int i = 0; i < replicas; i++) {
		CHECK(sim.n_processes < SIM_PROCESSES_MAX);
		struct process *process = &sim.processes[sim.n_processes];
		*process = (struct process){ .place = sim.n_processes++,
			.role = role,
			.name = name,
			.spec = spec,
			.weight = 1 + sim_roll(10) };
		process_start(process);
	}
}

void sim_processes_make(void)
{
	for (int i = 0; i < SCHEMAS; i++)
		process_add(sim_schemas[i].spec->name, ROLE_OF_SERVICE, sim_schemas[i].spec,
			2 + (int)(sim_roll(5) == 0));
	process_add("edge", ROLE_OF_DOOR, NULL, 1);
	process_add("cli", ROLE_OF_PEOPLE, NULL, 1);
}

void sim_processes_end(void)
{
	for (int i = 0; i < sim.n_processes; i++)
		if (sim.processes[i].is_up)
			body_end(&sim.processes[i]);
}
