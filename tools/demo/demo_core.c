/* Rows and timetables of the demo. See demo_core.h. */
#include "demo_core.h"

#include <stddef.h>

#include "base/check.h"

#define MINUTE_OPENS  (8 * 60 + 40) /* offices */
#define MINUTE_CLOSES (17 * 60 + 30)
#define MINUTE_WAKES  (7 * 60) /* the hotline's desk, and citizens */
#define MINUTE_SLEEPS (22 * 60)
#define BEFORE_END    SPAN_MIN(25)

const char *demo_deed_name(enum demo_deed deed)
{
	static const char *const names[] = { "end", "accept", "refuse", "dispatch", "sign",
		"contact", "submit", "lead", "review", "reject", "rate", "submit2", "lead2",
		"review2", "rate2" };

	_Static_assert(sizeof(names) / sizeof(names[0]) == DEEDS, "each deed has its name");
	return names[deed];
}

static const struct plan {
	const char *word;
	bool is_held_to_end;
	enum demo_deed deeds[DEMO_DEEDS_MAX];
} plans[] = {
#define PLAN(name, word, is_held_to_end, ...) { word, is_held_to_end, { __VA_ARGS__, DEED_END } },
#include "demo_plans.def"
};

const char *demo_plan_word(enum demo_plan plan)
{
	return plans[plan].word;
}

/* --- rows --- */

enum column_kind {
	COLUMN_TEXT,
	COLUMN_NUMBER,
	COLUMN_CLOCK,
	COLUMN_PLAN,
	COLUMN_WAIT,
	COLUMN_RATING
};

static const struct column {
	const char *name;
	enum column_kind kind;
	size_t offset;
	bool is_required;
} columns[] = {
	{ "external_id", COLUMN_TEXT, offsetof(struct demo_row, external_id), true },
	{ "channel", COLUMN_TEXT, offsetof(struct demo_row, channel), true },
	{ "day", COLUMN_NUMBER, offsetof(struct demo_row, day), true },
	{ "time_of_day", COLUMN_CLOCK, offsetof(struct demo_row, minute), true },
	{ "user", COLUMN_TEXT, offsetof(struct demo_row, user), true },
	{ "title", COLUMN_TEXT, offsetof(struct demo_row, title), true },
	{ "body", COLUMN_TEXT, offsetof(struct demo_row, body), true },
	{ "area", COLUMN_TEXT, offsetof(struct demo_row, area), false },
	{ "likes", COLUMN_NUMBER, offsetof(struct demo_row, likes), true },
	{ "type", COLUMN_TEXT, offsetof(struct demo_row, type), true },
	{ "category", COLUMN_TEXT, offsetof(struct demo_row, category), true },
	{ "plan", COLUMN_PLAN, offsetof(struct demo_row, plan), true },
	{ "reason", COLUMN_TEXT, offsetof(struct demo_row, reason), false },
	{ "guidance", COLUMN_TEXT, offsetof(struct demo_row, guidance), false },
	{ "note", COLUMN_TEXT, offsetof(struct demo_row, note), false },
	{ "reply_after", COLUMN_WAIT, offsetof(struct demo_row, reply_after), false },
	{ "reply", COLUMN_TEXT, offsetof(struct demo_row, reply), false },
	{ "objection", COLUMN_TEXT, offsetof(struct demo_row, objection), false },
	{ "rating", COLUMN_RATING, offsetof(struct demo_row, rating), false },
	{ "reply2", COLUMN_TEXT, offsetof(struct demo_row, reply2), false },
	{ "rating2", COLUMN_RATING, offsetof(struct demo_row, rating2), false },
};
#define COLUMNS (sizeof columns / sizeof columns[0])
_Static_assert(COLUMNS <= DEMO_COLUMNS_MAX, "a header has room for all");

enum res demo_header_read(
	const struct str *fields, size_t n, struct demo_header *out, struct err *err)
{
	struct demo_header header;

	for (size_t c = 0; c < COLUMNS; c++) {
		header.place[c] = -1;
		for (size_t i = 0; i < n; i++)
			if (str_eq_c(fields[i], columns[c].name))
				header.place[c] = (int)i;
		if (header.place[c] < 0)
			return err_set(err, RES_INVALID, "column '%s' is missing", columns[c].name);
	}
	*out = header;
	return RES_OK;
}

