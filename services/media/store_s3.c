/* The store's calls, each in requests to an S3-compatible service. See store_s3.h. */
#include "store_s3.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "crypto/crypto.h"
#include "store_s3_core.h"
#include "store_s3_wire.h"

#define TOKEN_MAX  2000
#define HEX_CHARS  64
#define MEM_BYTES  ((size_t)16 << 20)
#define LIST_KEYS  "1000"
#define LIST_MAX   ((size_t)2 << 20) /* bytes of a listing of so many keys */
#define PREFIX_MAX 64
#define READ_BYTES ((size_t)64 << 10)

static struct str key_of(struct s3 *s3, const char *kind, struct str hex)
{
	CHECK(hex.n == HEX_CHARS);
	return arena_printf(s3->mem, "%s/%.*s", kind, STR_ARG(hex));
}

static struct str aside_key_of(struct s3 *s3, const char *kind, struct str hex)
{
	CHECK(hex.n == HEX_CHARS);
	return arena_printf(s3->mem, "aside/%s/%.*s", kind, STR_ARG(hex));
}

static enum res ask_for_ok(struct s3 *s3, const struct s3_ask *asked, struct err *err)
{
	struct request_answer answer;
	enum res res = s3_ask(s3, asked, &answer, err);

	if (res != RES_OK)
		return res;
	return answer.status == 200 ? RES_OK : s3_not_understood(&answer, err);
}

static enum res file_sum(struct s3 *s3, int file, struct str *out_hex, struct err *err)
{
	char bytes[READ_BYTES];
	uint8_t sum[CRYPTO_SHA256_BYTES];
	struct crypto_sha256 hash;
	off_t at = 0;
	ssize_t got;

	crypto_sha256_begin(&hash);
	while ((got = pread(file, bytes, sizeof bytes, at)) > 0) {
		crypto_sha256_add(&hash, str_of(bytes, (size_t)got));
		at += got;
	}
	crypto_sha256_end(&hash, sum);
	*out_hex = crypto_hex(s3->mem, str_of(sum, sizeof sum));
	return got == 0 ? RES_OK : err_set(err, RES_RETRY, "the file cannot be read");
}

static enum res put(struct s3 *s3, const char *kind, struct str hex, int file, struct err *err)
{
	struct s3_ask asked = s3_ask_of(s3, "PUT", key_of(s3, kind, hex));
	struct stat info;

	if (fstat(file, &info) != 0)
		return err_set(err, RES_RETRY, "a file to be put: %s", strerror(errno));
	asked.file = file;
	asked.file_bytes = info.st_size;
	/* the service computes it over what it gets: what is kept is what was meant */
	if (strcmp(kind, STORE_OBJECTS) == 0)
		asked.payload = hex;
	else
		TRY(file_sum(s3, file, &asked.payload, err));
	return ask_for_ok(s3, &asked, err);
}

static enum res s3_put(struct store *store, const char *kind, struct str hex, struct scratch *from,
	struct err *err)
{
	enum res res = put(s3_begin(store), kind, hex, from->fd, err);

	scratch_drop(from);
	return res;
}

static enum res get(struct s3 *s3, const char *kind, struct str hex, int file, uint64_t *out_bytes,
	struct err *err)
{
	struct s3_ask asked = s3_ask_of(s3, "GET", key_of(s3, kind, hex));
	struct request_answer answer;
	struct str sum;

	asked.into = file;
	TRY(s3_ask(s3, &asked, &answer, err));
	if (s3_is_no_key(&answer))
		return err_set(err, RES_NOT_FOUND, "no such object");
	if (answer.status != 200)
		return s3_not_understood(&answer, err);
	if (strcmp(kind, STORE_OBJECTS) == 0) {
		TRY(file_sum(s3, file, &sum, err));
		if (!str_eq(sum, hex))
			return err_set(err, RES_RETRY, "the store hands out another object");
	}
	*out_bytes = (uint64_t)answer.into_bytes;
	return RES_OK;
}

static enum res s3_open(struct store *store, const char *kind, struct str hex, int *out_fd,
	uint64_t *out_bytes, struct err *err)
{
	struct s3 *s3 = s3_begin(store);
	struct scratch file = { .fd = -1 };
	enum res res;

	if (scratch_make(s3->options.folder, &file, err) != RES_OK)
		return RES_RETRY;
	res = get(s3, kind, hex, file.fd, out_bytes, err);
	if (res != RES_OK) {
		scratch_drop(&file);
		return res;
	}
	unlink(file.path); /* the descriptor keeps it */
	*out_fd = file.fd;
	return RES_OK;
}

