/* parked: what the services have set aside (law 12): lists and shows it, and has it tried again,
 * mended or skipped. The service decides; what it refuses is said as it says it. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/id.h"
#include "case_file.h"
#include "case_steps.h"
#include "clock/line.h"
#include "operator.h"
#include "os/os.h"
#include "parked_sql.h"
#include "proto/operator.pb-c.h"
#include "wire/wire.h"
#include "json/json.h"

#define PATIENCE    SPAN_S(60)
#define DIGITS_SEEN 3 /* of a long number */
#define DIGITS_LONG 7 /* a telephone or identity number, not a date or an article */

static const char usage[] =
	"usage: parked list [--all] | show CASE PRODUCER SEQ [--body FILE] | retry CASE PRODUCER | "
	"fix CASE PRODUCER SEQ FILE --reason TEXT | skip CASE PRODUCER SEQ --reason TEXT   "
	"(with --at SERVICE where several have set it aside, --as role/name)";

struct asked {
	struct arena *mem;
	const char *verb;
	const char *words[4]; /* CASE PRODUCER SEQ FILE */
	int n;
	struct str at;
	struct str as;
	struct str reason;
	struct str body_file;
	bool is_all;
	bool is_json;
	int64_t case_id;
	int64_t seq; /* 0: the first that waits */
};

/* --- what was asked for --- */

static bool option_take(struct asked *asked, const char *name, const char *value)
{
	const struct {
		const char *name;
		struct str *to;
	} options[] = { { "--at", &asked->at }, { "--as", &asked->as },
		{ "--reason", &asked->reason }, { "--body", &asked->body_file } };

	for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
		if (strcmp(name, options[i].name) != 0 || value == NULL)
			continue;
		*options[i].to = str_from_c(value);
		return true;
	}
	return false;
}

static enum res words_take(struct asked *asked, int argc, char **argv, struct err *err)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0)
			asked->is_json = true;
		else if (strcmp(argv[i], "--all") == 0)
			asked->is_all = true;
		else if (argv[i][0] == '-') {
			if (!option_take(asked, argv[i], i + 1 < argc ? argv[i + 1] : NULL))
				return err_set(err, RES_INVALID,
					"%s is not known, or wants a value; %s", argv[i], usage);
			i++;
		} else if (asked->n == 4)
			return err_set(err, RES_INVALID, "%s", usage);
		else
			asked->words[asked->n++] = argv[i];
	}
	return RES_OK;
}

static enum res asked_read(struct asked *asked, int argc, char **argv, struct err *err)
{
	static const struct {
		const char *verb;
		int n;
		bool wants_reason;
	} verbs[] = { { "list", 0, false }, { "show", 3, false }, { "retry", 2, false },
		{ "fix", 4, true }, { "skip", 3, true } };
	size_t v = 0;

	while (v < 5 && (argc == 0 || strcmp(argv[0], verbs[v].verb) != 0))
		v++;
	if (v == 5)
		return err_set(err, RES_INVALID, "%s", usage);
	asked->verb = verbs[v].verb;
	TRY(words_take(asked, argc, argv, err));
	if (asked->n != verbs[v].n)
		return err_set(err, RES_INVALID, "%s", usage);
	if (verbs[v].wants_reason && str_trim(asked->reason).n == 0)
		return err_set(err, RES_INVALID, "%s wants --reason TEXT: it is kept for ever",
			asked->verb);
	if (asked->n > 0 && str_to_int64(str_from_c(asked->words[0]), &asked->case_id) != RES_OK &&
		case_number_parse(str_from_c(asked->words[0]), &asked->case_id, err) != RES_OK)
		return err_prefix(err, RES_INVALID, "%s", asked->words[0]);
	if (asked->n > 2 && (str_to_int64(str_from_c(asked->words[2]), &asked->seq) != RES_OK ||
				    asked->seq < 1 || asked->seq > INT32_MAX))
		return err_set(err, RES_INVALID, "SEQ '%s': a number from 1 on, as list shows it",
			asked->words[2]);
	return RES_OK;
}

/* --- list --- */

static const char *const list_names[] = { "service", "case_id", "producer", "seq", "type", "state",
	"owner", "due_at", "parked_at", "sends", "tries", "why", "reason" };

static void field_json(
	struct json *json, const char *name, const struct db_result *rows, size_t row, int col)
{
	char at[INSTANT_TEXT_MAX];

