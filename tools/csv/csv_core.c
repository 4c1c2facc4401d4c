/* CSV. See csv_core.h; source: RFC 4180, sections 2 and 3. */
#include "csv/csv_core.h"

#include <string.h>

const char *csv_fault_text(enum csv_fault fault)
{
	switch (fault) {
	case CSV_FINE:
		return "";
	case CSV_QUOTE_OPEN:
		return "broken quoting: a quote is opened and never closed";
	case CSV_QUOTE_AFTER:
		return "broken quoting: text behind a closing quote";
	case CSV_QUOTE_INSIDE:
		return "broken quoting: a quote inside a field without quotes";
	case CSV_TOO_MANY:
		return "too many columns";
	case CSV_TOO_LONG:
		return "the row is longer than 4 MiB";
	case CSV_NOT_UTF8:
		return "not UTF-8";
	}
	return "";
}

void csv_open(struct csv_reader *reader, struct str bytes)
{
	const struct str mark = STR("\xEF\xBB\xBF");
	size_t skip = str_starts(bytes, mark) ? mark.n : 0;
	*reader = (struct csv_reader){ .rest = str_slice(bytes, skip, bytes.n - skip), .line = 1 };
}

/* Bytes of the line's end at `at`: 1 for LF, 2 for CRLF, 0 when none is there. */
static size_t line_end(struct str in, size_t at)
{
	if (at < in.n && in.p[at] == '\n')
		return 1;
	return at + 1 < in.n && in.p[at] == '\r' && in.p[at + 1] == '\n' ? 2 : 0;
}

static bool field_ends(struct str in, size_t at)
{
	return at >= in.n || in.p[at] == ',' || line_end(in, at) > 0;
}

/* A field as it stands in the bytes. */
struct span_of_field {
	struct str text;  /* between the quotes, or all of it */
	size_t n_doubled; /* quotes that were doubled */
	size_t end;	  /* offset behind it */
	enum csv_fault fault;
};

static struct span_of_field read_quoted(struct str in, size_t at)
{
	struct span_of_field field = { .fault = CSV_QUOTE_OPEN };
	size_t from = at + 1;
	for (at = from; at < in.n; at++) {
		if (in.p[at] != '"')
			continue;
		if (at + 1 < in.n && in.p[at + 1] == '"') {
			field.n_doubled++;
			at++;
			continue;
		}
		field.text = str_of(in.p + from, at - from);
		field.end = at + 1;
		field.fault = field_ends(in, at + 1) ? CSV_FINE : CSV_QUOTE_AFTER;
		return field;
	}
	return field;
}

static struct span_of_field read_plain(struct str in, size_t from)
{
	size_t at = from;
	for (; !field_ends(in, at); at++)
		if (in.p[at] == '"')
			return (struct span_of_field){ .fault = CSV_QUOTE_INSIDE };
	return (struct span_of_field){ .text = str_of(in.p + from, at - from), .end = at };
}

static struct str undouble(struct arena *mem, const struct span_of_field *field)
{
	if (field->n_doubled == 0)
		return field->text;
	char *out = arena_alloc(mem, field->text.n - field->n_doubled);
	if (out == NULL)
		return STR("");
	size_t n = 0;
	for (size_t i = 0; i < field->text.n; i++) {
		out[n++] = field->text.p[i];
		if (field->text.p[i] == '"')
			i++;
	}
	return str_of(out, n);
}

/* Reads fields up to the record's end; *out_end: offset behind the last field. */
static enum csv_fault read_fields(
	struct str in, struct arena *mem, struct csv_record *out, size_t *out_end)
{
	struct str fields[CSV_FIELDS_MAX];
	size_t n = 0;
	for (size_t at = 0;; at++) {
		if (n == CSV_FIELDS_MAX)
			return CSV_TOO_MANY;
		struct span_of_field field =
			at < in.n && in.p[at] == '"' ? read_quoted(in, at) : read_plain(in, at);
		if (field.fault != CSV_FINE)
			return field.fault;
		fields[n++] = undouble(mem, &field);
		at = field.end;
		if (at >= in.n || in.p[at] != ',') {
			*out_end = at;
			break;
		}
	}
	out->fields = arena_new_array(mem, struct str, n);
	if (out->fields == NULL)
		return CSV_TOO_LONG;
	memcpy(out->fields, fields, n * sizeof fields[0]);
	out->n = n;
	return CSV_FINE;
}

static size_t count_lines(struct str text)
{
	size_t n = 0;
	for (size_t i = 0; i < text.n; i++)
		n += text.p[i] == '\n';
	return n;
}

/* Takes `end` bytes and the line's end behind them off the reader. */
static struct str take(struct csv_reader *reader, size_t end)
{
	struct str raw = str_of(reader->rest.p, end);
	size_t all = end + line_end(reader->rest, end);
	reader->line += count_lines(str_of(reader->rest.p, all));
	reader->rest = str_of(reader->rest.p + all, reader->rest.n - all);
	return raw;
}

static size_t first_line(struct str in)
{
	const char *found = memchr(in.p, '\n', in.n);
	size_t end = found == NULL ? in.n : (size_t)(found - in.p);
	return end > 0 && found != NULL && in.p[end - 1] == '\r' ? end - 1 : end;
}

bool csv_next(struct csv_reader *reader, struct arena *mem, struct csv_record *out)
{
	while (line_end(reader->rest, 0) > 0)
		(void)take(reader, 0);
	if (reader->rest.n == 0)
		return false;
	struct csv_record record = { .line = reader->line };
	bool is_cut = reader->rest.n > CSV_RECORD_MAX;
	struct str in = is_cut ? str_of(reader->rest.p, CSV_RECORD_MAX) : reader->rest;
	size_t end = 0;
	record.fault = read_fields(in, mem, &record, &end);
	/* what ends where we stopped looking has not ended */
	if (is_cut && (record.fault == CSV_QUOTE_OPEN ||
			      (record.fault == CSV_FINE && end + 2 > CSV_RECORD_MAX)))
		record.fault = CSV_TOO_LONG;
	record.raw = take(reader, record.fault == CSV_FINE ? end : first_line(reader->rest));
	if (record.fault == CSV_FINE && !str_is_utf8(record.raw))
		record.fault = CSV_NOT_UTF8;
	*out = record;
	return true;
}

static bool needs_quotes(struct str field)
{
	for (size_t i = 0; i < field.n; i++)
		if (strchr("\",\r\n", field.p[i]) != NULL && field.p[i] != 0)
			return true;
	/* bytes that would be taken for a byte order mark at the front of a file */
	if (str_starts(field, STR("\xEF\xBB\xBF")))
		return true;
	return field.n > 0 && (field.p[0] == ' ' || field.p[field.n - 1] == ' ');
}

void csv_write_field(struct buf *out, size_t at, struct str field)
{
	if (at > 0)
		buf_add(out, ",", 1);
	if (!needs_quotes(field)) {
		/* a row of one empty field would read as an empty line */
		buf_add_str(out, at == 0 && field.n == 0 ? STR("\"\"") : field);
		return;
	}
	buf_add(out, "\"", 1);
	for (size_t i = 0; i < field.n; i++) {
		if (field.p[i] == '"')
			buf_add(out, "\"", 1);
		buf_add(out, &field.p[i], 1);
	}
	buf_add(out, "\"", 1);
}

void csv_write_end(struct buf *out)
{
	buf_add(out, "\r\n", 2);
}
