/* One session with a broker or a door. Owns the dealer, the batch being filled and the credit that
 * is owed to the broker. Everything it cannot send it drops: durability lives in PostgreSQL and in
 * spools, never here. */
#include "peer/peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "proto/envelope.pb-c.h"

#define HELLO_BYTES_MAX (64 * 1024)

struct peer {
	struct peer_options options;
	char *address;
	char instance[WIRE_NAME_MAX + 1];
	char groups[PEER_GROUPS_MAX][WIRE_NAME_MAX + 1];
	size_t groups_n;

	struct bus_dealer *dealer;
	struct wire_reader reader; /* what is left of the batch that the dealer lent */
	struct wire_writer writer;
	int32_t credit_due;
	int32_t credit_queued; /* in the batch being filled */
	bool is_welcomed;
	char session[2 * WIRE_NAME_MAX + 2]; /* what the last WELCOME called it */
	bool has_heard;			     /* since the last turn */
	struct instant heard_at;
	struct instant asked_at; /* the last PING or HELLO of peer_turn */
	struct peer_counts counts;

	void (*changed)(void *arg, void *old_socket, void *new_socket);
	void *changed_arg;
	void (*welcomed)(void *arg);
	void *welcomed_arg;
};

static enum res dealer_open(struct peer *peer, struct err *err)
{
	return bus_dealer_open(&peer->dealer, peer->options.context, peer->address,
		&peer->options.self, peer->options.server_key, err);
}

/* Messages are asked for again by who waits for them; credit by nobody, so it stays due. */
static void send_batch(struct peer *peer)
{
	if (peer->writer.count == 0)
		return;
	if (bus_dealer_send(peer->dealer, buf_str(&peer->writer.bytes)) == RES_OK) {
		peer->counts.sent += peer->writer.count;
	} else {
		peer->counts.dropped_full += peer->writer.count;
		peer->credit_due += peer->credit_queued;
	}
	peer->credit_queued = 0;
	wire_writer_clear(&peer->writer);
}

static void queue(struct peer *peer, const struct wire_msg *msg)
{
	enum res res = wire_write(&peer->writer, msg, NULL);

	if (res == RES_RETRY) {
		send_batch(peer);
		res = wire_write(&peer->writer, msg, NULL);
	}
	if (res != RES_OK)
		peer->counts.dropped_full++;
}

static struct str hello_body(struct peer *peer, struct arena *mem)
{
	Wangli__Hello hello = WANGLI__HELLO__INIT;
	char *groups[PEER_GROUPS_MAX];
	char version[] = WANGLI_VERSION;

	for (size_t i = 0; i < peer->groups_n; i++)
		groups[i] = peer->groups[i];
	hello.groups = groups;
	hello.n_groups = peer->groups_n;
	hello.version = version;
	return wire_pack(mem, &hello.base);
}

/* The first HELLO of a session opens the whole window: credit owed from before is void. A member
 * that only changes its groups keeps its credit, and what is owed to it. */
static void say_hello(struct peer *peer)
{
	SCOPED(arena)
	struct arena *mem = arena_create(HELLO_BYTES_MAX);
	struct wire_msg hello = { .kind = WIRE_HELLO,
		.head = { .id = str_from_c(peer->instance), .credit = peer->options.window } };

	CHECK(mem != NULL);
	hello.body = hello_body(peer, mem);
	if (!peer->is_welcomed)
		peer->credit_due = 0;
	queue(peer, &hello);
	send_batch(peer);
}

enum res peer_keys_set(
	struct peer_options *options, struct str own, struct str server, struct err *err)
{
	if (!bus_key_is_valid(server))
		return err_set(
			err, RES_INVALID, "BUS_SERVER_KEY is not a Z85 key of 40 characters");
	TRY(bus_pair_from_secret(own, &options->self, err));
	memcpy(options->server_key, server.p, server.n);
	return RES_OK;
}

enum res peer_open(struct peer **out, const struct peer_options *options, struct err *err)
{
	struct peer *peer;
	enum res res;

