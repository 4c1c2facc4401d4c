/* Which article of the knowledge base answers a letter: one that holds on the day and whose words
 * all stand in it. Articles are reply's (reply.v_kb_article); here they are only looked for. */
#ifndef WL_INTAKE_ARTICLE_CORE_H
#define WL_INTAKE_ARTICLE_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct intake_article {
	int64_t id;
	/* "居住证,办理/怎么办": parts joined by ',', each with alternatives joined by '/'. */
	struct str words;
	int32_t valid_from; /* days since 1970, inclusive */
	int32_t valid_to;   /* exclusive; INT32_MIN (SQL null): still */
};

/* Every part must stand in title or body with one of its alternatives. The article with most
 * characters matched (the longest alternative of each part) wins, then the lowest id. 0: none. An
 * article without words answers nothing. */
int64_t intake_article_find(const struct intake_article *articles, size_t n, struct str title,
	struct str body, int32_t day);

/* Does the article with that id hold on the day? */
bool intake_article_holds(const struct intake_article *articles, size_t n, int64_t id, int32_t day);

#endif
