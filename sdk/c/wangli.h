/* The client library of Wangli's integrators: hand letters to the platform, get their receipts,
 * take the replies for your citizens. It keeps a spool folder, in which what must not be lost
 * survives your process. One client a spool folder; a client belongs to one thread; polled:
 *
 *	struct wangli_callbacks on;
 *	struct wangli_options options;
 *	struct wangli_error error;
 *	struct wangli *client;
 *	wangli_callbacks_init(&on);      // then fill what you need
 *	wangli_options_init(&options);
 *	if (wangli_open(&client, &options, &error) != WANGLI_OK) …
 *	for (;;) {
 *		wangli_submit(client, &letter, &error);  // whenever there is one
 *		wangli_turn(client, 200, &error);        // sends, waits, calls you back
 *	}
 *	wangli_close(client);
 *
 * WHAT IT PROMISES. A letter that wangli_submit took is durable when the next wangli_turn has
 * returned WANGLI_OK: it is sent, and sent again for ever, until the platform has answered with a
 * receipt or a refusal, over crashes of your process too. A reply is given to on_deliver once: what
 * you answered is kept in the spool before the platform hears of it, and repeated when the platform
 * asks again. While the platform is busy, the client keeps its retry time and sends less at once.
 *
 * WHAT YOU MUST DO. Name each letter once for ever (source_msg_id): the same name with the same
 * content gives the same receipt again, with other content a refusal. Expect a callback a second
 * time when your process ended between your work and the spool's record of it. Call wangli_turn at
 * least every few seconds. From callbacks you may call wangli_submit, wangli_object_ask,
 * wangli_state_ask, wangli_unanswered and wangli_is_up; never wangli_turn, wangli_adopt or
 *wangli_close.
 *
 * OWNERSHIP. Texts are borrowed on both sides: yours until the call returns, ours until the
 * callback returns; copy what you need longer. All text is UTF-8 without NUL.
 *
 * RESULTS. A call that fails has done nothing, unless it says otherwise; it writes a sentence for
 * people into its optional last argument (NULL: none is wanted). enum wangli_result says what to do
 * about it.
 *
 * TIMES are int64_t microseconds since 1970-01-01T00:00:00Z, with _us in the name;
 * WANGLI_TIME_UNKNOWN where there is none. Waits are int milliseconds, with _ms in the name.
 *
 * GROWING. Structures that you allocate begin with struct_bytes, which the init functions below (or
 * WANGLI_SIZED in an initialiser) fill with the size that your program was compiled with. New
 * members come at the end. A library takes an older, shorter structure and supposes zero for what
 * is missing; one that is longer than it knows is refused with WANGLI_INVALID, as your program
 * counts on something that this library does not do. Structures that the library hands you grow at
 * their end too, so run a program with a library at least as new as the header that it was compiled
 * with. Zero means "not given" in every member, today and later. */
#ifndef WANGLI_H
#define WANGLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define WANGLI_EXPORT	  __attribute__((visibility("default")))
#define WANGLI_MUST_CHECK __attribute__((warn_unused_result))
#else
#define WANGLI_EXPORT
#define WANGLI_MUST_CHECK
#endif

/* --- limits --- */

#define WANGLI_GROUPS_MAX	 64    /* channels of one client */
#define WANGLI_SOURCE_ID_MAX	 250   /* bytes of source_msg_id */
#define WANGLI_REPLY_ADDRESS_MAX 1024  /* bytes of reply_address */
#define WANGLI_ERROR_MAX	 511   /* bytes of an error's text */
#define WANGLI_DIGEST		 32    /* bytes of a receipt's digest */
#define WANGLI_WINDOW		 500   /* letters under way at once, unless options say otherwise */
#define WANGLI_QUEUE		 20000 /* letters in the spool without an answer, likewise */
#define WANGLI_ASKS_MAX		 64    /* wangli_object_ask and wangli_state_ask under way */
#define WANGLI_ATTACHMENTS_MAX	 9     /* of one letter */
#define WANGLI_ATTACHMENT_NAME	 200   /* bytes of its name */
#define WANGLI_TICKET_MAX	 512   /* bytes */
#define WANGLI_SHA256		 32    /* bytes */
#define WANGLI_MEDIA_TYPE_MAX	 100   /* bytes */

