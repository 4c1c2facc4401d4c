/* channel: keys of integrators, told to intake. What add writes it writes after intake has kept the
 * public half, so a key file always works; with a key file there, nothing new is made. rotate keeps
 * the new secret in KEYFILE.next until then: run again after a crash it goes on with it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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
	if (argc < 1)
		return err_set(
			err, RES_INVALID, "usage: channel add NAME [--channels a,b] --out KEYFILE");
	add->name = str_from_c(argv[0]);
	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--channels") == 0)
			channels = str_from_c(argv[i + 1]);
		else if (strcmp(argv[i], "--out") == 0)
			add->key_file = argv[i + 1];
		else
			return err_set(err, RES_INVALID, "channel add does not know '%s'", argv[i]);
	}
	if (argc % 2 == 0)
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
static enum res pair_find(struct arena *mem, const char *key_file, struct bus_pair *out,
	bool *out_is_new, struct err *err)
{
	struct str secret;
	enum res res = os_file_read(mem, key_file, KEY_FILE_MAX, &secret, err);
	*out_is_new = res == RES_NOT_FOUND;
	if (res == RES_NOT_FOUND)
		return bus_pair_make(out, err);
	TRY(res);
	if (bus_pair_from_secret(str_trim(secret), out, err) != RES_OK)
		return err_prefix(err, RES_INVALID, "%s", key_file);
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

/* Each asking is its own: the same channel may be taken away and given again. */
static struct str command_id(struct arena *mem, const char *type, struct str body)
{
	uint8_t hash[CRYPTO_HASH_BYTES];
	uint64_t salt;
	os_random(&salt, sizeof salt);
	crypto_hash(hash, NULL, &body, 1);
	return arena_printf(mem, "%s/%.*s/%016llx", type, STR_ARG(crypto_hex(mem, str_of(hash, 8))),
		(unsigned long long)salt);
}

static enum res tell_intake(struct arena *mem, const char *type, struct str body, struct err *err)
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
		.type = type,
		.command_id = command_id(mem, type, body),
		.actor = STR("operator"),
		.body = body,
	};
	TRY(line_ask(line, mem, &command, PATIENCE, &answer, err));
	if (answer.kind != WIRE_RESULT || answer.head.code != WIRE_CODE_DONE)
		return err_set(err, RES_DENIED, "intake answers %s: %.*s",
			wire_code_name(answer.head.code), STR_ARG(answer.head.text));
	Wangli__ChannelAnswer *said = NULL;
	TRY(wire_unpack(mem, &wangli__channel_answer__descriptor, answer.body, &said, err));
	if (said->why_not[0] != 0)
		return err_set(err, RES_DENIED, "%s", said->why_not);
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

static enum res channel_add(struct arena *mem, int argc, char **argv, struct err *err)
{
	struct channel_add add = { .n_channels = 0 };
	struct bus_pair pair;
	bool is_new;
	TRY(arguments_read(&add, argc, argv, err));
	TRY(pair_find(mem, add.key_file, &pair, &is_new, err));
	TRY(tell_intake(mem, "channel.add.v1", add_body(mem, &add, &pair), err));
	if (is_new)
		TRY(os_file_replace(add.key_file, str_from_c(pair.secret_key), KEY_FILE_MODE, err));
	printf("%.*s: %s key %s, public half %s\n", STR_ARG(add.name), is_new ? "new" : "known",
		add.key_file, pair.public_key);
	return RES_OK;
}

struct channel_rotate {
	const char *source;
	struct span overlap; /* 0: the old keys go on until they are revoked */
	const char *key_file;
};

static enum res rotate_read(struct channel_rotate *rotate, int argc, char **argv, struct err *err)
{
	static const char usage[] = "usage: channel rotate SOURCE [--overlap 2d] --out KEYFILE";
	if (argc % 2 == 0)
		return err_set(err, RES_INVALID, usage);
	rotate->source = argv[0];
	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--out") == 0)
			rotate->key_file = argv[i + 1];
		else if (strcmp(argv[i], "--overlap") != 0)
			return err_set(err, RES_INVALID, usage);
		else if (operator_span_read(str_from_c(argv[i + 1]), &rotate->overlap) != RES_OK ||
			 rotate->overlap.us == 0)
			return err_set(err, RES_INVALID,
				"--overlap '%s': want 90s, 30min, 2h or 3d", argv[i + 1]);
	}
	if (rotate->key_file == NULL)
		return err_set(err, RES_INVALID, usage);
	return RES_OK;
}

/* A file that is not there has been renamed already, or never was. */
static enum res file_rename(const char *from, const char *to, bool may_miss, struct err *err)
{
	if (rename(from, to) == 0 || (may_miss && errno == ENOENT))
		return RES_OK;
	return err_set(err, RES_INVALID, "cannot rename %s to %s: %s", from, to, strerror(errno));
}

