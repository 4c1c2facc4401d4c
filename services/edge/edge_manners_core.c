/* Counting what came before its time. */
#include "edge_manners_core.h"

void edge_manners_init(struct edge_manners *manners)
{
	*manners = (struct edge_manners){
		.until = INSTANT_NONE, .forgot_at = INSTANT_NONE, .told_at = INSTANT_NONE
	};
}

static void forgive(struct edge_manners *manners, struct instant now)
{
	int64_t elapsed_us;

	if (manners->early == 0 || instant_is_none(manners->forgot_at)) {
		manners->forgot_at = now;
		return;
	}
	elapsed_us = instant_since(now, manners->forgot_at).us;
	if (elapsed_us >= SPAN_S(EDGE_EARLY_MOST * 2 / EDGE_EARLY_PER_S).us) {
		manners->early = 0;
		manners->forgot_at = now;
	} else if (elapsed_us * EDGE_EARLY_PER_S >= SPAN_S(1).us) {
		int64_t n = elapsed_us * EDGE_EARLY_PER_S / SPAN_S(1).us;

		manners->early = manners->early > n ? manners->early - (int32_t)n : 0;
		manners->forgot_at = instant_add(
			manners->forgot_at, (struct span){ n * SPAN_S(1).us / EDGE_EARLY_PER_S });
	}
}

struct edge_hearing edge_manners_refuse(
	struct edge_manners *manners, int32_t retry_ms, struct instant now)
{
	struct edge_hearing hearing = { .is_early = instant_is_before(now, manners->until) };
	struct instant until = instant_add(now, SPAN_MS(retry_ms));

	forgive(manners, now);
	if (hearing.is_early && manners->early < EDGE_EARLY_MOST * 2)
		manners->early++;
	hearing.is_silent = manners->early > EDGE_EARLY_MOST &&
			    instant_since(now, manners->told_at).us < EDGE_TOLD_EVERY.us;
	if (hearing.is_silent)
		return hearing;
	manners->told_at = now;
	if (instant_is_before(manners->until, until))
		manners->until = until;
	return hearing;
}
