/* Merging, by law 10. The product has no merge yet, so the rule is played by a small service on the
 * product's kit: a case asks another one to be its master; the other decides in a transaction of
 * its own, once for each attempt (its command_id is made of the cause), and says so until it is
 * heard. Nobody writes two cases at once. A master cannot be merged, nor can a follower be a
 * master, and a case asks once in its life. */
#include <stdio.h>
#include <stdlib.h>

#include "sim_net.h"
#include "sim_store.h"

/* Ids of its own; rows are made by a timer that stands from the beginning. */
#define FIRST	      40
#define PAIRS	      5
#define AGAIN	      SPAN_S(3)
#define COMMAND(word) "pair." word ".v1"

enum { FREE, ASKED, MERGED };
struct pair_row {
	struct kit_case kit;
	int32_t state;
	int64_t partner;
	int32_t attempt;
	int64_t followers;	   /* a bit each */
	int64_t owed_yes, owed_no; /* who has not heard our answer */
};
static const struct db_col cols[] = {
	KIT_CASE_COLS(struct pair_row),
	DB_COL(struct pair_row, state, DB_INT4, "state"),
	DB_COL(struct pair_row, partner, DB_INT8, "partner"),
	DB_COL(struct pair_row, attempt, DB_INT4, "attempt"),
	DB_COL(struct pair_row, followers, DB_INT8, "followers"),
	DB_COL(struct pair_row, owed_yes, DB_INT8, "owed_yes"),
	DB_COL(struct pair_row, owed_no, DB_INT8, "owed_no"),
};
static const struct db_sql case_load = { .name = "pair.case_load" };
static const struct db_sql case_insert = { .name = "pair.case_insert" };
static const struct db_sql case_update = { .name = "pair.case_update" };
static const struct kit_case_table cases = {
	.row_bytes = sizeof(struct pair_row),
	.cols = cols,
	.n_cols = sizeof cols / sizeof cols[0],
	.load = &case_load,
	.insert = &case_insert,
	.update = &case_update,
};
static const struct kit_table *const tables[] = { NULL };
static const struct db_sql *const statements[] = { NULL };

static int64_t bit_of(int64_t id)
{
	CHECK(id >= FIRST && id < FIRST + PAIRS);
	return INT64_C(1) << (id - FIRST);
}

static int64_t self_of(const struct kit_turn *turn)
{
	return turn->message->head.case_id;
}

static int64_t named(const struct kit_turn *turn)
{
	struct str body = turn->message->body;
	return body.n == 2 ? (body.p[0] - '0') * 10 + (body.p[1] - '0') : 0;
}

/* What this says was committed before: the timer that says it was set with it. */
static void say(struct kit_turn *turn, int64_t to, const char *type, struct str id)
{
	peer_send(turn->kit->peer,
		&(struct wire_msg){ .kind = WIRE_COMMAND,
			.head = { .type = str_from_c(type),
				.to = STR("pair"),
				.reply_to = str_from_c(turn->kit->instance),
				.case_id = to,
				.command_id = id },
			.body = arena_printf(turn->mem, "%lld", (long long)self_of(turn)) });
}

static enum res born(struct kit_turn *turn, struct err *err)
{
	(void)turn, (void)err;
	return RES_OK;
}

/* The planted bug: the other case is written as well, without asking it. On a sharded engine the
 * two commits are two. */
static void merge_both(struct pair_row *row, int64_t other)
{
	struct stored_case *stored = case_of(schema_named("pair"), other);
	row->state = MERGED;
	if (stored->row != NULL)
		stored->row[7].n |= bit_of(row->kit.case_id);
}

static enum res merge(struct kit_turn *turn, struct err *err)
{
	struct pair_row *row = turn->row;
	int64_t other = named(turn);
	bool may_ask = row->state == FREE && row->attempt == 0 && row->followers == 0;
	if (!may_ask || other == self_of(turn))
		return err_set(err, RES_CONFLICT, "it cannot be merged now");
	row->partner = other;
	row->attempt++;
	if (sim.plant == PLANT_MERGE_AT_ONCE) {
		merge_both(row, other);
		return RES_OK;
	}
	row->state = ASKED;
	kit_timer_set(turn, "ask", turn->now);
	return RES_OK;
}

static enum res ask_due(struct kit_turn *turn, struct err *err)
{
	const struct pair_row *row = turn->row;
	(void)err;
	if (row->state != ASKED)
		return RES_OK;
	say(turn, row->partner, COMMAND("ask"),
		arena_printf(turn->mem, "ask/%lld/%d", (long long)self_of(turn), row->attempt));
	kit_timer_set(turn, "ask", instant_add(turn->now, AGAIN));
	return RES_OK;
}

static enum res asked(struct kit_turn *turn, struct err *err)
{
	struct pair_row *row = turn->row;
	int64_t bit = bit_of(named(turn));
	(void)err;
	if (row->state == FREE) {
		row->followers |= bit;
		row->owed_yes |= bit;
	} else {
		row->owed_no |= bit;
	}
	kit_timer_set(turn, "tell", turn->now);
	return RES_OK;
}

