/* Private to the SDK: letters without an answer, and when each may be sent (again). In memory only
 * and a function of the times it is given; the spool makes it durable.
 *
 * WAITING → FLYING when sent · FLYING → WAITING after the time-out, a NACK, or a new connection ·
 * gone when answered. A NACK's retry_after holds back the whole outbox, not one letter: it is the
 * platform that is busy. But one of OUTBOX_ASIDE and more says that the letter itself was set aside
 * (quarantine): it waits alone, in ASIDE, and the others go on. */
#ifndef WL_SDK_OUTBOX_H
#define WL_SDK_OUTBOX_H

#include <stdbool.h>
#include <sys/queue.h>

#include "base/instant.h"
#include "base/map.h"
#include "base/str.h"

#define OUTBOX_FINGERPRINT 32
#define OUTBOX_ASIDE	   SPAN_S(60)

struct outbox_letter {
	TAILQ_ENTRY(outbox_letter) link;
	struct str id;
	struct str body;			 /* the message as it is sent, byte for byte */
	uint8_t fingerprint[OUTBOX_FINGERPRINT]; /* tells whether a second submit is the same */
	struct instant sent_at;
	struct instant aside_until; /* none: it is not set aside */
	int32_t attempt;
	bool is_flying;
	bool is_answered; /* told, but not kept yet */
};
TAILQ_HEAD(outbox_list, outbox_letter);

struct outbox {
	struct map *by_id;
	struct outbox_list waiting;
	struct outbox_list flying; /* in the order in which they were sent */
	size_t n_flying;
	struct outbox_list aside; /* few */
	struct instant hold_until;
};

void outbox_init(struct outbox *outbox);
void outbox_fini(struct outbox *outbox);
size_t outbox_count(const struct outbox *outbox);

/* Copies id and body. The id must not be there yet. */
struct outbox_letter *outbox_add(struct outbox *outbox, struct str id,
	const uint8_t fingerprint[OUTBOX_FINGERPRINT], struct str body);
/* Every letter without an answer, wherever it waits: what the spool must keep. */
void outbox_walk(const struct outbox *outbox,
	void (*each)(void *arg, const struct outbox_letter *letter), void *arg);
struct outbox_letter *outbox_find(const struct outbox *outbox, struct str id);
void outbox_remove(struct outbox *outbox, struct outbox_letter *letter);

/* The next letter to send, now counted as flying; NULL: none may be sent now. */
struct outbox_letter *outbox_next(struct outbox *outbox, struct instant now, size_t window);
/* Not taken: it waits again, and nothing is sent before now + after; for OUTBOX_ASIDE and more, it
 * alone is not. */
void outbox_refuse(
	struct outbox *outbox, struct outbox_letter *letter, struct instant now, struct span after);
/* Letters that were sent `timeout` ago or earlier wait again, and those whose time aside is over.
 */
void outbox_expire(struct outbox *outbox, struct instant now, struct span timeout);
/* A new connection: what was under way may be lost. */
void outbox_land(struct outbox *outbox);
/* When something may be due next, INSTANT_NONE: never by itself. */
struct instant outbox_due(const struct outbox *outbox, size_t window, struct span timeout);

#endif