	if (strcmp(name, "case_id") == 0) { /* ids are strings in JSON */
		snprintf(at, sizeof at, "%lld", (long long)db_get_int(rows, row, col));
		json_set_c(json, name, at);
	} else if (strcmp(name, "seq") == 0 || strcmp(name, "sends") == 0 ||
		   strcmp(name, "tries") == 0) {
		json_set_int(json, name, db_get_int(rows, row, col));
	} else if (str_ends(str_from_c(name), STR("_at")) || strcmp(name, "at") == 0) {
		struct instant when = db_get_instant(rows, row, col);
		json_set_c(json, name, instant_is_none(when) ? "" : instant_format(when, at));
	} else {
		json_set_str(json, name, db_get_str(rows, row, col));
	}
}

static void list_show_json(struct arena *mem, const struct db_result *rows)
{
	SCOPED(json)
	struct json *all = json_object_create();
	struct json *list = json_array_create();

	for (size_t i = 0; i < db_rows(rows); i++) {
		struct json *one = json_object_create();
		for (size_t c = 0; c < sizeof list_names / sizeof list_names[0]; c++)
			field_json(one, list_names[c], rows, i, (int)c);
		json_push(list, one);
	}
	json_set(all, "parked", list);
	printf("%.*s\n", STR_ARG(json_text(mem, all)));
}

static void list_show(const struct db_result *rows)
{
	char due[INSTANT_TEXT_MAX];

	for (size_t i = 0; i < db_rows(rows); i++)
		printf("%-9.*s case %lld  %.*s %lld  %.*s  %.*s, %.*s by %s\n    %.*s\n",
			STR_ARG(db_get_str(rows, i, 0)), (long long)db_get_int(rows, i, 1),
			STR_ARG(db_get_str(rows, i, 2)), (long long)db_get_int(rows, i, 3),
			STR_ARG(db_get_str(rows, i, 4)), STR_ARG(db_get_str(rows, i, 5)),
			STR_ARG(db_get_str(rows, i, 6)),
			instant_format(db_get_instant(rows, i, 7), due),
			STR_ARG(db_get_str(rows, i, db_get_str(rows, i, 12).n > 0 ? 12 : 11)));
	printf("%zu set aside%s\n", db_rows(rows),
		db_rows(rows) > 0 ? "; ./wangli parked show CASE PRODUCER SEQ says more" : "");
}

static enum res parked_list(struct asked *asked, struct db *db, struct err *err)
{
	struct db_params params;
	struct db_result *rows = NULL;

	db_params_init(&params, asked->mem);
	db_param_bool(&params, asked->is_all);
	TRY(db_run(db, &parked_sql_parked_list, &params, &rows, err));
	if (asked->is_json)
		list_show_json(asked->mem, rows);
	else
		list_show(rows);
	return RES_OK;
}

/* --- show --- */

/* The columns of parked_find, in their order; the two last ones are body and whether it is fixed.
 */
static const char *const find_names[] = { "service", "case_id", "producer", "seq", "type", "at",
	"state", "owner", "due_at", "parked_at", "sends", "tries", "why", "reason", "done_by",
	"done_at", "history" };
enum { FIND_SERVICE = 0, FIND_SEQ = 3, FIND_TYPE = 4, FIND_BODY = 17, FIND_FIXED = 18 };

static enum res entry_find(
	struct asked *asked, struct db *db, struct db_result **out, struct err *err)
{
	struct db_params params;

	db_params_init(&params, asked->mem);
	db_param_int8(&params, asked->case_id);
	db_param_text(&params, str_from_c(asked->words[1]));
	db_param_int4(&params, (int32_t)asked->seq);
	db_param_text(&params, asked->at);
	TRY(db_run(db, &parked_sql_parked_find, &params, out, err));
	if (db_rows(*out) == 0)
		return err_set(err, RES_NOT_FOUND,
			"nothing like that is set aside; ./wangli parked list --all shows what is");
	for (size_t i = 1; i < db_rows(*out); i++)
		if (!str_eq(db_get_str(*out, 0, FIND_SERVICE), db_get_str(*out, i, FIND_SERVICE)))
			return err_set(err, RES_INVALID,
				"%.*s and %.*s have set it aside: say which one with --at",
				STR_ARG(db_get_str(*out, 0, FIND_SERVICE)),
				STR_ARG(db_get_str(*out, i, FIND_SERVICE)));
	return RES_OK;
}

