/* A few hundred articles with a few words each: every one that holds is tried. */
#include "intake_article_core.h"

static bool is_valid(const struct intake_article *article, int32_t day)
{
	return article->valid_from <= day &&
	       (article->valid_to == INT32_MIN || day < article->valid_to);
}

/* Characters of the longest alternative that stands there; 0: none does. */
static size_t chars_of_part(struct str part, struct str title, struct str body)
{
	struct str word;
	size_t most = 0;

	while (str_split(&part, '/', &word)) {
		word = str_trim(word);
		if (str_find(title, word, 0) == SIZE_MAX && str_find(body, word, 0) == SIZE_MAX)
			continue;
		size_t chars = str_utf8_length(word);
		if (chars > most)
			most = chars;
	}
	return most;
}

/* Characters matched in all; 0: a part is missing, or there are no words at all. */
static size_t chars_of(const struct intake_article *article, struct str title, struct str body)
{
	struct str rest = article->words, part;
	size_t sum = 0;

	while (str_split(&rest, ',', &part)) {
		if (str_is_empty(str_trim(part)))
			continue;
		size_t chars = chars_of_part(part, title, body);
		if (chars == 0)
			return 0;
		sum += chars;
	}
	return sum;
}

int64_t intake_article_find(const struct intake_article *articles, size_t n, struct str title,
	struct str body, int32_t day)
{
	int64_t best = 0;
	size_t most = 0;

	for (size_t i = 0; i < n; i++) {
		if (!is_valid(&articles[i], day))
			continue;
		size_t chars = chars_of(&articles[i], title, body);
		if (chars == 0 || chars < most || (chars == most && articles[i].id > best))
			continue;
		most = chars;
		best = articles[i].id;
	}
	return best;
}

bool intake_article_holds(const struct intake_article *articles, size_t n, int64_t id, int32_t day)
{
	for (size_t i = 0; i < n; i++) {
		if (articles[i].id == id)
			return is_valid(&articles[i], day);
	}
	return false;
}
