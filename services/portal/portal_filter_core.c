/* One row a parameter; each reader takes the value apart and says what it wants. */
#include "portal_filter_core.h"

#include <stddef.h>

#include "base/instant.h"

#define NO_DAY INT32_MIN

static const char *const metric_words[] = {
#define FIGURE(name, word, meaning) word,
#include "portal_figures.def"
#undef FIGURE
};

const char *filter_metric_word(enum filter_metric metric)
{
	return metric_words[metric];
}

struct filter filter_none(void)
{
	return (struct filter){ .metric = FILTER_ALL,
		.from_day = NO_DAY,
		.to_day = NO_DAY,
		.figure = STR(""),
		.unit = STR(""),
		.area = STR(""),
		.category = STR(""),
		.channel = STR(""),
		.state = STR(""),
		.type = STR(""),
		.before = INT64_MAX };
}

/* "M12" */
static bool is_figure(struct str value)
{
	return value.n == 3 && value.p[0] == 'M' && value.p[1] >= '0' && value.p[1] <= '9' &&
	       value.p[2] >= '0' && value.p[2] <= '9';
}

static enum res read_metric(struct filter *filter, struct str value, struct err *err)
{
	if (is_figure(value)) {
		filter->figure = value;
		return RES_OK;
	}
	for (int i = 0; i < FILTER_METRICS; i++) {
		if (!str_eq_c(value, metric_words[i]))
			continue;
		filter->metric = (enum filter_metric)i;
		return RES_OK;
	}
	return err_set(err, RES_INVALID, "metric: no figure of that name");
}

static enum res period_set(struct filter *filter, int32_t from, int32_t to, struct err *err)
{
	if (filter->from_day != NO_DAY)
		return err_set(err, RES_INVALID, "one of day and month, once");
	filter->from_day = from;
	filter->to_day = to;
	return RES_OK;
}

static enum res read_day(struct filter *filter, struct str value, struct err *err)
{
	int32_t day;

	if (value.n != 10 || date_parse(value, &day) != RES_OK)
		return err_set(err, RES_INVALID, "day: want 2026-11-25");
	return period_set(filter, day, day + 1, err);
}

static enum res read_month(struct filter *filter, struct str value, struct err *err)
{
	char text[] = "0000-00-01";
	struct civil_date date;
	int32_t first;

	if (value.n != 7)
		return err_set(err, RES_INVALID, "month: want 2026-11");
	for (size_t i = 0; i < value.n; i++)
		text[i] = value.p[i];
	if (date_parse(str_from_c(text), &first) != RES_OK)
		return err_set(err, RES_INVALID, "month: want 2026-11");
	date = date_from_days(first);
	date.year = (int16_t)(date.year + (date.month == 12));
	date.month = (uint8_t)(date.month % 12 + 1);
	return period_set(filter, first, date_to_days(date), err);
}

static enum res read_part(struct filter *filter, struct str value, struct err *err)
{
	if (!str_eq_c(value, "num") && !str_eq_c(value, "den"))
		return err_set(err, RES_INVALID, "part: want num or den");
	filter->is_numerator = str_eq_c(value, "num");
	return RES_OK;
}

static enum res read_before(struct filter *filter, struct str value, struct err *err)
{
	int64_t id;

	if (str_to_int64(value, &id) != RES_OK || id < 1)
		return err_set(err, RES_INVALID, "before: want the id of a case");
	filter->before = id;
	return RES_OK;
}

/* Codes and words of reference data and of channels: never anything that could be more. */
static bool is_word(struct str value)
{
	if (value.n == 0 || value.n > FILTER_WORD_MAX)
		return false;
	for (size_t i = 0; i < value.n; i++) {
		char c = value.p[i];
		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
			c != '_' && c != '-')
			return false;
	}
	return true;
}

static const struct {
	const char *name;
	enum res (*read)(struct filter *filter, struct str value, struct err *err);
	size_t offset; /* of a plain word, where there is no reader */
} parameters[] = {
	{ "metric", read_metric, 0 },
	{ "day", read_day, 0 },
	{ "month", read_month, 0 },
	{ "part", read_part, 0 },
	{ "before", read_before, 0 },
	{ "unit", NULL, offsetof(struct filter, unit) },
	{ "area", NULL, offsetof(struct filter, area) },
	{ "category", NULL, offsetof(struct filter, category) },
	{ "channel", NULL, offsetof(struct filter, channel) },
	{ "state", NULL, offsetof(struct filter, state) },
	{ "type", NULL, offsetof(struct filter, type) },
};

enum res filter_add(struct filter *filter, struct str name, struct str value, struct err *err)
{
	for (size_t i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++) {
		if (!str_eq_c(name, parameters[i].name))
			continue;
		if (parameters[i].read != NULL)
			return parameters[i].read(filter, value, err);
		if (!is_word(value))
			return err_set(err, RES_INVALID,
				"%s: want a code of letters, digits, - and _", parameters[i].name);
		*(struct str *)((char *)filter + parameters[i].offset) = value;
		return RES_OK;
	}
	return err_set(err, RES_INVALID,
		"a list of cases knows no such parameter; it knows metric, part, day, month, "
		"before, "
		"unit, area, category, channel, state and type");
}