	if (strlen(options->instance) == 0 || strlen(options->instance) > WIRE_NAME_MAX)
		return err_set(err, RES_INVALID, "instance '%s': want 1-%d bytes",
			options->instance, WIRE_NAME_MAX);
	peer = calloc(1, sizeof(*peer));
	CHECK(peer != NULL);
	peer->options = *options;
	peer->address = strdup(options->address);
	CHECK(peer->address != NULL);
	memcpy(peer->instance, options->instance, strlen(options->instance));
	peer->heard_at = INSTANT_NONE;
	peer->asked_at = INSTANT_NONE;
	res = dealer_open(peer, err);
	if (res != RES_OK) {
		peer_close(peer);
		return res;
	}
	say_hello(peer);
	*out = peer;
	return RES_OK;
}

void peer_close(struct peer *peer)
{
	if (peer == NULL)
		return;
	if (peer->dealer != NULL) {
		queue(peer, &(struct wire_msg){ .kind = WIRE_BYE });
		send_batch(peer);
	}
	bus_dealer_close(peer->dealer);
	wire_writer_fini(&peer->writer);
	free(peer->address);
	free(peer);
}

void *peer_socket(struct peer *peer)
{
	return bus_dealer_socket(peer->dealer);
}

void peer_on_socket(struct peer *peer,
	void (*changed)(void *arg, void *old_socket, void *new_socket), void *arg)
{
	peer->changed = changed;
	peer->changed_arg = arg;
}

static bool has_groups(const struct peer *peer, const struct str *groups, size_t n)
{
	if (n != peer->groups_n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!str_eq_c(groups[i], peer->groups[i]))
			return false;
	return true;
}

void peer_set_groups(struct peer *peer, const struct str *groups, size_t n)
{
	CHECK(n <= PEER_GROUPS_MAX);
	if (has_groups(peer, groups, n))
		return;
	for (size_t i = 0; i < n; i++) {
		CHECK(groups[i].n <= WIRE_NAME_MAX);
		memcpy(peer->groups[i], groups[i].p, groups[i].n);
		peer->groups[i][groups[i].n] = 0;
	}
	peer->groups_n = n;
	say_hello(peer);
}

void peer_send(struct peer *peer, const struct wire_msg *msg)
{
	if (peer->is_welcomed)
		queue(peer, msg);
	else
		peer->counts.dropped_full++;
}

void peer_flush(struct peer *peer)
{
	if (peer->credit_due > 0 && peer->is_welcomed) {
		int32_t credit = peer->credit_due;

		peer->credit_due = 0;
		queue(peer, &(struct wire_msg){ .kind = WIRE_CREDIT, .head.credit = credit });
		peer->credit_queued = credit;
	}
	send_batch(peer);
}

/* A WELCOME that only answers a change of groups is no news: server and connection are the same as
 * before. */
static void on_welcome(struct peer *peer, const struct wire_record *record)
{
	char session[sizeof(peer->session)];
	bool was_welcomed = peer->is_welcomed;
	struct wire_head head;

	if (wire_head_read(record->header, &head, NULL) != RES_OK) {
		peer->counts.dropped_bad++;
		return;
	}
	snprintf(session, sizeof(session), "%.*s %.*s", STR_ARG(head.id), STR_ARG(head.route));
	peer->is_welcomed = true;
	if (was_welcomed && strcmp(session, peer->session) == 0)
		return;
	memcpy(peer->session, session, sizeof(session));
	if (peer->welcomed != NULL)
		peer->welcomed(peer->welcomed_arg);
}

/* The protocol's own messages end here; true: msg is the caller's. */
static bool is_for_caller(struct peer *peer, const struct wire_record *record)
{
	switch ((unsigned)record->kind) {
	case WIRE_HELLO: /* the far side does not know us (any more) */
		peer->is_welcomed = false;
		say_hello(peer);
		return false;
	case WIRE_WELCOME:
		on_welcome(peer, record);
		return false;
	case WIRE_PING:
		queue(peer, &(struct wire_msg){ .kind = WIRE_PONG });
		return false;
	case WIRE_PONG:
		return false;
	case WIRE_BYE: /* the far side goes; its heir will not know us */
		peer->is_welcomed = false;
		return false;
	}
	if (wire_kind_is_known((unsigned)record->kind))
		return true;
	peer->counts.dropped_bad++;
	return false;
}

