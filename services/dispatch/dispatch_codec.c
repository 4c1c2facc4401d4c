/* Reads and writes the bodies of dispatch's messages; decides nothing. */
#include "dispatch_codec.h"

#include "proto/dispatch.pb-c.h"
#include "proto/followup.pb-c.h"
#include "proto/intake.pb-c.h"
#include "proto/reply.pb-c.h"
#include "wire/wire.h"

/* protobuf-c wants non-const C text. */
static char *text_out(struct arena *mem, struct str text)
{
	return (char *)(uintptr_t)arena_c(mem, text);
}

static int64_t time_out(struct instant at)
{
	return instant_is_none(at) ? 0 : at.us;
}

static struct str *texts_in(struct arena *mem, char *const *texts, size_t n)
{
	struct str *out = arena_new_array(mem, struct str, n + 1);

	for (size_t i = 0; out != NULL && i < n; i++)
		out[i] = wire_str(texts[i]);
	return out;
}

enum res dispatch_read_accepted(
	struct arena *mem, struct str body, struct dispatch_event *out, struct err *err)
{
	Wangli__IntakeAccepted *in = NULL;

	TRY(wire_unpack(mem, &wangli__intake_accepted__descriptor, body, &in, err));
	struct str *named = texts_in(mem, in->named_units, in->n_named_units);
	out->type = wire_str(in->type);
	if (in->kb_article != 0)
		out->kind = DISPATCH_ON_ANSWERABLE;
	out->question = (struct dispatch_question){ .category = wire_str(in->category),
		.area = wire_str(in->area),
		.is_general_desk = in->is_general_desk,
		.is_report = str_eq_c(wire_str(in->klass), "report"),
		.named_units = arena_join(mem, named, named != NULL ? in->n_named_units : 0, ',') };
	return RES_OK;
}

enum res dispatch_read_replied(
	struct arena *mem, struct str body, struct dispatch_event *out, struct err *err)
{
	Wangli__ReplyReplied *in = NULL;

	TRY(wire_unpack(mem, &wangli__reply_replied__descriptor, body, &in, err));
	out->is_direct = str_is_empty(wire_str(in->unit));
	return RES_OK;
}

enum res dispatch_read_redo(
	struct arena *mem, struct str body, struct dispatch_event *out, struct err *err)
{
	Wangli__FollowupRedo *in = NULL;

	TRY(wire_unpack(mem, &wangli__followup_redo__descriptor, body, &in, err));
	out->redo = in->redo;
	return RES_OK;
}

enum res dispatch_read_dispatch(
	struct arena *mem, struct str body, struct dispatch_event *out, struct err *err)
{
	Wangli__DispatchDispatch *in = NULL;

	TRY(wire_unpack(mem, &wangli__dispatch_dispatch__descriptor, body, &in, err));
	struct str *co_units = texts_in(mem, in->co_units, in->n_co_units);
	out->wish = (struct dispatch_wish){ .unit = wire_str(in->unit),
		.co_units = co_units,
		.n_co_units = co_units != NULL ? in->n_co_units : 0 };
	out->note = wire_str(in->note);
	return RES_OK;
}

enum res dispatch_read_contact(
	struct arena *mem, struct str body, struct dispatch_event *out, struct err *err)
{
	Wangli__DispatchContact *in = NULL;

	TRY(wire_unpack(mem, &wangli__dispatch_contact__descriptor, body, &in, err));
	out->note = wire_str(in->note);
	out->means = wire_str(in->means);
	return RES_OK;
}

struct str dispatch_write_dispatched(struct arena *mem, const struct dispatch_entry *entry)
{
	const struct dispatch_case *file = entry->file;
	const struct dispatch_done *done = entry->done;
	Wangli__DispatchDispatched out = WANGLI__DISPATCH_DISPATCHED__INIT;
	char *co_units[DISPATCH_CO_UNITS_MAX];

	for (size_t i = 0; i < done->choice.n_co_units; i++)
		co_units[i] = text_out(mem, done->choice.co_units[i]);
	out.task = done->task;
	out.unit = text_out(mem, done->choice.unit);
	out.co_units = co_units;
	out.n_co_units = done->choice.n_co_units;
	out.reason = text_out(mem, str_from_c(dispatch_reason_name(done->choice.reason)));
	out.sign_due_us = time_out(done->sign_due);
	out.contact_due_us = time_out(done->contact_due);
	out.resolve_due_us = time_out(done->resolve_due);
	out.is_provisional = done->is_provisional;
	out.ref_version = entry->ref_version;
	out.type = text_out(mem, file->type);
	out.category = text_out(mem, file->category);
	out.area = text_out(mem, file->area);
	out.note = text_out(mem, entry->note);
	out.redo = done->redo;
	return wire_pack(mem, &out.base);
}

struct str dispatch_write_signed(struct arena *mem, const struct dispatch_entry *entry)
{
	Wangli__DispatchSigned out = WANGLI__DISPATCH_SIGNED__INIT;

	out.task = entry->done->task;
	out.unit = text_out(mem, entry->file->unit);
	out.is_on_time = entry->done->is_on_time;
	return wire_pack(mem, &out.base);
}

struct str dispatch_write_contacted(struct arena *mem, const struct dispatch_entry *entry)
{
	Wangli__DispatchContacted out = WANGLI__DISPATCH_CONTACTED__INIT;

	out.task = entry->done->task;
	out.unit = text_out(mem, entry->file->unit);
	out.note = text_out(mem, entry->note);
	out.means = text_out(mem, entry->means);
	out.is_on_time = entry->done->is_on_time;
	return wire_pack(mem, &out.base);
}

struct str dispatch_write_resolved(struct arena *mem, const struct dispatch_entry *entry)
{
	Wangli__DispatchResolved out = WANGLI__DISPATCH_RESOLVED__INIT;

	out.task = entry->done->task;
	out.unit = text_out(mem, entry->file->unit);
	out.is_on_time = entry->done->is_on_time;
	out.redo = entry->done->redo;
	return wire_pack(mem, &out.base);
}
