/* The history on disk: lines of fields parted by TAB, one a record. See history_log.h. */
#include "history_log.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/check.h"

static void append(struct os_log *log, const char *what, const struct str *fields, size_t n)
{
	struct buf line = { 0 };
	buf_add_str(&line, str_from_c(what));
	for (size_t i = 0; i < n; i++) {
		buf_add(&line, "\t", 1);
		buf_add_str(&line, fields[i]);
	}
	os_log_append(log, buf_str(&line));
	buf_fini(&line);
}

void history_invoke(struct os_log *log, struct str id)
{
	append(log, "invoke", &id, 1);
}

void history_refused(struct os_log *log, struct str id)
{
	append(log, "refused", &id, 1);
}

void history_ok(struct os_log *log, struct str id, struct str case_number, struct str digest)
{
	static const char digits[] = "0123456789abcdef";
	char hex[2 * HISTORY_DIGEST];
	size_t n = digest.n < HISTORY_DIGEST ? digest.n : HISTORY_DIGEST;
	for (size_t i = 0; i < n; i++) {
		hex[2 * i] = digits[(uint8_t)digest.p[i] >> 4];
		hex[2 * i + 1] = digits[(uint8_t)digest.p[i] & 15];
	}
	const struct str fields[] = { id, case_number, str_of(hex, 2 * n) };
	append(log, "ok", fields, 3);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool digest_read(struct str hex, uint8_t out[HISTORY_DIGEST])
{
	if (hex.n != 2 * HISTORY_DIGEST)
		return false;
	for (size_t i = 0; i < HISTORY_DIGEST; i++) {
		int high = hex_digit(hex.p[2 * i]);
		int low = hex_digit(hex.p[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static struct str text_copy(struct str text)
{
	char *copy = malloc(text.n + 1);
	CHECK(copy != NULL);
	memcpy(copy, text.p, text.n);
	copy[text.n] = 0;
	return (struct str){ .p = copy, .n = text.n };
}

static struct history_letter *letter_of(struct history *history, struct str id)
{
	struct history_letter *letter = map_get(history->by_id, id);
	if (letter != NULL)
		return letter;
	letter = calloc(1, sizeof *letter);
	CHECK(letter != NULL);
	letter->id = text_copy(id);
	map_put(history->by_id, id, letter);
	return letter;
}

static void ok_read(struct history *history, struct str id, struct str number, struct str hex)
{
	uint8_t digest[HISTORY_DIGEST];
	struct history_letter *letter = map_get(history->by_id, id);
	if (!digest_read(hex, digest)) {
		history->damaged++;
		return;
	}
	if (letter == NULL) {
		letter = letter_of(history, id);
		letter->is_contradicted = true;
	}
	/* the same receipt twice is a client that was killed between hearing and writing */
	if (letter->end == HISTORY_OK)
		letter->is_contradicted = letter->is_contradicted ||
					  !str_eq(letter->case_number, number) ||
					  memcmp(letter->digest, digest, sizeof digest) != 0;
	else
		letter->is_contradicted = letter->is_contradicted || letter->end == HISTORY_REFUSED;
	if (letter->end == HISTORY_OK)
		return;
	letter->end = HISTORY_OK;
	letter->case_number = text_copy(number);
	memcpy(letter->digest, digest, sizeof digest);
}

static void refused_read(struct history *history, struct str id)
{
	struct history_letter *letter = letter_of(history, id);
	letter->is_contradicted = letter->is_contradicted || letter->end == HISTORY_OK;
	letter->end = HISTORY_REFUSED;
}

static void record_read(void *arg, struct str record)
{
	struct history *history = arg;
	struct str fields[4];
	size_t n = 0;
	while (n < 4 && str_split(&record, '\t', &fields[n]))
		n++;
	if (n == 2 && str_eq_c(fields[0], "invoke"))
		(void)letter_of(history, fields[1]);
	else if (n == 4 && str_eq_c(fields[0], "ok"))
		ok_read(history, fields[1], fields[2], fields[3]);
	else if (n == 2 && str_eq_c(fields[0], "refused"))
		refused_read(history, fields[1]);
	else
		history->damaged++;
}

enum res history_read(struct history *out, const char *path, struct err *err)
{
	*out = (struct history){ .by_id = map_create() };
	enum res res = os_log_read(path, record_read, out, err);
	if (res != RES_OK)
		history_fini(out);
	return res;
}

static bool letter_free(void *arg, struct str id, void *value)
{
	struct history_letter *letter = value;
	(void)arg, (void)id;
	free((char *)(uintptr_t)letter->id.p);
	free((char *)(uintptr_t)letter->case_number.p);
	free(letter);
	return true;
}

void history_fini(struct history *history)
{
	if (history->by_id == NULL)
		return;
	map_walk(history->by_id, letter_free, NULL);
	map_destroy(history->by_id);
	history->by_id = NULL;
}
