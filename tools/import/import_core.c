/* Rows of an import file. See import_core.h. */
#include "import_core.h"

#include <stddef.h>

#include "replay_core.h"

/* What is done with a column's text. */
enum column_kind { KIND_TEXT, KIND_TIME, KIND_NUMBER, KIND_RATING };

static const struct column_rule {
	const char *name;
	size_t offset;
	enum column_kind kind;
	bool is_required; /* the column must be there, and each row must have something in it */
	bool is_for_reply;
	size_t most_chars;
	size_t most_bytes;
} rules[IMPORT_COLUMNS] = {
#define ROW(member_) .name = #member_, .offset = offsetof(struct import_row, member_)
	[COLUMN_EXTERNAL_ID] = { ROW(external_id), KIND_TEXT, true, false, 0, IMPORT_ID_BYTES },
	[COLUMN_TITLE] = { ROW(title), KIND_TEXT, true, false, IMPORT_TITLE_CHARS, 0 },
	[COLUMN_BODY] = { ROW(body), KIND_TEXT, true, false, IMPORT_BODY_CHARS, 0 },
	[COLUMN_TIME] = { ROW(time), KIND_TIME, false, false, 0, 0 },
	[COLUMN_USER] = { ROW(user), KIND_TEXT, false, false, 0, IMPORT_USER_BYTES },
	[COLUMN_AREA] = { ROW(area), KIND_TEXT, false, false, 0, IMPORT_AREA_BYTES },
	[COLUMN_LIKES] = { ROW(likes), KIND_NUMBER, false, false, 0, 0 },
	[COLUMN_REPLY] = { ROW(reply), KIND_TEXT, false, true, 0, IMPORT_REPLY_BYTES },
	[COLUMN_REPLY_TIME] = { ROW(reply_time), KIND_TIME, false, true, 0, 0 },
	[COLUMN_RATING] = { ROW(rating), KIND_RATING, false, true, 0, 0 },
#undef ROW
};

const char *import_column_name(enum import_column column)
{
	return rules[column].name;
}

/* The name that the file uses for a column of ours. */
static struct str name_in_file(
	enum import_column column, const struct import_map *maps, size_t n_maps)
{
	for (size_t i = 0; i < n_maps; i++)
		if (str_eq_c(maps[i].ours, rules[column].name))
			return maps[i].theirs;
	return str_from_c(rules[column].name);
}

static enum res maps_check(const struct import_map *maps, size_t n_maps, struct err *err)
{
	for (size_t i = 0; i < n_maps; i++) {
		bool is_known = false;
		for (int c = 0; c < IMPORT_COLUMNS; c++)
			is_known = is_known || str_eq_c(maps[i].ours, rules[c].name);
		if (!is_known)
			return err_set(err, RES_INVALID, "--map %.*s=…: there is no such column",
				STR_ARG(maps[i].ours));
	}
	return RES_OK;
}

/* A file of another kind is named as such, not by a column that seems to be missing. */
static enum res kind_check(const struct csv_record *record, struct err *err)
{
	for (size_t i = 0; i < record->n; i++)
		if (str_find(record->fields[i], STR("\r"), 0) != SIZE_MAX)
			return err_set(err, RES_INVALID,
				"line %zu: lines end with CR alone: want LF or CR LF",
				record->line);
	if (record->n == 1)
		return err_set(err, RES_INVALID,
			"line %zu: one column only: want columns parted by commas", record->line);
	return RES_OK;
}

static enum res column_find(const struct csv_record *record, enum import_column column,
	struct str name, bool is_mapped, int32_t *out_at, struct err *err)
{
	int32_t at = -1;
	for (size_t i = 0; i < record->n; i++) {
		if (!str_eq(str_trim(record->fields[i]), name))
			continue;
		if (at >= 0)
			return err_set(err, RES_INVALID, "line %zu: column '%.*s' is there twice",
				record->line, STR_ARG(name));
		at = (int32_t)i;
	}
	if (at < 0 && (rules[column].is_required || is_mapped))
		return err_set(err, RES_INVALID,
			"line %zu: column '%.*s' is missing; --map %s=NAME names another one",
			record->line, STR_ARG(name), rules[column].name);
	*out_at = at;
	return RES_OK;
}

/* A reject file's own two columns; not when somebody maps one of ours to them. */
static bool has_reject_columns(
	const struct csv_record *record, const struct import_map *maps, size_t n_maps)
{
	size_t n = record->n;
	if (n < 3 || !str_eq_c(record->fields[n - 2], IMPORT_REJECT_LINE) ||
		!str_eq_c(record->fields[n - 1], IMPORT_REJECT_REASON))
		return false;
	for (size_t i = 0; i < n_maps; i++)
		if (str_eq(maps[i].theirs, record->fields[n - 2]) ||
			str_eq(maps[i].theirs, record->fields[n - 1]))
			return false;
	return true;
}

static struct str ignored_list(
	struct arena *mem, const struct csv_record *record, const struct import_header *header)
{
	struct str list = STR("");
	for (size_t i = 0; i < header->n; i++) {
		bool is_used = false;
		for (int c = 0; c < IMPORT_COLUMNS; c++)
			is_used = is_used || header->at[c] == (int32_t)i;
		if (!is_used)
			list = arena_printf(mem, "%.*s%s%.*s", STR_ARG(list),
				list.n > 0 ? ", " : "", STR_ARG(record->fields[i]));
	}
	return list;
}

