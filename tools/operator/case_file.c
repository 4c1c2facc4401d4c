/* A case, read and printed. See case_file.h. */
#include "case_file.h"

#include <stdio.h>
#include <string.h>

#include "case_sql.h"
#include "clock/line.h"
#include "json/json.h"

#define SECONDS_END 19 /* of "2019-04-24T16:03:40" */

enum res case_db_open(struct arena *mem, struct db **out, struct err *err)
{
	struct db_options options = { .application = "wangli-case",
		.statements = case_sql_all,
		.statement_timeout = SPAN_S(30),
		.allow_unsafe = true };
	TRY(line_setting(mem, "PG_CONNINFO", &options.conninfo, err));
	return db_open(out, &options, err);
}

/* --- reading --- */

static enum res rows_of(struct arena *mem, struct db *db, const struct db_sql *sql, int64_t case_id,
	struct db_result **out, struct err *err)
{
	struct db_params params;
	db_params_init(&params, mem);
	db_param_int8(&params, case_id);
	return db_run(db, sql, &params, out, err);
}

static struct str text_of(struct arena *mem, const struct db_result *result, int col)
{
	return arena_str(mem, db_get_str(result, 0, col));
}

static struct case_named named_of(struct arena *mem, const struct db_result *result, int col)
{
	return (struct case_named){ text_of(mem, result, col), text_of(mem, result, col + 1) };
}

static void head_take(struct arena *mem, const struct db_result *result, struct case_file *file)
{
	file->channel = text_of(mem, result, 0);
	file->klass = text_of(mem, result, 1);
	file->type = named_of(mem, result, 2);
	file->category = named_of(mem, result, 4);
	file->area = named_of(mem, result, 6);
	file->unit = named_of(mem, result, 8);
	file->visible = text_of(mem, result, 10);
	file->reply_state = text_of(mem, result, 11);
	file->state = case_state_find(file->visible, file->reply_state);
	file->accept_due = INSTANT_NONE;
	file->sign_due = db_get_instant(result, 0, 12);
	file->contact_due = db_get_instant(result, 0, 13);
	file->resolve_due = db_get_instant(result, 0, 14);
	file->is_provisional = db_get_int(result, 0, 15) != 0;
}

static enum res steps_take(
	struct arena *mem, const struct db_result *result, struct case_file *file, struct err *err)
{
	file->n_steps = db_rows(result);
	file->steps = arena_new_array(mem, struct case_step, file->n_steps);
	if (file->steps == NULL)
		return err_set(err, RES_TOO_BIG, "memory is out");
	for (size_t i = 0; i < file->n_steps; i++) {
		struct str body = db_get_str(result, i, 5);
		struct case_step *step = &file->steps[i];
		*step = (struct case_step){
			.at = db_get_instant(result, i, 0),
			.service = arena_str(mem, db_get_str(result, i, 1)),
			.seq = db_get_int(result, i, 2),
			.type = arena_str(mem, db_get_str(result, i, 3)),
			.actor = arena_str(mem, db_get_str(result, i, 4)),
		};
		step->words = step_words_read(mem, step->type, body);
		if (str_eq_c(step->type, "intake.received.v1"))
			file->accept_due = step_time_read(mem, step->type, body, "accept_due_us");
	}
	return RES_OK;
}

enum res case_file_load(struct arena *mem, struct db *db, struct str number, int64_t case_id,
	struct case_file *out, struct err *err)
{
	struct case_file file = { .case_id = case_id, .number = number };
	struct db_result *result;
	TRY(rows_of(mem, db, &case_sql_case_head, case_id, &result, err));
	if (db_rows(result) == 0)
		return err_set(err, RES_NOT_FOUND, "there is no case %.*s", STR_ARG(number));
	head_take(mem, result, &file);
	TRY(rows_of(mem, db, &case_sql_case_steps, case_id, &result, err));
	TRY(steps_take(mem, result, &file, err));
	db_release(db);
	*out = file;
	return RES_OK;
}

/* --- printing --- */

/* "2019-04-24 16:03:40", in Shanghai. */
static const char *time_text(struct instant at, char out[INSTANT_TEXT_MAX])
{
	instant_format(at, out);
	if (instant_is_none(at))
		return out;
	out[10] = ' ';
	out[SECONDS_END] = 0;
	return out;
}

static void named_show(const char *name, const struct case_named *named)
{
	if (named->code.n > 0)
		printf("%-12s %.*s %.*s\n", name, STR_ARG(named->code), STR_ARG(named->zh));
}

/* Days end at 24:00, as everybody says; 00:00 of the next one would be misread. */
static void due_show(const char *name, struct instant at, bool is_provisional)
{
	const char *why = is_provisional ? " (provisional: no calendar for that year yet)" : "";
	char text[INSTANT_TEXT_MAX];
	int32_t day = instant_shanghai_day(at);
	if (instant_is_none(at))
		return;
	if (instant_from_shanghai_day(day).us == at.us)
		printf("%-12s %s 24:00%s\n", name, date_format(day - 1, text), why);
	else
		printf("%-12s %s%s\n", name, time_text(at, text), why);
}

