/* peer.h as the kit calls it. Which line a message takes, how the window is shared and credit given
 * back are the product's rules (peer_lines_core.h); the rest mirrors common/peer/peer.c and
 * peer_line.c without sockets: a line a broker, up with WELCOME, down when the broker is gone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "peer/peer_key.h"
#include "peer/peer_lines_core.h"
#include "sim_net.h"

#define MAIL_MAX     4096
#define OUT_MAX	     4096
#define REFUSALS_MAX 8
#define YOUNG_US     1000000
#define REFUSED_US   1000000
#define HELLO_US     1000000
#define GROUPS_MAX   8

struct refusal {
	char group[KIT_NAME_MAX];
	bool is_busy;
	int64_t until_us;
};
struct line {
	bool is_welcomed;
	bool is_new;
	int32_t share, outstanding, credit_due, unanswered;
	int64_t welcomed_us, asked_us;
	struct refusal refusals[REFUSALS_MAX];
	size_t n_refusals;
};
struct waiting {
	int line;
	struct packet *packet;
};
struct peer {
	struct process *process;
	char instance[KIT_NAME_MAX];
	char groups[GROUPS_MAX][KIT_NAME_MAX];
	size_t n_groups;
	struct line lines[SIM_BROKERS_MAX];
	struct waiting mail[MAIL_MAX], out[OUT_MAX];
	size_t n_mail, n_out;
	struct map *heard; /* asker → the line that it was heard on, and one */
	bool is_paused;
	bool was_up;
	void (*ready)(void *arg);
	void *ready_arg;
	void (*welcomed)(void *arg);
	void *welcomed_arg;
};

struct peer *peer_make(struct process *process, const char *instance, int32_t window)
{
	struct peer *peer = calloc(1, sizeof *peer);
	CHECK(peer != NULL);
	peer->process = process;
	peer->heard = map_create();
	snprintf(peer->instance, sizeof peer->instance, "%s", instance);
	for (int i = 0; i < sim.n_brokers; i++) {
		peer->lines[i].share = lines_share(window, (size_t)sim.n_brokers);
		peer->lines[i].asked_us = INT64_MIN / 2;
	}
	process->peer = peer;
	return peer;
}

enum res peer_keys_set(
	struct peer_options *options, struct str own, struct str server, struct err *err)
{
	(void)options, (void)own, (void)server, (void)err;
	return RES_OK;
}

enum res peer_open(struct peer **out, const struct peer_options *options, struct err *err)
{
	(void)err;
	*out = peer_make(process_running(), options->instance, options->window);
	return RES_OK;
}

void peer_close(struct peer *peer)
{
	if (peer == NULL)
		return;
	for (size_t i = 0; i < peer->n_mail; i++)
		free(peer->mail[i].packet);
	for (size_t i = 0; i < peer->n_out; i++)
		free(peer->out[i].packet);
	map_destroy(peer->heard);
	free(peer);
}

void peer_attach(struct peer *peer, struct loop *loop, void (*ready)(void *arg), void *arg)
{
	(void)loop;
	peer->ready = ready;
	peer->ready_arg = arg;
}

void peer_on_welcome(struct peer *peer, void (*welcomed)(void *arg), void *arg)
{
	peer->welcomed = welcomed;
	peer->welcomed_arg = arg;
}

void peer_pause(struct peer *peer)
{
	peer->is_paused = true;
}

void peer_resume(struct peer *peer)
{
	peer->is_paused = false;
}

bool peer_has_mail(const struct peer *peer)
{
	return peer->n_mail > 0 && !peer->is_paused;
}

void peer_ready(struct peer *peer)
{
	if (peer_has_mail(peer) && peer->ready != NULL)
		peer->ready(peer->ready_arg);
}

/* --- the session --- */

/* Groups as a text, one behind the other: the body of HELLO here. */
static void say_hello(struct peer *peer, int line)
{
	char body[GROUPS_MAX * KIT_NAME_MAX];
	size_t n = 0;
	for (size_t i = 0; i < peer->n_groups; i++)
		n += (size_t)snprintf(body + n, sizeof body - n, "%s,", peer->groups[i]);
	struct line *at = &peer->lines[line];
	at->unanswered += at->is_welcomed;
	at->asked_us = sim.now_us;
	net_send(peer->process->place, END_BROKER + line,
		&(struct wire_msg){ .kind = WIRE_HELLO,
			.head = { .id = str_from_c(peer->instance),
				.sender = str_from_c(peer->process->name),
				.credit = at->share },
			.body = str_of(body, n) });
}

bool peer_is_up(const struct peer *peer)
{
	for (int i = 0; i < sim.n_brokers; i++)
		if (peer->lines[i].is_welcomed)
			return true;
	return false;
}

