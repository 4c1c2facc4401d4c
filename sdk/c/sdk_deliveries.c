/* Deliveries: given to the callback once, their outcomes kept, and said as often as asked. */
#include "os/os.h"
#include "sdk/sdk_internal.h"

#define DONE_TYPE "done.v1"

/* The outcome that the spool keeps, said to the platform (again). */
static void send_done(struct wangli *client, const struct delivery *delivery)
{
	const struct spool_outcome *outcome =
		spool_find_outcome(client->spool, delivery->delivery_id);
	if (outcome == NULL || !outcome->is_kept)
		return;
	const struct wire_head *asked = &delivery->msg->head;
	Wangli__Done done = WANGLI__DONE__INIT;
	done.delivery_id = (char *)(uintptr_t)arena_c(client->mem, delivery->delivery_id);
	done.reason = (char *)(uintptr_t)arena_c(client->mem, outcome->reason);
	done.done_at_us = os_real_now().us;
	done.fence = outcome->fence;
	const struct wire_msg msg = {
		.kind = WIRE_DONE,
		.head = { .id = delivery->delivery_id,
			.type = STR(DONE_TYPE),
			.to = STR("reply"),
			.reply_to = str_from_c(peer_instance(client->peer)),
			.route = asked->route,
			.case_id = asked->case_id,
			.channel = asked->channel,
			.source_msg_id = asked->source_msg_id,
			.code = outcome->is_delivered ? WIRE_CODE_DELIVERED
						      : WIRE_CODE_UNDELIVERABLE,
			.text = outcome->reason },
		.body = wire_pack(client->mem, &done.base),
	};
	peer_send(client->peer, &msg);
}

void deliveries_send_done(struct wangli *client, const struct took *took)
{
	for (size_t i = 0; i < took->n_deliveries; i++)
		send_done(client, &took->deliveries[i]);
}

struct wangli_delivery delivery_view(const struct wire_msg *msg, const Wangli__Deliver *body)
{
	return (struct wangli_delivery){
		.delivery_id = wangli_text_from_c(body->delivery_id),
		.source_msg_id = sdk_text(msg->head.source_msg_id),
		.channel = sdk_text(msg->head.channel),
		.case_number = wangli_text_from_c(body->case_number),
		.text = wangli_text_from_c(body->text),
		.unit = wangli_text_from_c(body->unit),
		.replied_at_us = body->replied_at_us,
		.reply_address = wangli_text_from_c(body->reply_address),
		/* a platform of before there were others */
		.what = body->what[0] == '\0' ? SDK_TEXT("reply") : wangli_text_from_c(body->what),
	};
}

enum res delivery_call(struct wangli *client, const struct wangli_delivery *delivery, int32_t fence)
{
	struct wangli_outcome outcome = { .is_delivered = false };
	if (client->on.on_deliver == NULL)
		return RES_RETRY;
	TRY(sdk_res(client->on.on_deliver(client->on.arg, delivery, &outcome)));
	const struct spool_outcome kept = { .is_delivered = outcome.is_delivered,
		.reason = sdk_str(outcome.reason),
		.fence = fence };
	spool_add_outcome(client->spool, sdk_str(delivery->delivery_id), &kept);
	return RES_OK;
}

/* One that cannot be read is left unanswered: the platform counts that and sets it aside. */
void deliveries_take(struct wangli *client, const struct wire_msg *msg, struct took *took)
{
	Wangli__Deliver *body = NULL;
	if (wire_unpack(client->mem, &wangli__deliver__descriptor, msg->body, &body, NULL) !=
		RES_OK)
		return;
	const struct delivery delivery = { .msg = msg, .delivery_id = wire_str(body->delivery_id) };
	if (delivery.delivery_id.n == 0)
		return;
	if (spool_find_outcome(client->spool, delivery.delivery_id) == NULL) {
		const struct wangli_delivery view = delivery_view(msg, body);
		if (client->claims) {
			claims_take_delivery(client, msg, body, took);
			return;
		}
		if (delivery_call(client, &view, 0) != RES_OK)
			return;
	}
	took->deliveries[took->n_deliveries++] = delivery;
}
