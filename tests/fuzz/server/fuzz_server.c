/* Any bytes from four connections to the broker or the door, after CURVE: members come, serve, ask,
 * give credit and go, while some of them can no longer be sent to. The router is played. Input:
 * pieces of a byte (connection in the lowest two bits, what else happens in the others), a length
 * of two bytes, and a batch. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "peer/peer_key.h"
#include "peer/server.h"

#define CONNECTIONS 4
#define MEM_BYTES   (1u << 20)
#define IS_FULL	    4  /* its queue is full from now on */
#define IS_GONE	    8  /* it cannot be reached any more */
#define IS_LATE	    16 /* some seconds later */
#define IS_BAD	    32 /* not even frames of our form */
#define IS_DRAINING 64
#define IS_FLOOD    128 /* the same batch again and again, in one round */
#define FLOOD	    500

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
	struct server *server;
	struct str batch; /* what is to be received next */
	uint8_t connection;
	size_t times;		     /* how often */
	enum res sends[CONNECTIONS]; /* what sending to a connection comes to */
	struct instant now;
} bus;

/* --- the router, played --- */

enum res bus_router_open(struct bus_router **out, struct bus_context *context,
	const struct bus_router_options *options, struct err *err)
{
	(void)context, (void)options, (void)err;
	*out = NULL;
	return RES_OK;
}

void bus_router_close(struct bus_router *router)
{
	(void)router;
}

void *bus_router_socket(struct bus_router *router)
{
	(void)router;
	return NULL;
}

enum res bus_router_accept(struct bus_router *router, bool does_accept)
{
	(void)router, (void)does_accept;
	return RES_OK;
}

enum res bus_router_send(struct bus_router *router, const struct bus_routing *to, struct str batch)
{
	struct wire_reader reader;

	(void)router;
	CHECK(wire_reader_open(&reader, batch, NULL) == RES_OK && reader.count > 0);
	return bus.sends[to->bytes[0] % CONNECTIONS];
}

enum res bus_router_receive(struct bus_router *router, struct bus_routing *out_from,
	struct str *out_user, struct str *out_batch)
{
	static const struct str users[] = { STR_INIT("edge"), STR_INIT("intake"),
		STR_INIT("source"), STR_INIT("source") };

	(void)router;
	if (bus.times == 0)
		return RES_RETRY;
	bus.times--;
	*out_from = (struct bus_routing){ .bytes = { bus.connection }, .n = 5 };
	*out_user = users[bus.connection % CONNECTIONS];
	*out_batch = bus.batch;
	return bus.batch.p == NULL ? RES_INVALID : RES_OK;
}

/* --- a broker, in short --- */

static bool may_join(void *arg, struct str user, struct str instance)
{
	(void)arg;
	return user.n > 0 && !str_eq_c(instance, "nobody");
}

static bool may_serve(void *arg, struct str user, struct str group)
{
	(void)arg, (void)user;
	return !str_starts(group, STR("x"));
}

static void joined(void *arg, const struct member *member)
{
	(void)arg;
	CHECK(member->window >= 0 && member->window <= MEMBER_WINDOW_MAX);
	CHECK(member->groups_n <= PEER_GROUPS_MAX && member->instance[0] != '\0');
}

static void left(void *arg, const struct member *member)
{
	(void)arg;
	CHECK(member->gone != NULL);
}

static void on_message(void *arg, struct member *from, const struct wire_record *record)
{
	SCOPED(arena)
	struct arena *mem = arena_create(MEM_BYTES);
	enum member_class class = record->kind == WIRE_SUBMIT ? MEMBER_SUBMIT : MEMBER_WORK;
	struct members *members = server_members(bus.server);
	struct wire_head head, stamp = { .sender = str_from_c(from->user), .time = INSTANT_NONE };
	struct member_pick pick;

	(void)arg;
	CHECK(mem != NULL);
	if (wire_head_read(record->header, &head, NULL) != RES_OK) {
		server_count_bad_header(bus.server);
		return;
	}
	pick = members_pick(members, head.to, class, peer_key_of_head(&head));
	if (pick.to == NULL) {
		(void)members_refuse(members, head.to, class, str_from_c(from->instance), bus.now);
		return;
	}
	CHECK(pick.is_served && pick.to->credit > 0);
	if (wire_kind_needs_credit(record->kind))
		members_spend(pick.to);
	(void)!server_stage(bus.server, pick.to, record, wire_head_pack(mem, &stamp));
}

static void lost(void *arg, const struct wire_record *record)
{
	(void)arg;
	CHECK(wire_kind_needs_credit(record->kind));
}

static void group_check(void *arg, const struct member_group_view *view)
{
	(void)arg;
	CHECK(view->name.n <= WIRE_NAME_MAX && view->members <= CONNECTIONS);
	CHECK(view->refused <= REFUSED_MAX);
}

static void piece_play(uint8_t what, struct str batch)
{
	bus.connection = what % CONNECTIONS;
	bus.batch = what & IS_BAD ? STR_NONE : batch;
	bus.times = what & IS_FLOOD ? FLOOD : 1;
	bus.sends[bus.connection] = what & IS_GONE   ? RES_NOT_FOUND
				    : what & IS_FULL ? RES_RETRY
						     : RES_OK;
	server_receive(bus.server, bus.now);
	server_flush(bus.server);
	if (what & IS_LATE) {
		bus.now = instant_add(bus.now, SPAN_S(4));
		server_turn(bus.server, bus.now);
	}
	if (what & IS_DRAINING)
		server_drain(bus.server);
	members_groups(server_members(bus.server), group_check, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct server_options options = { .name = "bus/0123456789abcdef",
		.hooks = { may_join, may_serve, joined, left, on_message, NULL, NULL, lost } };
	struct str rest = str_of(data, size);
	struct server_counts counts;

	memset(&bus, 0, sizeof(bus));
	CHECK(server_open(&bus.server, &options, NULL) == RES_OK);
	while (rest.n > 3) {
		size_t n = (uint8_t)rest.p[1] | (size_t)(uint8_t)rest.p[2] << 8;
		struct str batch = str_slice(rest, 3, n);

		piece_play((uint8_t)rest.p[0], batch);
		rest = str_slice(rest, 3 + batch.n, rest.n);
	}
	counts = server_counts(bus.server);
	CHECK(counts.sent >= 0 && counts.unsent >= 0);
	(void)server_is_drained(bus.server);
	server_close(bus.server);
	return 0;
}
