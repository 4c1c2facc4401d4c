/* What the door believes about keys: a snapshot of them as intake sent it, the rights of each key
 * in it, what a message under such a key comes to, and who may be reached by an address. The first
 * byte says which. */
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "bus/bus.h"
#include "edge_keys.h"
#include "peer/peer_places.h"
#include "proto/operator.pb-c.h"
#include "wire/wire.h"

#define MEM_BYTES (4u << 20)
#define NOW	  ((struct instant){ 1556092800000000 })

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void message_decide(const struct edge_rights *rights)
{
	for (int kind = EDGE_SUBMIT; kind <= EDGE_OTHER; kind++) {
		const struct edge_ask ask = { .kind = (enum edge_kind)kind,
			.type = STR("state.get.v1"),
			.channel = rights->channels_n > 0 ? rights->channels[0] : STR(""),
			.source_msg_id = STR("m"),
			.command_id = STR("c"),
			.case_id = 7,
			.is_outcome = true };
		struct edge_decision made = edge_decide(&ask, rights);

		if (made.verdict == EDGE_FORWARD)
			CHECK(edge_may_connect(rights) && made.to.n > 0);
		else
			CHECK(made.verdict == EDGE_DROP || made.text.n > 0);
	}
}

static void try_snapshot(struct str body)
{
	SCOPED(arena)
	struct arena *mem = arena_create(MEM_BYTES);
	struct edge_keys *keys = edge_keys_create(SPAN_S(60));
	Wangli__KeysSnapshot *snapshot = NULL;

	CHECK(mem != NULL);
	if (edge_keys_load(keys, body, NOW, NULL) != RES_OK) {
		CHECK(edge_keys_count(keys) == 0 && !edge_keys_are_fresh(keys, NOW));
		edge_keys_destroy(keys);
		return;
	}
	CHECK(edge_keys_are_fresh(keys, NOW));
	CHECK(wire_unpack(mem, &wangli__keys_snapshot__descriptor, body, &snapshot, NULL) ==
		RES_OK);
	CHECK(edge_keys_count(keys) <= snapshot->n_keys);
	for (size_t i = 0; i < snapshot->n_keys; i++) {
		struct str z85 = wire_str(snapshot->keys[i]->public_key);
		struct edge_rights rights = edge_keys_rights(keys, z85, NOW);

		CHECK(rights.is_known == bus_key_is_valid(z85));
		message_decide(&rights);
	}
	edge_keys_destroy(keys);
}

static void try_key(struct str text)
{
	struct bus_pair pair;

	if (bus_pair_from_secret(text, &pair, NULL) != RES_OK)
		return;
	CHECK(bus_key_is_valid(text) && bus_key_is_valid(str_from_c(pair.public_key)));
	CHECK(str_eq_c(text, pair.secret_key));
}

static void try_places(struct str text)
{
	struct peer_places places;

	if (peer_places_read(text, &places, NULL) != RES_OK)
		return;
	CHECK(places.n > 0 && places.n <= PEER_PLACES_MAX);
	for (size_t i = 0; i < places.n; i++)
		CHECK(str_starts(str_from_c(places.items[i].text), STR("tcp://")) ||
			str_starts(str_from_c(places.items[i].text), STR("ipc://")));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const tries[])(struct str bytes) = { try_snapshot, try_key, try_places };

	if (size == 0)
		return 0;
	tries[data[0] % 3](str_of(data + 1, size - 1));
	return 0;
}
