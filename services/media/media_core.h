/* What media decides: whether something may be uploaded. Pure. */
#ifndef WL_MEDIA_CORE_H
#define WL_MEDIA_CORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/instant.h"
#include "base/str.h"
#include "media_type_core.h"

#define MEDIA_SHA256_BYTES 32
#define MEDIA_SHA256_CHARS 64

struct media_limits {
	int64_t file_bytes_most;
	int64_t quota_bytes; /* of all that is stored */
	int64_t uploads_most;
};

/* COMMAND object.put.v1 */
struct media_ask {
	struct str sha256; /* bytes */
	int64_t size_bytes;
	struct str media_type;
};
/* RES_INVALID, RES_TOO_BIG: a sentence for the integrator. */
enum res media_ask_check(const struct media_ask *ask, const struct media_limits *limits,
	enum media_kind *out_kind, struct err *err) must_check;

/* What a PUT says, before any of its body is read. */
struct media_put {
	int64_t announced;   /* Content-Length; -1: none */
	int64_t right_bytes; /* what the right says */
	bool is_right_path;  /* the path names what the right names */
	int64_t uploads;     /* that are under way */
	int64_t used;	     /* bytes that are stored, and that those under way announced */
};
/* The status to refuse with, and the sentence; 0: read it. */
int media_put_check(
	const struct media_put *put, const struct media_limits *limits, struct err *err);

enum media_fate { MEDIA_FATE_STAYS, MEDIA_FATE_ASIDE };
/* Of an object that is old: named are those of the question that a letter names. */
enum media_fate media_fate_of(struct str sha256, const struct str *named, size_t n);

/* "/objects/<64 hex digits>" → the digits; STR_NONE: another path. */
struct str media_path_sha256(struct str path);

#endif
