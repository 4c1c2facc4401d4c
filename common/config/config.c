/* Settings: all are read and tested first, then stored, so that a refusal leaves nothing behind. */
#include "config/config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/str.h"

#define FILE_BYTES_MAX (64 * 1024)
#define NAME_BYTES_MAX 128

/* A setting's value before it is stored: text for TEXT and SECRET, a number for the others. */
struct value {
	char *text;
	int64_t number;
};

struct unit {
	const char *suffix;
	int64_t worth;
};

static const struct unit time_units[] = {
	{ "ms", 1 },
	{ "min", 60 * 1000 },
	{ "s", 1000 },
	{ "h", 3600 * 1000 },
	{ "", 1 },
	{ NULL, 0 },
};
static const struct unit byte_units[] = {
	{ "KiB", 1024 },
	{ "MiB", 1024 * 1024 },
	{ "GiB", 1024 * 1024 * 1024 },
	{ "", 1 },
	{ NULL, 0 },
};
static const struct unit no_units[] = { { "", 1 }, { NULL, 0 } };

static const struct {
	const char *text;
	bool is_true;
} bool_texts[] = {
	{ "true", true },
	{ "yes", true },
	{ "1", true },
	{ "false", false },
	{ "no", false },
	{ "0", false },
};

static bool is_text(const struct config_setting *setting)
{
	return setting->type == CONFIG_TEXT || setting->type == CONFIG_SECRET;
}

static void text_drop(char *text)
{
	if (text != NULL)
		explicit_bzero(text, strlen(text));
	free(text);
}

static char *text_copy(struct str s)
{
	char *copy = malloc(s.n + 1);

	CHECK(copy != NULL);
	if (s.n > 0)
		memcpy(copy, s.p, s.n);
	copy[s.n] = '\0';
	return copy;
}

static bool number_read(struct str text, const struct unit *units, int64_t *out)
{
	for (; units->suffix != NULL; units++) {
		struct str suffix = str_from_c(units->suffix);
		int64_t number;
		if (!str_ends(text, suffix) ||
			str_to_int64(str_slice(text, 0, text.n - suffix.n), &number) != RES_OK)
			continue;
		return !__builtin_mul_overflow(number, units->worth, out);
	}
	return false;
}

static bool bool_read(struct str text, int64_t *out)
{
	for (size_t i = 0; i < sizeof(bool_texts) / sizeof(bool_texts[0]); i++)
		if (text.n == strlen(bool_texts[i].text) &&
			strncasecmp(text.p, bool_texts[i].text, text.n) == 0) {
			*out = bool_texts[i].is_true;
			return true;
		}
	return false;
}

static bool is_within(const struct config_setting *setting, int64_t amount)
{
	return amount >= setting->least && amount <= setting->most;
}

/* Reads text as the setting's type into *out; false when it does not fit. */
static bool value_read(const struct config_setting *setting, struct str text, struct value *out)
{
	switch (setting->type) {
	case CONFIG_TEXT:
	case CONFIG_SECRET:
		if (!is_within(setting, (int64_t)text.n) ||
			str_find(text, str_of("", 1), 0) != SIZE_MAX)
			return false;
		out->text = text_copy(text);
		return true;
	case CONFIG_BOOL:
		return bool_read(text, &out->number);
	case CONFIG_INT:
		return number_read(text, no_units, &out->number) && is_within(setting, out->number);
	case CONFIG_MS:
		return number_read(text, time_units, &out->number) &&
		       is_within(setting, out->number);
	case CONFIG_BYTES:
		return number_read(text, byte_units, &out->number) &&
		       is_within(setting, out->number);
	}
	return false;
}

static void wish_format(const struct config_setting *setting, char *out, size_t bytes)
{
	if (setting->type == CONFIG_BOOL)
		snprintf(out, bytes, "true or false");
	else
		snprintf(out, bytes, "%" PRId64 " to %" PRId64 " %s", setting->least, setting->most,
			is_text(setting) ? "bytes" : setting->unit);
}

static enum res value_refuse(
	const struct config_setting *setting, struct str text, const char *source, struct err *err)
{
	char wish[96];

	wish_format(setting, wish, sizeof(wish));
	if (setting->type == CONFIG_SECRET)
		return err_set(err, RES_INVALID, "%s holds a secret of %zu bytes: want %s", source,
			text.n, wish);
	return err_set(err, RES_INVALID, "%s is '%.*s': want %s (%s)", source, STR_ARG(text), wish,
		setting->meaning);
}

/* The file's content without the line end that editors leave. */
static enum res file_read(const char *name, const char *path, struct buf *out, struct err *err)
{
	FILE *file = fopen(path, "re");

