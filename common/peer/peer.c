/* Several lines as one. Owns them, the loop's view of their sockets, and who was heard where. What
 * one line says and hears is peer_line.c's, where lines may go peer_targets.c's, which one is taken
 * peer_lines_core.c's. */
#include "peer/peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/map.h"
#include "peer/peer_key.h"
#include "peer/peer_line.h"
#include "peer/peer_lines_core.h"
#include "peer/peer_targets.h"

#define HEARD_MAX  1024	     /* askers whose line is remembered */
#define YOUNG_FOR  SPAN_S(1) /* others need a moment to find a broker that has just started */
#define TRY_FOR_S  1	     /* before another address is tried; twice as long after each try */
#define TRIES_MOST 4

struct peer {
	struct line_owner owner;
	uint64_t self; /* of the instance */
	struct targets targets;
	struct line *lines[PEER_LINES_MAX];
	size_t lines_n;
	size_t next;	   /* to be received from */
	struct map *heard; /* instance → place among lines, + 1 */
	struct instant now;
	int tries;	 /* lines given up since one was last up */
	bool was_up;	 /* a line was, when changes were last told */
	int64_t told_up; /* how many lines were up when somebody last asked */

	struct loop *loop; /* NULL: not attached */
	bool is_paused;
	void (*ready)(void *arg);
	void *ready_arg;
	void (*welcomed)(void *arg);
	void *welcomed_arg;
};

/* --- sockets --- */

static void socket_watch(struct peer *peer, struct bus_dealer *dealer)
{
	if (peer->loop == NULL || peer->is_paused)
		return;
	loop_add_socket(peer->loop, bus_dealer_socket(dealer), peer->ready, peer->ready_arg);
	loop_add_socket(peer->loop, bus_dealer_cut_socket(dealer), peer->ready, peer->ready_arg);
}

static void socket_forget(struct peer *peer, struct bus_dealer *dealer)
{
	if (peer->loop == NULL || peer->is_paused)
		return;
	loop_remove_socket(peer->loop, bus_dealer_socket(dealer));
	loop_remove_socket(peer->loop, bus_dealer_cut_socket(dealer));
}

void peer_attach(struct peer *peer, struct loop *loop, void (*ready)(void *arg), void *arg)
{
	CHECK(peer->loop == NULL);
	peer->loop = loop;
	peer->ready = ready;
	peer->ready_arg = arg;
	for (size_t i = 0; i < peer->lines_n; i++)
		socket_watch(peer, peer->lines[i]->dealer);
}

void peer_pause(struct peer *peer)
{
	for (size_t i = 0; i < peer->lines_n; i++)
		socket_forget(peer, peer->lines[i]->dealer);
	peer->is_paused = true;
}

void peer_resume(struct peer *peer)
{
	peer->is_paused = false;
	for (size_t i = 0; i < peer->lines_n; i++)
		socket_watch(peer, peer->lines[i]->dealer);
}

size_t peer_sockets(struct peer *peer, void **out)
{
	size_t n = 0;

	for (size_t i = 0; i < peer->lines_n; i++) {
		out[n++] = bus_dealer_socket(peer->lines[i]->dealer);
		out[n++] = bus_dealer_cut_socket(peer->lines[i]->dealer);
	}
	return n;
}

/* --- lines --- */

static size_t lines_wanted(const struct peer *peer)
{
	size_t most = peer->owner.options.most_lines;

	return most == 0 || most > PEER_LINES_MAX ? PEER_LINES_MAX : most;
}

/* One of a few lines gets the whole window of those few: a draining one beside it is on its way
 * out.
 */
static void shares_set(struct peer *peer, size_t n)
{
	size_t most = lines_wanted(peer);
	int32_t share = lines_share(peer->owner.options.window, n < most ? n : most);

	for (size_t i = 0; i < peer->lines_n; i++)
		peer_line_set_share(peer->lines[i], share);
}

static enum res line_add(struct peer *peer, const char *address, struct err *err)
{
	size_t n = peer->lines_n + 1;
	size_t most = lines_wanted(peer);
	struct line *line;

	CHECK(peer->lines_n < PEER_LINES_MAX);
	TRY(peer_line_open(&line, &peer->owner, address,
		lines_share(peer->owner.options.window, n < most ? n : most), err));
	shares_set(peer, n);
	peer->lines[peer->lines_n++] = line;
	socket_watch(peer, line->dealer);
	return RES_OK;
}