/* What cannot be read must not cost the window: its credit goes back. */
static bool record_read(struct peer *peer, struct arena *mem, const struct wire_record *record,
	struct wire_msg *out)
{
	struct str header = arena_str(mem, record->header);

	out->kind = record->kind;
	out->body = arena_str(mem, record->body);
	if (!arena_failed(mem) && wire_head_read(header, &out->head, NULL) == RES_OK)
		return true;
	peer->counts.dropped_bad++;
	if (wire_kind_needs_credit(record->kind))
		peer_credit(peer, 1);
	return false;
}

/* Opens the next batch; false: there is none. */
static bool next_batch(struct peer *peer)
{
	struct str batch;
	enum res res = bus_dealer_receive(peer->dealer, &batch);

	if (res == RES_RETRY)
		return false;
	peer->has_heard = true;
	if (res != RES_OK || wire_reader_open(&peer->reader, batch, NULL) != RES_OK)
		peer->counts.dropped_bad++;
	return true;
}

size_t peer_receive(struct peer *peer, struct arena *mem, struct wire_msg *out, size_t most)
{
	struct wire_record record;
	size_t n = 0;

	while (n < most) {
		if (!wire_reader_next(&peer->reader, &record)) {
			if (!next_batch(peer))
				break;
			continue;
		}
		if (is_for_caller(peer, &record) && record_read(peer, mem, &record, &out[n]))
			n++;
	}
	peer->counts.received += (int64_t)n;
	return n;
}

void peer_receive_all(struct peer *peer, struct arena *mem,
	void (*each)(void *arg, const struct wire_msg *msg), void *arg)
{
	struct wire_msg messages[PEER_ROUND_MESSAGES];
	size_t n;

	do {
		arena_reset(mem);
		n = peer_receive(peer, mem, messages, PEER_ROUND_MESSAGES);
		for (size_t i = 0; i < n; i++)
			each(arg, &messages[i]);
	} while (n == PEER_ROUND_MESSAGES);
}

void peer_credit(struct peer *peer, int32_t n)
{
	peer->credit_due += n;
}

/* A new socket resolves the name again and forgets whatever hung in the old one. */
static void reopen(struct peer *peer)
{
	struct bus_dealer *old = peer->dealer;

	if (dealer_open(peer, NULL) != RES_OK) {
		peer->dealer = old;
		return;
	}
	peer->reader = (struct wire_reader){ 0 };
	wire_writer_clear(&peer->writer);
	peer->credit_queued = 0;
	peer->is_welcomed = false;
	peer->counts.reconnects++;
	if (peer->changed != NULL)
		peer->changed(
			peer->changed_arg, bus_dealer_socket(old), bus_dealer_socket(peer->dealer));
	bus_dealer_close(old);
	say_hello(peer);
}

void peer_turn(struct peer *peer, struct instant now)
{
	if (peer->has_heard || instant_is_none(peer->heard_at))
		peer->heard_at = now;
	peer->has_heard = false;
	if (instant_since(now, peer->heard_at).us > PEER_SILENT_AFTER.us) {
		peer->heard_at = now;
		peer->asked_at = now;
		reopen(peer);
		return;
	}
	if (!instant_is_none(peer->asked_at) &&
		instant_since(now, peer->asked_at).us < PEER_PING_EVERY.us)
		return;
	peer->asked_at = now;
	if (!peer->is_welcomed) {
		say_hello(peer);
		return;
	}
	queue(peer, &(struct wire_msg){ .kind = WIRE_PING });
	send_batch(peer);
}

bool peer_is_up(const struct peer *peer)
{
	return peer->is_welcomed;
}

void peer_on_welcome(struct peer *peer, void (*welcomed)(void *arg), void *arg)
{
	peer->welcomed = welcomed;
	peer->welcomed_arg = arg;
}

const char *peer_instance(const struct peer *peer)
{
	return peer->instance;
}

struct peer_counts peer_counts(const struct peer *peer)
{
	return peer->counts;
}
