/* Messages that wait for the next batch. They live in the arena of the inbox being filled;
 * kit_batch.c swaps the two. */
#include "kit/kit_internal.h"

struct wire_msg kit_message_copy(struct arena *mem, const struct wire_msg *msg)
{
	struct wire_msg copy = *msg;
	struct str *texts[] = KIT_MESSAGE_TEXTS(&copy);
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		*texts[i] = arena_str(mem, *texts[i]);
	return copy;
}

void kit_inbox_add(struct kit *kit, const struct inbox_item *item)
{
	CHECK(kit->n_inbox < (size_t)kit->settings.batch_most + KIT_INBOX_SLACK);
	kit->inbox[kit->n_inbox++] = *item;
}

void kit_inbox_take(struct kit *kit, const struct wire_msg *msg)
{
	const struct inbox_item item = { .message = *msg };

	shelf_move(kit, msg->head.case_id, &item);
}

bool kit_inbox_has_memory(const struct kit *kit)
{
	return arena_used(kit->inbox_mem[kit->inbox_at]) < (size_t)kit->settings.batch_memory / 2;
}

bool kit_inbox_has_room(const struct kit *kit)
{
	return kit->n_inbox < (size_t)kit->settings.batch_most && kit_inbox_has_memory(kit);
}
