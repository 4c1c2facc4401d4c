/* One run of the demo: the appeals, one client of the door for each of their channels, the
 * operator's line, the clock. Steps of people are COMMANDs under ids made from appeal and deed, so
 * whatever was done before gives the same answer again. What is done when: demo_play.c. */
#ifndef WL_DEMO_DEMO_RUN_H
#define WL_DEMO_DEMO_RUN_H

#include "base/id.h"
#include "base/map.h"
#include "clock/simclock.h"
#include "db/db.h"
#include "demo_core.h"
#include "sdk/wangli_inside.h"

#define DEMO_CHANNELS_MAX 16
#define DEMO_CODE_BYTES	  8

struct demo_case {
	struct demo_row row;
	int64_t case_id;	      /* 0: no receipt yet */
	char number[CASE_NUMBER_MAX]; /* for people; "" not known to us */
	char code[DEMO_CODE_BYTES];   /* that opens it to the citizen */
	bool is_submitted;
	bool is_replied;       /* its reply is out, or on its way */
	struct str unit;       /* that has it; "" not known yet */
	enum demo_deed asked;  /* DEED_END: nothing is under way */
	struct instant ask_at; /* monotonic */
	struct str refusal;    /* a deed that was not possible: the plan ends there */
};

struct demo_counts {
	size_t letters;
	size_t repeated; /* of them known to the platform before */
	size_t steps;
	size_t refused;
};

struct demo_run {
	struct arena *mem;  /* of the run */
	struct arena *turn; /* of one turn */
	struct demo_case *cases;
	size_t n;
	struct map *by_id;    /* external_id → case */
	struct map *by_asked; /* command_id → case that waits for its result */
	const char *channels[DEMO_CHANNELS_MAX];
	struct wangli *clients[DEMO_CHANNELS_MAX]; /* NULL: not open */
	size_t n_channels;
	struct line *line;
	struct simclock *clock;
	struct db *db;
	struct workday_calendar calendar;
	struct demo_time time;
	struct demo_counts counts;
	size_t steps_in_all;
	struct instant moved_at; /* monotonic */
	struct instant shown_at;
	struct instant clock_at; /* for the progress line */
	struct err trouble;
	bool has_trouble;
	bool is_quiet;
	const char *folder; /* DATA/demo */
	const volatile bool *is_interrupted;
};

/* Reads the file, chooses `limit` of its rows, and opens line, clock and database. */
enum res demo_open(
	struct demo_run *run, const char *path, size_t limit, struct err *err) must_check;
void demo_close(struct demo_run *run);
/* The door is opened for letters and deliveries, and closed again when all is played. */
enum res demo_door_open(struct demo_run *run, struct err *err) must_check;
void demo_door_close(struct demo_run *run);

enum res demo_submit(struct demo_run *run, struct demo_case *subject, struct err *err) must_check;
/* Puts a step under way; the case must be idle. */
void demo_ask(struct demo_run *run, struct demo_case *subject, enum demo_deed deed);
bool demo_is_idle(const struct demo_case *subject); /* it has its receipt and no step under way */
/* One turn of all connections. */
enum res demo_turn(struct demo_run *run, struct span wait, struct err *err) must_check;
/* Turns until the case is idle, or all of them (NULL). RES_RETRY: nothing moves. */
enum res demo_settle(struct demo_run *run, struct demo_case *subject, struct err *err) must_check;
enum res demo_ask_db(struct demo_run *run, const struct db_sql *sql, const struct db_params *params,
	struct db_result **out, struct err *err) must_check;

/* Plays everything that is not done yet. */
enum res demo_play(struct demo_run *run, struct err *err) must_check;

/* Numbers with their codes, so that later runs know them too: DATA/demo/cases.csv. */
void demo_code_keep(struct demo_case *subject, struct str number, struct str code);
enum res demo_codes_read(struct demo_run *run, struct err *err) must_check;
enum res demo_codes_write(struct demo_run *run, struct err *err) must_check;
/* What there is to see, for people or as JSON. */
enum res demo_summary(struct demo_run *run, bool is_json, struct err *err) must_check;

#endif
