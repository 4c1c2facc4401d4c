/* One batch (law 5): the inbox goes through one transaction. Round A begins and reads the clock and
 * all rows; admit gives new submissions their ids; decide; rounds B and C write (kit_write.c). A
 * deadlock repeats the batch, the database being away keeps it for later, any other failure bisects
 * it until the one bad message stands alone. */
#include "kit/kit_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kit_sql.h"

#define KEPT_FOR      SPAN_MS(200)
#define SUSPECTS_MOST 16 /* transactions of what may be at fault in a round of the loop */
#define COMPANY_MOST  64 /* messages in one of them, as long as little speaks against each */
#define COMPANY_UNTIL 4	 /* sends in vain; from then on it is a transaction of its own */
#define TROUBLE_EVERY SPAN_S(60) /* the same trouble is said once */

struct load {
	struct list ids;      /* struct batch_case to read */
	struct list commands; /* slots */
	struct list timers;   /* slots */
	struct list submits;  /* slots */
};

static struct batch_case *case_at(
	struct kit *kit, struct batch *batch, int64_t case_id, bool *out_is_new)
{
	struct batch_case *at = map_get_id(batch->by_case, case_id);
	*out_is_new = at == NULL;
	if (at != NULL)
		return at;
	at = arena_new(batch->mem, struct batch_case);
	void *row = arena_alloc(batch->mem, kit->spec->cases->row_bytes);
	if (at == NULL || row == NULL)
		return NULL;
	at->case_id = case_id;
	at->row = row;
	kit_case_of(row)->case_id = case_id;
	map_put_id(batch->by_case, case_id, at);
	list_add(batch->mem, &batch->cases, at);
	return at;
}

static void slot_prepare(struct kit *kit, struct batch *batch, struct slot *slot, struct load *load)
{
	const struct wire_msg *msg = &slot->message;
	slot->handler = kit_handler_find(kit, msg);
	slot->timer_due = INSTANT_NONE;
	slot->turn = (struct kit_turn){
		.kit = kit, .message = msg, .mem = batch->mem, .service = kit->service
	};
	/* events of a type that nobody knows (yet) may have to join others that are set aside */
	if (slot->handler != NULL ? slot->handler->no_case : msg->kind != WIRE_EVENT)
		return;
	if (msg->kind == WIRE_SUBMIT) {
		list_add(batch->mem, &load->submits, slot);
		return;
	}
	if (msg->head.case_id <= 0)
		return;
	bool is_new;
	slot->at = case_at(kit, batch, msg->head.case_id, &is_new);
	if (slot->at == NULL)
		return; /* memory is out, which the batch sees before it loads */
	if (is_new && !memory_take(kit, slot->at))
		list_add(batch->mem, &load->ids, slot->at);
	if (msg->kind == WIRE_COMMAND) {
		slot->at->n_commands++;
		list_add(batch->mem, &load->commands, slot);
	}
	if ((int)msg->kind == KIT_TIMER)
		list_add(batch->mem, &load->timers, slot);
}

static int64_t *case_ids_of_slots(
	struct arena *mem, const struct list *slots, struct str *names, bool by_command)
{
	int64_t *ids = arena_new_array(mem, int64_t, slots->n);
	for (size_t i = 0; i < slots->n && ids != NULL; i++) {
		const struct slot *slot = slots->items[i];
		ids[i] = slot->message.head.case_id;
		names[i] = by_command ? slot->message.head.command_id : slot->message.head.type;
	}
	return ids;
}

static void call_for_slots(struct kit *kit, struct db_call *call, const struct db_sql *sql,
	const struct list *slots, bool by_command)
{
	struct arena *mem = kit->batch->mem;
	struct str *names = arena_new_array(mem, struct str, slots->n);
	int64_t *ids = case_ids_of_slots(mem, slots, names, by_command);
	call->sql = sql;
	db_params_init(&call->params, mem);
	db_param_int8_array(&call->params, ids, slots->n);
	db_param_text_array(&call->params, names, slots->n);
}

