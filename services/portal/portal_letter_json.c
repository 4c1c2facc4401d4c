/* The document of a letter: what happened, in the order of time, with the names of units and none
 * of people. A report (举报) shows no unit, no category and no area. */
#include "base/actor.h"
#include "base/id.h"
#include "portal_answer.h"
#include "portal_chip_core.h"
#include "portal_codec.h"
#include "portal_grants.h"
#include "portal_letter.h"
#include "portal_store.h"
#include "portal_thread_core.h"

struct teller {
	struct portal_state *state;
	bool is_report;
};

static void set_text(struct json *json, const char *key, struct str text)
{
	if (!str_is_empty(text))
		json_set_str(json, key, text);
}

static void set_count(struct json *json, const char *key, int64_t n)
{
	if (n != 0)
		json_set_int(json, key, n);
}

static void set_unit(
	const struct teller *teller, struct json *json, const char *key, struct str code)
{
	if (!teller->is_report)
		json_set_name(json, key, code, portal_org(teller->state, code));
}

/* Roles are shown, people are not. */
static void set_actor(const struct teller *teller, struct json *json, struct str text)
{
	struct actor actor;

	if (actor_parse(text, &actor, NULL) != RES_OK)
		return;
	json_set_c(json, "role", role_word(actor.role));
	set_unit(teller, json, "by", actor.unit);
}

static void set_places(
	const struct teller *teller, struct json *json, const struct portal_fact *fact)
{
	struct json *others;

	if (teller->is_report)
		return;
	set_unit(teller, json, "unit", fact->unit);
	json_set_name(json, "area", fact->area, portal_org(teller->state, fact->area));
	json_set_name(
		json, "category", fact->category, portal_category(teller->state, fact->category));
	if (fact->n_co_units == 0)
		return;
	others = json_array_create();
	for (size_t i = 0; i < fact->n_co_units; i++) {
		struct json *one = json_object_create();
		set_unit(teller, one, "unit", fact->co_units[i]);
		json_push(others, one);
	}
	json_set(json, "with", others);
}

static void set_fact(const struct teller *teller, struct json *json, const struct portal_fact *fact)
{
	set_places(teller, json, fact);
	set_text(json, "note", fact->note);
	set_text(json, "kind", fact->type);
	if (!teller->is_report)
		set_text(json, "reason", fact->reason);
	set_text(json, "channel", fact->channel);
	set_text(json, "means", fact->means);
	set_text(json, "solved", fact->solved);
	set_count(json, "satisfaction", fact->satisfaction);
	set_count(json, "n", fact->n);
	set_count(json, "stage", fact->stage);
	set_count(json, "visits", fact->visits);
	set_count(json, "round", fact->round);
	set_count(json, "redo", fact->redo);
	if (fact->is_on_time >= 0)
		json_set_bool(json, "on_time", fact->is_on_time != 0);
	if (fact->kb_article != 0)
		json_set_bool(json, "from_kb", true);
	if (fact->is_general_desk)
		json_set_bool(json, "general_desk", true);
	json_set_instant(json, "accept_due", fact->accept_due);
	json_set_instant(json, "sign_due", fact->sign_due);
	json_set_instant(json, "contact_due", fact->contact_due);
	json_set_instant(json, "resolve_due", fact->resolve_due);
	json_set_instant(json, "first_at", fact->first_at);
}

/* An entry that cannot be read is still shown with its type and time. */
static struct json *step_json(const struct teller *teller, struct arena *mem,
	const struct portal_entry *entry, struct thread_entry *out)
{
	struct json *json = json_object_create();
	struct portal_fact fact;

	*out = (struct thread_entry){ .type = entry->type,
		.at = entry->at,
		.accept_due = INSTANT_NONE,
		.resolve_due = INSTANT_NONE };
	json_set_str(json, "type", entry->type);
	json_set_instant(json, "at", entry->at);
	set_actor(teller, json, entry->actor);
	if (portal_fact_read(mem, entry->type, entry->body, &fact, NULL) != RES_OK)
		return json;
	out->accept_due = fact.accept_due;
	out->resolve_due = fact.resolve_due;
	set_fact(teller, json, &fact);
	return json;
}

static struct json *chip_json(const struct chip *chip, bool is_answer)
{
	struct json *json = json_object_create();

	json_set_c(json, "stage", chip_stage_word(chip->stage));
	json_set_instant(json, "due", chip->due);
	json_set_instant(json, "start", chip->start);
	json_set_bool(json, "answer", is_answer);
	json_set_bool(json, "hours", chip->is_hours);
	json_set_bool(json, "provisional", chip->is_provisional);
	json_set_bool(json, "late", chip->is_late);
	json_set_int(json, "total", chip->total);
	json_set_int(json, "left", chip->left);
	json_set_int(json, "over", chip->over);
	return json;
}

static void set_file(const struct teller *teller, struct json *json, const struct portal_case *file)
{
	set_text(json, "state", file->state);
	set_text(json, "kind", file->type);
	json_set_int(json, "version", file->version);
	if (teller->is_report)
		return;
	set_unit(teller, json, "unit", file->unit);
	json_set_name(json, "area", file->area, portal_org(teller->state, file->area));
	json_set_name(
		json, "category", file->category, portal_category(teller->state, file->category));
}

static void set_refusal(struct json *json, const struct portal_letter *letter)
{
	struct json *refusal;

	if (letter->refusal.p == NULL)
		return;
	refusal = json_object_create();
	json_set_str(refusal, "sentence", letter->refusal);
	json_set_str(refusal, "guidance", letter->guidance);
	json_set(json, "refusal", refusal);
}

struct json *portal_letter_json(struct portal_state *state, struct arena *mem, int64_t case_id,
	const struct portal_letter *letter, struct instant now)
{
	const struct teller teller = { .state = state,
		.is_report = !str_is_empty(letter->file.klass) || letter->file.case_id == 0 };
	struct json *json = json_object_create();
	struct json *steps = json_array_create();
	struct thread_entry *entries = arena_new_array(mem, struct thread_entry, letter->n_entries);
	char number[CASE_NUMBER_MAX] = "";

	(void)!case_number_format(str_from_c(state->config.case_prefix), case_id, number, NULL);
	json_set_c(json, "no", number);
	json_set_instant(json, "now", now);
	for (size_t i = 0; entries != NULL && i < letter->n_entries; i++)
		json_push(steps, step_json(&teller, mem, &letter->entries[i], &entries[i]));
	struct thread thread = thread_read(entries, entries == NULL ? 0 : letter->n_entries);
	struct chip chip =
		chip_count(&state->reference.calendar, thread.start, thread.due, thread.done, now);
	set_file(&teller, json, &letter->file);
	json_set_bool(json, "report", !str_is_empty(letter->file.klass));
	if (chip.stage != CHIP_NONE)
		json_set(json, "chip", chip_json(&chip, thread.is_answer_due));
	json_set_bool(json, "can_rate", thread.can_rate);
	json_set_bool(json, "answered", thread.is_answered);
	json_set_bool(json, "refused", thread.is_refused);
	json_set_bool(json, "closed", thread.is_closed);
	json_set_bool(json, "redone", thread.is_redone);
	set_refusal(json, letter);
	if (thread.is_answered)
		set_text(json, "reply", letter->reply_text);
	json_set(json, "steps", steps);
	json_set_str(json, "token", portal_grant_token(state, mem, case_id));
	return json;
}