static enum res number_read(struct str text, int64_t most, int32_t *out)
{
	int64_t n;

	if (str_to_int64(text, &n) != RES_OK || n < 0 || n > most)
		return RES_INVALID;
	*out = (int32_t)n;
	return RES_OK;
}

/* "09:30" */
static enum res clock_read(struct str text, int32_t *out)
{
	int32_t hour, minute;

	if (text.n != 5 || text.p[2] != ':')
		return RES_INVALID;
	TRY(number_read(str_slice(text, 0, 2), 23, &hour));
	TRY(number_read(str_slice(text, 3, 2), 59, &minute));
	*out = hour * 60 + minute;
	return RES_OK;
}

static enum res plan_read(struct str text, enum demo_plan *out)
{
	for (size_t i = 0; i < DEMO_PLANS; i++) {
		if (!str_eq_c(text, plans[i].word))
			continue;
		*out = (enum demo_plan)i;
		return RES_OK;
	}
	return RES_INVALID;
}

/* "4wd", "2h" */
static enum res wait_read(struct str text, struct demo_row *row)
{
	bool is_hours = str_ends(text, STR("h"));

	if (!is_hours && !str_ends(text, STR("wd")))
		return RES_INVALID;
	TRY(number_read(str_slice(text, 0, text.n - (is_hours ? 1 : 2)), 99, &row->reply_after));
	row->is_reply_in_hours = is_hours;
	return RES_OK;
}

/* "yes/5/remark" */
static enum res rating_read(struct str text, struct demo_rating *out)
{
	struct str rest = text, satisfaction = STR("");

	(void)str_split(&rest, '/', &out->solved);
	(void)str_split(&rest, '/', &satisfaction);
	out->remark = rest.p == NULL ? STR("") : rest;
	return number_read(satisfaction, 5, &out->satisfaction);
}

static enum res field_read(const struct column *column, struct str text, struct demo_row *row)
{
	void *at = (char *)row + column->offset;

	switch (column->kind) {
	case COLUMN_TEXT:
		*(struct str *)at = text;
		return RES_OK;
	case COLUMN_NUMBER:
		return number_read(text, 100000, at);
	case COLUMN_CLOCK:
		return clock_read(text, at);
	case COLUMN_PLAN:
		return plan_read(text, at);
	case COLUMN_WAIT:
		return str_is_empty(text) ? RES_OK : wait_read(text, row);
	case COLUMN_RATING:
		return str_is_empty(text) ? RES_OK : rating_read(text, at);
	}
	return RES_BUG;
}

enum res demo_row_read(const struct demo_header *header, const struct str *fields, size_t n,
	struct demo_row *out, struct err *err)
{
	struct demo_row row = { .day = 0 };

	for (size_t c = 0; c < COLUMNS; c++) {
		if ((size_t)header->place[c] >= n)
			return err_set(err, RES_INVALID, "%zu fields are too few", n);
		struct str text = fields[header->place[c]];
		if (columns[c].is_required && str_is_empty(text))
			return err_set(err, RES_INVALID, "%s is empty", columns[c].name);
		if (field_read(&columns[c], text, &row) != RES_OK)
			return err_set(err, RES_INVALID, "%s '%.*s' is none", columns[c].name,
				STR_ARG(text));
	}
	if (row.day > DEMO_DAYS)
		return err_set(err, RES_INVALID, "day %d is behind the last one, %d", (int)row.day,
			DEMO_DAYS);
	*out = row;
	return RES_OK;
}

/* --- the timetable --- */

/* FNV-1a: the same for ever, which is all that is asked of it. */
size_t demo_pick(struct str external_id, uint32_t purpose, size_t n)
{
	uint32_t hash = UINT32_C(2166136261) ^ (purpose * UINT32_C(2654435761));

	for (size_t i = 0; i < external_id.n; i++)
		hash = (hash ^ (uint8_t)external_id.p[i]) * UINT32_C(16777619);
	hash ^= hash >> 15;
	return hash % n;
}

static struct span minutes_from(const struct demo_row *row, uint32_t purpose, int least, int more)
{
	return SPAN_S(60 * ((int64_t)least +
				   (int64_t)demo_pick(row->external_id, purpose, (size_t)more)) +
		      (int64_t)demo_pick(row->external_id, purpose + 100, 60));
}

