/* Dimensions and figures are tables; a figure's row says when a case counts and names the function
 * that says for what. */
#include "analytics_cells_core.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* --- counts by day of receipt --- */

struct dim {
	struct str name;
	size_t key; /* a struct str of the row; unused for the state */
	size_t sub; /* likewise; the same as key: there is none */
	bool is_state;
};
static const struct dim dims[ANALYTICS_DIMS] = {
	{ STR_INIT("channel"), offsetof(struct analytics_case, channel),
		offsetof(struct analytics_case, channel), false },
	{ STR_INIT("place"), offsetof(struct analytics_case, category),
		offsetof(struct analytics_case, area), false },
	{ STR_INIT("state"), 0, 0, true },
	{ STR_INIT("unit"), offsetof(struct analytics_case, unit),
		offsetof(struct analytics_case, unit), false },
};

static struct str text_at(const struct analytics_case *file, size_t offset)
{
	struct str text = *(const struct str *)((const char *)file + offset);

	return text.p == NULL ? STR("") : text;
}

/* Where a case counts in a dimension. False: nowhere, its day is not known. */
static bool cell_of(
	const struct analytics_case *file, const struct dim *dim, struct analytics_delta *out)
{
	if (file == NULL || file->received_day == ANALYTICS_NO_DAY)
		return false;
	*out = (struct analytics_delta){
		.day = file->received_day, .dim = dim->name, .sub = STR("")
	};
	if (dim->is_state)
		out->key = analytics_state_name((enum analytics_state)file->state);
	else
		out->key = text_at(file, dim->key);
	if (dim->sub != dim->key)
		out->sub = text_at(file, dim->sub);
	return true;
}

size_t analytics_deltas(const struct analytics_case *before, const struct analytics_case *after,
	struct analytics_delta out[ANALYTICS_DELTAS_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < ANALYTICS_DIMS; i++) {
		struct analytics_delta old;
		struct analytics_delta new;
		bool was = cell_of(before, &dims[i], &old);
		bool is = cell_of(after, &dims[i], &new);
		if (was && is && old.day == new.day &&str_eq(old.key, new.key) &&
			str_eq(old.sub, new.sub))
			continue;
		old.n = -1;
		new.n = 1;
		if (was)
			out[n++] = old;
		if (is)
			out[n++] = new;
	}
	return n;
}

/* --- figures --- */

static bool is_known(struct instant at)
{
	return !instant_is_none(at);
}

static bool has_unit(const struct analytics_case *file)
{
	return is_known(file->dispatched_at);
}

static struct analytics_tally one(bool counts)
{
	return (struct analytics_tally){ .num = counts, .den = 1 };
}

static const struct analytics_tally excluded = { .excl = 1 };

static struct analytics_tally tally_M03(const struct analytics_case *file)
{
	return one((file->flags & ANALYTICS_IS_DIRECT) && !has_unit(file));
}

static struct analytics_tally tally_M05(const struct analytics_case *file)
{
	return one(is_known(file->signed_at) && (file->flags & ANALYTICS_IS_SIGN_ON_TIME));
}

static struct analytics_tally tally_M08(const struct analytics_case *file)
{
	return one(is_known(file->contacted_at) && (file->flags & ANALYTICS_IS_CONTACT_ON_TIME));
}

/* Where nobody asked, the unit's own record of the contact stands. */
static struct analytics_tally tally_M09(const struct analytics_case *file)
{
	if (!has_unit(file))
		return excluded;
	return one(
		file->contacted == ANALYTICS_CONTACT_YES ||
		(file->contacted == ANALYTICS_CONTACT_NOT_ASKED && is_known(file->contacted_at)));
}

static struct analytics_tally tally_M10(const struct analytics_case *file)
{
	if (str_eq(file->type, STR("consult")) || str_eq(file->type, STR("suggestion")) ||
		str_eq(file->type, STR("praise")))
		return excluded;
	return one(file->solved == ANALYTICS_SOLVED_YES);
}

