/* The projection of analytics made anew from the four journals, for those who compare it with what
 * stands there (wangli-check) or put it in its place (wangli-rebuild). The same pure core and codec
 * as the service; another way to the events: published views, no bus. All reads of a call must see
 * one snapshot: the caller's transaction is repeatable read, or nobody writes. */
#ifndef WL_TOOLS_FOLD_FOLD_H
#define WL_TOOLS_FOLD_FOLD_H

#include "analytics/analytics_store.h"
#include "db/db.h"

#define FOLD_PAGE 1000

/* The statements that the caller's session must prepare. */
extern const struct db_sql *const fold_statements[];

struct fold_case {
	int64_t case_id;
	bool is_live; /* the projection has a row */
	struct analytics_row live;
	bool is_made; /* the journals say that it should have one */
	struct analytics_row made;
	const char *differs; /* what is not the same, for people; NULL: nothing */
};

/* The next FOLD_PAGE case ids after `after`, in order. */
enum res fold_next_ids(struct db *db, struct arena *mem, int64_t after, int64_t **out,
	size_t *out_n, struct err *err) must_check;

/* Folds the journals of these cases (sorted, FOLD_PAGE at most) as far as the projection must have
 * heard: to their end, or where a marker still stands to the cursor of its row. out: one a case. */
enum res fold_cases(struct db *db, struct arena *mem, const struct analytics_calendar *calendar,
	const int64_t *case_ids, size_t n, struct fold_case **out, struct err *err) must_check;

enum res fold_calendar(struct db *db, struct arena *mem, struct analytics_calendar *out,
	struct err *err) must_check;

#endif