static struct instant at_minute(int32_t day, int64_t minute)
{
	return instant_add(instant_from_shanghai_day(day), SPAN_MIN(minute));
}

static int64_t minute_of(struct instant at)
{
	return instant_since(at, instant_from_shanghai_day(instant_shanghai_day(at))).us / 60000000;
}

struct instant demo_end(const struct demo_time *time)
{
	return at_minute(time->first_day + DEMO_DAYS, DEMO_LAST_HOUR * 60);
}

struct instant demo_written_at(const struct demo_row *row, const struct demo_time *time)
{
	struct instant at = at_minute(time->first_day + row->day, row->minute);
	return instant_add(at, SPAN_S((int64_t)demo_pick(row->external_id, 0, 60)));
}

/* When the office does what comes up at `at`: then, or when it opens again. */
static struct instant in_office(const struct demo_row *row, const struct demo_time *time,
	uint32_t purpose, struct instant at)
{
	int32_t day = instant_shanghai_day(at);
	int64_t minute = minute_of(at);

	if (workday_is(time->calendar, day) && minute >= MINUTE_OPENS && minute < MINUTE_CLOSES)
		return at;
	if (!workday_is(time->calendar, day) || minute >= MINUTE_CLOSES)
		day = workday_add(time->calendar, day, 1);
	return instant_add(at_minute(day, MINUTE_OPENS), minutes_from(row, purpose + 200, 0, 90));
}

static struct instant while_awake(const struct demo_row *row, uint32_t purpose, struct instant at)
{
	int32_t day = instant_shanghai_day(at);
	int64_t minute = minute_of(at);

	if (minute >= MINUTE_WAKES && minute < MINUTE_SLEEPS)
		return at;
	if (minute >= MINUTE_SLEEPS)
		day++;
	return instant_add(
		at_minute(day, MINUTE_WAKES + 40), minutes_from(row, purpose + 200, 0, 60));
}

static bool is_urgent(const struct demo_row *row)
{
	return str_eq_c(row->type, "livelihood_urgent") || str_eq_c(row->type, "emergency_risk");
}

/* How long people take for a deed, in minutes from the one before: at least, and how much more at
 * most; of urgent matters less. Zero: the deed has a day of its own. */
static const struct pace {
	int16_t least, more;
	int16_t urgent_least, urgent_more;
	bool is_of_the_desk; /* which is there on weekends too */
} paces[] = {
	[DEED_ACCEPT] = { 4, 50, 1, 4, true },
	[DEED_REFUSE] = { 10, 90, 1, 4, true },
	[DEED_DISPATCH] = { 15, 120, 1, 3, false },
	[DEED_SIGN] = { 20, 200, 3, 6, false },
	[DEED_CONTACT] = { 25, 150, 4, 10, false },
	[DEED_LEAD] = { 20, 150, 5, 10, false },
	[DEED_REVIEW] = { 20, 150, 5, 10, false },
	[DEED_REJECT] = { 20, 150, 5, 10, false },
	[DEED_LEAD2] = { 20, 150, 5, 10, false },
	[DEED_REVIEW2] = { 20, 150, 5, 10, false },
	[DEED_RATE2] = { 0, 0, 0, 0, false },
};
_Static_assert(sizeof paces / sizeof paces[0] == DEEDS, "each deed has its pace");

static struct instant submit_time(const struct demo_row *row, const struct demo_time *time,
	struct instant written_at, struct instant before)
{
	struct instant at = instant_add(written_at, SPAN_HOURS(row->reply_after));

	if (!row->is_reply_in_hours) {
		int32_t day = workday_add(time->calendar, instant_shanghai_day(written_at),
			row->reply_after < 1 ? 1 : row->reply_after);
		at = instant_add(
			at_minute(day, MINUTE_OPENS + 20), minutes_from(row, DEED_SUBMIT, 0, 420));
	}
	struct instant soonest = instant_add(before, SPAN_MIN(is_urgent(row) ? 10 : 45));
	if (!instant_is_before(at, soonest))
		return at;
	return is_urgent(row) ? soonest : in_office(row, time, DEED_SUBMIT, soonest);
}

static struct instant deed_time(const struct demo_row *row, const struct demo_time *time,
	enum demo_deed deed, struct instant before)
{
	const struct pace *pace = &paces[deed];
	int32_t day = instant_shanghai_day(before);

