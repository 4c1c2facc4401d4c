/* Claims: for providers that hand over twice what they are given twice. A delivery is claimed at
 * the platform before on_deliver is called, and that it is about to be called is durable before it
 * is: a process that finds "calling" without an outcome knows that it knows nothing.
 *
 * DELIVER → claim durable → CLAIM → GO(fence) → "calling" durable → on_deliver → outcome durable →
 * DONE(fence). The same claim goes on after a crash before "calling". After one behind it on_doubt
 * is asked; UNKNOWN becomes DONE IN_DOUBT, and only a GO with a higher fence (a person found out
 * that it was not handed over) leads to a call again. */
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "os/os.h"
#include "sdk/sdk_internal.h"

#define HELD_MOST 1000 /* beyond it DELIVER is left unanswered, and comes again */

static struct str copy(char **room, struct str text)
{
	char *at = *room;
	if (text.n > 0)
		memcpy(at, text.p, text.n);
	*room += text.n;
	return str_of(at, text.n);
}

/* Kept over turns; the newest DELIVER counts. NULL: no room. */
static struct held *hold(struct wangli *client, const struct wire_msg *msg, struct str delivery_id)
{
	struct held *held = map_remove(client->held, delivery_id);
	free(held);
	if (map_count(client->held) >= HELD_MOST)
		return NULL;
	const struct wire_head *head = &msg->head;
	held = calloc(1, sizeof *held + head->id.n + head->channel.n + head->source_msg_id.n +
				 delivery_id.n + msg->body.n);
	CHECK(held != NULL);
	char *room = (char *)(held + 1);
	held->msg.kind = msg->kind;
	held->msg.head.case_id = head->case_id;
	held->msg.head.id = copy(&room, head->id);
	held->msg.head.channel = copy(&room, head->channel);
	held->msg.head.source_msg_id = copy(&room, head->source_msg_id);
	held->delivery_id = copy(&room, delivery_id);
	held->msg.body = copy(&room, msg->body);
	map_put(client->held, held->delivery_id, held);
	return held;
}

static void stage_put(
	struct wangli *client, struct str delivery_id, enum spool_stage stage, int32_t fence)
{
	struct spool_claim claim = *spool_find_claim(client->spool, delivery_id);
	claim.stage = stage;
	claim.fence = fence;
	spool_put_claim(client->spool, delivery_id, &claim);
}

static void claim_begin(struct wangli *client, struct str delivery_id)
{
	struct spool_claim claim = { .stage = SPOOL_ASKED };
	_Static_assert(sizeof claim.id == RANDOM_NAME, "a claim is named at random");
	random_name(claim.id);
	spool_put_claim(client->spool, delivery_id, &claim);
}

/* true: it may be claimed (again). */
static bool doubt_asked(
	struct wangli *client, struct held *held, const Wangli__Deliver *body, struct took *took)
{
	const struct wangli_delivery view = delivery_view(&held->msg, body);
	int32_t fence = spool_find_claim(client->spool, held->delivery_id)->fence;
	const struct spool_outcome delivered = { .is_delivered = true, .fence = fence };
	enum wangli_doubt doubt = client->on.on_doubt == NULL
					  ? WANGLI_DOUBT_UNKNOWN
					  : client->on.on_doubt(client->on.arg, &view);
	switch (doubt) {
	case WANGLI_DOUBT_DELIVERED:
		spool_add_outcome(client->spool, held->delivery_id, &delivered);
		took->deliveries[took->n_deliveries++] =
			(struct delivery){ .msg = &held->msg, .delivery_id = held->delivery_id };
		held->is_over = true;
		return false;
	case WANGLI_DOUBT_NOT_DELIVERED:
		stage_put(client, held->delivery_id, SPOOL_ASKED, fence);
		return true;
	case WANGLI_DOUBT_UNKNOWN:
		break;
	}
	stage_put(client, held->delivery_id, SPOOL_DOUBTED, fence);
	took->doubts[took->n_doubts++] = held;
	return false;
}

static bool is_taken(const struct took *took, const struct held *held)
{
	for (size_t i = 0; i < took->n_claims; i++)
		if (took->claims[i] == held)
			return true;
	for (size_t i = 0; i < took->n_goes; i++)
		if (took->goes[i] == held)
			return true;
	for (size_t i = 0; i < took->n_doubts; i++)
		if (took->doubts[i] == held)
			return true;
	for (size_t i = 0; i < took->n_deliveries; i++)
		if (took->deliveries[i].msg == &held->msg)
			return true;
	return false;
}

void claims_take_delivery(struct wangli *client, const struct wire_msg *msg,
	const Wangli__Deliver *body, struct took *took)
{
	struct str delivery_id = wire_str(body->delivery_id);
	struct held *held = map_get(client->held, delivery_id);
	if (held != NULL && (held->is_over || is_taken(took, held)))
		return; /* twice in one row */
	held = hold(client, msg, delivery_id);
	if (held == NULL)
		return;
	const struct spool_claim *claim = spool_find_claim(client->spool, delivery_id);
	if (claim == NULL)
		claim_begin(client, delivery_id);
	else if (claim->stage == SPOOL_CALLING && !doubt_asked(client, held, body, took))
		return;
	took->claims[took->n_claims++] = held;
}

