/* HTTP serving, spoken to over its own sockets: one process plays both sides and turns the server
 * by poll. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "http/http.h"
#include "http_client.h"

static void serve(void *arg, const struct http_request *request, struct http_answer *answer)
{
	int *calls = arg;

	++*calls;
	answer->content_type = "application/json";
	if (str_eq(request->path, STR("/huge"))) {
		answer->status = 200;
		answer->body = arena_str(request->mem, str_of(NULL, 0));
		arena_alloc(request->mem, 100 * 1024 * 1024);
		return;
	}
	bool is_health =
		str_eq(request->path, STR("/health")) && str_eq(request->method, STR("GET"));
	answer->status = is_health ? 200 : 404;
	answer->body = arena_printf(request->mem, "{\"path\":\"%.*s\"}", STR_ARG(request->path));
}

/* Sends all of request and collects what comes back until the server closes. */
static struct str talk(struct http *http, struct str request, struct buf *answer)
{
	int fd = client_open();
	bool is_open = true;

	while (is_open) {
		struct pollfd polled[] = { { .fd = http_fd(http), .events = POLLIN },
			{ .fd = fd,
				.events = (short)(request.n > 0 ? POLLIN | POLLOUT : POLLIN) } };
		assert_true(poll(polled, 2, 30000) > 0);
		if (polled[0].revents != 0)
			http_turn(http);
		if ((polled[1].revents & POLLOUT) && request.n > 0) {
			ssize_t n = send(fd, request.p, request.n, MSG_NOSIGNAL);
			request = n > 0 ? str_slice(request, (size_t)n, request.n) : STR_NONE;
		}
		if (polled[1].revents & (POLLIN | POLLHUP | POLLERR)) {
			char bytes[4096];
			ssize_t n = recv(fd, bytes, sizeof(bytes), 0);
			is_open = n > 0 || (n < 0 && errno == EAGAIN);
			buf_add(answer, bytes, n > 0 ? (size_t)n : 0);
		}
	}
	close(fd);
	buf_add(answer, "", 1);
	return buf_str(answer);
}

static void http_turn_any_request_gets_its_answer(void **state)
{
	static const struct {
		const char *request;
		const char *starts;
		const char *holds;
		int calls;
	} rows[] = {
		{ "GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "HTTP/1.1 200",
			"{\"path\":\"/health\"}", 1 },
		{ "GET /health?a=b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
			"HTTP/1.1 200", "application/json", 1 },
		{ "GET /none HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "HTTP/1.1 404",
			"/none", 1 },
		{ "GET /huge HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "HTTP/1.1 500",
			"too large", 1 },
		{ "POST /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 3\r\n"
		  "\r\nabc",
			"HTTP/1.1 404", "/health", 1 },
		{ "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 65537\r\n\r\n", "HTTP/1.1 413",
			"too large", 0 },
		{ "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
			"HTTP/1.1 4", "", 0 },
		{ "rubbish\r\n\r\n", "", "", 0 }, /* closed without a word */
	};
	struct http *http = NULL;
	int calls = 0;
	(void)state;
	assert_int_equal(http_open(&http, listen_text, serve, &calls, NULL), RES_OK);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf answer = { 0 };
		calls = 0;
		struct str got = talk(http, str_from_c(rows[i].request), &answer);
		assert_true(str_starts(got, str_from_c(rows[i].starts)));
		assert_non_null(strstr(got.p, rows[i].holds));
		assert_int_equal(calls, rows[i].calls);
		buf_fini(&answer);
	}
	http_close(http);
}

static void http_turn_endless_body_is_cut_off(void **state)
{
	struct http *http = NULL;
	struct buf request = { 0 };
	struct buf answer = { 0 };
	int calls = 0;

	(void)state;
	assert_int_equal(http_open(&http, listen_text, serve, &calls, NULL), RES_OK);
	buf_add_str(&request, STR("POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
				  "\r\n"));
	for (int i = 0; i < 200; i++) {
		buf_add_str(&request, STR("400\r\n"));
		memset(buf_extend(&request, 1024), 'a', 1024);
		buf_add_str(&request, STR("\r\n"));
	}
	struct str got = talk(http, buf_str(&request), &answer);
	assert_false(str_starts(got, STR("HTTP/1.1 2")));
	assert_int_equal(calls, 0);
	buf_fini(&request);
	buf_fini(&answer);
	http_close(http);
}