static void take_welcome(struct peer *peer, int line)
{
	struct line *at = &peer->lines[line];
	at->unanswered -= at->unanswered > 0;
	if (at->is_welcomed)
		return;
	bool was_up = peer_is_up(peer);
	at->is_welcomed = true;
	at->welcomed_us = sim.now_us;
	at->outstanding = at->credit_due = 0;
	at->n_refusals = 0;
	at->is_new = !was_up;
}

/* What was under way may be lost: the caller hears it with its next round. */
static void tell_changes(struct peer *peer)
{
	bool is_news = false;
	for (int i = 0; i < sim.n_brokers; i++) {
		is_news = is_news || peer->lines[i].is_new;
		peer->lines[i].is_new = false;
	}
	if (is_news && peer->welcomed != NULL)
		peer->welcomed(peer->welcomed_arg);
}

void peer_lose(struct peer *peer, int broker)
{
	struct line *at = &peer->lines[broker];
	if (!at->is_welcomed)
		return;
	*at = (struct line){ .share = at->share, .asked_us = sim.now_us };
	at->is_new = peer_is_up(peer);
}

void peer_turn(struct peer *peer, struct instant now)
{
	for (int i = 0; i < sim.n_brokers; i++)
		if (!peer->lines[i].is_welcomed && now.us - peer->lines[i].asked_us >= HELLO_US &&
			!peer->process->is_dead)
			say_hello(peer, i);
	tell_changes(peer);
}

void peer_set_groups(struct peer *peer, const struct str *groups, size_t n)
{
	CHECK(n <= GROUPS_MAX);
	for (size_t i = 0; i < n; i++)
		snprintf(peer->groups[i], KIT_NAME_MAX, "%.*s", STR_ARG(groups[i]));
	peer->n_groups = n;
	for (int i = 0; i < sim.n_brokers && !peer->process->is_dead; i++)
		say_hello(peer, i);
}

void peer_leave(struct peer *peer)
{
	peer_set_groups(peer, NULL, 0);
}

bool peer_has_left(const struct peer *peer)
{
	for (int i = 0; i < sim.n_brokers; i++)
		if (peer->lines[i].is_welcomed && peer->lines[i].unanswered > 0)
			return false;
	return true;
}

bool peer_has_changed(struct peer *peer)
{
	(void)peer;
	return false;
}

bool peer_has_trouble(struct peer *peer, struct err *out)
{
	(void)peer, (void)out;
	return false;
}

struct peer_counts peer_counts(const struct peer *peer)
{
	(void)peer;
	return (struct peer_counts){ .lines = sim.n_brokers };
}

/* --- out --- */

static const struct refusal *refusal_of(const struct line *line, struct str group)
{
	for (size_t i = 0; i < line->n_refusals; i++)
		if (str_eq_c(group, line->refusals[i].group) &&
			sim.now_us < line->refusals[i].until_us)
			return &line->refusals[i];
	return NULL;
}

static void facts_of(
	const struct peer *peer, struct str group, struct line_facts out[SIM_BROKERS_MAX])
{
	for (int i = 0; i < sim.n_brokers; i++) {
		const struct line *line = &peer->lines[i];
		out[i] = (struct line_facts){ .id = lines_mix((uint64_t)i + 1),
			.is_up = line->is_welcomed,
			.is_young = sim.now_us - line->welcomed_us < YOUNG_US,
			.is_refusing = refusal_of(line, group) != NULL };
	}
}

static size_t line_for(const struct peer *peer, const struct wire_msg *msg)
{
	struct line_facts facts[SIM_BROKERS_MAX];
	enum lines_use use = LINES_ANSWER;
	size_t n = (size_t)sim.n_brokers;
	if (wire_kind_needs_credit(msg->kind)) {
		use = msg->kind == WIRE_DONE ? LINES_OUTCOME : LINES_ASK;
	} else {
		size_t at = (size_t)(uintptr_t)map_get(peer->heard, msg->head.to);
		if (at > 0 && peer->lines[at - 1].is_welcomed)
			return at - 1;
	}
	facts_of(peer, msg->head.to, facts);
	return lines_pick(facts, n, use, n > 1 ? peer_key_of_head(&msg->head) : 0);
}

void peer_send(struct peer *peer, const struct wire_msg *msg)
{
	size_t line = line_for(peer, msg);
	if (line == LINES_NONE || peer->process->is_dead || peer->n_out == OUT_MAX)
		return;
	peer->out[peer->n_out++] = (struct waiting){ (int)line, packet_make(msg) };
}

