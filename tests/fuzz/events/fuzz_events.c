/* Any bytes as the body of an event, before all who hear it: each reads or refuses it, none reads
 * what cannot be an event of that type, and what they read is carried out on a fresh row. Input:
 * "intake.accepted.v1", a line feed, the body. */
#include <stddef.h>
#include <stdint.h>

#include "analytics_codec.h"
#include "base/check.h"
#include "dispatch_codec.h"
#include "followup_codec.h"
#include "fuzz_named.h"
#include "portal_codec.h"
#include "reply_codec.h"
#include "wire/wire.h"

#define MEM_BYTES (8u << 20)
#define AT	  ((struct instant){ 1556092800000000 })

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void instant_show(struct instant at)
{
	char text[INSTANT_TEXT_MAX];

	CHECK(str_from_c(instant_format(at, text)).n < sizeof(text));
}

static bool portal_hears(struct arena *mem, const struct fuzz_named *event)
{
	struct portal_fact fact;

	if (portal_fact_read(mem, event->name, event->body, &fact, NULL) != RES_OK)
		return false;
	CHECK(fact.n_co_units <= FACT_CO_UNITS_MAX && str_is_utf8(fact.note));
	instant_show(fact.accept_due);
	instant_show(fact.sign_due);
	instant_show(fact.contact_due);
	instant_show(fact.resolve_due);
	instant_show(fact.first_at);
	return true;
}

static bool analytics_hears(struct arena *mem, const struct fuzz_named *event)
{
	const struct analytics_calendar calendar = { .n = 0 };
	struct analytics_event heard;
	struct analytics_case file, after;

	if (analytics_read(mem, event->name, AT, event->body, &heard, NULL) != RES_OK)
		return false;
	analytics_case_init(&file);
	if (heard.kind == ANALYTICS_EVENTS)
		return true;
	CHECK(heard.confidence >= 0 && heard.confidence <= 100 && heard.redo >= 0);
	if (analytics_note(&file, &heard, &calendar, &after, NULL) == RES_OK)
		(void)analytics_tells(&file, &after);
	return true;
}

static bool dispatch_hears(struct arena *mem, const struct fuzz_named *event)
{
	static const struct dispatch_duty duty = { STR_INIT("0802"), STR_INIT("D16"), false,
		{ 0, INT32_MAX } };
	static const struct dispatch_reference reference = { .duties = &duty,
		.n_duties = 1,
		.general_category = STR_INIT("0802"),
		.default_type = STR_INIT("help"),
		.report_desks = { STR_INIT("D01") },
		.n_report_desks = 1 };
	struct dispatch_event heard = { .kind = DISPATCH_ON_ACCEPTED, .at = AT };
	struct dispatch_choice choice;

	if (dispatch_read_accepted(mem, event->body, &heard, NULL) != RES_OK)
		return false;
	if (arena_failed(mem))
		return true;
	CHECK(dispatch_choose_unit(&reference, &heard.question, &choice, NULL) == RES_OK);
	CHECK(choice.unit.n > 0 && choice.n_co_units <= DISPATCH_CO_UNITS_MAX);
	return true;
}

static bool reply_hears(struct arena *mem, const struct fuzz_named *event, bool is_accepted)
{
	const struct reply_rules rules = { true, true };
	struct reply_event heard;
	struct reply_letter letter;
	struct reply_decision decision;
	struct reply_case file;

	if ((is_accepted ? reply_read_accepted : reply_read_refused)(
		    mem, event->body, &heard, &letter, NULL) != RES_OK)
		return false;
	reply_case_init(&file);
	if (reply_decide(&file, &heard, &rules, AT, &decision, NULL) == RES_OK)
		CHECK(decision.n_taken <= REPLY_TAKEN_MAX);
	return true;
}

/* Whoever reads all of it agrees with the others; each may refuse for a reason of its own. */
static void event_hear(struct arena *mem, const struct fuzz_named *event)
{
	bool is_accepted = str_eq_c(event->name, "intake.accepted.v1");
	bool is_shown = portal_hears(mem, event);
	bool is_counted = analytics_hears(mem, event);
	struct reply_event heard = { 0 };
	struct dispatch_event asked = { 0 };
	struct str type;

	if (is_accepted)
		CHECK(dispatch_hears(mem, event) == is_shown || arena_failed(mem));
	if (is_accepted || str_eq_c(event->name, "intake.refused.v1"))
		CHECK(!reply_hears(mem, event, is_accepted) || is_shown || arena_failed(mem));
	if (str_starts(event->name, STR("dispatch.")) &&
		reply_read_dispatched(mem, event->body, &heard, NULL) == RES_OK)
		CHECK(heard.unit.n > 0);
	if (str_eq_c(event->name, "reply.replied.v1"))
		CHECK((dispatch_read_replied(mem, event->body, &asked, NULL) == RES_OK) ==
				(is_shown && is_counted) ||
			arena_failed(mem));
	if (str_eq_c(event->name, "followup.redo.v1"))
		CHECK((dispatch_read_redo(mem, event->body, &asked, NULL) == RES_OK) == is_shown ||
			arena_failed(mem));
	if (str_starts(event->name, STR("reply.")) &&
		followup_read_delivered(mem, event->body, &type, NULL) == RES_OK)
		CHECK(str_is_utf8(type));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SCOPED(arena)
	struct arena *mem = arena_create(MEM_BYTES);
	struct fuzz_named event = fuzz_named(data, size);

	CHECK(mem != NULL);
	event_hear(mem, &event);
	return 0;
}