enum res import_header_read(struct arena *mem, const struct csv_record *record,
	const struct import_map *maps, size_t n_maps, bool with_reply, struct import_header *out,
	struct err *err)
{
	struct import_header header = {
		.names = record->fields, .n = record->n, .n_read = record->n
	};
	if (record->fault != CSV_FINE)
		return err_set(err, RES_INVALID, "line %zu: %s", record->line,
			csv_fault_text(record->fault));
	TRY(kind_check(record, err));
	TRY(maps_check(maps, n_maps, err));
	if (has_reject_columns(record, maps, n_maps))
		header.n -= 2;
	for (int i = 0; i < IMPORT_COLUMNS; i++) {
		enum import_column column = (enum import_column)i;
		struct str name = name_in_file(column, maps, n_maps);
		header.at[i] = -1;
		if (rules[i].is_for_reply && !with_reply)
			continue;
		TRY(column_find(
			record, column, name, !str_eq_c(name, rules[i].name), &header.at[i], err));
		if (column == COLUMN_REPLY && header.at[i] < 0)
			return err_set(err, RES_INVALID,
				"line %zu: --replay wants a column 'reply'; --map reply=NAME names "
				"another one",
				record->line);
	}
	header.ignored = ignored_list(mem, record, &header);
	*out = header;
	return RES_OK;
}

static enum res text_read(
	const struct column_rule *rule, struct str text, struct str *out, struct err *err)
{
	size_t control = str_find_control(text);
	if (rule->is_required && str_is_empty(str_trim(text)))
		return err_set(err, RES_INVALID, "%s is empty", rule->name);
	if (control != SIZE_MAX)
		return err_set(err, RES_INVALID, "%s holds a control character (0x%02x)",
			rule->name, (unsigned char)text.p[control]);
	if (rule->most_bytes > 0 && text.n > rule->most_bytes)
		return err_set(err, RES_INVALID, "%s has %zu bytes: %zu at most", rule->name,
			text.n, rule->most_bytes);
	if (rule->most_chars > 0 && str_utf8_length(text) > rule->most_chars)
		return err_set(err, RES_INVALID, "%s has %zu characters: %zu at most", rule->name,
			str_utf8_length(text), rule->most_chars);
	*out = text;
	return RES_OK;
}

static enum res time_read(
	const struct column_rule *rule, struct str text, struct instant *out, struct err *err)
{
	text = str_trim(text);
	*out = INSTANT_NONE;
	if (text.n > 0 && instant_parse(text, out) != RES_OK)
		return err_set(err, RES_INVALID, "%s '%.*s' is no time", rule->name,
			STR_ARG(str_utf8_cut(text, 40)));
	return RES_OK;
}

static enum res number_read(
	const struct column_rule *rule, struct str text, int32_t *out, struct err *err)
{
	int64_t number = 0;
	text = str_trim(text);
	if (text.n > 0 &&
		(str_to_int64(text, &number) != RES_OK || number < 0 || number > IMPORT_LIKES_MOST))
		return err_set(err, RES_INVALID, "%s '%.*s': want a number from 0 to %d",
			rule->name, STR_ARG(str_utf8_cut(text, 40)), IMPORT_LIKES_MOST);
	*out = (int32_t)number;
	return RES_OK;
}

static enum res rating_read(
	const struct column_rule *rule, struct str text, int32_t *out, struct err *err)
{
	text = str_trim(text);
	*out = replay_rating_read(text);
	if (text.n > 0 && *out == 0)
		return err_set(err, RES_INVALID, "%s '%.*s': want 1 to 5, or 很满意 … 很不满意",
			rule->name, STR_ARG(str_utf8_cut(text, 40)));
	return RES_OK;
}

enum res import_row_read(const struct import_header *header, const struct csv_record *record,
	struct import_row *out, struct err *err)
{
	struct import_row row = {
		.line = record->line, .time = INSTANT_NONE, .reply_time = INSTANT_NONE
	};
	if (record->fault != CSV_FINE)
		return err_set(err, RES_INVALID, "%s", csv_fault_text(record->fault));
	/* what is missing at the end of a row is empty; what is too much stands in no column */
	if (record->n > header->n_read)
		return err_set(err, RES_INVALID, "%zu columns: the first line has %zu", record->n,
			header->n_read);
	for (int i = 0; i < IMPORT_COLUMNS; i++) {
		if (header->at[i] < 0)
			continue;
		void *member = (char *)&row + rules[i].offset;
		size_t at = (size_t)header->at[i];
		struct str text = at < record->n ? record->fields[at] : STR("");
		switch (rules[i].kind) {
		case KIND_TEXT:
			TRY(text_read(&rules[i], text, member, err));
			break;
		case KIND_TIME:
			TRY(time_read(&rules[i], text, member, err));
			break;
		case KIND_NUMBER:
			TRY(number_read(&rules[i], text, member, err));
			break;
		case KIND_RATING:
			TRY(rating_read(&rules[i], text, member, err));
			break;
		}
	}
	*out = row;
	return RES_OK;
}

bool import_row_is_same(const struct import_row *a, const struct import_row *b)
{
	return str_eq(a->external_id, b->external_id) && str_eq(a->title, b->title) &&
	       str_eq(a->body, b->body) && str_eq(a->user, b->user) && str_eq(a->area, b->area) &&
	       a->likes == b->likes && a->time.us == b->time.us && str_eq(a->reply, b->reply) &&
	       a->reply_time.us == b->reply_time.us && a->rating == b->rating;
}
