/* The relay (law 3): what was committed reaches every group that subscribes. New events leave from
 * memory at once; whatever is not answered is swept by its marker: claimed with a lease, the last
 * entry sent, GAP tells where to begin. A group that takes nothing is left alone until the broker
 * says otherwise. Nothing here is needed for correctness to be remembered. */
#include "kit/kit_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kit_sql.h"
#include "os/os.h"
#include "wire/wire_acks.h"

#define RELAY_BATCH 500
#define AWAY_FOR    SPAN_S(2) /* a group without members is tried again after this, notice or not */

static struct group *group_find(struct kit *kit, struct str name)
{
	struct relay *relay = &kit->relay;
	for (size_t i = 0; i < relay->n_groups; i++) {
		if (str_eq_c(name, relay->groups[i].name))
			return &relay->groups[i];
	}
	return NULL;
}

struct group *relay_group(struct kit *kit, struct str name)
{
	struct relay *relay = &kit->relay;
	struct group *known = group_find(kit, name);
	if (known != NULL)
		return known;
	CHECK(relay->n_groups <
		KIT_GROUPS_MAX); /* channels come from our own markers: an operator adds them */
	struct group *group = &relay->groups[relay->n_groups++];
	*group = (struct group){ .state = GROUP_OPEN, .is_deliver = deliver_is_for(kit, name) };
	snprintf(group->name, sizeof group->name, "%.*s", STR_ARG(name));
	window_init(&group->window);
	return group;
}

/* Markers of transactions were split, or markers of cases were found: for a while every answer
 * takes those of its case away. What is missed is sent again after its lease, and comes by here
 * again. */
void relay_parts_note(struct kit *kit)
{
	kit->relay.parts_until = instant_add(loop_now(kit->loop), SPAN_MS(2 * kit->settings.lease));
}

void relay_init(struct kit *kit)
{
	relay_parts_note(kit);
	kit->relay.refused = map_create();
	kit->relay.tracks = map_create();
	kit->relay.suspects = map_create();
	os_random(&kit->relay.next_batch, sizeof kit->relay.next_batch);
	kit->relay.next_batch &= INT64_MAX >> 1; /* room to count up */
	const char *const *groups = NULL;
	size_t n = kit_groups_of(kit->self, &groups);
	for (size_t i = 0; i < n; i++)
		relay_group(kit, str_from_c(groups[i]));
}

void relay_fini(struct kit *kit)
{
	map_destroy(kit->relay.refused);
	if (kit->relay.tracks != NULL)
		tracks_clear(kit);
	map_destroy(kit->relay.tracks);
	if (kit->relay.suspects != NULL)
		suspects_clear(kit);
	map_destroy(kit->relay.suspects);
}

bool relay_may_send(struct kit *kit, struct group *group)
{
	if (group->state == GROUP_OPEN)
		return true;
	if (instant_is_before(loop_now(kit->loop), group->blocked_until))
		return false;
	group->state = GROUP_OPEN;
	return true;
}

void relay_wake_all(struct kit *kit)
{
	for (size_t i = 0; i < kit->relay.n_groups; i++)
		kit->relay.groups[i].state = GROUP_OPEN;
	suspects_clear(kit); /* what was under way may be lost, and that speaks against nobody */
	kit->relay.wants_wake = true;
	kit->relay.wants_timers = true;
}

void relay_due(struct kit *kit, int64_t case_id, struct group *group, int32_t first, int32_t last)
{
	struct relay *relay = &kit->relay;
	/* the marker stands: the sweep finds it again; groups that wait leave it its room */
	size_t most = group->state == GROUP_OPEN ? KIT_DUE_MAX : KIT_DUE_MAX - KIT_SWEEP_MOST;
	if (relay->n_due >= most)
		return;
	/* one range for what was refused one after another */
	struct due *before = relay->n_due > 0 ? &relay->due[relay->n_due - 1] : NULL;
	if (before != NULL && before->case_id == case_id && before->group == group &&
		before->last + 1 == first) {
		before->last = last;
		return;
	}
	relay->due[relay->n_due++] =
		(struct due){ .case_id = case_id, .group = group, .first = first, .last = last };
}

