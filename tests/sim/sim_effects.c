/* Every handler of an event leaves a row in the transaction that it belongs to: at the commit it is
 * seen which event took effect where, by whatever way the kit came to run the handler. */
#include <string.h>

#include "sim_store.h"

#define HANDLERS_MAX 64
#define TABLES_MAX   12

struct effect_row {
	int64_t case_id;
	int32_t producer;
	int32_t seq;
};
static const struct db_col effect_cols[] = {
	DB_COL(struct effect_row, case_id, DB_INT8, "case_id"),
	DB_COL(struct effect_row, producer, DB_INT4, "producer"),
	DB_COL(struct effect_row, seq, DB_INT4, "seq"),
};
const struct db_sql sim_sql_effect_insert = { .name = "sim.effect_insert" };
static const struct kit_table effects = {
	.insert = &sim_sql_effect_insert,
	.cols = effect_cols,
	.n_cols = 3,
	.row_bytes = sizeof(struct effect_row),
};

struct watched {
	struct service_spec spec; /* first: the kit has its address */
	const struct kit_handler *original;
	struct kit_handler handlers[HANDLERS_MAX];
	const struct kit_table *tables[TABLES_MAX];
};
static struct watched watched[SCHEMAS];
static size_t n_watched;

static const struct kit_handler *original_of(const struct kit_turn *turn)
{
	const struct kit_handler *h = ((const struct watched *)turn->kit->spec)->original;
	while (h->kind != (int)turn->message->kind || !str_eq_c(turn->message->head.type, h->type))
		h++;
	return h;
}

static enum res watch(struct kit_turn *turn, struct err *err)
{
	const struct wire_head *head = &turn->message->head;
	struct effect_row row = { .case_id = head->case_id, .seq = head->seq };
	if (turn->message->kind == WIRE_EVENT && head->case_id == sim.poison_case) {
		sim_count(COUNT_poisoned);
		return err_set(err, RES_INVALID, "this case is poison");
	}
	TRY(original_of(turn)->handle(turn, err));
	if (turn->message->kind != WIRE_EVENT)
		return RES_OK;
	row.producer = kit_producer_find(head->producer);
	kit_insert(turn, &effects, &row);
	return RES_OK;
}

const struct service_spec *sim_watched(const struct service_spec *spec)
{
	struct watched *made = &watched[n_watched++];
	size_t n = 0;
	CHECK(n_watched <= SCHEMAS);
	*made = (struct watched){ .spec = *spec, .original = spec->handlers };
	for (const struct kit_handler *h = spec->handlers; h->kind != 0; h++) {
		CHECK(n < HANDLERS_MAX - 1);
		made->handlers[n] = *h;
		made->handlers[n++].handle = watch;
	}
	n = 0;
	for (const struct kit_table *const *t = spec->tables; *t != NULL; t++) {
		CHECK(n < TABLES_MAX - 2);
		made->tables[n++] = *t;
	}
	made->tables[n] = &effects;
	made->spec.handlers = made->handlers;
	made->spec.tables = made->tables;
	made->spec.batch_most = 0;
	return &made->spec;
}
