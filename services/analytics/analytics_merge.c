/* One open-addressed table a call; what differs between the two kinds of rows is three small
 * functions. */
#include "analytics_merge.h"

#include <string.h>

#include "analytics_store.h"

struct key {
	int32_t day;
	struct str texts[3];
};
struct kind {
	size_t row_bytes;
	struct key (*key)(const void *row);
	void (*add)(void *to, const void *row);
	bool (*is_nothing)(const void *row);
};

static struct key cell_key(const void *given)
{
	const struct analytics_delta *delta = &((const struct analytics_cell_row *)given)->delta;

	return (struct key){ delta->day, { delta->dim, delta->key, delta->sub } };
}

static void cell_add(void *to, const void *row)
{
	((struct analytics_cell_row *)to)->delta.n +=
		((const struct analytics_cell_row *)row)->delta.n;
}

static bool cell_is_nothing(const void *row)
{
	return ((const struct analytics_cell_row *)row)->delta.n == 0;
}

static struct key figure_key(const void *given)
{
	const struct analytics_change *change =
		&((const struct analytics_figure_row *)given)->change;

	return (struct key){ change->day, { change->code, change->unit, STR("") } };
}

static void figure_add(void *to, const void *row)
{
	struct analytics_tally *sum = &((struct analytics_figure_row *)to)->change.by;
	const struct analytics_tally *by = &((const struct analytics_figure_row *)row)->change.by;

	sum->num += by->num;
	sum->den += by->den;
	sum->excl += by->excl;
}

static bool figure_is_nothing(const void *row)
{
	const struct analytics_tally *by = &((const struct analytics_figure_row *)row)->change.by;

	return by->num == 0 && by->den == 0 && by->excl == 0;
}

/* FNV-1a. */
static uint64_t key_hash(const struct key *key)
{
	uint64_t hash = UINT64_C(14695981039346656037) ^ (uint32_t)key->day;

	for (int t = 0; t < 3; t++) {
		for (size_t i = 0; i < key->texts[t].n; i++)
			hash = (hash ^ (uint8_t)key->texts[t].p[i]) * UINT64_C(1099511628211);
		hash = (hash ^ 0xff) * UINT64_C(1099511628211);
	}
	return hash ^ hash >> 32;
}

static bool key_eq(const struct key *a, const struct key *b)
{
	return a->day == b->day && str_eq(a->texts[0], b->texts[0]) &&
	       str_eq(a->texts[1], b->texts[1]) && str_eq(a->texts[2], b->texts[2]);
}

static size_t merge(struct arena *mem, const struct kind *kind, void **rows, size_t n)
{
	size_t room = 16;
	size_t left = 0;

	while (room < 2 * n)
		room *= 2;
	void **slots = arena_new_array(mem, void *, room);
	char *made = arena_array(mem, n, kind->row_bytes);
	if (slots == NULL || made == NULL)
		return n;
	for (size_t i = 0; i < n; i++) {
		struct key key = kind->key(rows[i]);
		size_t at = key_hash(&key) & (room - 1);
		for (; slots[at] != NULL; at = (at + 1) & (room - 1)) {
			struct key other = kind->key(slots[at]);
			if (key_eq(&key, &other))
				break;
		}
		if (slots[at] != NULL) {
			kind->add(slots[at], rows[i]);
			continue;
		}
		slots[at] = memcpy(made + left++ * kind->row_bytes, rows[i], kind->row_bytes);
	}
	size_t n_out = 0;
	for (size_t i = 0; i < left; i++)
		if (!kind->is_nothing(made + i * kind->row_bytes))
			rows[n_out++] = made + i * kind->row_bytes;
	return n_out;
}

size_t analytics_merge_cells(struct arena *mem, void **rows, size_t n)
{
	static const struct kind kind = { sizeof(struct analytics_cell_row), cell_key, cell_add,
		cell_is_nothing };

	return merge(mem, &kind, rows, n);
}

size_t analytics_merge_figures(struct arena *mem, void **rows, size_t n)
{
	static const struct kind kind = { sizeof(struct analytics_figure_row), figure_key,
		figure_add, figure_is_nothing };

	return merge(mem, &kind, rows, n);
}