/* A process may end between two of the messages that it sends. */
void peer_flush(struct peer *peer)
{
	size_t n = peer->n_out;
	peer->n_out = 0;
	for (size_t i = 0; i < n; i++) {
		struct waiting *out = &peer->out[i];
		if (!peer->process->is_dead && peer->process->kit != NULL &&
			sim_fault(sim.rates.crash_inside / 4)) {
			sim_count(COUNT_crash_while_answering);
			process_die(peer->process);
		}
		if (!peer->process->is_dead && peer->lines[out->line].is_welcomed)
			net_send(peer->process->place, END_BROKER + out->line, &out->packet->msg);
		free(out->packet);
	}
	for (int i = 0; i < sim.n_brokers && !peer->process->is_dead; i++) {
		struct line *line = &peer->lines[i];
		if (line->credit_due == 0 || !line->is_welcomed)
			continue;
		net_send(peer->process->place, END_BROKER + i,
			&(struct wire_msg){ .kind = WIRE_CREDIT, .head.credit = line->credit_due });
		line->credit_due = 0;
	}
}

void peer_credit(struct peer *peer, int32_t n)
{
	int32_t outstanding[SIM_BROKERS_MAX] = { 0 }, give[SIM_BROKERS_MAX] = { 0 };
	for (int i = 0; i < sim.n_brokers; i++)
		outstanding[i] = peer->lines[i].outstanding;
	lines_give(outstanding, (size_t)sim.n_brokers, n, give);
	for (int i = 0; i < sim.n_brokers; i++) {
		peer->lines[i].outstanding -= give[i];
		peer->lines[i].credit_due += give[i];
	}
}

/* --- in --- */

static void refusal_note(struct line *line, const struct wire_head *head)
{
	int64_t wait_us = (int64_t)head->retry_after_ms * 1000;
	if (line->n_refusals == REFUSALS_MAX)
		line->n_refusals = 0;
	struct refusal *refusal = &line->refusals[line->n_refusals++];
	snprintf(refusal->group, sizeof refusal->group, "%.*s", STR_ARG(head->subject));
	refusal->is_busy = head->code == WIRE_CODE_BUSY;
	refusal->until_us = sim.now_us + (wait_us > REFUSED_US ? wait_us : REFUSED_US);
}

static void refusal_forget(struct line *line, struct str group)
{
	for (size_t i = line->n_refusals; i-- > 0;)
		if (str_eq_c(group, line->refusals[i].group))
			line->refusals[i] = line->refusals[--line->n_refusals];
}

/* A broker that refuses speaks for its own line. */
static void refusal_judge(struct peer *peer, int line, struct wire_head *head)
{
	struct line_facts facts[SIM_BROKERS_MAX];
	bool is_busy = head->code == WIRE_CODE_BUSY;
	refusal_note(&peer->lines[line], head);
	facts_of(peer, head->subject, facts);
	if (lines_have_better(facts, (size_t)sim.n_brokers, (size_t)line)) {
		head->code = WIRE_CODE_BUSY;
		head->retry_after_ms = PEER_AT_ONCE_MS;
		return;
	}
	for (int i = 0; i < sim.n_brokers && !is_busy; i++) {
		const struct refusal *other = refusal_of(&peer->lines[i], head->subject);
		is_busy = peer->lines[i].is_welcomed && other != NULL && other->is_busy;
	}
	if (is_busy)
		head->code = WIRE_CODE_BUSY;
}

static void take_note(struct peer *peer, int line, struct wire_msg *msg)
{
	struct wire_head *head = &msg->head;
	if (sim.n_brokers == 1)
		return;
	if (wire_kind_needs_credit(msg->kind) && !str_is_empty(head->reply_to))
		map_put(peer->heard, head->reply_to, (void *)(uintptr_t)(line + 1));
	if (msg->kind == WIRE_CREDIT)
		refusal_forget(&peer->lines[line], head->to);
	else if (msg->kind == WIRE_NACK && str_eq_c(head->sender, "bus") &&
		 (head->code == WIRE_CODE_BUSY || head->code == WIRE_CODE_NO_CONSUMER))
		refusal_judge(peer, line, head);
}

void peer_take(struct peer *peer, struct packet *packet)
{
	int line = packet->from - END_BROKER;
	if (packet->msg.kind == WIRE_WELCOME || packet->msg.kind == WIRE_HELLO) {
		if (packet->msg.kind == WIRE_WELCOME)
			take_welcome(peer, line);
		else
			peer_lose(peer, line); /* it does not know us (any more) */
		free(packet);
		return;
	}
	CHECK(peer->n_mail < MAIL_MAX);
	if (wire_kind_needs_credit(packet->msg.kind))
		peer->lines[line].outstanding++;
	peer->mail[peer->n_mail++] = (struct waiting){ line, packet };
}

size_t peer_receive(struct peer *peer, struct arena *mem, struct wire_msg *out, size_t most)
{
	size_t n = peer->n_mail < most ? peer->n_mail : most;
	for (size_t i = 0; i < n; i++) {
		out[i] = kit_message_copy(mem, &peer->mail[i].packet->msg);
		take_note(peer, peer->mail[i].line, &out[i]);
		free(peer->mail[i].packet);
	}
	peer->n_mail -= n;
	memmove(peer->mail, peer->mail + n, peer->n_mail * sizeof *peer->mail);
	tell_changes(peer);
	return n;
}