static void http_turn_two_requests_on_one_connection_are_served(void **state)
{
	struct http *http = NULL;
	struct buf answer = { 0 };
	int calls = 0;

	(void)state;
	assert_int_equal(http_open(&http, listen_text, serve, &calls, NULL), RES_OK);
	talk(http,
		STR("GET /a HTTP/1.1\r\nHost: x\r\n\r\n"
		    "GET /b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
		&answer);
	assert_int_equal(calls, 2);
	assert_non_null(strstr(answer.p, "\"/a\""));
	assert_non_null(strstr(answer.p, "\"/b\""));
	buf_fini(&answer);
	http_close(http);
}

static void http_open_unix_old_socket_is_replaced(void **state)
{
	struct http *http = NULL;
	struct http *second = NULL;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct stat about;
	struct err err;
	int old = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)state;
	memcpy(address.sun_path, path, strlen(path));
	assert_int_equal(bind(old, (struct sockaddr *)&address, sizeof(address)), 0);
	close(old); /* the file stays, nobody answers */
	assert_int_equal(http_open(&http, listen_text, serve, NULL, &err), RES_OK);
	assert_int_equal(stat(path, &about), 0);
	assert_int_equal(about.st_mode & 0777, 0660);
	assert_int_equal(http_open(&second, listen_text, serve, NULL, &err), RES_CONFLICT);
	assert_null(second);
	http_close(http);
	assert_int_equal(access(path, F_OK), -1);
}

static void http_open_unix_other_file_is_left_alone(void **state)
{
	struct http *http = NULL;
	struct err err;
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	(void)state;
	close(fd);
	assert_int_equal(http_open(&http, listen_text, serve, NULL, &err), RES_CONFLICT);
	assert_int_equal(unlink(path), 0);
}

static void http_open_tcp_taken_port_is_a_conflict(void **state)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t bytes = sizeof(address);
	struct http *http = NULL;
	struct err err;
	char text[64];
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	assert_int_equal(bind(fd, (struct sockaddr *)&address, bytes), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &bytes), 0);
	snprintf(text, sizeof(text), "127.0.0.1:%d", ntohs(address.sin_port));
	assert_int_equal(http_open(&http, text, serve, NULL, &err), RES_CONFLICT);
	assert_non_null(strstr(err.text, text));
	close(fd);
	assert_int_equal(http_open(&http, text, serve, NULL, &err), RES_OK);
	assert_true(http_fd(http) >= 0);
	http_close(http);
}

static void http_open_wrong_form_is_refused(void **state)
{
	static const char *const forms[] = { "", "8311", ":8311", "localhost:8311", "127.0.0.1",
		"127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:http", "[::1]",
		"[::1:8311", "::1:8311", "unix:", "127.0.0.1:83 11", "[127.0.0.1]:8311" };
	struct http *http = NULL;
	struct err err;
	char long_path[300] = "unix:";

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		assert_int_equal(http_open(&http, forms[i], serve, NULL, &err), RES_INVALID);
		assert_non_null(strstr(err.text, forms[i]));
	}
	memset(long_path + 5, 'x', sizeof(long_path) - 6);
	assert_int_equal(http_open(&http, long_path, serve, NULL, &err), RES_INVALID);
	assert_null(http);
	http_close(NULL);
}

/* --- later answers and streams --- */

struct waiting {
	struct http_exchange *exchange;
	enum http_way way;
	int gone;
	char body[64];
	char header[64];
	char query[64];
};

static void serve_waiting(void *arg, const struct http_request *request, struct http_answer *answer)
{
	struct waiting *waiting = arg;

	waiting->exchange = request->exchange;
	snprintf(waiting->body, sizeof(waiting->body), "%.*s", STR_ARG(request->body));
	snprintf(waiting->header, sizeof(waiting->header), "%.*s",
		STR_ARG(http_header(request, "X-Thing")));
	snprintf(waiting->query, sizeof(waiting->query), "%.*s", STR_ARG(http_query(request, "a")));
	answer->status = 200;
	answer->way = waiting->way;
	answer->content_type = "text/plain";
	if (waiting->way == HTTP_STREAM)
		answer->body = STR("first\n");
	http_add_field(answer, "X-Field", "there");
}