/* A subscriber that refuses an entry asks for it again with every later one (GAP). Sending it at
 * once each time would run in a circle at the speed of the bus: it waits for the sweep, which
 * forgets. */
struct str relay_key(
	struct kit *kit, int64_t case_id, const struct group *group, struct marker_key *out)
{
	*out = (struct marker_key){ .case_id = case_id, .group = group - kit->relay.groups };
	return str_of(out, sizeof *out);
}

static void refused_note(struct kit *kit, const struct wire_head *head, const struct group *group)
{
	struct marker_key key;
	if (map_count(kit->relay.refused) >= KIT_DUE_MAX)
		map_clear(kit->relay.refused);
	map_put(kit->relay.refused, relay_key(kit, head->case_id, group, &key),
		(void *)(intptr_t)head->seq);
}

static bool refused_is(struct kit *kit, const struct wire_head *gap, const struct group *group)
{
	struct marker_key key;
	const void *seq = map_get(kit->relay.refused, relay_key(kit, gap->case_id, group, &key));
	return seq != NULL && (intptr_t)seq == gap->expected;
}

static void refused_forget(struct kit *kit, int64_t case_id, const struct group *group)
{
	struct marker_key key;
	map_remove(kit->relay.refused, relay_key(kit, case_id, group, &key));
}

static void take_ack(struct kit *kit, const struct wire_ack *ack, struct group *group)
{
	struct relay *relay = &kit->relay;
	group->is_away = false;
	refused_forget(kit, ack->case_id, group);
	suspect_answer(kit, ack->case_id, group, PARK_MOVED, STR_NONE);
	group->heard.at = loop_now(kit->loop);
	int64_t order = 0;
	bool is_tracked = track_ack(kit, ack->case_id, str_from_c(group->name), ack->seq, &order);
	if (order > group->heard.order)
		group->heard.order = order;
	/* what was sent for the first time has no marker of the group's own */
	if (is_tracked && !instant_is_before(loop_now(kit->loop), relay->parts_until))
		return;
	if (relay->n_finished == KIT_FINISHED_MAX)
		return; /* sent again after the lease, answered DUPLICATE then */
	relay->finished[relay->n_finished++] =
		(struct finished){ .case_id = ack->case_id, .group = group, .acked = ack->seq };
}

static void take_acks(struct kit *kit, const struct wire_msg *msg, struct group *group)
{
	struct wire_ack ack = {
		.case_id = msg->head.case_id, .seq = msg->head.seq, .code = msg->head.code
	};
	struct str rest = msg->body;
	if (ack.case_id > 0)
		take_ack(kit, &ack, group);
	else if (str_eq_c(msg->head.type, WIRE_ACKS_TYPE))
		while (wire_ack_next(&rest, &ack))
			take_ack(kit, &ack, group);
}

/* All have answered for all cases of a transaction. Without room its marker is split in the end. */
void relay_batch_done(struct kit *kit, int64_t case_id, int64_t batch)
{
	struct relay *relay = &kit->relay;
	if (relay->n_finished_batches < KIT_FINISHED_MAX)
		relay->finished_batches[relay->n_finished_batches++] =
			(struct finished_batch){ .case_id = case_id, .batch = batch };
}

bool relay_has_finished(const struct kit *kit)
{
	return kit->relay.n_finished > 0 || kit->relay.n_finished_batches > 0;
}

static void group_block(
	struct kit *kit, struct group *group, enum group_state state, struct span how_long)
{
	group->state = state;
	group->blocked_until = instant_add(loop_now(kit->loop), how_long);
}

