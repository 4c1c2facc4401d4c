/* The hash chain of the journal (law 2). body_digest = H(body); hash = H(previous hash, case_id,
 * seq, at, type, actor, body_digest), numbers as little-endian bytes, at as microseconds since
 * 1970: a body can be erased and the chain holds. */
#include "kit/kit_internal.h"

#include <string.h>

#include "crypto/crypto.h"

static struct str number_bytes(uint8_t *out, uint64_t number, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)(number >> (8 * i));
	return str_of(out, n);
}

void kit_journal_seal(struct journal_row *entry, uint8_t head[32])
{
	uint8_t case_id[8], seq[4], at[8];
	crypto_hash(entry->body_digest, NULL, &entry->body, 1);
	const struct str parts[] = {
		str_of(head, 32),
		number_bytes(case_id, (uint64_t)entry->case_id, sizeof case_id),
		number_bytes(seq, (uint64_t)entry->seq, sizeof seq),
		number_bytes(at, (uint64_t)entry->at.us, sizeof at),
		entry->type,
		entry->actor,
		str_of(entry->body_digest, sizeof entry->body_digest),
	};
	crypto_hash(entry->hash, NULL, parts, sizeof parts / sizeof parts[0]);
	memcpy(head, entry->hash, 32);
}
