/* What must hold: after every commit, when a receipt arrives, and once all is quiet. */
#include <stdio.h>
#include <string.h>

#include "dispatch_core.h"
#include "followup_core.h"
#include "intake_core.h"
#include "reply_core.h"
#include "sim_net.h"
#include "sim_store.h"

/* The row says what the journal says. */
static void check_journal(struct schema *schema, int64_t case_id)
{
	const struct stored_case *at = case_of(schema, case_id);
	int64_t seq = case_number_of(schema, case_id, "seq");
	if (seq != at->n_entries)
		sim_break("%s, case %lld: the row counts %lld entries, the journal has %d",
			schema->spec->name, (long long)case_id, (long long)seq, at->n_entries);
	if (at->n_entries > 0 && at->row != NULL &&
		memcmp(case_text_of(schema, case_id, "head").p, at->entries[at->n_entries - 1].hash,
			32) != 0)
		sim_break("%s, case %lld: the row's head is not the journal's", schema->spec->name,
			(long long)case_id);
}

static int32_t set_aside_upto(const struct schema *group, int64_t case_id, const char *producer)
{
	int32_t upto = 0;
	for (size_t i = 0; i < group->n_parked; i++)
		if (group->parked[i].case_id == case_id && group->parked[i].state == 1 &&
			str_eq_c(group->parked[i].producer, producer) &&
			group->parked[i].seq > upto)
			upto = group->parked[i].seq;
	return upto;
}

/* Cursor and effects are one; nobody is behind without a marker. */
static void check_stream(int producer, struct schema *group, int64_t case_id)
{
	struct schema *from = &sim_schemas[producer];
	const char *name = from->spec->name;
	char column[KIT_NAME_MAX];
	snprintf(column, sizeof column, "seen_%s", name);
	int64_t seen = case_number_of(group, case_id, column);
	int32_t last = case_of(from, case_id)->n_entries;
	int32_t effects = case_of(group, case_id)->effects[producer];
	if (effects != seen)
		sim_break("%s, case %lld: %d of %s took effect, the cursor says %lld",
			group->spec->name, (long long)case_id, effects, name, (long long)seen);
	if (seen > last)
		sim_break("%s, case %lld: the cursor for %s is ahead of its journal",
			group->spec->name, (long long)case_id, name);
	int64_t reached = set_aside_upto(group, case_id, name);
	if (reached < seen)
		reached = seen;
	if (reached < last && !marker_stands(from, case_id, group->spec->name))
		sim_break("%s, case %lld: at %lld of %d of %s, and no marker stands",
			group->spec->name, (long long)case_id, (long long)reached, last, name);
}

static bool timer_stands(const struct schema *schema, int64_t case_id)
{
	for (size_t i = 0; i < schema->n_timers; i++)
		if (schema->timers[i].is_there && schema->timers[i].case_id == case_id)
			return true;
	return false;
}

/* Every open case has somebody and a due time, a timer or a message under way. */
static void check_owner(int64_t case_id)
{
	struct schema *intake = &sim_schemas[KIT_INTAKE];
	struct schema *dispatch = &sim_schemas[KIT_DISPATCH];
	struct schema *reply = &sim_schemas[KIT_REPLY];
	struct schema *followup = &sim_schemas[KIT_FOLLOWUP];
	int64_t state = case_number_of(dispatch, case_id, "state");
	char grp[KIT_NAME_MAX];
	if (case_number_of(intake, case_id, "state") == INTAKE_RECEIVED &&
		case_number_of(intake, case_id, "accept_due") == 0)
		sim_break("case %lld: nobody has to accept it", (long long)case_id);
	if ((state == DISPATCH_DISPATCHED || state == DISPATCH_IN_PROGRESS) &&
		(case_text_of(dispatch, case_id, "unit").n == 0 ||
			case_number_of(dispatch, case_id, "resolve_due") == 0))
		sim_break("case %lld: no unit, or no due time", (long long)case_id);
	int reply_state = (int)case_number_of(reply, case_id, "state");
	snprintf(grp, sizeof grp, "deliver/%.*s", STR_ARG(case_text_of(reply, case_id, "channel")));
	if (reply_is_under_way(reply_state) && !marker_stands(reply, case_id, grp))
		sim_break("case %lld: its delivery has no marker", (long long)case_id);
	if ((reply_is_sending(reply_state) || reply_is_in_doubt(reply_state)) &&
		!timer_stands(reply, case_id))
		sim_break("case %lld: claimed or in doubt without a timer", (long long)case_id);
	if (case_number_of(followup, case_id, "state") == FOLLOWUP_FOLLOWING &&
		!timer_stands(followup, case_id))
		sim_break("case %lld: followed without a timer", (long long)case_id);
}

