/* Private to the project, never installed: wangli.h said in the words of common/base, for the
 * library itself and for our own programs. Each function is a conversion and nothing else. */
#ifndef WL_SDK_WANGLI_INSIDE_H
#define WL_SDK_WANGLI_INSIDE_H

#include "base/err.h"
#include "base/instant.h"
#include "base/scoped.h"
#include "base/str.h"
#include "sdk/wangli.h"

_Static_assert((int)RES_OK == (int)WANGLI_OK && (int)RES_INVALID == (int)WANGLI_INVALID &&
		       (int)RES_DENIED == (int)WANGLI_DENIED &&
		       (int)RES_NOT_FOUND == (int)WANGLI_NOT_FOUND &&
		       (int)RES_CONFLICT == (int)WANGLI_CONFLICT &&
		       (int)RES_TOO_BIG == (int)WANGLI_TOO_BIG &&
		       (int)RES_RETRY == (int)WANGLI_RETRY && (int)RES_BUG == (int)WANGLI_BUG,
	"a result has one number, inside and outside");
_Static_assert((int)ERR_TEXT_MAX == (int)WANGLI_ERROR_MAX, "a sentence has room outside too");

SCOPED_DEFINE(wangli, struct wangli *, wangli_close)

#define SDK_TEXT(literal)                                                                          \
	(struct wangli_text)                                                                       \
	{                                                                                          \
		.p = (literal), .n = sizeof(literal) - 1                                           \
	}

static inline struct wangli_text sdk_text(struct str text)
{
	return (struct wangli_text){ .p = text.p, .n = text.n };
}

static inline struct str sdk_str(struct wangli_text text)
{
	return (struct str){ .p = text.p, .n = text.n };
}

static inline int64_t sdk_time_us(struct instant at)
{
	return instant_is_none(at) ? WANGLI_TIME_UNKNOWN : at.us;
}

static inline struct instant sdk_instant(int64_t time_us)
{
	return time_us == WANGLI_TIME_UNKNOWN ? INSTANT_NONE : (struct instant){ time_us };
}

static inline enum wangli_result sdk_result(enum res res)
{
	return (enum wangli_result)res;
}

static inline enum res sdk_res(enum wangli_result result)
{
	return (enum res)result;
}

/* A failure and its sentence, brought in. */
static inline enum res sdk_failed(
	enum wangli_result result, const struct wangli_error *error, struct err *err)
{
	return result == WANGLI_OK ? RES_OK : err_set(err, sdk_res(result), "%s", error->text);
}

must_check static inline enum res sdk_open(
	struct wangli **out, const struct wangli_options *options, struct err *err)
{
	struct wangli_error error;
	return sdk_failed(wangli_open(out, options, &error), &error, err);
}

must_check static inline enum res sdk_submit(
	struct wangli *client, const struct wangli_letter *letter, struct err *err)
{
	struct wangli_error error;
	return sdk_failed(wangli_submit(client, letter, &error), &error, err);
}

must_check static inline enum res sdk_turn(struct wangli *client, struct span wait, struct err *err)
{
	struct wangli_error error;
	return sdk_failed(wangli_turn(client, (int)(wait.us / 1000), &error), &error, err);
}

#endif
