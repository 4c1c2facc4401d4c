/* Reads and writes the bodies of dispatch's messages; decides nothing. */
#include "dispatch_codec.h"

#include "proto/dispatch.pb-c.h"
#include "proto/intake.pb-c.h"
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

enum res dispatch_read_accepted(
	struct arena *mem, struct str body, struct dispatch_event *out, struct err *err)
{
	Wangli__IntakeAccepted *in = NULL;

	TRY(wire_unpack(mem, &wangli__intake_accepted__descriptor, body, &in, err));
	struct str *named = arena_new_array(mem, struct str, in->n_named_units + 1);
	for (size_t i = 0; named != NULL && i < in->n_named_units; i++)
		named[i] = wire_str(in->named_units[i]);
	out->type = wire_str(in->type);
	out->question = (struct dispatch_question){ .category = wire_str(in->category),
		.area = wire_str(in->area),
		.is_general_desk = in->is_general_desk,
		.is_report = str_eq_c(wire_str(in->klass), "report"),
		.named_units = named,
		.n_named_units = named != NULL ? in->n_named_units : 0 };
	return RES_OK;
}

struct str dispatch_write_dispatched(
	struct arena *mem, const struct dispatch_decision *decision, int32_t ref_version)
{
	const struct dispatch_case *file = &decision->file;
	Wangli__DispatchDispatched out = WANGLI__DISPATCH_DISPATCHED__INIT;
	char *co_units[DISPATCH_CO_UNITS_MAX];

	for (size_t i = 0; i < decision->choice.n_co_units; i++)
		co_units[i] = text_out(mem, decision->choice.co_units[i]);
	out.task = file->task;
	out.unit = text_out(mem, file->unit);
	out.co_units = co_units;
	out.n_co_units = decision->choice.n_co_units;
	out.reason = text_out(mem, str_from_c(dispatch_reason_name(decision->choice.reason)));
	out.sign_due_us = time_out(file->sign_due);
	out.contact_due_us = time_out(file->contact_due);
	out.resolve_due_us = time_out(file->resolve_due);
	out.is_provisional = file->is_provisional;
	out.ref_version = ref_version;
	out.type = text_out(mem, file->type);
	out.category = text_out(mem, file->category);
	out.area = text_out(mem, file->area);
	return wire_pack(mem, &out.base);
}

struct str dispatch_write_signed(struct arena *mem, const struct dispatch_case *file)
{
	Wangli__DispatchSigned out = WANGLI__DISPATCH_SIGNED__INIT;

	out.task = file->task;
	out.unit = text_out(mem, file->unit);
	return wire_pack(mem, &out.base);
}

struct str dispatch_write_contacted(struct arena *mem, const struct dispatch_case *file)
{
	Wangli__DispatchContacted out = WANGLI__DISPATCH_CONTACTED__INIT;

	out.task = file->task;
	out.unit = text_out(mem, file->unit);
	return wire_pack(mem, &out.base);
}

struct str dispatch_write_resolved(struct arena *mem, const struct dispatch_decision *decision)
{
	Wangli__DispatchResolved out = WANGLI__DISPATCH_RESOLVED__INIT;

	out.task = decision->file.task;
	out.unit = text_out(mem, decision->file.unit);
	out.is_on_time = decision->is_on_time;
	return wire_pack(mem, &out.base);
}
