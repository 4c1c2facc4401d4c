/* A map from the key of a cell or figure, as text, to what it adds up to. */
#include "sums.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/map.h"

#define NAME_MAX_BYTES 200

struct sum {
	char name[NAME_MAX_BYTES]; /* for people, and the key of the map */
	bool is_figure;
	int32_t day;
	struct str texts[3]; /* dim, key, sub; or unit, code: parts of `keep` */
	char keep[NAME_MAX_BYTES];
	struct analytics_tally now;	 /* cells: num alone */
	struct analytics_tally stored;	 /* what the tables have been told */
	struct analytics_tally expected; /* what stands in the live tables */
};

struct sums {
	struct map *by_name;
};

struct sums *sums_create(void)
{
	struct sums *sums = calloc(1, sizeof(*sums));

	CHECK(sums != NULL);
	sums->by_name = map_create();
	return sums;
}

static bool sum_free(void *arg, struct str key, void *value)
{
	(void)arg;
	(void)key;
	free(value);
	return true;
}

void sums_destroy(struct sums *sums)
{
	if (sums == NULL)
		return;
	map_walk(sums->by_name, sum_free, NULL);
	map_destroy(sums->by_name);
	free(sums);
}

/* The texts are kept side by side; longer ones than any code can be are cut, for which nothing in
 * the reference data is long enough. */
static void texts_keep(struct sum *sum, const struct str texts[3])
{
	size_t at = 0;

	for (int i = 0; i < 3; i++) {
		size_t n =
			texts[i].n < sizeof(sum->keep) - at ? texts[i].n : sizeof(sum->keep) - at;
		if (n > 0)
			memcpy(sum->keep + at, texts[i].p, n);
		sum->texts[i] = str_of(sum->keep + at, n);
		at += n;
	}
}

static struct sum *sum_at(struct sums *sums, bool is_figure, int32_t day, const struct str texts[3])
{
	char date[DATE_TEXT_MAX];
	char name[NAME_MAX_BYTES];
	struct sum *sum;

	snprintf(name, sizeof(name), "%s %s %.*s|%.*s|%.*s", is_figure ? "figure" : "cell",
		date_format(day, date), STR_ARG(texts[0]), STR_ARG(texts[1]), STR_ARG(texts[2]));
	sum = map_get(sums->by_name, str_from_c(name));
	if (sum != NULL)
		return sum;
	sum = calloc(1, sizeof(*sum));
	CHECK(sum != NULL);
	memcpy(sum->name, name, sizeof(name));
	sum->is_figure = is_figure;
	sum->day = day;
	texts_keep(sum, texts);
	map_put(sums->by_name, str_from_c(sum->name), sum);
	return sum;
}

static struct sum *sum_of_cell(struct sums *sums, const struct analytics_delta *cell)
{
	return sum_at(sums, false, cell->day, (struct str[3]){ cell->dim, cell->key, cell->sub });
}

static struct sum *sum_of_figure(struct sums *sums, const struct analytics_change *figure)
{
	return sum_at(
		sums, true, figure->day, (struct str[3]){ figure->unit, figure->code, STR("") });
}

static void tally_add(struct analytics_tally *to, const struct analytics_tally *by)
{
	to->num += by->num;
	to->den += by->den;
	to->excl += by->excl;
}

void sums_move(
	struct sums *sums, const struct analytics_case *before, const struct analytics_case *after)
{
	struct analytics_delta deltas[ANALYTICS_DELTAS_MAX];
	struct analytics_change changes[ANALYTICS_CHANGES_MAX];
	size_t n_deltas = analytics_deltas(before, after, deltas);
	size_t n_changes = analytics_changes(before, after, changes);

	for (size_t i = 0; i < n_deltas; i++)
		sum_of_cell(sums, &deltas[i])->now.num += deltas[i].n;
	for (size_t i = 0; i < n_changes; i++)
		tally_add(&sum_of_figure(sums, &changes[i])->now, &changes[i].by);
}

void sums_expect(struct sums *sums, const struct analytics_delta *cell)
{
	sum_of_cell(sums, cell)->expected.num += cell->n;
}

void sums_expect_figure(struct sums *sums, const struct analytics_change *figure)
{
	tally_add(&sum_of_figure(sums, figure)->expected, &figure->by);
}

struct comparison {
	void (*tell)(void *arg, const char *name, const char *what);
	void *arg;
	size_t n;
};

static bool is_same(const struct analytics_tally *a, const struct analytics_tally *b)
{
	return a->num == b->num && a->den == b->den && a->excl == b->excl;
}

static bool sum_compare(void *arg, struct str key, void *value)
{
	struct comparison *comparison = arg;
	struct sum *sum = value;
	char what[160];

	(void)key;
	if (!is_same(&sum->now, &sum->expected)) {
		comparison->n++;
		snprintf(what, sizeof(what),
			"is %" PRId64 "/%" PRId64 "/%" PRId64 ", the journals say %" PRId64
			"/%" PRId64 "/%" PRId64,
			sum->expected.num, sum->expected.den, sum->expected.excl, sum->now.num,
			sum->now.den, sum->now.excl);
		comparison->tell(comparison->arg, sum->name, what);
	}
	sum->expected = (struct analytics_tally){ 0 };
	return true;
}

size_t sums_compare(
	struct sums *sums, void (*tell)(void *arg, const char *name, const char *what), void *arg)
{
	struct comparison comparison = { tell, arg, 0 };

	map_walk(sums->by_name, sum_compare, &comparison);
	return comparison.n;
}

size_t sums_count(const struct sums *sums)
{
	return map_count(sums->by_name);
}

struct taking {
	struct analytics_cell_row *cells;
	size_t *n_cells;
	struct analytics_figure_row *figures;
	size_t *n_figures;
	size_t room;
};

static bool sum_take(void *arg, struct str key, void *value)
{
	struct taking *taking = arg;
	struct sum *sum = value;
	struct analytics_tally by = { sum->now.num - sum->stored.num,
		sum->now.den - sum->stored.den, sum->now.excl - sum->stored.excl };

	(void)key;
	if (is_same(&sum->now, &sum->stored))
		return true;
	if (*taking->n_cells == taking->room || *taking->n_figures == taking->room)
		return false;
	sum->stored = sum->now;
	if (sum->is_figure)
		taking->figures[(*taking->n_figures)++] = (struct analytics_figure_row){
			.change = { sum->day, sum->texts[0], sum->texts[1], by }
		};
	else
		taking->cells[(*taking->n_cells)++] = (struct analytics_cell_row){
			.delta = { sum->day, sum->texts[0], sum->texts[1], sum->texts[2], by.num }
		};
	return true;
}

bool sums_take(struct sums *sums, struct analytics_cell_row *cells, size_t *n_cells,
	struct analytics_figure_row *figures, size_t *n_figures, size_t room)
{
	struct taking taking = { cells, n_cells, figures, n_figures, room };

	*n_cells = 0;
	*n_figures = 0;
	map_walk(sums->by_name, sum_take, &taking);
	return *n_cells + *n_figures > 0;
}