/* A broker speaks for the whole group, and peer for all brokers. */
static bool is_brokers(const struct wire_head *head)
{
	return str_is_empty(head->sender) || str_eq_c(head->sender, "bus");
}

/* GAP only asks for what stands before. */
static void nack_note(struct kit *kit, const struct wire_head *head, struct group *group)
{
	enum park_answer answer = PARK_LATER;
	if (head->code == WIRE_CODE_GAP)
		return;
	if (head->code == WIRE_CODE_INVALID || head->code == WIRE_CODE_CONFLICT)
		answer = PARK_FAULT;
	else if (head->code == WIRE_CODE_NO_CONSUMER || is_brokers(head))
		answer = PARK_NOBODY;
	suspect_answer(kit, head->case_id, group, answer, head->text);
}

static void take_nack(struct kit *kit, const struct wire_msg *msg, struct group *group)
{
	nack_note(kit, &msg->head, group);
	/* a member's own BUSY concerns this one case and waits for the lease, unless it is a
	 * channel's, which is full */
	if (msg->head.code == WIRE_CODE_GAP) {
		struct stream_range range =
			stream_range_after_gap(msg->head.expected, msg->head.seq);
		if (kit_planted("ignore_gap") || refused_is(kit, &msg->head, group))
			return;
		suspect_again(kit, msg->head.case_id, group);
		relay_due(kit, msg->head.case_id, group, range.first, range.last);
	} else if (msg->head.code == WIRE_CODE_BUSY && is_brokers(&msg->head) &&
		   msg->head.retry_after_ms == PEER_AT_ONCE_MS) {
		window_unsend(&group->window);
		relay_due(kit, msg->head.case_id, group, msg->head.seq, msg->head.seq);
	} else if (msg->head.code == WIRE_CODE_BUSY && is_brokers(&msg->head)) {
		int32_t wait_ms = msg->head.retry_after_ms > 0 ? msg->head.retry_after_ms : 100;
		window_unsend(&group->window);
		group_block(kit, group, GROUP_BUSY, SPAN_MS(wait_ms));
		relay_due(kit, msg->head.case_id, group, msg->head.seq, msg->head.seq);
	} else if (msg->head.code == WIRE_CODE_BUSY && group->is_deliver) {
		struct span wait = window_refuse(&group->window, SPAN_MS(msg->head.retry_after_ms));
		if (wait.us > 0)
			group_block(kit, group, GROUP_BUSY, wait);
		relay_due(kit, msg->head.case_id, group, msg->head.seq, msg->head.seq);
	} else if (msg->head.code == WIRE_CODE_NO_CONSUMER) {
		window_forget(&group->window);
		group->is_away = true;
		group_block(kit, group, GROUP_AWAY, AWAY_FOR);
	} else {
		refused_note(kit, &msg->head, group);
	}
}

/* The broker's notice: this group takes messages again, or has a new member. A group that was only
 * busy has lost nothing; otherwise what was under way may be gone with a member. */
static void take_notice(struct kit *kit, struct str name)
{
	bool is_ours = deliver_is_for(kit, name);
	if (kit->self >= 0 && !str_is_empty(name))
		is_ours = is_ours || kit_subscribes(name, (enum kit_producer)kit->self);
	if (!is_ours)
		return;
	struct group *group = relay_group(kit, name);
	if (group->state != GROUP_BUSY && kit->relay.wake_group != NULL &&
		kit->relay.wake_group != group)
		kit->relay.wants_wake = true; /* two at once: wake all */
	else if (group->state != GROUP_BUSY)
		kit->relay.wake_group = group;
	if (group->state != GROUP_BUSY) {
		window_forget(&group->window);
		group->heard.joined_at = loop_now(kit->loop);
	}
	group->state = GROUP_OPEN;
	group->is_away = false;
}

