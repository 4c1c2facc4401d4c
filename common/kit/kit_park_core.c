/* When a message is at fault; see kit_park_core.h. */
#include "kit/kit_park_core.h"

static int32_t one_more(int32_t n)
{
	return n < INT32_MAX ? n + 1 : n;
}

struct park_last park_last_of(
	enum park_answer answer, const struct park_sent *sent, const struct park_heard *heard)
{
	bool is_in_queue = sent->is_alone && instant_is_before(sent->at, heard->alone_at);
	int64_t answered = is_in_queue ? heard->alone_order : heard->order;
	struct park_last last = { .answer = answer,
		.has_newcomer = instant_is_before(sent->at, heard->joined_at),
		.answers_others = answered > sent->order };
	/* one who came since found others before this one, which comes last: their answers count,
	 * whenever they were sent */
	if (last.has_newcomer && instant_is_before(sent->at, heard->at))
		last.answers_others = true;
	return last;
}

struct park_count park_judge(struct park_count before, struct park_last last)
{
	struct park_count count = before;
	switch (last.answer) {
	case PARK_NOT_KNOWN:
	case PARK_NOBODY:
	case PARK_LATER:
	case PARK_ANSWERS:
		break;
	case PARK_MOVED:
		return (struct park_count){ 0 };
	case PARK_SILENCE:
		/* neither: slow, or away; whoever is overloaded must not be sent one by one */
		if (last.has_newcomer || last.answers_others)
			count.sends = one_more(count.sends);
		if (last.answers_others)
			count.faults = one_more(count.faults);
		break;
	case PARK_FAULT: /* the refusal itself shows that the group answers */
		count.sends = one_more(count.sends);
		count.faults = one_more(count.faults);
		break;
	}
	return count;
}

enum park_step park_next(struct park_count count, bool group_takes, struct park_limits limits)
{
	if (!group_takes)
		return PARK_WAIT;
	if (count.faults >= limits.park_after)
		return PARK_ASIDE;
	return count.sends >= limits.alone_after ? PARK_ALONE : PARK_SEND;
}

int32_t park_cursor(const struct park_place *place)
{
	int32_t cursor = place->seen;
	if (place->skipped > cursor)
		cursor = place->skipped;
	return place->waits > cursor ? place->waits : cursor;
}

bool park_is_open(const struct park_place *place)
{
	return place->waits > place->seen && place->waits > place->skipped;
}
