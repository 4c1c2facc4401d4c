/* Who may have how many letters under way to intake. The door keeps no queue: what is over a share
 * is told BUSY and waits in its integrator's spool. Pure: the counts are the caller's, time is
 * given in.
 *
 * The window is divided by one threshold that follows from what is free: whoever holds fewer than
 * EDGE_SHARE_KEEN times the free places gets one. So those who want little have what they want,
 * those who want more than there is have all the same (max-min), a newcomer finds a place at once
 * since with n greedy ones a part of 1 in 4n + 1 stays free, and no letter costs more than a few
 * comparisons.
 *
 * A part of the window is the reserve of some channels. What of it they have not needed lately is
 * lent to all, half of it at most: the other half is there when they come. Beyond their reserve
 * they stand in line like everybody.
 *
 * The window is as large as intake keeps up with: smaller by an eighth when intake says BUSY or
 * takes longer than the patience to answer, once an answer's time; larger by a quarter of a letter
 * with each answer in time; never under a sixteenth of the setting. */
#ifndef WL_EDGE_SHARE_CORE_H
#define WL_EDGE_SHARE_CORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/instant.h"

#define EDGE_SHARE_KEEN	    4
#define EDGE_SHARE_LEAST_MS 20 /* of a retry time */
#define EDGE_SHARE_MOST_MS  2000

enum edge_pool { EDGE_POOL_COMMON, EDGE_POOL_RESERVE, EDGE_POOLS };

/* What one source has under way; all 0 at first. */
struct edge_account {
	int32_t held[EDGE_POOLS];
};

struct edge_share {
	int32_t most;	     /* letters under way in all, as the setting says */
	int32_t reserve_pct; /* of it */
	struct span patience;
	int64_t open_milli; /* the window now, in thousandths of a letter */
	int32_t held[EDGE_POOLS];
	int32_t holders[EDGE_POOLS]; /* sources that hold something */
	int32_t needed[2]; /* the most that reserved letters held in this and the last slice of time
			    */
	struct instant sliced_at; /* none: not yet */
	struct instant shrunk_at; /* none: never */
	int64_t wait_us;	  /* how long an answer takes, smoothed */
};

void edge_share_init(
	struct edge_share *share, int32_t most, int32_t reserve_pct, struct span patience);
int32_t edge_share_window(const struct edge_share *share); /* letters under way, at this moment */

/* Whether one more letter of this source may go, and on which account. Nothing is taken yet. */
bool edge_share_may(const struct edge_share *share, const struct edge_account *account,
	bool is_reserved, enum edge_pool *out_pool);
void edge_share_take(struct edge_share *share, struct edge_account *account, enum edge_pool pool,
	bool is_reserved, struct instant now);
void edge_share_give(struct edge_share *share, struct edge_account *account, enum edge_pool pool);
/* When somebody who was over his share should come again: after about one answer's time. */
int32_t edge_share_retry_ms(const struct edge_share *share);

/* Intake answered a letter that was under way for so long. */
void edge_share_answered(struct edge_share *share, struct span waited, struct instant now);
/* Intake, or the broker for it, said BUSY to a letter of this source, which is given back already.
 * Returns the time to tell: as short as can be to one who is within his share, the others wait. */
int32_t edge_share_busy(struct edge_share *share, const struct edge_account *account,
	bool is_reserved, int32_t told_ms, struct instant now);

#endif
