/* Cases every store is held to. See store_conformance.h. */
#include "store_conformance.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "crypto/crypto.h"
#include "os/os.h"

#define HEX_CHARS 64
#define SEEN_MAX  16
#define LARGE	  300000

/* A case ends at the first claim that does not hold. */
#define WANT(claim)                                                                                \
	do {                                                                                       \
		if (!(claim)) {                                                                    \
			printf("line %d: want %s\n", __LINE__, #claim);                            \
			return false;                                                              \
		}                                                                                  \
	} while (0)

static const char *folder;

struct thing {
	const char *kind;
	char hex[HEX_CHARS];
	const char *bytes;
	size_t n;
};

static struct thing thing_of_kind(const char *kind, const char *bytes, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	struct thing thing = { .kind = kind, .bytes = bytes, .n = n };
	uint8_t sum[CRYPTO_SHA256_BYTES];
	struct crypto_sha256 hash;

	crypto_sha256_begin(&hash);
	crypto_sha256_add(&hash, str_of(bytes, n));
	crypto_sha256_end(&hash, sum);
	for (size_t i = 0; i < sizeof sum; i++) {
		thing.hex[2 * i] = digits[sum[i] >> 4];
		thing.hex[2 * i + 1] = digits[sum[i] & 15];
	}
	return thing;
}

static struct thing thing_of(const char *bytes, size_t n)
{
	return thing_of_kind(STORE_OBJECTS, bytes, n);
}

static struct str hex_of(const struct thing *thing)
{
	return str_of(thing->hex, HEX_CHARS);
}

static struct instant hence(int64_t days)
{
	return instant_add(os_real_now(), (struct span){ SPAN_DAYS(days).us });
}

static bool holds(struct store *store, const struct thing *thing)
{
	static char got[LARGE + 1];
	uint64_t bytes = 0;
	int file = -1;
	size_t n = 0;
	ssize_t part;

	if (store->open(store, thing->kind, hex_of(thing), &file, &bytes, NULL) != RES_OK)
		return false;
	while ((part = pread(file, got + n, sizeof got - n, (off_t)n)) > 0)
		n += (size_t)part;
	close(file);
	return bytes == thing->n && n == thing->n && memcmp(got, thing->bytes, n) == 0;
}

static enum res put(struct store *store, const struct thing *thing)
{
	struct scratch file = { .fd = -1 };
	enum res res;

	if (scratch_make(folder, &file, NULL) != RES_OK ||
		write(file.fd, thing->bytes, thing->n) != (ssize_t)thing->n)
		return RES_BUG;
	res = store->put(store, thing->kind, hex_of(thing), &file, NULL);
	/* taken over, whatever came of it */
	return file.fd == -1 && access(file.path, F_OK) != 0 ? res : RES_BUG;
}

static enum res look(struct store *store, const struct thing *thing)
{
	int file = -1;
	uint64_t bytes;
	enum res res = store->open(store, thing->kind, hex_of(thing), &file, &bytes, NULL);

	if (res == RES_OK)
		close(file);
	return res;
}

static enum res touch(struct store *store, const struct thing *thing)
{
	return store->touch(store, thing->kind, hex_of(thing), NULL);
}

static enum res set_aside(struct store *store, const struct thing *thing, int64_t days)
{
	return store->set_aside(store, thing->kind, hex_of(thing), hence(days), NULL);
}

struct seen {
	char hexes[SEEN_MAX][HEX_CHARS];
	struct instant at[SEEN_MAX];
	size_t n;
};

static void see(void *arg, struct str hex, struct instant touched_at)
{
	struct seen *seen = arg;

	if (seen->n < SEEN_MAX && hex.n == HEX_CHARS) {
		memcpy(seen->hexes[seen->n], hex.p, HEX_CHARS);
		seen->at[seen->n] = touched_at;
	}
	seen->n++;
}

static bool is_among(const struct seen *seen, const struct thing *thing)
{
	for (size_t i = 0; i < seen->n && i < SEEN_MAX; i++)
		if (memcmp(seen->hexes[i], thing->hex, HEX_CHARS) == 0)
			return instant_is_before(hence(-1), seen->at[i]) &&
			       instant_is_before(seen->at[i], hence(1));
	return false;
}

static bool list(struct store *store, int64_t days, size_t most, struct seen *out)
{
	*out = (struct seen){ .n = 0 };
	return store->list_old(store, STORE_OBJECTS, hence(days), most, see, out, NULL) == RES_OK;
}

static bool purges(struct store *store, int64_t days, size_t want)
{
	size_t n = 99;

	return store->purge(store, STORE_OBJECTS, hence(days), &n, NULL) == RES_OK && n == want;
}

/* --- cases --- */

static bool case_put_and_open(struct store *store)
{
	static char large[LARGE];
	struct thing small = thing_of("small", 5), big;

	for (size_t i = 0; i < sizeof large; i++)
		large[i] = (char)(i * 2654435761u >> 13);
	big = thing_of(large, sizeof large);
	WANT(look(store, &small) == RES_NOT_FOUND);
	WANT(touch(store, &small) == RES_NOT_FOUND);
	WANT(put(store, &small) == RES_OK);
	WANT(put(store, &big) == RES_OK);
	WANT(holds(store, &small));
	WANT(holds(store, &big));
	WANT(put(store, &small) == RES_OK); /* again: the same */
	WANT(touch(store, &small) == RES_OK);
	WANT(holds(store, &small));
	return true;
}

/* Named by something else than its bytes, and apart from an object of the same name. */
static bool case_index(struct store *store)
{
	struct thing object = thing_of("of two kinds", 12);
	struct thing entry = thing_of_kind(STORE_INDEX, "of two kinds", 12);

	entry.bytes = "a ticket\0half";
	entry.n = 13;
	WANT(put(store, &entry) == RES_OK);
	WANT(look(store, &object) == RES_NOT_FOUND);
	WANT(put(store, &object) == RES_OK);
	WANT(holds(store, &entry) && holds(store, &object));
	WANT(touch(store, &entry) == RES_OK);
	return true;
}

static bool case_used(struct store *store)
{
	struct thing more = thing_of("counted", 7);
	int64_t before = -1, after = -1;

	WANT(store->used(store, &before, NULL) == RES_OK);
	WANT(put(store, &more) == RES_OK);
	WANT(store->used(store, &after, NULL) == RES_OK);
	WANT(before >= LARGE && after == before + 7);
	return true;
}

static bool case_list_old(struct store *store)
{
	struct thing small = thing_of("small", 5);
	struct seen seen;

	WANT(list(store, 1, SEEN_MAX, &seen));
	WANT(seen.n == 4 && is_among(&seen, &small));
	WANT(list(store, -1, SEEN_MAX, &seen) && seen.n == 0);
	WANT(list(store, 1, 1, &seen) && seen.n == 1);
	WANT(list(store, 1, 0, &seen) && seen.n == 0);
	return true;
}

static bool case_set_aside_and_touch(struct store *store)
{
	struct thing thing = thing_of("put aside", 9), stranger = thing_of("never put", 9);
	struct seen seen;

	WANT(put(store, &thing) == RES_OK);
	WANT(set_aside(store, &thing, -1) == RES_CONFLICT);
	WANT(holds(store, &thing));
	WANT(set_aside(store, &thing, 1) == RES_OK);
	WANT(look(store, &thing) == RES_NOT_FOUND);
	WANT(list(store, 1, SEEN_MAX, &seen) && !is_among(&seen, &thing));
	WANT(set_aside(store, &thing, 1) == RES_NOT_FOUND);
	WANT(touch(store, &thing) == RES_OK);
	WANT(holds(store, &thing));
	WANT(touch(store, &thing) == RES_OK);
	WANT(holds(store, &thing));
	WANT(touch(store, &stranger) == RES_NOT_FOUND);
	WANT(set_aside(store, &stranger, 1) == RES_NOT_FOUND);
	return true;
}

static bool case_put_brings_back(struct store *store)
{
	struct thing thing = thing_of("put twice", 9);
	size_t n;

	WANT(put(store, &thing) == RES_OK);
	WANT(set_aside(store, &thing, 1) == RES_OK);
	WANT(put(store, &thing) == RES_OK);
	WANT(holds(store, &thing));
	WANT(store->purge(store, STORE_OBJECTS, hence(1), &n, NULL) == RES_OK);
	WANT(holds(store, &thing));
	return true;
}

static bool case_purge(struct store *store)
{
	struct thing gone = thing_of("purged", 6), stays = thing_of("small", 5);

	WANT(put(store, &gone) == RES_OK);
	WANT(set_aside(store, &gone, 1) == RES_OK);
	WANT(purges(store, -1, 0));
	WANT(purges(store, 1, 1));
	WANT(touch(store, &gone) == RES_NOT_FOUND);
	WANT(look(store, &gone) == RES_NOT_FOUND);
	WANT(holds(store, &stays));
	return true;
}

static const struct store_case {
	const char *name;
	bool (*run)(struct store *store);
	bool ages; /* needs list_old, set_aside and purge */
} cases[] = {
	{ "put_and_open", case_put_and_open, false },
	{ "index", case_index, false },
	{ "used", case_used, false },
	{ "list_old", case_list_old, true },
	{ "set_aside_and_touch", case_set_aside_and_touch, true },
	{ "put_brings_back", case_put_brings_back, true },
	{ "purge", case_purge, true },
};

int store_conform(struct store *store, const char *folder_)
{
	int failed = 0;

	folder = folder_;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		bool is_kept;
		if (cases[i].ages && store->list_old == NULL) {
			printf("skipped %s\n", cases[i].name);
			continue;
		}
		is_kept = cases[i].run(store);
		printf("%s %s\n", is_kept ? "ok" : "FAILED", cases[i].name);
		failed += !is_kept;
	}
	return failed;
}

static bool is_away(struct store *store)
{
	struct thing thing = thing_of("small", 5);
	struct seen seen = { .n = 0 };
	uint64_t opened = 7;
	int64_t bytes = -7;
	int file = -7;
	size_t n = 77;

	WANT(put(store, &thing) == RES_RETRY);
	WANT(store->open(store, thing.kind, hex_of(&thing), &file, &opened, NULL) == RES_RETRY);
	WANT(touch(store, &thing) == RES_RETRY);
	WANT(store->list_old(store, thing.kind, hence(1), 9, see, &seen, NULL) == RES_RETRY);
	WANT(set_aside(store, &thing, 1) == RES_RETRY);
	WANT(store->purge(store, thing.kind, hence(1), &n, NULL) == RES_RETRY);
	WANT(store->used(store, &bytes, NULL) == RES_RETRY);
	WANT(file == -7 && opened == 7 && bytes == -7 && n == 77 && seen.n == 0);
	return true;
}

int store_conform_away(struct store *store, const char *folder_)
{
	folder = folder_;
	return is_away(store) ? 0 : 1;
}