static enum res take_rows(
	struct kit *kit, struct batch *batch, const struct db_result *result, struct err *err)
{
	const struct kit_case_table *table = kit->spec->cases;
	char *rows = NULL;
	size_t n = 0;
	TRY(db_read(
		result, batch->mem, table->cols, table->n_cols, table->row_bytes, &rows, &n, err));
	for (size_t i = 0; i < n; i++) {
		const void *row = rows + i * table->row_bytes;
		struct batch_case *at =
			map_get_id(batch->by_case, ((const struct kit_case *)row)->case_id);
		if (at == NULL)
			return err_set(
				err, RES_BUG, "case_load gave a case that was not asked for");
		memcpy(at->row, row, table->row_bytes);
		at->first_seq = kit_case_of(at->row)->seq;
	}
	return RES_OK;
}

static void take_commands(
	struct batch *batch, const struct list *slots, const struct db_result *result)
{
	for (size_t r = 0; r < db_rows(result); r++) {
		for (size_t i = 0; i < slots->n; i++) {
			struct slot *slot = slots->items[i];
			if (slot->message.head.case_id != db_get_int(result, r, 0) ||
				!str_eq(slot->message.head.command_id, db_get_str(result, r, 1)))
				continue;
			slot->is_kept = true;
			slot->end = SLOT_DONE;
			slot->code = (enum wire_code)db_get_int(result, r, 2);
			slot->text = arena_str(batch->mem, db_get_str(result, r, 3));
			slot->answer = arena_str(batch->mem, db_get_str(result, r, 4));
			slot->kept_seq = (int32_t)db_get_int(result, r, 5);
		}
	}
}

/* The same command twice in one batch: the second finds the first one's result in the next batch.
 */
static void defer_twins(const struct list *slots)
{
	for (size_t i = 1; i < slots->n; i++) {
		struct slot *later = slots->items[i];
		if (later->at->n_commands < 2)
			continue;
		for (size_t k = 0; k < i && later->end == SLOT_OPEN; k++) {
			const struct slot *earlier = slots->items[k];
			if (earlier->message.head.case_id == later->message.head.case_id &&
				str_eq(earlier->message.head.command_id,
					later->message.head.command_id))
				later->end = SLOT_AGAIN;
		}
	}
}

static void take_timers(const struct list *slots, const struct db_result *result)
{
	for (size_t i = 0; i < slots->n; i++) {
		struct slot *slot = slots->items[i];
		for (size_t r = 0; r < db_rows(result); r++) {
			struct instant due = db_get_instant(result, r, 2);
			if (slot->message.head.case_id == db_get_int(result, r, 0) &&
				str_eq(slot->message.head.type, db_get_str(result, r, 1)) &&
				due.us == slot->message.head.time.us)
				slot->timer_due = due;
		}
	}
}

static enum res round_load(struct kit *kit, struct batch *batch, struct load *load, struct err *err)
{
	struct db_call calls[6] = { { .sql = &db_begin }, { .sql = &kit_sql_clock } };
	size_t n = 2;
	struct db_call *rows = NULL, *commands = NULL, *timers = NULL, *parked = NULL;
	db_params_init(&calls[0].params, batch->mem);
	db_params_init(&calls[1].params, batch->mem);
	if (load->ids.n > 0) {
		rows = &calls[n++];
		rows->sql = kit->spec->cases->load;
		int64_t *ids = arena_new_array(batch->mem, int64_t, load->ids.n);
		for (size_t i = 0; i < load->ids.n && ids != NULL; i++)
			ids[i] = ((struct batch_case *)load->ids.items[i])->case_id;
		db_params_init(&rows->params, batch->mem);
		db_param_int8_array(&rows->params, ids, load->ids.n);
	}
	if (load->commands.n > 0) {
		commands = &calls[n++];
		call_for_slots(kit, commands, &kit_sql_command_load, &load->commands, true);
		db_param_int2(&commands->params, WIRE_CODE_DONE);
	}
	if (load->timers.n > 0) {
		timers = &calls[n++];
		call_for_slots(kit, timers, &kit_sql_timer_load, &load->timers, false);
	}
	if (kit->has_parked && batch->cases.n > 0) {
		parked = &calls[n++];
		parked_load(kit, batch, parked);
	}
	if (arena_failed(batch->mem))
		return err_set(err, RES_INVALID, "the batch needs more than BATCH_MEMORY");
	TRY(db_round(kit->db, calls, n, err));
	if (db_rows(calls[1].result) != 1)
		return err_set(err, RES_BUG, "ref.clock and ref.version must hold one row each");
	batch->now = db_get_instant(calls[1].result, 0, 0);
	batch->real_now = db_get_instant(calls[1].result, 0, 2);
	int32_t version = (int32_t)db_get_int(calls[1].result, 0, 1);
	if (version != kit->ref_version) {
		kit->ref_version = version;
		return err_set(err, RES_NOT_FOUND, "reference data have changed");
	}
	if (rows != NULL)
		TRY(take_rows(kit, batch, rows->result, err));
	if (commands != NULL) {
		take_commands(batch, &load->commands, commands->result);
		defer_twins(&load->commands);
	}
	if (timers != NULL)
		take_timers(&load->timers, timers->result);
	if (parked != NULL)
		parked_take(batch, parked->result);
	return RES_OK;
}