#define WANGLI_TIME_UNKNOWN	 ((int64_t)0)

/* --- words --- */

/* What a call came to, said as what you should do next. */
enum wangli_result {
	WANGLI_OK = 0,	      /* done */
	WANGLI_INVALID = 1,   /* give up: the input is wrong and stays wrong */
	WANGLI_DENIED = 2,    /* give up: you may not */
	WANGLI_NOT_FOUND = 3, /* there is no such thing */
	WANGLI_CONFLICT = 4,  /* somebody else has it, or it is another than it was */
	WANGLI_TOO_BIG = 5,   /* over a named maximum */
	WANGLI_RETRY = 6,     /* the outside world is away: later, with the same input */
	WANGLI_BUG = 7	      /* only a programming error, yours or ours, leads here */
};

/* "OK", "INVALID" and the like; static text. "?" for a number that is none. */
WANGLI_EXPORT const char *wangli_result_name(enum wangli_result result);

/* "0.1.0": of the library that is loaded, not of this header; static text. */
WANGLI_EXPORT const char *wangli_version(void);

/* Why a call failed, a sentence for people and logs; it holds no contact data and no key. */
struct wangli_error {
	char text[WANGLI_ERROR_MAX + 1];
};

/* Borrowed bytes; p may be NULL when n is 0. Not terminated: print it by "%.*s", (int)n, p. */
struct wangli_text {
	const char *p;
	size_t n;
};

static inline struct wangli_text wangli_text_of(const void *bytes, size_t n)
{
	struct wangli_text text;
	text.p = (const char *)bytes;
	text.n = n;
	return text;
}

/* NULL gives an empty text. */
static inline struct wangli_text wangli_text_from_c(const char *text)
{
	return wangli_text_of(text, text == NULL ? 0 : strlen(text));
}

/* { WANGLI_SIZED(struct wangli_letter), .title = … }: for initialisers with names (C99). */
#define WANGLI_SIZED(type) .struct_bytes = sizeof(type)

/* --- letters --- */

/* Who wrote. Leaves your process encrypted; only the platform's vault can open it. Each may be
 * empty. This structure never grows: what is new comes into wangli_letter. */
struct wangli_contact {
	struct wangli_text name;    /* 1,000 bytes at most */
	struct wangli_text phone;   /* 200 bytes at most */
	struct wangli_text address; /* 2,000 bytes at most */
	struct wangli_text account; /* the citizen's account or pseudonym on your channel; 1,000 */
};

/* A photo or document that was uploaded before. This structure never grows. */
struct wangli_attachment {
	struct wangli_text name;	     /* for people, "photo.jpg": 1 to 200 bytes, no path */
	struct wangli_text ticket;	     /* what the upload answered: wangli_ticket_read */
	unsigned char sha256[WANGLI_SHA256]; /* of the bytes that were uploaded */
};

struct wangli_letter {
	size_t struct_bytes;
	struct wangli_text source_msg_id; /* 1 to 250 bytes: your name for it, once for ever */
	struct wangli_text title;
	struct wangli_text body;
	int64_t written_at_us;	  /* when the citizen wrote it */
	struct wangli_text area;  /* county-level code or name as you know it; may be empty */
	int32_t likes;		  /* 0 or more */
	struct wangli_text klass; /* empty, or "report" (举报) */
	struct wangli_contact contact;
	struct wangli_text reply_address; /* where the answer goes, sealed by you for yourself:
					   * comes back with the delivery; 1,024 bytes at most */
	const struct wangli_attachment *attachments; /* WANGLI_ATTACHMENTS_MAX at most. The
						      * letter is the same under other tickets
						      * for the same bytes and names */
	size_t n_attachments;
};

