/* A city in one process: the product's own services (kit, handlers, cores, codecs) between adapters
 * that are played. One seed decides everything: who runs next, what is lost, doubled, overtaken,
 * who dies where, how clocks jump. No thread, socket, clock or database. Decision 0025 says what is
 * the product's and what is played.
 *
 * Who does what: sim_world.c one seed from begin to end · sim_step.c what happens next ·
 * sim_process.c life and death of processes · sim_loop.c, sim_os.c, sim_peer.c, sim_db.c
 * the adapters' functions as the services call them · sim_net.c messages under way · sim_broker.c,
 * sim_door.c, sim_channel.c, sim_people.c who is on the other side · sim_store.c and
 * sim_statements.c the database's tables and what each statement does · sim_reference.c its
 * reference data · sim_check.c what must hold · sim_effects.c sees effects · sim_pair.c merges. */
#ifndef WL_TESTS_SIM_H
#define WL_TESTS_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kit/kit_internal.h"

#define SIM_PROCESSES_MAX 24
#define SIM_CASES_MAX	  48
#define SIM_LETTERS_MAX	  6
#define SIM_CHANNELS	  3
#define SIM_BROKERS_MAX	  2

enum sim_plant {
	PLANT_NONE,
#define PLANT(name, word, is_kits, what) PLANT_##name,
#include "sim_plants.def"
#undef PLANT
	PLANTS
};
const char *sim_plant_word(enum sim_plant plant);
bool sim_plant_is_there(enum sim_plant plant); /* in this build */

enum sim_count {
#define COUNT(name, meaning) COUNT_##name,
#include "sim_counts.def"
#undef COUNT
	COUNTS
};
const char *sim_count_name(enum sim_count count);
const char *sim_count_meaning(enum sim_count count);

/* --- one run --- */

struct sim_result {
	bool is_broken;
	char why[400];	/* what was seen to be wrong, first */
	uint64_t trace; /* of everything that happened, in order: the same seed gives the same */
	int64_t steps;
};
/* counts: added to, COUNTS of them. is_told: every step goes to standard output. */
struct sim_result sim_run(uint64_t seed, enum sim_plant plant, bool is_told, int64_t *counts);

/* --- the world --- */

enum sim_role { ROLE_OF_SERVICE, ROLE_OF_DOOR, ROLE_OF_PEOPLE };
struct process {
	int place;
	enum sim_role role;
	const char *name; /* of its key: "dispatch", "edge", "cli" */
	const struct service_spec *spec;
	uint32_t life; /* the how manieth; what is under way to an earlier one does not arrive */
	bool is_up;
	bool is_dead; /* died while it runs: nothing that it still does gets out */
	bool is_running;
	bool is_leaving;
	struct kit *kit;
	struct loop *loop;
	struct peer *peer;
	struct db *db;
	int64_t clock_us; /* its own clock, against the world's */
	int64_t back_us;  /* when it is started again */
	uint32_t weight;  /* how often it gets its turn */
};

/* How often what goes wrong, in thousandths; drawn for each seed, so that some seeds are calm in
 * one regard and wild in another. */
struct rates {
	uint32_t drop, twice, overtake;
	uint32_t crash, crash_inside, db, in_doubt, deadlock, bus, door, integrator;
	uint32_t clock, advance, nested, leave;
};

struct sim {
	uint64_t seed;
	uint64_t random;
	enum sim_plant plant;
	bool is_told;
	bool has_faults; /* still; at the end they stop */
	int64_t now_us;	 /* real time, which the database's clock shows, too */
	int64_t shift_us;
	struct rates rates;
	struct process processes[SIM_PROCESSES_MAX];
	int n_processes;
	struct process *running;
	int depth; /* of processes that run between two statements of another one */
	int n_brokers;
	int64_t db_back_us;  /* the database is away until then */
	int64_t poison_case; /* refused by every subscriber while faults last; 0: none */
	int64_t steps;
	uint64_t trace;
	bool is_broken;
	char why[400];
	int64_t *counts;
};
extern struct sim sim; /* adapters' functions have nothing to tell worlds apart by */

/* sim_world.c */
uint64_t sim_random(void);
uint32_t sim_roll(uint32_t sides);     /* 0 .. sides-1 */
bool sim_chance(uint32_t thousandths); /* of what is no fault */
bool sim_fault(uint32_t thousandths);  /* never, once faults have stopped */
void sim_count(enum sim_count count);
/* Goes into the trace, and is printed when somebody wants to read it. */
void sim_note(const char *what, int64_t a, int64_t b, int64_t c);
void sim_break(const char *format, ...) printf_like(1, 2); /* the first one counts */

/* sim_process.c */
void sim_processes_make(void);
void sim_processes_end(void);
void process_start(struct process *process);
void process_die(struct process *process); /* now; if it runs, what it still does has no effect */
bool process_has_work(const struct process *process);
void process_round(struct process *process); /* one round of its loop */
struct process *process_running(void);

/* sim_step.c */
void sim_step(void);
void sim_between_statements(struct process *process); /* others may run now */
void sim_jump(int64_t us);			      /* time goes on */
bool sim_settles(void); /* faults have stopped: everything comes to its end, in bounded time */

/* sim_loop.c */
bool loop_has_work(const struct loop *loop);
int64_t loop_next_us(const struct loop *loop); /* of its first timer; INT64_MAX: none is set */
void loop_round(struct loop *loop);
void loop_signal(struct loop *loop, int number);
bool loop_is_stopped(const struct loop *loop);

/* sim_check.c */
void sim_check_case(int64_t case_id); /* something of it was committed */
void sim_check_letters(void);	      /* receipts, channels */
void sim_check_end(void);	      /* once all is quiet */

/* sim_effects.c: a service's spec with handlers that leave a mark in the transaction. */
const struct service_spec *sim_watched(const struct service_spec *spec);
extern const struct db_sql sim_sql_effect_insert; /* played in sim_statements.c */

/* sim_spec.c, once a service */
const struct service_spec *sim_spec_intake(void);
const struct service_spec *sim_spec_dispatch(void);
const struct service_spec *sim_spec_reply(void);
const struct service_spec *sim_spec_followup(void);
const struct service_spec *sim_spec_analytics(void);
/* sim_pair.c */
const struct service_spec *sim_spec_pair(void);
void sim_pair_begin(void);
bool sim_pair_step(void); /* somebody has two of its cases merged */
void sim_pair_check(void);
bool sim_pair_is_quiet(void);

#endif
