/* What is set aside: the statements of kit.sql that name parked. */
#include "sim_store.h"

enum { WAITS = 1, APPLIED = 2, SKIPPED = 3 };

static void parked_any_look(const struct call_at *at)
{
	call_out(at, 1)[0] = cell_int(at->schema->n_parked > 0);
}

static void load_one(const struct call_at *at, int64_t case_id, int producer)
{
	int32_t waits = 0, skipped = 0;
	for (size_t i = 0; i < at->schema->n_parked; i++) {
		const struct parked_at *row = &at->schema->parked[i];
		if (row->case_id != case_id || kit_producer_find(row->producer) != producer)
			continue;
		if (row->state == WAITS && row->seq > waits)
			waits = row->seq;
		if (row->state == SKIPPED && row->seq > skipped)
			skipped = row->seq;
	}
	if (waits == 0 && skipped == 0)
		return;
	struct cell *cells = call_out(at, 4);
	cells[0] = cell_int(case_id);
	cells[1] = cell_text(str_from_c(kit_producer_name((enum kit_producer)producer)));
	cells[2] = cell_int(waits);
	cells[3] = cell_int(skipped);
}

static void parked_load_look(const struct call_at *at)
{
	for (size_t i = 0; at->schema->n_parked > 0 && i < at->params[0]->rows; i++)
		for (int producer = 0; producer < KIT_PRODUCERS; producer++)
			load_one(at, call_number(at, 0, i), producer);
}

static struct parked_at *parked_find(
	struct schema *schema, int64_t case_id, struct str producer, int64_t seq)
{
	for (size_t i = 0; i < schema->n_parked; i++) {
		struct parked_at *row = &schema->parked[i];
		if (row->case_id == case_id && row->seq == seq && str_eq(row->producer, producer))
			return row;
	}
	return NULL;
}

static void parked_add_change(const struct call_at *at)
{
	struct schema *schema = at->schema;
	for (size_t i = 0; i < at->params[0]->rows; i++) {
		if (parked_find(schema, call_number(at, 0, i), call_text(at, 1, i),
			    call_number(at, 2, i)) != NULL)
			continue;
		CHECK(schema->n_parked < TABLE_MOST);
		schema->parked[schema->n_parked++] =
			(struct parked_at){ .case_id = call_number(at, 0, i),
				.producer = store_keep(call_text(at, 1, i)),
				.seq = (int32_t)call_number(at, 2, i),
				.type = store_keep(call_text(at, 3, i)),
				.at_us = call_number(at, 4, i),
				.body = store_keep(call_text(at, 5, i)),
				.state = WAITS };
		sim_count(COUNT_parked);
	}
}

/* They were added in order of their seq. */
static void parked_entries_look(const struct call_at *at)
{
	for (size_t i = 0; i < at->schema->n_parked; i++) {
		const struct parked_at *row = &at->schema->parked[i];
		if (row->case_id != call_number(at, 0, 0) || row->state != WAITS ||
			!str_eq(row->producer, call_text(at, 1, 0)))
			continue;
		struct cell *cells = call_out(at, 5);
		cells[0] = cell_int(row->seq);
		cells[1] = cell_text(row->type);
		cells[2] = cell_int(row->at_us);
		cells[3] = cell_text(row->body);
	}
}

static void parked_change_change(const struct call_at *at)
{
	for (size_t i = 0; i < at->params[0]->rows; i++) {
		struct parked_at *row = parked_find(at->schema, call_number(at, 0, i),
			call_text(at, 1, i), call_number(at, 2, i));
		if (row == NULL || row->state != WAITS)
			continue;
		row->state = (int32_t)call_number(at, 3, i);
		if (row->state == APPLIED)
			sim_count(COUNT_unparked);
	}
}

const struct statement parked_statements[] = {
	{ "kit.parked_any", parked_any_look, NULL },
	{ "kit.parked_load", parked_load_look, NULL },
	{ "kit.parked_add", NULL, parked_add_change },
	{ "kit.parked_entries", parked_entries_look, NULL },
	{ "kit.parked_change", NULL, parked_change_change },
	{ 0 },
};