/* Long numbers stay out of terminals and tickets. */
static struct str masked(struct arena *mem, struct str text)
{
	char *copy = arena_alloc(mem, text.n + 1);
	size_t run = 0;

	if (copy == NULL)
		return STR("");
	for (size_t i = 0; i < text.n; i++) {
		copy[i] = text.p[i];
		bool is_digit = text.p[i] >= '0' && text.p[i] <= '9';
		run = is_digit ? run + 1 : 0;
		for (size_t k = DIGITS_SEEN; run >= DIGITS_LONG && k < run; k++)
			copy[i - run + 1 + k] = '*';
	}
	return str_of(copy, text.n);
}

static void body_show(struct arena *mem, const struct db_result *row)
{
	struct str body = db_get_str(row, 0, FIND_BODY);
	struct step_words words = step_words_read(mem, db_get_str(row, 0, FIND_TYPE), body);

	printf("body       %zu bytes%s\n", body.n,
		db_get_int(row, 0, FIND_FIXED) != 0 ? ", fixed; the one that came is kept" : "");
	printf("  %.*s\n", STR_ARG(words.what));
	if (words.unit.n > 0)
		printf("  %-20s %.*s\n", "unit", STR_ARG(words.unit));
	if (words.note.n > 0)
		printf("  %-20s %.*s\n", "note", STR_ARG(masked(mem, words.note)));
	for (size_t i = 0; i < words.n; i++)
		printf("  %-20s %.*s\n", words.details[i].name,
			STR_ARG(masked(mem, words.details[i].text)));
	if (words.n == 0 && words.note.n == 0)
		printf("  nothing more can be read of it here\n");
}

static void entry_show(struct asked *asked, const struct db_result *row)
{
	SCOPED(json)
	struct json *json = json_object_create();
	char at[INSTANT_TEXT_MAX];

	for (size_t c = 0; c < sizeof find_names / sizeof find_names[0]; c++)
		field_json(json, find_names[c], row, 0, (int)c);
	json_set_int(json, "body_bytes", (int64_t)db_get_str(row, 0, FIND_BODY).n);
	json_set_bool(json, "is_fixed", db_get_int(row, 0, FIND_FIXED) != 0);
	if (asked->is_json) {
		printf("%.*s\n", STR_ARG(json_text(asked->mem, json)));
		return;
	}
	printf("case       %lld in %.*s\n", (long long)asked->case_id,
		STR_ARG(db_get_str(row, 0, FIND_SERVICE)));
	printf("entry      %.*s %lld, %.*s\n", STR_ARG(str_from_c(asked->words[1])),
		(long long)db_get_int(row, 0, FIND_SEQ), STR_ARG(db_get_str(row, 0, FIND_TYPE)));
	printf("state      %.*s; with %.*s", STR_ARG(db_get_str(row, 0, 6)),
		STR_ARG(db_get_str(row, 0, 7)));
	printf(" by %s\n", instant_format(db_get_instant(row, 0, 8), at));
	printf("since      %s, after %lld sends; tried again %lld times\n",
		instant_format(db_get_instant(row, 0, 9), at), (long long)db_get_int(row, 0, 10),
		(long long)db_get_int(row, 0, 11));
	printf("why        %.*s\n", STR_ARG(db_get_str(row, 0, 12)));
	if (db_get_str(row, 0, 16).n > 0)
		printf("history\n%.*s", STR_ARG(db_get_str(row, 0, 16)));
	body_show(asked->mem, row);
}

/* For who mends it with protoc: as it came, readable by the owner alone, never over another file.
 */
static enum res body_save(const struct asked *asked, struct str body, struct err *err)
{
	const char *path = arena_c(asked->mem, asked->body_file);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	size_t done = 0;

	if (fd < 0)
		return err_set(err, RES_INVALID, "cannot make %s: it must not be there yet", path);
	while (done < body.n) {
		ssize_t n = write(fd, body.p + done, body.n - done);
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	if (close(fd) != 0 || done < body.n)
		return err_set(err, RES_RETRY, "cannot write all of %s", path);
	return RES_OK;
}

static enum res parked_show(struct asked *asked, struct db *db, struct err *err)
{
	struct db_result *row = NULL;