/* GO without a DELIVER in hand (it is of a life before this one) is left: DELIVER comes again. */
void claims_take_go(struct wangli *client, const struct wire_msg *msg, struct took *took)
{
	Wangli__Go *body = NULL;
	if (wire_unpack(client->mem, &wangli__go__descriptor, msg->body, &body, NULL) != RES_OK)
		return;
	struct str delivery_id = wire_str(body->delivery_id);
	const struct spool_claim *claim = spool_find_claim(client->spool, delivery_id);
	struct held *held = map_get(client->held, delivery_id);
	if (claim == NULL || held == NULL || held->is_over || claim->stage == SPOOL_CALLING ||
		is_taken(took, held))
		return;
	if (claim->stage == SPOOL_DOUBTED && body->fence <= claim->fence) {
		took->doubts[took->n_doubts++] = held;
		return;
	}
	held->fence_before = claim->fence;
	held->stage_before = claim->stage;
	stage_put(client, delivery_id, SPOOL_CALLING, body->fence);
	took->goes[took->n_goes++] = held;
}

/* What this row still points to goes when the row has ended. */
static void held_drop(struct wangli *client, struct held *held, const struct took *took)
{
	held->is_over = true;
	if (is_taken(took, held))
		return;
	map_remove(client->held, held->delivery_id);
	free(held);
}

bool claims_take_nack(struct wangli *client, const struct wire_msg *msg, struct took *took)
{
	struct held *held = map_get(client->held, msg->head.id);
	if (held == NULL)
		return false;
	/* Somebody else has it, or it is over: there is nothing to claim. The rest is "later", and
	 * DELIVER comes again. */
	if (msg->head.code == WIRE_CODE_CONFLICT || msg->head.code == WIRE_CODE_INVALID ||
		msg->head.code == WIRE_CODE_FORBIDDEN) {
		spool_forget_claim(client->spool, held->delivery_id);
		held_drop(client, held, took);
	}
	return true;
}

static void call(struct wangli *client, struct held *held, struct took *took)
{
	int32_t fence = spool_find_claim(client->spool, held->delivery_id)->fence;
	Wangli__Deliver *body = NULL;
	/* it was read when it came */
	CHECK(wire_unpack(client->mem, &wangli__deliver__descriptor, held->msg.body, &body, NULL) ==
		RES_OK);
	const struct wangli_delivery view = delivery_view(&held->msg, body);
	if (delivery_call(client, &view, fence) != RES_OK) {
		stage_put(client, held->delivery_id, SPOOL_ASKED, fence);
		return;
	}
	took->deliveries[took->n_deliveries++] =
		(struct delivery){ .msg = &held->msg, .delivery_id = held->delivery_id };
	held->is_over = true;
}

enum res claims_turn(struct wangli *client, struct took *took, struct err *err)
{
	enum res res = spool_keep_claims(client->spool, os_real_now(), err);
	for (size_t i = 0; i < took->n_goes; i++) {
		struct held *held = took->goes[i];
		if (held->is_over)
			continue;
		if (res == RES_OK)
			call(client, held, took);
		else /* nothing was called: not even in doubt */
			stage_put(
				client, held->delivery_id, held->stage_before, held->fence_before);
	}
	return res;
}

static void send(struct wangli *client, const struct held *held, enum wire_kind kind,
	const char *type, struct str body)
{
	const struct wire_msg msg = {
		.kind = kind,
		.head = { .id = held->delivery_id,
			.type = str_from_c(type),
			.to = STR("reply"),
			.reply_to = str_from_c(peer_instance(client->peer)),
			.case_id = held->msg.head.case_id,
			.channel = held->msg.head.channel,
			.source_msg_id = held->msg.head.source_msg_id,
			.code = kind == WIRE_DONE ? WIRE_CODE_IN_DOUBT : WIRE_CODE_UNSPECIFIED },
		.body = body,
	};
	peer_send(client->peer, &msg);
}

static void send_claim(struct wangli *client, const struct held *held)
{
	const struct spool_claim *claim = spool_find_claim(client->spool, held->delivery_id);
	Wangli__Claim body = WANGLI__CLAIM__INIT;
	body.delivery_id = (char *)(uintptr_t)arena_c(client->mem, held->delivery_id);
	body.claim_id = (char *)(uintptr_t)claim->id;
	send(client, held, WIRE_CLAIM, "claim.v1", wire_pack(client->mem, &body.base));
}

static void send_doubt(struct wangli *client, const struct held *held)
{
	static char why[] = "the process ended between the call and its record";
	Wangli__Done body = WANGLI__DONE__INIT;
	body.delivery_id = (char *)(uintptr_t)arena_c(client->mem, held->delivery_id);
	body.reason = why;
	body.done_at_us = os_real_now().us;
	body.fence = spool_find_claim(client->spool, held->delivery_id)->fence;
	send(client, held, WIRE_DONE, "done.v1", wire_pack(client->mem, &body.base));
}

static bool held_is_over(void *arg, struct str delivery_id, void *value)
{
	struct wangli *client = arg;
	struct held *held = value;
	if (held->is_over) {
		map_remove(client->held, delivery_id);
		free(held);
	}
	return true;
}

void claims_send(struct wangli *client, const struct took *took)
{
	for (size_t i = 0; i < took->n_claims; i++)
		if (!took->claims[i]->is_over)
			send_claim(client, took->claims[i]);
	for (size_t i = 0; i < took->n_doubts; i++)
		if (!took->doubts[i]->is_over)
			send_doubt(client, took->doubts[i]);
	map_walk(client->held, held_is_over, client);
}

static bool held_free(void *arg, struct str delivery_id, void *value)
{
	(void)arg, (void)delivery_id;
	free(value);
	return true;
}

void claims_fini(struct wangli *client)
{
	if (client->held == NULL)
		return;
	map_walk(client->held, held_free, NULL);
	map_destroy(client->held);
}