static void line_remove(struct peer *peer, size_t at)
{
	struct line *line = peer->lines[at];

	socket_forget(peer, line->dealer);
	peer_line_close(line);
	memmove(peer->lines + at, peer->lines + at + 1,
		(peer->lines_n - at - 1) * sizeof(peer->lines[0]));
	peer->lines_n--;
	map_clear(peer->heard);
	shares_set(peer, peer->lines_n);
}

static bool is_up_without(const struct peer *peer, const struct line *except)
{
	for (size_t i = 0; i < peer->lines_n; i++)
		if (peer->lines[i] != except && peer_line_is_up(peer->lines[i]))
			return true;
	return false;
}

/* What was under way is asked for again as soon as there is a way: at once when a line is lost and
 * one stands, or when one stands after none did. */
static void tell_changes(struct peer *peer)
{
	bool is_up = is_up_without(peer, NULL);
	bool must_tell = false;

	for (size_t i = 0; i < peer->lines_n; i++) {
		struct line *line = peer->lines[i];

		must_tell =
			must_tell || (line->is_lost && is_up) || (line->is_new && !peer->was_up);
		line->is_lost = false;
		line->is_new = false;
	}
	peer->was_up = is_up;
	if (must_tell && peer->welcomed != NULL)
		peer->welcomed(peer->welcomed_arg);
}

/* --- which lines --- */

/* Whose address is gone, and who says nothing: an address that is only missing from an answer may
 * serve well. With more places than lines, whoever is away for too long or is going makes room. */
static bool is_over(struct peer *peer, const struct line *line)
{
	bool is_away = !peer_line_is_up(line) && !instant_is_none(line->down_at);

	if (targets_find(&peer->targets, line->address) == NULL)
		return is_away || peer_line_is_quiet(line);
	if (peer->targets.n <= lines_wanted(peer) || !is_away)
		return false;
	return !line->is_draining &&
	       instant_since(peer->now, line->down_at).us >= SPAN_S(TRY_FOR_S << peer->tries).us;
}

static size_t lines_counted(const struct peer *peer)
{
	size_t n = 0;

	for (size_t i = 0; i < peer->lines_n; i++)
		n += !peer->lines[i]->is_draining || peer->targets.n <= lines_wanted(peer);
	return n;
}

static bool is_taken(const void *arg, const char *address)
{
	const struct peer *peer = arg;

	for (size_t i = 0; i < peer->lines_n; i++)
		if (strcmp(peer->lines[i]->address, address) == 0)
			return true;
	return false;
}

static enum res lines_fill(struct peer *peer, struct err *err)
{
	const char *address;

	while (peer->lines_n < PEER_LINES_MAX && lines_counted(peer) < lines_wanted(peer) &&
		(address = targets_next(&peer->targets, peer->self, is_taken, peer)) != NULL)
		TRY(line_add(peer, address, err));
	return RES_OK;
}

static void line_give_up(struct peer *peer, size_t at)
{
	struct target *target = targets_find(&peer->targets, peer->lines[at]->address);

	if (target != NULL)
		target->failed_us = peer->now.us;
	peer->tries += peer->tries < TRIES_MOST;
	line_remove(peer, at);
}

/* One that was going came back beside its successor. */
static void lines_thin(struct peer *peer)
{
	while (lines_counted(peer) > lines_wanted(peer)) {
		size_t at = 0;

		while (peer->lines[at]->is_draining) /* not one of those that are counted */
			at++;
		for (size_t i = at; i < peer->lines_n; i++)
			if (!peer->lines[i]->is_welcomed)
				at = i;
		line_give_up(peer, at);
	}
}

static void lines_mind(struct peer *peer)
{
	size_t before = peer->lines_n;

	targets_renew(&peer->targets);
	if (is_up_without(peer, NULL))
		peer->tries = 0;
	for (size_t i = peer->lines_n; i-- > 0;)
		if (is_over(peer, peer->lines[i]))
			line_give_up(peer, i);
	lines_thin(peer);
	if (peer->lines_n < before)
		targets_hurry(&peer->targets);
	(void)!lines_fill(peer, NULL); /* looked at again with the next turn */
}

/* --- life --- */

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
	peer->owner.options = *options;
	memcpy(peer->owner.instance, options->instance, strlen(options->instance));
	peer->heard = map_create();
	peer->now = INSTANT_NONE;
	peer->self = peer_key_of(str_from_c(options->instance));
	res = targets_open(&peer->targets, str_from_c(options->address), options->look, err);
	if (res == RES_OK)
		res = lines_fill(peer, err);
	peer->owner.options.address = peer->owner.options.instance = NULL; /* the caller's */
	if (res != RES_OK) {
		peer_close(peer);
		return res;
	}
	*out = peer;
	return RES_OK;
}

