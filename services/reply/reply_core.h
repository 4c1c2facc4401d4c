/* The life of a reply: from a letter in hand to the answer in the citizen's hand, or the notice
 * that it was refused. Pure: base only. The life cycle is one table (reply_steps.def); a second one
 * says which steps the system takes by itself as soon as it may. */
#ifndef WL_REPLY_CORE_H
#define WL_REPLY_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/instant.h"
#include "base/life.h"
#include "base/str.h"

#define REPLY_TEXT_MAX	      20000 /* characters of a reply */
#define REPLY_REASON_MAX      200   /* characters of a channel's reason */
#define REPLY_REJECTION_MAX   500   /* characters of a rejection's reason */
#define REPLY_NOTE_MAX	      200   /* characters of how a delivery was verified */
#define REPLY_CLAIM_ID_LEAST  16
#define REPLY_CLAIM_ID_MOST   64
#define REPLY_TAKEN_MAX	      8		/* steps that one event can lead to */
#define REPLY_TYPE_ANSWERABLE "consult" /* what the knowledge base answers */

/* Numbers are stored. */
enum reply_state {
#define STATE(name, number, meaning) REPLY_##name = number,
#include "reply_states.def"
#undef STATE
	REPLY_STATES
};

enum reply_event_kind {
#define EVENT(name, source, meaning) REPLY_EV_##name,
#include "reply_events.def"
#undef EVENT
	REPLY_EVENTS
};

/* The service's row without the kit's part. Texts without value: not known yet. */
struct reply_case {
	int16_t state; /* enum reply_state */
	bool has_letter;
	bool has_unit;
	bool is_signed;
	struct str channel;
	struct str klass;
	struct str type;
	struct str unit;
	int32_t draft;		 /* number of the last one; 0: none */
	struct str author;	 /* the name of who made it: may not approve it */
	struct str draft_digest; /* of its text */
	int64_t kb_article;	 /* the last draft is this article; 0: a unit's */
	struct str delivery_id;	 /* under way, or the last one */
	int32_t fence;		 /* how often this delivery was claimed */
	struct str claim_id;	 /* of the claim that is out or in doubt; else no value */
	struct instant replied_at;
	struct instant delivered_at;
	struct instant closed_at;
};

/* What the core needs to know of an article; its text is the draft's. */
struct reply_article {
	int64_t id;
	struct str text;
	struct str unit; /* who vouches for it */
};

struct reply_event {
	enum reply_event_kind kind;
	struct actor actor; /* of a command; facts and the system's own steps: ROLE_SYSTEM */
	struct str channel; /* LETTER, REFUSED */
	struct str klass;
	struct str type;	      /* LETTER */
	int64_t kb_article;	      /* LETTER, ANSWER: the one that is asked for; 0: none */
	struct reply_article article; /* it; id 0: there is none that holds today */
	struct str unit;	      /* UNIT, REDO */
	struct str
		text; /* SUBMIT: of the draft; REJECT: the reason; FOUND, RESENT: how it is known */
	struct instant replied_at;    /* SUBMIT: as the unit dates it; none: now */
	int32_t draft;		      /* APPROVE, REJECT: the one that was read; 0: the last one */
	struct str draft_digest;      /* SUBMIT, ANSWER, LETTER: of the text that becomes a draft */
	struct str fresh_delivery_id; /* what the delivery of a draft will be called that is sent
					 now */
	struct str delivery_id;	      /* DELIVERED, UNDELIVERABLE, DOUBTED, CLAIMED, FOUND, RESENT:
					 the one that is spoken of; FOUND, RESENT: may be none */
	struct str claim_id;	      /* CLAIMED: the claimer's own name for it */
	int32_t fence; /* DELIVERED, UNDELIVERABLE, DOUBTED: of the claim that it is the
			  word of; 0: the last one, or nobody claimed */
};

/* Who approves, by ref.road. */
struct reply_rules {
	bool is_lead_system;
	bool is_reviewer_system;
};

struct reply_taken {
	enum reply_event_kind kind;
	enum reply_state from;
	bool is_systems; /* nobody asked for it: journalled as the system's */
};

struct reply_decision {
	struct reply_case after;
	struct reply_taken taken[REPLY_TAKEN_MAX]; /* the steps, in order */
	size_t n_taken;
	int32_t fence; /* DELIVERED, UNDELIVERABLE, FOUND: of the claim that it came by; 0: none */
	bool may_be_double; /* an earlier claim had succeeded after all, while a later one is out */
};

void reply_case_init(struct reply_case *file);

/* What an event leads to. On failure nothing happens and *out is untouched.
 * RES_DENIED     the role never takes that step, or not now; the case is with another unit; the
 * author approves the own draft RES_INVALID    a text that is empty, too long or holds control
 * characters RES_RETRY      SUBMIT, ANSWER: what they need is not known here yet RES_NOT_FOUND
 * DELIVERED, UNDELIVERABLE, DOUBTED: another delivery is under way, or none, or it is the word of
 * an earlier claim that says nothing of the present one; ANSWER: no such article today RES_CONFLICT
 * the state does not allow it; the text says the state and what is possible instead
 */
enum res reply_decide(const struct reply_case *file, const struct reply_event *event,
	const struct reply_rules *rules, struct instant now, struct reply_decision *out,
	struct err *err) must_check;

/* The claim that is asked for is out already under this claim_id: the same GO again, nothing to
 * decide. */
bool reply_claim_is_repeated(const struct reply_case *file, const struct reply_event *event);
/* Something is on its way to the citizen: DELIVER goes on being sent, a marker stands. */
bool reply_is_under_way(int state);
bool reply_is_sending(int state);  /* claimed, no word yet */
bool reply_is_in_doubt(int state); /* a person has to ask the provider */
/* The notice of a refusal, not a reply. */
bool reply_is_notice(int state);

const char *reply_state_name(int state);
/* The table, for tests. */
const struct life *reply_life(void);

/* 1 for what is SUBMITTED (unit_lead), 2 for what is LEAD_APPROVED (reviewer). */
int32_t reply_stage(enum reply_state from);
enum role reply_stage_role(int32_t stage);

/* The text of a draft or an article. RES_INVALID: none, over REPLY_TEXT_MAX characters, control
 * characters. */
enum res reply_text_check(
	struct str text, const char *what, size_t chars_max, struct err *err) must_check;

/* What a channel says about a delivery, with numbers of seven digits and more and everything around
 * an @ starred out: it travels in events, which carry no contact data. masked: room for reason.n
 * bytes, all of which are written. */
void reply_reason_mask(struct str reason, char *masked);

#endif