static struct analytics_tally tally_M11(const struct analytics_case *file)
{
	return one(file->satisfaction >= 3);
}

static struct analytics_tally tally_M12(const struct analytics_case *file)
{
	return one(is_known(file->resolved_at) && (file->flags & ANALYTICS_IS_ON_TIME));
}

static struct analytics_tally tally_M13(const struct analytics_case *file)
{
	return one(is_known(file->replied_at));
}

static struct analytics_tally tally_M15(const struct analytics_case *file)
{
	return one(file->redo > 0);
}

static struct analytics_tally tally_M16(const struct analytics_case *file)
{
	return one(file->redo == 0);
}

static struct analytics_tally tally_M18(const struct analytics_case *file)
{
	if (file->reply_wd == ANALYTICS_NO_WD)
		return excluded;
	return (struct analytics_tally){ .num = file->reply_wd, .den = 1 };
}

static struct analytics_tally tally_M28(const struct analytics_case *file)
{
	(void)file;
	return (struct analytics_tally){ .num = 1 };
}

static const struct {
	struct str code;
	size_t dated_by;
	bool by_unit;
	struct analytics_tally (*tally)(const struct analytics_case *file);
} figures[ANALYTICS_FIGURES] = {
#define FIGURE(code_, zh_, en_, dated_by_, by_unit_, ...)                                          \
	{ STR_INIT(#code_), offsetof(struct analytics_case, dated_by_), by_unit_, tally_##code_ },
#define DERIVED(code_, ...)
#include "analytics_figures.def"
#undef FIGURE
#undef DERIVED
};

struct str analytics_figure_code(enum analytics_figure figure)
{
	return figures[figure].code;
}

/* A due time ends its day at 24:00, which is 00:00 of the next one: its day is that of the moment
 * before. */
static bool is_due(size_t dated_by)
{
	return dated_by == offsetof(struct analytics_case, sign_due) ||
	       dated_by == offsetof(struct analytics_case, contact_due) ||
	       dated_by == offsetof(struct analytics_case, resolve_due);
}

/* Where and for what a case counts in a figure. False: it does not. */
static bool change_of(
	const struct analytics_case *file, size_t figure, struct analytics_change *out)
{
	struct instant at;

	if (file == NULL)
		return false;
	at = *(const struct instant *)((const char *)file + figures[figure].dated_by);
	if (instant_is_none(at))
		return false;
	*out = (struct analytics_change){
		.day = instant_shanghai_day(
			is_due(figures[figure].dated_by) ? (struct instant){ at.us - 1 } : at),
		.unit = figures[figure].by_unit
				? text_at(file, offsetof(struct analytics_case, unit))
				: STR(""),
		.code = figures[figure].code,
		.by = figures[figure].tally(file),
	};
	return true;
}

static bool tally_eq(const struct analytics_tally *a, const struct analytics_tally *b)
{
	return a->num == b->num && a->den == b->den && a->excl == b->excl;
}

size_t analytics_changes(const struct analytics_case *before, const struct analytics_case *after,
	struct analytics_change out[ANALYTICS_CHANGES_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < ANALYTICS_FIGURES; i++) {
		struct analytics_change old;
		struct analytics_change new;
		bool was = change_of(before, i, &old);
		bool is = change_of(after, i, &new);
		bool is_same_place = was && is && old.day == new.day &&str_eq(old.unit, new.unit);
		if (is_same_place && tally_eq(&old.by, &new.by))
			continue;
		if (is_same_place) {
			new.by.num -= old.by.num;
			new.by.den -= old.by.den;
			new.by.excl -= old.by.excl;
			out[n++] = new;
			continue;
		}
		if (was) {
			old.by = (struct analytics_tally){ -old.by.num, -old.by.den, -old.by.excl };
			out[n++] = old;
		}
		if (is)
			out[n++] = new;
	}
	return n;
}
