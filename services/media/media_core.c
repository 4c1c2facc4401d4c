/* Every refusal is a sentence for whoever wrote the client. */
#include "media_core.h"

#include <inttypes.h>

#define PATH STR("/objects/")

enum res media_ask_check(const struct media_ask *ask, const struct media_limits *limits,
	enum media_kind *out_kind, struct err *err)
{
	if (ask->sha256.n != MEDIA_SHA256_BYTES)
		return err_set(err, RES_INVALID, "sha256 has %zu bytes: want %d", ask->sha256.n,
			MEDIA_SHA256_BYTES);
	if (ask->size_bytes <= 0)
		return err_set(err, RES_INVALID, "size_bytes is missing");
	if (ask->size_bytes > limits->file_bytes_most)
		return err_set(err, RES_TOO_BIG, "a file may have at most %" PRId64 " bytes",
			limits->file_bytes_most);
	return media_type_declared(ask->media_type, out_kind, err);
}

static int refuse(int status, struct err *err, const char *why)
{
	(void)err_set(err, RES_INVALID, "%s", why);
	return status;
}

int media_put_check(const struct media_put *put, const struct media_limits *limits, struct err *err)
{
	if (!put->is_right_path)
		return refuse(403, err, "this right is for another object");
	if (put->announced < 0)
		return refuse(411, err, "Content-Length is missing");
	if (put->announced > limits->file_bytes_most)
		return refuse(413, err, "the file is too large");
	if (put->announced != put->right_bytes)
		return refuse(422, err, "the length is not the one that the right was asked for");
	if (put->uploads >= limits->uploads_most)
		return refuse(
			503, err, "too many uploads at this moment: try again in some seconds");
	if (put->used + put->announced > limits->quota_bytes)
		return refuse(507, err, "there is no room for more files: try again later");
	return 0;
}

struct str media_path_sha256(struct str path)
{
	struct str digits;

	if (!str_starts(path, PATH))
		return STR_NONE;
	digits = str_slice(path, PATH.n, path.n);
	if (digits.n != MEDIA_SHA256_CHARS)
		return STR_NONE;
	for (size_t i = 0; i < digits.n; i++) {
		bool is_hex = (digits.p[i] >= '0' && digits.p[i] <= '9') ||
			      (digits.p[i] >= 'a' && digits.p[i] <= 'f');
		if (!is_hex)
			return STR_NONE;
	}
	return digits;
}

enum media_fate media_fate_of(struct str sha256, const struct str *named, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(named[i], sha256))
			return MEDIA_FATE_STAYS;
	return MEDIA_FATE_ASIDE;
}
