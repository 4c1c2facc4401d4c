/* Notes facts and derives from them: which time an event sets, how far it says that its service is,
 * and what people see are tables. */
#include "analytics_core.h"

#include "base/check.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MEMBER(name) offsetof(struct analytics_case, name)
#define NOTHING	     0 /* no time, no part: state stands first and is neither */

/* What each event sets by its coming alone. first: this time, unless it is known already (a later
 * task of dispatch does not make the first step of a case younger). last: this time in any case.
 * part: this service's part becomes that. */
static const struct {
	size_t first;
	size_t last;
	size_t part;
	int16_t becomes;
} marks[ANALYTICS_EVENTS] = {
	[ANALYTICS_EV_RECEIVED] = { MEMBER(received_at), NOTHING, MEMBER(intake),
		ANALYTICS_INTAKE_RECEIVED },
	[ANALYTICS_EV_ACCEPTED] = { MEMBER(accepted_at), NOTHING, MEMBER(intake),
		ANALYTICS_INTAKE_ACCEPTED },
	[ANALYTICS_EV_REFUSED] = { MEMBER(refused_at), NOTHING, MEMBER(intake),
		ANALYTICS_INTAKE_REFUSED },
	[ANALYTICS_EV_DISPATCHED] = { MEMBER(dispatched_at), NOTHING, MEMBER(dispatch),
		ANALYTICS_DISPATCH_SENT },
	/* whoever does it again has signed for it already */
	[ANALYTICS_EV_REDISPATCHED] = { NOTHING, NOTHING, MEMBER(dispatch),
		ANALYTICS_DISPATCH_SIGNED },
	[ANALYTICS_EV_SIGNED] = { MEMBER(signed_at), NOTHING, MEMBER(dispatch),
		ANALYTICS_DISPATCH_SIGNED },
	[ANALYTICS_EV_CONTACTED] = { MEMBER(contacted_at), NOTHING, NOTHING, 0 },
	[ANALYTICS_EV_RESOLVED] = { MEMBER(resolved_at), NOTHING, MEMBER(dispatch),
		ANALYTICS_DISPATCH_RESOLVED },
	[ANALYTICS_EV_SUBMITTED] = { MEMBER(submitted_at), NOTHING, MEMBER(reply),
		ANALYTICS_REPLY_SUBMITTED },
	[ANALYTICS_EV_REJECTED] = { NOTHING, NOTHING, MEMBER(reply), ANALYTICS_REPLY_REJECTED },
	[ANALYTICS_EV_REPLIED] = { MEMBER(replied_at), MEMBER(last_replied_at), MEMBER(reply),
		ANALYTICS_REPLY_REPLIED },
	[ANALYTICS_EV_DELIVERED] = { MEMBER(delivered_at), NOTHING, MEMBER(reply),
		ANALYTICS_REPLY_DELIVERED },
	[ANALYTICS_EV_UNDELIVERABLE] = { MEMBER(delivered_at), NOTHING, MEMBER(reply),
		ANALYTICS_REPLY_UNDELIVERABLE },
	[ANALYTICS_EV_NOTIFIED] = { NOTHING, NOTHING, MEMBER(reply), ANALYTICS_REPLY_NOTIFIED },
	[ANALYTICS_EV_UNNOTIFIED] = { NOTHING, NOTHING, MEMBER(reply), ANALYTICS_REPLY_UNNOTIFIED },
	[ANALYTICS_EV_FOLLOWED] = { MEMBER(followed_at), NOTHING, MEMBER(followup),
		ANALYTICS_FOLLOWUP_ASKING },
	[ANALYTICS_EV_VISITED] = { NOTHING, NOTHING, NOTHING, 0 },
	[ANALYTICS_EV_RATED] = { NOTHING, MEMBER(rated_at), NOTHING, 0 },
	[ANALYTICS_EV_REDO] = { NOTHING, NOTHING, MEMBER(followup), ANALYTICS_FOLLOWUP_REDOING },
	[ANALYTICS_EV_CLOSED] = { MEMBER(closed_at), NOTHING, MEMBER(followup),
		ANALYTICS_FOLLOWUP_CLOSED },
};
_Static_assert(MEMBER(state) == NOTHING, "no time and no part stands first in the row");

