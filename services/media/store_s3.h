/* A store in a bucket of an S3-compatible service, by path-style addresses:
 *
 *   <kind>/HEX        what is kept; put and touch (a copy onto itself) make its LastModified young
 *   aside/<kind>/HEX  what was set aside: a copy; LastModified says when
 *
 * Ages are by the service's clock. Each request has the call's time-out, listings one for each of
 * their pages. An answer that is not understood, a refusal of the key or a missing bucket are
 * RES_RETRY with the service's own word in err: they are repaired outside, and then the same call
 * may be made again.
 *
 * S3 has no rename: setting aside is a copy and a deletion. Between the two, a touch or put by
 * another process is answered OK and the object is set aside all the same, where the next touch
 * finds it, but an open does not. One process at a time has the bucket. */
#ifndef WL_MEDIA_STORE_S3_H
#define WL_MEDIA_STORE_S3_H

#include "store.h"

struct store_s3_options {
	const char *endpoint; /* "https://host[:port]", no path; http on this machine only */
	const char *bucket;
	const char *region;
	const char *key_id;
	const char *secret;
	const char *folder;  /* its tmp has the files under way */
	const char *ca_file; /* "": the system's */
	struct span timeout; /* of a call */
	int64_t object_max;  /* bytes of one object; a longer answer is none of ours */
};

/* RES_INVALID names the setting that cannot be. Nothing is asked of the service. */
enum res store_s3_check(const struct store_s3_options *options, struct err *err) must_check;
enum res store_s3_open(
	struct store **out, const struct store_s3_options *options, struct err *err) must_check;

#endif
