/* Signing and sending. See store_s3_wire.h. */
#include "store_s3_wire.h"

#include <string.h>

#include "base/check.h"
#include "crypto/crypto.h"
#include "os/os.h"
#include "store_s3_core.h"

#define TEXT_MAX ((size_t)64 << 10)

struct str s3_hash_hex(struct arena *mem, struct str bytes)
{
	uint8_t sum[CRYPTO_SHA256_BYTES];
	struct crypto_sha256 hash;

	crypto_sha256_begin(&hash);
	crypto_sha256_add(&hash, bytes);
	crypto_sha256_end(&hash, sum);
	return crypto_hex(mem, str_of(sum, sizeof sum));
}

/* --- one request --- */

static struct str signature(struct s3 *s3, struct str stamp, struct str to_sign)
{
	uint8_t key[CRYPTO_SHA256_BYTES];
	const struct str steps[] = { s3_day(stamp), str_from_c(s3->options.region), STR("s3"),
		STR("aws4_request"), to_sign };
	struct str first = arena_printf(s3->mem, "AWS4%s", s3->options.secret);

	crypto_hmac_sha256(key, first, &steps[0], 1);
	for (size_t i = 1; i < sizeof steps / sizeof steps[0]; i++) {
		uint8_t next[CRYPTO_SHA256_BYTES];
		crypto_hmac_sha256(next, str_of(key, sizeof key), &steps[i], 1);
		memcpy(key, next, sizeof key);
	}
	return crypto_hex(s3->mem, str_of(key, sizeof key));
}

static struct str authorization(struct s3 *s3, struct str stamp, const struct s3_request *signed_)
{
	struct str region = str_from_c(s3->options.region);
	struct str canonical = s3_hash_hex(s3->mem, s3_canonical(s3->mem, signed_));
	struct str to_sign = s3_to_sign(s3->mem, stamp, region, canonical);

	return arena_printf(s3->mem,
		"AWS4-HMAC-SHA256 Credential=%s/%.*s,SignedHeaders=%.*s,Signature=%.*s",
		s3->options.key_id, STR_ARG(s3_scope(s3->mem, s3_day(stamp), region)),
		STR_ARG(s3_signed_names(s3->mem, signed_)), STR_ARG(signature(s3, stamp, to_sign)));
}

static void header_add(struct s3_request *request, const char *name, struct str value)
{
	CHECK(request->n_headers < S3_HEADERS_MAX);
	request->headers[request->n_headers++] =
		(struct s3_header){ .name = str_from_c(name), .value = value };
}

/* RFC 9110 5.6.7: "Wed, 25 Nov 2026 23:45:00 GMT" */
static struct str http_date(struct arena *mem, struct instant at)
{
	static const char days[7][4] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };
	static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug",
		"Sep", "Oct", "Nov", "Dec" };
	const int32_t day = (int32_t)(at.us / SPAN_DAYS(1).us);
	const struct civil_date date = date_from_days(day);
	const int of_day = (int)(at.us / 1000000 % 86400);

	return arena_printf(mem, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[date_weekday(day)],
		date.day, months[date.month - 1], date.year, of_day / 3600, of_day / 60 % 60,
		of_day % 60);
}

/* Sorted by name, as the signature wants them. */
static void headers_fill(
	struct s3 *s3, const struct s3_ask *ask, struct str stamp, struct s3_request *out)
{
	header_add(out, "host", s3->host);
	header_add(out, "x-amz-content-sha256", ask->payload);
	if (ask->copy_of.p != NULL) {
		header_add(out, "x-amz-copy-source",
			arena_printf(
				s3->mem, "/%s/%.*s", s3->options.bucket, STR_ARG(ask->copy_of)));
		if (!instant_is_none(ask->unless_after))
			header_add(out, "x-amz-copy-source-if-unmodified-since",
				http_date(s3->mem, ask->unless_after));
	}
	header_add(out, "x-amz-date", stamp);
	if (ask->copy_of.p != NULL)
		header_add(out, "x-amz-metadata-directive", STR("REPLACE"));
}

enum res s3_ask(
	struct s3 *s3, const struct s3_ask *asked, struct request_answer *out, struct err *err)
{
	struct str stamp = s3_stamp(s3->mem, os_real_now());
	struct str path = arena_printf(s3->mem, "/%s%s%.*s", s3->options.bucket,
		asked->key.n > 0 ? "/" : "", STR_ARG(asked->key));
	struct s3_request request = { .method = str_from_c(asked->method),
		.path = s3_encode(s3->mem, path, true),
		.query = asked->query,
		.payload = asked->payload };
	struct request wire = { .method = asked->method,
		.timeout = instant_since(s3->deadline, os_monotonic_now()),
		.body = asked->body,
		.file = asked->file,
		.file_bytes = asked->file_bytes,
		.into = asked->into,
		.into_max = s3->options.object_max,
		.text_max = asked->text_max };

	headers_fill(s3, asked, stamp, &request);
	for (size_t i = 0; i < request.n_headers; i++)
		wire.headers[wire.n_headers++] = arena_printf(s3->mem, "%.*s: %.*s",
			STR_ARG(request.headers[i].name), STR_ARG(request.headers[i].value))
							 .p;
	wire.headers[wire.n_headers++] = arena_printf(
		s3->mem, "Authorization: %.*s", STR_ARG(authorization(s3, stamp, &request)))
						 .p;
	wire.url = arena_printf(s3->mem, "%s%.*s%s%.*s", s3->options.endpoint,
		STR_ARG(request.path), request.query.n > 0 ? "?" : "", STR_ARG(request.query))
			   .p;
	if (arena_failed(s3->mem))
		return err_set(err, RES_RETRY, "no memory for a request");
	return request_make(s3->requester, s3->mem, &wire, out, err) == RES_OK ? RES_OK : RES_RETRY;
}

struct s3 *s3_begin(struct store *store)
{
	struct s3 *s3 = (struct s3 *)store;

	arena_reset(s3->mem);
	s3->deadline = instant_add(os_monotonic_now(), s3->options.timeout);
	return s3;
}

struct s3_ask s3_ask_of(struct s3 *s3, const char *method, struct str key)
{
	return (struct s3_ask){ .method = method,
		.key = key,
		.query = STR(""),
		.copy_of = STR_NONE,
		.unless_after = INSTANT_NONE,
		.payload = s3_hash_hex(s3->mem, STR("")),
		.body = STR(""),
		.file = -1,
		.into = -1,
		.text_max = TEXT_MAX };
}

enum res s3_not_understood(const struct request_answer *answer, struct err *err)
{
	struct str code = s3_element(answer->text, STR("Code"));

	return err_set(err, RES_RETRY, "the store answers %d %.*s", answer->status,
		STR_ARG(str_slice(code, 0, 40)));
}

bool s3_is_no_key(const struct request_answer *answer)
{
	return answer->status == 404 &&
	       str_eq(s3_element(answer->text, STR("Code")), STR("NoSuchKey"));
}
