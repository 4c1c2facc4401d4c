/* What became of the sends of markers that were swept, and how the next one goes (law 12): the
 * rules are in kit_park_core.h, their counts on the markers. Remembered here, by case and group: in
 * which place of this process's order it was sent, and what came back. All of it may be forgotten;
 * then a send counts for nothing. */
#include "kit/kit_internal.h"

#include <stdio.h>
#include <stdlib.h>

#define SUSPECTS_MOST KIT_DUE_MAX
#define WHY_MAX	      201

struct suspect {
	struct park_count count;
	enum park_answer answer;
	struct park_sent sent; /* the first one that has not been judged */
	bool has_earlier;      /* that send was not the last one */
	char why[WHY_MAX];
};

static bool suspect_free(void *arg, struct str key, void *value)
{
	(void)arg;
	(void)key;
	free(value);
	return true;
}

void suspects_clear(struct kit *kit)
{
	map_walk(kit->relay.suspects, suspect_free, NULL);
	map_clear(kit->relay.suspects);
}

static struct suspect *suspect_find(struct kit *kit, int64_t case_id, const struct group *group)
{
	struct marker_key key;
	return map_get(kit->relay.suspects, relay_key(kit, case_id, group, &key));
}

static struct suspect *suspect_make(struct kit *kit, int64_t case_id, const struct group *group)
{
	struct marker_key key;
	if (map_count(kit->relay.suspects) >= SUSPECTS_MOST)
		suspects_clear(kit);
	struct suspect *suspect = calloc(1, sizeof *suspect);
	CHECK(suspect != NULL);
	map_put(kit->relay.suspects, relay_key(kit, case_id, group, &key), suspect);
	return suspect;
}

static void suspect_sent(struct kit *kit, struct suspect *suspect)
{
	suspect->sent = (struct park_sent){ .order = kit->relay.next_batch++,
		.at = loop_now(kit->loop),
		.is_alone = suspect->count.sends >= KIT_ALONE_AFTER };
	suspect->answer = PARK_SILENCE;
	suspect->has_earlier = false;
}

struct park_count suspect_claim(
	struct kit *kit, int64_t case_id, struct group *group, struct park_count before)
{
	struct suspect *suspect = suspect_find(kit, case_id, group);
	struct park_last last = { .answer = PARK_NOT_KNOWN };
	if (suspect == NULL) {
		suspect = suspect_make(kit, case_id, group);
	} else {
		last = park_last_of(suspect->answer, &suspect->sent, &group->heard);
	}
	suspect->count = park_judge(before, last);
	/* what spoke neither way yet may still do so: a member that died of it comes back later
	 * than the next send */
	if (last.answer == PARK_SILENCE && !last.has_newcomer && !last.answers_others)
		suspect->has_earlier = true;
	else
		suspect_sent(kit, suspect);
	return suspect->count;
}

void suspect_again(struct kit *kit, int64_t case_id, struct group *group)
{
	struct suspect *suspect = suspect_find(kit, case_id, group);
	if (suspect != NULL)
		suspect_sent(kit, suspect);
}

/* What was answered without anything against it needs no place here. */
static void suspect_moved(
	struct kit *kit, int64_t case_id, struct group *group, struct suspect *suspect)
{
	struct marker_key key;
	struct park_heard *heard = &group->heard;
	if (suspect->sent.order > heard->order)
		heard->order = suspect->sent.order;
	if (suspect->sent.is_alone) {
		heard->alone_at = loop_now(kit->loop);
		if (suspect->sent.order > heard->alone_order)
			heard->alone_order = suspect->sent.order;
	}
	suspect->answer = PARK_MOVED;
	if (suspect->count.sends > 0)
		return;
	map_remove(kit->relay.suspects, relay_key(kit, case_id, group, &key));
	free(suspect);
}

void suspect_answer(struct kit *kit, int64_t case_id, struct group *group, enum park_answer answer,
	struct str why)
{
	struct suspect *suspect = suspect_find(kit, case_id, group);
	if (suspect == NULL)
		return;
	if (answer == PARK_MOVED) {
		suspect_moved(kit, case_id, group, suspect);
		return;
	}
	/* nobody was there for the last send: that says nothing about the one before */
	if (answer == PARK_NOBODY && suspect->has_earlier)
		return;
	suspect->answer = answer;
	if (answer == PARK_FAULT)
		snprintf(suspect->why, sizeof suspect->why, "%.*s",
			STR_ARG(str_utf8_cut(why, WHY_MAX - 1)));
}

struct kit_sending suspect_sending(struct kit *kit, int64_t case_id, const struct group *group)
{
	const struct suspect *suspect = suspect_find(kit, case_id, group);
	const struct park_limits limits = { .alone_after = KIT_ALONE_AFTER,
		.park_after = (int32_t)kit->settings.park_after };
	struct kit_sending how = { .why = STR("") };
	if (suspect == NULL)
		return how;
	switch (park_next(suspect->count, group->state == GROUP_OPEN, limits)) {
	case PARK_WAIT: /* whoever is sent nothing now is not sent to either */
	case PARK_SEND:
	case PARK_STEPS:
		break;
	case PARK_ALONE:
		how.attempt = suspect->count.sends;
		break;
	case PARK_ASIDE:
		how.attempt = suspect->count.sends;
		how.park = true;
		how.why = str_from_c(
			suspect->why[0] != 0 ? suspect->why : "nobody answered, while others were");
		break;
	}
	return how;
}
