/* Which cases a list shows: the parameters of GET /cases, read and bounded. Pure. */
#ifndef WL_PORTAL_FILTER_CORE_H
#define WL_PORTAL_FILTER_CORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

#define FILTER_WORD_MAX 32

enum filter_metric {
#define FIGURE(name, word, meaning) FILTER_##name,
#include "portal_figures.def"
#undef FIGURE
	FILTER_METRICS
};
const char *filter_metric_word(enum filter_metric metric);

/* Empty texts and days of INT32_MIN do not narrow. Texts borrow from the values given. */
struct filter {
	enum filter_metric metric;
	struct str figure; /* "M12": a figure of metrics.csv instead; "": none */
	bool is_numerator; /* of the figure; otherwise its denominator */
	int32_t from_day;  /* inclusive, days since 1970 */
	int32_t to_day;	   /* exclusive */
	struct str unit;
	struct str area;
	struct str category; /* four digits, or two for all below */
	struct str channel;
	struct str state; /* "IN_PROGRESS"; "OPEN" is not one: see the metrics */
	struct str type;
	int64_t before; /* the page goes on below this case; INT64_MAX: from the newest on */
};

struct filter filter_none(void);
/* Adds one parameter. RES_INVALID names it and says what it wants: unknown name, wrong form, a day
 * and a month at once. */
enum res filter_add(
	struct filter *filter, struct str name, struct str value, struct err *err) must_check;

#endif
