/* wangli-keys: makes the key files of a system, shows their public halves, and seals them all under
 * a passphrase. Secrets go to files of mode 0600 and nowhere else; a file that is there already is
 * checked and kept, so that running it again changes nothing. Who owns a file is the operator's
 * script's business. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "bus/bus.h"
#include "crypto/crypto.h"
#include "os/os.h"

#define KEY_FILE_MODE 0600
#define KEY_FILE_MAX  256
#define BUNDLE_MAX    (1024 * 1024) /* a system's keys in one file: some hundred of them */
#define MEMORY_MAX    (4 * BUNDLE_MAX)

/* What a kind of key is: how a new secret is written, and what is shown of it. */
struct key_kind {
	const char *make_verb;
	const char *show_verb; /* NULL: it has no public half */
	const char *meaning;
	enum res (*make)(struct arena *mem, struct str *out_text, struct err *err);
	enum res (*show)(
		struct arena *mem, struct str secret, struct str *out_text, struct err *err);
};

static enum res bus_make(struct arena *mem, struct str *out_text, struct err *err)
{
	struct bus_pair pair;

	TRY(bus_pair_make(&pair, err));
	*out_text = arena_str(mem, str_from_c(pair.secret_key));
	return RES_OK;
}

static enum res bus_show(
	struct arena *mem, struct str secret, struct str *out_text, struct err *err)
{
	struct bus_pair pair;

	TRY(bus_pair_from_secret(secret, &pair, err));
	*out_text = arena_str(mem, str_from_c(pair.public_key));
	return RES_OK;
}

static enum res vault_make(struct arena *mem, struct str *out_text, struct err *err)
{
	uint8_t public_half[CRYPTO_KEY_BYTES];
	uint8_t secret_half[CRYPTO_KEY_BYTES];

	(void)err;
	crypto_pair_make(public_half, secret_half);
	*out_text = crypto_base64(mem, str_of(secret_half, sizeof(secret_half)));
	return RES_OK;
}

static enum res vault_show(
	struct arena *mem, struct str secret, struct str *out_text, struct err *err)
{
	uint8_t public_half[CRYPTO_KEY_BYTES];
	uint8_t secret_half[CRYPTO_KEY_BYTES];

	if (crypto_base64_read(secret, secret_half, sizeof(secret_half)) != RES_OK)
		return err_set(err, RES_INVALID, "not a key of 32 bytes in base64");
	crypto_pair_public(secret_half, public_half);
	*out_text = crypto_base64(mem, str_of(public_half, sizeof(public_half)));
	return RES_OK;
}

static enum res random_make(struct arena *mem, struct str *out_text, struct err *err)
{
	uint8_t key[CRYPTO_KEY_BYTES];

	(void)err;
	crypto_key_make(key);
	*out_text = crypto_base64(mem, str_of(key, sizeof(key)));
	return RES_OK;
}

static enum res random_check(
	struct arena *mem, struct str secret, struct str *out_text, struct err *err)
{
	uint8_t key[CRYPTO_KEY_BYTES];

	(void)mem;
	if (crypto_base64_read(secret, key, sizeof(key)) != RES_OK)
		return err_set(err, RES_INVALID, "not a key of 32 bytes in base64");
	*out_text = STR_NONE;
	return RES_OK;
}

