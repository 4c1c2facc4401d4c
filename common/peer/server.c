/* The protocol at a router. Owns the router, the members and what is staged for them. Its memory is
 * bounded: members by MEMBERS_MAX, each member's output by one batch here and the router's queue,
 * and what comes in by one round. */
#include "peer/server.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "proto/envelope.pb-c.h"

#define HELLO_BYTES_MAX (256 * 1024)
/* When turns are further apart than this the process itself was asleep: nobody else's silence can
 * be judged. */
#define OWN_SLEEP   SPAN_S(5)
#define SERIAL_TEXT 24

/* A batch that could not be sent, until its askers are told. */
struct failed {
	int64_t serial;
	struct wire_writer batch;
};

struct server {
	struct bus_router *router;
	struct members *members;
	struct server_hooks hooks;
	void *arg;
	char name[WIRE_NAME_MAX + 1];
	struct arena *mem; /* for HELLO's groups */
	struct failed *failed;
	size_t failed_n;
	size_t failed_cap;
	bool has_staged;
	bool has_gone;
	bool is_draining;
	struct instant turned_at;
	struct server_counts counts;
};

enum res server_open(struct server **out, const struct server_options *options, struct err *err)
{
	struct server *server = calloc(1, sizeof(*server));
	enum res res;

	CHECK(server != NULL);
	CHECK(strlen(options->name) <= WIRE_NAME_MAX);
	memcpy(server->name, options->name, strlen(options->name));
	server->hooks = options->hooks;
	server->arg = options->arg;
	server->turned_at = INSTANT_NONE;
	server->members = members_create();
	server->mem = arena_create(HELLO_BYTES_MAX);
	res = bus_router_open(&server->router, options->context, &options->router, err);
	if (res != RES_OK) {
		server_close(server);
		return res;
	}
	*out = server;
	return RES_OK;
}

/* Sends past the staging, for those who are no members. What cannot be sent is asked for again. */
static void send_batch_now(
	struct server *server, const struct bus_routing *to, const struct wire_writer *batch)
{
	if (batch->count > 0 &&
		bus_router_send(server->router, to, buf_str(&batch->bytes)) == RES_OK)
		server->counts.sent += batch->count;
}

static void send_now(
	struct server *server, const struct bus_routing *to, const struct wire_msg *msg)
{
	struct wire_writer writer = { 0 };

	if (wire_write(&writer, msg, NULL) == RES_OK)
		send_batch_now(server, to, &writer);
	wire_writer_fini(&writer);
}

void server_close(struct server *server)
{
	struct member *const *all;
	size_t n;

	if (server == NULL)
		return;
	all = members_all(server->members, &n);
	for (size_t i = 0; server->router != NULL && !server->is_draining && i < n; i++)
		send_now(server, &all[i]->routing, &(struct wire_msg){ .kind = WIRE_BYE });
	for (size_t i = 0; i < server->failed_n; i++)
		wire_writer_fini(&server->failed[i].batch);
	free(server->failed);
	bus_router_close(server->router);
	members_destroy(server->members);
	arena_destroy(server->mem);
	free(server);
}

void *server_socket(struct server *server)
{
	return bus_router_socket(server->router);
}

enum res server_accept(struct server *server, bool does_accept)
{
	return bus_router_accept(server->router, does_accept);
}

struct members *server_members(struct server *server)
{
	return server->members;
}

void server_dismiss(struct server *server, struct member *member, const char *why)
{
	if (member->gone == NULL)
		member->gone = why;
	member->credit = 0;
	member->window = 0;
	server->has_gone = true;
}

static void failed_keep(struct server *server, struct member *member)
{
	if (server->failed_n == server->failed_cap) {
		server->failed_cap = server->failed_cap == 0 ? 8 : server->failed_cap * 2;
		server->failed =
			realloc(server->failed, server->failed_cap * sizeof(*server->failed));
		CHECK(server->failed != NULL);
	}
	server->failed[server->failed_n++] =
		(struct failed){ .serial = member->serial, .batch = member->out };
	member->out = (struct wire_writer){ 0 };
}