static inline void wangli_letter_init(struct wangli_letter *letter)
{
	memset(letter, 0, sizeof *letter);
	letter->struct_bytes = sizeof *letter;
}

/* The platform has the letter, durably, and answers for it from now on. */
struct wangli_receipt {
	struct wangli_text source_msg_id;
	struct wangli_text case_number; /* for people: CD0421786-3 */
	struct wangli_text query_code;	/* 6 digits: with the number it opens the case to its
					 * citizen. Give it to nobody else */
	struct wangli_text digest;	/* WANGLI_DIGEST bytes over what was received */
	int64_t received_at_us;		/* when it was committed */
	bool is_repeat;			/* the platform had this letter already */
};

/* The platform will never take this letter. */
struct wangli_refusal {
	struct wangli_text source_msg_id;
	enum wangli_result why;	 /* INVALID: wrong content. CONFLICT: the same name with other
				  * content before. DENIED: your key may not */
	struct wangli_text text; /* for people */
};

/* --- deliveries --- */

/* Something for the citizen who wrote. */
struct wangli_delivery {
	struct wangli_text delivery_id;	  /* the same each time it is sent */
	struct wangli_text source_msg_id; /* of the letter that is answered */
	struct wangli_text channel;
	struct wangli_text case_number;
	struct wangli_text text; /* what to tell the citizen */
	struct wangli_text unit; /* who replies, for people */
	int64_t replied_at_us;
	struct wangli_text reply_address; /* as the letter gave it */
	struct wangli_text what; /* "reply"; "refusal": the letter is not accepted, and text says
				  * why and where to turn. Take an unknown word for "reply" */
};

/* What became of a delivery. The library clears it before you fill it. */
struct wangli_outcome {
	bool is_delivered;	   /* false: it can never be handed over, and reason says why */
	struct wangli_text reason; /* must live until wangli_turn returns; static text is best */
};

/* What is known of a delivery whose provider may or may not have been called. */
enum wangli_doubt {
	WANGLI_DOUBT_UNKNOWN = 0,      /* a person at the platform has to find out */
	WANGLI_DOUBT_DELIVERED = 1,    /* it was handed over */
	WANGLI_DOUBT_NOT_DELIVERED = 2 /* it was not: on_deliver is called (again) */
};

/* --- statuses --- */

/* What people see of a letter now (docs/states.md of the platform). Only the newest is sent: one
 * that was passed while nobody listened is never told. It may come twice, and an older one after a
 * newer: `version` grows with every change of this case, and what is below may be thrown away. */
struct wangli_status {
	struct wangli_text source_msg_id;
	struct wangli_text channel;
	struct wangli_text case_number;
	struct wangli_text state; /* "RECEIVED", "IN_PROGRESS", "CLOSED" and the like */
	int64_t at_us;		  /* since when */
	int64_t version;
	struct wangli_text unit; /* who has it, for people; empty: nobody yet */
	int64_t due_us;		 /* until when that unit resolves it; WANGLI_TIME_UNKNOWN: none */
};

/* --- uploads --- */

/* May these bytes be uploaded? Then PUT them to the answer's url, with the headers "Authorization:
 * Bearer <right>", Content-Type and Content-Length, by any HTTP client that verifies certificates;
 * 201 or 200 and a document that wangli_ticket_read reads. A ticket lasts for days, not for ever: a
 * letter that waited longer in the spool is refused (INVALID, the text says so). Then ask again,
 * upload again unless there is a ticket at once, and submit it again under the same name. */
struct wangli_object_ask {
	size_t struct_bytes;
	uint64_t tag; /* yours; comes back with the answer */
	unsigned char sha256[WANGLI_SHA256];
	int64_t size_bytes;
	struct wangli_text media_type; /* "image/jpeg"; the content decides, this must agree */
};

static inline void wangli_object_ask_init(struct wangli_object_ask *ask)
{
	memset(ask, 0, sizeof *ask);
	ask->struct_bytes = sizeof *ask;
}

