/* Several lines as one. Owns them, the loop's view of their sockets, who was heard where, and the
 * resolver; what one line says and hears is peer_line.c's. */
#include "peer/peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/map.h"
#include "peer/peer_key.h"
#include "peer/peer_line.h"
#include "peer/peer_lines_core.h"
#include "peer/peer_places.h"

#define HEARD_MAX 1024	    /* askers whose line is remembered */
#define YOUNG_FOR SPAN_S(1) /* others need a moment to find a broker that has just started */
#define TRY_FOR	  SPAN_S(3) /* before another address is tried */
#define SETS_MAX  (PEER_PLACES_MAX * OS_ADDRESSES_MAX)

/* An address that may be connected to. */
struct target {
	char address[PEER_PLACE_TEXT];
	int64_t failed_us;
};

struct peer {
	struct line_owner owner;
	struct peer_places places;
	bool is_troubled[PEER_PLACES_MAX]; /* and has been told */
	struct os_resolver *resolver;	   /* NULL: no names */
	uint64_t rounds;		   /* of it that we have seen */
	struct target *targets;
	size_t targets_n;
	struct line *lines[PEER_LINES_MAX];
	size_t lines_n;
	size_t next;	   /* to be received from */
	struct map *heard; /* instance → place among lines, + 1 */
	struct instant now;
	bool is_first_told;
	bool was_up; /* when somebody last asked whether it was lost */

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
	shares_set(peer, n); /* before the new one opens: those who stand give some back */
	TRY(peer_line_open(&line, &peer->owner, address,
		lines_share(peer->owner.options.window, n < most ? n : most), err));
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

/* What was under way is asked for again as soon as there is a way: when a line is lost and another
 * stands, or when the first one stands (again). */
static void tell_changes(struct peer *peer)
{
	bool must_tell = false;

	for (size_t i = 0; i < peer->lines_n; i++) {
		struct line *line = peer->lines[i];

		must_tell = must_tell || (line->is_lost && is_up_without(peer, line)) ||
			    (line->is_new && (!is_up_without(peer, line) || !peer->is_first_told));
		peer->is_first_told = peer->is_first_told || line->is_new;
		line->is_lost = false;
		line->is_new = false;
	}
	if (must_tell && peer->welcomed != NULL)
		peer->welcomed(peer->welcomed_arg);
}

/* --- places --- */

static void target_keep(struct peer *peer, struct target *out, size_t *n, const char *address)
{
	if (*n == SETS_MAX)
		return;
	out[*n] = (struct target){ .failed_us = INT64_MIN };
	snprintf(out[*n].address, sizeof(out[*n].address), "%s", address);
	for (size_t i = 0; i < *n; i++)
		if (strcmp(out[i].address, address) == 0)
			return;
	for (size_t i = 0; i < peer->targets_n; i++)
		if (strcmp(peer->targets[i].address, address) == 0)
			out[*n].failed_us = peer->targets[i].failed_us;
	++*n;
}

/* Every address that is known just now, in the order of the setting and of their texts. */
static void targets_make(struct peer *peer)
{
	struct target *made = calloc(SETS_MAX, sizeof(*made));
	size_t n = 0, name = 0;

	CHECK(made != NULL);
	for (size_t i = 0; i < peer->places.n; i++) {
		const struct peer_place *place = &peer->places.items[i];
		struct os_addresses found;
		char address[PEER_PLACE_TEXT];

		if (place->name[0] == 0) {
			target_keep(peer, made, &n, place->text);
			continue;
		}
		os_resolver_get(peer->resolver, name++, &found);
		for (size_t a = 0; a < found.n; a++) {
			bool is_v6 = strchr(found.texts[a], ':') != NULL;

			snprintf(address, sizeof(address), "tcp://%s%s%s:%s", is_v6 ? "[" : "",
				found.texts[a], is_v6 ? "]" : "", place->port);
			target_keep(peer, made, &n, address);
		}
	}
	free(peer->targets);
	peer->targets = made;
	peer->targets_n = n;
}

static struct target *target_of(struct peer *peer, const struct line *line)
{
	for (size_t i = 0; i < peer->targets_n; i++)
		if (strcmp(peer->targets[i].address, line->address) == 0)
			return &peer->targets[i];
	return NULL;
}

/* Whose address is gone, and who says nothing: an address that is only missing from an answer may
 * serve well. With more places than lines, whoever is away for too long or is going makes room. */
static bool is_over(struct peer *peer, const struct line *line)
{
	bool is_away = !peer_line_is_up(line) && !instant_is_none(line->down_at);

	if (target_of(peer, line) == NULL)
		return is_away || peer_line_is_quiet(line);
	if (peer->targets_n <= lines_wanted(peer) || !is_away)
		return false;
	return !line->is_draining && instant_since(peer->now, line->down_at).us >= TRY_FOR.us;
}

static size_t lines_counted(const struct peer *peer)
{
	size_t n = 0;

	for (size_t i = 0; i < peer->lines_n; i++)
		n += !peer->lines[i]->is_draining || peer->targets_n <= lines_wanted(peer);
	return n;
}

static const char *next_address(struct peer *peer)
{
	struct line_place *places = calloc(peer->targets_n + 1, sizeof(*places));
	size_t next;

	CHECK(places != NULL);
	for (size_t i = 0; i < peer->targets_n; i++) {
		places[i].id = peer_key_of(str_from_c(peer->targets[i].address));
		places[i].failed_us = peer->targets[i].failed_us;
		for (size_t l = 0; l < peer->lines_n; l++)
			places[i].is_taken =
				places[i].is_taken ||
				strcmp(peer->lines[l]->address, peer->targets[i].address) == 0;
	}
	next = lines_next(places, peer->targets_n, peer_key_of(str_from_c(peer->owner.instance)));
	free(places);
	return next == LINES_NONE ? NULL : peer->targets[next].address;
}

static enum res lines_fill(struct peer *peer, struct err *err)
{
	const char *address;

