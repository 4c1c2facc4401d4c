/* Questions to the platform that are no letters: COMMANDs, sent again under the same command_id
 * until there is a RESULT, and forgotten with the client. What they are about is their asker's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "os/os.h"
#include "sdk/sdk_internal.h"

void random_name(char out[RANDOM_NAME])
{
	uint64_t number[2];
	os_random(number, sizeof number);
	snprintf(out, RANDOM_NAME, "%016llx%016llx", (unsigned long long)number[0],
		(unsigned long long)number[1]);
}

void asks_init(struct asks *asks)
{
	TAILQ_INIT(&asks->list);
}

void asks_fini(struct asks *asks)
{
	struct ask *ask;
	while ((ask = TAILQ_FIRST(&asks->list)) != NULL) {
		TAILQ_REMOVE(&asks->list, ask, link);
		free(ask);
	}
}

enum res asks_room(const struct asks *asks, struct err *err)
{
	if (asks->n < WANGLI_ASKS_MAX)
		return RES_OK;
	return err_set(err, RES_RETRY, "%d questions wait for an answer", WANGLI_ASKS_MAX);
}

struct ask *asks_add(struct asks *asks, const struct ask *model)
{
	struct ask *ask = calloc(1, sizeof *ask + model->name.n + model->body.n);
	CHECK(ask != NULL && asks->n < WANGLI_ASKS_MAX);
	char *room = (char *)(ask + 1);
	*ask = *model;
	random_name(ask->command_id);
	if (model->name.n > 0)
		memcpy(room, model->name.p, model->name.n);
	if (model->body.n > 0)
		memcpy(room + model->name.n, model->body.p, model->body.n);
	ask->name = str_of(room, model->name.n);
	ask->body = str_of(room + model->name.n, model->body.n);
	ask->due = INSTANT_NONE;
	TAILQ_INSERT_TAIL(&asks->list, ask, link);
	asks->n++;
	return ask;
}

void asks_welcomed(struct asks *asks)
{
	struct ask *ask;
	TAILQ_FOREACH(ask, &asks->list, link)
	{
		ask->due = INSTANT_NONE;
	}
}

void asks_send(struct wangli *client, struct instant now)
{
	struct ask *ask;
	if (!peer_is_up(client->peer))
		return;
	TAILQ_FOREACH(ask, &client->asks.list, link)
	{
		if (!instant_is_none(ask->due) && instant_is_before(now, ask->due))
			continue;
		ask->due = instant_add(now, ANSWER_WITHIN);
		const struct wire_msg msg = {
			.kind = WIRE_COMMAND,
			.head = { .id = str_from_c(ask->command_id),
				.type = str_from_c(ask->type),
				.to = str_from_c(ask->to),
				.reply_to = str_from_c(peer_instance(client->peer)),
				.command_id = str_from_c(ask->command_id) },
			.body = ask->body,
		};
		peer_send(client->peer, &msg);
	}
}

struct instant asks_due(const struct asks *asks)
{
	const struct ask *ask;
	struct instant due = INSTANT_NONE;
	TAILQ_FOREACH(ask, &asks->list, link)
	{
		due = instant_min(due, ask->due);
	}
	return due;
}

static struct ask *ask_find(struct asks *asks, struct str command_id)
{
	struct ask *ask;
	TAILQ_FOREACH(ask, &asks->list, link)
	{
		if (str_eq_c(command_id, ask->command_id))
			return ask;
	}
	return NULL;
}

/* Out of the list before the callback, which may ask the next question. */
static void ask_end(struct wangli *client, struct ask *ask, const struct ask_answer *answer)
{
	TAILQ_REMOVE(&client->asks.list, ask, link);
	client->asks.n--;
	ask->answered(client, ask, answer);
	free(ask);
}

void asks_take_result(struct wangli *client, const struct wire_msg *msg, struct took *took)
{
	struct ask *ask = ask_find(&client->asks, msg->head.command_id);
	struct ask_answer answer = { .result = WANGLI_OK, .body = msg->body };
	(void)took;
	if (ask == NULL)
		return;
	if (msg->head.code != WIRE_CODE_DONE) {
		answer.result =
			msg->head.code == WIRE_CODE_FORBIDDEN ? WANGLI_DENIED : WANGLI_INVALID;
		answer.text = msg->head.text;
	}
	ask_end(client, ask, &answer);
}

/* BUSY and the like: later. The rest is the last word. */
void asks_take_nack(struct wangli *client, const struct wire_msg *msg, struct took *took)
{
	struct ask *ask = ask_find(&client->asks, msg->head.command_id);
	struct ask_answer answer = { .text = msg->head.text };
	if (ask == NULL)
		return;
	switch ((unsigned)msg->head.code) {
	case WIRE_CODE_INVALID:
		answer.result = WANGLI_INVALID;
		break;
	case WIRE_CODE_FORBIDDEN:
		answer.result = WANGLI_DENIED;
		break;
	default:
		ask->due = instant_add(took->now, nack_wait(msg));
		return;
	}
	ask_end(client, ask, &answer);
}
