/* libmicrohttpd without threads. Its epoll descriptor and a timer for its time-outs stand behind
 * one descriptor of our own, so that the caller's loop needs to know neither. Bodies of requests
 * are counted and thrown away. */
#include "http/http.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/check.h"
#include "http/http_listen.h"

#define CONNECTIONS_MAX	      64
#define CONNECTION_TIMEOUT_S  10
#define REQUEST_BODY_MAX      (64 * 1024)
#define REQUEST_MEMORY_MAX    (1024 * 1024)
#define HTTP_STATUS_BROKEN    500
#define HTTP_STATUS_TOO_LARGE 413

struct http {
	struct MHD_Daemon *daemon;
	int fd;	   /* epoll over the two below: what the caller waits for */
	int timer; /* MHD's next time-out */
	void (*serve)(void *arg, const struct http_request *request, struct http_answer *answer);
	void *arg;
	char *unix_path; /* to be removed at the end; NULL for TCP */
};

/* One request from its head to its end. */
struct exchange {
	struct arena *mem;
	size_t body_bytes;
};

static enum MHD_Result answer_send(
	struct MHD_Connection *connection, const struct http_answer *answer)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(
		answer->body.n, (void *)answer->body.p, MHD_RESPMEM_MUST_COPY);

	if (response == NULL)
		return MHD_NO;
	if (answer->content_type != NULL)
		MHD_add_response_header(
			response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->content_type);
	enum MHD_Result queued = MHD_queue_response(connection, (unsigned)answer->status, response);
	MHD_destroy_response(response);
	return queued;
}

static enum MHD_Result short_answer_send(
	struct MHD_Connection *connection, int status, struct str text)
{
	const struct http_answer answer = {
		.status = status, .content_type = "text/plain", .body = text
	};

	return answer_send(connection, &answer);
}

/* An announced body that is too large is refused before any of it is read. */
static bool is_announced_too_large(struct MHD_Connection *connection)
{
	const char *text = MHD_lookup_connection_value(
		connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
	int64_t bytes = 0;

	return text != NULL &&
	       (str_to_int64(str_from_c(text), &bytes) != RES_OK || bytes > REQUEST_BODY_MAX);
}

static enum MHD_Result exchange_begin(struct MHD_Connection *connection, void **out)
{
	if (is_announced_too_large(connection))
		return short_answer_send(
			connection, HTTP_STATUS_TOO_LARGE, STR("the body is too large\n"));
	struct exchange *exchange = calloc(1, sizeof(*exchange));
	if (exchange == NULL)
		return MHD_NO;
	exchange->mem = arena_create(REQUEST_MEMORY_MAX);
	if (exchange->mem == NULL) {
		free(exchange);
		return MHD_NO;
	}
	*out = exchange;
	return MHD_YES;
}

static enum MHD_Result exchange_serve(struct http *http, struct MHD_Connection *connection,
	struct exchange *exchange, const char *path, const char *method)
{
	const struct http_request request = {
		.method = str_from_c(method), .path = str_from_c(path), .mem = exchange->mem
	};
	struct http_answer answer = { .status = HTTP_STATUS_BROKEN };

	http->serve(http->arg, &request, &answer);
	if (arena_failed(exchange->mem))
		return short_answer_send(
			connection, HTTP_STATUS_BROKEN, STR("the answer is too large\n"));
	return answer_send(connection, &answer);
}

/* MHD's handler: called once for the head, once for each piece of a body, once at the end. */
static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *upload, size_t *upload_bytes,
	void **request_state)
{
	struct exchange *exchange = *request_state;

	(void)version;
	(void)upload;
	if (exchange == NULL)
		return exchange_begin(connection, request_state);
	if (*upload_bytes > 0) {
		exchange->body_bytes += *upload_bytes;
		*upload_bytes = 0;
		/* A body that never announced its size: the connection is closed. */
		return exchange->body_bytes <= REQUEST_BODY_MAX ? MHD_YES : MHD_NO;
	}
	return exchange_serve(arg, connection, exchange, url, method);
}

