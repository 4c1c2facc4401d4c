/* Formulas as metrics.csv writes them. */
#include "report_core.h"

#define Z	     1.96
#define PENALTY_LATE 2.0
#define YEAR_FIRST   2000
#define YEAR_LAST    2100

bool ratio_has_value(struct ratio ratio)
{
	return ratio.den > 0;
}

double ratio_mean(struct ratio ratio)
{
	return (double)ratio.num / (double)ratio.den;
}

double ratio_percent(struct ratio ratio)
{
	return 100.0 * ratio_mean(ratio);
}

/* Newton's steps: base has no libm. x ≥ 0. */
static double square_root(double x)
{
	double guess = x > 1 ? x : 1;

	for (int i = 0; i < 64; i++)
		guess = (guess + x / guess) / 2;
	return guess;
}

double ratio_lower(struct ratio ratio)
{
	double n = (double)ratio.den;
	double p = ratio_mean(ratio);
	double spread = Z * square_root(p * (1 - p) / n + Z * Z / (4 * n * n));

	return 100.0 * (p + Z * Z / (2 * n) - spread) / (1 + Z * Z / n);
}

bool score_composite(const struct score_input *input, bool is_careful, double *out)
{
	const struct {
		struct ratio ratio;
		double weight;
	} parts[] = {
		{ input->on_time, 0.25 },
		{ input->sign, 0.15 },
		{ input->solved, 0.25 },
		{ input->satisfied, 0.25 },
	};
	double sum = 0;
	double weights = 0;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (!ratio_has_value(parts[i].ratio))
			continue;
		bool is_few = is_careful && parts[i].ratio.den < REPORT_CERTAIN_FROM;
		sum += parts[i].weight *
		       (is_few ? ratio_lower(parts[i].ratio) : ratio_percent(parts[i].ratio));
		weights += parts[i].weight;
	}
	if (weights <= 0)
		return false;
	sum /= weights;
	if (input->on_time.den > 0)
		sum -= PENALTY_LATE * 100.0 * (double)input->late_long / (double)input->on_time.den;
	*out = sum < 0 ? 0 : sum > 100 ? 100 : sum;
	return true;
}

enum band score_band(double composite)
{
	static const struct {
		double from;
		enum band band;
	} bands[] = { { 90, BAND_EXCELLENT }, { 80, BAND_GOOD }, { 70, BAND_FAIR },
		{ 0, BAND_POOR } };

	for (size_t i = 0; i < sizeof(bands) / sizeof(bands[0]); i++)
		if (composite >= bands[i].from)
			return bands[i].band;
	return BAND_POOR;
}

static int compare_down(double a, double b)
{
	return a > b ? -1 : a < b ? 1 : 0;
}

int rank_compare(const struct rank_key *a, const struct rank_key *b)
{
	int by = compare_down(a->composite, b->composite);

	if (by == 0)
		by = compare_down(a->solved, b->solved);
	if (by == 0)
		by = compare_down(a->satisfied, b->satisfied);
	if (by == 0 && a->overdue != b->overdue)
		by = a->overdue < b->overdue ? -1 : 1;
	if (by == 0 && a->volume != b->volume)
		by = a->volume > b->volume ? -1 : 1;
	return by != 0 ? by : str_compare(a->code, b->code);
}

static bool digits_read(struct str text, int16_t *out)
{
	int16_t number = 0;

	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		number = (int16_t)(number * 10 + text.p[i] - '0');
	}
	*out = number;
	return true;
}

enum res month_read(struct str text, int32_t *out_from, int32_t *out_to, struct err *err)
{
	int16_t year = 0;
	int16_t month = 0;

	if (text.n != 7 || text.p[4] != '-' || !digits_read(str_slice(text, 0, 4), &year) ||
		!digits_read(str_slice(text, 5, 2), &month) || month < 1 || month > 12)
		return err_set(
			err, RES_INVALID, "month '%.*s': want YYYY-MM, as 2026-10", STR_ARG(text));
	if (year < YEAR_FIRST || year > YEAR_LAST)
		return err_set(err, RES_INVALID, "month '%.*s': want a year from %d to %d",
			STR_ARG(text), YEAR_FIRST, YEAR_LAST);
	*out_from = date_to_days((struct civil_date){ year, (uint8_t)month, 1 });
	*out_to = month == 12 ? date_to_days((struct civil_date){ (int16_t)(year + 1), 1, 1 })
			      : date_to_days((struct civil_date){ year, (uint8_t)(month + 1), 1 });
	return RES_OK;
}

int32_t month_before(int32_t from)
{
	struct civil_date last = date_from_days(from - 1);

	return date_to_days((struct civil_date){ last.year, last.month, 1 });
}
