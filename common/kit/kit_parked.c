/* What is set aside (law 12), and what people do with it. An event that its sender asks to set
 * aside, and every later one of the same case and producer, is stored undecoded and in order; the
 * row's cursor stands still meanwhile. A person has what waits tried again, mends an entry, or
 * moves past it; what follows is then applied in order, until one fails. */
#include "kit/kit_internal.h"

#include "crypto/crypto.h"
#include "kit_sql.h"
#include "proto/operator.pb-c.h"

#define ENTRIES_MOST 100 /* applied by one command; the next one goes on */
#define REASON_MAX   500 /* bytes */
#define N(cols)	     (sizeof(cols) / sizeof(cols)[0])

const struct db_col parked_cols[] = {
	DB_COL(struct parked_row, case_id, DB_INT8, "case_id"),
	DB_COL(struct parked_row, producer, DB_TEXT, "producer"),
	DB_COL(struct parked_row, seq, DB_INT4, "seq"),
	DB_COL(struct parked_row, type, DB_TEXT, "type"),
	DB_COL(struct parked_row, at, DB_INSTANT, "at"),
	DB_COL(struct parked_row, body, DB_BYTES, "body"),
	DB_COL(struct parked_row, body_digest, DB_HASH, "body_digest"),
	DB_COL(struct parked_row, sends, DB_INT4, "sends"),
	DB_COL(struct parked_row, parked_at, DB_INSTANT, "parked_at"),
	DB_COL(struct parked_row, why, DB_TEXT, "why"),
};
const size_t parked_n_cols = N(parked_cols);

const struct db_col parked_change_cols[] = {
	DB_COL(struct parked_change, case_id, DB_INT8, "case_id"),
	DB_COL(struct parked_change, producer, DB_TEXT, "producer"),
	DB_COL(struct parked_change, seq, DB_INT4, "seq"),
	DB_COL(struct parked_change, state, DB_INT4, "state"),
	DB_COL(struct parked_change, why, DB_TEXT, "why"),
	DB_COL(struct parked_change, more, DB_INT4, "more"),
	DB_COL(struct parked_change, reason, DB_TEXT, "reason"),
	DB_COL(struct parked_change, actor, DB_TEXT, "actor"),
	DB_COL(struct parked_change, at, DB_INSTANT, "at"),
	DB_COL(struct parked_change, line, DB_TEXT, "line"),
	DB_COL(struct parked_change, body, DB_BYTES, "body"),
};
const size_t parked_change_n_cols = N(parked_change_cols);

/* --- looking --- */

/* Rows never go, so that once is enough. Another replica's first entry is seen a moment later;
 * until then its case is answered as before, and the sender asks again. */
void parked_look(struct kit *kit)
{
	struct db_result *result = NULL;
	struct err err;
	if (!kit->wants_parked_look)
		return;
	kit->wants_parked_look = false;
	if (kit->has_parked && kit->is_parked_known)
		return;
	if (db_run(kit->db, &kit_sql_parked_any, NULL, &result, &err) != RES_OK)
		return; /* the database is away: asked again soon */
	kit->has_parked = db_get_int(result, 0, 0) != 0;
	kit->is_parked_known = true;
}

void parked_load(struct kit *kit, struct batch *batch, struct db_call *call)
{
	int64_t *ids = arena_new_array(batch->mem, int64_t, batch->cases.n);
	(void)kit;
	call->sql = &kit_sql_parked_load;
	db_params_init(&call->params, batch->mem);
	for (size_t i = 0; i < batch->cases.n && ids != NULL; i++)
		ids[i] = ((const struct batch_case *)batch->cases.items[i])->case_id;
	db_param_int8_array(&call->params, ids, batch->cases.n);
}

void parked_take(struct batch *batch, const struct db_result *result)
{
	for (size_t r = 0; r < db_rows(result); r++) {
		struct batch_case *at = map_get_id(batch->by_case, db_get_int(result, r, 0));
		int producer = kit_producer_find(db_get_str(result, r, 1));
		if (at == NULL || producer < 0)
			continue;
		at->place[producer].waits = (int32_t)db_get_int(result, r, 2);
		at->place[producer].skipped = (int32_t)db_get_int(result, r, 3);
	}
}

/* --- setting aside --- */

