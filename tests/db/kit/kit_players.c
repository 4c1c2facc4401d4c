/* The test as producer, operator and subscriber. */
#include <stdio.h>

#include "kit_rig.h"

#define SEND_AGAIN SPAN_MS(300)

void event_send(struct client *from, const char *producer, int64_t case_id, int32_t seq,
	const char *type, struct str body)
{
	client_send(from,
		&(struct wire_msg){
			.kind = WIRE_EVENT,
			.head = {
				.source = str_from_c(producer),
				.type = str_from_c(type),
				.time = { 1546300800000000 },
				.to = STR("dispatch"),
				.reply_to = str_from_c(peer_instance(from->peer)),
				.case_id = case_id,
				.producer = str_from_c(producer),
				.seq = seq,
			},
			.body = body,
		});
}

enum wire_code event_ask(struct kit_rig *kr, struct client *from, const char *producer,
	int64_t case_id, int32_t seq, const char *type, const char *body)
{
	const struct instant at = { 1546300800000000 };

	return service_rig_event(kr->at, from, producer, case_id, seq, type, at, str_from_c(body))
		.head.code;
}

void command_send(struct client *from, int64_t case_id, const char *command_id, const char *type,
	const char *body)
{
	client_send(from,
		&(struct wire_msg){
			.kind = WIRE_COMMAND,
			.head = {
				.type = str_from_c(type),
				.time = INSTANT_NONE,
				.to = STR("dispatch"),
				.reply_to = str_from_c(peer_instance(from->peer)),
				.actor = STR("tester"),
				.case_id = case_id,
				.command_id = str_from_c(command_id),
			},
			.body = str_from_c(body),
		});
}

int32_t acked_up_to(const struct client *client, int64_t case_id)
{
	int32_t seq = 0;

	for (size_t i = 0; i < client->n; i++) {
		const struct wire_msg *msg = &client->kept[i];

		if (msg->kind == WIRE_ACK && msg->head.case_id == case_id && msg->head.seq > seq)
			seq = msg->head.seq;
	}
	return seq;
}

size_t answers_of(const struct client *client, int64_t case_id, enum wire_code code)
{
	size_t n = 0;

	for (size_t i = 0; i < client->n; i++) {
		const struct wire_head *head = &client->kept[i].head;

		n += head->code == code && (case_id == 0 || head->case_id == case_id);
	}
	return n;
}

void answers_forget(struct client *client)
{
	client->n = 0;
}

/* --- feeds --- */

void feed_send(struct feed *feed)
{
	for (int64_t i = 0; i < feed->n_cases; i++) {
		int64_t case_id = feed->first_case + i;

		for (int32_t seq = acked_up_to(feed->from, case_id) + 1; seq <= feed->total; seq++)
			event_send(
				feed->from, feed->producer, case_id, seq, feed->type, STR("fed"));
	}
}

bool feed_is_over(struct feed *feed)
{
	bool is_over = true;

	for (int64_t i = 0; i < feed->n_cases; i++)
		is_over = is_over && acked_up_to(feed->from, feed->first_case + i) == feed->total;
	return is_over;
}

/* Refusals for now (busy, gap, nobody there) are only noise here: what counts is sent again. */
static void refusals_forget(struct client *client)
{
	size_t kept = 0;

	for (size_t i = 0; i < client->n; i++)
		if (client->kept[i].kind == WIRE_ACK)
			client->kept[kept++] = client->kept[i];
	client->n = kept;
}

void feeds_run(struct kit_rig *kr, struct feed *feeds, size_t n)
{
	struct instant until = kit_patience();
	struct instant again = { 0 };
	size_t left = n;

	while (left > 0) {
		bool is_time = !instant_is_before(os_monotonic_now(), again);

		left = 0;
		for (size_t i = 0; i < n; i++) {
			feeds[i].is_over = feed_is_over(&feeds[i]);
			left += !feeds[i].is_over;
			refusals_forget(feeds[i].from);
			if (is_time && !feeds[i].is_over)
				feed_send(&feeds[i]);
		}
		if (is_time)
			again = instant_add(os_monotonic_now(), SEND_AGAIN);
		if (left > 0)
			kit_round(kr, until, "feeds that are acknowledged");
	}
}

/* --- subscribers --- */

void subscriber_join(struct kit_rig *kr, struct subscriber *subscriber, const char *group)
{
	subscriber->group = group;
	subscriber->client = service_rig_join(kr->at, group, group);
}

static void answer(struct subscriber *subscriber, const struct wire_head *event,
	enum wire_kind kind, enum wire_code code)
{
	int32_t seen = subscriber->seen[event->case_id];

	client_send(subscriber->client,
		&(struct wire_msg){
			.kind = kind,
			.head = {
				.subject = str_from_c(subscriber->group),
				.to = event->reply_to,
				.time = INSTANT_NONE,
				.case_id = event->case_id,
				.producer = event->producer,
				.seq = kind == WIRE_ACK ? seen : event->seq,
				.expected = code == WIRE_CODE_GAP ? seen + 1 : 0,
				.code = code,
			},
		});
}

static void take_event(struct subscriber *subscriber, const struct wire_head *event)
{
	int32_t *seen = &subscriber->seen[event->case_id];

	subscriber->events++;
	subscriber->firsts += event->seq == 1;
	if (event->attempt > subscriber->attempts)
		subscriber->attempts = event->attempt;
	if (subscriber->is_mute || (subscriber->is_deaf && event->case_id == 1 && !event->park))
		return;
	if (event->park && event->seq == *seen + 1) {
		subscriber->parks++;
		*seen = event->seq;
		answer(subscriber, event, WIRE_ACK, WIRE_CODE_PARKED);
	} else if (subscriber->drops > 0) {
		subscriber->drops--;
	} else if (event->seq > *seen + 1) {
		answer(subscriber, event, WIRE_NACK, WIRE_CODE_GAP);
	} else if (event->seq == 1 && subscriber->is_poisoned) {
		answer(subscriber, event, WIRE_NACK,
			subscriber->refusal != 0 ? subscriber->refusal : WIRE_CODE_UNKNOWN_TYPE);
	} else if (event->seq <= *seen) {
		answer(subscriber, event, WIRE_ACK, WIRE_CODE_DUPLICATE);
	} else {
		*seen = event->seq;
		answer(subscriber, event, WIRE_ACK, WIRE_CODE_COMMITTED);
	}
}

void subscriber_turn(struct subscriber *subscriber)
{
	struct client *client = subscriber->client;

	for (size_t i = 0; i < client->n; i++) {
		if (client->kept[i].kind != WIRE_EVENT)
			continue;
		assert_in_range(client->kept[i].head.case_id, 1, CASES_MAX - 1);
		take_event(subscriber, &client->kept[i].head);
		peer_credit(client->peer, 1);
	}
	client->n = 0;
}
