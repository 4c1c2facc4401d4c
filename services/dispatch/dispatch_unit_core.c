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

static bool area_is_known(const struct dispatch_reference *reference, struct str area, int32_t day)
{
	for (size_t i = 0; i < reference->n_areas; i++) {
		if (str_eq(reference->areas[i].code, area) &&
			is_valid(reference->areas[i].period, day))
			return true;
	}
	return false;
}

static bool is_named(const struct dispatch_question *question, struct str unit)
{
	for (size_t i = 0; question->is_report && i < question->n_named_units; i++) {
		if (str_eq(question->named_units[i], unit))
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
	if (!area_is_known(reference, question->area, question->day)) {
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
