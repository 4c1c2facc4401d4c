/* Objects in pages: list, ask, set aside. Index entries go by their own age alone: they are touched
 * after their object, and media_keep_find touches the object before it gives a ticket, so an entry
 * whose object is gone gives none. */
#include "media_expire.h"

#include <string.h>

#include "crypto/crypto.h"
#include "os/os.h"
#include "proto/operator.pb-c.h"

static struct instant ago(int64_t ms)
{
	return instant_add(os_real_now(), (struct span){ -SPAN_MS(ms).us });
}

static void note(struct media_state *state, enum res res, const struct err *err)
{
	if (res != RES_OK)
		log_event(state->log, store_away, LOG_TEXT("text", err->text));
}

static uint8_t nibble(char c)
{
	return (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static void take(void *arg, struct str hex, struct instant touched_at)
{
	struct media_sweep *sweep = arg;

	(void)touched_at;
	for (size_t i = 0; i < MEDIA_SHA256_BYTES; i++)
		sweep->sha256[sweep->n][i] =
			(uint8_t)(nibble(hex.p[2 * i]) << 4 | nibble(hex.p[2 * i + 1]));
	sweep->n++;
}

static struct str name_of(struct media_state *state, size_t i)
{
	return crypto_hex(state->mem, str_of(state->sweep.sha256[i], MEDIA_SHA256_BYTES));
}

static struct str question_id(struct media_state *state)
{
	return arena_printf(state->mem, "%s/expire/%lld", peer_instance(state->peer),
		(long long)state->sweep.asked);
}

static void ask(struct media_state *state)
{
	static ProtobufCBinaryData names[MEDIA_PAGE];
	Wangli__ObjectsReferenced body = WANGLI__OBJECTS_REFERENCED__INIT;
	struct media_sweep *sweep = &state->sweep;

	sweep->asked++;
	for (size_t i = 0; i < sweep->n; i++)
		names[i] = (ProtobufCBinaryData){ .len = MEDIA_SHA256_BYTES,
			.data = sweep->sha256[i] };
	body.sha256 = names;
	body.n_sha256 = sweep->n;
	struct str id = question_id(state);
	peer_send(state->peer, &(struct wire_msg){ .kind = WIRE_COMMAND,
				       .head = { .id = id,
					       .type = STR("objects.referenced.v1"),
					       .to = STR("intake"),
					       .reply_to = str_from_c(peer_instance(state->peer)),
					       .command_id = id },
				       .body = wire_pack(state->mem, &body.base) });
}

static void page_begin(struct media_state *state)
{
	struct media_sweep *sweep = &state->sweep;
	struct err err = { "" };

	sweep->n = 0;
	sweep->before = ago(state->config.objects_keep);
	enum res res = state->store->list_old(
		state->store, STORE_OBJECTS, sweep->before, MEDIA_PAGE, take, sweep, &err);
	note(state, res, &err);
	if (res != RES_OK)
		sweep->n = 0;
	else if (sweep->n > 0 && peer_is_up(state->peer))
		ask(state);
}

static void set_aside(
	struct media_state *state, const char *kind, struct str name, struct instant before)
{
	struct err err = { "" };
	enum res res = state->store->set_aside(state->store, kind, name, before, &err);

	state->tally.aside += res == RES_OK;
	/* Touched in between, or another process was there first. */
	if (res != RES_CONFLICT && res != RES_NOT_FOUND)
		note(state, res, &err);
}

/* An index entry that is gone costs an upload, nothing else. */
static void index_expire(struct media_state *state)
{
	struct media_sweep *sweep = &state->sweep;
	struct instant before = ago(state->config.objects_keep);
	struct err err = { "" };

	sweep->n = 0;
	note(state,
		state->store->list_old(
			state->store, STORE_INDEX, before, MEDIA_PAGE, take, sweep, &err),
		&err);
	for (size_t i = 0; i < sweep->n; i++)
		set_aside(state, STORE_INDEX, name_of(state, i), before);
}

void media_expire_turn(struct media_state *state)
{
	struct instant before = ago(state->config.aside_keep);
	struct err err = { "" };
	size_t objects = 0, entries = 0;

	arena_reset(state->mem);
	note(state, state->store->purge(state->store, STORE_OBJECTS, before, &objects, &err), &err);
	note(state, state->store->purge(state->store, STORE_INDEX, before, &entries, &err), &err);
	if (objects > 0) {
		log_event(state->log, objects_swept, LOG_INT("purged", (int64_t)objects));
		note(state, state->store->used(state->store, &state->used, &err), &err);
	}
	index_expire(state);
	page_begin(state);
}

/* What is named is touched: it is asked about again only after another OBJECTS_KEEP. */
static void settle(struct media_state *state, const struct str *named, size_t n)
{
	struct media_sweep *sweep = &state->sweep;
	int64_t aside = state->tally.aside;
	struct err err = { "" };

	for (size_t i = 0; i < sweep->n; i++) {
		if (media_fate_of(str_of(sweep->sha256[i], MEDIA_SHA256_BYTES), named, n) ==
			MEDIA_FATE_STAYS)
			note(state,
				state->store->touch(
					state->store, STORE_OBJECTS, name_of(state, i), &err),
				&err);
		else
			set_aside(state, STORE_OBJECTS, name_of(state, i), sweep->before);
	}
	if (state->tally.aside > aside)
		log_event(state->log, objects_swept, LOG_INT("aside", state->tally.aside - aside));
}

/* Believed from intake alone, and only as the answer to the last question. */
void media_expire_answer(struct media_state *state, const struct wire_msg *msg)
{
	Wangli__ObjectsReferenced *in = NULL;
	struct str *named = NULL;

	if (state->sweep.n == 0 || !str_eq_c(msg->head.sender, "intake") ||
		!str_eq(msg->head.command_id, question_id(state)))
		return;
	if (msg->kind == WIRE_RESULT && msg->head.code == WIRE_CODE_DONE &&
		wire_unpack(state->mem, &wangli__objects_referenced__descriptor, msg->body, &in,
			NULL) == RES_OK)
		named = arena_new_array(state->mem, struct str, in->n_sha256 + 1);
	for (size_t i = 0; named != NULL && i < in->n_sha256; i++)
		named[i] = str_of(in->sha256[i].data, in->sha256[i].len);
	if (named != NULL)
		settle(state, named, in->n_sha256);
	state->sweep.n = 0;
}
