/* Makes the DELIVER messages for markers of groups deliver/<channel>: each time the same, from what
 * the rows say. */
#include "base/id.h"
#include "base/map.h"
#include "reply_codec.h"
#include "reply_handlers.h"
#include "reply_store.h"

/* A reply as its draft has it; a notice says on which ground, and where to turn. */
static struct str text_of(struct arena *mem, const struct reply_deliver_row *row)
{
	if (!reply_is_notice(row->state))
		return row->text;
	return arena_printf(mem, "%.*s\n%.*s", STR_ARG(row->sentence), STR_ARG(row->guidance));
}

static enum res deliver_fill(const struct reply_service *service, struct arena *mem,
	const struct reply_deliver_row *row, int32_t seq, struct wire_msg *out, struct err *err)
{
	char number[CASE_NUMBER_MAX];
	struct reply_deliver deliver = {
		.delivery_id = row->delivery_id,
		.text = text_of(mem, row),
		.unit_name = str_is_empty(row->unit_name) ? row->unit : row->unit_name,
		.replied_at = row->replied_at,
		.reply_address = row->reply_address,
		.what = reply_is_notice(row->state) ? STR("refusal") : STR("reply"),
	};

	TRY(case_number_format(service->case_prefix, row->case_id, number, err));
	deliver.case_number = str_from_c(number);
	*out = (struct wire_msg){
		.kind = WIRE_DELIVER,
		.head = {
			.id = row->delivery_id,
			.type = STR("deliver.v1"),
			.subject = row->source, /* whose letter it is */
			.to = arena_printf(mem, "deliver/%.*s", STR_ARG(row->channel)),
			.case_id = row->case_id,
			.producer = STR("reply"),
			.seq = seq,
			.channel = row->channel,
			.source_msg_id = row->source_msg_id,
			.time = INSTANT_NONE,
		},
		.body = reply_write_deliver(mem, &deliver),
	};
	return RES_OK;
}

enum res reply_make_deliver(void *service, struct db *db, struct arena *mem,
	const int64_t *case_ids, const int32_t *seqs, size_t n, struct wire_msg *out,
	struct err *err)
{
	SCOPED(map)
	struct map *by_case = map_create();
	struct reply_deliver_row *rows;
	size_t n_rows;

	TRY(reply_load_deliver(db, mem, case_ids, n, &rows, &n_rows, err));
	for (size_t i = 0; i < n_rows; i++)
		map_put_id(by_case, rows[i].case_id, &rows[i]);
	for (size_t i = 0; i < n; i++) {
		const struct reply_deliver_row *row = map_get_id(by_case, case_ids[i]);
		out[i] = (struct wire_msg){ 0 };
		if (row != NULL)
			TRY(deliver_fill(service, mem, row, seqs[i], &out[i], err));
	}
	return RES_OK;
}
