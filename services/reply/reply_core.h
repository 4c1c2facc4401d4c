/* The life of a reply: from a letter in hand to the answer in the citizen's hand. Pure: base only.
 * The life cycle is one table; steps that nobody has to take yet (approvals) are rows of a second
 * one, and become waits when their row there goes. */
#ifndef WL_REPLY_CORE_H
#define WL_REPLY_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/instant.h"
#include "base/str.h"

#define REPLY_TEXT_MAX	 20000 /* characters of a reply */
#define REPLY_REASON_MAX 200   /* characters of a channel's reason */
#define REPLY_TAKEN_MAX	 8     /* steps that one event can lead to */

/* Numbers are stored. */
enum reply_state {
	REPLY_UNKNOWN = 0,	 /* the letter or its unit has not been heard of yet */
	REPLY_OPEN = 1,		 /* in hand: letter and unit are known, nobody has answered */
	REPLY_SUBMITTED = 2,	 /* a draft waits for the unit's lead */
	REPLY_LEAD_APPROVED = 3, /* it waits for the reviewer */
	REPLY_APPROVED = 4,	 /* it waits to be sent */
	REPLY_REPLIED = 5,	 /* delivery is under way */
	REPLY_DELIVERED = 6,	 /* the channel handed it over */
	REPLY_UNDELIVERABLE = 7, /* the channel cannot */
	REPLY_CLOSED = 8,	 /* followup closed the case */
	REPLY_STATES
};

enum reply_event_kind {
	REPLY_EV_LETTER,	   /* intake accepted the letter */
	REPLY_EV_UNIT,		   /* dispatch chose the unit */
	REPLY_EV_READY,		   /* both are known */
	REPLY_EV_SUBMIT,	   /* somebody submits the text of the reply */
	REPLY_EV_APPROVE_LEAD,	   /* stage 1, unit_lead */
	REPLY_EV_APPROVE_REVIEWER, /* stage 2, reviewer */
	REPLY_EV_SEND,		   /* numbered for delivery */
	REPLY_EV_DELIVERED,	   /* the channel's DONE */
	REPLY_EV_UNDELIVERABLE,
	REPLY_EV_CLOSED, /* followup closed the case */
	REPLY_EVENTS
};

/* The service's row without the kit's part. Texts without value: not known yet. */
struct reply_case {
	int16_t state; /* enum reply_state */
	bool has_letter;
	bool has_unit;
	struct str channel;
	struct str klass;
	struct str type;
	struct str unit;
	int32_t draft; /* number of the last one; 0: none */
	struct str delivery_id;
	struct instant replied_at;
	struct instant delivered_at;
	struct instant closed_at;
};

struct reply_event {
	enum reply_event_kind kind;
	struct str channel; /* LETTER */
	struct str klass;
	struct str type;
	struct str unit;	   /* UNIT */
	struct str text;	   /* SUBMIT */
	struct instant replied_at; /* SUBMIT: as the unit dates it; none: now */
	struct str
		fresh_delivery_id; /* SUBMIT: the name that the next draft's delivery will have */
	struct str delivery_id;	   /* DELIVERED, UNDELIVERABLE: the one that is reported */
};

struct reply_decision {
	struct reply_case after;
	enum reply_event_kind taken[REPLY_TAKEN_MAX]; /* the steps, in order */
	size_t n_taken;
};

void reply_case_init(struct reply_case *file);

/* What an event leads to. On failure nothing happens and *out is untouched.
 * RES_INVALID    SUBMIT: the text is empty, too long or holds control characters
 * RES_RETRY      SUBMIT: letter or unit are not known here yet
 * RES_NOT_FOUND  DELIVERED, UNDELIVERABLE: another delivery is under way, or none
 * RES_CONFLICT   the state does not allow it; the text says the state and what is possible */
enum res reply_decide(const struct reply_case *file, const struct reply_event *event,
	struct instant now, struct reply_decision *out, struct err *err) must_check;

const char *reply_state_name(enum reply_state state);

/* What a channel says about a delivery, with numbers of seven digits and more and everything around
 * an @ starred out: it travels in events, which carry no contact data. masked: room for reason.n
 * bytes, all of which are written. */
void reply_reason_mask(struct str reason, char *masked);

#endif