	if (file == NULL)
		return err_set(err, RES_INVALID, "%s is '%s': %s", name, path, strerror(errno));
	char *bytes = buf_extend(out, FILE_BYTES_MAX + 1);
	out->n = fread(bytes, 1, FILE_BYTES_MAX + 1, file);
	bool has_failed = ferror(file) != 0;
	fclose(file);
	if (has_failed || out->n > FILE_BYTES_MAX)
		return err_set(err, RES_INVALID, "%s is '%s': want a file of at most %d bytes",
			name, path, FILE_BYTES_MAX);
	while (out->n > 0 && (out->p[out->n - 1] == '\n' || out->p[out->n - 1] == '\r'))
		out->n--;
	return RES_OK;
}

/* An empty variable counts as not given: compose files pass "${X:-}". */
static const char *environment_get(const char *name)
{
	const char *text = getenv(name);

	return text == NULL || text[0] == '\0' ? NULL : text;
}

static enum res file_load(const struct config_setting *setting, const char *name, const char *path,
	struct value *out, struct err *err)
{
	struct buf content = { 0 };
	enum res res = file_read(name, path, &content, err);

	if (res == RES_OK && !value_read(setting, buf_str(&content), out))
		res = value_refuse(setting, buf_str(&content), name, err);
	if (content.p != NULL)
		explicit_bzero(content.p, content.cap);
	buf_fini(&content);
	return res;
}

static enum res setting_load(
	const struct config_setting *setting, struct value *out, struct err *err)
{
	char file_name[NAME_BYTES_MAX];

	snprintf(file_name, sizeof(file_name), "%s_FILE", setting->name);
	const char *text = environment_get(setting->name);
	const char *path = environment_get(file_name);
	if (text != NULL && path != NULL)
		return err_set(err, RES_INVALID, "%s and %s are both set: want one of them",
			setting->name, file_name);
	if (path != NULL)
		return file_load(setting, file_name, path, out, err);
	if (text == NULL && setting->fallback == NULL)
		return err_set(
			err, RES_INVALID, "%s is not set: %s", setting->name, setting->meaning);
	struct str given = str_from_c(text != NULL ? text : setting->fallback);
	if (!value_read(setting, given, out))
		return value_refuse(setting, given, setting->name, err);
	return RES_OK;
}

static void value_store(const struct config_setting *setting, const struct value *value, void *out)
{
	void *member = (char *)out + setting->offset;

	switch (setting->type) {
	case CONFIG_TEXT:
	case CONFIG_SECRET:
		*(const char **)member = value->text;
		return;
	case CONFIG_BOOL:
		*(bool *)member = value->number != 0;
		return;
	case CONFIG_INT:
	case CONFIG_MS:
	case CONFIG_BYTES:
		*(int64_t *)member = value->number;
		return;
	}
}

enum res config_load(const struct config_setting *settings, size_t n, void *out, struct err *err)
{
	struct value *values = calloc(n + 1, sizeof(*values));
	enum res res = RES_OK;

	CHECK(values != NULL);
	for (size_t i = 0; i < n && res == RES_OK; i++)
		res = setting_load(&settings[i], &values[i], err);
	for (size_t i = 0; i < n; i++) {
		if (res == RES_OK)
			value_store(&settings[i], &values[i], out);
		else
			text_drop(values[i].text);
	}
	free(values);
	return res;
}

void config_free(const struct config_setting *settings, size_t n, void *config)
{
	for (size_t i = 0; i < n; i++) {
		if (!is_text(&settings[i]))
			continue;
		char **member = (char **)((char *)config + settings[i].offset);
		text_drop(*member);
		*member = NULL;
	}
}

void config_help(const struct config_setting *settings, size_t n, FILE *to)
{
	char wish[96];
	int width = (int)strlen("setting");

	for (size_t i = 0; i < n; i++)
		if ((int)strlen(settings[i].name) > width)
			width = (int)strlen(settings[i].name);
	fprintf(to, "%-*s  %-20s  %-32s  %s\n", width, "setting", "default", "bounds", "meaning");
	for (size_t i = 0; i < n; i++) {
		const char *fallback = settings[i].fallback;
		if (fallback == NULL)
			fallback = "(must be given)";
		else if (settings[i].type == CONFIG_SECRET)
			fallback = "(secret)";
		wish_format(&settings[i], wish, sizeof(wish));
		fprintf(to, "%-*s  %-20s  %-32s  %s\n", width, settings[i].name, fallback, wish,
			settings[i].meaning);
	}
	fprintf(to, "Each may be given as a file instead: NAME_FILE=path.\n");
}
