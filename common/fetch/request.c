/* Requests over libcurl's easy interface. See request.h. */
#include "fetch/request.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/check.h"
#include "fetch/fetch_guard.h"

struct requester {
	struct requester_options options;
	char *ca_file;
	CURL *easy; /* reused: it keeps the connection */
};

/* What libcurl's questions are about. */
struct exchange {
	const struct request *request;
	CURL *easy;
	int64_t sent;
	int64_t into_bytes;
	struct buf text;
	bool is_too_big;
};

enum res requester_open(
	struct requester **out, const struct requester_options *options, struct err *err)
{
	struct requester *requester;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return err_set(err, RES_BUG, "libcurl does not start");
	requester = calloc(1, sizeof *requester);
	CHECK(requester != NULL);
	requester->options = *options;
	requester->ca_file = strdup(options->ca_file);
	requester->easy = curl_easy_init();
	CHECK(requester->ca_file != NULL && requester->easy != NULL);
	*out = requester;
	return RES_OK;
}

void requester_close(struct requester *requester)
{
	if (requester == NULL)
		return;
	curl_easy_cleanup(requester->easy);
	curl_global_cleanup();
	free(requester->ca_file);
	free(requester);
}

/* --- what libcurl asks --- */

static size_t give_body(char *out, size_t size, size_t n, void *arg)
{
	struct exchange *exchange = arg;
	const struct request *request = exchange->request;
	struct str part;
	ssize_t got;

	if (request->file < 0) {
		part = str_slice(request->body, (size_t)exchange->sent, size * n);
		if (part.n > 0)
			memcpy(out, part.p, part.n);
		exchange->sent += (int64_t)part.n;
		return part.n;
	}
	got = pread(request->file, out, size * n, exchange->sent);
	if (got < 0)
		return CURL_READFUNC_ABORT;
	exchange->sent += got;
	return (size_t)got;
}

/* A kept connection that turned out dead: the body is sent again. */
static int seek_body(void *arg, curl_off_t offset, int origin)
{
	struct exchange *exchange = arg;

	if (origin != SEEK_SET)
		return CURL_SEEKFUNC_CANTSEEK;
	exchange->sent = offset;
	return CURL_SEEKFUNC_OK;
}

static bool write_all(int file, const char *bytes, size_t n, int64_t at)
{
	while (n > 0) {
		ssize_t wrote = pwrite(file, bytes, n, at);
		if (wrote <= 0)
			return false;
		bytes += wrote;
		at += wrote;
		n -= (size_t)wrote;
	}
	return true;
}

static size_t take_body(char *bytes, size_t size, size_t n, void *arg)
{
	struct exchange *exchange = arg;
	const struct request *request = exchange->request;
	long status = 0;

	n *= size;
	curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &status);
	if (status == 200 && request->into >= 0) {
		exchange->is_too_big = exchange->into_bytes + (int64_t)n > request->into_max;
		if (exchange->is_too_big ||
			!write_all(request->into, bytes, n, exchange->into_bytes))
			return 0;
		exchange->into_bytes += (int64_t)n;
		return n;
	}
	exchange->is_too_big = exchange->text.n + n > request->text_max;
	if (exchange->is_too_big)
		return 0;
	buf_add(&exchange->text, bytes, n);
	return n;
}

/* --- a request --- */

static bool fill_put(CURL *easy, struct exchange *exchange)
{
	const struct request *request = exchange->request;
	curl_off_t bytes = request->file < 0 ? (curl_off_t)request->body.n : request->file_bytes;

	return curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, bytes) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_READFUNCTION, give_body) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_READDATA, exchange) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, seek_body) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_SEEKDATA, exchange) == CURLE_OK;
}

static bool fill(CURL *easy, struct exchange *exchange, struct curl_slist *headers)
{
	const struct request *request = exchange->request;
	const bool is_put = strcmp(request->method, "PUT") == 0;

	return curl_easy_setopt(easy, CURLOPT_URL, request->url) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers) == CURLE_OK &&
	       (is_put ? fill_put(easy, exchange)
		       : curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L) == CURLE_OK) &&
	       curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_WRITEDATA, exchange) == CURLE_OK;
}

static struct curl_slist *headers_of(const struct request *request)
{
	struct curl_slist *headers = curl_slist_append(NULL, "Expect:");

	for (size_t i = 0; i < request->n_headers; i++)
		headers = curl_slist_append(headers, request->headers[i]);
	CHECK(headers != NULL);
	return headers;
}

static enum res perform(CURL *easy, struct arena *mem, struct exchange *exchange,
	struct request_answer *out, struct err *err)
{
	CURLcode code = curl_easy_perform(easy);
	long status = 0;

	if (exchange->is_too_big)
		return err_set(err, RES_TOO_BIG, "the answer is longer than allowed");
	if (code != CURLE_OK)
		return err_set(err, RES_RETRY, "no answer: %s", curl_easy_strerror(code));
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	out->status = (int)status;
	out->into_bytes = exchange->into_bytes;
	out->text = arena_str(mem, buf_str(&exchange->text));
	return RES_OK;
}

enum res request_make(struct requester *requester, struct arena *mem, const struct request *request,
	struct request_answer *out, struct err *err)
{
	struct exchange exchange = { .request = request, .easy = requester->easy };
	const struct fetch_guard guard = { .timeout = request->timeout,
		.connect = requester->options.connect,
		.allows_http = requester->options.allows_http,
		.ca_file = requester->ca_file };
	struct curl_slist *headers;
	enum res res;

	if (request->timeout.us < 1000)
		return err_set(err, RES_RETRY, "no time left");
	headers = headers_of(request);
	curl_easy_reset(requester->easy);
	/* a limit that cannot be set is a request that is not made */
	if (fetch_guard_set(requester->easy, &guard) && fill(requester->easy, &exchange, headers))
		res = perform(requester->easy, mem, &exchange, out, err);
	else
		res = err_set(err, RES_BUG, "libcurl refuses an option");
	curl_slist_free_all(headers);
	buf_fini(&exchange.text);
	return res;
}
