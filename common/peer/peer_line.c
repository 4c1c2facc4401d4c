/* One session with one broker or door. Owns the dealer, the batch being filled and the credit that
 * is owed. Everything it cannot send it drops: durability lives in PostgreSQL and in spools, never
 * here. */
#include "peer/peer_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "peer/peer_key.h"
#include "proto/envelope.pb-c.h"

#define HELLO_BYTES_MAX (64 * 1024)
#define QUIET_AFTER	SPAN_MS(2500) /* two heartbeats and their answers */
#define REFUSAL_LEAST	SPAN_S(1)     /* turns may be as far apart */

static enum res dealer_open(struct line *line, struct err *err)
{
	const struct peer_options *options = &line->owner->options;

	return bus_dealer_open(&line->dealer, options->context, line->address, &options->self,
		options->server_key, err);
}

/* Messages are asked for again by who waits for them; credit by nobody, so it stays due. */
static void send_batch(struct line *line)
{
	if (line->writer.count == 0)
		return;
	if (bus_dealer_send(line->dealer, buf_str(&line->writer.bytes)) == RES_OK) {
		line->owner->counts.sent += line->writer.count;
	} else {
		line->owner->counts.dropped_full += line->writer.count;
		line->credit_due += line->credit_queued;
	}
	line->credit_queued = 0;
	wire_writer_clear(&line->writer);
}

void peer_line_queue(struct line *line, const struct wire_msg *msg)
{
	enum res res = wire_write(&line->writer, msg, NULL);

	if (res == RES_RETRY) {
		send_batch(line);
		res = wire_write(&line->writer, msg, NULL);
	}
	if (res != RES_OK)
		line->owner->counts.dropped_full++;
}

static struct str hello_body(struct line_owner *owner, struct arena *mem)
{
	Wangli__Hello hello = WANGLI__HELLO__INIT;
	char *groups[PEER_GROUPS_MAX];
	char version[] = WANGLI_VERSION;

	for (size_t i = 0; i < owner->groups_n; i++)
		groups[i] = owner->groups[i];
	hello.groups = groups;
	hello.n_groups = owner->groups_n;
	hello.version = version;
	return wire_pack(mem, &hello.base);
}

void peer_line_say_hello(struct line *line)
{
	SCOPED(arena)
	struct arena *mem = arena_create(HELLO_BYTES_MAX);
	struct wire_msg hello = { .kind = WIRE_HELLO,
		.head = { .id = str_from_c(line->owner->instance), .credit = line->share } };

	CHECK(mem != NULL);
	hello.body = hello_body(line->owner, mem);
	line->unanswered += line->is_welcomed;
	peer_line_queue(line, &hello);
	send_batch(line);
}

enum res peer_line_open(struct line **out, struct line_owner *owner, const char *address,
	int32_t share, struct err *err)
{
	struct line *line = calloc(1, sizeof(*line));
	enum res res;

	CHECK(line != NULL);
	line->owner = owner;
	snprintf(line->address, sizeof(line->address), "%s", address);
	line->id = peer_key_of(str_from_c(address));
	line->share = share;
	line->now = line->heard_at = line->asked_at = INSTANT_NONE;
	line->welcomed_at = line->down_at = INSTANT_NONE;
	res = dealer_open(line, err);
	if (res != RES_OK) {
		peer_line_close(line);
		return res;
	}
	peer_line_say_hello(line);
	*out = line;
	return RES_OK;
}

void peer_line_close(struct line *line)
{
	if (line == NULL)
		return;
	if (line->dealer != NULL) {
		peer_line_queue(line, &(struct wire_msg){ .kind = WIRE_BYE });
		send_batch(line);
	}
	bus_dealer_close(line->dealer);
	wire_writer_fini(&line->writer);
	free(line);
}

bool peer_line_is_up(const struct line *line)
{
	return line->is_welcomed && !line->is_draining;
}

bool peer_line_is_quiet(const struct line *line)
{
	return !instant_is_none(line->heard_at) && !line->has_heard &&
	       instant_since(line->now, line->heard_at).us > QUIET_AFTER.us;
}

