/* The services' own statements that read something: submissions, deliveries, and reference data of
 * a small city: one unit, one category, one type, and a road that the seed draws. */
#include <string.h>

#include "base/road.h"
#include "sim_store.h"

#define FOR_EVER 10957 /* 2000-01-01 */
#define NULL_END cell_none()

static void nothing(const struct call_at *at)
{
	(void)at;
}

/* --- submissions: (source, source_msg_id) is unique --- */

enum { SUB_SOURCE, SUB_MSG_ID, SUB_CASE, SUB_DIGEST, SUB_AT, SUB_COLS };

/* By the columns of intake's table, whose order is its own. */
static const struct kit_table *submissions_of(const struct call_at *at)
{
	const struct kit_table *const *t = at->schema->spec->tables;
	while (strcmp((*t)->insert->name, "intake.submission_insert") != 0)
		t++;
	return *t;
}

static struct cell column(const struct kit_table *table, const struct cell *cells, const char *name)
{
	for (size_t c = 0; c < table->n_cols; c++)
		if (strcmp(table->cols[c].name, name) == 0)
			return cells[c];
	return cell_none();
}

static const struct cell *submission_find(
	const struct call_at *at, struct str source, struct str msg_id)
{
	const struct kit_table *table = submissions_of(at);
	for (size_t i = 0; i < at->schema->n_children; i++) {
		const struct child *child = &at->schema->children[i];
		if (child->sql == table->insert &&
			str_eq(column(table, child->cells, "source").s, source) &&
			str_eq(column(table, child->cells, "source_msg_id").s, msg_id))
			return child->cells;
	}
	return NULL;
}

static void submission_find_look(const struct call_at *at)
{
	static const char *const names[SUB_COLS] = { "source", "source_msg_id", "case_id", "digest",
		"received_at" };
	const struct kit_table *table = submissions_of(at);
	for (size_t i = 0; i < at->params[0]->rows; i++) {
		const struct cell *found =
			submission_find(at, call_text(at, 0, i), call_text(at, 1, i));
		if (found == NULL)
			continue;
		struct cell *cells = call_out(at, SUB_COLS);
		for (int c = 0; c < SUB_COLS; c++)
			cells[c] = column(table, found, names[c]);
	}
}

static bool is_free(const struct call_at *at, size_t row)
{
	const struct kit_table *table = submissions_of(at);
	const struct cell *cells = grid_at(at->params[0], row, 0);
	return submission_find(at, column(table, cells, "source").s,
		       column(table, cells, "source_msg_id").s) == NULL;
}

static void submission_insert_look(const struct call_at *at)
{
	const struct kit_table *table = submissions_of(at);
	for (size_t i = 0; i < at->params[0]->rows; i++)
		if (is_free(at, i))
			call_out(at, 1)[0] = column(table, grid_at(at->params[0], i, 0), "case_id");
}

static void submission_insert_change(const struct call_at *at)
{
	for (size_t i = 0; i < at->params[0]->rows; i++) {
		const struct cell *from = grid_at(at->params[0], i, 0);
		size_t n = at->params[0]->cols;
		if (!is_free(at, i))
			continue;
		CHECK(at->schema->n_children < TABLE_MOST);
		struct child *child = &at->schema->children[at->schema->n_children++];
		*child = (struct child){ at->sql, store_alloc(n * sizeof *from), n };
		for (size_t c = 0; c < n; c++) {
			child->cells[c] = from[c];
			child->cells[c].s = store_keep(from[c].s);
		}
	}
}

static void case_ids_look(const struct call_at *at)
{
	for (int64_t i = 0; i < call_number(at, 0, 0); i++)
		call_out(at, 1)[0] = cell_int(store_next_case());
}

/* --- what a DELIVER says --- */

static bool is_under_way(const struct call_at *at, int64_t state)
{
	for (int i = 1; i <= 4; i++)
		if (call_number(at, i, 0) == state)
			return true;
	return false;
}

static void deliver_one(const struct call_at *at, int64_t case_id)
{
	struct schema *schema = at->schema;
	int64_t state = case_number_of(schema, case_id, "state");
	int64_t draft = case_number_of(schema, case_id, "draft");
	const struct child *delivery = child_find(schema, "reply.delivery_insert", case_id, draft);
	const struct child *letter = child_find(schema, "reply.addressee_insert", case_id, 1);
	const struct child *words = child_find(schema, "reply.draft_insert", case_id, draft);
	if (!is_under_way(at, state) || delivery == NULL || letter == NULL)
		return;
	struct cell *cells = call_out(at, 13);
	for (size_t c = 0; c < 13; c++)
		cells[c] = cell_none();
	cells[0] = cell_int(case_id);
	cells[1] = cell_int(state);
	cells[2] = delivery->cells[2];
	cells[3] = cell_text(case_text_of(schema, case_id, "channel"));
	cells[4] = delivery->cells[4];
	cells[6] = words != NULL ? words->cells[2] : cell_none();
	cells[7] = cell_text(STR("sentence"));
	cells[8] = cell_text(STR("guidance"));
	cells[9] = letter->cells[2];
	cells[10] = letter->cells[3];
}