/* A copy may be answered 200 and still have failed: the body says so. */
static enum res copy(
	struct s3 *s3, struct str from, struct str to, struct instant unless_after, struct err *err)
{
	struct s3_ask asked = s3_ask_of(s3, "PUT", to);
	struct request_answer answer;
	enum res res;

	asked.copy_of = from;
	asked.unless_after = unless_after;
	res = s3_ask(s3, &asked, &answer, err);
	if (res != RES_OK)
		return res;
	if (s3_is_no_key(&answer))
		return err_set(err, RES_NOT_FOUND, "no such object");
	if (answer.status == 412)
		return err_set(err, RES_CONFLICT, "touched since");
	if (answer.status != 200 || s3_element(answer.text, STR("ETag")).p == NULL)
		return s3_not_understood(&answer, err);
	return RES_OK;
}

static enum res delete_key(struct s3 *s3, struct str key, struct err *err)
{
	struct s3_ask asked = s3_ask_of(s3, "DELETE", key);
	struct request_answer answer;
	enum res res = s3_ask(s3, &asked, &answer, err);

	if (res != RES_OK)
		return res;
	if (answer.status == 204 || answer.status == 200 || s3_is_no_key(&answer))
		return RES_OK;
	return s3_not_understood(&answer, err);
}

static enum res s3_touch(struct store *store, const char *kind, struct str hex, struct err *err)
{
	struct s3 *s3 = s3_begin(store);
	struct str here = key_of(s3, kind, hex), aside = aside_key_of(s3, kind, hex);
	enum res res = copy(s3, here, here, INSTANT_NONE, err);

	if (res != RES_NOT_FOUND)
		return res;
	res = copy(s3, aside, here, INSTANT_NONE, err);
	return res != RES_OK ? res : delete_key(s3, aside, err);
}

/* --- listings --- */

struct walk {
	/* false: enough */
	enum res (*each)(struct walk *walk, const struct s3_entry *entry, bool *out_goes_on,
		struct err *err);
	struct s3 *s3;
	char prefix[PREFIX_MAX];
	struct instant before;
	size_t most;
	size_t n;
	int64_t bytes;
	struct found *found;
};

/* Collected first: `each` may call the store, whose arena is one call's. */
struct found {
	char hex[HEX_CHARS];
	struct instant at;
};

static struct str list_query(struct s3 *s3, struct str prefix, struct str token)
{
	struct str head = STR("");

	if (token.p != NULL)
		head = arena_printf(s3->mem, "continuation-token=%.*s&",
			STR_ARG(s3_encode(s3->mem, token, false)));
	return arena_printf(s3->mem, "%.*slist-type=2&max-keys=" LIST_KEYS "&prefix=%.*s",
		STR_ARG(head), STR_ARG(s3_encode(s3->mem, prefix, false)));
}

static enum res page(
	struct s3 *s3, struct str prefix, struct str token, struct str *out, struct err *err)
{
	struct s3_ask asked = s3_ask_of(s3, "GET", STR(""));
	struct request_answer answer;
	enum res res;

	asked.query = list_query(s3, prefix, token);
	asked.text_max = LIST_MAX;
	res = s3_ask(s3, &asked, &answer, err);
	if (res != RES_OK)
		return res;
	if (answer.status != 200)
		return s3_not_understood(&answer, err);
	if (str_find(answer.text, STR("</ListBucketResult>"), 0) == SIZE_MAX)
		return err_set(err, RES_RETRY, "a listing that is none");
	*out = answer.text;
	return RES_OK;
}

static enum res walk_page(struct walk *walk, struct str listing, bool *goes_on, struct err *err)
{
	struct s3_entry entry;
	bool is_whole = true;

	while (*goes_on && s3_list_next(&listing, &entry, &is_whole)) {
		enum res res = walk->each(walk, &entry, goes_on, err);
		if (res != RES_OK)
			return res;
	}
	return is_whole ? RES_OK : err_set(err, RES_RETRY, "a listing that is not understood");
}

/* Each page has a call's time: there may be many, and what was done by one is done. */
static enum res walk_all(struct walk *walk, const char *folder, const char *kind, struct err *err)
{
	char token_text[TOKEN_MAX];
	struct str token = STR_NONE;
	bool goes_on = true;

