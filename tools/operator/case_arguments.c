/* Arguments of `case`. See case_arguments.h. */
#include "case_arguments.h"

#include <string.h>

#include "base/id.h"

#define COMMAND_ID_BYTES 200

static bool has_value(const struct act_option *option)
{
	return option->kind != OPTION_FLAG && option->kind != OPTION_YES;
}

static enum res value_add(struct case_arguments *arguments, const struct act_option *option,
	const char *text, struct err *err)
{
	for (size_t i = 0; i < arguments->n; i++) {
		const struct act_option *other =
			act_option_find(arguments->act, str_from_c(arguments->values[i].option));
		if (other != NULL && strcmp(other->field, option->field) == 0)
			return err_set(err, RES_INVALID, "--%s and --%s: only one of them, once",
				other->name, option->name);
	}
	if (arguments->n == CASE_VALUES_MAX)
		return err_set(err, RES_INVALID, "more than %d options", CASE_VALUES_MAX);
	arguments->values[arguments->n++] =
		(struct act_value){ .option = option->name, .text = str_from_c(text) };
	return RES_OK;
}

/* The two options that every act has. */
static void shared_take(struct case_arguments *arguments, const char *name, const char *value)
{
	if (strcmp(name, "as") == 0)
		arguments->as = str_from_c(value);
	else
		arguments->command_id = str_from_c(value);
}

static enum res option_read(
	struct case_arguments *arguments, int argc, char **argv, int *at, struct err *err)
{
	const char *name = argv[*at] + 2;
	const char *value = *at + 1 < argc ? argv[*at + 1] : NULL;
	const struct act_option *option = act_option_find(arguments->act, str_from_c(name));
	bool is_shared = strcmp(name, "as") == 0 || strcmp(name, "command-id") == 0;
	if (option == NULL && !is_shared) /* neither the act's nor one of all acts */
		return err_set(err, RES_INVALID, "%s does not know --%s",
			act_rule(arguments->act)->word, name);
	if (option != NULL && !has_value(option))
		return value_add(arguments, option, "", err);
	if (value == NULL || value[0] == 0)
		return err_set(err, RES_INVALID, "--%s wants a value", name);
	(*at)++;
	if (option == NULL) {
		shared_take(arguments, name, value);
		return RES_OK;
	}
	return value_add(arguments, option, value, err);
}

enum res case_arguments_read(int argc, char **argv, struct case_arguments *out, struct err *err)
{
	struct case_arguments arguments = { .as = STR(""), .command_id = STR("") };
	if (argc > 0 && strcmp(argv[argc - 1], "--json") == 0) {
		arguments.is_json = true;
		argc--;
	}
	if (argc == 0 || argv[0][0] == '-')
		return err_set(err, RES_INVALID, "usage: case NO [ACT …]; --help lists the acts");
	arguments.number = str_from_c(argv[0]);
	if (case_number_parse(arguments.number, &arguments.case_id, err) != RES_OK)
		return err_prefix(err, RES_INVALID, "%s", argv[0]);
	if (argc > 1 && !act_find(str_from_c(argv[1]), &arguments.act))
		return err_set(err, RES_INVALID, "case does not know '%s'; --help lists the acts",
			argv[1]);
	arguments.has_act = argc > 1;
	for (int i = 2; i < argc; i++) {
		if (strncmp(argv[i], "--", 2) != 0)
			return err_set(err, RES_INVALID, "%s does not know '%s'", argv[1], argv[i]);
		TRY(option_read(&arguments, argc, argv, &i, err));
	}
	if (arguments.command_id.n > COMMAND_ID_BYTES || !str_is_utf8(arguments.command_id))
		return err_set(err, RES_INVALID, "--command-id: want text of at most %d bytes",
			COMMAND_ID_BYTES);
	*out = arguments;
	return RES_OK;
}
