/* Walks all cases in order of their ids and folds a page at a time (tools/fold). */
#include "check_projection.h"

#include "fold/fold.h"

#define PAGE_MEMORY	(256u << 20)
#define CALENDAR_MEMORY (4u << 20)

static enum res page_check(struct db *db, struct arena *page, struct arena *mem,
	const struct analytics_calendar *calendar, int64_t *at, struct finding *finding,
	size_t *out_n, struct err *err)
{
	struct fold_case *cases = NULL;
	int64_t *ids = NULL;
	size_t n = 0;

	TRY(fold_next_ids(db, page, *at, &ids, &n, err));
	if (n > 0) {
		TRY(fold_cases(db, page, calendar, ids, n, &cases, err));
		*at = ids[n - 1];
	}
	for (size_t i = 0; i < n; i++) {
		finding->looked_at++;
		if (cases[i].differs != NULL)
			finding_add(finding, arena_printf(mem, "%lld", (long long)cases[i].case_id),
				arena_printf(mem, "analytics is not what the journals say: %s",
					cases[i].differs));
	}
	*out_n = n;
	return RES_OK;
}

enum res projection_check(
	struct db *db, struct arena *mem, struct finding *finding, struct err *err)
{
	SCOPED(arena)
	struct arena *page = arena_create(PAGE_MEMORY);
	SCOPED(arena)
	struct arena *lasting = arena_create(CALENDAR_MEMORY);
	struct analytics_calendar calendar;
	int64_t at = INT64_MIN;
	size_t n;

	if (page == NULL || lasting == NULL)
		return err_set(err, RES_RETRY, "memory is out");
	TRY(fold_calendar(db, lasting, &calendar, err));
	do {
		arena_reset(page);
		TRY(page_check(db, page, mem, &calendar, &at, finding, &n, err));
	} while (n == FOLD_PAGE);
	return RES_OK;
}
