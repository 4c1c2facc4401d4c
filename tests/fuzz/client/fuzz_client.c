/* Any bytes as what a door says to an integrator: the client takes batch after batch, calls back,
 * and answers nothing that is not in its spool. Its session (peer) is played here: each batch has a
 * length of two bytes in front, and comes in a turn of its own. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/check.h"
#include "fuzz_disk.h"
#include "os/os.h"
#include "sdk/sdk_internal.h"

#define MEM_BYTES     (8u << 20)
#define WITH_CLAIMS   1
#define FIRST_REFUSED 2 /* on_deliver fails now and then */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What the door has said and not been heard yet, and what the client made of it. */
static struct {
	struct str batch;
	size_t sent, delivered, receipts, kept;
	uint8_t mode;
} door;

/* --- the session, played --- */

size_t peer_receive(struct peer *peer, struct arena *mem, struct wire_msg *out, size_t most)
{
	struct wire_reader reader;
	struct wire_record record;
	size_t n = 0;

	(void)peer;
	if (door.batch.n == 0 || wire_reader_open(&reader, door.batch, NULL) != RES_OK)
		return 0;
	while (n < most && wire_reader_next(&reader, &record)) {
		struct str header = arena_str(mem, record.header);

		if (wire_head_read(header, &out[n].head, NULL) != RES_OK)
			continue;
		out[n].kind = record.kind;
		out[n++].body = arena_str(mem, record.body);
	}
	door.batch = STR("");
	return n;
}

void peer_send(struct peer *peer, const struct wire_msg *msg)
{
	(void)peer;
	CHECK(msg->kind == WIRE_SUBMIT || msg->kind == WIRE_COMMAND || msg->kind == WIRE_CLAIM ||
		msg->kind == WIRE_DONE);
	door.sent += msg->kind == WIRE_DONE;
}

bool peer_is_up(const struct peer *peer)
{
	(void)peer;
	return true;
}

const char *peer_instance(const struct peer *peer)
{
	(void)peer;
	return "channel/0123456789abcdef";
}

void peer_credit(struct peer *peer, int32_t n)
{
	(void)peer;
	CHECK(n > 0 && n <= TAKE_MOST);
}

void peer_turn(struct peer *peer, struct instant now)
{
	(void)peer, (void)now;
}

void peer_flush(struct peer *peer)
{
	(void)peer;
}

/* --- the integrator --- */

static enum wangli_result on_deliver(
	void *arg, const struct wangli_delivery *delivery, struct wangli_outcome *out)
{
	(void)arg;
	CHECK(delivery->delivery_id.n > 0);
	door.delivered++;
	if ((door.mode & FIRST_REFUSED) && door.delivered % 3 == 1)
		return WANGLI_RETRY;
	out->is_delivered = door.delivered % 2 == 0;
	return WANGLI_OK;
}

static enum wangli_doubt on_doubt(void *arg, const struct wangli_delivery *delivery)
{
	(void)arg;
	return (enum wangli_doubt)(delivery->delivery_id.n % 3);
}

static void on_receipt(void *arg, const struct wangli_receipt *receipt)
{
	(void)arg;
	CHECK(receipt->source_msg_id.n > 0);
	door.receipts++;
}

static void on_state(void *arg, const struct wangli_state *state)
{
	(void)arg;
	CHECK(state->name.n > 0);
}

static void on_status(void *arg, const struct wangli_status *status)
{
	(void)arg;
	CHECK(status->state.n == 0 || status->state.p != NULL);
}

static enum wangli_result on_keep(void *arg)
{
	(void)arg;
	return ++door.kept % 4 == 3 ? WANGLI_RETRY : WANGLI_OK;
}

/* Every question has the same command_id, so that an answer can meet it. */
static void asks_name(struct asks *asks)
{
	struct ask *ask;

	TAILQ_FOREACH(ask, &asks->list, link)
	{
		memcpy(ask->command_id, "ask", sizeof("ask"));
	}
}

static void questions_ask(struct wangli *client)
{
	struct wangli_state_ask get = { .what = WANGLI_STATE_GET, .name = SDK_TEXT("token") };
	struct wangli_object_ask put = { .size_bytes = 5, .media_type = SDK_TEXT("image/png") };

	CHECK(states_ask(client, &get, NULL) == RES_OK);
	CHECK(objects_ask(client, &put, NULL) == RES_OK);
	asks_name(&client->asks);
}

static void client_open(struct wangli *client)
{
	static const uint8_t key[CRYPTO_KEY_BYTES] = { 7 };
	static const char *const letters[] = { "a", "b", "c" };

	*client = (struct wangli){ .on = { .on_receipt = on_receipt,
					   .on_deliver = on_deliver,
					   .on_doubt = on_doubt,
					   .on_state = on_state,
					   .on_status = on_status,
					   .on_keep = on_keep },
		.queue = 10,
		.channel = (char *)(uintptr_t) "hotline",
		.mem = arena_create(MEM_BYTES),
		.claims = (door.mode & WITH_CLAIMS) != 0,
		.held = map_create() };
	CHECK(client->mem != NULL);
	sdk_window_init(&client->window, 8);
	outbox_init(&client->outbox);
	asks_init(&client->asks);
	states_init(&client->states, key, STR("source"));
	CHECK(spool_open(&client->spool, fuzz_path("client"), &client->outbox, os_real_now(),
		      NULL) == RES_OK);
	for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++) {
		struct str id = str_from_c(letters[i]);
		if (outbox_find(&client->outbox, id) == NULL)
			spool_add_letter(
				client->spool, outbox_add(&client->outbox, id, key, STR("body")));
	}
	questions_ask(client);
}

static void client_close(struct wangli *client)
{
	CHECK(spool_sync(client->spool, &client->outbox, NULL) == RES_OK);
	spool_close(client->spool);
	outbox_fini(&client->outbox);
	asks_fini(&client->asks);
	states_fini(&client->states);
	claims_fini(client);
	arena_destroy(client->mem);
}

/* The rest of the batches; half of them reach the next life of the process. */
static void batches_hear(struct wangli *client, struct str *rest, size_t most)
{
	for (size_t i = 0; i < most && rest->n >= 2; i++) {
		size_t n = (uint8_t)rest->p[0] | (size_t)(uint8_t)rest->p[1] << 8;

		door.batch = str_slice(*rest, 2, n);
		*rest = str_slice(*rest, 2 + door.batch.n, rest->n);
		CHECK(client_turn(client, SPAN_MS(0), NULL) == RES_OK);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wangli client;
	struct str rest;

	if (size == 0)
		return 0;
	CHECK(crypto_start(NULL) == RES_OK);
	memset(&door, 0, sizeof(door));
	door.mode = data[0];
	rest = str_of(data + 1, size - 1);
	fuzz_folder_make("client");
	client_open(&client);
	batches_hear(&client, &rest, (door.mode >> 4) + 1u);
	client_close(&client);
	client_open(&client);
	batches_hear(&client, &rest, SIZE_MAX);
	client_close(&client);
	CHECK(door.receipts <= 3 * 2 * (1 + door.kept) &&
		(door.sent == 0 || door.kept > 0 || door.mode & WITH_CLAIMS));
	return 0;
}