void peer_close(struct peer *peer)
{
	if (peer == NULL)
		return;
	for (size_t i = 0; i < peer->lines_n; i++) {
		socket_forget(peer, peer->lines[i]->dealer);
		peer_line_close(peer->lines[i]);
	}
	targets_close(&peer->targets);
	map_destroy(peer->heard);
	free(peer);
}

static bool has_groups(const struct line_owner *owner, const struct str *groups, size_t n)
{
	if (n != owner->groups_n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!str_eq_c(groups[i], owner->groups[i]))
			return false;
	return true;
}

void peer_set_groups(struct peer *peer, const struct str *groups, size_t n)
{
	struct line_owner *owner = &peer->owner;

	CHECK(n <= PEER_GROUPS_MAX);
	if (has_groups(owner, groups, n))
		return;
	for (size_t i = 0; i < n; i++) {
		CHECK(groups[i].n <= WIRE_NAME_MAX);
		memcpy(owner->groups[i], groups[i].p, groups[i].n);
		owner->groups[i][groups[i].n] = 0;
	}
	owner->groups_n = n;
	for (size_t i = 0; i < peer->lines_n; i++)
		peer_line_say_hello(peer->lines[i]);
}

void peer_leave(struct peer *peer)
{
	peer_set_groups(peer, NULL, 0);
}

bool peer_has_left(const struct peer *peer)
{
	for (size_t i = 0; i < peer->lines_n; i++)
		if (peer_line_is_up(peer->lines[i]) && peer->lines[i]->unanswered > 0)
			return false;
	return true;
}

/* --- out --- */

static void facts_of(
	const struct peer *peer, struct str group, struct line_facts out[PEER_LINES_MAX])
{
	for (size_t i = 0; i < peer->lines_n; i++) {
		const struct line *line = peer->lines[i];

		out[i] = (struct line_facts){ .id = line->id,
			.is_up = line->is_welcomed,
			.is_draining = line->is_draining,
			.is_young = instant_is_none(line->welcomed_at) ||
				    instant_since(line->now, line->welcomed_at).us < YOUNG_FOR.us,
			.is_quiet = peer_line_is_quiet(line),
			.is_refusing = peer_line_refusal_of(line, group) != NULL };
	}
}

static struct line *line_for(struct peer *peer, const struct wire_msg *msg)
{
	struct line_facts facts[PEER_LINES_MAX];
	enum lines_use use = LINES_ANSWER;
	size_t at;

	if (wire_kind_needs_credit(msg->kind)) {
		use = msg->kind == WIRE_DONE ? LINES_OUTCOME : LINES_ASK;
	} else {
		at = (size_t)(uintptr_t)map_get(peer->heard, msg->head.to);
		if (at > 0 && at <= peer->lines_n && peer->lines[at - 1]->is_welcomed &&
			!peer_line_is_quiet(peer->lines[at - 1]))
			return peer->lines[at - 1];
	}
	facts_of(peer, msg->head.to, facts);
	at = lines_pick(
		facts, peer->lines_n, use, peer->lines_n > 1 ? peer_key_of_head(&msg->head) : 0);
	return at == LINES_NONE ? NULL : peer->lines[at];
}

void peer_send(struct peer *peer, const struct wire_msg *msg)
{
	struct line *line = line_for(peer, msg);

	if (line != NULL)
		peer_line_queue(line, msg);
	else
		peer->owner.counts.dropped_full++;
}

void peer_flush(struct peer *peer)
{
	for (size_t i = 0; i < peer->lines_n; i++)
		peer_line_flush(peer->lines[i]);
}

/* --- in --- */

static void heard_note(struct peer *peer, size_t at, const struct wire_msg *msg)
{
	struct str asker = msg->head.reply_to;
	void *place = (void *)(uintptr_t)(at + 1);
	const void *known;

	if (peer->lines_n == 1 || !wire_kind_needs_credit(msg->kind) || str_is_empty(asker))
		return;
	known = map_get(peer->heard, asker);
	if (known == place)
		return;
	if (known == NULL && map_count(peer->heard) >= HEARD_MAX)
		map_clear(peer->heard);
	map_put(peer->heard, asker, place);
}

/* A broker that refuses speaks for its own line. Where another line may do better the caller hears
 * BUSY and asks again at once; where one is merely busy nobody hears that nobody is there. */
