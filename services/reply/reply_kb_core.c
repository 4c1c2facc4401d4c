/* Looks articles up by number and day, and checks one before it is put. */
#include "reply_kb_core.h"

#include "reply_core.h"

static const struct reply_kb_article *by_id(const struct reply_kb *kb, int64_t id)
{
	size_t from = 0, to = kb->n;

	while (from < to) {
		size_t middle = from + (to - from) / 2;
		if (kb->articles[middle].id < id)
			from = middle + 1;
		else
			to = middle;
	}
	return from < kb->n && kb->articles[from].id == id ? &kb->articles[from] : NULL;
}

static bool holds(int32_t valid_from, int32_t valid_to, int32_t day)
{
	return valid_from <= day && (valid_to == REPLY_KB_NO_END || day < valid_to);
}

const struct reply_kb_article *reply_kb_find(const struct reply_kb *kb, int64_t id, int32_t day)
{
	const struct reply_kb_article *article = by_id(kb, id);

	if (article == NULL || !holds(article->valid_from, article->valid_to, day))
		return NULL;
	return article;
}

static bool is_known(const struct reply_codes *codes, struct str code, int32_t day)
{
	for (size_t i = 0; i < codes->n; i++)
		if (str_eq(codes->rows[i].code, code) &&
			holds(codes->rows[i].valid_from, codes->rows[i].valid_to, day))
			return true;
	return false;
}

/* "办理/怎么办": an alternative of one character would stand in every letter. */
static enum res part_check(struct str part, struct err *err)
{
	struct str one;

	if (str_is_empty(part))
		return err_set(err, RES_INVALID, "words: there is nothing between two commas");
	while (str_split(&part, '/', &one))
		if (str_utf8_length(one) < 2 || !str_eq(one, str_trim(one)))
			return err_set(err, RES_INVALID,
				"words: '%.*s' is no word of two characters or more, without "
				"blanks around it",
				STR_ARG(one));
	return RES_OK;
}

static enum res words_check(struct str words, struct err *err)
{
	static const char *const wide[] = { "，", "、", "／" };
	struct str part;

	TRY(reply_text_check(words, "list of words", REPLY_KB_WORDS_MAX, err));
	for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++)
		if (str_find(words, str_from_c(wide[i]), 0) != SIZE_MAX)
			return err_set(err, RES_INVALID,
				"words: '%s' separates nothing, only ',' and '/' do", wide[i]);
	while (str_split(&words, ',', &part))
		TRY(part_check(part, err));
	return RES_OK;
}

static enum res place_check(
	const struct reply_kb_article *article, const struct reply_kb_rules *rules, struct err *err)
{
	size_t bytes = article->text.n;

	if (!is_known(rules->categories, article->category, rules->today))
		return err_set(err, RES_INVALID, "category '%.*s' is not in the taxonomy today",
			STR_ARG(article->category));
	if (!is_known(rules->units, article->unit, rules->today))
		return err_set(
			err, RES_INVALID, "there is no unit '%.*s' today", STR_ARG(article->unit));
	if (article->id < 0 || (article->id > 0 && by_id(rules->kb, article->id) == NULL))
		return err_set(err, RES_INVALID, "there is no article %lld: 0 makes a new one",
			(long long)article->id);
	for (size_t i = 0; i < rules->kb->n; i++)
		bytes += rules->kb->articles[i].id == article->id ? 0
								  : rules->kb->articles[i].text.n;
	if (bytes > REPLY_KB_BYTES_MAX)
		return err_set(err, RES_TOO_BIG, "all articles together have more than %d bytes",
			REPLY_KB_BYTES_MAX);
	return RES_OK;
}

enum res reply_kb_check(
	const struct reply_kb_article *article, const struct reply_kb_rules *rules, struct err *err)
{
	TRY(reply_text_check(article->title, "title", REPLY_KB_TITLE_MAX, err));
	TRY(words_check(article->words, err));
	TRY(reply_text_check(article->text, "article", REPLY_TEXT_MAX, err));
	if (article->valid_to != REPLY_KB_NO_END && article->valid_to <= article->valid_from)
		return err_set(err, RES_INVALID, "valid_to is not after valid_from");
	return place_check(article, rules, err);
}
