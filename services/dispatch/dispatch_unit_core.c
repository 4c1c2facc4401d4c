/* The catalogue's answer first, then the report's exception on top of it. */
#include "dispatch_unit_core.h"

const char *dispatch_reason_name(enum dispatch_reason reason)
{
	switch (reason) {
#define REASON(name, meaning)                                                                      \
	case DISPATCH_##name:                                                                      \
		return #name;
#include "dispatch_reasons.def"
#undef REASON
	case DISPATCH_REASONS:
		break;
	}
	return "?";
}

static bool is_valid(struct dispatch_period period, int32_t day)
{
	return period.valid_from <= day && day < period.valid_to;
}

static const struct dispatch_duty *find_duty(
	const struct dispatch_reference *reference, struct str category, int32_t day)
{
	for (size_t i = 0; i < reference->n_duties; i++) {
		const struct dispatch_duty *duty = &reference->duties[i];
		if (str_eq(duty->category, category) && is_valid(duty->period, day))
			return duty;
	}
	return NULL;
}

static bool is_known(const struct dispatch_org *orgs, size_t n, struct str code, int32_t day)
{
	for (size_t i = 0; i < n; i++) {
		if (str_eq(orgs[i].code, code) && is_valid(orgs[i].period, day))
			return true;
	}
	return false;
}

static bool is_named(const struct dispatch_question *question, struct str unit)
{
	struct str rest = question->named_units, named;

	while (question->is_report && str_split(&rest, ',', &named)) {
		if (str_eq(named, unit))
			return true;
	}
	return false;
}

/* What the catalogue says. */
static void choose_by_duty(const struct dispatch_reference *reference,
	const struct dispatch_question *question, const struct dispatch_duty *duty,
	struct dispatch_choice *out)
{
	*out = (struct dispatch_choice){ .unit = duty->body, .reason = DISPATCH_BUREAU };
	if (!duty->is_district)
		return;
	if (!is_known(reference->areas, reference->n_areas, question->area, question->day)) {
		out->reason = DISPATCH_NO_AREA;
		return;
	}
	out->reason = DISPATCH_AREA;
	out->unit = question->area;
	if (!is_named(question, duty->body))
		out->co_units[out->n_co_units++] = duty->body;
}

/* A report never goes to a body that it names: a desk leads, and alone, so that few eyes see it. */
static void choose_desk(const struct dispatch_reference *reference,
	const struct dispatch_question *question, struct dispatch_choice *out)
{
	for (size_t i = 0; i < reference->n_report_desks; i++) {
		out->unit = reference->report_desks[i];
		if (!is_named(question, out->unit))
			break;
	}
	out->n_co_units = 0;
	out->reason = DISPATCH_REPORT_NAMED;
}

enum res dispatch_choose_unit(const struct dispatch_reference *reference,
	const struct dispatch_question *question, struct dispatch_choice *out, struct err *err)
{
	const struct dispatch_duty *duty = NULL;
	struct dispatch_choice choice;

	if (!question->is_general_desk)
		duty = find_duty(reference, question->category, question->day);
	if (duty != NULL) {
		choose_by_duty(reference, question, duty, &choice);
	} else {
		duty = find_duty(reference, reference->general_category, question->day);
		if (duty == NULL)
			return err_set(err, RES_NOT_FOUND,
				"the duty catalogue has no row for the general desk, category "
				"'%.*s'",
				STR_ARG(reference->general_category));
		choice = (struct dispatch_choice){ .unit = duty->body,
			.reason = DISPATCH_GENERAL_DESK };
	}
	if (is_named(question, choice.unit))
		choose_desk(reference, question, &choice);
	*out = choice;
	return RES_OK;
}

/* May this unit have it, or help with it? */
static enum res check_wished(const struct dispatch_reference *reference,
	const struct dispatch_question *question, struct str unit, struct err *err)
{
	struct str shown = str_utf8_cut(str_slice(unit, 0, str_utf8_prefix(unit)), 32);

	if (!is_known(reference->orgs, reference->n_orgs, unit, question->day))
		return err_set(err, RES_INVALID, "unit '%.*s' is unknown today: see orgs.csv",
			STR_ARG(shown));
	if (is_named(question, unit))
		return err_set(err, RES_INVALID, "the report names %.*s: it may not have it",
			STR_ARG(shown));
	return RES_OK;
}

static enum res take_co_units(const struct dispatch_reference *reference,
	const struct dispatch_question *question, const struct dispatch_wish *wish,
	struct dispatch_choice *choice, struct err *err)
{
	if (wish->n_co_units > DISPATCH_CO_UNITS_MAX)
		return err_set(err, RES_INVALID, "%zu co-units: want at most %d", wish->n_co_units,
			DISPATCH_CO_UNITS_MAX);
	choice->n_co_units = 0;
	for (size_t i = 0; i < wish->n_co_units; i++) {
		struct str unit = wish->co_units[i];
		bool is_twice = str_eq(unit, choice->unit);
		TRY(check_wished(reference, question, unit, err));
		for (size_t k = 0; k < i; k++)
			is_twice = is_twice || str_eq(unit, choice->co_units[k]);
		if (is_twice)
			return err_set(
				err, RES_INVALID, "unit '%.*s' stands there twice", STR_ARG(unit));
		choice->co_units[choice->n_co_units++] = unit;
	}
	return RES_OK;
}

enum res dispatch_choose_wished(const struct dispatch_reference *reference,
	const struct dispatch_question *question, const struct dispatch_wish *wish,
	struct dispatch_choice *out, struct err *err)
{
	struct dispatch_choice choice = { .unit = wish->unit, .reason = DISPATCH_CHOSEN };

	if (str_is_empty(wish->unit))
		TRY(dispatch_choose_unit(reference, question, &choice, err));
	else
		TRY(check_wished(reference, question, wish->unit, err));
	if (!str_is_empty(wish->unit) || wish->n_co_units > 0)
		TRY(take_co_units(reference, question, wish, &choice, err));
	*out = choice;
	return RES_OK;
}

static const struct dispatch_sla *find_sla(
	const struct dispatch_reference *reference, struct str type, int32_t day)
{
	for (size_t i = 0; i < reference->n_slas; i++) {
		if (str_eq(reference->slas[i].type, type) &&
			is_valid(reference->slas[i].period, day))
			return &reference->slas[i];
	}
	return NULL;
}

enum res dispatch_find_sla(const struct dispatch_reference *reference, struct str type, int32_t day,
	const struct dispatch_sla **out, struct err *err)
{
	const struct dispatch_sla *sla = find_sla(reference, type, day);

	if (sla == NULL)
		sla = find_sla(reference, reference->default_type, day);
	if (sla == NULL)
		return err_set(err, RES_NOT_FOUND, "no limits for type '%.*s' nor for '%.*s'",
			STR_ARG(type), STR_ARG(reference->default_type));
	*out = sla;
	return RES_OK;
}