#define ADMIT_RETRY_MS 5000

static void take_admitted(
	struct kit *kit, struct batch *batch, struct slot *slot, const struct kit_submit *submit)
{
	if (submit->receipt.p != NULL) {
		slot->end = SLOT_DONE;
		slot->code = WIRE_CODE_DUPLICATE;
		slot->answer = submit->receipt;
		kit->counts.duplicates++;
		return;
	}
	if (submit->refused == RES_RETRY) {
		slot->end = SLOT_AGAIN;
		return;
	}
	if (submit->refused ==
		RES_NOT_FOUND) { /* not now: its integrator must do something first */
		slot->end = SLOT_DONE;
		slot->code = WIRE_CODE_BUSY;
		slot->retry_after_ms = ADMIT_RETRY_MS;
		slot->text = arena_str(batch->mem, str_from_c(submit->reason));
		return;
	}
	if (submit->refused != RES_OK) {
		slot->end = SLOT_DONE;
		slot->code =
			submit->refused == RES_CONFLICT ? WIRE_CODE_CONFLICT : WIRE_CODE_INVALID;
		slot->text = arena_str(batch->mem, str_from_c(submit->reason));
		kit->counts.refused++;
		return;
	}
	bool is_new;
	slot->at = case_at(kit, batch, submit->case_id, &is_new);
	slot->turn.admitted = submit->admitted;
	if (slot->at != NULL)
		slot->at->is_admitted = true;
}

static enum res round_admit(
	struct kit *kit, struct batch *batch, struct load *load, struct err *err)
{
	size_t n = load->submits.n;
	if (n == 0)
		return RES_OK;
	if (kit->spec->admit == NULL)
		return err_set(err, RES_BUG, "a service without admit got a SUBMIT");
	struct kit_submit *submits = arena_new_array(batch->mem, struct kit_submit, n);
	if (submits == NULL)
		return err_set(err, RES_INVALID, "the batch needs more than BATCH_MEMORY");
	for (size_t i = 0; i < n; i++)
		submits[i].message = &((struct slot *)load->submits.items[i])->message;
	TRY(kit->spec->admit(kit->service, kit->db, batch->mem, batch->now, submits, n, err));
	for (size_t i = 0; i < n; i++)
		take_admitted(kit, batch, load->submits.items[i], &submits[i]);
	return RES_OK;
}

static enum res batch_try(struct kit *kit, struct batch *batch, struct err *err)
{
	struct load load = { 0 };
	for (size_t i = 0; i < batch->n_slots; i++)
		slot_prepare(kit, batch, &batch->slots[i], &load);
	TRY(round_load(kit, batch, &load, err));
	TRY(round_admit(kit, batch, &load, err));
	kit_metrics_phase(kit, KIT_PHASE_LOAD);
	for (size_t i = 0; i < batch->n_slots; i++) {
		batch->slots[i].turn.now = batch->now;
		batch->slots[i].turn.ref_version = kit->ref_version;
	}
	TRY(kit_decide(kit, batch, err));
	memory_doubt(kit, batch);
	kit_metrics_phase(kit, KIT_PHASE_DECIDE);
	return kit_write(kit, batch, err);
}