static void owner_show(const struct case_file *file)
{
	const char *between = "";
	if (file->state.roles == 0)
		return;
	printf("%-12s ", "owner");
	for (int role = 0; role < ROLES; role++) {
		if (!role_is_in((enum role)role, file->state.roles))
			continue;
		printf("%s%s %s", between, role_word((enum role)role), role_zh((enum role)role));
		between = ", ";
		if (role == ROLE_UNIT_OFFICER || role == ROLE_UNIT_LEAD)
			printf(" @%.*s", STR_ARG(file->unit.code));
	}
	printf("%s%s\n", file->state.acts[0] != 0 ? ": " : "", file->state.acts);
}

static void step_show(const struct case_step *step)
{
	const struct step_words *words = &step->words;
	char at[INSTANT_TEXT_MAX];
	printf("  %s  %-8.*s  %.*s  %.*s", time_text(step->at, at), STR_ARG(step->service),
		STR_ARG(words->what), STR_ARG(step->actor));
	if (words->note.n > 0)
		printf("  “%.*s”", STR_ARG(words->note));
	if (words->unit.n > 0)
		printf("  unit=%.*s", STR_ARG(words->unit));
	for (size_t i = 0; i < words->n; i++)
		printf("  %s=%.*s", words->details[i].name, STR_ARG(words->details[i].text));
	putchar('\n');
}

void case_file_show(const struct case_file *file)
{
	printf("%.*s  %.*s %s\n", STR_ARG(file->number), STR_ARG(file->visible), file->state.zh);
	printf("%-12s %.*s\n", "channel", STR_ARG(file->channel));
	if (file->klass.n > 0)
		printf("%-12s %.*s\n", "class", STR_ARG(file->klass));
	named_show("type", &file->type);
	named_show("category", &file->category);
	named_show("area", &file->area);
	named_show("unit", &file->unit);
	due_show("accept due", file->accept_due, false);
	due_show("sign due", file->sign_due, file->is_provisional);
	due_show("contact due", file->contact_due, file->is_provisional);
	due_show("resolve due", file->resolve_due, file->is_provisional);
	owner_show(file);
	printf("steps\n");
	for (size_t i = 0; i < file->n_steps; i++)
		step_show(&file->steps[i]);
}

static void named_json(struct json *json, const char *key, const struct case_named *named)
{
	struct json *one = json_object_create();
	json_set_str(one, "code", named->code);
	json_set_str(one, "zh", named->zh);
	json_set(json, key, one);
}

static void due_json(struct json *json, const char *key, struct instant at)
{
	char text[INSTANT_TEXT_MAX];
	if (!instant_is_none(at))
		json_set_c(json, key, instant_format(at, text));
}

static struct json *owner_json(const struct case_file *file)
{
	struct json *json = json_object_create();
	struct json *roles = json_array_create();
	struct json *acts = json_array_create();
	struct str rest = str_from_c(file->state.acts);
	struct str act;
	for (int role = 0; role < ROLES; role++)
		if (role_is_in((enum role)role, file->state.roles))
			json_push_str(roles, str_from_c(role_word((enum role)role)));
	while (rest.n > 0 && str_split(&rest, ',', &act))
		json_push_str(acts, str_trim(act));
	json_set(json, "roles", roles);
	json_set_str(json, "unit", file->unit.code);
	json_set(json, "acts", acts);
	return json;
}

static struct json *step_json(const struct case_step *step)
{
	struct json *json = json_object_create();
	char at[INSTANT_TEXT_MAX];
	json_set_c(json, "at", instant_format(step->at, at));
	json_set_str(json, "service", step->service);
	json_set_int(json, "seq", step->seq);
	json_set_str(json, "type", step->type);
	json_set_str(json, "what", step->words.what);
	json_set_str(json, "actor", step->actor);
	json_set_str(json, "note", step->words.note);
	json_set_str(json, "unit", step->words.unit);
	for (size_t i = 0; i < step->words.n; i++) {
		const struct step_detail *detail = &step->words.details[i];
		/* of the event's own type the key is taken */
		json_set_str(json, strcmp(detail->name, "type") == 0 ? "case_type" : detail->name,
			detail->text);
	}
	return json;
}

void case_file_show_json(struct arena *mem, const struct case_file *file)
{
	SCOPED(json)
	struct json *json = json_object_create();
	struct json *due = json_object_create();
	struct json *steps = json_array_create();
	json_set_str(json, "number", file->number);
	json_set_id(json, "case_id", file->case_id);
	json_set_str(json, "state", file->visible);
	json_set_c(json, "state_zh", file->state.zh);
	json_set_str(json, "reply_state", file->reply_state);
	json_set_str(json, "channel", file->channel);
	json_set_str(json, "class", file->klass);
	named_json(json, "type", &file->type);
	named_json(json, "category", &file->category);
	named_json(json, "area", &file->area);
	named_json(json, "unit", &file->unit);
	due_json(due, "accept", file->accept_due);
	due_json(due, "sign", file->sign_due);
	due_json(due, "contact", file->contact_due);
	due_json(due, "resolve", file->resolve_due);
	json_set(json, "due", due);
	json_set_bool(json, "is_provisional", file->is_provisional);
	json_set(json, "owner", owner_json(file));
	for (size_t i = 0; i < file->n_steps; i++)
		json_push(steps, step_json(&file->steps[i]));
	json_set(json, "steps", steps);
	printf("%.*s\n", STR_ARG(json_text(mem, json)));
}
