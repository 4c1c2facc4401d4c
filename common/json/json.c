/* jansson behind the project's own names; its values are ours under another name. Only this file
 * sees it. */
#include "json/json.h"

#include <jansson.h>
#include <string.h>

#include "base/buf.h"
#include "base/check.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD, for bytes that are no UTF-8 */

/* Why a text was refused, without quoting it: it may be personal. */
static const struct {
	enum json_error_code code;
	const char *text;
} faults[] = {
	{ json_error_stack_overflow, "nested too deeply" },
	{ json_error_invalid_utf8, "not UTF-8" },
	{ json_error_premature_end_of_input, "ends too early" },
	{ json_error_end_of_input_expected, "something follows the value" },
	{ json_error_null_character, "holds a NUL character" },
	{ json_error_null_byte_in_key, "holds a NUL character in a key" },
	{ json_error_duplicate_key, "a key stands twice" },
	{ json_error_numeric_overflow, "a number is too large" },
};

static json_t *inner(const struct json *json)
{
	return (json_t *)json;
}

static struct json *outer(json_t *value)
{
	CHECK(value != NULL); /* memory is out, or a caller passed rubbish */
	return (struct json *)value;
}

struct json *json_object_create(void)
{
	return outer(json_object());
}

struct json *json_array_create(void)
{
	return outer(json_array());
}

void json_destroy(struct json *json)
{
	json_decref(inner(json));
}

/* jansson refuses a whole text for one bad byte; one bad byte must not lose the rest. */
static json_t *text_repaired(struct str value)
{
	struct buf good = { 0 };

	while (value.n > 0) {
		size_t n = str_utf8_prefix(value);
		buf_add(&good, value.p, n);
		value = str_slice(value, n, value.n);
		if (value.n > 0) {
			buf_add_str(&good, STR(REPLACEMENT));
			value = str_slice(value, 1, value.n);
		}
	}
	json_t *text = json_stringn(buf_str(&good).p, good.n);
	buf_fini(&good);
	return text;
}

static struct json *text_create(struct str value)
{
	if (value.p == NULL)
		return outer(json_null());
	if (!str_is_utf8(value))
		return outer(text_repaired(value));
	return outer(json_stringn(value.p, value.n));
}

void json_set(struct json *object, const char *key, struct json *value)
{
	CHECK(json_object_set_new(inner(object), key, inner(value)) == 0);
}

void json_set_str(struct json *object, const char *key, struct str value)
{
	json_set(object, key, text_create(value));
}

void json_set_c(struct json *object, const char *key, const char *value)
{
	json_set_str(object, key, str_from_c(value));
}

void json_set_int(struct json *object, const char *key, int64_t value)
{
	json_set(object, key, outer(json_integer(value)));
}

void json_set_id(struct json *object, const char *key, int64_t id)
{
	json_set(object, key, outer(json_sprintf("%lld", (long long)id)));
}

void json_set_bool(struct json *object, const char *key, bool value)
{
	json_set(object, key, outer(json_boolean(value)));
}

/* JSON has no word for infinity: jansson makes nothing of it, so it becomes null. */
void json_set_real(struct json *object, const char *key, double value)
{
	json_t *real = json_real(value);

	json_set(object, key, outer(real == NULL ? json_null() : real));
}

void json_push(struct json *array, struct json *value)
{
	CHECK(json_array_append_new(inner(array), inner(value)) == 0);
}

void json_push_str(struct json *array, struct str value)
{
	json_push(array, text_create(value));
}

struct str json_text(struct arena *mem, const struct json *json)
{
	size_t flags = JSON_COMPACT | JSON_ENCODE_ANY;
	size_t n = json_dumpb(inner(json), NULL, 0, flags);
	CHECK(n > 0);
	char *text = arena_alloc(mem, n + 1);

	if (text == NULL)
		return STR_NONE;
	json_dumpb(inner(json), text, n, flags);
	return str_of(text, n);
}

enum res json_parse(struct str text, size_t max_bytes, struct json **out, struct err *err)
{
	json_error_t error;
	const char *why = "wrong syntax";

	if (text.n > max_bytes)
		return err_set(err, RES_TOO_BIG, "JSON: %zu bytes, at most %zu are taken", text.n,
			max_bytes);
	json_t *value = json_loadb(text.p == NULL ? "" : text.p, text.n,
		JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	if (value != NULL) {
		*out = outer(value);
		return RES_OK;
	}
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		if (faults[i].code == json_error_code(&error))
			why = faults[i].text;
	return err_set(
		err, RES_INVALID, "JSON: line %d, column %d: %s", error.line, error.column, why);
}

struct str json_get_str(const struct json *object, const char *key)
{
	const json_t *value = json_object_get(inner(object), key);

	if (!json_is_string(value))
		return STR_NONE;
	return str_of(json_string_value(value), json_string_length(value));
}

int64_t json_get_int(const struct json *object, const char *key, int64_t fallback)
{
	const json_t *value = json_object_get(inner(object), key);

	return json_is_integer(value) ? json_integer_value(value) : fallback;
}

const struct json *json_get(const struct json *object, const char *key)
{
	return (const struct json *)json_object_get(inner(object), key);
}

size_t json_count(const struct json *array)
{
	return json_array_size(inner(array));
}

const struct json *json_at(const struct json *array, size_t at)
{
	return (const struct json *)json_array_get(inner(array), at);
}
