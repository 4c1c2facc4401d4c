/* The schedule. */
#include "webhook_retry_core.h"

#define DOUBLINGS_MOST 40

enum webhook_meaning webhook_meaning_of(int status)
{
	if (status >= 200 && status <= 299)
		return WEBHOOK_TAKEN;
	return status == 410 ? WEBHOOK_GONE : WEBHOOK_AGAIN;
}

const char *webhook_meaning_name(enum webhook_meaning meaning)
{
	switch (meaning) {
	case WEBHOOK_TAKEN:
		return "taken";
	case WEBHOOK_AGAIN:
		return "again";
	case WEBHOOK_GONE:
		return "gone";
	}
	return "?";
}

static struct span ceiling(const struct webhook_schedule *schedule, int32_t tries)
{
	struct span wait = schedule->first;

	for (int32_t i = 1; i < tries && i < DOUBLINGS_MOST && wait.us < schedule->most.us; i++)
		wait.us *= 2;
	return wait.us < schedule->most.us ? wait : schedule->most;
}

static struct span part_of(struct span most, uint64_t random)
{
	return (struct span){ (int64_t)(random % (uint64_t)(most.us + 1)) };
}

struct span webhook_wait(const struct webhook_schedule *schedule, int32_t tries, uint64_t random,
	struct span retry_after)
{
	struct span wait = part_of(ceiling(schedule, tries), random);

	if (retry_after.us > schedule->age.us)
		retry_after = schedule->age;
	return wait.us > retry_after.us ? wait : retry_after;
}

bool webhook_is_over(
	const struct webhook_schedule *schedule, struct instant taken_at, struct instant now)
{
	return instant_since(now, taken_at).us >= schedule->age.us;
}

void webhook_circuit_taken(struct webhook_circuit *circuit)
{
	*circuit = (struct webhook_circuit){ 0, INSTANT_NONE };
}

void webhook_circuit_failed(struct webhook_circuit *circuit,
	const struct webhook_schedule *schedule, struct instant now, uint64_t random)
{
	struct span most;

	if (circuit->failures < INT32_MAX)
		circuit->failures++;
	if (circuit->failures < WEBHOOK_TRIP)
		return;
	most = ceiling(schedule, circuit->failures - WEBHOOK_TRIP + 1);
	/* at least half of it: a subscriber that is down needs the pause */
	circuit->open_at = instant_add(now,
		(struct span){ most.us / 2 + part_of((struct span){ most.us / 2 }, random).us });
}

int32_t webhook_circuit_room(
	const struct webhook_circuit *circuit, struct instant now, int32_t most)
{
	if (circuit->failures < WEBHOOK_TRIP)
		return most;
	return instant_is_none(circuit->open_at) || !instant_is_before(now, circuit->open_at) ? 1
											      : 0;
}
