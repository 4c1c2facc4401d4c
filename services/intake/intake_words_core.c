/* The index of words: a hash over the first two characters leads to a short chain, longest word
 * first. */
#include "intake_words_core.h"

#include <string.h>

struct words_index {
	struct arena *mem;
	struct words_entry **slots; /* chains */
	size_t mask;
	struct words_entry *entries;
	size_t n;
	size_t most;
};

/* Bytes of the character that begins with this byte; text is valid UTF-8. */
static size_t char_bytes(char lead)
{
	unsigned char byte = (unsigned char)lead;

	if (byte < 0xC0)
		return 1;
	return byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

static unsigned char fold(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

/* Bytes of the first two characters, or 0 when there are fewer. */
static size_t head_bytes(const char *p, size_t n)
{
	size_t first = n > 0 ? char_bytes(p[0]) : 0;

	if (first == 0 || first >= n)
		return 0;
	size_t both = first + char_bytes(p[first]);
	return both <= n ? both : 0;
}

/* FNV-1a over the folded head. */
static size_t hash_head(const char *p, size_t n)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < n; i++)
		hash = (hash ^ fold(p[i])) * 16777619u;
	return hash ^ (hash >> 15);
}

static bool stands_at(struct str word, const char *p, size_t n)
{
	if (word.n > n)
		return false;
	for (size_t i = 0; i < word.n; i++) {
		if ((unsigned char)word.p[i] != fold(p[i]))
			return false;
	}
	return true;
}

static struct words_entry *find_longest(const struct words_index *index, const char *p, size_t n)
{
	size_t head = head_bytes(p, n);

	if (head == 0)
		return NULL;
	struct words_entry *entry = index->slots[hash_head(p, head) & index->mask];
	while (entry != NULL && !stands_at(entry->word, p, n))
		entry = entry->next;
	return entry;
}

struct words_index *words_index_make(struct arena *mem, size_t most)
{
	struct words_index *index = arena_new(mem, struct words_index);
	size_t slots = 64;

	while (slots < most * 2)
		slots *= 2;
	struct words_entry **chains = arena_new_array(mem, struct words_entry *, slots);
	struct words_entry *entries = arena_new_array(mem, struct words_entry, most + 1);
	if (index == NULL || chains == NULL || entries == NULL)
		return NULL;
	*index = (struct words_index){
		.mem = mem, .slots = chains, .mask = slots - 1, .entries = entries, .most = most
	};
	return index;
}

size_t words_count(const struct words_index *index)
{
	return index->n;
}

static struct words_entry *find_exact(const struct words_index *index, struct str word)
{
	size_t head = head_bytes(word.p, word.n);

	if (head == 0)
		return NULL;
	struct words_entry *entry = index->slots[hash_head(word.p, head) & index->mask];
	while (entry != NULL &&
		!(entry->word.n == word.n && stands_at(entry->word, word.p, word.n)))
		entry = entry->next;
	return entry;
}

const struct words_entry *words_find(const struct words_index *index, struct str word)
{
	return find_exact(index, word);
}

static struct words_entry *insert_word(struct words_index *index, struct str word)
{
	char *folded = arena_alloc(index->mem, word.n);

	if (folded == NULL)
		return NULL;
	for (size_t i = 0; i < word.n; i++)
		folded[i] = (char)fold(word.p[i]);
	struct words_entry *entry = &index->entries[index->n];
	*entry = (struct words_entry){ .word = str_of(folded, word.n),
		.number = (uint32_t)index->n };
	index->n++;
	size_t slot = hash_head(folded, head_bytes(folded, word.n)) & index->mask;
	struct words_entry **at = &index->slots[slot];
	while (*at != NULL && (*at)->word.n > word.n)
		at = &(*at)->next;
	entry->next = *at;
	*at = entry;
	return entry;
}

enum res words_add(struct words_index *index, struct str word, const struct words_target *target,
	struct err *err)
{
	if (!str_is_utf8(word) || head_bytes(word.p, word.n) == 0)
		return err_set(err, RES_INVALID, "word '%.*s': want at least two characters",
			STR_ARG(word));
	struct words_entry *entry = find_exact(index, word);
	if (entry == NULL && index->n == index->most)
		return err_set(err, RES_TOO_BIG, "more than %zu words", index->most);
	if (entry == NULL)
		entry = insert_word(index, word);
	struct words_target *copy = arena_new(index->mem, struct words_target);
	if (entry == NULL || copy == NULL)
		return err_set(err, RES_TOO_BIG, "no memory for the words");
	*copy = *target;
	copy->next = entry->targets;
	entry->targets = copy;
	return RES_OK;
}

void words_scan(const struct words_index *index, struct str text,
	void (*each)(void *arg, const struct words_entry *entry), void *arg)
{
	size_t at = 0;

	while (at < text.n) {
		const struct words_entry *entry = find_longest(index, text.p + at, text.n - at);
		if (entry != NULL)
			each(arg, entry);
		at += entry != NULL ? entry->word.n : char_bytes(text.p[at]);
	}
}
