/* Letters of the bench: ours, nobody's real words. A body has about 120 Chinese characters, the
 * contact is one that the SDK encrypts. */
#ifndef WL_BENCH_BENCH_LETTER_H
#define WL_BENCH_BENCH_LETTER_H

#include "base/arena.h"
#include "sdk/wangli_inside.h"

/* Letters of one template go to the same unit: they differ in their number alone. */
#define LETTER_TEMPLATES 40
/* What the article answers that the bench puts into the knowledge base. */
#define LETTER_CONSULT_WORDS "居住证,办理/怎么办"

/* n: from 1; its template is (n - 1) % LETTER_TEMPLATES. Id "<prefix>-<n>"; texts live in mem. */
struct wangli_letter bench_letter_make(struct arena *mem, const char *prefix, int64_t n);
/* The same, a question that the article answers. */
struct wangli_letter bench_letter_consult(struct arena *mem, const char *prefix, int64_t n);

#endif
