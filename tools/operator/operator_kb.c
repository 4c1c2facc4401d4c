/* kb: puts the articles of a CSV file into the knowledge base, or lists it. A row that cannot be
 * read or that reply refuses is named with its line, and the others go in all the same; the same
 * file again changes nothing but the day on which they were checked. */
#include <stdio.h>
#include <string.h>

#include "clock/line.h"
#include "crypto/crypto.h"
#include "csv/csv_core.h"
#include "db/db.h"
#include "kb_sql.h"
#include "operator.h"
#include "os/os.h"
#include "proto/reply.pb-c.h"
#include "json/json.h"

#define FILE_BYTES_MAX (2u << 20)
#define PATIENCE       SPAN_S(60)
#define FIRST_DAY      "2000-01-01"

enum column { CATEGORY, TITLE, WORDS, TEXT, UNIT, VALID_FROM, VALID_TO, COLUMNS };
static const struct {
	const char *name;
	bool is_optional;
} columns[] = {
	[CATEGORY] = { "category", false },
	[TITLE] = { "title", false },
	[WORDS] = { "words", false },
	[TEXT] = { "text", false },
	[UNIT] = { "unit", false },
	[VALID_FROM] = { "valid_from", true },
	[VALID_TO] = { "valid_to", true },
};

struct kb_import {
	struct arena *mem;
	const char *path;
	struct line *line;
	size_t at[COLUMNS]; /* field of each column, from 1; 0: not there */
	size_t n_fields;
	size_t n_put;
	size_t n_wrong;
};

static enum res header_read(
	struct kb_import *import, const struct csv_record *header, struct err *err)
{
	for (size_t f = 0; f < header->n; f++) {
		size_t c = 0;
		while (c < COLUMNS && !str_eq_c(header->fields[f], columns[c].name))
			c++;
		if (c == COLUMNS || import->at[c] != 0)
			return err_set(err, RES_INVALID, "%s:1: column '%.*s' is %s", import->path,
				STR_ARG(header->fields[f]),
				c == COLUMNS ? "not known" : "there twice");
		import->at[c] = f + 1;
	}
	for (size_t c = 0; c < COLUMNS; c++)
		if (import->at[c] == 0 && !columns[c].is_optional)
			return err_set(err, RES_INVALID, "%s:1: column '%s' is missing",
				import->path, columns[c].name);
	import->n_fields = header->n;
	return RES_OK;
}

static char *field_of(
	const struct kb_import *import, const struct csv_record *record, enum column column)
{
	size_t at = import->at[column];

	return (char *)(uintptr_t)arena_c(
		import->mem, at == 0 ? STR("") : str_trim(record->fields[at - 1]));
}

static struct str body_of(const struct kb_import *import, const struct csv_record *record)
{
	static char first_day[] = FIRST_DAY;
	Wangli__KbPut body = WANGLI__KB_PUT__INIT;

	body.category = field_of(import, record, CATEGORY);
	body.title = field_of(import, record, TITLE);
	body.words = field_of(import, record, WORDS);
	body.text = field_of(import, record, TEXT);
	body.unit = field_of(import, record, UNIT);
	body.valid_from = field_of(import, record, VALID_FROM);
	if (body.valid_from[0] == 0)
		body.valid_from = first_day;
	body.valid_to = field_of(import, record, VALID_TO);
	return wire_pack(import->mem, &body.base);
}

static void wrong(struct kb_import *import, size_t line, struct str text)
{
	fprintf(stderr, "%s:%zu: %.*s\n", import->path, line, STR_ARG(text));
	import->n_wrong++;
}

static enum res row_put(struct kb_import *import, const struct csv_record *record, struct err *err)
{
	struct line_command command = { .group = "reply",
		.type = "kb.put.v1",
		.actor = arena_printf(import->mem, "operator/%.*s", STR_ARG(operator_user())) };
	struct wire_msg answer;
	uint64_t salt;

	if (record->fault != CSV_FINE) {
		wrong(import, record->line, str_from_c(csv_fault_text(record->fault)));
		return RES_OK;
	}
	if (record->n != import->n_fields) {
		wrong(import, record->line,
			arena_printf(import->mem, "%zu fields, the header has %zu", record->n,
				import->n_fields));
		return RES_OK;
	}
	os_random(&salt, sizeof salt);
	command.command_id = arena_printf(import->mem, "kb/%016llx", (unsigned long long)salt);
	command.body = body_of(import, record);
	TRY(line_ask(import->line, import->mem, &command, PATIENCE, &answer, err));
	if (answer.kind == WIRE_RESULT && answer.head.code == WIRE_CODE_DONE)
		import->n_put++;
	else
		wrong(import, record->line,
			answer.head.text.n > 0 ? answer.head.text
					       : str_from_c(wire_code_name(answer.head.code)));
	return RES_OK;
}

static enum res kb_db_open(struct arena *mem, struct db **out, struct err *err)
{
	struct db_options options = { .application = "wangli-kb",
		.statements = kb_sql_all,
		.statement_timeout = SPAN_S(30),
		.allow_unsafe = true };

