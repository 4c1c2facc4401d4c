/* Lengths of time as people type them. */
#include "operator.h"

enum res operator_span_read(struct str text, struct span *out)
{
	static const struct {
		struct str unit;
		struct span span;
	} units[] = {
		{ STR_INIT("min"), SPAN_MIN(1) },
		{ STR_INIT("s"), SPAN_S(1) },
		{ STR_INIT("h"), SPAN_HOURS(1) },
		{ STR_INIT("d"), SPAN_DAYS(1) },
	};
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
		int64_t n;
		if (!str_ends(text, units[i].unit) ||
			str_to_int64(str_slice(text, 0, text.n - units[i].unit.n), &n) != RES_OK)
			continue;
		if (n < 0 || n > SPAN_DAYS(36500).us / units[i].span.us)
			return RES_INVALID;
		out->us = n * units[i].span.us;
		return RES_OK;
	}
	return RES_INVALID;
}