	snprintf(walk->prefix, sizeof walk->prefix, "%s%s/", folder, kind);
	do {
		struct str listing = STR_NONE;
		enum res res = page(walk->s3, str_from_c(walk->prefix), token, &listing, err);
		if (res == RES_OK)
			res = walk_page(walk, listing, &goes_on, err);
		if (res != RES_OK)
			return res;
		token = s3_list_token(walk->s3->mem, listing);
		if (token.n > sizeof token_text)
			return err_set(err, RES_RETRY, "a token that is too long");
		if (token.p == NULL)
			break;
		/* a page is as large as the arena: one at a time */
		memcpy(token_text, token.p, token.n);
		token = str_of(token_text, token.n);
		s3_begin(&walk->s3->store);
	} while (goes_on);
	return RES_OK;
}

/* What follows the prefix; STR_NONE: it is none of ours. */
static struct str hex_of(const struct walk *walk, struct str key)
{
	struct str rest = str_slice(key, strlen(walk->prefix), key.n);
	uint8_t bytes[HEX_CHARS / 2];

	return str_starts(key, str_from_c(walk->prefix)) && rest.n == HEX_CHARS &&
			       crypto_hex_read(rest, bytes, sizeof bytes) == RES_OK
		       ? rest
		       : STR_NONE;
}

static enum res find_old(
	struct walk *walk, const struct s3_entry *entry, bool *goes_on, struct err *err)
{
	struct str hex = hex_of(walk, entry->key);

	(void)err;
	if (!instant_is_before(entry->at, walk->before) || hex.p == NULL)
		return RES_OK;
	memcpy(walk->found[walk->n].hex, hex.p, HEX_CHARS);
	walk->found[walk->n].at = entry->at;
	*goes_on = ++walk->n < walk->most;
	return RES_OK;
}

static enum res s3_list_old(struct store *store, const char *kind, struct instant before,
	size_t most, void (*each)(void *arg, struct str hex, struct instant touched_at), void *arg,
	struct err *err)
{
	struct walk walk = { .each = find_old,
		.s3 = s3_begin(store),
		.before = before,
		.most = most,
		.found = calloc(most + 1, sizeof *walk.found) };
	enum res res;

	CHECK(walk.found != NULL);
	res = most == 0 ? RES_OK : walk_all(&walk, "", kind, err);
	for (size_t i = 0; res == RES_OK && i < walk.n; i++)
		each(arg, str_of(walk.found[i].hex, HEX_CHARS), walk.found[i].at);
	free(walk.found);
	return res;
}

static enum res s3_set_aside(struct store *store, const char *kind, struct str hex,
	struct instant before, struct err *err)
{
	struct s3 *s3 = s3_begin(store);
	struct str here = key_of(s3, kind, hex);
	/* "unmodified since" includes the instant, and knows whole seconds: one earlier is safe */
	struct instant last = instant_add(before, (struct span){ -SPAN_S(1).us });
	enum res res = copy(s3, here, aside_key_of(s3, kind, hex), last, err);

	return res != RES_OK ? res : delete_key(s3, here, err);
}

static enum res purge_one(
	struct walk *walk, const struct s3_entry *entry, bool *goes_on, struct err *err)
{
	enum res res;

	(void)goes_on;
	if (!instant_is_before(entry->at, walk->before) || hex_of(walk, entry->key).p == NULL)
		return RES_OK;
	res = delete_key(walk->s3, entry->key, err);
	walk->n += res == RES_OK;
	return res;
}

static enum res s3_purge(struct store *store, const char *kind, struct instant before,
	size_t *out_n, struct err *err)
{
	struct walk walk = { .each = purge_one, .s3 = s3_begin(store), .before = before };
	enum res res = walk_all(&walk, "aside/", kind, err);

	if (res == RES_OK)
		*out_n = walk.n;
	return res;
}

static enum res add_bytes(
	struct walk *walk, const struct s3_entry *entry, bool *goes_on, struct err *err)
{
	(void)goes_on, (void)err;
	walk->bytes += entry->bytes;
	return RES_OK;
}

static enum res s3_used(struct store *store, int64_t *out_bytes, struct err *err)
{
	struct walk walk = { .each = add_bytes, .s3 = s3_begin(store) };
	enum res res = walk_all(&walk, "", STORE_OBJECTS, err);

