/* One run of the importer: the file, the client of the door, the record of deliveries, and, for a
 * replay, the operator's line and the clock. Letters: import_run.c; people:
 * import_player.c; time: import_replay.c. */
#ifndef WL_IMPORT_IMPORT_RUN_H
#define WL_IMPORT_IMPORT_RUN_H

#include "clock/simclock.h"
#include "import_deliveries.h"
#include "import_file.h"
#include "import_progress.h"
#include "sdk/wangli_inside.h"

struct import_counts {
	size_t submitted; /* letters handed to the door by this run */
	size_t receipts;
	size_t repeated;	  /* of the receipts: known to the platform before */
	size_t replies;		  /* of the file that went out, now or in an earlier run */
	size_t answered_directly; /* an article answered, not the file's reply */
	size_t delivered;	  /* letters of the file whose reply stands in deliveries.csv */
	size_t closed;
	size_t rejected;
};

struct import_run {
	const char *channel;
	struct import_file file;
	struct deliveries *deliveries;
	struct wangli *client;
	struct progress *progress;
	size_t unanswered; /* letters of the file in the spool */
	struct import_counts counts;
	struct err trouble; /* of a callback that failed for good */
	bool has_trouble;
	const volatile bool *is_interrupted;
	/* replay only */
	struct line *line;
	struct simclock *clock;
	struct db *db;
	struct instant clock_at; /* for the progress line; none without a replay */
};

struct wangli_callbacks import_callbacks(struct import_run *run);
/* Gives one letter to the client, turning while its queue is full. */
enum res import_submit(
	struct import_run *run, struct import_item *item, struct err *err) must_check;
/* One turn of the client, and the progress line. Fails when a callback failed or we are
 * interrupted. */
enum res import_turn(struct import_run *run, struct span wait, struct err *err) must_check;
/* Turns until all letters of the file have their answer. */
enum res import_settle_letters(struct import_run *run, struct err *err) must_check;
/* All letters, as fast as the door takes them. */
enum res import_letters(struct import_run *run, struct err *err) must_check;
/* Goes on taking deliveries for so long, or until it is interrupted. */
enum res import_stay(struct import_run *run, struct span span, struct err *err) must_check;
/* All letters and replies with the steps of people between them, each at its time; then on until
 * all answered cases are closed. */
enum res import_replay(struct import_run *run, struct err *err) must_check;

#endif