static void member_send(struct server *server, struct member *member)
{
	enum res res;

	if (member->out.count == 0)
		return;
	res = member->gone != NULL ? RES_NOT_FOUND
				   : bus_router_send(server->router, &member->routing,
					     buf_str(&member->out.bytes));
	if (res == RES_OK) {
		server->counts.sent += member->out.count;
		wire_writer_clear(&member->out);
		return;
	}
	server->counts.unsent += member->out.count;
	if (res == RES_NOT_FOUND)
		server_dismiss(server, member, "unreachable");
	failed_keep(server, member);
}

enum res server_stage(struct server *server, struct member *to, const struct wire_record *record,
	struct str header_tail)
{
	enum res res = wire_write_raw(
		&to->out, record->kind, record->header, header_tail, record->body, NULL);

	if (res == RES_RETRY) {
		member_send(server, to);
		res = wire_write_raw(
			&to->out, record->kind, record->header, header_tail, record->body, NULL);
	}
	if (res == RES_OK)
		server->has_staged = true;
	return res;
}

void server_stage_msg(struct server *server, struct member *to, const struct wire_msg *msg)
{
	enum res res = wire_write(&to->out, msg, NULL);

	if (res == RES_RETRY) {
		member_send(server, to);
		res = wire_write(&to->out, msg, NULL);
	}
	CHECK(res != RES_RETRY);
	if (res == RES_OK)
		server->has_staged = true;
	else
		server->counts.unsent++;
}

static void stage_kind(struct server *server, struct member *to, enum wire_kind kind)
{
	server_stage_msg(server, to, &(struct wire_msg){ .kind = kind });
}

static struct wire_msg hello_forbidden(struct server *server, struct str subject, struct str why)
{
	server->counts.forbidden++;
	return (struct wire_msg){ .kind = WIRE_NACK,
		.head = { .code = WIRE_CODE_FORBIDDEN, .subject = subject, .text = why } };
}

static void forbid_hello(struct server *server, const struct bus_routing *to, struct str why)
{
	struct wire_msg nack = hello_forbidden(server, STR_NONE, why);

	send_now(server, to, &nack);
}

/* The groups that the asker may serve; each other one is answered FORBIDDEN, all in one batch. */
static size_t groups_allowed(struct server *server, const struct bus_routing *from, struct str user,
	const Wangli__Hello *hello, struct str out[PEER_GROUPS_MAX])
{
	struct wire_writer refused = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < hello->n_groups; i++) {
		struct str group = str_from_c(hello->groups[i]);
		struct wire_msg nack;

		if (group.n > 0 && group.n <= WIRE_NAME_MAX &&
			server->hooks.may_serve(server->arg, user, group)) {
			out[n++] = group;
			continue;
		}
		nack = hello_forbidden(server, str_utf8_fit(group, WIRE_NAME_MAX),
			STR("this key may not serve this group"));
		CHECK(wire_write(&refused, &nack, NULL) == RES_OK);
	}
	send_batch_now(server, from, &refused);
	wire_writer_fini(&refused);
	return n;
}

static void joined(
	struct server *server, struct member *member, struct member *before, struct instant now)
{
	char connection[SERIAL_TEXT];

	snprintf(connection, sizeof(connection), "%" PRId64, member->serial);
	if (before != NULL && before != member && strcmp(before->user, member->user) == 0)
		server_dismiss(server, before, "replaced");
	if (member->gone != NULL)
		member->credit = member->window; /* it left and came back on the same connection */
	member->heard_at = now;
	member->gone = NULL;
	server_stage_msg(server, member,
		&(struct wire_msg){ .kind = WIRE_WELCOME,
			.head = { .id = str_from_c(server->name),
				.route = str_from_c(connection),
				.credit = member->window } });
	server->hooks.joined(server->arg, member);
}

struct from {
	struct bus_routing routing;
	struct str user;
	struct instant now;
	bool is_told; /* a stranger is told once a batch to say HELLO */
};

