/* What is to be done next for a letter that is played with the people in it: from what the services
 * publish of the case, whoever took the steps so far. Pure. */
#ifndef WL_IMPORT_REPLAY_CORE_H
#define WL_IMPORT_REPLAY_CORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

/* States by the names of the published views; "" where the service has no row yet. */
struct replay_facts {
	struct str intake;
	struct str dispatch;
	struct str reply;
	struct str followup;
	struct str unit; /* "" none: not dispatched, or answered directly */
	bool is_contacted;
	bool is_rated; /* in this round of the follow-up */
	int32_t draft;
	int32_t visits; /* of this round */
	int32_t redo;
};

/* What the file and the city's road want. */
struct replay_wish {
	bool is_reply_due;
	bool has_rating;
	bool has_people; /* in the steps before the reply: they are taken at the letter's time */
};

enum replay_step {
	REPLAY_ACCEPT,
	REPLAY_DISPATCH,
	REPLAY_SIGN,
	REPLAY_CONTACT,
	REPLAY_SUBMIT,
	REPLAY_APPROVE_LEAD,
	REPLAY_APPROVE_REVIEWER,
	REPLAY_RATE,
	REPLAY_STEPS
};
const char *replay_step_name(enum replay_step step); /* "approve_lead" */

enum replay_kind {
	REPLAY_TAKE, /* a step: take it */
	REPLAY_WAIT, /* for the services, who are at it */
	REPLAY_REST, /* until time goes on */
	REPLAY_DONE, /* closed */
	REPLAY_LOST, /* somebody else has ended it otherwise: not accepted */
};

struct replay_move {
	enum replay_kind kind;
	enum replay_step step; /* REPLAY_TAKE */
	int32_t n;	       /* the how-maniest of its kind in this case, from 1 */
};
struct replay_move replay_next(const struct replay_facts *facts, const struct replay_wish *wish);

/* The reply is out: the unit's, or an article of the knowledge base. */
bool replay_is_answered(const struct replay_facts *facts);
bool replay_is_answered_directly(const struct replay_facts *facts);

/* "5", or as people say it: 很满意 5, 满意 4, 基本满意 3, 不满意 2, 很不满意 1. 0: no rating. */
int32_t replay_rating_read(struct str text);
const char *replay_rating_solved(int32_t rating); /* "yes", "partly", "no" */

#endif
