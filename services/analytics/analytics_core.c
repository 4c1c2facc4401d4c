/* Notes facts and derives from them; two tables say what each event sets and what people see. */
#include "analytics_core.h"

#include "base/check.h"

#define NO_DAY INT32_MIN

/* Which time an event sets. The first one stays: a later task of dispatch does not make the first
 * step of a case younger. */
static const size_t time_of[ANALYTICS_EVENTS] = {
	[ANALYTICS_EV_RECEIVED] = offsetof(struct analytics_case, received_at),
	[ANALYTICS_EV_ACCEPTED] = offsetof(struct analytics_case, accepted_at),
	[ANALYTICS_EV_DISPATCHED] = offsetof(struct analytics_case, dispatched_at),
	[ANALYTICS_EV_SIGNED] = offsetof(struct analytics_case, signed_at),
	[ANALYTICS_EV_CONTACTED] = offsetof(struct analytics_case, contacted_at),
	[ANALYTICS_EV_RESOLVED] = offsetof(struct analytics_case, resolved_at),
	[ANALYTICS_EV_SUBMITTED] = offsetof(struct analytics_case, submitted_at),
	[ANALYTICS_EV_REPLIED] = offsetof(struct analytics_case, replied_at),
	[ANALYTICS_EV_DELIVERED] = offsetof(struct analytics_case, delivered_at),
	[ANALYTICS_EV_UNDELIVERABLE] = offsetof(struct analytics_case, delivered_at),
	[ANALYTICS_EV_FOLLOWED] = offsetof(struct analytics_case, followed_at),
	[ANALYTICS_EV_CLOSED] = offsetof(struct analytics_case, closed_at),
};

/* The visible states, in the order of a case's life. */
static const struct {
	enum analytics_state state;
	struct str name;
	size_t fact;
} states[] = {
#define STATE(name_, number_, fact_, meaning_)                                                     \
	{ ANALYTICS_##name_, STR_INIT(#name_), offsetof(struct analytics_case, fact_) },
#include "analytics_states.def"
#undef STATE
};

/* The dimensions of the roll-ups; the state's key is its name. */
static const struct {
	struct str dim;
	size_t key; /* a struct str of the row; unused for the state */
	bool is_state;
} dims[] = {
	{ STR_INIT("channel"), offsetof(struct analytics_case, channel), false },
	{ STR_INIT("unit"), offsetof(struct analytics_case, unit), false },
	{ STR_INIT("category"), offsetof(struct analytics_case, category), false },
	{ STR_INIT("state"), 0, true },
};
_Static_assert(2 * sizeof(dims) / sizeof(dims[0]) <= ANALYTICS_DELTAS_MAX, "all deltas fit");

static struct instant time_at(const struct analytics_case *file, size_t offset)
{
	return *(const struct instant *)((const char *)file + offset);
}

struct str analytics_state_name(enum analytics_state state)
{
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (states[i].state == state)
			return states[i].name;
	return STR("UNKNOWN");
}

static enum analytics_state state_of(const struct analytics_case *file)
{
	for (size_t i = sizeof(states) / sizeof(states[0]); i > 0; i--)
		if (!instant_is_none(time_at(file, states[i - 1].fact)))
			return states[i - 1].state;
	return ANALYTICS_UNKNOWN;
}

void analytics_case_init(struct analytics_case *file)
{
	*file = (struct analytics_case){
		.state = ANALYTICS_UNKNOWN,
		.received_day = NO_DAY,
		.received_at = INSTANT_NONE,
		.accepted_at = INSTANT_NONE,
		.dispatched_at = INSTANT_NONE,
		.signed_at = INSTANT_NONE,
		.contacted_at = INSTANT_NONE,
		.resolve_due = INSTANT_NONE,
		.resolved_at = INSTANT_NONE,
		.submitted_at = INSTANT_NONE,
		.replied_at = INSTANT_NONE,
		.delivered_at = INSTANT_NONE,
		.followed_at = INSTANT_NONE,
		.closed_at = INSTANT_NONE,
	};
}

static void set_time(struct analytics_case *file, const struct analytics_event *event)
{
	struct instant *at;

	if (event->kind == ANALYTICS_EV_VISITED)
		return; /* counted, not dated */
	at = (struct instant *)((char *)file + time_of[event->kind]);
	if (instant_is_none(*at))
		*at = event->at;
}

static void set_facts(struct analytics_case *file, const struct analytics_event *event)
{
	switch (event->kind) {
	case ANALYTICS_EV_RECEIVED:
		file->received_day = instant_shanghai_day(file->received_at);
		file->channel = event->channel;
		file->klass = event->klass;
		break;
	case ANALYTICS_EV_ACCEPTED:
		file->channel = event->channel;
		file->klass = event->klass;
		file->type = event->type;
		file->category = event->category;
		file->area = event->area;
		break;
	case ANALYTICS_EV_DISPATCHED:
		file->unit = event->unit;
		file->resolve_due = event->resolve_due;
		break;
	case ANALYTICS_EV_RESOLVED:
		file->is_on_time = event->is_on_time;
		break;
	case ANALYTICS_EV_UNDELIVERABLE:
		file->is_undelivered = true;
		break;
	case ANALYTICS_EV_VISITED:
		if (event->visit > file->visits)
			file->visits = event->visit;
		break;
	case ANALYTICS_EV_CLOSED:
		file->reason = event->reason;
		break;
	case ANALYTICS_EV_SIGNED:
	case ANALYTICS_EV_CONTACTED:
	case ANALYTICS_EV_SUBMITTED:
	case ANALYTICS_EV_REPLIED:
	case ANALYTICS_EV_DELIVERED:
	case ANALYTICS_EV_FOLLOWED:
	case ANALYTICS_EVENTS:
		break;
	}
}

enum res analytics_note(const struct analytics_case *file, const struct analytics_event *event,
	struct analytics_case *out, struct err *err)
{
	struct analytics_case made = *file;

	CHECK(event->kind < ANALYTICS_EVENTS);
	if (instant_is_none(event->at))
		return err_set(err, RES_INVALID, "the event has no time");
	set_time(&made, event);
	set_facts(&made, event);
	made.state = (int16_t)state_of(&made);
	*out = made;
	return RES_OK;
}

/* The key of a case in a dimension; a text that is not known yet counts as "". */
static struct str key_of(const struct analytics_case *file, size_t dim)
{
	struct str key;

	if (dims[dim].is_state)
		return analytics_state_name((enum analytics_state)file->state);
	key = *(const struct str *)((const char *)file + dims[dim].key);
	return key.p == NULL ? STR("") : key;
}

size_t analytics_deltas(const struct analytics_case *before, const struct analytics_case *after,
	struct analytics_delta out[ANALYTICS_DELTAS_MAX])
{
	bool was_counted = before->received_day != NO_DAY;
	bool is_counted = after->received_day != NO_DAY;
	size_t n = 0;

	for (size_t i = 0; i < sizeof(dims) / sizeof(dims[0]); i++) {
		struct str old = key_of(before, i);
		struct str new = key_of(after, i);
		if (was_counted && is_counted && before->received_day == after->received_day &&
			str_eq(old, new))
			continue;
		if (was_counted)
			out[n++] = (struct analytics_delta){ before->received_day, dims[i].dim, old,
				-1 };
		if (is_counted)
			out[n++] = (struct analytics_delta){ after->received_day, dims[i].dim, new,
				1 };
	}
	return n;
}
