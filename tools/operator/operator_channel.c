/* channel add: a key for an integrator, told to intake. The secret is written only after intake has
 * kept the public half, so a key file always works; with a key file there, nothing new is made. */
#include <stdio.h>
#include <string.h>

#include "bus/bus.h"
#include "clock/line.h"
#include "crypto/crypto.h"
#include "operator.h"
#include "os/os.h"
#include "proto/operator.pb-c.h"

#define CHANNELS_MAX  32
#define CHANNEL_MAX   32 /* bytes: a-z, 0-9 and -, beginning with a letter */
#define KEY_FILE_MODE 0600
#define KEY_FILE_MAX  256
#define PATIENCE      SPAN_S(60)

struct channel_add {
	struct str name;
	struct str channels[CHANNELS_MAX];
	size_t n_channels;
	const char *key_file;
};

static bool is_channel_name(struct str name)
{
	if (name.n == 0 || name.n > CHANNEL_MAX || name.p[0] < 'a' || name.p[0] > 'z')
		return false;
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];
		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-')
			return false;
	}
	return true;
}

static enum res channels_read(struct channel_add *add, struct str list, struct err *err)
{
	struct str one;
	while (str_split(&list, ',', &one)) {
		if (add->n_channels == CHANNELS_MAX)
			return err_set(err, RES_INVALID, "more than %d channels", CHANNELS_MAX);
		add->channels[add->n_channels++] = one;
	}
	for (size_t i = 0; i < add->n_channels; i++)
		if (!is_channel_name(add->channels[i]))
			return err_set(err, RES_INVALID,
				"channel '%.*s': want a-z, 0-9 and -, a letter first, %d at most",
				STR_ARG(add->channels[i]), CHANNEL_MAX);
	return RES_OK;
}

static enum res arguments_read(struct channel_add *add, int argc, char **argv, struct err *err)
{
	struct str channels = STR_NONE;
	if (argc < 2 || strcmp(argv[0], "add") != 0)
		return err_set(
			err, RES_INVALID, "usage: channel add NAME [--channels a,b] --out KEYFILE");
	add->name = str_from_c(argv[1]);
	for (int i = 2; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--channels") == 0)
			channels = str_from_c(argv[i + 1]);
		else if (strcmp(argv[i], "--out") == 0)
			add->key_file = argv[i + 1];
		else
			return err_set(err, RES_INVALID, "channel add does not know '%s'", argv[i]);
	}
	if (argc % 2 != 0)
		return err_set(err, RES_INVALID, "'%s' wants a value", argv[argc - 1]);
	if (add->key_file == NULL)
		return err_set(err, RES_INVALID, "--out KEYFILE is missing");
	if (!is_channel_name(add->name))
		return err_set(err, RES_INVALID,
			"name '%.*s': want a-z, 0-9 and -, a letter first, %d at most",
			STR_ARG(add->name), CHANNEL_MAX);
	return channels_read(add, channels.p == NULL ? add->name : channels, err);
}

/* The pair in the key file, or a new one. */
static enum res pair_find(struct arena *mem, const struct channel_add *add, struct bus_pair *out,
	bool *out_is_new, struct err *err)
{
	struct str secret;
	enum res res = os_file_read(mem, add->key_file, KEY_FILE_MAX, &secret, err);
	*out_is_new = res == RES_NOT_FOUND;
	if (res == RES_NOT_FOUND)
		return bus_pair_make(out, err);
	TRY(res);
	if (bus_pair_from_secret(str_trim(secret), out, err) != RES_OK)
		return err_prefix(err, RES_INVALID, "%s", add->key_file);
	return RES_OK;
}

static struct str add_body(
	struct arena *mem, const struct channel_add *add, const struct bus_pair *pair)
{
	char *channels[CHANNELS_MAX];
	Wangli__ChannelKey key = WANGLI__CHANNEL_KEY__INIT;
	Wangli__ChannelAdd body = WANGLI__CHANNEL_ADD__INIT;
	for (size_t i = 0; i < add->n_channels; i++)
		channels[i] = (char *)(uintptr_t)arena_c(mem, add->channels[i]);
	key.public_key = (char *)(uintptr_t)pair->public_key;
	key.source = (char *)(uintptr_t)arena_c(mem, add->name);
	key.channels = channels;
	key.n_channels = add->n_channels;
	body.key = &key;
	return wire_pack(mem, &body.base);
}

/* The command's id is made from what it asks for, so that asking twice is asking once. */
static struct str command_id(struct arena *mem, struct str body)
{
	uint8_t hash[CRYPTO_HASH_BYTES];
	uint64_t salt;
	/* not for ever: the same channel may be taken away and given again */
	os_random(&salt, sizeof salt);
	crypto_hash(hash, NULL, &body, 1);
	return arena_printf(mem, "channel-add/%.*s/%016llx",
		STR_ARG(crypto_hex(mem, str_of(hash, 8))), (unsigned long long)salt);
}

static enum res tell_intake(struct arena *mem, struct str body, struct err *err)
{
	struct line_options options;
	struct line *opened = NULL;
	struct wire_msg answer;
	TRY(line_options_read(mem, &options, err));
	TRY(line_open(&opened, &options, err));
	SCOPED(line)
	struct line *line = opened;
	const struct line_command command = {
		.group = "intake",
		.type = "channel.add.v1",
		.command_id = command_id(mem, body),
		.actor = STR("operator"),
		.body = body,
	};
	TRY(line_ask(line, mem, &command, PATIENCE, &answer, err));
	if (answer.kind != WIRE_RESULT || answer.head.code != WIRE_CODE_DONE)
		return err_set(err, RES_DENIED, "intake answers %s: %.*s",
			wire_code_name(answer.head.code), STR_ARG(answer.head.text));
	const struct line_command changed = { .group = "edge",
		.type = "keys.changed.v1",
		.command_id = command.command_id,
		.actor = STR("operator") };
	struct wire_msg answers[4];
	size_t n;
	/* a hint: the door asks by itself every 30 s */
	line_send(line, &changed);
	return line_take(line, mem, answers, 4, &n, SPAN_MS(20), err);
}

enum res operator_channel(struct arena *mem, int argc, char **argv, struct err *err)
{
	struct channel_add add = { .n_channels = 0 };
	struct bus_pair pair;
	bool is_new;
	TRY(arguments_read(&add, argc, argv, err));
	TRY(pair_find(mem, &add, &pair, &is_new, err));
	TRY(tell_intake(mem, add_body(mem, &add, &pair), err));
	if (is_new)
		TRY(os_file_replace(add.key_file, str_from_c(pair.secret_key), KEY_FILE_MODE, err));
	printf("%.*s: %s key %s, public half %s\n", STR_ARG(add.name), is_new ? "new" : "known",
		add.key_file, pair.public_key);
	return RES_OK;
}
