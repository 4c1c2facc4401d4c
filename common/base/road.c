/* A dozen rows: all are looked at. */
#include "base/road.h"

static const char *const words[] = {
#define STEP(name, word) [ROAD_##name] = word,
#include "base/roads.def"
#undef STEP
};
_Static_assert(sizeof(words) / sizeof(words[0]) == ROAD_STEPS, "each step has its word");

const char *road_step_word(enum road_step step)
{
	return words[step];
}

static bool is_valid(const struct road_row *row, int32_t day)
{
	return row->valid_from <= day && (row->valid_to == ROAD_NO_END || day < row->valid_to);
}

bool road_taken_by_system(
	const struct road_row *rows, size_t n, enum road_step step, struct str type, int32_t day)
{
	const struct road_row *general = NULL;

	for (size_t i = 0; i < n; i++) {
		if (!str_eq_c(rows[i].step, words[step]) || !is_valid(&rows[i], day))
			continue;
		if (str_eq(rows[i].type, type))
			return str_eq_c(rows[i].taken_by, "system");
		if (str_eq_c(rows[i].type, "*"))
			general = &rows[i];
	}
	return general != NULL && str_eq_c(general->taken_by, "system");
}