struct wangli_object {
	uint64_t tag;
	unsigned char sha256[WANGLI_SHA256];
	enum wangli_result result; /* OK. INVALID: it cannot be, text says why. DENIED: your key may
				    * not */
	struct wangli_text text;   /* for people, when it is not OK */
	struct wangli_text
		ticket; /* not empty: the platform has it already, nothing is to be sent */
	struct wangli_text url;
	struct wangli_text right;
	int64_t expires_us; /* of the right */
};

/* --- a channel's own state --- */

/* Small values under names, kept by the platform for all replicas of a channel: a checkpoint, a
 * dialogue, a token. Sealed here with options.state_key, so that the platform cannot read them.
 * A lease says which replica may write a name: while somebody else holds it, a put is refused. */
#define WANGLI_STATE_NAME_MAX	100   /* bytes */
#define WANGLI_STATE_HOLDER_MAX 64    /* bytes */
#define WANGLI_STATE_VALUE_MAX	65496 /* bytes */

enum wangli_state_what {
	WANGLI_STATE_GET = 1,	 /* name */
	WANGLI_STATE_PUT = 2,	 /* name, value, if_version, holder when there is a lease */
	WANGLI_STATE_REMOVE = 3, /* name, if_version, holder when there is a lease */
	WANGLI_STATE_LEASE = 4	 /* name, holder, lease_ms */
};

struct wangli_state_ask {
	size_t struct_bytes;
	uint64_t tag; /* yours; comes back with the answer */
	enum wangli_state_what what;
	struct wangli_text name;
	struct wangli_text value;
	int64_t if_version;	   /* the version that it replaces; 0: there must be none yet */
	struct wangli_text holder; /* a random name of this replica */
	int64_t lease_ms;	   /* 1,000 to 600,000 from the commit on; 0: give it back */
};

static inline void wangli_state_ask_init(struct wangli_state_ask *ask)
{
	memset(ask, 0, sizeof *ask);
	ask->struct_bytes = sizeof *ask;
}

/* The answer to a question, with what is there now as far as it was told. */
struct wangli_state {
	uint64_t tag;
	enum wangli_state_what what;
	struct wangli_text name;
	enum wangli_result result; /* OK: read, or done. CONFLICT: refused, text says why: read
				    * again and decide anew. INVALID: it can never be, or the value
				    * was sealed with another key. DENIED: your key may not */
	struct wangli_text text;   /* for people, when it is not OK */
	int64_t version;	   /* 0: there is no value */
	struct wangli_text value;
	struct wangli_text holder; /* who holds the lease; empty: nobody */
	int64_t lease_left_ms;
};

/* --- the client --- */

/* What the client calls, inside wangli_turn only. All may be NULL but those that you need; arg is
 * handed back. */
struct wangli_callbacks {
	size_t struct_bytes;
	void *arg;
	/* A letter has its receipt. It leaves the spool once on_keep has agreed. Lost the receipt?
	 * Submit the same letter again, and the same receipt comes. */
	void (*on_receipt)(void *arg, const struct wangli_receipt *receipt);
	/* A letter is refused for good. It leaves the spool once on_keep has agreed. */
	void (*on_refused)(void *arg, const struct wangli_refusal *refusal);
	/* Hand the delivery to the citizen and fill *out. Anything but WANGLI_OK: not now; the
	 * platform sends it again later, and no outcome is kept. NULL: deliveries are left
	 * unanswered. */
	enum wangli_result (*on_deliver)(
		void *arg, const struct wangli_delivery *delivery, struct wangli_outcome *out);
	/* Called once after a row of the calls above and before the spool keeps what they were
	 * about: make durable what you did there, then return WANGLI_OK. Anything else: nothing of
	 * that row is kept, and all of it comes again. NULL: as if it returned WANGLI_OK. */
	enum wangli_result (*on_keep)(void *arg);
	/* What people see of a letter has changed; at least once each. With this callback every
	 * letter that is submitted asks for it, and its groups (options.groups, 32 at most then)
	 * are listened to. It comes again until on_keep has agreed. */
	void (*on_status)(void *arg, const struct wangli_status *status);
	/* The answer to a wangli_state_ask, once each. You may ask the next question from here. */
	void (*on_state)(void *arg, const struct wangli_state *state);
	/* With options.claims: on_deliver may have been called for this delivery, and its outcome
	 * was not kept (your process ended in between, or on_keep refused). Ask your provider, if
	 * it can tell. NULL: as if it returned WANGLI_DOUBT_UNKNOWN. */
	enum wangli_doubt (*on_doubt)(void *arg, const struct wangli_delivery *delivery);
	/* The answer to a wangli_object_ask, once each. */
	void (*on_object)(void *arg, const struct wangli_object *object);
};

