/* Any bytes as the body of a command, or of a channel's word, to dispatch, reply, followup or
 * analytics: it is read or refused, then decided on a row in any state, by anybody. Input:
 * "reply.submit.v1", a line feed, the state (u8), the role (u8), the body. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "analytics_codec.h"
#include "base/actor.h"
#include "base/check.h"
#include "dispatch_codec.h"
#include "followup_codec.h"
#include "fuzz_named.h"
#include "reply_codec.h"
#include "wire/wire.h"

#define MEM_BYTES (8u << 20)
#define NOW	  ((struct instant){ 1556092800000000 })
#define TODAY	  18010

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Who asks of a case how far along. */
struct scene {
	struct arena *mem;
	int16_t state;
	struct actor actor;
};

/* --- dispatch --- */

static const struct dispatch_duty duty = { STR_INIT("0802"), STR_INIT("D16"), false,
	{ 0, INT32_MAX } };
static const struct dispatch_org orgs[] = {
	{ STR_INIT("D01"), { 0, INT32_MAX } },
	{ STR_INIT("D16"), { 0, INT32_MAX } },
};
static const struct dispatch_sla sla = { .type = STR_INIT("help"),
	.sign = { 1, LIMIT_WORKDAYS },
	.contact = { 2, LIMIT_WORKDAYS },
	.resolve = { 5, LIMIT_WORKDAYS },
	.period = { 0, INT32_MAX } };
static const struct dispatch_reference reference = { .duties = &duty,
	.n_duties = 1,
	.orgs = orgs,
	.n_orgs = 2,
	.slas = &sla,
	.n_slas = 1,
	.general_category = STR_INIT("0802"),
	.default_type = STR_INIT("help"),
	.report_desks = { STR_INIT("D01") },
	.n_report_desks = 1 };

static void entry_write(struct arena *mem, const struct dispatch_decision *made,
	const struct dispatch_event *event, size_t i)
{
	const struct dispatch_entry entry = { .file = &made->file,
		.done = &made->done[i],
		.note = event->note,
		.means = event->means };
	struct dispatch_event again = { 0 };

	switch (made->done[i].deed) {
	case DISPATCH_DID_DISPATCH:
	case DISPATCH_DID_REDISPATCH:
		CHECK(made->done[i].choice.n_co_units <= DISPATCH_CO_UNITS_MAX);
		CHECK(dispatch_write_dispatched(mem, &entry).p != NULL || arena_failed(mem));
		return;
	case DISPATCH_DID_SIGN:
		(void)dispatch_write_signed(mem, &entry);
		return;
	case DISPATCH_DID_CONTACT:
		CHECK(dispatch_read_contact(mem, dispatch_write_contacted(mem, &entry), &again,
			      NULL) != RES_TOO_BIG);
		return;
	case DISPATCH_DID_RESOLVE:
		(void)dispatch_write_resolved(mem, &entry);
		return;
	case DISPATCH_DEEDS:
		return;
	}
}

static void dispatch_ask(const struct scene *scene, struct dispatch_event *event)
{
	const struct workday_calendar calendar = { 0 };
	struct dispatch_decision made;
	struct dispatch_case file;

	dispatch_case_init(&file);
	file.state = (int16_t)(scene->state % DISPATCH_STATES);
	file.unit = STR("D16");
	file.type = STR("help");
	file.category = STR("0802");
	event->actor = scene->actor;
	event->at = NOW;
	event->day = TODAY;
	if (dispatch_decide(&file, event, NOW, &reference, &calendar, &made, NULL) != RES_OK)
		return;
	CHECK(made.n_done <= DISPATCH_DEEDS);
	for (size_t i = 0; i < made.n_done; i++)
		entry_write(scene->mem, &made, event, i);
}

static void try_dispatch(const struct scene *scene, struct str body)
{
	struct dispatch_event event = { .kind = DISPATCH_DISPATCH };

	if (dispatch_read_dispatch(scene->mem, body, &event, NULL) == RES_OK)
		dispatch_ask(scene, &event);
}

static void try_contact(const struct scene *scene, struct str body)
{
	struct dispatch_event event = { .kind = DISPATCH_CONTACT };

	if (dispatch_read_contact(scene->mem, body, &event, NULL) == RES_OK)
		dispatch_ask(scene, &event);
}

static void try_redo(const struct scene *scene, struct str body)
{
	struct dispatch_event event = { .kind = DISPATCH_ON_REDO };

	if (dispatch_read_redo(scene->mem, body, &event, NULL) == RES_OK)
		dispatch_ask(scene, &event);
}

/* --- reply --- */

static void reply_ask(const struct scene *scene, struct reply_event *event)
{
	const struct reply_rules rules = { false, false };
	struct reply_decision made;
	struct reply_case file;

	reply_case_init(&file);
	file.state = (int16_t)(scene->state % REPLY_STATES);
	file.has_letter = file.has_unit = file.is_signed = true;
	file.unit = STR("D16");
	file.author = STR("li.na");
	file.channel = STR("hotline");
	file.draft = 1;
	file.delivery_id = STR("delivery");
	file.fence = 1;
	file.claim_id = STR("0123456789abcdef");
	event->actor = scene->actor;
	event->fresh_delivery_id = STR("fresh");
	event->draft_digest = STR("digest");
	(void)reply_claim_is_repeated(&file, event);
	if (reply_decide(&file, event, &rules, NOW, &made, NULL) != RES_OK)
		return;
	CHECK(made.n_taken <= REPLY_TAKEN_MAX);
	if (str_eq(made.after.delivery_id, file.delivery_id))
		CHECK(made.after.fence >= file.fence);
	CHECK(str_is_utf8(made.after.delivery_id) && str_is_utf8(made.after.claim_id));
	CHECK(reply_write_replied(scene->mem, &made.after).p != NULL || arena_failed(scene->mem));
	(void)reply_write_sending(scene->mem, &made.after);
}

