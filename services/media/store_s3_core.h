/* What is said to an S3-compatible store, and what its listings mean: AWS Signature Version 4 up to
 * the two places where something is hashed, and the fields of ListObjectsV2. Pure. */
#ifndef WL_STORE_S3_CORE_H
#define WL_STORE_S3_CORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/instant.h"
#include "base/str.h"

#define S3_HEADERS_MAX 8

struct s3_header {
	struct str name; /* lower case */
	struct str value;
};

struct s3_request {
	struct str method;
	struct str path;  /* as on the wire: s3_encode keeps '/' */
	struct str query; /* as on the wire: names sorted, names and values encoded; "" for none */
	struct s3_header headers[S3_HEADERS_MAX]; /* those that are signed, sorted by name */
	size_t n_headers;
	struct str payload; /* SHA-256 of the body in hex */
};

/* Everything but A-Z a-z 0-9 - . _ ~ (and '/' when it is kept) as %XX. */
struct str s3_encode(struct arena *mem, struct str text, bool keeps_slash);
struct str s3_stamp(struct arena *mem, struct instant at); /* "20261125T234500Z" */
struct str s3_day(struct str stamp);			   /* its first eight */
struct str s3_signed_names(struct arena *mem, const struct s3_request *request); /* "host;…" */
struct str s3_canonical(struct arena *mem, const struct s3_request *request);
struct str s3_scope(struct arena *mem, struct str day, struct str region);
/* canonical: SHA-256 of s3_canonical's text, in hex */
struct str s3_to_sign(struct arena *mem, struct str stamp, struct str region, struct str canonical);

struct s3_entry {
	struct str key;
	struct instant at;
	int64_t bytes;
};

/* Takes the next <Contents> off *rest; false: there is none, or it is not understood (*out_is_whole
 * is false then: the listing counts for nothing). */
bool s3_list_next(struct str *rest, struct s3_entry *out, bool *out_is_whole);
/* The token that continues a listing; STR_NONE: it is complete. */
struct str s3_list_token(struct arena *mem, struct str listing);
/* The text of the first <name>; STR_NONE: there is none. */
struct str s3_element(struct str xml, struct str name);

#endif