void peer_line_set_share(struct line *line, int32_t share)
{
	if (line->share == share)
		return;
	line->share = share;
	peer_line_say_hello(line);
}

/* --- credit --- */

void peer_line_credit(struct line *line, int32_t n)
{
	CHECK(n <= line->outstanding);
	line->outstanding -= n;
	line->credit_due += n;
}

void peer_line_flush(struct line *line)
{
	if (line->credit_due > 0 && line->is_welcomed) {
		int32_t credit = line->credit_due;

		line->credit_due = 0;
		peer_line_queue(
			line, &(struct wire_msg){ .kind = WIRE_CREDIT, .head.credit = credit });
		line->credit_queued = credit;
	}
	send_batch(line);
}

/* --- the session --- */

static void end_session(struct line *line)
{
	/* who took leave has seen to what was under way */
	line->is_lost = line->is_lost || (line->is_welcomed && !line->is_draining);
	line->is_welcomed = false;
	line->is_draining = false;
	line->is_new = false;
	line->unanswered = 0;
	line->refusals_n = 0;
	line->welcomed_at = INSTANT_NONE;
}

/* A WELCOME that only answers a change of groups is no news: server and connection are the same as
 * before. A new session opens the whole window: credit owed from before is void. */
static void on_welcome(struct line *line, const struct wire_record *record)
{
	char session[sizeof(line->session)];
	bool was_welcomed = line->is_welcomed;
	struct wire_head head;

	if (wire_head_read(record->header, &head, NULL) != RES_OK) {
		line->owner->counts.dropped_bad++;
		return;
	}
	snprintf(session, sizeof(session), "%.*s %.*s", STR_ARG(head.id), STR_ARG(head.route));
	line->unanswered -= line->unanswered > 0;
	line->is_welcomed = true;
	if (strcmp(session, line->session) != 0) {
		memcpy(line->session, session, sizeof(session));
		line->outstanding = line->credit_due = line->credit_queued = 0;
		line->is_draining = false;
	} else if (was_welcomed) {
		return;
	}
	line->is_new = true;
}

/* The protocol's own messages end here; true: the record is the caller's. */
static bool is_for_caller(struct line *line, const struct wire_record *record)
{
	switch ((unsigned)record->kind) {
	case WIRE_HELLO: /* the far side does not know us (any more) */
		end_session(line);
		line->session[0] = 0;
		peer_line_say_hello(line);
		return false;
	case WIRE_WELCOME:
		on_welcome(line, record);
		return false;
	case WIRE_PING:
		peer_line_queue(line, &(struct wire_msg){ .kind = WIRE_PONG });
		return false;
	case WIRE_PONG:
		return false;
	case WIRE_BYE: /* it goes, and waits for HELLO: that we have heard it. Its heir takes the
			  same for a greeting. */
		if (!line->is_draining)
			peer_line_say_hello(line);
		line->is_draining = true;
		return false;
	}
	if (wire_kind_is_known((unsigned)record->kind))
		return true;
	line->owner->counts.dropped_bad++;
	return false;
}

/* What cannot be read must not cost the window: its credit goes back. */
static bool record_read(struct line *line, struct arena *mem, const struct wire_record *record,
	struct wire_msg *out)
{
	struct str header = arena_str(mem, record->header);
	bool needs_credit = wire_kind_needs_credit(record->kind);

	out->kind = record->kind;
	out->body = arena_str(mem, record->body);
	line->outstanding += needs_credit;
	if (!arena_failed(mem) && wire_head_read(header, &out->head, NULL) == RES_OK)
		return true;
	line->owner->counts.dropped_bad++;
	if (needs_credit)
		peer_line_credit(line, 1);
	return false;
}

/* libzmq makes another connection, and HELLO waits in it for whoever answers. */
void peer_line_mind_cut(struct line *line)
{
	if (!bus_dealer_was_cut(line->dealer) || !line->is_welcomed)
		return;
	end_session(line);
	line->asked_at = line->now;
	peer_line_say_hello(line);
}