static int source_of(struct str source)
{
	for (int i = 0; i < SIM_CHANNELS; i++)
		if (str_eq_c(source, sim_sources[i]))
			return i;
	return -1;
}

static void check_channel(int64_t case_id)
{
	struct schema *intake = &sim_schemas[KIT_INTAKE];
	struct str channel = case_text_of(intake, case_id, "channel");
	int source = source_of(case_text_of(intake, case_id, "source"));
	if (case_of(intake, case_id)->row == NULL)
		return;
	if (source < 0 || !str_eq_c(channel, sim_channels[source]))
		sim_break("case %lld: its channel is %.*s, which its key may not use",
			(long long)case_id, STR_ARG(channel));
}

void sim_check_case(int64_t case_id)
{
	for (int s = 0; s < SCHEMAS - 1 && !sim.is_broken; s++)
		check_journal(&sim_schemas[s], case_id);
	for (int producer = 0; producer < KIT_PRODUCERS && !sim.is_broken; producer++) {
		const char *const *groups = NULL;
		size_t n = kit_groups_of(producer, &groups);
		for (size_t i = 0; i < n && !sim.is_broken; i++)
			check_stream(producer, schema_named(groups[i]), case_id);
	}
	check_owner(case_id);
	check_channel(case_id);
}

/* What a receipt says is in the database, once. */
void sim_check_letters(void)
{
	const struct schema *intake = &sim_schemas[KIT_INTAKE];
	for (int i = 0; i < sim_n_letters; i++) {
		const struct letter *letter = &sim_letters[i];
		int found = 0;
		for (size_t k = 0; k < intake->n_children && letter->is_receipted; k++) {
			const struct child *child = &intake->children[k];
			if (strcmp(child->sql->name, "intake.submission_insert") != 0)
				continue;
			bool is_it = false, is_digest = false;
			for (size_t c = 0; c < child->n; c++) {
				is_it = is_it || str_eq_c(child->cells[c].s, letter->id);
				is_digest = is_digest ||
					    str_eq(child->cells[c].s, str_of(letter->digest, 32));
			}
			found += is_it && is_digest;
		}
		if (letter->is_receipted && found != 1)
			sim_break("letter %s has its receipt and is there %d times", letter->id,
				found);
	}
}

static void check_ended(int64_t case_id)
{
	int64_t intake = case_number_of(&sim_schemas[KIT_INTAKE], case_id, "state");
	int64_t dispatch = case_number_of(&sim_schemas[KIT_DISPATCH], case_id, "state");
	int64_t reply = case_number_of(&sim_schemas[KIT_REPLY], case_id, "state");
	int64_t followup = case_number_of(&sim_schemas[KIT_FOLLOWUP], case_id, "state");
	bool is_refused = intake == INTAKE_NOT_ACCEPTED && dispatch == DISPATCH_CLOSED &&
			  reply == REPLY_NOTIFIED;
	bool is_closed = intake == INTAKE_CLOSED && dispatch == DISPATCH_CLOSED &&
			 reply == REPLY_CLOSED && followup == FOLLOWUP_CLOSED;
	if (case_of(&sim_schemas[KIT_INTAKE], case_id)->row == NULL)
		return; /* a number that was never used */
	if (is_refused)
		sim_count(COUNT_refused_cases);
	else if (is_closed)
		sim_count(COUNT_closed);
	else
		sim_break("case %lld is not at its end: intake %lld, dispatch %lld, reply %lld, "
			  "followup %lld",
			(long long)case_id, (long long)intake, (long long)dispatch,
			(long long)reply, (long long)followup);
	if (case_number_of(&sim_schemas[KIT_FOLLOWUP], case_id, "redo") > 0)
		sim_count(COUNT_redone);
}

void sim_check_end(void)
{
	if (store_has_markers())
		sim_break("a marker is left although faults have stopped");
	sim_check_letters();
	channels_check();
	sim_pair_check();
	for (int64_t id = 1; id <= store_last_case() && !sim.is_broken; id++) {
		sim_check_case(id);
		check_ended(id);
	}
}
