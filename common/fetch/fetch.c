/* Calls over libcurl. See fetch.h. */
#include "fetch/fetch.h"

#include <curl/curl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "fetch/fetch_guard.h"

struct fetch {
	struct fetch_options options;
	char *ca_file;
	CURLM *multi;
	struct call *first;
	size_t n;
};

struct call {
	struct fetch *fetch;
	struct call *next;
	CURL *easy;
	struct curl_slist *headers;
	void *tag;
	size_t bytes;
	bool is_refused_address;
	bool is_cut;
};

enum res fetch_open(struct fetch **out, const struct fetch_options *options, struct err *err)
{
	struct fetch *fetch;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return err_set(err, RES_BUG, "libcurl does not start");
	fetch = calloc(1, sizeof *fetch);
	CHECK(fetch != NULL);
	fetch->options = *options;
	fetch->ca_file = strdup(options->ca_file);
	fetch->multi = curl_multi_init();
	CHECK(fetch->ca_file != NULL && fetch->multi != NULL);
	*out = fetch;
	return RES_OK;
}

static void call_destroy(struct call *call)
{
	struct fetch *fetch = call->fetch;
	struct call **at = &fetch->first;

	while (*at != NULL && *at != call)
		at = &(*at)->next;
	if (*at == call) {
		*at = call->next;
		fetch->n--;
	}
	curl_multi_remove_handle(fetch->multi, call->easy);
	curl_easy_cleanup(call->easy);
	curl_slist_free_all(call->headers);
	free(call);
}

void fetch_close(struct fetch *fetch)
{
	if (fetch == NULL)
		return;
	while (fetch->first != NULL)
		call_destroy(fetch->first);
	curl_multi_cleanup(fetch->multi);
	curl_global_cleanup();
	free(fetch->ca_file);
	free(fetch);
}

/* --- what libcurl asks --- */

static bool address_read(const struct curl_sockaddr *from, struct fetch_address *out)
{
	*out = (struct fetch_address){ 0 };
	if (from->family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, &from->addr, sizeof in);
		memcpy(out->bytes, &in.sin_addr, 4);
		out->port = ntohs(in.sin_port);
		return true;
	}
	if (from->family == AF_INET6) {
		struct sockaddr_in6 in;

		memcpy(&in, &from->addr, sizeof in);
		memcpy(out->bytes, &in.sin6_addr, 16);
		out->port = ntohs(in.sin6_port);
		out->is_v6 = true;
		return true;
	}
	return false;
}

/* The one place where a connection begins: what is refused here is never spoken to. */
static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct call *call = arg;
	const struct fetch_options *options = &call->fetch->options;
	struct fetch_address asked;

	if (purpose != CURLSOCKTYPE_IPCXN || !address_read(address, &asked) ||
		!options->may_connect(options->arg, &asked)) {
		call->is_refused_address = true;
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static size_t take_body(char *bytes, size_t size, size_t n, void *arg)
{
	struct call *call = arg;

	(void)bytes;
	call->bytes += size * n;
	if (call->bytes <= call->fetch->options.answer_max)
		return size * n;
	call->is_cut = true;
	return 0;
}

/* --- a call --- */

/* Nothing of one call is of use to the next: its address is judged anew. */
static bool call_limit(struct call *call)
{
	const struct fetch_options *options = &call->fetch->options;
	const struct fetch_guard guard = { .timeout = options->timeout,
		.connect = options->connect,
		.allows_http = options->allows_http,
		.ca_file = call->fetch->ca_file };
	CURL *easy = call->easy;

	return fetch_guard_set(easy, &guard) &&
	       curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, 0L) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L) == CURLE_OK &&
	       /* the end of a call does not wait for a name server that hangs */
	       curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L) == CURLE_OK;
}

static bool call_fill(struct call *call, const struct fetch_request *request)
{
	CURL *easy = call->easy;

	for (size_t i = 0; i < request->n_headers; i++)
		call->headers = curl_slist_append(call->headers, request->headers[i]);
	call->headers = curl_slist_append(call->headers, "Expect:");
	return curl_easy_setopt(easy, CURLOPT_URL, request->url) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_HTTPHEADER, call->headers) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)request->body.n) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, request->body.p) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, call) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_WRITEDATA, call) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_PRIVATE, call) == CURLE_OK;
}

enum res fetch_start(struct fetch *fetch, const struct fetch_request *request, struct err *err)
{
	struct call *call = calloc(1, sizeof *call);

	CHECK(call != NULL);
	call->fetch = fetch;
	call->tag = request->tag;
	call->easy = curl_easy_init();
	CHECK(call->easy != NULL);
	/* a limit that cannot be set is a call that is not made */
	if (!call_limit(call) || !call_fill(call, request) ||
		curl_multi_add_handle(fetch->multi, call->easy) != CURLM_OK) {
		call_destroy(call);
		return err_set(err, RES_BUG, "libcurl refuses an option");
	}
	call->next = fetch->first;
	fetch->first = call;
	fetch->n++;
	return RES_OK;
}

static void call_end(struct call *call, CURLcode code)
{
	struct fetch *fetch = call->fetch;
	struct fetch_result result = { .bytes = call->bytes,
		.is_refused_address = call->is_refused_address };
	curl_off_t retry_after = 0, took = 0;
	long status = 0;
	void *tag = call->tag;

	curl_easy_getinfo(call->easy, CURLINFO_TOTAL_TIME_T, &took);
	result.took = (struct span){ took };
	if (code == CURLE_OK || call->is_cut) {
		curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
		curl_easy_getinfo(call->easy, CURLINFO_RETRY_AFTER, &retry_after);
		result.status = (int)status;
		result.retry_after = SPAN_S(retry_after > 0 ? retry_after : 0);
	}
	if (result.status == 0)
		snprintf(result.why, sizeof result.why, "%s",
			call->is_refused_address ? "the address is not allowed"
						 : curl_easy_strerror(code));
	call_destroy(call);
	fetch->options.ended(fetch->options.arg, tag, &result);
}

void fetch_turn(struct fetch *fetch, struct span wait)
{
	CURLMsg *message;
	int running, left;

	curl_multi_perform(fetch->multi, &running);
	if (wait.us > 0 && running > 0) {
		curl_multi_poll(fetch->multi, NULL, 0, (int)(wait.us / 1000), NULL);
		curl_multi_perform(fetch->multi, &running);
	}
	while ((message = curl_multi_info_read(fetch->multi, &left)) != NULL) {
		struct call *call = NULL;
		CURLcode code = message->data.result;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&call);
		call_end(call, code);
	}
}

size_t fetch_under_way(const struct fetch *fetch)
{
	return fetch->n;
}
