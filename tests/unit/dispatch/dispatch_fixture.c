/* The city of the tests: three units, three types, a calendar without holidays. */
#include "dispatch_fixture.h"

#define ALWAYS                                                                                     \
	{                                                                                          \
		0, INT32_MAX                                                                       \
	}

static const struct dispatch_duty duties[] = {
	{ STR_INIT("0205"), STR_INIT("D17"), true, ALWAYS },
	{ STR_INIT("2204"), STR_INIT("D35"), false, ALWAYS },
};
static const struct dispatch_org areas[] = { { STR_INIT("510104"), ALWAYS } };
static const struct dispatch_org orgs[] = { { STR_INIT("510104"), ALWAYS },
	{ STR_INIT("D17"), ALWAYS }, { STR_INIT("D35"), ALWAYS } };
static const struct road_row by_system[] = { ROAD("dispatch", "system"), ROAD("sign", "system"),
	ROAD("contact", "system") };
static const struct road_row by_people[] = { ROAD("dispatch", "people"), ROAD("sign", "people"),
	ROAD("contact", "people") };
static const struct dispatch_sla slas[] = {
	{ STR_INIT("help"), { LIMIT_WORKDAYS, 1 }, { LIMIT_WORKDAYS, 2 }, { LIMIT_WORKDAYS, 7 },
		ALWAYS },
	{ STR_INIT("praise"), { LIMIT_WORKDAYS, 1 }, { LIMIT_NONE, 0 }, { LIMIT_NONE, 0 }, ALWAYS },
	{ STR_INIT("urgent"), { LIMIT_MINUTES, 15 }, { LIMIT_MINUTES, 30 }, { LIMIT_MINUTES, 120 },
		ALWAYS },
};
const struct dispatch_reference reference = {
	.version = 1,
	.duties = duties,
	.n_duties = COUNT(duties),
	.areas = areas,
	.n_areas = COUNT(areas),
	.orgs = orgs,
	.n_orgs = COUNT(orgs),
	.road = by_system,
	.n_road = COUNT(by_system),
	.redo = { LIMIT_WORKDAYS, 5 },
	.slas = slas,
	.n_slas = COUNT(slas),
	.general_category = STR_INIT("2204"),
	.default_type = STR_INIT("help"),
	.report_desks = { STR_INIT("D35") },
	.n_report_desks = 1,
};
const struct workday_calendar calendar = { .first_year = 2019, .last_year = 2019 };

struct instant at(const char *text)
{
	struct instant instant = INSTANT_NONE;

	assert_int_equal(instant_parse(str_from_c(text), &instant), RES_OK);
	return instant;
}

struct dispatch_reference people(void)
{
	struct dispatch_reference rows = reference;

	rows.road = by_people;
	rows.n_road = COUNT(by_people);
	return rows;
}

struct dispatch_event event_of(enum dispatch_event_kind kind)
{
	struct dispatch_event event = { .kind = kind,
		.actor = { .role = ROLE_SYSTEM, .name = STR(""), .unit = STR("510104") },
		.at = at("2019-04-25 10:00:00"),
		.day = instant_shanghai_day(at(NOW)),
		.redo = 1,
		.type = STR("help"),
		.note = STR("两日内上门"),
		.means = STR("visit") };

	if (kind == DISPATCH_ON_CLOSED)
		event.at = at("2019-05-20 10:00:00");
	if (kind == DISPATCH_DISPATCH)
		event.actor.role = ROLE_DISPATCHER;
	if (kind == DISPATCH_SIGN || kind == DISPATCH_CONTACT)
		event.actor.role = ROLE_UNIT_OFFICER;
	event.question = (struct dispatch_question){
		.category = STR("0205"), .area = STR("510104"), .named_units = STR("D99")
	};
	return event;
}

struct dispatch_case case_in(int state)
{
	struct dispatch_case file;
	bool has_unit = state == DISPATCH_DISPATCHED || state == DISPATCH_IN_PROGRESS ||
			state == DISPATCH_RESOLVED || state == DISPATCH_CLOSED;

	dispatch_case_init(&file);
	file.state = (int16_t)state;
	if (state != DISPATCH_UNKNOWN) {
		file.type = STR("help");
		file.category = STR("0205");
		file.area = STR("510104");
	}
	if (has_unit) {
		file.task = 1;
		file.unit = STR("510104");
		file.dispatched_at = at(NOW);
	}
	if (has_unit && state != DISPATCH_DISPATCHED)
		file.signed_at = file.dispatched_at;
	if (state == DISPATCH_RESOLVED || state == DISPATCH_CLOSED)
		file.resolved_at = at("2019-04-25 09:00:00");
	if (state == DISPATCH_CLOSED)
		file.closed_at = at("2019-05-25 09:00:00");
	return file;
}

enum res decide_on(const struct dispatch_reference *rows, const struct dispatch_case *file,
	const struct dispatch_event *event, struct dispatch_decision *out, struct err *err)
{
	return dispatch_decide(file, event, at(NOW), rows, &calendar, out, err);
}

enum res decide(struct dispatch_case *file, const struct dispatch_event *event,
	struct dispatch_decision *out, struct err *err)
{
	return decide_on(&reference, file, event, out, err);
}

void assert_deeds(
	const struct dispatch_decision *decision, const enum dispatch_deed *wanted, size_t n)
{
	assert_int_equal(decision->n_done, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(decision->done[i].deed, wanted[i]);
}