	TRY(entry_find(asked, db, &row, err));
	entry_show(asked, row);
	if (asked->body_file.n > 0)
		return body_save(asked, db_get_str(row, 0, FIND_BODY), err);
	return RES_OK;
}

/* --- acts --- */

static enum res act_body(struct asked *asked, struct str *out, struct err *err)
{
	Wangli__ParkedAct body = WANGLI__PARKED_ACT__INIT;
	struct str bytes = STR("");

	if (asked->n == 4)
		TRY(os_file_read(asked->mem, asked->words[3], WIRE_BODY_MAX - 1024, &bytes, err));
	body.producer = (char *)(uintptr_t)asked->words[1];
	body.seq = (int32_t)asked->seq;
	body.reason = (char *)(uintptr_t)arena_c(asked->mem, asked->reason);
	body.body.data = (uint8_t *)(uintptr_t)bytes.p;
	body.body.len = bytes.n;
	*out = wire_pack(asked->mem, &body.base);
	return RES_OK;
}

static enum res ask(
	struct asked *asked, struct line_command *command, struct wire_msg *out, struct err *err)
{
	struct line_options options;
	struct line *opened = NULL;

	TRY(line_options_read(asked->mem, &options, err));
	TRY(line_open(&opened, &options, err));
	SCOPED(line)
	struct line *line = opened;
	return line_ask(line, asked->mem, command, PATIENCE, out, err);
}

static void answer_show(
	struct asked *asked, const struct line_command *command, const struct wire_msg *answer)
{
	SCOPED(json)
	struct json *json = json_object_create();

	json_set_c(json, "service", command->group);
	json_set_c(json, "code", wire_code_name(answer->head.code));
	json_set_str(json, "text", answer->head.text);
	json_set_str(json, "actor", command->actor);
	if (asked->is_json)
		printf("%.*s\n", STR_ARG(json_text(asked->mem, json)));
	else if (answer->head.code == WIRE_CODE_DONE)
		printf("%s: %.*s\n", command->group, STR_ARG(answer->head.text));
}

static enum res parked_act(struct asked *asked, struct db *db, struct err *err)
{
	struct db_result *row = NULL;
	struct line_command command = { .case_id = asked->case_id, .actor = asked->as };
	struct wire_msg answer;
	uint64_t salt[2];

	TRY(entry_find(asked, db, &row, err));
	command.group = arena_c(asked->mem, db_get_str(row, 0, FIND_SERVICE));
	command.type = arena_c(asked->mem, arena_printf(asked->mem, "parked.%s.v1", asked->verb));
	os_random(salt, sizeof salt);
	command.command_id = arena_printf(asked->mem, "parked/%016llx%016llx",
		(unsigned long long)salt[0], (unsigned long long)salt[1]);
	if (command.actor.n == 0)
		command.actor = arena_printf(asked->mem, "operator/%.*s", STR_ARG(operator_user()));
	TRY(act_body(asked, &command.body, err));
	TRY(ask(asked, &command, &answer, err));
	answer_show(asked, &command, &answer);
	if (answer.head.code == WIRE_CODE_DONE)
		return RES_OK;
	return err_set(err, RES_DENIED, "%s answers %s: %.*s", command.group,
		wire_code_name(answer.head.code), STR_ARG(answer.head.text));
}

static enum res parked_db_open(struct arena *mem, struct db **out, struct err *err)
{
	struct db_options options = { .application = "wangli-parked",
		.statements = parked_sql_all,
		.statement_timeout = SPAN_S(30),
		.allow_unsafe = true };

	TRY(line_setting(mem, "PG_CONNINFO", &options.conninfo, err));
	return db_open(out, &options, err);
}

enum res operator_parked(struct arena *mem, int argc, char **argv, struct err *err)
{
	struct asked asked = { .mem = mem, .at = STR(""), .as = STR(""), .reason = STR("") };
	struct db *opened = NULL;

	TRY(asked_read(&asked, argc, argv, err));
	TRY(parked_db_open(mem, &opened, err));
	SCOPED(db)
	struct db *db = opened;
	if (strcmp(asked.verb, "list") == 0)
		return parked_list(&asked, db, err);
	if (strcmp(asked.verb, "show") == 0)
		return parked_show(&asked, db, err);
	return parked_act(&asked, db, err);
}
