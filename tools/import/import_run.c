/* Letters go to the door, receipts and deliveries come back. See import_run.h. */
#include "import_run.h"

#include <stdio.h>

#include "base/id.h"
#include "os/os.h"

#define TURN_WAIT SPAN_MS(50)

/* --- called by the client --- */

static void trouble_set(struct import_run *run, const struct err *err)
{
	if (!run->has_trouble)
		run->trouble = *err;
	run->has_trouble = true;
}

static void on_receipt(void *arg, const struct wangli_receipt *receipt)
{
	struct import_run *run = arg;
	struct import_item *item = import_file_find(&run->file, sdk_str(receipt->source_msg_id));
	struct err err;
	/* the spool may hold letters of another file, left by a run that was killed */
	if (item == NULL || item->state != ITEM_SUBMITTED)
		return;
	if (case_number_parse(sdk_str(receipt->case_number), &item->case_id, &err) != RES_OK) {
		(void)err_prefix(&err, RES_INVALID, "a receipt's case number");
		trouble_set(run, &err);
		return;
	}
	item->state = ITEM_RECEIVED;
	run->unanswered--;
	run->counts.receipts++;
	run->counts.repeated += receipt->is_repeat;
}

static void on_refused(void *arg, const struct wangli_refusal *refusal)
{
	struct import_run *run = arg;
	struct import_item *item = import_file_find(&run->file, sdk_str(refusal->source_msg_id));
	struct str text = sdk_str(refusal->text);
	char reason[ERR_TEXT_MAX + 1];
	if (item == NULL || item->state != ITEM_SUBMITTED)
		return;
	if (refusal->why == WANGLI_DENIED) {
		struct err err;
		(void)err_set(&err, RES_DENIED, "the door refuses this key: %.*s", STR_ARG(text));
		trouble_set(run, &err);
	}
	(void)!snprintf(reason, sizeof reason, "%s%s%.*s",
		refusal->why == WANGLI_CONFLICT ? "external_id was used before for other content"
						: "refused by the platform",
		text.n > 0 ? ": " : "", STR_ARG(text));
	run->unanswered--;
	import_file_reject(&run->file, item, str_from_c(reason));
	item->reply = REPLY_NONE;
}

static enum wangli_result on_deliver(
	void *arg, const struct wangli_delivery *delivery, struct wangli_outcome *out)
{
	struct import_run *run = arg;
	struct err err;
	*out = (struct wangli_outcome){ .is_delivered = true };
	if (deliveries_has(run->deliveries, sdk_str(delivery->delivery_id)))
		return WANGLI_OK;
	const struct delivered delivered = {
		.external_id = sdk_str(delivery->source_msg_id),
		.delivery_id = sdk_str(delivery->delivery_id),
		.case_number = sdk_str(delivery->case_number),
		.at = os_real_now(),
		.text = sdk_str(delivery->text),
	};
	enum res res = deliveries_add(run->deliveries, &delivered, &err);
	if (res != RES_OK)
		trouble_set(run, &err);
	return sdk_result(res);
}

static enum wangli_result on_keep(void *arg)
{
	struct import_run *run = arg;
	struct err err;
	enum res res = deliveries_sync(run->deliveries, &err);
	if (res != RES_OK)
		trouble_set(run, &err);
	return sdk_result(res);
}

struct wangli_callbacks import_callbacks(struct import_run *run)
{
	return (struct wangli_callbacks){
		WANGLI_SIZED(struct wangli_callbacks),
		.arg = run,
		.on_receipt = on_receipt,
		.on_refused = on_refused,
		.on_deliver = on_deliver,
		.on_keep = on_keep,
	};
}

/* --- letters --- */

static size_t items_to_play(const struct import_run *run)
{
	return run->file.n - run->file.same - run->file.rejected;
}

enum res import_turn(struct import_run *run, struct span wait, struct err *err)
{
	TRY(sdk_turn(run->client, wait, err));
	progress_show(run->progress, &(struct progress_state){
					     .done = run->counts.receipts,
					     .of = items_to_play(run),
					     .replies = run->counts.replies,
					     .is_up = wangli_is_up(run->client),
					     .clock_at = run->clock_at,
				     });
	if (run->has_trouble) {
		*err = run->trouble;
		return RES_RETRY;
	}
	if (*run->is_interrupted)
		return err_set(err, RES_RETRY, "interrupted; run it again and it continues");
	return RES_OK;
}

static struct wangli_letter letter_of(const struct import_row *row)
{
	return (struct wangli_letter){
		WANGLI_SIZED(struct wangli_letter),
		.source_msg_id = sdk_text(row->external_id),
		.title = sdk_text(row->title),
		.body = sdk_text(row->body),
		.written_at_us = sdk_time_us(row->time),
		.area = sdk_text(row->area),
		.likes = row->likes,
		.contact = { .account = sdk_text(row->user) },
	};
}

enum res import_submit(struct import_run *run, struct import_item *item, struct err *err)
{
	const struct wangli_letter letter = letter_of(&item->row);
	struct err why;
	for (;;) {
		switch (sdk_submit(run->client, &letter, &why)) {
		case RES_OK:
			item->state = ITEM_SUBMITTED;
			run->unanswered++;
			run->counts.submitted++;
			return RES_OK;
		case RES_RETRY:
			TRY(import_turn(run, TURN_WAIT, err));
			break;
		case RES_INVALID:
		case RES_TOO_BIG:
		case RES_CONFLICT:
		case RES_DENIED:
		case RES_NOT_FOUND:
		case RES_BUG:
			import_file_reject(&run->file, item, str_from_c(why.text));
			item->reply = REPLY_NONE;
			return RES_OK;
		}
	}
}

enum res import_settle_letters(struct import_run *run, struct err *err)
{
	while (run->unanswered > 0)
		TRY(import_turn(run, TURN_WAIT, err));
	return RES_OK;
}

enum res import_letters(struct import_run *run, struct err *err)
{
	for (size_t i = 0; i < run->file.n; i++)
		if (run->file.items[i].state == ITEM_READY)
			TRY(import_submit(run, &run->file.items[i], err));
	return import_settle_letters(run, err);
}

enum res import_stay(struct import_run *run, struct span span, struct err *err)
{
	struct instant until = instant_add(os_monotonic_now(), span);
	while (instant_is_before(os_monotonic_now(), until)) {
		enum res res = import_turn(run, TURN_WAIT, err);
		/* told to end: that is how it ends */
		if (*run->is_interrupted && !run->has_trouble)
			return RES_OK;
		TRY(res);
	}
	return RES_OK;
}