static inline void wangli_callbacks_init(struct wangli_callbacks *on)
{
	memset(on, 0, sizeof *on);
	on->struct_bytes = sizeof *on;
}

/* Keys are texts as they stand in the files that the platform's operator gives out, without white
 * space around them. */
struct wangli_options {
	size_t struct_bytes;
	const char *address;	   /* the door: "tcp://host:port". Several with commas between, or
				      a name with several addresses: one is used at a time, another
				      when it goes away or falls silent */
	const char *server_key;	   /* the door's public key, Z85: 40 characters */
	const char *secret_key;	   /* your own, Z85: 40 characters */
	const char *vault_key;	   /* the platform's public key for contact data, base64 */
	const char *spool;	   /* folder, made when missing, with its parents (0700) */
	const char *channel;	   /* on whose behalf letters are submitted */
	const char *const *groups; /* channels whose deliveries you take, closed by NULL; or NULL */
	size_t window;		   /* letters under way at once; 0: WANGLI_WINDOW */
	size_t queue;		   /* letters in the spool without an answer; 0: WANGLI_QUEUE */
	const struct wangli_callbacks *on;
	const char *state_key; /* for wangli_state_ask: 32 bytes in base64, the same in all of your
				* replicas, known to nobody else; or NULL */
	const char *source;    /* your name at the platform, to which values are bound; NULL: as
				* your channel */
	bool claims;	  /* your provider hands over twice what it is given twice: each delivery
			   * is claimed first, so that of all your replicas one calls on_deliver,
			   * once. It costs a round trip and two writes to the disk more */
	char reserved[7]; /* zero */
};

static inline void wangli_options_init(struct wangli_options *options)
{
	memset(options, 0, sizeof *options);
	options->struct_bytes = sizeof *options;
}

struct wangli;

/* Opens the spool, takes up what is unanswered in it, and begins to connect (in the background:
 * wangli_is_up says when it has). All of *options is copied, with what it points to. On success
 * *out is yours until wangli_close; otherwise it is untouched.
 * WANGLI_CONFLICT  another client, here or in another process, has this spool
 * WANGLI_INVALID   a key, name or size is none, or the spool holds letters of another channel;
 *                  nothing will help but other options
 * WANGLI_DENIED    you may not read or write the spool
 * WANGLI_RETRY     the spool cannot be read or written */
WANGLI_EXPORT enum wangli_result wangli_open(struct wangli **out,
	const struct wangli_options *options, struct wangli_error *error) WANGLI_MUST_CHECK;

/* Makes durable what was submitted, as far as the disk allows, and ends the session; what is
 * unanswered stays in the spool for whoever opens it next. NULL is fine. */
WANGLI_EXPORT void wangli_close(struct wangli *client);

/* Takes a letter; durable once the next wangli_turn has returned WANGLI_OK. WANGLI_OK too when this
 * very letter waits in the spool already.
 * WANGLI_CONFLICT  another letter of that name waits there, or this one from before your secret_key
 *                  was changed: what waits is sent all the same
 * WANGLI_INVALID   no name, not UTF-8, or a field too long: the error names it
 * WANGLI_TOO_BIG   over what one message may hold
 * WANGLI_RETRY     the queue is full: turn, then try again */