static void reply_try(const struct scene *scene, struct str body,
	enum res (*read)(
		struct arena *mem, struct str body, struct reply_event *out, struct err *err))
{
	struct reply_event event;

	if (read(scene->mem, body, &event, NULL) == RES_OK)
		reply_ask(scene, &event);
}

static void try_submit(const struct scene *scene, struct str body)
{
	reply_try(scene, body, reply_read_submit);
}

static void try_approve(const struct scene *scene, struct str body)
{
	reply_try(scene, body, reply_read_approve);
}

static void try_reject(const struct scene *scene, struct str body)
{
	reply_try(scene, body, reply_read_reject);
}

static void try_answer(const struct scene *scene, struct str body)
{
	reply_try(scene, body, reply_read_answer);
}

static void try_claim(const struct scene *scene, struct str body)
{
	reply_try(scene, body, reply_read_claim);
}

static void try_verify(const struct scene *scene, struct str body)
{
	reply_try(scene, body, reply_read_verify);
}

static void try_done(const struct scene *scene, struct str body)
{
	struct reply_event event;
	struct str reason;
	char *masked;

	if (reply_read_done(scene->mem, body, &event, &reason, NULL) != RES_OK)
		return;
	masked = arena_alloc(scene->mem, reason.n);
	if (masked == NULL)
		return;
	reply_reason_mask(reason, masked);
	CHECK(str_is_utf8(str_of(masked, reason.n)));
	reply_ask(scene, &event);
}

static void try_kb_put(const struct scene *scene, struct str body)
{
	static const struct reply_code code = { STR_INIT("0802"), 0, REPLY_KB_NO_END };
	static const struct reply_codes codes = { &code, 1 };
	static const struct reply_kb kb = { .n = 0 };
	const struct reply_kb_rules rules = { &kb, &codes, &codes, TODAY };
	struct reply_kb_article article;

	if (reply_read_kb_put(scene->mem, body, &article, NULL) != RES_OK ||
		reply_kb_check(&article, &rules, NULL) != RES_OK)
		return;
	CHECK(article.text.n > 0 && str_is_utf8(article.words) && article.id == 0);
}

/* --- followup, analytics --- */

static void try_rate(const struct scene *scene, struct str body)
{
	const struct workday_calendar calendar = { 0 };
	struct followup_event event = { .kind = FOLLOWUP_EV_RATE, .actor = scene->actor };
	struct followup_decision made;
	struct followup_case file;

	followup_case_init(&file);
	file.state = (int16_t)(scene->state % FOLLOWUP_STATES);
	file.round = 1;
	file.visits = file.planned = 1;
	file.delivered_at = NOW;
	if (followup_read_rate(scene->mem, body, &event.rating, NULL) != RES_OK ||
		followup_decide(&file, &event, NOW, &calendar, &made, NULL) != RES_OK)
		return;
	CHECK(made.n_taken <= FOLLOWUP_TAKEN_MAX);
	(void)followup_write_rated(scene->mem, &made.after, &event.rating, 1, "phone");
	(void)followup_write_closed(scene->mem, &made.after);
}

static void try_status_done(const struct scene *scene, struct str body)
{
	int32_t version;

	(void)!analytics_read_status_done(scene->mem, body, &version, NULL);
}

static const struct {
	const char *name;
	void (*try)(const struct scene *scene, struct str body);
} tries[] = {
	{ "dispatch.dispatch.v1", try_dispatch },
	{ "dispatch.contact.v1", try_contact },
	{ "followup.redo.v1", try_redo },
	{ "reply.submit.v1", try_submit },
	{ "reply.approve.v1", try_approve },
	{ "reply.reject.v1", try_reject },
	{ "reply.answer.v1", try_answer },
	{ "reply.verify.v1", try_verify },
	{ "claim.v1", try_claim },
	{ "done.v1", try_done },
	{ "kb.put.v1", try_kb_put },
	{ "followup.rate.v1", try_rate },
	{ "status.done.v1", try_status_done },
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SCOPED(arena)
	struct arena *mem = arena_create(MEM_BYTES);
	struct fuzz_named input = fuzz_named(data, size);
	struct scene scene = { .mem = mem };

	CHECK(mem != NULL);
	if (input.body.n < 2)
		return 0;
	scene.state = (uint8_t)input.body.p[0];
	scene.actor = (struct actor){ .role = (enum role)((uint8_t)input.body.p[1] % ROLES),
		.name = STR("wang"),
		.unit = STR("D16") };
	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++)
		if (str_eq_c(input.name, tries[i].name))
			tries[i].try(&scene, str_slice(input.body, 2, input.body.n));
	return 0;
}