static const struct key_kind kinds[] = {
	{ "bus", "pub", "CURVE key of the bus or the door, Z85", bus_make, bus_show },
	{ "vault", "vault-pub", "X25519 key of the vault, base64", vault_make, vault_show },
	{ "random", NULL, "32 random bytes, base64", random_make, random_check },
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* Leaves an existing file alone when it holds a key of this kind. */
static enum res make_file(
	struct arena *mem, const struct key_kind *kind, const char *path, struct err *err)
{
	struct str content;
	struct str shown;
	enum res res = os_file_read(mem, path, KEY_FILE_MAX, &content, err);

	if (res == RES_OK)
		return kind->show(mem, str_trim(content), &shown, err);
	if (res != RES_NOT_FOUND)
		return res;
	TRY(kind->make(mem, &content, err));
	content = arena_printf(mem, "%.*s\n", STR_ARG(content));
	if (arena_failed(mem))
		return err_set(err, RES_RETRY, "out of memory");
	return os_file_replace(path, content, KEY_FILE_MODE, err);
}

static enum res show_file(
	struct arena *mem, const struct key_kind *kind, const char *path, struct err *err)
{
	struct str content;
	struct str shown;

	TRY(os_file_read(mem, path, KEY_FILE_MAX, &content, err));
	TRY(kind->show(mem, str_trim(content), &shown, err));
	printf("%.*s\n", STR_ARG(shown));
	return fflush(stdout) == 0 ? RES_OK
				   : err_set(err, RES_RETRY, "cannot write to standard output");
}

/* FILE under a passphrase: `seal` writes OUT so that it may leave the machine, `open` reads it
 * back. */
static enum res seal_file(struct arena *mem, const char *file, const char *out_path,
	const char *passphrase_path,
	enum res (*turn)(struct arena *mem, struct str in, struct str passphrase, struct str *out,
		struct err *err),
	struct err *err)
{
	struct str content, passphrase, turned;
	struct err why;

	TRY(os_file_read(mem, file, BUNDLE_MAX, &content, err));
	if (os_file_read(mem, passphrase_path, KEY_FILE_MAX, &passphrase, &why) != RES_OK)
		return err_set(err, RES_INVALID, "no passphrase: %s", why.text);
	TRY(turn(mem, content, str_trim(passphrase), &turned, err));
	return os_file_replace(out_path, turned, KEY_FILE_MODE, err);
}

static int usage(FILE *to)
{
	fprintf(to, "usage: wangli-keys VERB FILE\n");
	for (size_t i = 0; i < KINDS; i++) {
		fprintf(to, "  %-10s makes FILE, or checks what is there: %s\n", kinds[i].make_verb,
			kinds[i].meaning);
		if (kinds[i].show_verb != NULL)
			fprintf(to, "  %-10s prints its public half\n", kinds[i].show_verb);
	}
	fprintf(to, "  %-10s FILE OUT PASSPHRASE_FILE: writes FILE to OUT under a passphrase\n",
		"seal");
	fprintf(to, "  %-10s FILE OUT PASSPHRASE_FILE: the way back\n", "open");
	return to == stdout ? 0 : 2;
}

static enum res perform(struct arena *mem, int words, char **argv, struct err *err)
{
	const char *verb = argv[1];
	const char *path = argv[2];

	TRY(crypto_start(err));
	if (words == 5 && strcmp(verb, "seal") == 0)
		return seal_file(mem, path, argv[3], argv[4], crypto_passphrase_seal, err);
	if (words == 5 && strcmp(verb, "open") == 0)
		return seal_file(mem, path, argv[3], argv[4], crypto_passphrase_open, err);
	if (words != 3)
		return err_set(err, RES_NOT_FOUND, "no such verb with so many words; see --help");
	for (size_t i = 0; i < KINDS; i++) {
		if (strcmp(verb, kinds[i].make_verb) == 0)
			return make_file(mem, &kinds[i], path, err);
		if (kinds[i].show_verb != NULL && strcmp(verb, kinds[i].show_verb) == 0)
			return show_file(mem, &kinds[i], path, err);
	}
	return err_set(err, RES_NOT_FOUND, "no such verb; see --help");
}

int main(int argc, char **argv)
{
	SCOPED(arena)
	struct arena *mem = arena_create(MEMORY_MAX);
	struct err err = { "" };

	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return usage(stdout);
	if (argc != 3 && argc != 5)
		return usage(stderr);
	if (perform(mem, argc, argv, &err) != RES_OK) {
		fprintf(stderr, "wangli-keys: %s: %s\n", argv[2], err.text);
		return 1;
	}
	return 0;
}
