/* Dates and times as texts: a small reader that takes one piece after the other, and the printers.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/instant.h"

#define SECOND_US    INT64_C(1000000)
#define FRACTION_MAX 9 /* digits read; what is finer than a microsecond is cut off */

/* Takes least..most digits off the front of *rest. */
static bool number_take(struct str *rest, size_t least, size_t most, int32_t *out)
{
	int32_t value = 0;
	size_t n = 0;

	while (n < most && n < rest->n && rest->p[n] >= '0' && rest->p[n] <= '9')
		value = value * 10 + (rest->p[n++] - '0');
	if (n < least)
		return false;
	*rest = str_slice(*rest, n, rest->n);
	*out = value;
	return true;
}

/* Takes one character off the front when it is one of `any`; '\0' when it is not. */
static char one_take(struct str *rest, const char *any)
{
	for (; rest->n > 0 && *any != '\0'; any++)
		if (rest->p[0] == *any) {
			*rest = str_slice(*rest, 1, rest->n);
			return *any;
		}
	return '\0';
}

static bool date_take(struct str *rest, int32_t *out_days)
{
	int32_t year;
	int32_t month;
	int32_t day;

	if (!number_take(rest, 4, 4, &year))
		return false;
	char separator = one_take(rest, "-/");
	char same[2] = { separator, '\0' };
	if (separator == '\0' || !number_take(rest, 1, 2, &month) || one_take(rest, same) == '\0' ||
		!number_take(rest, 1, 2, &day))
		return false;
	struct civil_date date = { (int16_t)year, (uint8_t)month, (uint8_t)day };
	if (!date_is_valid(date))
		return false;
	*out_days = date_to_days(date);
	return true;
}

enum res date_parse(struct str in, int32_t *out_days)
{
	int32_t days;

	if (!date_take(&in, &days) || in.n > 0)
		return RES_INVALID;
	*out_days = days;
	return RES_OK;
}

/* ".25" as microseconds; nothing there is zero. */
static bool fraction_take(struct str *rest, int64_t *out_us)
{
	int64_t us = 0;
	int64_t worth = SECOND_US / 10;
	int32_t digit;
	size_t n = 0;

	*out_us = 0;
	if (one_take(rest, ".") == '\0')
		return true;
	while (n < FRACTION_MAX && number_take(rest, 1, 1, &digit)) {
		us += digit * worth;
		worth /= 10;
		n++;
	}
	*out_us = us;
	return n > 0;
}

static bool time_of_day_take(struct str *rest, int64_t *out_us)
{
	int32_t hour;
	int32_t minute;
	int32_t second = 0;
	int64_t fraction_us = 0;

	if (!number_take(rest, 1, 2, &hour) || one_take(rest, ":") == '\0' ||
		!number_take(rest, 2, 2, &minute))
		return false;
	if (one_take(rest, ":") != '\0' &&
		(!number_take(rest, 2, 2, &second) || !fraction_take(rest, &fraction_us)))
		return false;
	if (hour > 23 || minute > 59 || second > 59)
		return false;
	*out_us = ((int64_t)hour * 3600 + minute * 60 + second) * SECOND_US + fraction_us;
	return true;
}

/* "Z", "+08:00", "+0800", "+08"; nothing there is Shanghai. */
static bool offset_take(struct str *rest, int64_t *out_us)
{
	int32_t hours = 8;
	int32_t minutes = 0;

	if (one_take(rest, "Zz") != '\0') {
		*out_us = 0;
		return true;
	}
	char sign = one_take(rest, "+-");
	if (sign != '\0') {
		if (!number_take(rest, 2, 2, &hours))
			return false;
		bool has_colon = one_take(rest, ":") != '\0';
		if ((has_colon || rest->n > 0) && !number_take(rest, 2, 2, &minutes))
			return false;
	}
	if (hours > 23 || minutes > 59)
		return false;
	int64_t us = ((int64_t)hours * 3600 + minutes * 60) * SECOND_US;
	*out_us = sign == '-' ? -us : us;
	return true;
}

enum res instant_parse(struct str in, struct instant *out)
{
	int32_t days;
	int64_t day_us = 0;
	int64_t offset_us;

	if (!date_take(&in, &days))
		return RES_INVALID;
	if (in.n == 0) {
		*out = instant_from_shanghai_day(days);
		return RES_OK;
	}
	if (one_take(&in, "Tt ") == '\0' || !time_of_day_take(&in, &day_us) ||
		!offset_take(&in, &offset_us) || in.n > 0)
		return RES_INVALID;
	out->us = SPAN_DAYS(days).us + day_us - offset_us;
	return RES_OK;
}

const char *instant_format(struct instant at, char out[INSTANT_TEXT_MAX])
{
	if (instant_is_none(at)) {
		snprintf(out, INSTANT_TEXT_MAX, "-");
		return out;
	}
	int32_t days = instant_shanghai_day(at);
	struct civil_date date = date_from_days(days);
	int64_t us = instant_since(at, instant_from_shanghai_day(days)).us;
	int32_t second_of_day = (int32_t)(us / SECOND_US);
	uint32_t fraction = (uint32_t)(us % SECOND_US);
	uint8_t hour = (uint8_t)(second_of_day / 3600);
	uint8_t minute = (uint8_t)(second_of_day / 60 % 60);
	uint8_t second = (uint8_t)(second_of_day % 60);
	char fraction_text[16] = "";
	if (fraction != 0)
		snprintf(fraction_text, sizeof(fraction_text), ".%06" PRIu32, fraction);
	snprintf(out, INSTANT_TEXT_MAX, "%04d-%02d-%02dT%02d:%02d:%02d%.7s+08:00", date.year,
		date.month, date.day, hour, minute, second, fraction_text);
	return out;
}

const char *date_format(int32_t days, char out[DATE_TEXT_MAX])
{
	struct civil_date date = date_from_days(days);

	snprintf(out, DATE_TEXT_MAX, "%04d-%02d-%02d", date.year, date.month, date.day);
	return out;
}
