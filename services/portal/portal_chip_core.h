/* Due-time chips: how a limit stands, in numbers; the page turns them into words (pages.md §2.2).
 */
#ifndef WL_PORTAL_CHIP_CORE_H
#define WL_PORTAL_CHIP_CORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/instant.h"
#include "base/workday.h"

enum chip_stage {
	CHIP_NONE, /* there is no limit */
	CHIP_OK,   /* less than half used */
	CHIP_HALF, /* half to four fifths */
	CHIP_NEAR, /* four fifths, or due today */
	CHIP_OVER, /* past due */
	CHIP_DONE, /* answered; is_late says how */
};
const char *chip_stage_word(enum chip_stage stage); /* "ok"; "" for none */

struct chip {
	enum chip_stage stage;
	struct instant due;
	struct instant start;
	bool is_hours;	     /* counted around the clock, in minutes; otherwise in working days */
	bool is_provisional; /* some year on the way has no published calendar */
	bool is_late;	     /* CHIP_DONE: after the due time */
	int32_t total;	     /* working days or minutes from start to due */
	int32_t left;	     /* whole working days after today up to the due day; minutes */
	int32_t over; /* working days after the due day up to today (or to the answer); minutes */
};

/* done: when it was answered, none while it is not. A limit that ends at 24:00 in Shanghai counts
 * working days, any other one minutes. */
struct chip chip_count(const struct workday_calendar *calendar, struct instant start,
	struct instant due, struct instant done, struct instant now);

/* A row of the holiday calendar, with the days on which the row itself holds. */
struct chip_holiday {
	int32_t day;
	bool is_work;
	int32_t valid_from;
	int32_t valid_to; /* INT32_MIN: still */
};
/* The calendar as it is known on a day. overrides: room for n; rows sorted by day. */
struct workday_calendar chip_calendar(const struct chip_holiday *rows, size_t n, int32_t on_day,
	struct workday_override *overrides);

#endif
