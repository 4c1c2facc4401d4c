/* Who taps stands in a small table by the connection's serial; copies are staged like any other
 * message of the broker's own. */
#include "bus_tap.h"

#include <string.h>

#define TYPE	"tap.v1"
#define KIND	STR("tap/kind/")
#define TO	STR("tap/to/")
#define CASE	STR("tap/case/")
#define CHANNEL STR("tap/channel/")
#define BY	STR("tap/by/")

static bool after(struct str group, struct str prefix, struct str *out)
{
	if (!str_starts(group, prefix))
		return false;
	*out = str_slice(group, prefix.n, group.n);
	return true;
}

static void text_keep(char out[WIRE_NAME_MAX + 1], struct str text)
{
	memcpy(out, text.p, text.n); /* shorter than the group's name */
	out[text.n] = '\0';
}

static void condition_read(struct bus_tap *tap, struct str group)
{
	struct str value;

	if (after(group, KIND, &value))
		text_keep(tap->kind, value);
	else if (after(group, TO, &value))
		text_keep(tap->to, value);
	else if (after(group, CHANNEL, &value))
		text_keep(tap->channel, value);
	else if (after(group, BY, &value))
		text_keep(tap->by, value);
	else if (after(group, CASE, &value) && str_to_int64(value, &tap->case_id) != RES_OK)
		tap->case_id = -1; /* nobody's */
}

static struct bus_tap *tap_find(struct bus_state *state, int64_t serial)
{
	for (size_t i = 0; i < state->taps_n; i++)
		if (state->taps[i].serial == serial)
			return &state->taps[i];
	return NULL;
}

bool bus_tap_joined(struct bus_state *state, const struct member *member)
{
	struct bus_tap tap = { .serial = member->serial };

	if (!members_serves(member, STR(BUS_TAP_GROUP)))
		return false;
	if (tap_find(state, member->serial) != NULL)
		return true;
	if (state->taps_n == BUS_TAPS_MAX) {
		server_stage_msg(state->server,
			members_find_serial(server_members(state->server), member->serial),
			&(struct wire_msg){ .kind = WIRE_NACK,
				.head = { .code = WIRE_CODE_FORBIDDEN,
					.subject = STR(BUS_TAP_GROUP),
					.text = STR("as many tap already as may") } });
		return true;
	}
	for (size_t i = 0; i < member->groups_n; i++)
		condition_read(&tap, members_group_name(member, i));
	state->taps[state->taps_n++] = tap;
	log_event(state->log, tap_began, LOG_TEXT("instance", member->instance),
		LOG_TEXT("by", tap.by), LOG_TEXT("kind", tap.kind), LOG_TEXT("to", tap.to),
		LOG_ID("case", tap.case_id), LOG_TEXT("channel", tap.channel));
	return true;
}

void bus_tap_left(struct bus_state *state, const struct member *member)
{
	struct bus_tap *tap = tap_find(state, member->serial);

	if (tap == NULL)
		return;
	log_event(state->log, tap_ended, LOG_TEXT("instance", member->instance),
		LOG_TEXT("by", tap->by), LOG_INT("matched", tap->matched),
		LOG_INT("lost", tap->lost));
	*tap = state->taps[--state->taps_n];
}

static bool is_any_or(const char *wanted, struct str is)
{
	return wanted[0] == '\0' || str_eq_c(is, wanted);
}

static bool is_wanted(const struct bus_tap *tap, const struct bus_tap_passed *passed)
{
	return is_any_or(tap->kind, str_from_c(wire_kind_name(passed->record->kind))) &&
	       is_any_or(tap->to, passed->head->to) &&
	       is_any_or(tap->channel, passed->head->channel) &&
	       (tap->case_id == 0 || tap->case_id == passed->head->case_id);
}

/* The record as it goes on, as a batch of its own. STR_NONE: too long for a body. */
static struct str copy_of(struct wire_writer *writer, const struct bus_tap_passed *passed)
{
	const struct wire_record *record = passed->record;

	if (wire_write_raw(writer, record->kind, record->header, passed->header_tail, record->body,
		    NULL) != RES_OK ||
		writer->bytes.n > WIRE_BODY_MAX)
		return STR_NONE;
	return buf_str(&writer->bytes);
}

static void copy_send(struct bus_state *state, struct bus_tap *tap,
	const struct bus_tap_passed *passed, struct str copy)
{
	struct member *to = members_find_serial(server_members(state->server), tap->serial);

	tap->matched++;
	if (to == NULL || to->gone != NULL || to->credit <= 0 || copy.p == NULL) {
		tap->lost++;
		state->tally.tap_lost++;
		return;
	}
	members_spend(to);
	server_stage_msg(state->server, to,
		&(struct wire_msg){ .kind = WIRE_EVENT,
			.head = { .type = STR(TYPE),
				.to = STR(BUS_TAP_GROUP),
				.source = str_from_c(state->name),
				.subject = passed->outcome,
				.time = INSTANT_NONE,
				.seq = (int32_t)tap->matched },
			.body = copy });
	state->tally.tap_copied++;
}

void bus_tap_copy(struct bus_state *state, const struct bus_tap_passed *passed)
{
	struct wire_writer writer = { 0 };
	struct str copy = STR_NONE;
	bool is_made = false;

	for (size_t i = 0; i < state->taps_n; i++) {
		if (!is_wanted(&state->taps[i], passed))
			continue;
		if (!is_made)
			copy = copy_of(&writer, passed);
		is_made = true;
		copy_send(state, &state->taps[i], passed, copy);
	}
	wire_writer_fini(&writer);
}

bool bus_tap_is_copy(const struct wire_head *head)
{
	return str_eq_c(head->to, BUS_TAP_GROUP) && str_eq_c(head->type, TYPE);
}