	if (deed == DEED_SUBMIT)
		return submit_time(row, time, demo_written_at(row, time), before);
	if (deed == DEED_SUBMIT2)
		return instant_add(
			at_minute(workday_add(time->calendar, day,
					  2 + (int32_t)demo_pick(row->external_id, deed, 2)),
				MINUTE_OPENS),
			minutes_from(row, deed, 10, 400));
	/* the first visit is at nine of the next working day */
	if (deed == DEED_RATE || deed == DEED_RATE2)
		return instant_add(at_minute(workday_add(time->calendar, day, 1), 9 * 60),
			minutes_from(row, deed, 12, 660));
	if (is_urgent(row))
		return instant_add(
			before, minutes_from(row, deed, pace->urgent_least, pace->urgent_more));
	struct instant at = instant_add(before, minutes_from(row, deed, pace->least, pace->more));
	return pace->is_of_the_desk ? while_awake(row, deed, at) : in_office(row, time, deed, at);
}

/* What would be behind the end is done shortly before it, and what leads to it before that. */
static void squeeze(
	const struct demo_row *row, struct instant end, struct demo_step *steps, size_t n)
{
	struct instant latest = instant_add(end, (struct span){ -BEFORE_END.us });

	for (size_t i = n; i > 0; i--) {
		if (instant_is_before(latest, steps[i - 1].at))
			steps[i - 1].at = latest;
		struct span gap = minutes_from(row, 300 + (uint32_t)i, 4, is_urgent(row) ? 4 : 25);
		latest = instant_add(steps[i - 1].at, (struct span){ -gap.us });
	}
}

bool demo_is_last(const struct demo_row *row, enum demo_deed deed)
{
	return row->plan == DEMO_REPLIED && deed == DEED_REVIEW;
}

/* Not every appeal has all of its plan: a dispatcher only where the road wants one, a first contact
 * only with a word for the citizen, a rating only from those who give one. */
static bool is_taken(const struct demo_row *row, enum demo_deed deed)
{
	if (deed == DEED_DISPATCH)
		return str_eq_c(row->type, "suggestion");
	if (deed == DEED_CONTACT)
		return !str_is_empty(row->note);
	return deed != DEED_RATE || !str_is_empty(row->rating.solved);
}

static size_t deeds_time(const struct demo_row *row, const struct demo_time *time,
	struct demo_step out[DEMO_DEEDS_MAX])
{
	const struct plan *plan = &plans[row->plan];
	struct instant at = demo_written_at(row, time);
	size_t n = 0;

	for (size_t i = 0; plan->deeds[i] != DEED_END; i++) {
		enum demo_deed deed = plan->deeds[i];
		if (!is_taken(row, deed))
			continue;
		at = deed_time(row, time, deed, at);
		out[n++] = (struct demo_step){ .at = at, .deed = deed };
	}
	return n;
}

size_t demo_timetable(const struct demo_row *row, const struct demo_time *time,
	struct demo_step out[DEMO_DEEDS_MAX])
{
	size_t n = deeds_time(row, time, out);
	struct instant end = demo_end(time);
	struct instant first = instant_add(demo_written_at(row, time), SPAN_S(20));

	if (plans[row->plan].is_held_to_end)
		squeeze(row, end, out, n);
	while (n > 0 && !instant_is_before(out[n - 1].at, end))
		n--;
	/* squeezed against a letter of the last hour: at once, then */
	for (size_t i = 0; i < n; i++) {
		if (instant_is_before(out[i].at, first))
			out[i].at = first;
		first = instant_add(out[i].at, SPAN_S(20));
	}
	return n;
}

/* --- a part of the file --- */

void demo_choose(const struct demo_row *rows, size_t n, size_t limit, bool *out_is_taken)
{
	size_t left = limit < n ? limit : n;

	for (size_t i = 0; i < n; i++)
		out_is_taken[i] = false;
	while (left > 0) {
		bool has_plan[DEMO_PLANS] = { false };
		for (size_t i = 0; i < n && left > 0; i++) {
			if (out_is_taken[i] || has_plan[rows[i].plan])
				continue;
			has_plan[rows[i].plan] = true;
			out_is_taken[i] = true;
			left--;
		}
	}
}