/* One run over the messages from first on. The transaction is over when it returns, one way or the
 * other. */
static enum res batch_run_once(
	struct kit *kit, const struct inbox_item *items, size_t n, struct err *err)
{
	arena_reset(kit->batch_mem);
	map_clear(kit->by_case);
	struct batch batch = { .mem = kit->batch_mem, .n_slots = n, .by_case = kit->by_case };
	batch.slots = arena_new_array(batch.mem, struct slot, n);
	CHECK(batch.slots != NULL);
	for (size_t i = 0; i < n; i++) {
		batch.slots[i].message = items[i].message;
		batch.slots[i].is_paid = items[i].is_paid;
		batch.slots[i].has_waited = items[i].has_waited;
	}
	kit->batch = &batch;
	kit_metrics_begin(kit);
	enum res res = batch_try(kit, &batch, err);
	if (res == RES_OK) {
		kit->counts.batches++;
		kit->last_now = batch.now;
		kit_metrics_phase(kit, KIT_PHASE_WRITE);
		kit_metrics_batch(kit, &batch);
		kit_answer_batch(kit, &batch);
		parked_after(kit, &batch);
		memory_learn(kit, &batch);
		kit_metrics_phase(kit, KIT_PHASE_ANSWER);
	} else {
		memory_clear(kit->memory);
	}
	if (res != RES_OK && db_is_up(kit->db)) {
		struct db_params none;
		struct err ignored;
		db_params_init(&none, kit->batch_mem);
		if (db_run(kit->db, &db_rollback, &none, NULL, &ignored) != RES_OK)
			log_event(kit->log, db_lost, LOG_TEXT("why", ignored.text));
	}
	kit->batch = NULL;
	db_release(kit->db);
	return res;
}

void kit_database_trouble(struct kit *kit, const struct err *err, size_t kept)
{
	struct instant now = loop_now(kit->loop);

	if (db_is_up(kit->db) && instant_is_before(now, kit->trouble_quiet_until))
		return;
	if (db_is_up(kit->db))
		kit->trouble_quiet_until = instant_add(now, TROUBLE_EVERY);
	log_event(kit->log, db_lost, LOG_TEXT("why", err->text), LOG_INT("kept", kept));
}

/* For later: the fault is not in the messages. Not at once again, so that nothing spins. */
static void batch_keep(struct kit *kit, const struct inbox_item *items, size_t n)
{
	kit->held_until = instant_add(loop_now(kit->loop), KEPT_FOR);
	loop_timer_set(kit->gather_timer, KEPT_FOR);
	for (size_t i = 0; i < n; i++) {
		struct inbox_item copy = items[i];
		copy.message = kit_message_copy(kit->inbox_mem[kit->inbox_at], &items[i].message);
		kit_inbox_add(kit, &copy);
	}
}

static enum res reference_load(struct kit *kit, struct err *err)
{
	if (kit->spec->load_reference == NULL)
		return RES_OK;
	enum res res = kit->spec->load_reference(kit->service, kit->db, kit->ref_version, err);
	db_release(kit->db);
	if (res == RES_OK)
		log_event(kit->log, reference_loaded, LOG_INT("version", kit->ref_version));
	else
		kit->ref_version = -1; /* so that the next batch asks again */
	return res;
}

/* Runs messages; recursion halves a batch that fails for what is in it, so its depth is at most
 * log2(1000). */
