/* The arithmetic of the month's report: ratios, their lower bounds, scores, order. Pure: base only.
 * A ratio without a denominator has no value; never 100 %. Ranked is who is among peers and has 20
 * matters due; with fewer than 200 the lower bound of Wilson's interval stands for the rate in the
 * order. Source: metrics.csv, domain/README.md. */
#ifndef WL_REPORT_REPORT_CORE_H
#define WL_REPORT_REPORT_CORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/instant.h"
#include "base/str.h"

#define REPORT_RANKED_FROM  20	/* matters due; fewer are 样本少 */
#define REPORT_CERTAIN_FROM 200 /* below it the lower bound is what counts */

struct ratio {
	int64_t num;
	int64_t den;
	int64_t excl;
};
bool ratio_has_value(struct ratio ratio);
double ratio_percent(struct ratio ratio); /* only with a value */
double ratio_mean(struct ratio ratio);	  /* likewise */
/* Wilson's lower bound in percent, z = 1.96. */
double ratio_lower(struct ratio ratio);

/* What a unit is ranked by. */
struct score_input {
	struct ratio on_time;	/* M12 */
	struct ratio sign;	/* M05 */
	struct ratio solved;	/* M10 */
	struct ratio satisfied; /* M11 */
	int64_t late_long;	/* late by more than five working days */
};
/* 0–100: the weights of M31 among the parts that have a value, less two for each of a hundred that
 * is late by more than five working days. is_careful: with lower bounds where there are few. False:
 * nothing has a value. */
bool score_composite(const struct score_input *input, bool is_careful, double *out);

enum band { BAND_NONE, BAND_EXCELLENT, BAND_GOOD, BAND_FAIR, BAND_POOR };
enum band score_band(double composite);

struct rank_key {
	double composite; /* careful */
	double solved;	  /* -1: no value */
	double satisfied;
	int64_t overdue;
	int64_t volume;
	struct str code;
};
/* Composite, solved, satisfied, fewer overdue, volume, code: <0 when a stands before b. */
int rank_compare(const struct rank_key *a, const struct rank_key *b);

/* "2026-10" → the first day and the first of the next month. RES_INVALID says what is wrong. */
enum res month_read(
	struct str text, int32_t *out_from, int32_t *out_to, struct err *err) must_check;
/* The first day of the month before. */
int32_t month_before(int32_t from);

#endif