/* While draining: of a member it says that BYE was heard; others are told to go elsewhere. */
static void hello_late(struct server *server, const struct from *from, struct member *member)
{
	if (member == NULL || member->gone != NULL) {
		send_now(server, &from->routing, &(struct wire_msg){ .kind = WIRE_BYE });
		return;
	}
	member->has_parted = true;
	member->heard_at = from->now;
}

static void on_hello(
	struct server *server, const struct from *from, const struct wire_record *record)
{
	struct str groups[PEER_GROUPS_MAX];
	struct member_hello hello = {
		.routing = from->routing, .user = from->user, .groups = groups
	};
	Wangli__Hello *body;
	struct wire_head head;
	struct member *before;
	struct member *member = members_find(server->members, &from->routing);

	if (member != NULL && !str_eq_c(from->user, member->user)) {
		server->counts.stranger++; /* on the routing id of somebody who just left */
		return;
	}
	if (server->is_draining) {
		hello_late(server, from, member);
		return;
	}
	arena_reset(server->mem);
	if (wire_head_read(record->header, &head, NULL) != RES_OK ||
		wire_unpack(server->mem, &wangli__hello__descriptor, record->body, &body, NULL) !=
			RES_OK) {
		server->counts.bad_header++;
		return;
	}
	if (str_is_empty(head.id) || !server->hooks.may_join(server->arg, from->user, head.id)) {
		forbid_hello(server, &from->routing, STR("this key may not be this instance"));
		return;
	}
	if (body->n_groups > PEER_GROUPS_MAX) {
		forbid_hello(server, &from->routing, STR("too many groups"));
		return;
	}
	hello.instance = head.id;
	hello.window = head.credit;
	hello.groups_n = groups_allowed(server, &from->routing, from->user, body, groups);
	before = members_find_instance(server->members, head.id);
	if (members_join(server->members, &hello, &member) == RES_OK)
		joined(server, member, before, from->now);
	else
		forbid_hello(server, &from->routing, STR("too many members or groups"));
}

static void on_credit(
	struct server *server, struct member *member, const struct wire_record *record)
{
	struct wire_head head;

	if (wire_head_read(record->header, &head, NULL) == RES_OK)
		members_credit(server->members, member, head.credit);
	else
		server->counts.bad_header++;
}

static void on_stranger(struct server *server, struct from *from)
{
	server->counts.stranger++;
	if (!from->is_told)
		send_now(server, &from->routing,
			&(struct wire_msg){ .kind = server->is_draining ? WIRE_BYE : WIRE_HELLO });
	from->is_told = true;
}

static void on_record(struct server *server, struct from *from, const struct wire_record *record)
{
	struct member *member;

	if (!wire_kind_is_known((unsigned)record->kind)) {
		server->counts.unknown_kind++;
		return;
	}
	if (record->kind == WIRE_HELLO) {
		on_hello(server, from, record);
		return;
	}
	member = members_find(server->members, &from->routing);
	if (member == NULL || member->gone != NULL || !str_eq_c(from->user, member->user)) {
		if (record->kind != WIRE_BYE)
			on_stranger(server, from);
		return;
	}
	member->heard_at = from->now;
	if (record->kind == WIRE_CREDIT)
		on_credit(server, member, record);
	else if (record->kind == WIRE_PING)
		stage_kind(server, member, WIRE_PONG);
	else if (record->kind == WIRE_BYE)
		server_dismiss(server, member, "bye");
	else if (record->kind != WIRE_PONG && record->kind != WIRE_WELCOME)
		server->hooks.message(server->arg, member, record);
}

static bool is_heard(struct server *server, const struct bus_routing *from)
{
	return server->hooks.is_heard == NULL || server->hooks.is_heard(server->arg, from);
}

static void on_bad(struct server *server, const struct from *from)
{
	server->counts.bad_batch++;
	if (server->hooks.bad != NULL)
		server->hooks.bad(server->arg, from->user, &from->routing);
}