static void batch_run(struct kit *kit, const struct inbox_item *items, size_t n)
{
	struct err err = { .text = "" };
	enum res res = batch_run_once(kit, items, n, &err);
	for (int tries = 0; tries < 5 && (res == RES_CONFLICT || res == RES_NOT_FOUND); tries++) {
		if (res == RES_NOT_FOUND && reference_load(kit, &err) != RES_OK)
			break;
		kit->counts.repeated++;
		if (res == RES_CONFLICT)
			log_event(kit->log, batch_repeated, LOG_INT("messages", n),
				LOG_TEXT("why", err.text));
		res = batch_run_once(kit, items, n, &err);
	}
	if (res == RES_OK)
		return;
	if (res == RES_RETRY || res == RES_CONFLICT || res == RES_NOT_FOUND || res == RES_DENIED ||
		!db_is_up(kit->db)) {
		kit_database_trouble(kit, &err, n);
		batch_keep(kit, items, n);
		return;
	}
	kit->counts.bisected++;
	log_event(kit->log, batch_bisected, LOG_INT("messages", n), LOG_TEXT("why", err.text));
	if (n > 1) {
		batch_run(kit, items, n / 2);
		batch_run(kit, items + n / 2, n - n / 2);
		return;
	}
	if (wire_kind_needs_credit(items[0].message.kind) && !items[0].is_paid)
		peer_credit(kit->peer, 1);
	if ((int)items[0].message.kind != KIT_TIMER)
		kit_nack(kit, &items[0].message, WIRE_CODE_INVALID, 0, 0,
			STR("this message cannot be stored; see the service's log"));
}

/* Its sender has waited for an answer in vain more than once: it may end the process. */
static bool is_suspect(const struct inbox_item *item)
{
	return item->message.kind == WIRE_EVENT && !item->message.head.park &&
	       item->message.head.attempt >= KIT_ALONE_AFTER;
}

static void batch_add(struct kit *kit, const struct inbox_item *item)
{
	struct inbox_item copy = *item;
	copy.message = kit_message_copy(kit->inbox_mem[kit->inbox_at], &item->message);
	kit_inbox_add(kit, &copy);
}

/* How many of these go into one transaction: many are suspected when a process was killed twice,
 * and next to none of them is at fault (decision 0028). */
static size_t company_of(const struct inbox_item *items, size_t n)
{
	size_t size = 0;
	while (size < n && size < COMPANY_MOST && items[size].message.head.attempt < COMPANY_UNTIL)
		size++;
	return size > 0 ? size : 1;
}

/* All others first, answered and on their way; then what may be at fault, in small company, and
 * alone in the end (law 12), a few transactions a round so that heartbeats are not late. */
static void batch_run_suspects(struct kit *kit, const struct inbox_item *items, size_t n)
{
	for (size_t rounds = 0; n > 0 && rounds < SUSPECTS_MOST; rounds++) {
		size_t size = company_of(items, n);
		peer_flush(kit->peer);
		batch_run(kit, items, size);
		items += size;
		n -= size;
	}
	for (size_t i = 0; i < n; i++) {
		batch_add(kit, &items[i]);
		kit->inbox_is_urgent = true;
	}
}

/* Stable; returns how many are no suspects. spare: as many places. */
static size_t suspects_last(struct inbox_item *items, size_t n, struct arena *mem)
{
	size_t n_suspects = 0, kept = 0;
	for (size_t i = 0; i < n; i++)
		n_suspects += is_suspect(&items[i]);
	if (n_suspects == 0)
		return n;
	struct inbox_item *suspects = arena_new_array(mem, struct inbox_item, n_suspects);
	if (suspects == NULL)
		return n; /* memory is out: they go with the others, which bisection sorts out */
	n_suspects = 0;
	for (size_t i = 0; i < n; i++)
		if (is_suspect(&items[i]))
			suspects[n_suspects++] = items[i];
		else
			items[kept++] = items[i];
	memcpy(items + kept, suspects, n_suspects * sizeof *suspects);
	return kept;
}

void kit_batch_run(struct kit *kit)
{
	struct inbox_item *items = kit->inbox;
	size_t n = kit->n_inbox;
	struct arena *mem = kit->inbox_mem[kit->inbox_at];
	kit->inbox_at = !kit->inbox_at;
	kit->inbox = kit->inbox_spare;
	kit->inbox_spare = items;
	kit->n_inbox = 0;
	kit->inbox_is_urgent = false;
	kit->counts.messages += (int64_t)n;
	size_t n_plain = suspects_last(items, n, mem);
	if (n_plain > 0)
		batch_run(kit, items, n_plain);
	batch_run_suspects(kit, items + n_plain, n - n_plain);
	arena_reset(mem);
}
