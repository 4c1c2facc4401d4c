/* case: shows a case with its steps so far, or takes a step as one of the people whose step it is.
 * The service decides; what it refuses is said as it says it. */
#include <stdio.h>

#include "case_arguments.h"
#include "case_file.h"
#include "clock/line.h"
#include "operator.h"
#include "os/os.h"
#include "wire/wire.h"
#include "json/json.h"

#define PATIENCE      SPAN_S(60)
#define TEXT_FILE_MAX WIRE_BODY_MAX

void operator_case_help(FILE *to)
{
	fputs("  case NO                shows it: state, due times, owner, steps so far\n"
	      "  case NO ACT [--as role/name@unit] [--command-id ID] [options]\n"
	      "      takes a step. --as: else whoever's step it is, under the calling user's "
	      "name.\n"
	      "      The same --command-id gives the same answer and does nothing twice. ACT:\n",
		to);
	for (int act = 0; act < ACTS; act++) {
		const struct act_rule *rule = act_rule((enum act)act);
		fprintf(to, "        %-9s %s (%s)\n", rule->word, rule->meaning,
			role_word(rule->role));
		for (size_t i = 0; i < act_options_n; i++)
			if (act_options[i].act == (enum act)act)
				fprintf(to, "            --%-12s %s%s\n", act_options[i].name,
					act_options[i].meaning,
					act_options[i].is_required ? " (obligatory)" : "");
	}
}

/* The draft's stage says whose review it is. */
static enum role role_of(enum act act, const struct case_file *file)
{
	bool is_review = act == ACT_APPROVE || act == ACT_REJECT;
	if (is_review && str_eq_c(file->reply_state, "LEAD_APPROVED"))
		return ROLE_REVIEWER;
	return act_rule(act)->role;
}

static enum res files_read(struct arena *mem, struct case_arguments *arguments, struct err *err)
{
	for (size_t i = 0; i < arguments->n; i++) {
		struct act_value *value = &arguments->values[i];
		const struct act_option *option =
			act_option_find(arguments->act, str_from_c(value->option));
		if (option == NULL || option->kind != OPTION_FILE)
			continue;
		TRY(os_file_read(mem, arena_c(mem, value->text), TEXT_FILE_MAX, &value->text, err));
	}
	return RES_OK;
}

static struct str command_id(struct arena *mem, const struct case_arguments *arguments)
{
	uint64_t salt[2];
	if (arguments->command_id.n > 0)
		return arguments->command_id;
	os_random(salt, sizeof salt);
	return arena_printf(mem, "case/%016llx%016llx", (unsigned long long)salt[0],
		(unsigned long long)salt[1]);
}

static enum res ask(struct arena *mem, const struct line_command *command, struct wire_msg *out,
	struct err *err)
{
	struct line_options options;
	struct line *opened = NULL;
	TRY(line_options_read(mem, &options, err));
	TRY(line_open(&opened, &options, err));
	SCOPED(line)
	struct line *line = opened;
	return line_ask(line, mem, command, PATIENCE, out, err);
}

static void answer_show(struct arena *mem, const struct case_arguments *arguments,
	const struct line_command *command, const struct wire_msg *answer)
{
	const struct wire_head *head = &answer->head;
	const struct act_rule *rule = act_rule(arguments->act);
	if (!arguments->is_json) {
		if (head->code == WIRE_CODE_DONE)
			printf("%.*s: %s done as %.*s (%s %d)%s%.*s\n", STR_ARG(arguments->number),
				rule->word, STR_ARG(command->actor), rule->service, (int)head->seq,
				head->text.n > 0 ? ": " : "", STR_ARG(head->text));
		return;
	}
	SCOPED(json)
	struct json *json = json_object_create();
	json_set_str(json, "number", arguments->number);
	json_set_c(json, "act", rule->word);
	json_set_str(json, "actor", command->actor);
	json_set_str(json, "command_id", command->command_id);
	json_set_c(json, "service", rule->service);
	json_set_c(json, "code", wire_code_name(head->code));
	json_set_int(json, "seq", head->seq);
	json_set_str(json, "text", head->text);
	printf("%.*s\n", STR_ARG(json_text(mem, json)));
}

static enum res case_act(struct arena *mem, struct case_arguments *arguments,
	const struct case_file *file, struct err *err)
{
	const struct act_rule *rule = act_rule(arguments->act);
	struct line_command command = { .group = rule->service,
		.type = rule->type,
		.command_id = command_id(mem, arguments),
		.case_id = file->case_id };
	const struct case_actor_wish wish = { .as = arguments->as,
		.role = role_of(arguments->act, file),
		.user = operator_user(),
		.unit = file->unit.code };
	struct wire_msg answer;
	TRY(case_actor_make(mem, &wish, &command.actor, err));
	TRY(files_read(mem, arguments, err));
	TRY(act_body(mem, arguments->act, arguments->values, arguments->n, &command.body, err));
	TRY(ask(mem, &command, &answer, err));
	answer_show(mem, arguments, &command, &answer);
	if (answer.head.code == WIRE_CODE_DONE)
		return RES_OK;
	return err_set(err, RES_DENIED, "%s answers %s: %.*s", rule->service,
		wire_code_name(answer.head.code), STR_ARG(answer.head.text));
}

enum res operator_case(struct arena *mem, int argc, char **argv, struct err *err)
{
	struct case_arguments arguments;
	struct case_file file;
	struct db *opened = NULL;
	TRY(case_arguments_read(argc, argv, &arguments, err));
	TRY(case_db_open(mem, &opened, err));
	SCOPED(db)
	struct db *db = opened;
	TRY(case_file_load(mem, db, arguments.number, arguments.case_id, &file, err));
	if (arguments.has_act)
		return case_act(mem, &arguments, &file, err);
	if (arguments.is_json)
		case_file_show_json(mem, &file);
	else
		case_file_show(&file);
	return RES_OK;
}
