/* Markers: what each statement of kit.sql that names pending or batch_marker does. */
#include <stdio.h>
#include <string.h>

#include "sim_store.h"

static struct pending *pending_find(struct schema *schema, int64_t case_id, struct str grp)
{
	for (size_t i = 0; i < schema->n_pending; i++) {
		struct pending *pending = &schema->pending[i];
		if (pending->is_there && pending->case_id == case_id && str_eq_c(grp, pending->grp))
			return pending;
	}
	return NULL;
}

static struct pending *pending_place(struct schema *schema)
{
	for (size_t i = 0; i < schema->n_pending; i++)
		if (!schema->pending[i].is_there)
			return &schema->pending[i];
	CHECK(schema->n_pending < TABLE_MOST);
	return &schema->pending[schema->n_pending++];
}

/* insert … on conflict do update set upto_seq = greatest(…). next_us: NONE keeps it. */
static struct pending *raise(
	struct schema *schema, int64_t case_id, struct str grp, int32_t upto, int64_t next_us)
{
	struct pending *there = pending_find(schema, case_id, grp);
	if (there == NULL) {
		there = pending_place(schema);
		*there = (struct pending){
			.is_there = true, .case_id = case_id, .upto = upto, .next_us = next_us
		};
		snprintf(there->grp, sizeof there->grp, "%.*s", STR_ARG(grp));
	} else if (sim.plant == PLANT_LOWER_MARKER) {
		there->upto = upto < there->upto ? upto : there->upto;
	} else {
		there->upto = stream_marker_raise(there->upto, upto);
	}
	return there;
}

static void marker_raise_change(const struct call_at *at)
{
	int64_t next_us = sim.now_us + call_number(at, 3, 0);
	for (size_t i = 0; i < at->params[0]->rows; i++) {
		struct pending *made = raise(at->schema, call_number(at, 0, i), call_text(at, 1, i),
			(int32_t)call_number(at, 2, i), next_us);
		made->next_us = next_us;
		made->attempts = 0;
	}
}

static void marker_done_change(const struct call_at *at)
{
	for (size_t i = 0; i < at->params[0]->rows; i++) {
		struct pending *there =
			pending_find(at->schema, call_number(at, 0, i), call_text(at, 1, i));
		if (there != NULL &&
			stream_marker_is_done(there->upto, (int32_t)call_number(at, 2, i)))
			there->is_there = false;
	}
}

static void batch_marker_raise_change(const struct call_at *at)
{
	struct schema *schema = at->schema;
	size_t place = 0, n = at->params[2]->rows;
	while (place < schema->n_batches && schema->batches[place].is_there)
		place++;
	CHECK(place < TABLE_MOST && n <= BATCH_MARKER_CASES);
	schema->n_batches += place == schema->n_batches;
	struct batch_marker *made = &schema->batches[place];
	*made = (struct batch_marker){ .is_there = true,
		.case_id = call_number(at, 0, 0),
		.batch = call_number(at, 1, 0),
		.n = n,
		.next_us = sim.now_us + call_number(at, 4, 0),
		.by = at->process->place };
	for (size_t i = 0; i < n; i++) {
		made->cases[i] = call_number(at, 2, i);
		made->uptos[i] = (int32_t)call_number(at, 3, i);
	}
}

static void batch_marker_done_change(const struct call_at *at)
{
	for (size_t i = 0; i < at->params[0]->rows; i++)
		for (size_t k = 0; k < at->schema->n_batches; k++) {
			struct batch_marker *there = &at->schema->batches[k];
			if (there->case_id == call_number(at, 0, i) &&
				there->batch == call_number(at, 1, i))
				there->is_there = false;
		}
}

static void overdue_out(const struct call_at *at, const struct batch_marker *marker)
{
	for (size_t i = 0; i < marker->n; i++) {
		struct cell *cells = call_out(at, 4);
		cells[0] = cell_int(marker->case_id);
		cells[1] = cell_int(marker->batch);
		cells[2] = cell_int(marker->cases[i]);
		cells[3] = cell_int(marker->uptos[i]);
	}
	sim_count(COUNT_split);
	if (marker->by != at->process->place)
		sim_count(COUNT_lease_taken_over);
}

static void batch_marker_overdue_look(const struct call_at *at)
{
	int64_t left = call_number(at, 0, 0);
	for (size_t i = 0; i < at->schema->n_batches && left > 0; i++) {
		const struct batch_marker *marker = &at->schema->batches[i];
		if (!marker->is_there || marker->next_us >= sim.now_us)
			continue;
		overdue_out(at, marker);
		left--;
	}
}