	TRY(line_setting(mem, "PG_CONNINFO", &options.conninfo, err));
	return db_open(out, &options, err);
}

/* Always, so that an import that was broken off after its articles is made good by the next one. */
static enum res version_raise(struct arena *mem, struct err *err)
{
	struct db_params none;
	struct db *opened = NULL;

	TRY(kb_db_open(mem, &opened, err));
	SCOPED(db)
	struct db *db = opened;
	db_params_init(&none, mem);
	return db_run(db, &kb_sql_kb_raise, &none, NULL, err);
}

static enum res rows_put(struct kb_import *import, struct str bytes, struct err *err)
{
	struct csv_reader reader;
	struct csv_record record;

	csv_open(&reader, bytes);
	if (!csv_next(&reader, import->mem, &record))
		return err_set(err, RES_INVALID, "%s: the file is empty", import->path);
	if (record.fault != CSV_FINE)
		return err_set(
			err, RES_INVALID, "%s:1: %s", import->path, csv_fault_text(record.fault));
	TRY(header_read(import, &record, err));
	while (csv_next(&reader, import->mem, &record))
		TRY(row_put(import, &record, err));
	return RES_OK;
}

static enum res kb_import(struct arena *mem, const char *path, struct err *err)
{
	struct kb_import import = { .mem = mem, .path = path };
	struct line_options options;
	struct str bytes;

	TRY(os_file_read(mem, path, FILE_BYTES_MAX, &bytes, err));
	TRY(line_options_read(mem, &options, err));
	TRY(line_open(&import.line, &options, err));
	SCOPED(line)
	struct line *line = import.line;
	(void)line;
	TRY(rows_put(&import, bytes, err));
	if (import.n_put > 0)
		TRY(version_raise(mem, err));
	printf("knowledge base: %zu articles put%s\n", import.n_put,
		import.n_wrong > 0 ? ", some refused" : "");
	if (import.n_wrong > 0)
		return err_set(
			err, RES_DENIED, "%zu rows of %s did not go in", import.n_wrong, path);
	return RES_OK;
}

/* --- list --- */

static void list_text(const struct db_result *rows)
{
	for (size_t i = 0; i < db_rows(rows); i++)
		printf("%lld  %.*s  %.*s  [%.*s]  %.*s  %.*s–%.*s\n",
			(long long)db_get_int(rows, i, 0), STR_ARG(db_get_str(rows, i, 1)),
			STR_ARG(db_get_str(rows, i, 2)), STR_ARG(db_get_str(rows, i, 3)),
			STR_ARG(db_get_str(rows, i, 4)), STR_ARG(db_get_str(rows, i, 5)),
			STR_ARG(db_get_str(rows, i, 6)));
	printf("%zu articles\n", db_rows(rows));
}

static void list_json(struct arena *mem, const struct db_result *rows)
{
	static const char *const names[] = { "category", "title", "words", "unit", "valid_from",
		"valid_to" };
	SCOPED(json)
	struct json *all = json_object_create();
	struct json *list = json_array_create();
	char at[INSTANT_TEXT_MAX];

	for (size_t i = 0; i < db_rows(rows); i++) {
		struct json *one = json_object_create();
		json_set_int(one, "id", db_get_int(rows, i, 0));
		for (size_t c = 0; c < sizeof names / sizeof names[0]; c++)
			json_set_str(one, names[c], db_get_str(rows, i, (int)c + 1));
		json_set_int(one, "text_chars", db_get_int(rows, i, 7));
		json_set_c(one, "checked_at", instant_format(db_get_instant(rows, i, 8), at));
		json_set_str(one, "actor", db_get_str(rows, i, 9));
		json_push(list, one);
	}
	json_set(all, "articles", list);
	printf("%.*s\n", STR_ARG(json_text(mem, all)));
}

static enum res kb_list(struct arena *mem, bool is_json, struct err *err)
{
	struct db_result *rows = NULL;
	struct db_params none;
	struct db *opened = NULL;

	TRY(kb_db_open(mem, &opened, err));
	SCOPED(db)
	struct db *db = opened;
	db_params_init(&none, mem);
	TRY(db_run(db, &kb_sql_kb_list, &none, &rows, err));
	if (is_json)
		list_json(mem, rows);
	else
		list_text(rows);
	return RES_OK;
}

enum res operator_kb(struct arena *mem, int argc, char **argv, struct err *err)
{
	bool is_json = argc > 1 && strcmp(argv[argc - 1], "--json") == 0;

	argc -= is_json;
	if (argc == 2 && strcmp(argv[0], "import") == 0)
		return kb_import(mem, argv[1], err);
	if (argc == 1 && strcmp(argv[0], "list") == 0)
		return kb_list(mem, is_json, err);
	return err_set(err, RES_INVALID, "usage: kb import FILE.csv | kb list [--json]");
}
