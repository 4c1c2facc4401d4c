/* Statuses: what people see of a letter that asked for it, handed to the callback and acknowledged
 * when on_keep has agreed. Nothing of them is kept here: what is not acknowledged comes again. */
#include "proto/door.pb-c.h"
#include "sdk/sdk_internal.h"

void statuses_take(struct wangli *client, const struct wire_msg *msg, struct took *took)
{
	Wangli__Status *body = NULL;
	if (client->on.on_status == NULL || wire_unpack(client->mem, &wangli__status__descriptor,
						    msg->body, &body, NULL) != RES_OK)
		return;
	const struct wangli_status status = {
		.source_msg_id = sdk_text(msg->head.source_msg_id),
		.channel = sdk_text(msg->head.channel),
		.case_number = wangli_text_from_c(body->case_number),
		.state = wangli_text_from_c(body->state),
		.at_us = body->at_us,
		.version = body->version,
		.unit = wangli_text_from_c(body->unit),
		.due_us = body->due_us,
	};
	client->on.on_status(client->on.arg, &status);
	took->statuses[took->n_statuses++] =
		(struct status_told){ .msg = msg, .version = body->version };
}

void statuses_send_done(struct wangli *client, const struct took *took)
{
	for (size_t i = 0; i < took->n_statuses; i++) {
		const struct wire_head *asked = &took->statuses[i].msg->head;
		Wangli__StatusDone done = WANGLI__STATUS_DONE__INIT;
		done.version = took->statuses[i].version;
		const struct wire_msg msg = {
			.kind = WIRE_DONE,
			.head = { .id = asked->id,
				.type = STR("status.done.v1"),
				.to = STR("analytics"),
				.reply_to = str_from_c(peer_instance(client->peer)),
				.case_id = asked->case_id,
				.channel = asked->channel,
				.source_msg_id = asked->source_msg_id,
				.code = WIRE_CODE_DELIVERED },
			.body = wire_pack(client->mem, &done.base),
		};
		peer_send(client->peer, &msg);
	}
}