WANGLI_EXPORT enum wangli_result wangli_submit(struct wangli *client,
	const struct wangli_letter *letter, struct wangli_error *error) WANGLI_MUST_CHECK;

/* Makes durable what was submitted, sends what may be sent, waits up to wait_ms (1,000 at most; 0:
 * not at all) for something to come in, calls back, keeps and sends outcomes. It returns early when
 * something came in.
 * WANGLI_RETRY     the spool's disk refuses (WANGLI_DENIED: for good, as it looks): nothing that is
 *                  not durable was sent, and the same call may succeed later */
WANGLI_EXPORT enum wangli_result wangli_turn(
	struct wangli *client, int wait_ms, struct wangli_error *error) WANGLI_MUST_CHECK;

/* Asks for the right to upload; on_object has the answer, in a later wangli_turn. The question is
 * sent again until it is answered; it is forgotten with the client.
 * WANGLI_INVALID   size_bytes or media_type is out of bounds
 * WANGLI_RETRY     WANGLI_ASKS_MAX questions are under way: turn, then try again */
WANGLI_EXPORT enum wangli_result wangli_object_ask(struct wangli *client,
	const struct wangli_object_ask *ask, struct wangli_error *error) WANGLI_MUST_CHECK;

/* The ticket in the document that an upload was answered with (201 or 200).
 * WANGLI_INVALID   it holds none; out and *out_bytes are untouched */
WANGLI_EXPORT enum wangli_result wangli_ticket_read(struct wangli_text json,
	uint8_t out[WANGLI_TICKET_MAX], size_t *out_bytes,
	struct wangli_error *error) WANGLI_MUST_CHECK;

/* Asks the state store; on_state has the answer, in a later wangli_turn. The question is sent again
 * until it is answered, and done once; it is forgotten with the client.
 * WANGLI_INVALID   no state_key was given, or a name, holder or number is out of bounds
 * WANGLI_TOO_BIG   the value
 * WANGLI_RETRY     WANGLI_ASKS_MAX questions are under way: turn, then try again */
WANGLI_EXPORT enum wangli_result wangli_state_ask(struct wangli *client,
	const struct wangli_state_ask *ask, struct wangli_error *error) WANGLI_MUST_CHECK;
/* Takes over what a client of the same channel and the same secret_key left in its spool folder
 * when it died: its unanswered letters, byte for byte as it would have sent them, and the outcomes
 * of its deliveries. They are durable with this client before they go from there; afterwards
 * neither the dead one, should it start again, nor another heir sends them again. Called again
 * after a crash at any point, it goes on: nothing is lost, and nothing takes effect twice.
 *
 * The folder must be the real one, or a copy of one that nobody opens any more. That its owner is
 * dead is seen by its lock, flock(2): where a network file system does not carry that, see to it
 * yourself. *out_letters (NULL: not wanted) is how many letters came that this client did not have;
 * its queue may grow over options.queue.
 *
 * WANGLI_OK        also when there was nothing left in it
 * WANGLI_CONFLICT  its owner lives, or another heir is at it
 * WANGLI_INVALID   it is of another channel: nothing was done. Or letters there have the names of
 *                  letters that wait here, with other content (or under another secret_key): all
 *                  else was taken, *out_letters is set, these are left there, and the error names
 *                  the first of them
 * WANGLI_NOT_FOUND there is no spool
 * WANGLI_DENIED    you may not read or write it
 * WANGLI_RETRY     a disk refuses: part of it may be done, call again */
WANGLI_EXPORT enum wangli_result wangli_adopt(struct wangli *client, const char *folder,
	size_t *out_letters, struct wangli_error *error) WANGLI_MUST_CHECK;

/* Letters in the spool without an answer. */
WANGLI_EXPORT size_t wangli_unanswered(const struct wangli *client);

/* The door knows us and was heard lately. */
WANGLI_EXPORT bool wangli_is_up(const struct wangli *client);

#ifdef __cplusplus
}
#endif

#endif
