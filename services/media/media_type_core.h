/* What a file is, by its content alone. Pure. */
#ifndef WL_MEDIA_TYPE_CORE_H
#define WL_MEDIA_TYPE_CORE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"

#define MEDIA_HEAD_BYTES 4096	     /* of the file's front that are looked at */
#define MEDIA_TAIL_BYTES (64 * 1024) /* of its end */
#define MEDIA_TEXT_BYTES_MAX                                                                       \
	(1024 * 1024) /* a plain text is read whole, so it may not be larger                       \
		       */

enum media_kind {
#define TYPE(name, media_type, other, is_photo) MEDIA_##name,
#include "media_types.def"
#undef TYPE
	MEDIA_KINDS
};
const char *media_kind_name(enum media_kind kind); /* "image/jpeg" */
bool media_kind_is_photo(enum media_kind kind);

/* A declared name, in any letter case, without parameters. RES_INVALID: nothing that may be
 * uploaded. */
enum res media_type_declared(
	struct str media_type, enum media_kind *out, struct err *err) must_check;

/* head, tail: the file's first MEDIA_HEAD_BYTES and last MEDIA_TAIL_BYTES, or all of it where it is
 * smaller. Decides whether the content is of the kind that was declared: the name of a text is only
 * believed here, media_text_check reads it. RES_INVALID: it is not; the sentence says what it looks
 * like. */
enum res media_type_agrees(
	enum media_kind declared, struct str head, struct str tail, struct err *err) must_check;
/* The whole of a plain text: UTF-8, no control characters, nothing that a browser or a shell takes
 * for its own. */
enum res media_text_check(struct str text, struct err *err) must_check;

#endif
