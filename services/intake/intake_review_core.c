/* Codes are looked up among the rows that hold on the day; every refusal names the field. */
#include "intake_review_core.h"

#include "base/note.h"

static const struct {
	const char *word;
	const char *zh;
} reasons[] = {
#define REASON(name, word, zh) [INTAKE_REASON_##name] = { word, zh },
#include "intake_reasons.def"
#undef REASON
};
_Static_assert(sizeof(reasons) / sizeof(reasons[0]) == INTAKE_REASONS, "each reason has its words");

#define REASON(name, word, zh) word ", "
static const char reason_list[] =
#include "intake_reasons.def"
	;
#undef REASON

const char *intake_reason_word(enum intake_reason reason)
{
	return reasons[reason].word;
}

const char *intake_reason_zh(enum intake_reason reason)
{
	return reasons[reason].zh;
}

/* Of a text that somebody sent, as much as a sentence may quote. */
static struct str shown(struct str text)
{
	return str_utf8_cut(str_slice(text, 0, str_utf8_prefix(text)), 32);
}

static bool is_valid(int32_t valid_from, int32_t valid_to, int32_t day)
{
	return valid_from <= day && (valid_to == INT32_MIN || day < valid_to);
}

static bool code_is_known(const struct intake_code *codes, size_t n, struct str code, int32_t day)
{
	for (size_t i = 0; i < n; i++) {
		if (str_eq(codes[i].code, code) &&
			is_valid(codes[i].valid_from, codes[i].valid_to, day))
			return true;
	}
	return false;
}

static const struct intake_type *find_type(
	const struct intake_reference *reference, struct str type, int32_t day)
{
	for (size_t i = 0; i < reference->n_types; i++) {
		const struct intake_type *row = &reference->types[i];
		if (str_eq(row->type, type) && is_valid(row->valid_from, row->valid_to, day))
			return row;
	}
	return NULL;
}

struct due_time intake_accept_due(const struct intake_reference *reference,
	const struct workday_calendar *calendar, struct str type, struct instant now)
{
	int32_t day = instant_shanghai_day(now);
	const struct intake_type *row = find_type(reference, type, day);

	if (row == NULL)
		row = find_type(reference, reference->default_type, day);
	if (row == NULL)
		return (struct due_time){ .at = INSTANT_NONE };
	return due_count(calendar, now, row->accept);
}

int64_t intake_direct_article(
	const struct intake_reference *reference, const struct intake_matter *matter, int32_t day)
{
	bool is_direct = matter->kb_article != 0 && str_eq_c(matter->type, INTAKE_TYPE_CONSULT) &&
			 !str_eq_c(matter->klass, INTAKE_KLASS_REPORT) &&
			 road_taken_by_system(reference->road, reference->n_road, ROAD_ANSWER,
				 matter->type, day) &&
			 intake_article_holds(reference->articles, reference->n_articles,
				 matter->kb_article, day);

	return is_direct ? matter->kb_article : 0;
}

static enum res take_type(const struct intake_reference *reference, struct str type, int32_t day,
	struct intake_matter *out, struct err *err)
{
	if (str_is_empty(type))
		return RES_OK;
	if (find_type(reference, type, day) == NULL)
		return err_set(err, RES_INVALID, "type '%.*s' is unknown today: see sla.csv",
			STR_ARG(shown(type)));
	out->type = type;
	if (str_eq_c(type, INTAKE_KLASS_REPORT))
		out->klass = STR(INTAKE_KLASS_REPORT);
	return RES_OK;
}

static enum res take_category(const struct intake_reference *reference, struct str category,
	int32_t day, struct intake_matter *out, struct err *err)
{
	if (str_is_empty(category))
		return RES_OK;
	if (!code_is_known(reference->categories, reference->n_categories, category, day))
		return err_set(err, RES_INVALID,
			"category '%.*s' is unknown today: see taxonomy.csv",
			STR_ARG(shown(category)));
	out->category = category;
	out->confidence_pct = 100;
	out->is_general_desk = str_eq(category, reference->general_category);
	return RES_OK;
}

static enum res take_area(const struct intake_reference *reference, struct str area, int32_t day,
	struct intake_matter *out, struct err *err)
{
	if (str_is_empty(area))
		return RES_OK;
	if (str_eq_c(area, INTAKE_NO_AREA)) {
		out->area = STR("");
		return RES_OK;
	}
	if (!code_is_known(reference->areas, reference->n_areas, area, day))
		return err_set(err, RES_INVALID,
			"area '%.*s' is no county-level unit today: see orgs.csv; \"-\" is none",
			STR_ARG(shown(area)));
	out->area = area;
	return RES_OK;
}

enum res intake_review_accept(const struct intake_reference *reference,
	const struct intake_matter *suggested, const struct intake_accept *asked, int32_t day,
	struct intake_matter *out, struct err *err)
{
	struct intake_matter matter = *suggested;

	TRY(note_check(asked->note, err));
	TRY(take_type(reference, asked->type, day, &matter, err));
	TRY(take_category(reference, asked->category, day, &matter, err));
	TRY(take_area(reference, asked->area, day, &matter, err));
	matter.kb_article = asked->no_article ? 0 : intake_direct_article(reference, &matter, day);
	*out = matter;
	return RES_OK;
}

enum res intake_review_refuse(
	const struct intake_refuse *asked, enum intake_reason *out, struct err *err)
{
	int i = 0;

	while (i < INTAKE_REASONS && !str_eq_c(asked->reason, reasons[i].word))
		i++;
	if (i == INTAKE_REASONS)
		return err_set(err, RES_INVALID,
			"reason '%.*s' is no lawful ground: want one of %.*s",
			STR_ARG(shown(asked->reason)), (int)sizeof(reason_list) - 3, reason_list);
	TRY(intake_check_text("guidance", asked->guidance, INTAKE_GUIDANCE_CHARS_MAX, err));
	TRY(note_check(asked->note, err));
	*out = (enum intake_reason)i;
	return RES_OK;
}
