/* DELIVER goes to a channel's group. Behind it stands somebody else's program, which takes some at
 * once and answers BUSY to more: how many is found out by asking. As many as it held when it
 * refused one are under way from then on, and now and then one more; the others wait here, unread.
 * A count that is wrong (a member died with what it held) rights itself: what the sweep finds is
 * under way no more, and a full channel that says nothing for a lease is asked again. */
#include "kit/kit_internal.h"

#define WINDOW_FIRST 1024 /* nothing is known of the channel yet */
#define WINDOW_LEAST 8
#define GROW_AFTER   16	 /* answers, for one more at once */
#define BUSY_WAIT_MS 100 /* a NACK without a time of its own */

void deliver_init(struct group *group)
{
	group->window = WINDOW_FIRST;
}

void deliver_forget(struct group *group)
{
	group->under_way = 0;
	group->answers = 0;
}

bool deliver_has_room(struct kit *kit, struct group *group)
{
	struct span silence = instant_since(loop_now(kit->loop), group->answered_at);
	if (!group->is_deliver || group->under_way < group->window)
		return true;
	if (silence.us < SPAN_MS(kit->settings.lease).us)
		return false;
	deliver_forget(group);
	group->answered_at = loop_now(kit->loop);
	return true;
}

void deliver_unsent(struct group *group)
{
	if (group->under_way > 0)
		group->under_way--;
}

void deliver_answered(struct kit *kit, struct group *group)
{
	group->answered_at = loop_now(kit->loop);
	deliver_unsent(group);
	if (++group->answers % GROW_AFTER == 0 && group->window < KIT_DUE_MAX)
		group->window++;
}

struct span deliver_refused(struct group *group, int32_t retry_after_ms)
{
	deliver_unsent(group);
	if (group->window > group->under_way)
		group->window = group->under_way;
	if (group->window >= WINDOW_LEAST)
		return SPAN_MS(0); /* an answer to one of them makes room */
	group->window = WINDOW_LEAST;
	return SPAN_MS(retry_after_ms > 0 ? retry_after_ms : BUSY_WAIT_MS);
}

enum res deliver_send(struct kit *kit, const struct due *due, size_t n, struct err *err)
{
	struct relay *relay = &kit->relay;
	int64_t *ids = arena_new_array(kit->relay_mem, int64_t, n);
	int32_t *seqs = arena_new_array(kit->relay_mem, int32_t, n);
	struct wire_msg *messages = arena_new_array(kit->relay_mem, struct wire_msg, n);
	if (ids == NULL || seqs == NULL || messages == NULL)
		return err_set(err, RES_INVALID, "deliveries need more than BATCH_MEMORY");
	for (size_t i = 0; i < n; i++) {
		ids[i] = due[i].case_id;
		seqs[i] = due[i].last;
	}
	TRY(kit->spec->make_deliver(
		kit->service, kit->db, kit->relay_mem, ids, seqs, n, messages, err));
	for (size_t i = 0; i < n; i++) {
		struct wire_head *head = &messages[i].head;
		if (messages[i].kind == WIRE_DELIVER) {
			head->to = str_from_c(due[i].group->name);
			head->reply_to = str_from_c(kit->instance);
			head->producer = str_from_c(kit->spec->name);
			head->case_id = ids[i];
			head->seq = seqs[i];
			peer_send(kit->peer, &messages[i]);
			continue;
		}
		deliver_unsent(due[i].group); /* it was over before */
		if (relay->n_finished < KIT_FINISHED_MAX)
			relay->finished[relay->n_finished++] = (struct finished){
				.case_id = ids[i], .group = due[i].group, .acked = seqs[i]
			};
	}
	return RES_OK;
}
