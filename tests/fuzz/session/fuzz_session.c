/* Any bytes from two brokers or doors to one peer: sessions begin, end and begin anew, messages
 * come, credit goes back, and never more than came. The dealers are played. Input: pieces of a byte
 * (from which line in the lowest bit, what else happens in the others), a length of two bytes, and
 * a batch. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "peer/peer.h"

#define LINES	  2
#define TAKE_MOST 50
#define MEM_BYTES (8u << 20)
#define IS_CUT	  2  /* the connection has ended */
#define IS_LATE	  4  /* some seconds later */
#define IS_FULL	  8  /* nothing can be sent */
#define IS_BAD	  16 /* not even frames of our form */
#define IS_SAID	  32 /* we have something to send, too */
#define IS_KEPT	  64 /* what came is not dealt with yet */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct bus_dealer {
	struct str batch;
	bool is_there, is_bad, is_cut, is_full, is_open;
};
static struct bus_dealer dealers[64];
static size_t dealers_n;

/* --- dealers, played --- */

enum res bus_dealer_open(struct bus_dealer **out, struct bus_context *context, const char *address,
	const struct bus_pair *self, const char *server_key, struct err *err)
{
	(void)context, (void)address, (void)self, (void)server_key;
	if (dealers_n == sizeof(dealers) / sizeof(dealers[0]))
		return err_set(err, RES_RETRY, "no more sockets");
	*out = &dealers[dealers_n++];
	**out = (struct bus_dealer){ .is_open = true };
	return RES_OK;
}

void bus_dealer_close(struct bus_dealer *dealer)
{
	if (dealer == NULL)
		return;
	CHECK(dealer->is_open);
	dealer->is_open = false;
}

void *bus_dealer_socket(struct bus_dealer *dealer)
{
	return dealer;
}

void *bus_dealer_cut_socket(struct bus_dealer *dealer)
{
	return dealer;
}

bool bus_dealer_was_cut(struct bus_dealer *dealer)
{
	bool was_cut = dealer->is_cut;

	CHECK(dealer->is_open);
	dealer->is_cut = false;
	return was_cut;
}

enum res bus_dealer_send(struct bus_dealer *dealer, struct str batch)
{
	struct wire_reader reader;

	CHECK(dealer->is_open && wire_reader_open(&reader, batch, NULL) == RES_OK);
	return dealer->is_full ? RES_RETRY : RES_OK;
}

enum res bus_dealer_receive(struct bus_dealer *dealer, struct str *out_batch)
{
	CHECK(dealer->is_open);
	if (!dealer->is_there)
		return RES_RETRY;
	dealer->is_there = false;
	*out_batch = dealer->batch;
	return dealer->is_bad ? RES_INVALID : RES_OK;
}

/* --- a peer --- */

/* The open dealer of a line; NULL: it has none just now. */
static struct bus_dealer *dealer_of(unsigned line)
{
	unsigned n = 0;

	for (size_t i = 0; i < dealers_n; i++)
		if (dealers[i].is_open && n++ == line)
			return &dealers[i];
	return NULL;
}

static int32_t messages_take(struct peer *peer)
{
	SCOPED(arena)
	struct arena *mem = arena_create(MEM_BYTES);
	struct wire_msg out[TAKE_MOST];
	int32_t credit = 0;
	size_t n;

	CHECK(mem != NULL);
	while ((n = peer_receive(peer, mem, out, TAKE_MOST)) > 0)
		for (size_t i = 0; i < n; i++) {
			CHECK(wire_kind_is_known((unsigned)out[i].kind));
			CHECK(out[i].kind != WIRE_HELLO && out[i].kind != WIRE_WELCOME &&
				out[i].kind != WIRE_PING && out[i].kind != WIRE_BYE);
			credit += wire_kind_needs_credit(out[i].kind);
		}
	return credit;
}

static void piece_play(struct peer *peer, uint8_t what, struct str batch, struct instant now)
{
	static const struct wire_msg said = { .kind = WIRE_EVENT,
		.head = { .to = STR_INIT("reply"), .case_id = 7 } };
	struct bus_dealer *dealer = dealer_of(what % LINES);
	int32_t credit;

	if (dealer != NULL) {
		dealer->batch = batch;
		dealer->is_there = true;
		dealer->is_bad = (what & IS_BAD) != 0;
		dealer->is_cut = (what & IS_CUT) != 0;
		dealer->is_full = (what & IS_FULL) != 0;
	}
	if (what & IS_SAID)
		peer_send(peer, &said);
	credit = messages_take(peer);
	if (credit > 0 && !(what & IS_KEPT))
		peer_credit(peer, credit);
	peer_turn(peer, now);
	peer_flush(peer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct peer_options options = { .address = "tcp://127.0.0.1:8312,tcp://127.0.0.1:8313",
		.instance = "reply/0123456789abcdef",
		.window = 100 };
	const struct str group = STR("reply");
	struct str rest = str_of(data, size);
	struct instant now = { 1000000 };
	struct peer *peer = NULL;
	struct peer_counts counts;

	dealers_n = 0;
	CHECK(peer_open(&peer, &options, NULL) == RES_OK);
	peer_set_groups(peer, &group, 1);
	while (rest.n > 3) {
		size_t n = (uint8_t)rest.p[1] | (size_t)(uint8_t)rest.p[2] << 8;
		struct str batch = str_slice(rest, 3, n);

		now = instant_add(now, rest.p[0] & IS_LATE ? SPAN_S(11) : SPAN_MS(500));
		piece_play(peer, (uint8_t)rest.p[0], batch, now);
		rest = str_slice(rest, 3 + batch.n, rest.n);
	}
	counts = peer_counts(peer);
	CHECK(counts.lines <= LINES && counts.lines_up <= counts.lines);
	CHECK(peer_is_up(peer) == (counts.lines_up > 0));
	peer_leave(peer);
	peer_close(peer);
	for (size_t i = 0; i < dealers_n; i++)
		CHECK(!dealers[i].is_open);
	return 0;
}
