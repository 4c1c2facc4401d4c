/* Points in time and civil dates. Texts are in instant_text.c. */
#include "base/instant.h"

#define DAY_US	      (INT64_C(86400) * 1000000)
#define SHANGHAI_US   (INT64_C(8) * 3600 * 1000000)
#define ERA_YEARS     400 /* after which the Gregorian calendar repeats */
#define ERA_DAYS      146097
#define EPOCH_OFFSET  719468 /* days from 0000-03-01 to 1970-01-01 */
#define EPOCH_WEEKDAY 3	     /* 1970-01-01 was a Thursday */
#define YEAR_LEAST    1
#define YEAR_MOST     9999

bool instant_is_none(struct instant at)
{
	return at.us == INT64_MIN;
}

bool instant_is_before(struct instant a, struct instant b)
{
	return a.us < b.us;
}

struct instant instant_min(struct instant a, struct instant b)
{
	if (instant_is_none(a))
		return b;
	if (instant_is_none(b))
		return a;
	return instant_is_before(b, a) ? b : a;
}

/* The far ends stand still instead of wrapping round; INT64_MIN itself means "none". */
struct instant instant_add(struct instant at, struct span by)
{
	int64_t us;

	if (instant_is_none(at))
		return at;
	if (__builtin_add_overflow(at.us, by.us, &us))
		us = by.us > 0 ? INT64_MAX : INT64_MIN + 1;
	return (struct instant){ us == INT64_MIN ? INT64_MIN + 1 : us };
}

struct span instant_since(struct instant later, struct instant earlier)
{
	int64_t us;

	if (__builtin_sub_overflow(later.us, earlier.us, &us))
		us = later.us > earlier.us ? INT64_MAX : INT64_MIN;
	return (struct span){ us };
}

static int64_t floor_divide(int64_t n, int64_t by)
{
	return n / by - (n % by < 0);
}

/* Source: Howard Hinnant, "chrono-compatible low-level date algorithms": years begin in March, so
 * that the leap day is the last one. */
int32_t date_to_days(struct civil_date date)
{
	int32_t year = date.year - (date.month <= 2);
	int32_t era = (int32_t)floor_divide(year, ERA_YEARS);
	int32_t year_of_era = year - era * ERA_YEARS;
	int32_t month = date.month > 2 ? date.month - 3 : date.month + 9;
	int32_t day_of_year = (153 * month + 2) / 5 + date.day - 1;
	int32_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

	return era * ERA_DAYS + day_of_era - EPOCH_OFFSET;
}

struct civil_date date_from_days(int32_t days)
{
	int64_t shifted = (int64_t)days + EPOCH_OFFSET;
	int64_t era = floor_divide(shifted, ERA_DAYS);
	int32_t day_of_era = (int32_t)(shifted - era * ERA_DAYS);
	int32_t year_of_era =
		(day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int32_t day_of_year =
		day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int32_t month = (5 * day_of_year + 2) / 153;
	int32_t month_of_year = month < 10 ? month + 3 : month - 9;

	return (struct civil_date){
		.year = (int16_t)(year_of_era + era * ERA_YEARS + (month_of_year <= 2)),
		.month = (uint8_t)month_of_year,
		.day = (uint8_t)(day_of_year - (153 * month + 2) / 5 + 1),
	};
}

bool date_is_valid(struct civil_date date)
{
	if (date.year < YEAR_LEAST || date.year > YEAR_MOST || date.month < 1 || date.month > 12 ||
		date.day < 1 || date.day > 31)
		return false;
	struct civil_date back = date_from_days(date_to_days(date));
	return back.month == date.month && back.day == date.day;
}

int date_weekday(int32_t days)
{
	int weekday = (int)(((int64_t)days + EPOCH_WEEKDAY) % 7);

	return weekday < 0 ? weekday + 7 : weekday;
}

int32_t instant_shanghai_day(struct instant at)
{
	return (int32_t)floor_divide(instant_add(at, (struct span){ SHANGHAI_US }).us, DAY_US);
}

struct instant instant_from_shanghai_day(int32_t days)
{
	int64_t us;

	if (__builtin_mul_overflow((int64_t)days, DAY_US, &us))
		us = days > 0 ? INT64_MAX : INT64_MIN + 1;
	return instant_add((struct instant){ us }, (struct span){ -SHANGHAI_US });
}