void parked_put(struct kit *kit, struct slot *slot)
{
	struct batch *batch = kit->batch;
	const struct wire_head *head = &slot->message.head;
	struct park_place *place = &slot->at->place[kit_producer_find(head->producer)];
	struct parked_row *row = arena_new(batch->mem, struct parked_row);
	if (row == NULL)
		return;
	*row = (struct parked_row){
		.case_id = head->case_id,
		.producer = head->producer,
		.seq = head->seq,
		.type = head->type.p != NULL ? head->type : STR(""),
		.at = instant_is_none(head->time) ? batch->now : head->time,
		.body = slot->message.body.p != NULL ? slot->message.body : STR(""),
		.sends = head->attempt,
		.parked_at = batch->now,
		.why = head->park ? head->text : STR("comes behind one that is set aside"),
		.at_case = slot->at,
	};
	if (row->why.p == NULL)
		row->why = STR("");
	crypto_hash(row->body_digest, NULL, &row->body, 1);
	list_add(batch->mem, &batch->parked, row);
	place->waits = head->seq;
	slot->at->has_parked = true;
	/* who applies it meanwhile on another replica, or sets it aside, loses or wins; a row that
	 * is not there is not made for this */
	if (kit_case_of(slot->at->row)->version > 0)
		slot->at->is_dirty = true;
}

/* As good as an acknowledgement: the marker goes. In a message of its own, which older senders take
 * too. */
void parked_ack(struct kit *kit, const struct slot *slot)
{
	struct wire_msg ack = kit_answer_to(kit, &slot->message, WIRE_ACK);
	int producer = kit_producer_find(slot->message.head.producer);
	ack.head.seq = park_cursor(&slot->at->place[producer]);
	ack.head.code = WIRE_CODE_PARKED;
	peer_send(kit->peer, &ack);
}

void parked_after(struct kit *kit, const struct batch *batch)
{
	static const char *const names[] = {
		[PARKED_WAITS] = "waits", [PARKED_APPLIED] = "applied", [PARKED_SKIPPED] = "skipped"
	};
	for (size_t i = 0; i < batch->parked.n; i++) {
		const struct parked_row *row = batch->parked.items[i];
		if (row->at_case->is_lost)
			continue;
		kit->has_parked = true;
		kit->counts.parkings++;
		log_event(kit->log, message_parked, LOG_ID("case", row->case_id),
			LOG_STR("producer", row->producer), LOG_INT("seq", row->seq),
			LOG_STR("type", row->type), LOG_STR("why", row->why));
	}
	for (size_t i = 0; i < batch->changes.n; i++) {
		const struct parked_change *change = batch->changes.items[i];
		if (!change->at_case->is_lost)
			log_event(kit->log, parked_changed, LOG_ID("case", change->case_id),
				LOG_STR("producer", change->producer), LOG_INT("seq", change->seq),
				LOG_TEXT("now", names[change->state]),
				LOG_STR("actor", change->actor));
	}
}

/* --- what people do --- */

struct entry {
	int32_t seq;
	struct str type;
	struct instant at;
	struct str body;
};

struct act {
	struct kit_turn *turn;
	struct slot *slot;
	Wangli__ParkedAct *asked;
	struct str actor;
	struct str reason;
	int producer;
	struct entry *entries; /* what waits, in order */
	size_t n;
};

static enum res act_check(struct act *act, struct err *err)
{
	const uint32_t may = ROLE_BIT(OPERATOR) | ROLE_BIT(SUPERVISOR);
	struct kit *kit = act->turn->kit;
	struct actor actor;
	TRY(kit_actor(act->turn, &actor, err));
	if (!role_is_in(actor.role, may))
		return err_set(err, RES_DENIED,
			"what is set aside is for operator and supervisor, not for %s",
			role_word(actor.role));
	act->actor = act->turn->message->head.actor;
	act->producer = kit_producer_find(wire_str(act->asked->producer));
	if (act->producer < 0 ||
		!kit_subscribes(str_from_c(kit->spec->name), (enum kit_producer)act->producer))
		return err_set(err, RES_INVALID, "%s takes no events of '%s'", kit->spec->name,
			act->asked->producer);
	act->reason = str_trim(wire_str(act->asked->reason));
	if (act->reason.n > REASON_MAX || str_find_control(act->reason) != SIZE_MAX ||
		str_find(act->reason, STR("\n"), 0) != SIZE_MAX)
		return err_set(
			err, RES_INVALID, "the reason: one line of at most %d bytes", REASON_MAX);
	return RES_OK;
}

/* A failure of the session is the batch's. */
static enum res look_failed(struct act *act, enum res res, const struct err *err)
{
	struct batch *batch = act->turn->kit->batch;
	if (res != RES_OK) {
		batch->broken = res;
		batch->broken_err = *err;
	}
	return res;
}

