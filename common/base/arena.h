/* One arena per batch: whoever makes something takes `struct arena *mem` first and nobody frees.
 * Reaching the cap marks the arena; every later call gives NULL or an empty text; ask
 * arena_failed() once before a commit. The cap is a bound of the input, the same at each try, so
 * that a message may be refused for it. The machine's own memory running out is a CHECK: what is no
 * fault of a message is never held against it; the process is started anew and the message comes
 * again. Sanitizer builds make one malloc per piece, so that overruns are seen. */
#ifndef WL_BASE_ARENA_H
#define WL_BASE_ARENA_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/scoped.h"
#include "base/str.h"

struct arena;

/* cap_bytes: most that may be handed out between two resets. */
struct arena *arena_create(size_t cap_bytes);
void arena_destroy(struct arena *mem);
SCOPED_DEFINE(arena, struct arena *, arena_destroy)

void arena_reset(struct arena *mem); /* everything handed out is gone; the failure mark too */
bool arena_failed(const struct arena *mem);
size_t arena_used(const struct arena *mem); /* bytes handed out since the last reset */
size_t arena_peak(const struct arena *mem); /* the most that was in use at once, over all resets */

/* Zeroed, aligned for any type; NULL when out. n == 0 gives a valid pointer. */
void *arena_alloc(struct arena *mem, size_t bytes);
void *arena_array(struct arena *mem, size_t count, size_t element_bytes); /* checks the product */
#define arena_new(mem, type)		  ((type *)arena_alloc((mem), sizeof(type)))
#define arena_new_array(mem, type, count) ((type *)arena_array((mem), (count), sizeof(type)))
/* A larger copy of an array, for lists that grow: the old one stays until reset. */
void *arena_grow(struct arena *mem, const void *old, size_t old_bytes, size_t new_bytes);

struct str arena_str(
	struct arena *mem, struct str s); /* a copy with a NUL behind it; STR_NONE stays STR_NONE */
const char *arena_c(struct arena *mem,
	struct str s); /* the same as C text; "" when s has no value or memory is out */
/* The parts with the separator between each two; "" for none. */
struct str arena_join(struct arena *mem, const struct str *parts, size_t n, char separator);
struct str arena_printf(struct arena *mem, const char *format, ...) printf_like(2, 3);
struct str arena_vprintf(struct arena *mem, const char *format, va_list args) printf_like(2, 0);

#endif