/* Opens the next batch; false: there is none. */
static bool next_batch(struct line *line)
{
	struct str batch;
	enum res res = bus_dealer_receive(line->dealer, &batch);

	if (res == RES_RETRY)
		return false;
	line->has_heard = true;
	if (res != RES_OK || wire_reader_open(&line->reader, batch, NULL) != RES_OK)
		line->owner->counts.dropped_bad++;
	return true;
}

bool peer_line_receive(struct line *line, struct arena *mem, struct wire_msg *out)
{
	struct wire_record record;

	for (;;) {
		if (!wire_reader_next(&line->reader, &record)) {
			if (!next_batch(line))
				return false;
			continue;
		}
		if (is_for_caller(line, &record) && record_read(line, mem, &record, out))
			return true;
	}
}

struct bus_dealer *peer_line_reopen(struct line *line)
{
	struct bus_dealer *old = line->dealer;

	if (dealer_open(line, NULL) != RES_OK) {
		line->dealer = old;
		return NULL;
	}
	line->reader = (struct wire_reader){ 0 };
	wire_writer_clear(&line->writer);
	end_session(line);
	line->session[0] = 0;
	line->outstanding = line->credit_due = line->credit_queued = 0;
	line->owner->counts.reconnects++;
	peer_line_say_hello(line);
	return old;
}

/* --- heartbeats --- */

static void mind_times(struct line *line, struct instant now)
{
	line->now = now;
	if (line->has_heard || instant_is_none(line->heard_at))
		line->heard_at = now;
	line->has_heard = false;
	if (line->is_welcomed && instant_is_none(line->welcomed_at))
		line->welcomed_at = now;
	if (peer_line_is_up(line))
		line->down_at = INSTANT_NONE;
	else if (instant_is_none(line->down_at))
		line->down_at = now;
}

bool peer_line_turn(struct line *line, struct instant now)
{
	peer_line_mind_cut(line);
	mind_times(line, now);
	if (instant_since(now, line->heard_at).us > PEER_SILENT_AFTER.us) {
		line->heard_at = now;
		line->asked_at = now;
		return true;
	}
	if (!instant_is_none(line->asked_at) &&
		instant_since(now, line->asked_at).us < PEER_PING_EVERY.us)
		return false;
	line->asked_at = now;
	if (!line->is_welcomed) {
		peer_line_say_hello(line);
		return false;
	}
	peer_line_queue(line, &(struct wire_msg){ .kind = WIRE_PING });
	send_batch(line);
	return false;
}

/* --- what takes nothing over this line --- */

const struct line_refusal *peer_line_refusal_of(const struct line *line, struct str group)
{
	for (size_t i = 0; i < line->refusals_n; i++)
		if (str_eq_c(group, line->refusals[i].group) &&
			(instant_is_none(line->now) ||
				instant_is_before(line->now, line->refusals[i].until)))
			return &line->refusals[i];
	return NULL;
}

void peer_line_accepts(struct line *line, struct str group)
{
	for (size_t i = 0; i < line->refusals_n; i++) {
		if (!str_eq_c(group, line->refusals[i].group))
			continue;
		line->refusals[i] = line->refusals[--line->refusals_n];
		return;
	}
}

void peer_line_refused(struct line *line, struct str group, bool is_busy, int32_t retry_after_ms)
{
	struct span wait = SPAN_MS(retry_after_ms);
	struct line_refusal *refusal;

	if (group.n == 0 || group.n > WIRE_NAME_MAX)
		return;
	peer_line_accepts(line, group);
	if (line->refusals_n == LINE_REFUSALS_MAX) /* the first is the oldest, or nearly so */
		line->refusals[0] = line->refusals[--line->refusals_n];
	refusal = &line->refusals[line->refusals_n++];
	snprintf(refusal->group, sizeof(refusal->group), "%.*s", STR_ARG(group));
	refusal->is_busy = is_busy;
	refusal->until =
		instant_is_none(line->now)
			? INSTANT_NONE
			: instant_add(line->now, wait.us > REFUSAL_LEAST.us ? wait : REFUSAL_LEAST);
}
