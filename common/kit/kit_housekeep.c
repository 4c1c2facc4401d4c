/* The timer that calls what the schema's owner has for its tables: parts made ahead, rows aged out
 * (decision 0019). Never between the statements of a batch; what fails is tried again, and logged
 * once until it works again. */
#include "kit/kit_internal.h"
#include "kit_sql.h"
#include "os/os.h"

#define AGAIN_SOON SPAN_S(60) /* a lock was not to be had */
#define AGAIN_NOW  SPAN_S(1)  /* there is more to age out */
#define AGED_MOST  2000	      /* by one call, as age_out says */

/* Replicas that were started together do not ask together: half of it to all of it. */
static struct span jittered(struct span span)
{
	uint32_t dice;
	os_random(&dice, sizeof dice);
	return (struct span){ .us = span.us / 2 + (int64_t)(dice % 1024) * (span.us / 2) / 1024 };
}

static struct span shorter(struct span a, struct span b)
{
	return a.us < b.us ? a : b;
}

/* room < 0: somebody else is at it. */
static enum res parts_ahead(struct kit *kit, int64_t *out_room, struct err *err)
{
	struct db_result *result = NULL;
	TRY(db_run(kit->db, &kit_sql_partitions_ahead, NULL, &result, err));
	int64_t made = db_get_int(result, 0, 0);
	*out_room = db_get_int(result, 0, 1);
	db_release(kit->db);
	if (made > 0)
		log_event(kit->log, partitions_made, LOG_INT("made", made),
			LOG_INT("room", *out_room));
	return RES_OK;
}

static enum res age_out(struct kit *kit, int64_t *out_aged, struct err *err)
{
	struct db_result *result = NULL;
	TRY(db_run(kit->db, &kit_sql_age_out, NULL, &result, err));
	*out_aged = db_get_int(result, 0, 0);
	db_release(kit->db);
	return RES_OK;
}

static enum res keep_house(struct kit *kit, struct span *out_again, struct err *err)
{
	struct housekeeping *house = &kit->house;
	int64_t room;
	int64_t aged;
	TRY(parts_ahead(kit, &room, err));
	TRY(age_out(kit, &aged, err));
	metrics_add(kit->metrics.values, KIT_METRIC_aged, (double)aged);
	if (aged >= AGED_MOST)
		*out_again = AGAIN_NOW;
	if (room < 0) {
		*out_again = shorter(*out_again, AGAIN_SOON);
		return RES_OK;
	}
	house->room = room;
	house->done_at = os_monotonic_now();
	return RES_OK;
}

static void on_house(void *arg)
{
	struct kit *kit = arg;
	struct housekeeping *house = &kit->house;
	struct span usual = SPAN_MS(kit->settings.housekeep);
	struct span again = usual;
	struct err err = { .text = "" };
	if (!db_is_up(kit->db)) {
		loop_timer_set(house->timer, jittered(shorter(usual, AGAIN_SOON)));
		return;
	}
	enum res res = keep_house(kit, &again, &err);
	if (res != RES_OK) {
		db_release(kit->db);
		metrics_add(kit->metrics.values, KIT_METRIC_housekeeping_failures, 1);
		if (!house->has_failed)
			log_event(kit->log, housekeeping_failed, LOG_TEXT("why", err.text));
		again = shorter(usual, AGAIN_SOON);
	}
	house->has_failed = res != RES_OK;
	loop_timer_set(house->timer, jittered(shorter(usual, again)));
}

void house_start(struct kit *kit)
{
	kit->house.done_at = INSTANT_NONE;
	kit->house.timer = loop_timer_create(kit->loop, on_house, kit);
	loop_timer_set(
		kit->house.timer, jittered(shorter(SPAN_MS(kit->settings.housekeep), AGAIN_SOON)));
}

void house_mirror(struct kit *kit)
{
	const struct housekeeping *house = &kit->house;
	if (instant_is_none(house->done_at))
		return;
	metrics_set(kit->metrics.values, KIT_METRIC_partition_room, (double)house->room);
	metrics_set(kit->metrics.values, KIT_METRIC_housekeeping_age,
		(double)instant_since(os_monotonic_now(), house->done_at).us / 1e6);
}
