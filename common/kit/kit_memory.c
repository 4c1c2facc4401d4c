/* The rows that this process wrote last, so that the next message of a case need not read them. A
 * row from here is a guess until its update has found the version that it names: who changed
 * nothing with it is decided again on the row as it stands (kit_batch.c), and another replica's
 * write makes a loser, whose row is forgotten. Two generations; the older one goes as a whole. */
#include "kit/kit_internal.h"

#include <stdlib.h>
#include <string.h>

#define GENERATION_BYTES (2u << 20)

static const size_t sizes[] = {
	[DB_INT2] = sizeof(int16_t),
	[DB_INT4] = sizeof(int32_t),
	[DB_INT8] = sizeof(int64_t),
	[DB_BOOL] = sizeof(bool),
	[DB_TEXT] = sizeof(struct str),
	[DB_BYTES] = sizeof(struct str),
	[DB_HASH] = 32,
	[DB_INSTANT] = sizeof(struct instant),
	[DB_DAY] = sizeof(int32_t),
};

struct generation {
	struct map *rows; /* case_id → row */
	struct arena *mem;
};
struct memory {
	struct generation young;
	struct generation old;
};

static void generation_clear(struct generation *generation)
{
	map_clear(generation->rows);
	arena_reset(generation->mem);
}

struct memory *memory_create(void)
{
	struct memory *memory = calloc(1, sizeof *memory);
	CHECK(memory != NULL);
	memory->young = (struct generation){ map_create(), arena_create(GENERATION_BYTES) };
	memory->old = (struct generation){ map_create(), arena_create(GENERATION_BYTES) };
	return memory;
}

void memory_destroy(struct memory *memory)
{
	if (memory == NULL)
		return;
	map_destroy(memory->young.rows);
	arena_destroy(memory->young.mem);
	map_destroy(memory->old.rows);
	arena_destroy(memory->old.mem);
	free(memory);
}

void memory_clear(struct memory *memory)
{
	generation_clear(&memory->young);
	generation_clear(&memory->old);
}

void memory_forget(struct memory *memory, int64_t case_id)
{
	(void)map_remove_id(memory->young.rows, case_id);
	(void)map_remove_id(memory->old.rows, case_id);
}

/* As it would be read: columns and nothing else, texts in mem. false: mem is full. */
static bool row_copy(
	const struct kit_case_table *table, struct arena *mem, const void *row, char *copy)
{
	memset(copy, 0, table->row_bytes);
	for (size_t c = 0; c < table->n_cols; c++) {
		const struct db_col *col = &table->cols[c];
		const char *from = (const char *)row + col->offset;
		struct str text;
		memcpy(copy + col->offset, from, sizes[col->type]);
		if (col->type != DB_TEXT && col->type != DB_BYTES)
			continue;
		memcpy(&text, from, sizeof text);
		if (text.p != NULL)
			text = arena_str(mem, text);
		memcpy(copy + col->offset, &text, sizeof text);
	}
	return !arena_failed(mem);
}

/* The batch gets texts of its own: what it writes may push out the generation that it took from. */
bool memory_take(struct kit *kit, struct batch_case *at)
{
	const void *row = map_get_id(kit->memory->young.rows, at->case_id);
	if (row == NULL)
		row = map_get_id(kit->memory->old.rows, at->case_id);
	if (row == NULL)
		return false;
	(void)row_copy(
		kit->spec->cases, kit->batch->mem, row, at->row); /* a full batch fails later */
	at->first_seq = kit_case_of(at->row)->seq;
	at->is_remembered = true;
	return true;
}

static void *row_add(struct kit *kit, struct arena *mem, const void *row)
{
	char *copy = arena_alloc(mem, kit->spec->cases->row_bytes);
	return copy != NULL && row_copy(kit->spec->cases, mem, row, copy) ? copy : NULL;
}

static void row_keep(struct kit *kit, const struct kit_case *row)
{
	struct memory *memory = kit->memory;
	void *copy = row_add(kit, memory->young.mem, row);
	if (copy == NULL) {
		struct generation full = memory->young;
		memory->young = memory->old;
		memory->old = full;
		generation_clear(&memory->young);
		copy = row_add(kit, memory->young.mem, row);
	}
	memory_forget(memory, row->case_id);
	if (copy != NULL)
		map_put_id(memory->young.rows, row->case_id, copy);
}

void memory_learn(struct kit *kit, const struct batch *batch)
{
	for (size_t i = 0; i < batch->cases.n; i++) {
		const struct batch_case *at = batch->cases.items[i];
		if (at->is_lost)
			memory_forget(kit->memory, at->case_id);
		else if (at->is_dirty && !kit->spec->rows_are_swapped)
			row_keep(kit, kit_case_of(at->row));
	}
}

void memory_doubt(struct kit *kit, struct batch *batch)
{
	for (size_t i = 0; i < batch->n_slots; i++) {
		struct slot *slot = &batch->slots[i];
		if (slot->at == NULL || !slot->at->is_remembered || slot->at->is_dirty ||
			kit_planted("trust_memory"))
			continue;
		memory_forget(kit->memory, slot->at->case_id);
		if (slot->end == SLOT_DONE && !slot->is_kept)
			slot->end = SLOT_AGAIN;
	}
}
