/* Lists of acknowledgements; see wire_acks.h. */
#include "wire/wire_acks.h"

static void put_number(char *out, uint64_t number, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (char)(number >> (8 * i));
}

static uint64_t get_number(const char *at, size_t n)
{
	uint64_t number = 0;

	for (size_t i = n; i > 0; i--)
		number = number << 8 | (uint8_t)at[i - 1];
	return number;
}

void wire_ack_put(char *out, const struct wire_ack *ack)
{
	put_number(out, (uint64_t)ack->case_id, 8);
	put_number(out + 8, (uint32_t)ack->seq, 4);
	out[12] = (char)ack->code;
}

bool wire_ack_next(struct str *rest, struct wire_ack *out)
{
	struct wire_ack ack;

	if (rest->n < WIRE_ACK_BYTES)
		return false;
	ack.case_id = (int64_t)get_number(rest->p, 8);
	ack.seq = (int32_t)get_number(rest->p + 8, 4);
	ack.code = (enum wire_code)(uint8_t)rest->p[12];
	if (ack.case_id <= 0 || ack.seq < 0 ||
		(ack.code != WIRE_CODE_COMMITTED && ack.code != WIRE_CODE_DUPLICATE))
		return false;
	*rest = str_slice(*rest, WIRE_ACK_BYTES, rest->n);
	*out = ack;
	return true;
}