static enum res entries_load(struct act *act, struct err *err)
{
	struct kit_turn *turn = act->turn;
	struct db_params params;
	struct db_result *rows = NULL;
	db_params_init(&params, turn->mem);
	db_param_int8(&params, turn->message->head.case_id);
	db_param_text(&params, str_from_c(act->asked->producer));
	db_param_int4(&params, ENTRIES_MOST);
	TRY(look_failed(
		act, db_run(turn->kit->db, &kit_sql_parked_entries, &params, &rows, err), err));
	act->n = db_rows(rows);
	act->entries = arena_new_array(turn->mem, struct entry, act->n);
	for (size_t i = 0; i < act->n && act->entries != NULL; i++)
		act->entries[i] = (struct entry){
			.seq = (int32_t)db_get_int(rows, i, 0),
			.type = arena_str(turn->mem, db_get_str(rows, i, 1)),
			.at = db_get_instant(rows, i, 2),
			.body = arena_str(turn->mem, db_get_str(rows, i, 3)),
		};
	if (act->entries == NULL)
		act->n = 0;
	return RES_OK;
}

static enum res act_open(struct act *act, struct kit_turn *turn, struct err *err)
{
	*act = (struct act){ .turn = turn, .slot = (struct slot *)turn };
	TRY(wire_unpack(
		turn->mem, &wangli__parked_act__descriptor, turn->message->body, &act->asked, err));
	TRY(act_check(act, err));
	TRY(entries_load(act, err));
	if (act->n == 0)
		return err_set(err, RES_CONFLICT,
			"nothing of %s waits here for this case: ./wangli parked list shows what "
			"does",
			act->asked->producer);
	return RES_OK;
}

static struct parked_change *change_add(struct act *act, const struct entry *entry,
	enum parked_state state, const char *what, struct str detail)
{
	struct kit_turn *turn = act->turn;
	struct batch *batch = turn->kit->batch;
	struct parked_change *change = arena_new(turn->mem, struct parked_change);
	char at[INSTANT_TEXT_MAX];
	if (change == NULL)
		return NULL;
	*change = (struct parked_change){
		.case_id = turn->message->head.case_id,
		.producer = str_from_c(act->asked->producer),
		.seq = entry->seq,
		.state = (int32_t)state,
		.why = STR(""),
		.reason = STR(""),
		.actor = act->actor,
		.at = turn->now,
		.line = arena_printf(turn->mem, "%s %.*s %s%s%.*s\n", instant_format(turn->now, at),
			STR_ARG(act->actor), what, detail.n > 0 ? ": " : "", STR_ARG(detail)),
		.at_case = act->slot->at,
	};
	list_add(turn->mem, &batch->changes, change);
	act->slot->at->has_parked = true;
	return change;
}

/* The event as it would have come, decided on the row as it stands now. */
static struct slot *entry_run(struct act *act, const struct entry *entry)
{
	struct kit_turn *turn = act->turn;
	struct slot *slot = arena_new(turn->mem, struct slot);
	if (slot == NULL)
		return NULL;
	slot->at = act->slot->at;
	slot->message = (struct wire_msg){
		.kind = WIRE_EVENT,
		.head = {
			.source = str_from_c(act->asked->producer),
			.sender = str_from_c(act->asked->producer),
			.producer = str_from_c(act->asked->producer),
			.type = entry->type,
			.time = entry->at,
			.to = str_from_c(turn->kit->spec->name),
			.case_id = turn->message->head.case_id,
			.seq = entry->seq,
		},
		.body = entry->body,
	};
	slot->handler = kit_handler_find(turn->kit, &slot->message);
	slot->turn = (struct kit_turn){
		.kit = turn->kit,
		.message = &slot->message,
		.row = turn->row,
		.now = turn->now,
		.ref_version = turn->ref_version,
		.mem = turn->mem,
		.service = turn->service,
	};
	if (slot->handler != NULL) {
		kit_slot_run(turn->kit, slot);
	} else {
		slot->code = WIRE_CODE_UNKNOWN_TYPE;
		slot->text = STR("this program does not know the type: upgrade it first");
	}
	return slot;
}

static int32_t cursor_of(const struct act *act)
{
	struct park_place place = act->slot->at->place[act->producer];
	place.seen = kit_case_of(act->turn->row)->seen[act->producer];
	place.waits = 0;
	return park_cursor(&place);
}

/* true: it is behind us. out_why: what stopped it otherwise. */
static bool entry_apply(struct act *act, const struct entry *entry, struct str *out_why)
{
	struct kit_case *row = kit_case_of(act->turn->row);
	if (entry->seq <= cursor_of(act)) {
		(void)change_add(act, entry, PARKED_APPLIED, "found it applied", STR(""));
		return true;
	}
	const struct slot *done = entry_run(act, entry);
	if (done == NULL)
		return false;
	if (done->end == SLOT_DONE && done->code == WIRE_CODE_COMMITTED) {
		row->seen[act->producer] = entry->seq;
		(void)change_add(act, entry, PARKED_APPLIED, "applied", STR(""));
		return true;
	}
	const char *code = done->end == SLOT_AGAIN ? "the state does not allow it"
						   : wire_code_name(done->code);
	*out_why = arena_printf(act->turn->mem, "%s%s%.*s", code, done->text.n > 0 ? ": " : "",
		STR_ARG(done->text));
	struct parked_change *change =
		change_add(act, entry, PARKED_WAITS, "tried in vain", *out_why);
	if (change != NULL) {
		change->why = *out_why;
		change->more = 1;
	}
	return false;
}

