/* Photos made anew (libvips): decoded, turned upright, scaled down, written without any metadata.
 * What comes out holds pixels and nothing else of what came in. For a process of its own: decoders
 * crash. */
#ifndef WL_IMAGE_IMAGE_H
#define WL_IMAGE_IMAGE_H

#include <stdint.h>

#include "base/err.h"

struct image_limits {
	int64_t pixels; /* a header that says so many or more is refused */
	int edge;	/* longest edge of what is written */
};

/* Before any limit on files and system calls. Only decoders of jpeg, png, webp, gif and heic are
 * left. */
enum res image_start(const char *name, struct err *err) must_check;
/* RES_TOO_BIG: refused by the header. RES_INVALID: it cannot be decoded. *out_media_type:
 * "image/jpeg", or "image/png" for what is transparent. */
enum res image_make_anew(int in, int out, const struct image_limits *limits,
	const char **out_media_type, struct err *err) must_check;

#endif
