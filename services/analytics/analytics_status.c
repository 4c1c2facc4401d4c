/* A marker without a journal: what it counts is the entries of the four producers that the case has
 * heard, which only grows and is the same however they came. */
#include "analytics_status.h"

#include "analytics_codec.h"
#include "analytics_store.h"
#include "base/id.h"
#include "base/map.h"

static struct str group_of(struct kit_turn *turn, const struct analytics_case *file)
{
	return arena_printf(turn->mem, ANALYTICS_STATUS_PREFIX "%.*s", STR_ARG(file->channel));
}

/* With the event that is being heard: the kit moves its cursor afterwards. */
static int32_t version_of(const struct kit_turn *turn)
{
	const struct kit_case *row = kit_case_of(turn->row);
	int32_t heard = 1;

	for (int i = 0; i < KIT_PRODUCERS; i++)
		heard += row->seen[i];
	return heard;
}

void analytics_status_note(struct kit_turn *turn, const struct analytics_event *event,
	const struct analytics_case *before, const struct analytics_case *after)
{
	struct analytics_status_row row = { .case_id = turn->message->head.case_id,
		.source = event->source,
		.source_msg_id = event->source_msg_id,
		.state = after->state,
		.at = event->at };

	if (!analytics_tells(before, after))
		return;
	row.version = version_of(turn);
	kit_insert(turn, &analytics_statuses, &row);
	kit_marker_raise(turn, group_of(turn, after), row.version);
}

/* What cannot be any more than a mistake is refused before the database is asked; what it finds
 * somebody else's, or an older version's, changes nothing: the marker stands, and it is sent again.
 */
enum res analytics_status_done(struct kit_turn *turn, struct err *err)
{
	const struct wire_head *head = &turn->message->head;
	const struct analytics_row *row = turn->row;
	struct analytics_told_row told = { .case_id = head->case_id };
	struct str source = STR_NONE;
	int32_t present = 0;

	if (row->kit.version == 0 || (row->file.flags & ANALYTICS_WANTS_STATUS) == 0)
		return err_set(err, RES_INVALID, "nobody asked for the status of this case");
	if (!str_eq(head->channel, row->file.channel))
		return err_set(err, RES_DENIED, "the letter came by another channel");
	if (head->code != WIRE_CODE_DELIVERED)
		return err_set(err, RES_INVALID, "DONE says %s: want DELIVERED",
			wire_code_name(head->code));
	TRY(analytics_read_status_done(turn->mem, turn->message->body, &told.version, err));
	TRY(analytics_load_status_of(
		kit_turn_db(turn), turn->mem, head->case_id, &source, &present, err));
	if (!str_eq(head->source, source) || told.version != present)
		return RES_OK;
	kit_insert(turn, &analytics_tolds, &told);
	kit_marker_done(turn, group_of(turn, &row->file), told.version);
	return RES_OK;
}

static enum res fill(const struct analytics_service *service, struct arena *mem,
	const struct analytics_tell_row *row, struct wire_msg *out, struct err *err)
{
	char number[CASE_NUMBER_MAX];
	struct analytics_status status = {
		.state = analytics_state_name((enum analytics_state)row->state),
		.at = row->at,
		.version = row->version,
		.unit = str_is_empty(row->unit_name) ? row->unit : row->unit_name,
		.due = row->due,
	};

	TRY(case_number_format(service->case_prefix, row->case_id, number, err));
	status.case_number = str_from_c(number);
	*out = (struct wire_msg){
		.kind = WIRE_DELIVER,
		.head = {
			.id = arena_printf(mem, "%s/status/%d", number, row->version),
			.type = STR("status.v1"),
			.subject = row->source, /* whose letter it is */
			.channel = row->channel,
			.source_msg_id = row->source_msg_id,
			.time = INSTANT_NONE,
		},
		.body = analytics_write_status(mem, &status),
	};
	return RES_OK;
}

enum res analytics_make_status(void *service, struct db *db, struct arena *mem,
	const int64_t *case_ids, const int32_t *seqs, size_t n, struct wire_msg *out,
	struct err *err)
{
	SCOPED(map)
	struct map *by_case = map_create();
	struct analytics_tell_row *rows = NULL;
	size_t n_rows = 0;

	(void)seqs; /* what is told is the present state, whichever raised the marker */
	TRY(analytics_load_status(db, mem, case_ids, n, &rows, &n_rows, err));
	for (size_t i = 0; i < n_rows; i++)
		map_put_id(by_case, rows[i].case_id, &rows[i]);
	for (size_t i = 0; i < n; i++) {
		const struct analytics_tell_row *row = map_get_id(by_case, case_ids[i]);

		out[i] = (struct wire_msg){ 0 };
		if (row != NULL)
			TRY(fill(service, mem, row, &out[i], err));
	}
	return RES_OK;
}
