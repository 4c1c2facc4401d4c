/* Any bytes at a listening HTTP port, sent in two pieces: each request that gets through is served
 * once and has its end, its body is within its bound, and what a portal reads of its head and body
 * stays inside. The first byte says where the bytes are cut, and how requests are answered. */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/check.h"
#include "fuzz_disk.h"
#include "http/http.h"
#include "portal_core.h"
#include "portal_filter_core.h"
#include "json/json.h"

#define BODY_MAX  48 /* so that short inputs are over it */
#define TURNS_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Of the server and its one client. */
static struct {
	struct http *http;
	struct sockaddr_un address;
	enum http_way way;
	enum http_body body;
	struct http_exchange *waiting; /* for a later answer, or a stream */
	size_t piece_bytes;
} at;

static void filter_take(void *arg, struct str name, struct str value)
{
	(void)!filter_add(arg, name, value, NULL);
}

static void request_read(const struct http_request *request)
{
	struct filter filter = filter_none();
	struct str number, cookies = http_header(request, "Cookie");
	struct json *json = NULL;

	CHECK(request->body.n <= BODY_MAX && http_answering(at.http) > 0);
	portal_route_is_page(portal_route(request->path, &number));
	portal_origin_is_ours(http_header(request, "Origin"), http_header(request, "Host"));
	CHECK(portal_cookie(cookies, STR("wl_letter")).n <= cookies.n);
	http_query_walk(request, filter_take, &filter);
	CHECK(http_query(request, "a").n <= 65536);
	if (json_parse(request->body, BODY_MAX, &json, NULL) == RES_OK)
		json_destroy(json);
}

static void serve(void *arg, const struct http_request *request, struct http_answer *answer)
{
	(void)arg;
	request_read(request);
	answer->status = 200;
	answer->content_type = "text/plain";
	answer->body = request->path;
	answer->way = at.waiting == NULL ? at.way : HTTP_NOW;
	if (answer->way != HTTP_NOW)
		at.waiting = request->exchange;
}

static enum http_body on_head(
	void *arg, const struct http_request *request, struct http_answer *answer)
{
	(void)arg;
	(void)http_header(request, "Authorization");
	at.piece_bytes = 0;
	answer->status = 403;
	return at.body;
}

static bool on_piece(void *arg, struct http_exchange *exchange, struct str bytes)
{
	(void)arg;
	(void)http_exchange_kept(exchange);
	at.piece_bytes += bytes.n;
	return at.piece_bytes <= BODY_MAX;
}

static void on_gone(void *arg, struct http_exchange *exchange)
{
	(void)arg;
	if (at.waiting == exchange)
		at.waiting = NULL;
}

/* What waited gets its answer. */
static void waiting_end(void)
{
	const struct http_answer later = { .status = 200, .body = STR("later") };
	struct http_exchange *exchange = at.waiting;

	if (exchange == NULL)
		return;
	if (at.way == HTTP_LATER) {
		at.waiting = NULL;
		http_answer_later(exchange, &later);
		return;
	}
	http_stream_send(exchange, STR("more"));
	http_stream_end(exchange);
}

static void turn(void)
{
	waiting_end();
	http_turn(at.http);
}

/* true: the server has closed its end. */
static bool answers_drain(int fd)
{
	char bytes[4096];
	ssize_t n;

	while ((n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0)
		;
	return n == 0 || errno != EAGAIN;
}

static void bytes_send(int fd, struct str bytes)
{
	if (bytes.n > 0)
		(void)!send(fd, bytes.p, bytes.n, MSG_DONTWAIT | MSG_NOSIGNAL);
	http_turn(at.http);
	(void)answers_drain(fd);
	http_turn(at.http);
}

static void port_open(void)
{
	struct http_options options = { .serve = serve,
		.head = on_head,
		.piece = on_piece,
		.gone = on_gone,
		.body_max = BODY_MAX,
		.connections_max = 4,
		.idle = SPAN_S(10),
		.head_within = SPAN_S(5),
		.life = SPAN_S(60) };
	static char listen[160];

	fuzz_folder_make("http");
	at.address.sun_family = AF_UNIX;
	snprintf(at.address.sun_path, sizeof(at.address.sun_path), "%s", fuzz_path("http/port"));
	snprintf(listen, sizeof(listen), "unix:%s", at.address.sun_path);
	options.listen = listen;
	CHECK(http_open_as(&at.http, &options, NULL) == RES_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str bytes;
	size_t cut;
	int fd;

	if (size < 2)
		return 0;
	if (at.http == NULL)
		port_open();
	at.way = (enum http_way)(data[0] % 3);
	at.body = (enum http_body)(data[0] / 3 % 3);
	bytes = str_of(data + 2, size - 2);
	cut = bytes.n * data[1] / 255;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(fd >= 0);
	CHECK(connect(fd, (const struct sockaddr *)&at.address, sizeof(at.address)) == 0);
	bytes_send(fd, str_slice(bytes, 0, cut));
	bytes_send(fd, str_slice(bytes, cut, bytes.n));
	shutdown(fd, SHUT_WR);
	for (int i = 0; i < TURNS_MAX && !answers_drain(fd); i++)
		turn();
	close(fd);
	for (int i = 0; i < TURNS_MAX && (http_answering(at.http) > 0 || at.waiting != NULL); i++)
		turn();
	CHECK(http_answering(at.http) == 0 && at.waiting == NULL);
	return 0;
}