/* From place i on, in order, until one fails. */
static void follow(struct act *act, size_t i, const char *before)
{
	struct kit_turn *turn = act->turn;
	struct str why = STR("");
	size_t first = i;
	while (i < act->n && entry_apply(act, &act->entries[i], &why))
		i++;
	int n = (int)(i - first);
	if (i < act->n) {
		act->slot->has_stopped = true;
		kit_answer_text(turn, arena_printf(turn->mem, "%s%d applied; %d waits: %.*s",
					      before, n, act->entries[i].seq, STR_ARG(why)));
	} else if (act->n == ENTRIES_MOST) {
		kit_answer_text(turn, arena_printf(turn->mem,
					      "%s%d applied; there may be more: retry", before, n));
	} else {
		kit_answer_text(
			turn, arena_printf(turn->mem, "%s%d applied; nothing waits", before, n));
	}
	if (kit_case_of(turn->row)->version == 0 && n == 0)
		kit_row_unchanged(turn); /* a row that is not there is not made for this */
}

static enum res on_retry(struct kit_turn *turn, struct err *err)
{
	struct act act;
	TRY(act_open(&act, turn, err));
	if (act.asked->seq != 0 && act.asked->seq != act.entries[0].seq)
		return err_set(err, RES_CONFLICT, "the first that waits is %d, not %d",
			act.entries[0].seq, act.asked->seq);
	follow(&act, 0, "");
	return RES_OK;
}

static const struct entry *entry_find(const struct act *act, int32_t seq)
{
	for (size_t i = 0; i < act->n; i++)
		if (act->entries[i].seq == seq)
			return &act->entries[i];
	return NULL;
}

static enum res on_fix(struct kit_turn *turn, struct err *err)
{
	struct act act;
	TRY(act_open(&act, turn, err));
	const struct entry *entry = entry_find(&act, act.asked->seq);
	struct str body = str_of((const char *)act.asked->body.data, act.asked->body.len);
	if (entry == NULL)
		return err_set(err, RES_CONFLICT, "%d of %s does not wait here; the first is %d",
			act.asked->seq, act.asked->producer, act.entries[0].seq);
	if (act.reason.n == 0)
		return err_set(err, RES_INVALID, "a fix wants a reason");
	struct parked_change *change = change_add(&act, entry, PARKED_WAITS, "fixed", act.reason);
	if (change != NULL) {
		change->body = body.n > 0 ? body : STR("");
		change->reason = act.reason;
	}
	kit_answer_text(turn, STR("fixed; have it tried again"));
	if (kit_case_of(turn->row)->version == 0)
		kit_row_unchanged(turn);
	return RES_OK;
}

static enum res on_skip(struct kit_turn *turn, struct err *err)
{
	struct act act;
	TRY(act_open(&act, turn, err));
	if (act.reason.n == 0)
		return err_set(err, RES_INVALID, "a skip wants a reason, which is kept for ever");
	if (act.asked->seq != act.entries[0].seq)
		return err_set(err, RES_CONFLICT,
			"only the first that waits can be skipped: %d, not %d", act.entries[0].seq,
			act.asked->seq);
	struct parked_change *change =
		change_add(&act, &act.entries[0], PARKED_SKIPPED, "skipped", act.reason);
	if (change != NULL)
		change->reason = act.reason;
	struct kit_case *row = kit_case_of(turn->row);
	act.slot->at->place[act.producer].skipped = act.asked->seq;
	if (row->version > 0)
		row->seen[act.producer] = act.asked->seq;
	follow(&act, 1, "skipped; ");
	return RES_OK;
}

const struct kit_handler kit_parked_handlers[] = {
	{ .kind = WIRE_COMMAND, .type = "parked.retry.v1", .handle = on_retry },
	{ .kind = WIRE_COMMAND, .type = "parked.fix.v1", .handle = on_fix },
	{ .kind = WIRE_COMMAND, .type = "parked.skip.v1", .handle = on_skip },
	{ 0 },
};

bool parked_is_own(const struct kit_handler *handler)
{
	return handler >= kit_parked_handlers && handler < kit_parked_handlers + 3;
}