	while (peer->lines_n < PEER_LINES_MAX && lines_counted(peer) < lines_wanted(peer) &&
		(address = next_address(peer)) != NULL)
		TRY(line_add(peer, address, err));
	return RES_OK;
}

static void line_give_up(struct peer *peer, size_t at)
{
	struct target *target = target_of(peer, peer->lines[at]);

	if (target != NULL)
		target->failed_us = peer->now.us;
	line_remove(peer, at);
}

/* One that was going came back beside its successor. */
static void lines_thin(struct peer *peer)
{
	while (lines_counted(peer) > lines_wanted(peer)) {
		size_t at = 0;

		for (size_t i = 0; i < peer->lines_n; i++)
			if (!peer->lines[i]->is_welcomed)
				at = i;
		line_give_up(peer, at);
	}
}

static void lines_mind(struct peer *peer)
{
	size_t before = peer->lines_n;

	if (peer->resolver != NULL && os_resolver_rounds(peer->resolver) != peer->rounds) {
		peer->rounds = os_resolver_rounds(peer->resolver);
		targets_make(peer);
	}
	for (size_t i = peer->lines_n; i-- > 0;)
		if (is_over(peer, peer->lines[i]))
			line_give_up(peer, i);
	lines_thin(peer);
	if (peer->lines_n < before && peer->resolver != NULL)
		os_resolver_hurry(peer->resolver);
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

static enum res resolver_start(struct peer *peer, struct err *err)
{
	const char *names[PEER_PLACES_MAX];
	size_t n = 0;

	for (size_t i = 0; i < peer->places.n; i++)
		if (peer->places.items[i].name[0] != 0)
			names[n++] = peer->places.items[i].name;
	if (n == 0)
		return RES_OK;
	return os_resolver_open(&peer->resolver, names, n, peer->owner.options.look, err);
}

static enum res peer_start(struct peer *peer, struct err *err)
{
	TRY(peer_places_read(str_from_c(peer->owner.options.address), &peer->places, err));
	TRY(resolver_start(peer, err));
	targets_make(peer);
	return lines_fill(peer, err);
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
	res = peer_start(peer, err);
	peer->owner.options.address = NULL; /* the caller's */
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
	os_resolver_close(peer->resolver);
	map_destroy(peer->heard);
	free(peer->targets);
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
	at = lines_pick(facts, peer->lines_n, use, peer_key_of_head(&msg->head));
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
	if (peer->lines_n == 1 || !wire_kind_needs_credit(msg->kind) ||
		str_is_empty(msg->head.reply_to))
		return;
	if (map_get(peer->heard, msg->head.reply_to) == NULL && map_count(peer->heard) >= HEARD_MAX)
		map_clear(peer->heard);
	map_put(peer->heard, msg->head.reply_to, (void *)(uintptr_t)(at + 1));
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
	if (was_silent && peer->resolver != NULL)
		os_resolver_hurry(peer->resolver);
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

bool peer_was_lost(struct peer *peer)
{
	bool was_up = peer->was_up;

	peer->was_up = peer_is_up(peer);
	return was_up && !peer->was_up;
}

bool peer_has_trouble(struct peer *peer, struct err *out)
{
	size_t name = 0;

	for (size_t i = 0; i < peer->places.n && peer->rounds > 0; i++) {
		struct os_addresses found;
		bool was_troubled = peer->is_troubled[i];

		if (peer->places.items[i].name[0] == 0)
			continue;
		os_resolver_get(peer->resolver, name++, &found);
		peer->is_troubled[i] = !found.is_found;
		if (found.is_found || was_troubled)
			continue;
		(void)!err_set(out, RES_RETRY, "%s: %s; it is looked up again every few seconds",
			peer->places.items[i].text, found.why);
		return true;
	}
	return false;
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