static void refusal_judge(struct peer *peer, size_t at, struct wire_msg *msg)
{
	struct line_facts facts[PEER_LINES_MAX];
	struct str group = msg->head.subject;
	bool is_busy = msg->head.code == WIRE_CODE_BUSY;

	peer_line_refused(peer->lines[at], group, is_busy, msg->head.retry_after_ms);
	facts_of(peer, group, facts);
	if (lines_have_better(facts, peer->lines_n, at)) {
		msg->head.code = WIRE_CODE_BUSY;
		msg->head.retry_after_ms = PEER_AT_ONCE_MS;
		return;
	}
	for (size_t i = 0; i < peer->lines_n && !is_busy; i++) {
		const struct line_refusal *other = peer_line_refusal_of(peer->lines[i], group);

		is_busy = peer_line_is_up(peer->lines[i]) && other != NULL && other->is_busy;
	}
	if (is_busy)
		msg->head.code = WIRE_CODE_BUSY;
}

static void take_note(struct peer *peer, size_t at, struct wire_msg *msg)
{
	heard_note(peer, at, msg);
	if (peer->lines_n == 1)
		return;
	if (msg->kind == WIRE_CREDIT)
		peer_line_accepts(peer->lines[at], msg->head.to);
	else if (msg->kind == WIRE_NACK && str_eq_c(msg->head.sender, "bus") &&
		 (msg->head.code == WIRE_CODE_BUSY || msg->head.code == WIRE_CODE_NO_CONSUMER))
		refusal_judge(peer, at, msg);
}

/* Lines take turns, so that one that is always full starves no other. */
size_t peer_receive(struct peer *peer, struct arena *mem, struct wire_msg *out, size_t most)
{
	size_t n = 0, empty = 0;

	for (size_t i = 0; i < peer->lines_n; i++)
		peer_line_mind_cut(peer->lines[i]);
	while (n < most && empty < peer->lines_n) {
		size_t at = peer->next % peer->lines_n;
		size_t before = n;
		size_t end = n + (most - n + peer->lines_n - 1) / peer->lines_n;

		while (n < end && peer_line_receive(peer->lines[at], mem, &out[n]))
			take_note(peer, at, &out[n++]);
		empty = n == before ? empty + 1 : 0;
		peer->next = at + 1;
	}
	peer->owner.counts.received += (int64_t)n;
	tell_changes(peer);
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
	int32_t outstanding[PEER_LINES_MAX];
	int32_t give[PEER_LINES_MAX] = { 0 };

	for (size_t i = 0; i < peer->lines_n; i++)
		outstanding[i] = peer->lines[i]->outstanding;
	lines_give(outstanding, peer->lines_n, n, give);
	for (size_t i = 0; i < peer->lines_n; i++)
		peer_line_credit(peer->lines[i], give[i]);
}

/* --- turns --- */

static void line_renew(struct peer *peer, struct line *line)
{
	struct bus_dealer *old = peer_line_reopen(line);

	if (old == NULL)
		return;
	socket_forget(peer, old);
	socket_watch(peer, line->dealer);
	bus_dealer_close(old);
}

void peer_turn(struct peer *peer, struct instant now)
{
	bool was_silent = false;

	peer->now = now;
	for (size_t i = 0; i < peer->lines_n; i++) {
		if (!peer_line_turn(peer->lines[i], now))
			continue;
		line_renew(peer, peer->lines[i]);
		was_silent = true;
	}
	if (was_silent)
		targets_hurry(&peer->targets);
	lines_mind(peer);
	tell_changes(peer);
}

bool peer_is_up(const struct peer *peer)
{
	return is_up_without(peer, NULL);
}

void peer_on_welcome(struct peer *peer, void (*welcomed)(void *arg), void *arg)
{
	peer->welcomed = welcomed;
	peer->welcomed_arg = arg;
}

bool peer_has_trouble(struct peer *peer, struct err *out)
{
	return targets_have_trouble(&peer->targets, out);
}

const char *peer_instance(const struct peer *peer)
{
	return peer->owner.instance;
}

struct peer_counts peer_counts(const struct peer *peer)
{
	struct peer_counts counts = peer->owner.counts;

	counts.lines = (int64_t)peer->lines_n;
	for (size_t i = 0; i < peer->lines_n; i++)
		counts.lines_up += peer_line_is_up(peer->lines[i]);
	return counts;
}

bool peer_has_changed(struct peer *peer)
{
	int64_t told = peer->told_up;

	peer->told_up = peer_counts(peer).lines_up;
	return peer->told_up != told;
}