bool relay_take(struct kit *kit, const struct wire_msg *msg)
{
	switch (msg->kind) {
	case WIRE_CREDIT:
		take_notice(kit, msg->head.to);
		return true;
	case WIRE_ACK:
	case WIRE_NACK:
		if (kit_relays(kit) && str_eq_c(msg->head.producer, kit->spec->name) &&
			!str_is_empty(msg->head.subject)) {
			struct group *group = group_find(kit, msg->head.subject);
			if (msg->kind == WIRE_NACK && group != NULL)
				take_nack(kit, msg, group);
			else if (group != NULL && str_eq(msg->head.sender, msg->head.subject))
				take_acks(kit, msg, group); /* nobody speaks for another group */
		}
		return true;
	case WIRE_RESULT: /* of a hint */
		return true;
	default:
		return false;
	}
}

static enum res wake(struct kit *kit, struct err *err)
{
	struct relay *relay = &kit->relay;
	if (!relay->wants_wake && relay->wake_group == NULL)
		return RES_OK;
	struct db_params params;
	db_params_init(&params, kit->relay_mem);
	db_param_text(&params, relay->wants_wake ? STR("") : str_from_c(relay->wake_group->name));
	struct db_params wake = params;
	db_param_int4(&wake, KIT_HASTE_UNTIL);
	TRY(db_run(kit->db, &kit_sql_marker_wake, &wake, NULL, err));
	if (relay->wants_wake) {
		struct db_params none;
		db_params_init(&none, kit->relay_mem);
		TRY(db_run(kit->db, &kit_sql_batch_marker_wake, &none, NULL, err));
	} else if (!relay->wake_group->is_deliver) {
		TRY(db_run(kit->db, &kit_sql_batch_marker_wake_group, &params, NULL, err));
	}
	relay_parts_note(kit);
	relay->wants_wake = false;
	relay->wake_group = NULL;
	relay->wants_sweep = true;
	return RES_OK;
}

static void blocked_groups(struct kit *kit, struct db_params *params)
{
	struct relay *relay = &kit->relay;
	struct str *names = arena_new_array(kit->relay_mem, struct str, relay->n_groups);
	size_t n = 0;
	for (size_t i = 0; i < relay->n_groups && names != NULL; i++) {
		struct group *group = &relay->groups[i];
		if (!relay_may_send(kit, group) || !deliver_has_room(kit, group))
			names[n++] = str_from_c(relay->groups[i].name);
	}
	db_param_text_array(params, names, n);
}

/* Nobody is there to take what the parts would be sent to: the wholes stand until somebody comes.
 */
static bool all_are_away(struct kit *kit)
{
	const char *const *groups = NULL;
	size_t n = kit_groups_of(kit->self, &groups), away = 0;
	for (size_t i = 0; i < n; i++)
		away += relay_group(kit, str_from_c(groups[i]))->is_away;
	return n > 0 && away == n;
}

/* What was claimed goes to the list; counts that changed are written back to their markers. */
struct claimed {
	int64_t *cases;
	struct str *groups;
	int32_t *sends;
	int32_t *faults;
	size_t n;
};

static void claimed_take(
	struct kit *kit, struct claimed *changed, const struct db_result *result, size_t row)
{
	struct stream_range range = stream_range_of_marker((int32_t)db_get_int(result, row, 2));
	const struct park_count before = { .sends = (int32_t)db_get_int(result, row, 3),
		.faults = (int32_t)db_get_int(result, row, 4) };
	int64_t case_id = db_get_int(result, row, 0);
	struct group *group = relay_group(kit, db_get_str(result, row, 1));
	refused_forget(kit, case_id, group);
	window_unsend(&group->window); /* or never answered: not under way any more */
	relay_due(kit, case_id, group, range.first, range.last);
	if (group->is_deliver)
		return;
	relay_parts_note(kit); /* deliveries go with their DONE */
	struct park_count after = suspect_claim(kit, case_id, group, before);
	if (after.sends == before.sends && after.faults == before.faults)
		return;
	changed->cases[changed->n] = case_id;
	changed->groups[changed->n] = str_from_c(group->name);
	changed->sends[changed->n] = after.sends;
	changed->faults[changed->n++] = after.faults;
}

