/* Any reference data and any letter for the classifier. Reference data are CSV, as in a city's
 * files: a row is kind, code, text, number; a line "letter" ends them, title and body follow. The
 * body stands there as often as a letter has room for it: what takes long for a short text repeated
 * shows as a time-out. */
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "csv/csv_core.h"
#include "intake_article_core.h"
#include "intake_classify_core.h"
#include "intake_words_core.h"

#define MEM_BYTES  (32u << 20)
#define ROWS_MAX   64
#define BODY_BYTES (150 * 1000) /* 50,000 Chinese characters */
#define TODAY	   18010

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct rows {
	struct classify_category categories[ROWS_MAX];
	struct classify_word words[ROWS_MAX], type_words[ROWS_MAX];
	struct classify_org orgs[ROWS_MAX];
	struct intake_article articles[ROWS_MAX];
	size_t n_articles;
	struct classify_reference reference;
};

static const struct classify_period always = { 0, WORDS_NO_END };

static void row_take(struct rows *rows, const struct csv_record *row)
{
	struct classify_reference *to = &rows->reference;
	struct str kind = row->fields[0], code = row->fields[1], text = row->fields[2];
	int64_t number = 0;

	if (row->n > 3 &&
		(str_to_int64(row->fields[3], &number) != RES_OK || number < 0 || number > 100))
		number = 1;
	if (str_eq_c(kind, "category") && to->n_categories < ROWS_MAX)
		rows->categories[to->n_categories++] =
			(struct classify_category){ code, text, always };
	else if (str_eq_c(kind, "word") && to->n_words < ROWS_MAX)
		rows->words[to->n_words++] =
			(struct classify_word){ code, text, (int32_t)number, always };
	else if (str_eq_c(kind, "typeword") && to->n_type_words < ROWS_MAX)
		rows->type_words[to->n_type_words++] =
			(struct classify_word){ code, text, (int32_t)number, always };
	else if (str_eq_c(kind, "org") && to->n_orgs < ROWS_MAX)
		rows->orgs[to->n_orgs++] = (struct classify_org){ .code = code,
			.name = text,
			.level = (int16_t)number,
			.parent_code = row->n > 4 ? row->fields[4] : STR(""),
			.kind = row->n > 5 ? row->fields[5] : STR("district"),
			.period = always };
	else if (str_eq_c(kind, "article") && rows->n_articles < ROWS_MAX)
		rows->articles[rows->n_articles++] = (struct intake_article){
			.id = number, .words = text, .valid_to = INT32_MIN
		};
}

static void rows_read(struct arena *mem, struct csv_reader *reader, struct rows *rows)
{
	struct csv_record record;

	rows->reference = (struct classify_reference){ .categories = rows->categories,
		.words = rows->words,
		.type_words = rows->type_words,
		.orgs = rows->orgs,
		.general_category = STR("0000"),
		.default_type = STR("help"),
		.least_score = 4,
		.least_margin_pct = 10,
		.least_type_score = 4 };
	while (csv_next(reader, mem, &record)) {
		if (record.fault != CSV_FINE)
			continue;
		if (str_eq_c(record.fields[0], "letter"))
			return;
		if (record.n > 2)
			row_take(rows, &record);
	}
}

static struct str repeated(struct arena *mem, struct str text)
{
	size_t times = text.n == 0 ? 0 : BODY_BYTES / text.n;
	char *out = arena_alloc(mem, times * text.n + 1);

	for (size_t i = 0; out != NULL && i < times * text.n; i++)
		out[i] = text.p[i % text.n];
	return out == NULL ? STR("") : str_of(out, times * text.n);
}

static void result_check(const struct classify_result *result, size_t n_orgs)
{
	CHECK(result->confidence_pct >= 0 && result->confidence_pct <= 100);
	CHECK(result->n_words <= CLASSIFY_WORDS_MAX && result->n_named_units <= n_orgs);
	CHECK(result->category.p != NULL && str_is_utf8(result->type));
	for (size_t i = 0; i < result->n_words; i++)
		CHECK(result->words[i].n > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SCOPED(arena)
	struct arena *mem = arena_create(MEM_BYTES);
	static struct rows rows;
	const struct classifier *classifier = NULL;
	struct classify_letter letter = { .klass = STR(""), .day = TODAY };
	struct classify_result result;
	struct csv_reader reader;

	CHECK(mem != NULL);
	rows.n_articles = 0;
	csv_open(&reader, str_of(data, size));
	rows_read(mem, &reader, &rows);
	if (!str_split(&reader.rest, '\n', &letter.title) || !str_is_utf8(letter.title) ||
		!str_is_utf8(reader.rest))
		return 0;
	letter.body = repeated(mem, reader.rest);
	letter.area = str_utf8_cut(letter.title, 6);
	CHECK(intake_article_find(
		      rows.articles, rows.n_articles, letter.title, letter.body, TODAY) <= 100);
	if (classify_words_make(mem, &rows.reference, &classifier, NULL) != RES_OK)
		return 0;
	classifier->decide(classifier, mem, &letter, &result);
	if (!arena_failed(mem))
		result_check(&result, rows.reference.n_orgs);
	return 0;
}
