/* The lives as tables: what is told and what is seen after it. */
#include "lives.h"

#define START_US INT64_C(1546300800000000) /* Tuesday 2019-01-01 08:00 in Shanghai */
#define HOUR_US	 INT64_C(3600000000)

#define EV(kind_, shown_, ...)                                                                     \
	{                                                                                          \
		{ .kind = ANALYTICS_EV_##kind_, __VA_ARGS__ }, ANALYTICS_##shown_                  \
	}
#define LETTER                                                                                     \
	.channel = STR_INIT("app"), .klass = STR_INIT(""), .type = STR_INIT("help"),               \
	.category = STR_INIT("0802"), .area = STR_INIT("510104"), .confidence = 80
#define TAKEN_IN                                                                                   \
	EV(RECEIVED, RECEIVED, LETTER, .accept_due = { START_US + 30 * HOUR_US }),                 \
		EV(ACCEPTED, ACCEPTED, LETTER)
#define SENT                                                                                       \
	EV(DISPATCHED, DISPATCHED, .unit = STR_INIT("D35"),                                        \
		.sign_due = { START_US + 40 * HOUR_US },                                           \
		.contact_due = { START_US + 64 * HOUR_US },                                        \
		.resolve_due = { START_US + 184 * HOUR_US })
#define IN_HAND                                                                                    \
	EV(SIGNED, IN_PROGRESS, .is_on_time = true), EV(CONTACTED, IN_PROGRESS, .is_on_time = true)
#define ANSWERED                                                                                   \
	EV(SUBMITTED, REPLY_REVIEW, .at = { 0 }), EV(REPLIED, REPLIED, .at = { 0 }),               \
		EV(RESOLVED, REPLIED, .is_on_time = true)
#define FOLLOWED                                                                                   \
	EV(DELIVERED, REPLIED, .at = { 0 }), EV(FOLLOWED, FOLLOW_UP, .round = 1),                  \
		EV(VISITED, FOLLOW_UP, .visit = 1)

static const struct {
	const char *name;
	struct life_step steps[LIFE_STEPS_MAX];
} lives[] = {
	{ "straight", { TAKEN_IN, SENT, IN_HAND, ANSWERED, FOLLOWED,
			      EV(RATED, FOLLOW_UP, .solved = ANALYTICS_SOLVED_YES,
				      .satisfaction = 5, .contacted = ANALYTICS_CONTACT_YES),
			      EV(CLOSED, CLOSED, .reason = STR_INIT("rated")) } },
	{ "rejected twice",
		{ TAKEN_IN, SENT, IN_HAND, EV(SUBMITTED, REPLY_REVIEW, .at = { 0 }),
			EV(REJECTED, IN_PROGRESS, .at = { 0 }),
			EV(SUBMITTED, REPLY_REVIEW, .at = { 0 }),
			EV(REJECTED, IN_PROGRESS, .at = { 0 }), ANSWERED, FOLLOWED,
			EV(VISITED, FOLLOW_UP, .visit = 2), EV(VISITED, FOLLOW_UP, .visit = 3),
			EV(CLOSED, CLOSED, .reason = STR_INIT("no_answer")) } },
	{ "redo, rejected in it, still unsatisfied",
		{ TAKEN_IN, SENT, IN_HAND, ANSWERED, FOLLOWED,
			EV(RATED, FOLLOW_UP, .solved = ANALYTICS_SOLVED_NO, .satisfaction = 1,
				.contacted = ANALYTICS_CONTACT_NO),
			EV(REDO, REDO, .redo = 1),
			EV(REDISPATCHED, IN_PROGRESS, .unit = STR_INIT("D35"), .redo = 1,
				.resolve_due = { START_US + 400 * HOUR_US }),
			EV(SUBMITTED, REPLY_REVIEW, .at = { 0 }),
			EV(REJECTED, IN_PROGRESS, .at = { 0 }),
			EV(SUBMITTED, REPLY_REVIEW, .at = { 0 }), EV(REPLIED, REPLIED, .at = { 0 }),
			EV(RESOLVED, REPLIED, .redo = 1), EV(DELIVERED, REPLIED, .at = { 0 }),
			EV(FOLLOWED, FOLLOW_UP, .round = 2), EV(VISITED, FOLLOW_UP, .visit = 2),
			EV(RATED, FOLLOW_UP, .solved = ANALYTICS_SOLVED_PARTLY, .satisfaction = 2,
				.contacted = ANALYTICS_CONTACT_NOT_ASKED),
			EV(CLOSED, CLOSED, .reason = STR_INIT("unsatisfied"), .redo = 1) } },
	{ "refused", { EV(RECEIVED, RECEIVED, LETTER),
			     EV(REFUSED, NOT_ACCEPTED, .reason = STR_INIT("litigation")),
			     EV(NOTIFIED, NOT_ACCEPTED, .at = { 0 }) } },
	{ "refused, nobody there", { EV(RECEIVED, RECEIVED, LETTER),
					   EV(REFUSED, NOT_ACCEPTED, .reason = STR_INIT("other")),
					   EV(UNNOTIFIED, NOT_ACCEPTED, .at = { 0 }) } },
	{ "direct answer of a consult",
		{ EV(RECEIVED, RECEIVED, LETTER),
			EV(ACCEPTED, ACCEPTED, .channel = STR_INIT("app"),
				.type = STR_INIT("consult"), .category = STR_INIT("0802"),
				.area = STR_INIT(""), .confidence = 100),
			EV(SUBMITTED, REPLY_REVIEW, .at = { 0 }),
			EV(REPLIED, REPLIED, .is_direct = true),
			EV(RESOLVED, REPLIED, .is_on_time = false), FOLLOWED,
			EV(RATED, FOLLOW_UP, .solved = ANALYTICS_SOLVED_YES, .satisfaction = 4),
			EV(CLOSED, CLOSED, .reason = STR_INIT("rated")) } },
	{ "undeliverable",
		{ TAKEN_IN, SENT, IN_HAND, ANSWERED, EV(UNDELIVERABLE, REPLIED, .at = { 0 }),
			EV(FOLLOWED, FOLLOW_UP, .round = 1),
			EV(CLOSED, CLOSED, .reason = STR_INIT("undelivered")) } },
	{ "late in everything, an old followup without rounds",
		{ TAKEN_IN, SENT, EV(SIGNED, IN_PROGRESS, .is_on_time = false),
			EV(CONTACTED, IN_PROGRESS, .is_on_time = false),
			EV(SUBMITTED, REPLY_REVIEW, .at = { 0 }), EV(REPLIED, REPLIED, .at = { 0 }),
			EV(RESOLVED, REPLIED, .is_on_time = false),
			EV(DELIVERED, REPLIED, .at = { 0 }), EV(FOLLOWED, FOLLOW_UP, .round = 0),
			EV(CLOSED, CLOSED, .reason = STR_INIT("auto")) } },
};
const size_t lives_n = sizeof(lives) / sizeof(lives[0]);

int life_producer(enum analytics_event_kind kind)
{
	if (kind <= ANALYTICS_EV_REFUSED)
		return 0;
	if (kind <= ANALYTICS_EV_RESOLVED)
		return 1;
	return kind <= ANALYTICS_EV_UNNOTIFIED ? 2 : 3;
}

struct life life_make(size_t i)
{
	struct life life = { .name = lives[i].name };

	for (; life.n < LIFE_STEPS_MAX && lives[i].steps[life.n].shown != ANALYTICS_UNKNOWN;
		life.n++) {
		struct life_step *step = &life.steps[life.n];
		struct analytics_event *event = &step->event;
		*step = lives[i].steps[life.n];
		/* half a day between two steps: a life goes over midnights and a weekend */
		event->at.us = START_US + (int64_t)life.n * 12 * HOUR_US;
		if (event->kind != ANALYTICS_EV_RECEIVED || event->accept_due.us == 0)
			event->accept_due = INSTANT_NONE;
		if (event->kind != ANALYTICS_EV_DISPATCHED) {
			event->sign_due = INSTANT_NONE;
			event->contact_due = INSTANT_NONE;
		}
	}
	return life;
}