static enum res claimed_judge(struct kit *kit, const struct claimed *changed, struct err *err)
{
	struct db_params params;
	if (changed->n == 0)
		return RES_OK;
	db_params_init(&params, kit->relay_mem);
	db_param_int8_array(&params, changed->cases, changed->n);
	db_param_text_array(&params, changed->groups, changed->n);
	db_param_int4_array(&params, changed->sends, changed->n);
	db_param_int4_array(&params, changed->faults, changed->n);
	return db_run(kit->db, &kit_sql_marker_judge, &params, NULL, err);
}

static enum res claimed_all(
	struct kit *kit, const struct db_result *result, size_t n, struct err *err)
{
	struct arena *mem = kit->relay_mem;
	struct claimed changed = {
		.cases = arena_new_array(mem, int64_t, n),
		.groups = arena_new_array(mem, struct str, n),
		.sends = arena_new_array(mem, int32_t, n),
		.faults = arena_new_array(mem, int32_t, n),
	};
	if (arena_failed(mem))
		return err_set(err, RES_INVALID, "a sweep needs more than BATCH_MEMORY");
	for (size_t i = 0; i < n; i++)
		claimed_take(kit, &changed, result, i);
	kit->counts.resent += (int64_t)n;
	log_event(kit->log, sweep_resent, LOG_INT("count", n));
	return claimed_judge(kit, &changed, err);
}

static enum res sweep(struct kit *kit, struct err *err)
{
	struct relay *relay = &kit->relay;
	if (!relay->wants_sweep || !kit_relays(kit) || relay->n_due + KIT_SWEEP_MOST > KIT_DUE_MAX)
		return RES_OK;
	if (kit->self >= 0 && !all_are_away(kit))
		TRY(relay_split_overdue(kit, err));
	relay->wants_sweep = false;
	struct db_params params;
	struct db_result *result = NULL;
	db_params_init(&params, kit->relay_mem);
	db_param_span(&params, SPAN_MS(kit->settings.lease));
	db_param_int4(&params, KIT_SWEEP_MOST);
	blocked_groups(kit, &params);
	db_param_span(&params, SPAN_MS(kit->settings.retry_most));
	TRY(db_run(kit->db, &kit_sql_marker_claim, &params, &result, err));
	size_t n = db_rows(result);
	if (n == KIT_SWEEP_MOST)
		loop_timer_set(kit->sweep_timer, KIT_SWEEP_SOON);
	return n > 0 ? claimed_all(kit, result, n, err) : RES_OK;
}

static enum res claim_timers(struct kit *kit, struct err *err)
{
	int32_t space = (int32_t)(kit->settings.batch_most - (int64_t)kit->n_inbox);
	if (!kit->relay.wants_timers || space <= 0)
		return RES_OK;
	kit->relay.wants_timers = false;
	struct db_params params;
	struct db_result *result = NULL;
	int32_t most = space < KIT_SWEEP_MOST ? space : KIT_SWEEP_MOST;
	db_params_init(&params, kit->relay_mem);
	db_param_span(&params, SPAN_MS(kit->settings.lease));
	db_param_int4(&params, most);
	TRY(db_run(kit->db, &kit_sql_timer_claim, &params, &result, err));
	size_t n = db_rows(result);
	struct arena *mem = kit->inbox_mem[kit->inbox_at];
	for (size_t i = 0; i < n; i++) {
		const struct wire_msg timer = {
			.kind = (enum wire_kind)KIT_TIMER,
			.head = {
				.case_id = db_get_int(result, i, 0),
				.type = arena_str(mem, db_get_str(result, i, 1)),
				.time = db_get_instant(result, i, 2),
			},
		};
		kit_inbox_take(kit, &timer);
		kit->inbox_is_urgent = true;
	}
	if (n == (size_t)most)
		kit->relay.wants_timers = true;
	return RES_OK;
}

