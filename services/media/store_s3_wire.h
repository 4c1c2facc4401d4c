/* One signed request to an S3-compatible service, for store_s3.c. */
#ifndef WL_STORE_S3_WIRE_H
#define WL_STORE_S3_WIRE_H

#include "fetch/request.h"
#include "store_s3.h"

struct s3 {
	struct store store;
	struct store_s3_options options;
	char *texts[7]; /* the options' own, in their order */
	struct str host;
	struct requester *requester;
	struct arena *mem; /* of a call */
	struct instant deadline;
};

/* One request, before it is signed. */
struct s3_ask {
	const char *method;
	struct str key;		     /* "" for the bucket */
	struct str query;	     /* canonical */
	struct str copy_of;	     /* key of what is copied; STR_NONE: nothing is */
	struct instant unless_after; /* of copy_of: INSTANT_NONE, or it must not be younger */
	struct str payload;	     /* SHA-256 in hex */
	struct str body;
	int file;
	int64_t file_bytes;
	int into;
	size_t text_max;
};

/* A call of the store begins: its arena is empty, its time starts. */
struct s3 *s3_begin(struct store *store);
/* A request without a body for this key, to be filled further. */
struct s3_ask s3_ask_of(struct s3 *s3, const char *method, struct str key);
struct str s3_hash_hex(struct arena *mem, struct str bytes);
/* RES_OK: there was an answer; else RES_RETRY. */
enum res s3_ask(struct s3 *s3, const struct s3_ask *asked, struct request_answer *out,
	struct err *err) must_check;
/* RES_RETRY, with what the service says went wrong, as far as it may stand in a log. */
enum res s3_not_understood(const struct request_answer *answer, struct err *err);
/* 404 has two meanings, and only one of them says that the object is gone. */
bool s3_is_no_key(const struct request_answer *answer);

#endif
