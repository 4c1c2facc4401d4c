/* JSON at the borders (jansson): duplicate keys refused, size limit first. Ids are
 * strings (law 9). */
#ifndef WL_JSON_JSON_H
#define WL_JSON_JSON_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/scoped.h"
#include "base/str.h"

struct json; /* opaque: an object, an array or a value */

struct json *json_object_create(void);
struct json *json_array_create(void);
void json_destroy(struct json *json);
SCOPED_DEFINE(json, struct json *, json_destroy)

void json_set_str(struct json *object, const char *key, struct str value);
void json_set_c(struct json *object, const char *key, const char *value);
void json_set_int(struct json *object, const char *key, int64_t value);
void json_set_id(struct json *object, const char *key, int64_t id); /* as a string */
void json_set_bool(struct json *object, const char *key, bool value);
void json_set_real(struct json *object, const char *key, double value);
void json_set(struct json *object, const char *key, struct json *value); /* takes over value */
void json_push(struct json *array, struct json *value);			 /* takes over value */
void json_push_str(struct json *array, struct str value);

struct str json_text(
	struct arena *mem, const struct json *json); /* compact, keys in order of insertion */

/* max_bytes is tested first. RES_TOO_BIG, RES_INVALID (text says line and column). *out is the
 * caller's to destroy. */
enum res json_parse(
	struct str text, size_t max_bytes, struct json **out, struct err *err) must_check;
/* Borrowed views; STR_NONE / NULL / fallback when missing or of another kind. */
struct str json_get_str(const struct json *object, const char *key);
int64_t json_get_int(const struct json *object, const char *key, int64_t fallback);
const struct json *json_get(const struct json *object, const char *key);
size_t json_count(const struct json *array);
const struct json *json_at(const struct json *array, size_t at);

#endif