static void deliver_load_look(const struct call_at *at)
{
	for (size_t i = 0; i < at->params[0]->rows; i++)
		deliver_one(at, call_number(at, 0, i));
}

/* --- the city --- */

static void row_of(const struct call_at *at, size_t n, const struct cell *cells)
{
	memcpy(call_out(at, n), cells, n * sizeof *cells);
}

static void type_look(const struct call_at *at)
{
	row_of(at, 4,
		(struct cell[]){ cell_text(STR("help")), cell_text(STR("1wd")), cell_int(FOR_EVER),
			NULL_END });
}

static void category_look(const struct call_at *at)
{
	row_of(at, 4,
		(struct cell[]){ cell_text(STR("2204")), cell_text(STR("other")),
			cell_int(FOR_EVER), NULL_END });
}

static void code_look(const struct call_at *at)
{
	row_of(at, 3, (struct cell[]){ cell_text(STR("2204")), cell_int(FOR_EVER), NULL_END });
}

static void unit_look(const struct call_at *at)
{
	row_of(at, 3, (struct cell[]){ cell_text(STR("D01")), cell_int(FOR_EVER), NULL_END });
}

static void duty_look(const struct call_at *at)
{
	row_of(at, 5,
		(struct cell[]){ cell_text(STR("2204")), cell_text(STR("D01")), cell_int(0),
			cell_int(FOR_EVER), NULL_END });
}

static void sla_look(const struct call_at *at)
{
	row_of(at, 6,
		(struct cell[]){ cell_text(STR("help")), cell_text(STR("1wd")),
			cell_text(STR("1wd")), cell_text(STR("7wd")), cell_int(FOR_EVER),
			NULL_END });
}

static void limit_look(const struct call_at *at)
{
	row_of(at, 4,
		(struct cell[]){ cell_text(STR("help")), cell_text(STR("3wd")), cell_int(FOR_EVER),
			NULL_END });
}

/* The same for a seed's whole life. */
static bool is_systems(enum road_step step)
{
	return (sim.seed >> (step % 8) & 1) != 0 && step != ROAD_ANSWER;
}

static void road_look(const struct call_at *at)
{
	for (int step = 0; step < ROAD_STEPS; step++)
		row_of(at, 5,
			(struct cell[]){
				cell_text(str_from_c(road_step_word((enum road_step)step))),
				cell_text(STR("*")),
				cell_text(is_systems((enum road_step)step) ? STR("system")
									   : STR("people")),
				cell_int(FOR_EVER), NULL_END });
}

const struct statement reference_statements[] = {
	{ "intake.submission_find", submission_find_look, NULL },
	{ "intake.submission_insert", submission_insert_look, submission_insert_change },
	{ "intake.case_ids", case_ids_look, NULL },
	{ "intake.category_load", category_look, NULL },
	{ "intake.category_word_load", nothing, NULL },
	{ "intake.type_word_load", nothing, NULL },
	{ "intake.org_load", nothing, NULL },
	{ "intake.category_code_load", code_look, NULL },
	{ "intake.area_load", nothing, NULL },
	{ "intake.type_load", type_look, NULL },
	{ "intake.road_load", road_look, NULL },
	{ "intake.article_load", nothing, NULL },
	{ "intake.holiday_load", nothing, NULL },
	{ "dispatch.duty_load", duty_look, NULL },
	{ "dispatch.area_load", nothing, NULL },
	{ "dispatch.org_load", unit_look, NULL },
	{ "dispatch.sla_load", sla_look, NULL },
	{ "dispatch.holiday_load", nothing, NULL },
	{ "dispatch.road_load", road_look, NULL },
	{ "reply.road_load", road_look, NULL },
	{ "reply.kb_load", nothing, NULL },
	{ "reply.category_load", code_look, NULL },
	{ "reply.unit_load", unit_look, NULL },
	{ "reply.deliver_load", deliver_load_look, NULL },
	{ "followup.road_load", road_look, NULL },
	{ "followup.limit_load", limit_look, NULL },
	{ "followup.holiday_load", nothing, NULL },
	{ "analytics.holiday_load", nothing, NULL },
	{ 0 },
};