static enum res tell_due(struct kit_turn *turn, struct err *err)
{
	const struct pair_row *row = turn->row;
	(void)err;
	for (int64_t id = FIRST; id < FIRST + PAIRS; id++) {
		struct str name = arena_printf(turn->mem, "tell/%lld/%lld/%lld",
			(long long)self_of(turn), (long long)id, (long long)sim_random());
		if (row->owed_yes & bit_of(id))
			say(turn, id, COMMAND("yes"), name);
		else if (row->owed_no & bit_of(id))
			say(turn, id, COMMAND("no"), name);
	}
	if ((row->owed_yes | row->owed_no) != 0)
		kit_timer_set(turn, "tell", instant_add(turn->now, AGAIN));
	return RES_OK;
}

static void heard(struct kit_turn *turn)
{
	say(turn, named(turn), COMMAND("heard"),
		arena_printf(turn->mem, "heard/%lld/%lld", (long long)self_of(turn),
			(long long)sim_random()));
}

/* Only what has been committed is said to be heard: the first time it is noted, the next time
 * confirmed. */
static enum res told_yes(struct kit_turn *turn, struct err *err)
{
	struct pair_row *row = turn->row;
	(void)err;
	if (row->state == ASKED && row->partner == named(turn)) {
		row->state = MERGED;
		kit_timer_set(turn, "ask", INSTANT_NONE);
	} else if (row->state == MERGED && row->partner == named(turn)) {
		heard(turn);
	}
	return RES_OK;
}

static enum res told_no(struct kit_turn *turn, struct err *err)
{
	struct pair_row *row = turn->row;
	(void)err;
	if (row->state == ASKED && row->partner == named(turn)) {
		row->state = FREE;
		kit_timer_set(turn, "ask", INSTANT_NONE);
	} else {
		heard(turn);
	}
	return RES_OK;
}

static enum res was_heard(struct kit_turn *turn, struct err *err)
{
	struct pair_row *row = turn->row;
	(void)err;
	row->owed_yes &= ~bit_of(named(turn));
	row->owed_no &= ~bit_of(named(turn));
	return RES_OK;
}

static const struct kit_handler handlers[] = {
	{ WIRE_COMMAND, COMMAND("merge"), merge },
	{ WIRE_COMMAND, COMMAND("ask"), asked },
	{ WIRE_COMMAND, COMMAND("yes"), told_yes },
	{ WIRE_COMMAND, COMMAND("no"), told_no },
	{ WIRE_COMMAND, COMMAND("heard"), was_heard },
	{ KIT_TIMER, "born", born },
	{ KIT_TIMER, "ask", ask_due },
	{ KIT_TIMER, "tell", tell_due },
	{ 0 },
};
static const struct service_spec spec = {
	.name = "pair",
	.cases = &cases,
	.tables = tables,
	.handlers = handlers,
	.statements = statements,
};

const struct service_spec *sim_spec_pair(void)
{
	return &spec;
}

void sim_pair_begin(void)
{
	struct schema *schema = schema_named("pair");
	for (int i = 0; i < PAIRS; i++)
		schema->timers[schema->n_timers++] = (struct timer_at){ .is_there = true,
			.case_id = FIRST + i,
			.name = "born",
			.due_us = 0,
			.claimed_us = INT64_MIN };
}

bool sim_pair_step(void)
{
	char other[12];
	int64_t id = FIRST + sim_roll(PAIRS);
	if (case_number_of(schema_named("pair"), id, "attempt") != 0)
		return false;
	snprintf(other, sizeof other, "%d", FIRST + (int)sim_roll(PAIRS));
	return people_ask(id, "pair", COMMAND("merge"), "agent/liu", str_from_c(other));
}

/* Both say the same of each other, and nobody is in between. */
void sim_pair_check(void)
{
	struct schema *schema = schema_named("pair");
	for (int64_t id = FIRST; id < FIRST + PAIRS; id++) {
		int64_t state = case_number_of(schema, id, "state");
		int64_t partner = case_number_of(schema, id, "partner");
		int64_t followers = case_number_of(schema, id, "followers");
		if (state == ASKED)
			sim_break("case %lld waits for case %lld's word for ever", (long long)id,
				(long long)partner);
		if (state == MERGED && followers != 0)
			sim_break("case %lld is a follower and a master", (long long)id);
		if (state == MERGED &&
			(case_number_of(schema, partner, "followers") & bit_of(id)) == 0)
			sim_break("case %lld is merged into case %lld, which does not know it",
				(long long)id, (long long)partner);
		for (int64_t other = FIRST; other < FIRST + PAIRS; other++)
			if ((followers & bit_of(other)) != 0 &&
				(case_number_of(schema, other, "state") != MERGED ||
					case_number_of(schema, other, "partner") != id))
				sim_break("case %lld has a follower, %lld, that is none",
					(long long)id, (long long)other);
		if (state == MERGED)
			sim_count(COUNT_merged);
		else if (partner != 0)
			sim_count(COUNT_merge_refused);
	}
}

bool sim_pair_is_quiet(void)
{
	const struct schema *schema = schema_named("pair");
	for (size_t i = 0; i < schema->n_timers; i++)
		if (schema->timers[i].is_there)
			return false;
	return true;
}