void server_receive(struct server *server, struct instant now)
{
	size_t taken = 0;

	while (taken < SERVER_ROUND_MESSAGES) {
		struct from from = { .now = now };
		struct wire_reader reader;
		struct wire_record record;
		struct str batch;
		enum res res =
			bus_router_receive(server->router, &from.routing, &from.user, &batch);

		if (res == RES_RETRY)
			return;
		taken++; /* a bad batch costs as much as a message */
		if (!is_heard(server, &from.routing)) {
			server->counts.unheard++;
			continue;
		}
		if (res != RES_OK || wire_reader_open(&reader, batch, NULL) != RES_OK) {
			on_bad(server, &from);
			continue;
		}
		taken += reader.count;
		server->counts.received += reader.count;
		while (wire_reader_next(&reader, &record))
			on_record(server, &from, &record);
	}
}

/* Tells the askers of a batch that was not handed over, and gives the member its credit back if it
 * still lives. */
static void failed_tell(struct server *server, struct failed *failed)
{
	struct member *member = members_find_serial(server->members, failed->serial);
	struct wire_reader reader;
	struct wire_record record;

	if (wire_reader_open(&reader, buf_str(&failed->batch.bytes), NULL) == RES_OK)
		while (wire_reader_next(&reader, &record)) {
			if (!wire_kind_needs_credit(record.kind))
				continue;
			if (member != NULL)
				members_credit(server->members, member, 1);
			server->hooks.lost(server->arg, &record);
		}
	wire_writer_fini(&failed->batch);
}

static void tell_open(void *arg, struct str group, struct str instance)
{
	struct server *server = arg;
	struct member *member = members_find_instance(server->members, instance);

	if (member != NULL)
		server_stage_msg(server, member,
			&(struct wire_msg){ .kind = WIRE_CREDIT, .head.to = group });
}

/* Ends because only messages that need credit are answered by `lost`, and answers need none. */
static void send_staged(struct server *server)
{
	while (server->has_staged || server->failed_n > 0) {
		struct member *const *all;
		size_t n;

		server->has_staged = false;
		all = members_all(server->members, &n);
		for (size_t i = 0; i < n; i++)
			member_send(server, all[i]);
		while (server->failed_n > 0) {
			struct failed failed = server->failed[--server->failed_n];

			failed_tell(server, &failed);
		}
	}
}

static void remove_gone(struct server *server)
{
	struct member *const *all;
	size_t n;

	if (!server->has_gone)
		return;
	server->has_gone = false;
	all = members_all(server->members, &n);
	for (size_t i = n; i-- > 0;) {
		struct member *member = all[i];

		if (member->gone == NULL)
			continue;
		server->hooks.left(server->arg, member);
		members_leave(server->members, member);
	}
}

void server_flush(struct server *server)
{
	members_notices(server->members, tell_open, server);
	send_staged(server);
	remove_gone(server);
}

void server_turn(struct server *server, struct instant now)
{
	bool was_asleep = !instant_is_none(server->turned_at) &&
			  instant_since(now, server->turned_at).us > OWN_SLEEP.us;
	struct member *const *all;
	size_t n;

	all = members_all(server->members, &n);
	for (size_t i = 0; i < n; i++) {
		if (was_asleep)
			all[i]->heard_at = now;
		else if (instant_since(now, all[i]->heard_at).us > PEER_SILENT_AFTER.us)
			server_dismiss(server, all[i], "silent");
	}
	server->turned_at = now;
	server_flush(server);
}

void server_drain(struct server *server)
{
	struct member *const *all;
	size_t n;

	if (server->is_draining)
		return;
	server->is_draining = true;
	all = members_all(server->members, &n);
	for (size_t i = 0; i < n; i++)
		if (all[i]->gone == NULL)
			stage_kind(server, all[i], WIRE_BYE);
}

bool server_is_drained(const struct server *server)
{
	struct member *const *all;
	size_t n;

	all = members_all(server->members, &n);
	for (size_t i = 0; i < n; i++)
		if (all[i]->gone == NULL &&
			(!all[i]->has_parted || all[i]->credit < all[i]->window))
			return false;
	return server->is_draining;
}

struct server_counts server_counts(const struct server *server)
{
	return server->counts;
}

void server_count_bad_header(struct server *server)
{
	server->counts.bad_header++;
}
