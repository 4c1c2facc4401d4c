/* The client library of Wangli's integrators: hand letters to the platform, get their receipts,
 * take the replies for your citizens. One client a process and spool folder, single-threaded,
 * polled:
 *
 *	wangli_open(&client, &options, &err);
 *	for (;;) {
 *		wangli_submit(client, &letter, &err);     // whenever there is one
 *		wangli_turn(client, SPAN_MS(200), &err);  // sends, waits, calls you back
 *	}
 *	wangli_close(client);
 *
 * What it promises. A letter that wangli_submit took is durable from the next wangli_turn on: it is
 * sent, and sent again for ever, until the platform has answered with a receipt or a refusal, over
 * crashes of this process too. A reply is given to on_deliver once: what you answered is kept in
 * the spool before the platform hears of it, and repeated when the platform asks again.
 *
 * What you must do. Name each letter once for ever (source_msg_id): the same name with the same
 * content gives the same receipt again, with other content a refusal. Expect a callback a second
 * time when the process was killed between your work and the spool's record of it. Call wangli_turn
 * at least every few seconds; from callbacks you may call wangli_submit, never turn or close.
 *
 * Ownership: texts (struct str) are borrowed on both sides: yours until the call returns, ours
 * until the callback returns. Text is UTF-8 without NUL. Results: base/res.h; a call that fails has
 * done nothing, unless it says otherwise. */
#ifndef WL_SDK_WANGLI_H
#define WL_SDK_WANGLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/instant.h"
#include "base/scoped.h"
#include "base/str.h"

#define WANGLI_GROUPS_MAX	 64
#define WANGLI_VAULT_KEY	 32 /* bytes of the platform's public key for contact data */
#define WANGLI_DIGEST		 32
#define WANGLI_SOURCE_ID_MAX	 250 /* bytes of source_msg_id */
#define WANGLI_REPLY_ADDRESS_MAX 1024
#define WANGLI_WINDOW		 500   /* letters under way at once, unless options say otherwise */
#define WANGLI_QUEUE		 20000 /* letters in the spool without an answer, likewise */

struct wangli;

/* Who wrote. Leaves this process encrypted; only the platform's vault can open it. */
struct wangli_contact {
	struct str name;
	struct str phone;
	struct str address;
	struct str account; /* the citizen's account or pseudonym on your channel */
};

struct wangli_letter {
	struct str source_msg_id; /* 1–250 bytes: your name for it, once for ever */
	struct str title;
	struct str body;
	struct instant written_at; /* INSTANT_NONE: unknown */
	struct str area;	   /* county-level code or name as you know it; may be empty */
	int32_t likes;
	struct str klass; /* "" or "report" (举报) */
	struct wangli_contact contact;
	struct str reply_address; /* where the answer goes, sealed by you for yourself; ≤ 1,024
				     bytes */
};

struct wangli_receipt {
	struct str source_msg_id;
	struct str case_number; /* CD0421786-3 */
	struct str query_code;	/* 6 digits */
	struct str digest;	/* WANGLI_DIGEST bytes over what was received */
	struct instant received_at;
	bool is_repeat; /* the platform had this letter already */
};

struct wangli_delivery {
	struct str delivery_id;	  /* the same each time it is sent */
	struct str source_msg_id; /* of the letter that is answered */
	struct str channel;
	struct str case_number;
	struct str text; /* the reply */
	struct str unit; /* who replies, for people */
	struct instant replied_at;
	struct str reply_address;
};

struct wangli_outcome {
	bool is_delivered; /* false: it can never be handed over, and reason says why */
	struct str reason; /* must live until wangli_turn returns; static text is best */
};

/* All may be NULL but those that you need. arg is handed back. */
struct wangli_callbacks {
	void *arg;
	void (*on_receipt)(void *arg, const struct wangli_receipt *receipt);
	/* The platform will never take this letter. why: RES_INVALID (wrong content), RES_CONFLICT
	 * (the same name with other content before), RES_DENIED (your key may not). It leaves the
	 * spool. */
	void (*on_refused)(void *arg, struct str source_msg_id, enum res why, struct str text);
	/* Hand the reply to the citizen and fill *out. Anything but RES_OK: not now; the platform
	 * sends it again later, and no outcome is kept. NULL: deliveries are left unanswered. */
	enum res (*on_deliver)(
		void *arg, const struct wangli_delivery *delivery, struct wangli_outcome *out);
	/* Called once after a row of on_deliver and before their outcomes are kept: make durable
	 * what you did there. Anything but RES_OK: none of these outcomes is kept. */
	enum res (*on_keep)(void *arg);
};

struct wangli_options {
	const char *address;	/* the door: "tcp://host:port" */
	const char *server_key; /* the door's public key, Z85 */
	const char *secret_key; /* your own, Z85 */
	uint8_t vault_key[WANGLI_VAULT_KEY];
	const char *spool;	   /* folder, made when missing; one process at a time */
	const char *channel;	   /* on whose behalf letters are submitted */
	const char *const *groups; /* channels whose replies you take; NULL-terminated, or NULL */
	size_t window;		   /* 0: WANGLI_WINDOW */
	size_t queue;		   /* 0: WANGLI_QUEUE */
	struct wangli_callbacks on;
};

/* Opens the spool, takes up what is unanswered in it, and begins to connect. options' texts are
 * copied. RES_CONFLICT: another process has this spool. RES_INVALID: a key or name is none.
 * RES_RETRY: the spool cannot be read or written. */
enum res wangli_open(
	struct wangli **out, const struct wangli_options *options, struct err *err) must_check;
void wangli_close(struct wangli *client); /* NULL is fine; what is unanswered stays in the spool */
SCOPED_DEFINE(wangli, struct wangli *, wangli_close)

/* Takes a letter; durable after the next wangli_turn. RES_OK too when this very letter waits in the
 * spool already. RES_CONFLICT: another letter of that name waits there. RES_INVALID: no name, not
 * UTF-8, a field too long. RES_TOO_BIG: over what one message may hold. RES_RETRY: the queue is
 * full; turn, then try again. */
enum res wangli_submit(
	struct wangli *client, const struct wangli_letter *letter, struct err *err) must_check;

/* Makes durable what was submitted, sends what may be sent, waits up to `wait` for something to
 * come in, calls back, keeps and sends outcomes. RES_RETRY: the spool's disk refuses; nothing that
 * is not durable was sent, and the same call may succeed later. */
enum res wangli_turn(struct wangli *client, struct span wait, struct err *err) must_check;

size_t wangli_unanswered(const struct wangli *client); /* letters in the spool without an answer */
bool wangli_is_up(const struct wangli *client);	       /* the door knows us and was heard lately */

#endif
