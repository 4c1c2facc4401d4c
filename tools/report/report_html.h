/* The report as one self-contained page: on screen, and on A4 in black and white. */
#ifndef WL_REPORT_REPORT_HTML_H
#define WL_REPORT_REPORT_HTML_H

#include "base/buf.h"
#include "report_data.h"

void report_html_write(struct arena *mem, const struct report *report, struct buf *out);

/* --- parts, each in a file of its own --- */
void html_style(struct buf *out);
/* Received as bars, answered and closed as lines, days that are no working days shaded. */
void html_days(struct arena *mem, const struct report *report, struct buf *out);
/* Names with bars of their counts; at most n_max, the rest in one line. metric: key of the pages'
 * list that opens it. */
void html_bars(struct arena *mem, const struct report *report, const struct report_keys *keys,
	const char *parameter, size_t n_max, struct buf *out);
/* The peer groups' tables. */
void html_ranking(struct arena *mem, const struct report *report, struct buf *out);

void html_text(struct buf *out, struct str text); /* escaped */
/* An anchor to the list of cases that a figure counts, or the bare text where there are no pages.
 */
void html_link(struct arena *mem, const struct report *report, struct buf *out, const char *metric,
	const char *more, struct str text);
/* Glyphs are drawings, so that they look the same everywhere. */
void html_glyph(struct buf *out, enum band band);

#endif