static void on_completed(void *arg, struct MHD_Connection *connection, void **request_state,
	enum MHD_RequestTerminationCode why)
{
	struct exchange *exchange = *request_state;

	(void)arg;
	(void)connection;
	(void)why;
	if (exchange == NULL)
		return;
	arena_destroy(exchange->mem);
	free(exchange);
	*request_state = NULL;
}

/* MHD would print to standard error; what matters is in the answers. */
static void on_complaint(void *arg, const char *format, va_list args)
{
	(void)arg;
	(void)format;
	(void)args;
}

static void timer_arm(struct http *http)
{
	MHD_UNSIGNED_LONG_LONG wait_ms;
	struct itimerspec at = { 0 };

	/* All zeros stop the timer, so "at once" is a nanosecond. */
	if (MHD_get_timeout(http->daemon, &wait_ms) == MHD_YES) {
		at.it_value.tv_sec = (time_t)(wait_ms / 1000);
		at.it_value.tv_nsec = (long)(wait_ms % 1000) * 1000000 + (wait_ms == 0);
	}
	CHECK(timerfd_settime(http->timer, 0, &at, NULL) == 0);
}

static bool fd_watch(struct http *http, int fd)
{
	struct epoll_event event = { .events = EPOLLIN };

	return epoll_ctl(http->fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

static enum res descriptors_open(struct http *http, struct err *err)
{
	const union MHD_DaemonInfo *info =
		MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD);

	CHECK(info != NULL);
	http->fd = epoll_create1(EPOLL_CLOEXEC);
	http->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (http->fd < 0 || http->timer < 0 || !fd_watch(http, info->epoll_fd) ||
		!fd_watch(http, http->timer))
		return err_set(err, RES_RETRY, "http: %s", strerror(errno));
	timer_arm(http);
	return RES_OK;
}

static enum res daemon_start(struct http *http, int listen_fd, struct err *err)
{
	http->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_ERROR_LOG, 0, NULL, NULL,
		on_request, http, MHD_OPTION_EXTERNAL_LOGGER, on_complaint, NULL,
		MHD_OPTION_LISTEN_SOCKET, listen_fd, MHD_OPTION_NOTIFY_COMPLETED, on_completed,
		NULL, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)CONNECTION_TIMEOUT_S, MHD_OPTION_END);
	if (http->daemon == NULL) {
		close(listen_fd);
		return err_set(err, RES_RETRY, "http: libmicrohttpd does not start");
	}
	return descriptors_open(http, err);
}

enum res http_open(struct http **out, const char *listen,
	void (*serve)(void *arg, const struct http_request *request, struct http_answer *answer),
	void *arg, struct err *err)
{
	int listen_fd;

	TRY(http_listen(listen, &listen_fd, err));
	struct http *http = calloc(1, sizeof(*http));
	CHECK(http != NULL);
	*http = (struct http){ .fd = -1, .timer = -1, .serve = serve, .arg = arg };
	if (strncmp(listen, HTTP_UNIX, strlen(HTTP_UNIX)) == 0) {
		http->unix_path = strdup(listen + strlen(HTTP_UNIX));
		CHECK(http->unix_path != NULL);
	}
	enum res res = daemon_start(http, listen_fd, err);
	if (res != RES_OK) {
		http_close(http);
		return res;
	}
	*out = http;
	return RES_OK;
}

void http_close(struct http *http)
{
	if (http == NULL)
		return;
	if (http->daemon != NULL)
		MHD_stop_daemon(http->daemon); /* closes the listening socket too */
	if (http->unix_path != NULL)
		unlink(http->unix_path);
	if (http->timer >= 0)
		close(http->timer);
	if (http->fd >= 0)
		close(http->fd);
	free(http->unix_path);
	free(http);
}

int http_fd(const struct http *http)
{
	return http->fd;
}

void http_turn(struct http *http)
{
	MHD_run(http->daemon);
	timer_arm(http); /* setting it also takes away an expiry that was not read */
}