	if (res == RES_OK)
		res = walk_all(&walk, "aside/", STORE_OBJECTS, err);
	if (res == RES_OK)
		*out_bytes = walk.bytes;
	return res;
}

/* --- opening and closing --- */

static void s3_close(struct store *store)
{
	struct s3 *s3 = (struct s3 *)store;

	requester_close(s3->requester);
	arena_destroy(s3->mem);
	for (size_t i = 0; i < sizeof s3->texts / sizeof s3->texts[0]; i++)
		free(s3->texts[i]);
	free(s3);
}

static const struct store table = {
	.put = s3_put,
	.open = s3_open,
	.touch = s3_touch,
	.list_old = s3_list_old,
	.set_aside = s3_set_aside,
	.purge = s3_purge,
	.used = s3_used,
	.close = s3_close,
};

/* What goes into addresses and signatures as it stands. */
static bool is_name(const char *text)
{
	size_t n = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-");

	return n > 0 && n <= 63 && text[n] == 0;
}

/* A store on this very machine needs no encryption. */
static bool is_local(struct str endpoint)
{
	return str_starts(endpoint, STR("http://127.0.0.1:")) ||
	       str_starts(endpoint, STR("http://localhost:"));
}

static enum res options_check(
	const struct store_s3_options *options, struct str *out_host, struct err *err)
{
	struct str endpoint = str_from_c(options->endpoint);
	size_t at = str_find(endpoint, STR("://"), 0);
	struct str host = at == SIZE_MAX ? STR_NONE : str_slice(endpoint, at + 3, endpoint.n);

	if (host.p == NULL || host.n == 0 || strpbrk(host.p, "/?#@ ") != NULL)
		return err_set(err, RES_INVALID, "S3_ENDPOINT: want https://host[:port], no path");
	if (!str_starts(endpoint, STR("https://")) && !is_local(endpoint))
		return err_set(
			err, RES_INVALID, "S3_ENDPOINT: want https, or http://127.0.0.1:port");
	if (!is_name(options->bucket))
		return err_set(
			err, RES_INVALID, "S3_BUCKET: want 1 to 63 letters, digits, '.' and '-'");
	if (!is_name(options->region))
		return err_set(
			err, RES_INVALID, "S3_REGION: want 1 to 63 letters, digits, '.' and '-'");
	if (options->key_id[0] == 0)
		return err_set(err, RES_INVALID, "S3_KEY_ID: want a key");
	if (options->secret[0] == 0)
		return err_set(err, RES_INVALID, "S3_SECRET: want the key's secret");
	*out_host = host;
	return RES_OK;
}

static char *kept(struct s3 *s3, size_t i, const char *text)
{
	s3->texts[i] = strdup(text);
	CHECK(s3->texts[i] != NULL);
	return s3->texts[i];
}

static void options_keep(struct s3 *s3, const struct store_s3_options *options)
{
	s3->options = *options;
	s3->options.endpoint = kept(s3, 0, options->endpoint);
	s3->options.bucket = kept(s3, 1, options->bucket);
	s3->options.region = kept(s3, 2, options->region);
	s3->options.key_id = kept(s3, 3, options->key_id);
	s3->options.secret = kept(s3, 4, options->secret);
	s3->options.folder = kept(s3, 5, options->folder);
	s3->options.ca_file = kept(s3, 6, options->ca_file);
}

enum res store_s3_check(const struct store_s3_options *options, struct err *err)
{
	struct str host;

	return options_check(options, &host, err);
}

enum res store_s3_open(struct store **out, const struct store_s3_options *options, struct err *err)
{
	struct requester_options wire = { .connect = options->timeout,
		.allows_http = is_local(str_from_c(options->endpoint)),
		.ca_file = options->ca_file };
	struct requester *requester = NULL;
	struct str host;
	struct s3 *s3;

	TRY(options_check(options, &host, err));
	TRY(crypto_start(err));
	TRY(scratch_folder_open(options->folder, err));
	TRY(requester_open(&requester, &wire, err));
	s3 = calloc(1, sizeof *s3);
	CHECK(s3 != NULL);
	s3->store = table;
	options_keep(s3, options);
	s3->host = str_from_c(strstr(s3->options.endpoint, "://") + 3);
	s3->requester = requester;
	s3->mem = arena_create(MEM_BYTES);
	*out = &s3->store;
	return RES_OK;
}