static void marker_split_change(const struct call_at *at)
{
	for (size_t i = 0; i < at->params[0]->rows; i++)
		raise(at->schema, call_number(at, 0, i), call_text(at, 1, i),
			(int32_t)call_number(at, 2, i), sim.now_us);
}

static bool is_blocked(const struct call_at *at, const char *grp)
{
	for (size_t i = 0; i < at->params[2]->rows; i++)
		if (str_eq_c(call_text(at, 2, i), grp))
			return true;
	return false;
}

/* least(lease * 2 ^ attempts, most) * (0.5 + random()) */
static int64_t back_off(const struct call_at *at, int32_t attempts)
{
	int64_t wait_us = call_number(at, 0, 0) << (attempts < 10 ? attempts : 10);
	int64_t most_us = call_number(at, 3, 0);
	wait_us = wait_us < most_us ? wait_us : most_us;
	return wait_us / 2 + wait_us * sim_roll(1000) / 1000;
}

static void marker_claim_look(const struct call_at *at)
{
	int64_t left = call_number(at, 1, 0);
	for (size_t i = 0; i < at->schema->n_pending && left > 0; i++) {
		struct pending *pending = &at->schema->pending[i];
		if (!pending->is_there || pending->next_us >= sim.now_us ||
			is_blocked(at, pending->grp))
			continue;
		pending->next_us = sim.now_us + back_off(at, pending->attempts);
		pending->attempts++;
		if (sim.plant == PLANT_DELETE_UNANSWERED)
			pending->is_there = false;
		struct cell *cells = call_out(at, 5);
		cells[0] = cell_int(pending->case_id);
		cells[1] = cell_text(str_from_c(pending->grp));
		cells[2] = cell_int(pending->upto);
		cells[3] = cell_int(pending->sends);
		cells[4] = cell_int(pending->faults);
		left--;
	}
	for (int64_t id = 1; sim.plant == PLANT_DELETE_UNANSWERED && id <= store_last_case(); id++)
		sim_check_case(id);
}

static void marker_judge_change(const struct call_at *at)
{
	for (size_t i = 0; i < at->params[0]->rows; i++) {
		struct pending *there =
			pending_find(at->schema, call_number(at, 0, i), call_text(at, 1, i));
		if (there == NULL)
			continue;
		there->sends = (int32_t)call_number(at, 2, i);
		there->faults = (int32_t)call_number(at, 3, i);
	}
}

static void marker_wake_change(const struct call_at *at)
{
	struct str grp = call_text(at, 0, 0);
	for (size_t i = 0; i < at->schema->n_pending; i++) {
		struct pending *pending = &at->schema->pending[i];
		if (!pending->is_there || (grp.n > 0 && !str_eq_c(grp, pending->grp)) ||
			pending->next_us <= sim.now_us || pending->sends >= call_number(at, 1, 0))
			continue;
		pending->next_us = sim.now_us;
		pending->attempts = 0;
	}
}

static void batch_marker_wake_change(const struct call_at *at)
{
	for (size_t i = 0; i < at->schema->n_batches; i++)
		if (at->schema->batches[i].next_us > sim.now_us)
			at->schema->batches[i].next_us = sim.now_us;
}

/* max(upto_seq) … group by case_id, then as marker_split, and due. */
static void batch_marker_wake_group_change(const struct call_at *at)
{
	struct schema *schema = at->schema;
	int32_t most[SIM_CASES_MAX] = { 0 };
	for (size_t i = 0; i < schema->n_batches; i++)
		for (size_t k = 0; schema->batches[i].is_there && k < schema->batches[i].n; k++)
			if (schema->batches[i].uptos[k] > most[schema->batches[i].cases[k]])
				most[schema->batches[i].cases[k]] = schema->batches[i].uptos[k];
	for (int64_t id = 1; id < SIM_CASES_MAX; id++)
		if (most[id] > 0)
			raise(schema, id, call_text(at, 0, 0), most[id], sim.now_us)->next_us =
				sim.now_us;
}

const struct statement marker_statements[] = {
	{ "kit.marker_raise", NULL, marker_raise_change },
	{ "kit.marker_done", NULL, marker_done_change },
	{ "kit.batch_marker_raise", NULL, batch_marker_raise_change },
	{ "kit.batch_marker_done", NULL, batch_marker_done_change },
	{ "kit.batch_marker_overdue", batch_marker_overdue_look, NULL },
	{ "kit.marker_split", NULL, marker_split_change },
	{ "kit.marker_claim", marker_claim_look, NULL },
	{ "kit.marker_judge", NULL, marker_judge_change },
	{ "kit.marker_wake", NULL, marker_wake_change },
	{ "kit.batch_marker_wake", NULL, batch_marker_wake_change },
	{ "kit.batch_marker_wake_group", NULL, batch_marker_wake_group_change },
	{ 0 },
};
