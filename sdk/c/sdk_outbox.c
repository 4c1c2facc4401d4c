/* The outbox: two lists and a map. See sdk_outbox.h. */
#include "sdk/sdk_outbox.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"

void outbox_init(struct outbox *outbox)
{
	*outbox = (struct outbox){ .by_id = map_create(), .hold_until = INSTANT_NONE };
	TAILQ_INIT(&outbox->waiting);
	TAILQ_INIT(&outbox->flying);
	TAILQ_INIT(&outbox->aside);
}

static void list_free(struct outbox_list *list)
{
	while (!TAILQ_EMPTY(list)) {
		struct outbox_letter *letter = TAILQ_FIRST(list);
		TAILQ_REMOVE(list, letter, link);
		free(letter);
	}
}

void outbox_fini(struct outbox *outbox)
{
	if (outbox->by_id == NULL)
		return;
	list_free(&outbox->waiting);
	list_free(&outbox->flying);
	list_free(&outbox->aside);
	map_destroy(outbox->by_id);
	outbox->by_id = NULL;
}

size_t outbox_count(const struct outbox *outbox)
{
	return map_count(outbox->by_id);
}

struct outbox_letter *outbox_add(struct outbox *outbox, struct str id,
	const uint8_t fingerprint[OUTBOX_FINGERPRINT], struct str body)
{
	struct outbox_letter *letter = calloc(1, sizeof *letter + id.n + body.n);
	CHECK(letter != NULL);
	char *text = (char *)(letter + 1);
	memcpy(text, id.p, id.n);
	memcpy(text + id.n, body.p, body.n);
	letter->id = str_of(text, id.n);
	letter->body = str_of(text + id.n, body.n);
	letter->sent_at = INSTANT_NONE;
	letter->aside_until = INSTANT_NONE;
	memcpy(letter->fingerprint, fingerprint, OUTBOX_FINGERPRINT);
	CHECK(map_get(outbox->by_id, id) == NULL);
	map_put(outbox->by_id, letter->id, letter);
	TAILQ_INSERT_TAIL(&outbox->waiting, letter, link);
	return letter;
}

void outbox_walk(const struct outbox *outbox,
	void (*each)(void *arg, const struct outbox_letter *letter), void *arg)
{
	const struct outbox_list *lists[] = { &outbox->flying, &outbox->waiting, &outbox->aside };
	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
		const struct outbox_letter *letter;
		TAILQ_FOREACH(letter, lists[i], link)
		{
			each(arg, letter);
		}
	}
}

struct outbox_letter *outbox_find(const struct outbox *outbox, struct str id)
{
	return map_get(outbox->by_id, id);
}

/* Takes a letter out of the air. */
static void letter_land(struct outbox *outbox, struct outbox_letter *letter)
{
	CHECK(letter->is_flying);
	letter->is_flying = false;
	TAILQ_REMOVE(&outbox->flying, letter, link);
	outbox->n_flying--;
}

/* Takes a letter out of whichever list it is in. */
static void letter_take(struct outbox *outbox, struct outbox_letter *letter)
{
	if (letter->is_flying)
		letter_land(outbox, letter);
	else if (!instant_is_none(letter->aside_until))
		TAILQ_REMOVE(&outbox->aside, letter, link);
	else
		TAILQ_REMOVE(&outbox->waiting, letter, link);
	letter->aside_until = INSTANT_NONE;
}

void outbox_remove(struct outbox *outbox, struct outbox_letter *letter)
{
	letter_take(outbox, letter);
	map_remove(outbox->by_id, letter->id);
	free(letter);
}

struct outbox_letter *outbox_next(struct outbox *outbox, struct instant now, size_t window)
{
	struct outbox_letter *letter = TAILQ_FIRST(&outbox->waiting);
	if (letter == NULL || outbox->n_flying >= window)
		return NULL;
	if (instant_is_before(now, outbox->hold_until))
		return NULL;
	TAILQ_REMOVE(&outbox->waiting, letter, link);
	TAILQ_INSERT_TAIL(&outbox->flying, letter, link);
	outbox->n_flying++;
	letter->is_flying = true;
	letter->sent_at = now;
	letter->attempt++;
	return letter;
}

void outbox_refuse(
	struct outbox *outbox, struct outbox_letter *letter, struct instant now, struct span after)
{
	struct instant until = instant_add(now, after);
	if (after.us >= OUTBOX_ASIDE.us) {
		letter_take(outbox, letter);
		letter->aside_until = until;
		TAILQ_INSERT_TAIL(&outbox->aside, letter, link);
		return;
	}
	if (letter->is_flying) {
		letter_land(outbox, letter);
		TAILQ_INSERT_TAIL(&outbox->waiting, letter, link);
	}
	if (instant_is_before(outbox->hold_until, until))
		outbox->hold_until = until;
}

void outbox_expire(struct outbox *outbox, struct instant now, struct span timeout)
{
	struct outbox_letter *letter = TAILQ_FIRST(&outbox->aside);
	while (letter != NULL) {
		struct outbox_letter *next = TAILQ_NEXT(letter, link);
		if (!instant_is_before(now, letter->aside_until)) {
			letter_take(outbox, letter);
			TAILQ_INSERT_TAIL(&outbox->waiting, letter, link);
		}
		letter = next;
	}
	while ((letter = TAILQ_FIRST(&outbox->flying)) != NULL) {
		if (instant_is_before(now, instant_add(letter->sent_at, timeout)))
			return;
		letter_land(outbox, letter);
		TAILQ_INSERT_TAIL(&outbox->waiting, letter, link);
	}
}

void outbox_land(struct outbox *outbox)
{
	struct outbox_letter *letter;
	while ((letter = TAILQ_LAST(&outbox->flying, outbox_list)) != NULL) {
		letter_land(outbox, letter);
		TAILQ_INSERT_HEAD(&outbox->waiting, letter, link);
	}
}

struct instant outbox_due(const struct outbox *outbox, size_t window, struct span timeout)
{
	struct instant due = INSTANT_NONE;
	const struct outbox_letter *oldest = TAILQ_FIRST(&outbox->flying);
	if (oldest != NULL)
		due = instant_add(oldest->sent_at, timeout);
	/* Without a hold, what could be sent has been sent before anybody asks. */
	if (!TAILQ_EMPTY(&outbox->waiting) && outbox->n_flying < window)
		due = instant_min(due, outbox->hold_until);
	const struct outbox_letter *letter;
	TAILQ_FOREACH(letter, &outbox->aside, link)
	{
		due = instant_min(due, letter->aside_until);
	}
	return due;
}