static enum res channel_rotate(struct arena *mem, int argc, char **argv, struct err *err)
{
	struct channel_rotate rotate = { .overlap = { 0 } };
	Wangli__ChannelRotate body = WANGLI__CHANNEL_ROTATE__INIT;
	struct bus_pair pair;
	bool is_new;
	TRY(rotate_read(&rotate, argc, argv, err));
	const char *next = arena_printf(mem, "%s.next", rotate.key_file).p;
	const char *old = arena_printf(mem, "%s.old", rotate.key_file).p;
	TRY(pair_find(mem, next, &pair, &is_new, err));
	if (is_new)
		TRY(os_file_replace(next, str_from_c(pair.secret_key), KEY_FILE_MODE, err));
	body.source = (char *)(uintptr_t)rotate.source;
	body.public_key = (char *)(uintptr_t)pair.public_key;
	body.overlap_ms = rotate.overlap.us / 1000;
	enum res res = tell_intake(mem, "channel.rotate.v1", wire_pack(mem, &body.base), err);
	if (res == RES_DENIED && is_new)
		unlink(next);
	TRY(res);
	TRY(file_rename(rotate.key_file, old, true, err));
	TRY(file_rename(next, rotate.key_file, false, err));
	printf("%s: new key %s, public half %s\nthe old one, %s, goes on until %s\n", rotate.source,
		rotate.key_file, pair.public_key, old,
		rotate.overlap.us > 0 ? "the overlap is over" : "it is revoked");
	return RES_OK;
}

static enum res channel_revoke(struct arena *mem, int argc, char **argv, struct err *err)
{
	Wangli__ChannelRevoke body = WANGLI__CHANNEL_REVOKE__INIT;
	if (argc != 1)
		return err_set(err, RES_INVALID, "usage: channel revoke SOURCE|KEY");
	body.name = argv[0];
	TRY(tell_intake(mem, "channel.revoke.v1", wire_pack(mem, &body.base), err));
	printf("%s: revoked\n", argv[0]);
	return RES_OK;
}

static enum res figure_read(const char *text, int32_t *out, struct err *err)
{
	int64_t figure;
	if (str_to_int64(str_from_c(text), &figure) != RES_OK || figure < 1 || figure > INT32_MAX)
		return err_set(err, RES_INVALID, "quota '%s': want a whole number from 1", text);
	*out = (int32_t)figure;
	return RES_OK;
}

static enum res channel_quota(struct arena *mem, int argc, char **argv, struct err *err)
{
	Wangli__ChannelQuota body = WANGLI__CHANNEL_QUOTA__INIT;
	if (argc != 2 && argc != 3)
		return err_set(err, RES_INVALID,
			"usage: channel quota SOURCE RATE [BURST] | channel quota SOURCE default");
	body.source = argv[0];
	bool is_default = argc == 2 && strcmp(argv[1], "default") == 0;
	if (!is_default)
		TRY(figure_read(argv[1], &body.per_s, err));
	if (argc == 3)
		TRY(figure_read(argv[2], &body.burst, err));
	TRY(tell_intake(mem, "channel.quota.v1", wire_pack(mem, &body.base), err));
	if (is_default)
		printf("%s: the quota that the door gives to all\n", argv[0]);
	else
		printf("%s: %d letters a second, %d at once\n", argv[0], body.per_s,
			body.burst > 0 ? body.burst : body.per_s);
	return RES_OK;
}

static enum res channel_list(struct arena *mem, int argc, char **argv, struct err *err)
{
	bool is_json = argc == 1 && strcmp(argv[0], "--json") == 0;
	if (argc > 0 && !is_json)
		return err_set(err, RES_INVALID, "usage: channel list [--json]");
	return operator_channel_list(mem, is_json, err);
}

static enum res channel_state(struct arena *mem, int argc, char **argv, struct err *err)
{
	bool is_json = argc == 2 && strcmp(argv[1], "--json") == 0;
	if (argc != 1 && !is_json)
		return err_set(err, RES_INVALID, "usage: channel state SOURCE [--json]");
	return operator_channel_state(mem, str_from_c(argv[0]), is_json, err);
}

static const struct verb {
	const char *name;
	enum res (*run)(struct arena *mem, int argc, char **argv, struct err *err);
} verbs[] = {
	{ "list", channel_list },
	{ "add", channel_add },
	{ "rotate", channel_rotate },
	{ "revoke", channel_revoke },
	{ "quota", channel_quota },
	{ "state", channel_state },
};

enum res operator_channel(struct arena *mem, int argc, char **argv, struct err *err)
{
	for (size_t i = 0; argc > 0 && i < sizeof verbs / sizeof verbs[0]; i++)
		if (strcmp(argv[0], verbs[i].name) == 0)
			return verbs[i].run(mem, argc - 1, argv + 1, err);
	return err_set(err, RES_INVALID,
		"usage: channel list | add | rotate | revoke | quota | state; --help says more");
}