static const struct {
	enum analytics_state state;
	int16_t rank;
	struct str name;
	struct str zh;
} states[] = {
#define STATE(name_, number_, rank_, zh_, meaning_)                                                \
	{ ANALYTICS_##name_, rank_, STR_INIT(#name_), STR_INIT(zh_) },
#include "analytics_states.def"
#undef STATE
};

enum producer { INTAKE, DISPATCH, REPLY, FOLLOWUP };
/* What each service's part speaks for. */
static const struct {
	enum producer producer;
	int16_t part;
	enum analytics_state shows;
} parts[] = {
#define PART(producer_, name_, number_, shows_, meaning_)                                          \
	{ producer_, number_, ANALYTICS_##shows_ },
#include "analytics_parts.def"
#undef PART
};

static struct instant *time_at(struct analytics_case *file, size_t offset)
{
	return (struct instant *)((char *)file + offset);
}

static size_t state_index(enum analytics_state state)
{
	for (size_t i = 0; i < COUNT(states); i++)
		if (states[i].state == state)
			return i;
	return COUNT(states);
}

struct str analytics_state_name(enum analytics_state state)
{
	size_t i = state_index(state);

	return i < COUNT(states) ? states[i].name : STR("UNKNOWN");
}

struct str analytics_state_zh(enum analytics_state state)
{
	size_t i = state_index(state);

	return i < COUNT(states) ? states[i].zh : STR("未知");
}

/* In which round a service's part was taken. Reply counts what was approved: a draft after one
 * approval is of round 1, the approval itself ends its round. */
static int16_t round_of(const struct analytics_case *file, enum producer producer)
{
	switch (producer) {
	case INTAKE:
		return 0;
	case DISPATCH:
		return file->redo;
	case REPLY:
		if (file->reply == ANALYTICS_REPLY_SUBMITTED ||
			file->reply == ANALYTICS_REPLY_REJECTED)
			return file->replies;
		return file->replies > 0 ? (int16_t)(file->replies - 1) : (int16_t)0;
	case FOLLOWUP:
		break;
	}
	return file->round;
}

/* The furthest state that any service speaks for: the later round first, then the higher rank. */
static enum analytics_state state_of(const struct analytics_case *file)
{
	const int16_t at[] = { file->intake, file->dispatch, file->reply, file->followup };
	enum analytics_state best = ANALYTICS_UNKNOWN;
	int best_round = -1;
	int best_rank = 0;

	for (size_t i = 0; i < COUNT(parts); i++) {
		if (at[parts[i].producer] != parts[i].part || parts[i].shows == ANALYTICS_UNKNOWN)
			continue;
		int round = round_of(file, parts[i].producer);
		int rank = states[state_index(parts[i].shows)].rank;
		if (round < best_round || (round == best_round && rank <= best_rank))
			continue;
		best = parts[i].shows;
		best_round = round;
		best_rank = rank;
	}
	return best;
}

void analytics_case_init(struct analytics_case *file)
{
	*file = (struct analytics_case){
		.state = ANALYTICS_UNKNOWN,
		.reply_wd = ANALYTICS_NO_WD,
		.received_day = ANALYTICS_NO_DAY,
	};
	for (size_t at = MEMBER(received_at); at < sizeof(*file); at += sizeof(struct instant))
		*time_at(file, at) = INSTANT_NONE;
}

static bool is_workday(const struct analytics_calendar *calendar, int32_t day, int32_t known_on)
{
	size_t low = 0;
	size_t high = calendar->n;

	while (low < high) {
		size_t middle = (low + high) / 2;
		if (calendar->holidays[middle].day < day)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < calendar->n && calendar->holidays[low].day == day; low++) {
		const struct analytics_holiday *holiday = &calendar->holidays[low];
		if (holiday->valid_from <= known_on &&
			(holiday->valid_to == ANALYTICS_NO_DAY || known_on < holiday->valid_to))
			return holiday->is_work;
	}
	return date_weekday(day) < 5;
}

/* Working days after the day of dispatch up to the day of the reply; a reply of the same day takes
 * none. source: M18 of metrics.csv, wd(replied_at) - wd(dispatched_at) */
static int16_t reply_days(
	const struct analytics_case *file, const struct analytics_calendar *calendar)
{
	int32_t last = instant_shanghai_day(file->replied_at);
	int16_t n = 0;

	for (int32_t day = instant_shanghai_day(file->dispatched_at) + 1;
		day <= last && n < INT16_MAX; day++)
		if (is_workday(calendar, day, last))
			n++;
	return n;
}

static void derive(struct analytics_case *file, const struct analytics_calendar *calendar)
{
	file->state = (int16_t)state_of(file);
	if (!instant_is_none(file->dispatched_at) && !instant_is_none(file->replied_at) &&
		file->reply_wd == ANALYTICS_NO_WD)
		file->reply_wd = reply_days(file, calendar);
	if (file->flags & ANALYTICS_IS_DIRECT)
		file->answered_at = file->replied_at;
	else if (instant_is_none(file->answered_at) && file->reply == ANALYTICS_REPLY_DELIVERED)
		file->answered_at = file->delivered_at;
}

static void set_flag(struct analytics_case *file, enum analytics_flag flag, bool is_set)
{
	file->flags = (int16_t)(is_set ? file->flags | flag : file->flags & ~flag);
}

static void set_letter(struct analytics_case *file, const struct analytics_event *event)
{
	file->channel = event->channel;
	file->klass = event->klass;
	file->type = event->type;
	file->category = event->category;
	file->area = event->area;
	file->confidence = event->confidence;
	set_flag(file, ANALYTICS_IS_GENERAL_DESK, event->is_general_desk);
}

static void set_of_intake(struct analytics_case *file, const struct analytics_event *event)
{
	if (event->kind == ANALYTICS_EV_RECEIVED) {
		file->received_day = instant_shanghai_day(file->received_at);
		file->accept_due = event->accept_due;
		set_flag(file, ANALYTICS_WANTS_STATUS, event->wants_status);
	}
	if (event->kind == ANALYTICS_EV_REFUSED)
		file->refusal = event->reason; /* type and category stay as they were suggested */
	else
		set_letter(file, event);
}

static void set_of_dispatch(struct analytics_case *file, const struct analytics_event *event)
{
	if (event->kind == ANALYTICS_EV_SIGNED)
		set_flag(file, ANALYTICS_IS_SIGN_ON_TIME, event->is_on_time);
	if (event->kind == ANALYTICS_EV_CONTACTED)
		set_flag(file, ANALYTICS_IS_CONTACT_ON_TIME, event->is_on_time);
	if (event->kind == ANALYTICS_EV_RESOLVED)
		set_flag(file, file->redo > 0 ? ANALYTICS_IS_REDO_ON_TIME : ANALYTICS_IS_ON_TIME,
			event->is_on_time);
	if (event->kind == ANALYTICS_EV_DISPATCHED) {
		file->unit = event->unit;
		file->sign_due = event->sign_due;
		file->contact_due = event->contact_due;
		file->resolve_due = event->resolve_due;
	}
	if (event->kind == ANALYTICS_EV_REDISPATCHED) {
		file->unit = event->unit;
		file->redo = event->redo;
		file->redo_due = event->resolve_due;
		set_flag(file, ANALYTICS_IS_REDO_ON_TIME, false);
	}
}

static void set_of_reply(struct analytics_case *file, const struct analytics_event *event)
{
	if (event->kind == ANALYTICS_EV_REJECTED && file->rejects < INT16_MAX)
		file->rejects++;
	if (event->kind == ANALYTICS_EV_REPLIED && file->replies < INT16_MAX) {
		file->replies++;
		if (file->replies == 1)
			set_flag(file, ANALYTICS_IS_DIRECT, event->is_direct);
	}
	if (event->kind == ANALYTICS_EV_DELIVERED || event->kind == ANALYTICS_EV_UNDELIVERABLE)
		set_flag(file, ANALYTICS_IS_UNDELIVERED, event->kind == ANALYTICS_EV_UNDELIVERABLE);
}

static void set_of_followup(struct analytics_case *file, const struct analytics_event *event)
{
	if (event->kind == ANALYTICS_EV_FOLLOWED)
		file->round = event->round > 0 ? (int16_t)(event->round - 1) : (int16_t)0;
	if (event->kind == ANALYTICS_EV_VISITED && event->visit > file->visits)
		file->visits = event->visit;
	if (event->kind == ANALYTICS_EV_REDO)
		file->round = event->redo;
	if (event->kind == ANALYTICS_EV_CLOSED)
		file->reason = event->reason;
	if (event->kind == ANALYTICS_EV_RATED) {
		file->solved = event->solved;
		file->satisfaction = event->satisfaction;
		file->contacted = event->contacted;
	}
}

static void set_facts(struct analytics_case *file, const struct analytics_event *event)
{
	if (event->kind <= ANALYTICS_EV_REFUSED)
		set_of_intake(file, event);
	else if (event->kind <= ANALYTICS_EV_RESOLVED)
		set_of_dispatch(file, event);
	else if (event->kind <= ANALYTICS_EV_UNNOTIFIED)
		set_of_reply(file, event);
	else
		set_of_followup(file, event);
}

enum res analytics_note(const struct analytics_case *file, const struct analytics_event *event,
	const struct analytics_calendar *calendar, struct analytics_case *out, struct err *err)
{
	struct analytics_case made = *file;

	CHECK(event->kind < ANALYTICS_EVENTS);
	if (instant_is_none(event->at))
		return err_set(err, RES_INVALID, "the event has no time");
	size_t first = marks[event->kind].first;
	size_t part = marks[event->kind].part;
	if (first != NOTHING && instant_is_none(*time_at(&made, first)))
		*time_at(&made, first) = event->at;
	if (marks[event->kind].last != NOTHING)
		*time_at(&made, marks[event->kind].last) = event->at;
	if (part != NOTHING)
		*(int16_t *)((char *)&made + part) = marks[event->kind].becomes;
	set_facts(&made, event);
	derive(&made, calendar);
	*out = made;
	return RES_OK;
}

/* Every member by name, so that a difference can be told. */
static const struct {
	const char *name;
	size_t offset;
	enum { IS_SMALL, IS_TEXT, IS_TIME } kind;
} members[] = {
#define SMALL(name)                                                                                \
	{                                                                                          \
#name, MEMBER(name), IS_SMALL                                                      \
	}
#define TEXT(name)                                                                                 \
	{                                                                                          \
#name, MEMBER(name), IS_TEXT                                                       \
	}
#define TIME(name)                                                                                 \
	{                                                                                          \
#name, MEMBER(name), IS_TIME                                                       \
	}
	SMALL(state),
	SMALL(intake),
	SMALL(dispatch),
	SMALL(reply),
	SMALL(followup),
	SMALL(redo),
	SMALL(replies),
	SMALL(round),
	SMALL(rejects),
	SMALL(visits),
	SMALL(reply_wd),
	SMALL(confidence),
	SMALL(solved),
	SMALL(satisfaction),
	SMALL(contacted),
	SMALL(flags),
	TEXT(channel),
	TEXT(klass),
	TEXT(type),
	TEXT(category),
	TEXT(area),
	TEXT(unit),
	TEXT(refusal),
	TEXT(reason),
	TIME(received_at),
	TIME(accept_due),
	TIME(accepted_at),
	TIME(refused_at),
	TIME(dispatched_at),
	TIME(sign_due),
	TIME(signed_at),
	TIME(contact_due),
	TIME(contacted_at),
	TIME(resolve_due),
	TIME(resolved_at),
	TIME(redo_due),
	TIME(submitted_at),
	TIME(replied_at),
	TIME(last_replied_at),
	TIME(delivered_at),
	TIME(answered_at),
	TIME(followed_at),
	TIME(rated_at),
	TIME(closed_at),
#undef SMALL
#undef TEXT
#undef TIME
};

static bool member_is_same(size_t i, const void *a, const void *b)
{
	switch (members[i].kind) {
	case IS_SMALL:
		return *(const int16_t *)a == *(const int16_t *)b;
	case IS_TEXT:
		/* a text that is not known is another one than an empty text */
		return str_eq(*(const struct str *)a, *(const struct str *)b) &&
		       (((const struct str *)a)->p == NULL) == (((const struct str *)b)->p == NULL);
	case IS_TIME:
		break;
	}
	return ((const struct instant *)a)->us == ((const struct instant *)b)->us;
}

bool analytics_tells(const struct analytics_case *before, const struct analytics_case *after)
{
	if ((after->flags & ANALYTICS_WANTS_STATUS) == 0)
		return false;
	return before->state != after->state || (before->flags & ANALYTICS_WANTS_STATUS) == 0;
}

const char *analytics_case_differs(const struct analytics_case *a, const struct analytics_case *b)
{
	for (size_t i = 0; i < COUNT(members); i++)
		if (!member_is_same(i, (const char *)a + members[i].offset,
			    (const char *)b + members[i].offset))
			return members[i].name;
	return a->received_day == b->received_day ? NULL : "received_day";
}
