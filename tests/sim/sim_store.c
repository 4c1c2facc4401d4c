/* Tables and their memory. */
#include "sim_store.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES ((size_t)256 << 10)

struct block {
	struct block *next;
	size_t used;
	char bytes[];
};
static struct block *blocks;
static int64_t next_case;

struct schema sim_schemas[SCHEMAS];

void *store_alloc(size_t bytes)
{
	bytes = (bytes + 15) & ~(size_t)15;
	if (blocks == NULL || blocks->used + bytes > BLOCK_BYTES) {
		CHECK(bytes <= BLOCK_BYTES);
		struct block *block = malloc(sizeof *block + BLOCK_BYTES);
		CHECK(block != NULL);
		block->next = blocks;
		block->used = 0;
		blocks = block;
	}
	void *at = blocks->bytes + blocks->used;
	blocks->used += bytes;
	memset(at, 0, bytes);
	return at;
}

struct str store_keep(struct str text)
{
	if (text.p == NULL)
		return STR_NONE;
	char *at = store_alloc(text.n + 1);
	if (text.n > 0)
		memcpy(at, text.p, text.n);
	return str_of(at, text.n);
}

static const struct service_spec *(*const specs[SCHEMAS])(void) = {
	sim_spec_intake,
	sim_spec_dispatch,
	sim_spec_reply,
	sim_spec_followup,
	sim_spec_analytics,
	sim_spec_pair,
};

static void schema_open(struct schema *schema, const struct service_spec *spec)
{
	schema->spec = sim_watched(spec);
	schema->pending = calloc(TABLE_MOST, sizeof *schema->pending);
	schema->batches = calloc(TABLE_MOST, sizeof *schema->batches);
	schema->timers = calloc(TABLE_MOST, sizeof *schema->timers);
	schema->children = calloc(TABLE_MOST, sizeof *schema->children);
	schema->commands = calloc(TABLE_MOST, sizeof *schema->commands);
	schema->parked = calloc(TABLE_MOST, sizeof *schema->parked);
	CHECK(schema->pending && schema->batches && schema->timers && schema->children &&
		schema->commands && schema->parked);
}

/* The places stay from seed to seed, what stands in them does not. */
static void schema_clear(struct schema *schema)
{
	memset(schema->cases, 0, sizeof schema->cases);
	schema->n_pending = schema->n_batches = schema->n_timers = 0;
	schema->n_children = schema->n_commands = schema->n_parked = 0;
}

void store_begin(void)
{
	next_case = 1;
	for (int i = 0; i < SCHEMAS; i++) {
		if (sim_schemas[i].spec == NULL)
			schema_open(&sim_schemas[i], specs[i]());
		schema_clear(&sim_schemas[i]);
	}
}

void store_end(void)
{
	while (blocks != NULL) {
		struct block *block = blocks;
		blocks = block->next;
		free(block);
	}
}

struct schema *schema_of(const struct service_spec *spec)
{
	for (int i = 0; i < SCHEMAS; i++)
		if (sim_schemas[i].spec == spec)
			return &sim_schemas[i];
	return NULL;
}

struct schema *schema_named(const char *name)
{
	for (int i = 0; i < SCHEMAS; i++)
		if (strcmp(sim_schemas[i].spec->name, name) == 0)
			return &sim_schemas[i];
	return NULL;
}

struct stored_case *case_of(struct schema *schema, int64_t case_id)
{
	CHECK(case_id > 0 && case_id < SIM_CASES_MAX);
	schema->cases[case_id].case_id = case_id;
	return &schema->cases[case_id];
}

static const struct cell *column_of(struct schema *schema, int64_t case_id, const char *column)
{
	const struct stored_case *at = case_of(schema, case_id);
	for (size_t c = 0; at->row != NULL && c < schema->spec->cases->n_cols; c++)
		if (strcmp(schema->spec->cases->cols[c].name, column) == 0)
			return &at->row[c];
	return NULL;
}

int64_t case_number_of(struct schema *schema, int64_t case_id, const char *column)
{
	const struct cell *cell = column_of(schema, case_id, column);
	return cell != NULL && !cell->is_null ? cell->n : 0;
}

struct str case_text_of(struct schema *schema, int64_t case_id, const char *column)
{
	const struct cell *cell = column_of(schema, case_id, column);
	return cell != NULL && !cell->is_null ? cell->s : STR_NONE;
}

int64_t store_next_case(void)
{
	return next_case++;
}

int64_t store_last_case(void)
{
	return next_case - 1;
}

bool marker_stands(const struct schema *schema, int64_t case_id, const char *group)
{
	for (size_t i = 0; i < schema->n_pending; i++)
		if (schema->pending[i].is_there && schema->pending[i].case_id == case_id &&
			strcmp(schema->pending[i].grp, group) == 0)
			return true;
	for (size_t i = 0; i < schema->n_batches; i++)
		for (size_t k = 0; schema->batches[i].is_there && k < schema->batches[i].n; k++)
			if (schema->batches[i].cases[k] == case_id)
				return true;
	return false;
}

bool store_has_markers(void)
{
	for (int s = 0; s < SCHEMAS; s++) {
		for (size_t i = 0; i < sim_schemas[s].n_pending; i++)
			if (sim_schemas[s].pending[i].is_there)
				return true;
		for (size_t i = 0; i < sim_schemas[s].n_batches; i++)
			if (sim_schemas[s].batches[i].is_there)
				return true;
	}
	return false;
}

int64_t store_next_due(void)
{
	int64_t next = INT64_MAX;
	for (int s = 0; s < SCHEMAS; s++)
		for (size_t i = 0; i < sim_schemas[s].n_timers; i++)
			if (sim_schemas[s].timers[i].is_there &&
				sim_schemas[s].timers[i].due_us < next)
				next = sim_schemas[s].timers[i].due_us;
	return next;
}

const struct child *child_find(
	const struct schema *schema, const char *insert, int64_t case_id, int64_t n)
{
	for (size_t i = schema->n_children; i-- > 0;) {
		const struct child *child = &schema->children[i];
		if (strcmp(child->sql->name, insert) == 0 && child->cells[0].n == case_id &&
			(n < 0 || child->cells[1].n == n))
			return child;
	}
	return NULL;
}