static void on_gone(void *arg, struct http_exchange *exchange)
{
	struct waiting *waiting = arg;

	assert_ptr_equal(exchange, waiting->exchange);
	waiting->exchange = NULL;
	waiting->gone++;
}

static struct http *waiting_open(struct waiting *waiting)
{
	struct http *http = NULL;
	const struct http_options options = { .listen = listen_text,
		.serve = serve_waiting,
		.gone = on_gone,
		.arg = waiting,
		.body_max = 32,
		.connections_max = 4,
		.idle = SPAN_S(10) };

	assert_int_equal(http_open_as(&http, &options, NULL), RES_OK);
	return http;
}

/* Turns the server and reads until the answer holds text; false: the connection was closed. */
static bool read_until(struct http *http, int fd, struct buf *answer, const char *text)
{
	char bytes[4096];

	for (;;) {
		struct pollfd polled[] = { { .fd = http_fd(http), .events = POLLIN },
			{ .fd = fd, .events = POLLIN } };
		ssize_t n = recv(fd, bytes, sizeof(bytes), 0);
		if (n > 0)
			buf_add(answer, bytes, (size_t)n);
		buf_add(answer, "", 1);
		bool is_there = strstr(answer->p, text) != NULL;
		answer->n--;
		if (is_there || n == 0)
			return is_there;
		assert_true(poll(polled, 2, 30000) > 0);
		http_turn(http);
	}
}

static void until_asked(struct http *http, const struct waiting *waiting)
{
	while (waiting->exchange == NULL) {
		struct pollfd polled = { .fd = http_fd(http), .events = POLLIN };
		assert_true(poll(&polled, 1, 30000) > 0);
		http_turn(http);
	}
}

static void turn_until(struct http *http, const int *count)
{
	while (*count == 0) {
		struct pollfd polled = { .fd = http_fd(http), .events = POLLIN };
		assert_true(poll(&polled, 1, 30000) > 0);
		http_turn(http);
	}
}

static void http_answer_later_comes_when_it_is_there(void **state)
{
	struct waiting waiting = { .way = HTTP_LATER };
	struct http *http = waiting_open(&waiting);
	struct buf answer = { 0 };
	int fd = client_open();

	(void)state;
	ask(fd, "POST /x?a=%20b HTTP/1.1\r\nHost: x\r\nX-Thing: blue\r\nContent-Length: "
		"5\r\n\r\nhello");
	until_asked(http, &waiting);
	/* Nothing until then: the connection sleeps. */
	assert_int_equal(recv(fd, &(char){ 0 }, 1, 0), -1);
	assert_string_equal(waiting.body, "hello");
	assert_string_equal(waiting.header, "blue");
	assert_string_equal(waiting.query, " b");
	const struct http_answer later = {
		.status = 409, .content_type = "text/plain", .body = STR("after all")
	};
	http_answer_later(waiting.exchange, &later);
	assert_true(read_until(http, fd, &answer, "after all"));
	assert_true(str_starts(buf_str(&answer), STR("HTTP/1.1 409")));
	close(fd);
	http_close(http);
	assert_int_equal(waiting.gone, 0);
	buf_fini(&answer);
}

