/* When a message is at fault, as pure rules (law 12): from what became of the last send of a marker
 * to how the next one goes. No clock, socket or database here; kit_suspect.c knows what became of
 * it. */
#ifndef WL_KIT_KIT_PARK_CORE_H
#define WL_KIT_KIT_PARK_CORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/instant.h"

/* What became of the last send. */
enum park_answer {
	PARK_NOT_KNOWN, /* this process did not send it, or has forgotten: nothing is counted */
	PARK_SILENCE,	/* it was sent to a group that was there, and nothing came back */
	PARK_FAULT,	/* a member says that it is wrong and stays wrong: INVALID, CONFLICT */
	PARK_NOBODY,	/* it did not get there: NO_CONSUMER, or the broker's BUSY */
	PARK_LATER,	/* a member's BUSY, UNKNOWN_TYPE, FORBIDDEN: not the message's fault */
	PARK_MOVED,	/* a part of it was taken: what spoke against it is over */
	PARK_ANSWERS,
};

struct park_last {
	enum park_answer answer;
	bool has_newcomer;   /* a member came since: one may have gone with it */
	bool answers_others; /* the group has answered what was sent after it */
};

/* When it was sent, and what its group has said since. Orders count the sends of this process;
 * instants are monotonic. */
struct park_sent {
	int64_t order;
	struct instant at;
	bool is_alone;
};
struct park_heard {
	int64_t order;		  /* the latest send that was answered */
	int64_t alone_order;	  /* of those that travelled alone */
	struct instant at;	  /* the last answer */
	struct instant alone_at;  /* the last one to what travelled alone */
	struct instant joined_at; /* the last newcomer */
};
/* A subscriber takes what travels alone after all others and one by one. A long queue of them says
 * nothing against the one that waits in it, as long as it moves, in order; if it does not move,
 * what others are answered counts. */
struct park_last park_last_of(
	enum park_answer answer, const struct park_sent *sent, const struct park_heard *heard);

/* Both stand on the marker, so that they outlive the process. */
struct park_count {
	int32_t sends;	/* that nobody answered, or that were refused */
	int32_t faults; /* of them while the group answered others */
};
struct park_count park_judge(struct park_count before, struct park_last last);

enum park_step {
	PARK_WAIT,  /* the group takes nothing now: nothing is sent, nothing counted */
	PARK_SEND,  /* among others */
	PARK_ALONE, /* a batch and a transaction of its own */
	PARK_ASIDE, /* with `park`: the subscriber sets it aside without looking into it */
	PARK_STEPS,
};
struct park_limits {
	int32_t alone_after; /* sends */
	int32_t park_after;  /* faults */
};
enum park_step park_next(struct park_count count, bool group_takes, struct park_limits limits);

/* --- the subscriber: where an event belongs that has its turn, or not --- */

struct park_place {
	int32_t seen;	 /* the row's cursor */
	int32_t waits;	 /* the last entry that was set aside and waits; 0: none */
	int32_t skipped; /* the last one that a person skipped; 0: none */
};
/* The next event that is wanted is one after this: applied, skipped or set aside. */
int32_t park_cursor(const struct park_place *place);
/* What has its turn joins the others instead of taking effect. */
bool park_is_open(const struct park_place *place);

#endif
