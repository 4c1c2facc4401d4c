/* Clients that are slow on purpose. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/http.h"
#include "http_client.h"

#define BYTE_EACH_MS 20

static void serve_much(void *arg, const struct http_request *request, struct http_answer *answer)
{
	static char much[16 << 20];
	bool is_small = str_eq(request->path, STR("/small"));

	(void)arg;
	answer->status = 200;
	answer->content_type = "text/plain";
	answer->is_lasting = true;
	answer->body = is_small ? STR("small") : str_of(much, sizeof(much));
}

static struct http *impatient_open(void)
{
	struct http *http = NULL;
	const struct http_options options = { .listen = listen_text,
		.serve = serve_much,
		.body_max = 4096,
		.connections_max = 4,
		.idle = SPAN_S(1),
		.head_within = SPAN_MS(200),
		.body_within = SPAN_MS(200),
		.answer_within = SPAN_MS(200) };

	assert_int_equal(http_open_as(&http, &options, NULL), RES_OK);
	return http;
}

/* One byte now and then, for ever: true when the server closed the connection. */
static bool is_cut_while_dripping(struct http *http, int fd)
{
	char bytes[4096];

	for (int i = 0; i < 30000 / BYTE_EACH_MS; i++) {
		struct pollfd polled = { .fd = fd, .events = POLLIN };
		assert_true(poll(&polled, 1, BYTE_EACH_MS) >= 0);
		ssize_t n = recv(fd, bytes, sizeof(bytes), 0);
		if (n == 0 || (n < 0 && errno != EAGAIN))
			return true;
		(void)!send(fd, "a", 1, MSG_NOSIGNAL);
		http_turn(http);
	}
	return false;
}

static void http_turn_slow_request_is_cut(void **state)
{
	static const char *const begins[] = { "G", "GET /x HTTP/1.1\r\nHost: x\r\nX-Long: ",
		"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 4000\r\n\r\n",
		/* A connection that has been answered once has no more patience than a new one. */
		"GET /small HTTP/1.1\r\nHost: x\r\n\r\nGET /x HTTP/1.1\r\nX-Long: " };

	(void)state;
	for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++) {
		struct http *http = impatient_open();
		int fd = client_open();
		ask(fd, begins[i]);
		if (!is_cut_while_dripping(http, fd))
			fail_msg("%s…: still open", begins[i]);
		close(fd);
		http_close(http);
	}
}

static void http_turn_slow_reader_is_cut(void **state)
{
	struct http *http = impatient_open();
	int fd = client_open();
	char byte;

	(void)state;
	ask(fd, "GET /much HTTP/1.1\r\nHost: x\r\n\r\n");
	while (http_answering(http) == 0) {
		struct pollfd polled = { .fd = http_fd(http), .events = POLLIN };
		assert_true(poll(&polled, 1, 30000) > 0);
		http_turn(http);
	}
	for (int i = 0; i < 30000 / BYTE_EACH_MS && http_answering(http) > 0; i++) {
		assert_int_equal(poll(NULL, 0, BYTE_EACH_MS), 0);
		(void)!recv(fd, &byte, 1, 0);
		http_turn(http);
	}
	assert_int_equal(http_answering(http), 0);
	close(fd);
	http_close(http);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(http_turn_slow_request_is_cut),
		cmocka_unit_test(http_turn_slow_reader_is_cut) };

	return cmocka_run_group_tests(tests, folder_create, folder_remove);
}
