/* A bump allocator over chunks; in sanitizer builds one malloc per piece, so that overruns are
 * seen. Both count what they hand out in the same way, so that a cap is met at the same call. */
#include "base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"

#define CHUNK_BYTES	 ((size_t)64 * 1024)
#define CAP_MOST	 (SIZE_MAX / 2) /* a chunk of so much has room for its head, in numbers */
#define SPARE_CHUNKS_MAX 16 /* kept over a reset: the next batch is about as large as this one */

struct chunk {
	struct chunk *next;
	size_t bytes; /* room in all */
	size_t used;
	max_align_t first[];
};

struct arena {
	struct chunk *chunks; /* in use; new pieces come from the first */
	struct chunk *spare;  /* empty, each of CHUNK_BYTES */
	size_t spares;
	size_t cap;
	size_t used;
	size_t peak;
	bool has_failed;
};

static size_t rounded(size_t bytes)
{
	size_t step = _Alignof(max_align_t);

	if (bytes == 0)
		return step;
	return bytes > SIZE_MAX - step ? SIZE_MAX : (bytes + step - 1) / step * step;
}

static struct chunk *chunk_create(size_t bytes)
{
	struct chunk *chunk = malloc(sizeof(*chunk) + bytes);

	CHECK(chunk != NULL);
	*chunk = (struct chunk){ .bytes = bytes };
	return chunk;
}

static void chunks_free(struct chunk *chunk)
{
	while (chunk != NULL) {
		struct chunk *next = chunk->next;
		free(chunk);
		chunk = next;
	}
}

#ifdef WANGLI_SANITIZED
static void *piece_take(struct arena *mem, size_t bytes)
{
	struct chunk *piece = chunk_create(bytes);

	piece->next = mem->chunks;
	mem->chunks = piece;
	return piece->first;
}

/* What is used after a reset must be seen: nothing is kept. */
static bool chunk_keep(struct arena *mem, struct chunk *chunk)
{
	(void)mem;
	(void)chunk;
	return false;
}
#else
static struct chunk *chunk_take(struct arena *mem, size_t bytes)
{
	struct chunk *chunk = mem->spare;

	if (bytes > CHUNK_BYTES || chunk == NULL)
		return chunk_create(bytes > CHUNK_BYTES ? bytes : CHUNK_BYTES);
	mem->spare = chunk->next;
	mem->spares--;
	return chunk;
}

static void *piece_take(struct arena *mem, size_t bytes)
{
	struct chunk *chunk = mem->chunks;
	size_t room = rounded(bytes);

	if (chunk == NULL || chunk->bytes - chunk->used < room) {
		chunk = chunk_take(mem, room);
		/* A large piece fills its chunk; the chunk before still has room for small ones. */
		struct chunk **at = &mem->chunks;
		if (room > CHUNK_BYTES && mem->chunks != NULL)
			at = &mem->chunks->next;
		chunk->next = *at;
		*at = chunk;
	}
	void *piece = (char *)chunk->first + chunk->used;
	chunk->used += room;
	return piece;
}

static bool chunk_keep(struct arena *mem, struct chunk *chunk)
{
	if (chunk->bytes != CHUNK_BYTES || mem->spares == SPARE_CHUNKS_MAX)
		return false;
	chunk->used = 0;
	chunk->next = mem->spare;
	mem->spare = chunk;
	mem->spares++;
	return true;
}
#endif

struct arena *arena_create(size_t cap_bytes)
{
	struct arena *mem = calloc(1, sizeof(*mem));

	CHECK(mem != NULL);
	mem->cap = cap_bytes < CAP_MOST ? cap_bytes : CAP_MOST;
	return mem;
}

void arena_destroy(struct arena *mem)
{
	if (mem == NULL)
		return;
	chunks_free(mem->chunks);
	chunks_free(mem->spare);
	free(mem);
}

void arena_reset(struct arena *mem)
{
	struct chunk *chunk = mem->chunks;

	while (chunk != NULL) {
		struct chunk *next = chunk->next;
		if (!chunk_keep(mem, chunk))
			free(chunk);
		chunk = next;
	}
	mem->chunks = NULL;
	mem->used = 0;
	mem->has_failed = false;
}

bool arena_failed(const struct arena *mem)
{
	return mem->has_failed;
}

size_t arena_used(const struct arena *mem)
{
	return mem->used;
}

size_t arena_peak(const struct arena *mem)
{
	return mem->peak;
}

void *arena_alloc(struct arena *mem, size_t bytes)
{
	if (mem->has_failed || rounded(bytes) > mem->cap - mem->used) {
		mem->has_failed = true;
		return NULL;
	}
	mem->used += rounded(bytes);
	if (mem->used > mem->peak)
		mem->peak = mem->used;
	return memset(piece_take(mem, bytes), 0, bytes);
}

void *arena_array(struct arena *mem, size_t count, size_t element_bytes)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, element_bytes, &bytes)) {
		mem->has_failed = true;
		return NULL;
	}
	return arena_alloc(mem, bytes);
}

void *arena_grow(struct arena *mem, const void *old, size_t old_bytes, size_t new_bytes)
{
	CHECK(new_bytes >= old_bytes);
	void *grown = arena_alloc(mem, new_bytes);
	if (grown != NULL && old_bytes > 0)
		memcpy(grown, old, old_bytes);
	return grown;
}

struct str arena_str(struct arena *mem, struct str s)
{
	if (s.p == NULL || s.n == SIZE_MAX)
		return STR_NONE;
	char *copy = arena_alloc(mem, s.n + 1);
	if (copy == NULL)
		return STR_NONE;
	memcpy(copy, s.p, s.n);
	return str_of(copy, s.n);
}

const char *arena_c(struct arena *mem, struct str s)
{
	struct str copy = arena_str(mem, s);

	return copy.p == NULL ? "" : copy.p;
}

struct str arena_vprintf(struct arena *mem, const char *format, va_list args)
{
	va_list again;

	va_copy(again, args);
	int n = vsnprintf(NULL, 0, format, again);
	va_end(again);
	CHECK(n >= 0);
	char *text = arena_alloc(mem, (size_t)n + 1);
	if (text == NULL)
		return STR_NONE;
	vsnprintf(text, (size_t)n + 1, format, args);
	return str_of(text, (size_t)n);
}

struct str arena_join(struct arena *mem, const struct str *parts, size_t n, char separator)
{
	size_t bytes = 0, at = 0;

	for (size_t i = 0; i < n; i++)
		bytes += parts[i].n + 1;
	if (n == 0)
		return STR("");
	char *joined = arena_alloc(mem, bytes);
	if (joined == NULL)
		return STR("");
	for (size_t i = 0; i < n; i++) {
		if (parts[i].n > 0)
			memcpy(joined + at, parts[i].p, parts[i].n);
		at += parts[i].n;
		joined[at++] = i + 1 < n ? separator : '\0';
	}
	return str_of(joined, bytes - 1);
}

struct str arena_printf(struct arena *mem, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	struct str text = arena_vprintf(mem, format, args);
	va_end(args);
	return text;
}
