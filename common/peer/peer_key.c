#include "peer/peer_key.h"

#include "peer/peer_lines_core.h"

/* FNV-1a, 64 bits. */
uint64_t peer_key_of(struct str text)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < text.n; i++)
		hash = (hash ^ (uint8_t)text.p[i]) * UINT64_C(0x100000001b3);
	return lines_mix(hash);
}

uint64_t peer_key_of_id(int64_t id)
{
	return lines_mix((uint64_t)id + UINT64_C(0x9e3779b97f4a7c15));
}

uint64_t peer_key_of_head(const struct wire_head *head)
{
	if (head->case_id != 0)
		return peer_key_of_id(head->case_id);
	if (!str_is_empty(head->source_msg_id))
		return peer_key_of(head->source_msg_id);
	return peer_key_of(str_is_empty(head->command_id) ? head->id : head->command_id);
}
