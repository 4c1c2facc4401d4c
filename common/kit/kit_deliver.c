/* DELIVER goes to a channel's group, as many at once as its window allows; the others wait in the
 * list of what is due, unread. */
#include "kit/kit_internal.h"

bool deliver_is_for(const struct kit *kit, struct str group)
{
	const char *prefix = kit->spec->deliver_prefix;

	return prefix != NULL && str_starts(group, str_from_c(prefix));
}

bool kit_relays(const struct kit *kit)
{
	return kit->self >= 0 || kit->spec->deliver_prefix != NULL;
}

bool deliver_has_room(struct kit *kit, struct group *group)
{
	return !group->is_deliver ||
	       window_has_room(&group->window, loop_now(kit->loop), SPAN_MS(kit->settings.lease));
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
		window_unsend(&due[i].group->window); /* it was over before */
		if (relay->n_finished < KIT_FINISHED_MAX)
			relay->finished[relay->n_finished++] = (struct finished){
				.case_id = ids[i], .group = due[i].group, .acked = seqs[i]
			};
	}
	return RES_OK;
}
