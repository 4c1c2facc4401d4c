/* What a client of several brokers decides: which line a message takes, how its window is divided,
 * who gets credit back, which address is tried next. Pure. */
#ifndef WL_PEER_LINES_CORE_H
#define WL_PEER_LINES_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINES_SHARE_LEAST 30 /* messages: a third of it is closed to letters */
#define LINES_NONE	  SIZE_MAX

uint64_t lines_mix(uint64_t x);			 /* splitmix64's finaliser */
uint64_t lines_score(uint64_t of, uint64_t key); /* rendezvous: the highest is chosen */

enum lines_use {
	LINES_ASK,     /* something new, to be answered */
	LINES_OUTCOME, /* DONE: needs credit, but ends what was begun */
	LINES_ANSWER   /* needs no credit */
};

/* What is known of a line when one is chosen. */
struct line_facts {
	uint64_t id;	  /* of its address: the same in every process */
	bool is_up;	  /* the far side has welcomed us */
	bool is_draining; /* and has said BYE */
	bool is_young;	  /* welcomed a moment ago: others may not have found it yet */
	bool is_quiet;	  /* nothing heard for longer than heartbeats take */
	bool is_refusing; /* it has just said that this group takes nothing over it */
};

/* Among lines that are up, and not draining for what is new, the best by what is known: first one
 * that is heard, then one whose group takes messages, then one that is no newcomer; among equals
 * the key decides. A doubtful line is better than none. LINES_NONE: nobody is up. */
size_t lines_pick(const struct line_facts *lines, size_t n, enum lines_use use, uint64_t key);
/* One refused: is there another over which it may go at once? */
bool lines_have_better(const struct line_facts *lines, size_t n, size_t refused);

/* What of a window each of n lines gets. */
int32_t lines_share(int32_t window, size_t n);
/* Gives credit back, one by one to whoever has most outstanding: adds to give[] what each line is
 * given, never more than is outstanding there. */
void lines_give(const int32_t *outstanding, size_t n, int32_t credit, int32_t *give);

struct line_place {
	uint64_t id;
	bool is_taken;	   /* a line stands there */
	int64_t failed_us; /* when one was given up there; INT64_MIN: never */
};
/* Where the next line goes: where none failed or the longest ago, the highest score of `self` among
 * equals, so that clients spread. LINES_NONE: everywhere stands one. */
size_t lines_next(const struct line_place *places, size_t n, uint64_t self);

#endif