/* Takes up to RELAY_BATCH entries of one sort (events, or deliveries) that may be sent now off the
 * list. */
static size_t take_due(struct kit *kit, bool is_deliver, struct due *out)
{
	struct relay *relay = &kit->relay;
	size_t n = 0, left = 0;
	for (size_t i = 0; i < relay->n_due; i++) {
		struct due *due = &relay->due[i];
		bool may_send =
			relay_may_send(kit, due->group) && deliver_has_room(kit, due->group);
		if (n < RELAY_BATCH && due->group->is_deliver == is_deliver && may_send) {
			out[n++] = *due;
			window_send(&due->group->window);
		} else if (due->group->state !=
			   GROUP_AWAY) /* its marker waits for somebody to come */
			relay->due[left++] = *due;
	}
	relay->n_due = left;
	if (n == RELAY_BATCH)
		loop_again(kit->loop);
	return n;
}

static void send_due_rows(
	struct kit *kit, const struct db_result *result, const struct due *due, size_t n)
{
	for (size_t r = 0; r < db_rows(result); r++) {
		struct journal_row entry = {
			.case_id = db_get_int(result, r, 0),
			.seq = (int32_t)db_get_int(result, r, 1),
			.at = db_get_instant(result, r, 2),
			.type = db_get_str(result, r, 3),
			.body = db_get_str(result, r, 5),
		};
		struct group *group = due[db_get_int(result, r, 6) - 1].group;
		CHECK((size_t)db_get_int(result, r, 6) <= n);
		const struct kit_sending how = suspect_sending(kit, entry.case_id, group);
		kit_send_event(kit, str_from_c(group->name), &entry, &how);
	}
}

static enum res send_events_due(struct kit *kit, struct err *err)
{
	struct due due[RELAY_BATCH];
	size_t n = take_due(kit, false, due);
	if (n == 0)
		return RES_OK;
	int64_t ids[RELAY_BATCH];
	int32_t firsts[RELAY_BATCH], lasts[RELAY_BATCH];
	for (size_t i = 0; i < n; i++) {
		ids[i] = due[i].case_id;
		firsts[i] = due[i].first;
		lasts[i] = due[i].last;
	}
	struct db_params params;
	struct db_result *result = NULL;
	db_params_init(&params, kit->relay_mem);
	db_param_int8_array(&params, ids, n);
	db_param_int4_array(&params, firsts, n);
	db_param_int4_array(&params, lasts, n);
	TRY(db_run(kit->db, &kit_sql_journal_range, &params, &result, err));
	send_due_rows(kit, result, due, n);
	return RES_OK;
}

static enum res send_deliveries_due(struct kit *kit, struct err *err)
{
	struct due due[RELAY_BATCH];
	size_t n = kit->spec->deliver_prefix != NULL ? take_due(kit, true, due) : 0;
	return n > 0 ? deliver_send(kit, due, n, err) : RES_OK;
}

/* What a lease is taken for: not shortly before the end. */
static enum res take_up(struct kit *kit, struct err *err)
{
	TRY(wake(kit, err));
	TRY(sweep(kit, err));
	return claim_timers(kit, err);
}

void relay_turn(struct kit *kit)
{
	struct err err = { .text = "" };
	if (!db_is_up(kit->db) || !peer_is_up(kit->peer))
		return;
	arena_reset(kit->relay_mem);
	parked_look(kit);
	enum res res = kit->is_stopping ? RES_OK : take_up(kit, &err);
	if (res == RES_OK)
		res = send_events_due(kit, &err);
	if (res == RES_OK)
		res = send_deliveries_due(kit, &err);
	db_release(kit->db);
	if (res != RES_OK && res != RES_CONFLICT)
		kit_database_trouble(kit, &err, 0);
}