static void http_stream_goes_on_and_ends(void **state)
{
	struct waiting waiting = { .way = HTTP_STREAM };
	struct http *http = waiting_open(&waiting);
	struct buf answer = { 0 };
	int fd = client_open();

	(void)state;
	ask(fd, "GET /x HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_true(read_until(http, fd, &answer, "first"));
	assert_non_null(strstr(answer.p, "X-Field: there"));
	http_stream_send(waiting.exchange, STR("second"));
	assert_true(read_until(http, fd, &answer, "second"));
	http_stream_send(waiting.exchange, STR("third"));
	http_stream_end(waiting.exchange);
	assert_true(read_until(http, fd, &answer, "third"));
	turn_until(http, &waiting.gone);
	close(fd);
	http_close(http);
	assert_int_equal(waiting.gone, 1);
	buf_fini(&answer);
}

static void http_stream_client_that_left_is_told(void **state)
{
	struct waiting waiting = { .way = HTTP_STREAM };
	struct http *http = waiting_open(&waiting);
	struct buf answer = { 0 };
	int fd = client_open();

	(void)state;
	ask(fd, "GET /x HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_true(read_until(http, fd, &answer, "first"));
	close(fd);
	/* Who went away is found out by writing to him. */
	while (waiting.gone == 0) {
		struct pollfd polled = { .fd = http_fd(http), .events = POLLIN };
		http_stream_send(waiting.exchange, STR(":\n\n"));
		assert_true(poll(&polled, 1, 30000) > 0);
		http_turn(http);
	}
	http_close(http);
	assert_int_equal(waiting.gone, 1);
	buf_fini(&answer);
}

static void http_stream_reader_that_is_too_slow_is_dropped(void **state)
{
	struct waiting waiting = { .way = HTTP_STREAM };
	struct http *http = waiting_open(&waiting);
	struct buf answer = { 0 };
	static char block[HTTP_STREAM_BUFFER / 4];
	int fd = client_open();

	(void)state;
	memset(block, 'x', sizeof(block));
	ask(fd, "GET /x HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_true(read_until(http, fd, &answer, "first"));
	for (int i = 0; i < 8 && waiting.exchange != NULL; i++)
		http_stream_send(waiting.exchange, str_of(block, sizeof(block)));
	turn_until(http, &waiting.gone);
	close(fd);
	http_close(http);
	buf_fini(&answer);
}

static void http_close_ends_what_waits(void **state)
{
	struct waiting waiting = { .way = HTTP_LATER };
	struct http *http = waiting_open(&waiting);
	struct buf answer = { 0 };
	int fd = client_open();

	(void)state;
	ask(fd, "GET /x HTTP/1.1\r\nHost: x\r\n\r\n");
	until_asked(http, &waiting);
	http_close(http);
	assert_int_equal(waiting.gone, 1);
	close(fd);
	buf_fini(&answer);
}

#define TURN_EACH_MS 20

static void http_stream_is_as_old_as_it_likes(void **state)
{
	struct waiting waiting = { .way = HTTP_STREAM };
	struct http *http = NULL;
	struct buf answer = { 0 };
	const struct http_options options = { .listen = listen_text,
		.serve = serve_waiting,
		.gone = on_gone,
		.arg = &waiting,
		.body_max = 32,
		.connections_max = 4,
		.idle = SPAN_S(1),
		.head_within = SPAN_MS(100),
		.body_within = SPAN_MS(100),
		.answer_within = SPAN_MS(100) };

	(void)state;
	assert_int_equal(http_open_as(&http, &options, NULL), RES_OK);
	int fd = client_open();
	ask(fd, "GET /x HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_true(read_until(http, fd, &answer, "first"));
	for (int i = 0; i < 400 / TURN_EACH_MS; i++) {
		assert_int_equal(poll(NULL, 0, TURN_EACH_MS), 0);
		http_turn(http);
	}
	assert_non_null(waiting.exchange);
	http_stream_send(waiting.exchange, STR("second"));
	assert_true(read_until(http, fd, &answer, "second"));
	close(fd);
	http_close(http);
	buf_fini(&answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(http_stream_is_as_old_as_it_likes),
		cmocka_unit_test(http_turn_any_request_gets_its_answer),
		cmocka_unit_test(http_turn_endless_body_is_cut_off),
		cmocka_unit_test(http_turn_two_requests_on_one_connection_are_served),
		cmocka_unit_test(http_open_unix_old_socket_is_replaced),
		cmocka_unit_test(http_open_unix_other_file_is_left_alone),
		cmocka_unit_test(http_open_tcp_taken_port_is_a_conflict),
		cmocka_unit_test(http_open_wrong_form_is_refused),
		cmocka_unit_test(http_answer_later_comes_when_it_is_there),
		cmocka_unit_test(http_stream_goes_on_and_ends),
		cmocka_unit_test(http_stream_client_that_left_is_told),
		cmocka_unit_test(http_stream_reader_that_is_too_slow_is_dropped),
		cmocka_unit_test(http_close_ends_what_waits),
	};

	return cmocka_run_group_tests(tests, folder_create, folder_remove);
}
