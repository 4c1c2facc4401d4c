/* Chips, and the calendar they count on. */
#include "portal_chip_core.h"

#include <string.h>

#define MINUTE_US 60000000

const char *chip_stage_word(enum chip_stage stage)
{
	switch (stage) {
	case CHIP_NONE:
		return "";
	case CHIP_OK:
		return "ok";
	case CHIP_HALF:
		return "half";
	case CHIP_NEAR:
		return "near";
	case CHIP_OVER:
		return "over";
	case CHIP_DONE:
		return "done";
	}
	return "";
}

static int32_t minutes_between(struct instant from, struct instant to)
{
	int64_t minutes = instant_since(to, from).us / MINUTE_US;

	if (minutes < 0)
		return 0;
	return minutes > INT32_MAX ? INT32_MAX : (int32_t)minutes;
}

/* The last day that a limit ending at 00:00 of the next one covers. */
static int32_t due_day_of(struct instant due)
{
	return instant_shanghai_day((struct instant){ due.us - 1 });
}

static bool ends_at_midnight(struct instant due)
{
	return instant_from_shanghai_day(instant_shanghai_day(due)).us == due.us;
}

static int32_t at_least_zero(int32_t n)
{
	return n < 0 ? 0 : n;
}

static void count_days(
	const struct workday_calendar *calendar, struct chip *chip, struct instant until)
{
	int32_t due_day = due_day_of(chip->due);
	int32_t today = instant_shanghai_day(until);

	chip->total = at_least_zero(
		workday_between(calendar, instant_shanghai_day(chip->start), due_day));
	chip->left = today >= due_day ? 0 : workday_between(calendar, today, due_day);
	chip->over = today <= due_day ? 0 : workday_between(calendar, due_day, today);
}

static void count_minutes(struct chip *chip, struct instant until)
{
	chip->total = minutes_between(chip->start, chip->due);
	chip->left = minutes_between(until, chip->due);
	chip->over = minutes_between(chip->due, until);
}

/* source: pages.md §2.2 */
static enum chip_stage stage_of(const struct chip *chip, struct instant now)
{
	int32_t used = chip->total - chip->left;

	if (!instant_is_before(now, chip->due))
		return CHIP_OVER;
	if (chip->left == 0 || (int64_t)used * 10 >= (int64_t)chip->total * 8)
		return CHIP_NEAR;
	return (int64_t)used * 2 >= chip->total ? CHIP_HALF : CHIP_OK;
}

struct chip chip_count(const struct workday_calendar *calendar, struct instant start,
	struct instant due, struct instant done, struct instant now)
{
	struct chip chip = { .stage = CHIP_NONE, .due = due, .start = start };
	struct instant until = instant_is_none(done) ? now : done;

	if (instant_is_none(due) || instant_is_none(start))
		return chip;
	chip.is_hours = !ends_at_midnight(due);
	chip.is_provisional = !workday_is_published(calendar, due_day_of(due));
	if (chip.is_hours)
		count_minutes(&chip, until);
	else
		count_days(calendar, &chip, until);
	chip.is_late = !instant_is_before(until, due);
	chip.stage = instant_is_none(done) ? stage_of(&chip, now) : CHIP_DONE;
	return chip;
}

struct workday_calendar chip_calendar(const struct chip_holiday *rows, size_t n, int32_t on_day,
	struct workday_override *overrides)
{
	struct workday_calendar calendar = { .overrides = overrides };

	for (size_t i = 0; i < n; i++) {
		const struct chip_holiday *row = &rows[i];
		if (on_day < row->valid_from ||
			(row->valid_to != INT32_MIN && on_day >= row->valid_to))
			continue;
		overrides[calendar.n++] =
			(struct workday_override){ .day = row->day, .is_work = row->is_work };
		/* Make-up work may lie in the year before: only days off tell of a notice. */
		if (row->is_work)
			continue;
		int16_t year = date_from_days(row->day).year;
		if (calendar.first_year == 0)
			calendar.first_year = year;
		calendar.last_year = year;
	}
	return calendar;
}
