/* libmicrohttpd without threads. Its epoll descriptor and a timer for its time-outs stand behind
 * one descriptor of our own, so that the caller's loop needs to know neither. What waits (a later
 * answer, a stream with nothing to say) is suspended; resuming sets that timer off. */
#include "http/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/check.h"
#include "http/http_lines.h"
#include "http/http_listen.h"

#define CONNECTIONS_MAX	      64
#define IDLE		      SPAN_S(10)
#define ANSWER_WITHIN	      SPAN_S(30)
#define REQUEST_BODY_MAX      (64 * 1024)
#define REQUEST_MEMORY_MAX    (1024 * 1024)
#define STREAM_BLOCK	      4096
#define HTTP_STATUS_BROKEN    500
#define HTTP_STATUS_TOO_LARGE 413

struct http {
	struct MHD_Daemon *daemon;
	int fd;	   /* epoll over the two below: what the caller waits for */
	int timer; /* MHD's next time-out */
	struct http_options options;
	struct http_lines lines;
	struct http_exchange *waiting; /* suspended ones: MHD must not stop with any of them */
	size_t answering;	       /* exchanges that are no streams */
	char *unix_path;	       /* to be removed at the end; NULL for TCP */
};

/* One request from its head to its end. */
struct http_exchange {
	struct http *http;
	struct MHD_Connection *connection;
	struct arena *mem;
	struct buf body; /* of the request; of a stream what waits to be sent */
	size_t body_bytes;
	struct MHD_Response *response; /* of a later answer, until MHD takes it */
	int status;
	enum http_way way;
	void *kept; /* the caller's */
	bool is_in_pieces;
	bool is_served;
	bool is_suspended;
	bool is_ended; /* a stream: when all is sent, the body ends */
	struct http_exchange *next, *previous;
	char address[HTTP_ADDRESS_MAX];
};

/* --- waiting --- */

static void exchange_suspend(struct http_exchange *exchange)
{
	struct http *http = exchange->http;

	exchange->is_suspended = true;
	exchange->previous = NULL;
	exchange->next = http->waiting;
	if (http->waiting != NULL)
		http->waiting->previous = exchange;
	http->waiting = exchange;
	MHD_suspend_connection(exchange->connection);
}

static void timer_arm(struct http *http)
{
	MHD_UNSIGNED_LONG_LONG wait_ms;
	struct itimerspec at = { 0 };
	int64_t line_ms = http_lines_due_ms(&http->lines);

	/* All zeros stop the timer, so "at once" is a nanosecond. */
	bool has_timeout = MHD_get_timeout(http->daemon, &wait_ms) == MHD_YES;
	if (line_ms >= 0 && (!has_timeout || (uint64_t)line_ms < wait_ms)) {
		wait_ms = (MHD_UNSIGNED_LONG_LONG)line_ms;
		has_timeout = true;
	}
	if (has_timeout) {
		at.it_value.tv_sec = (time_t)(wait_ms / 1000);
		at.it_value.tv_nsec = (long)(wait_ms % 1000) * 1000000 + (wait_ms == 0);
	}
	CHECK(timerfd_settime(http->timer, 0, &at, NULL) == 0);
}

/* The next http_turn goes on with it. */
static void exchange_resume(struct http_exchange *exchange)
{
	struct itimerspec at_once = { .it_value.tv_nsec = 1 };
	struct http *http = exchange->http;

	if (!exchange->is_suspended)
		return;
	exchange->is_suspended = false;
	if (exchange->previous != NULL)
		exchange->previous->next = exchange->next;
	else
		http->waiting = exchange->next;
	if (exchange->next != NULL)
		exchange->next->previous = exchange->previous;
	MHD_resume_connection(exchange->connection);
	CHECK(timerfd_settime(http->timer, 0, &at_once, NULL) == 0);
}

/* --- answers --- */

void http_add_field(struct http_answer *answer, const char *name, const char *value)
{
	CHECK(answer->n_fields < HTTP_FIELDS_MAX);
	answer->fields[answer->n_fields++] = (struct http_field){ .name = name, .value = value };
}

static struct MHD_Response *response_dress(
	struct MHD_Response *response, const struct http_answer *answer)
{
	if (response == NULL)
		return NULL;
	if (answer->content_type != NULL)
		MHD_add_response_header(
			response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->content_type);
	for (size_t i = 0; i < answer->n_fields; i++)
		MHD_add_response_header(response, answer->fields[i].name, answer->fields[i].value);
	return response;
}

static struct MHD_Response *response_make(const struct http_answer *answer)
{
	enum MHD_ResponseMemoryMode mode =
		answer->is_lasting ? MHD_RESPMEM_PERSISTENT : MHD_RESPMEM_MUST_COPY;

	if (answer->is_file)
		return response_dress(
			MHD_create_response_from_fd64(answer->file_bytes, answer->file), answer);
	return response_dress(MHD_create_response_from_buffer(
				      answer->body.n, (void *)(uintptr_t)answer->body.p, mode),
		answer);
}

static enum MHD_Result response_queue(
	struct MHD_Connection *connection, int status, struct MHD_Response *response)
{
	if (response == NULL)
		return MHD_NO;
	http_lines_note(connection, HTTP_PHASE_ANSWER);
	enum MHD_Result queued = MHD_queue_response(connection, (unsigned)status, response);
	MHD_destroy_response(response);
	return queued;
}

static enum MHD_Result short_answer_send(
	struct MHD_Connection *connection, int status, struct str text)
{
	const struct http_answer answer = {
		.status = status, .content_type = "text/plain", .body = text
	};

	return response_queue(connection, status, response_make(&answer));
}

void http_answer_later(struct http_exchange *exchange, const struct http_answer *answer)
{
	CHECK(exchange->way == HTTP_LATER && exchange->response == NULL);
	exchange->status = answer->status;
	exchange->response = response_make(answer);
	exchange->way = HTTP_NOW; /* nobody waits for it any more */
	exchange_resume(exchange);
}

void http_exchange_keep(struct http_exchange *exchange, void *data)
{
	exchange->kept = data;
}

void *http_exchange_kept(const struct http_exchange *exchange)
{
	return exchange->kept;
}

/* --- streams --- */

/* MHD asks for more of the body; with nothing there the connection sleeps until there is. */
static ssize_t stream_read(void *arg, uint64_t position, char *out, size_t room)
{
	struct http_exchange *exchange = arg;
	size_t n = exchange->body.n < room ? exchange->body.n : room;

	(void)position;
	if (n > 0) {
		memcpy(out, exchange->body.p, n);
		buf_drop(&exchange->body, n);
		return (ssize_t)n;
	}
	if (exchange->is_ended)
		return MHD_CONTENT_READER_END_OF_STREAM;
	exchange_suspend(exchange);
	return 0;
}

static enum MHD_Result stream_begin(
	struct http_exchange *exchange, const struct http_answer *answer)
{
	exchange->http->answering--;
	buf_clear(&exchange->body);
	buf_add_str(&exchange->body, answer->body);
	enum MHD_Result queued = response_queue(exchange->connection, answer->status,
		response_dress(MHD_create_response_from_callback(
				       MHD_SIZE_UNKNOWN, STREAM_BLOCK, stream_read, exchange, NULL),
			answer));
	http_lines_note(exchange->connection, HTTP_PHASE_FREE);
	return queued;
}

void http_stream_end(struct http_exchange *exchange)
{
	exchange->is_ended = true;
	exchange_resume(exchange);
}

void http_stream_send(struct http_exchange *exchange, struct str bytes)
{
	if (exchange->is_ended)
		return;
	if (exchange->body.n + bytes.n > HTTP_STREAM_BUFFER) {
		buf_clear(&exchange->body);
		http_stream_end(exchange);
		return;
	}
	buf_add_str(&exchange->body, bytes);
	exchange_resume(exchange);
}

/* --- requests --- */

struct str http_header(const struct http_request *request, const char *name)
{
	return str_from_c(
		MHD_lookup_connection_value(request->exchange->connection, MHD_HEADER_KIND, name));
}

struct query_walk {
	void (*each)(void *arg, struct str name, struct str value);
	void *arg;
};

static enum MHD_Result query_step(void *arg, enum MHD_ValueKind kind, const char *name,
	size_t name_bytes, const char *value, size_t value_bytes)
{
	const struct query_walk *walk = arg;

	(void)kind;
	walk->each(walk->arg, str_of(name, name_bytes),
		value == NULL ? STR("") : str_of(value, value_bytes));
	return MHD_YES;
}

void http_query_walk(const struct http_request *request,
	void (*each)(void *arg, struct str name, struct str value), void *arg)
{
	struct query_walk walk = { .each = each, .arg = arg };

	MHD_get_connection_values_n(
		request->exchange->connection, MHD_GET_ARGUMENT_KIND, query_step, &walk);
}

struct query_find {
	struct str name;
	struct str value;
};

static void query_match(void *arg, struct str name, struct str value)
{
	struct query_find *find = arg;

	if (find->value.p == NULL && str_eq(name, find->name))
		find->value = value;
}

struct str http_query(const struct http_request *request, const char *name)
{
	struct query_find find = { .name = str_from_c(name), .value = STR_NONE };

	http_query_walk(request, query_match, &find);
	return find.value;
}

static void address_note(struct http_exchange *exchange)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *address = info == NULL ? NULL : info->client_addr;

	if (address == NULL)
		return;
	if (address->sa_family == AF_INET)
		inet_ntop(AF_INET, &((const struct sockaddr_in *)address)->sin_addr,
			exchange->address, sizeof(exchange->address));
	else if (address->sa_family == AF_INET6)
		inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)address)->sin6_addr,
			exchange->address, sizeof(exchange->address));
}

/* An announced body that is too large is refused before any of it is read. */
static bool is_announced_too_large(struct http *http, struct MHD_Connection *connection)
{
	const char *text = MHD_lookup_connection_value(
		connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
	int64_t bytes = 0;

	return text != NULL && (str_to_int64(str_from_c(text), &bytes) != RES_OK ||
				       bytes > (int64_t)http->options.body_max);
}

static struct http_exchange *exchange_create(struct http *http, struct MHD_Connection *connection)
{
	struct http_exchange *exchange = calloc(1, sizeof(*exchange));

	if (exchange == NULL)
		return NULL;
	exchange->mem = arena_create(REQUEST_MEMORY_MAX);
	exchange->http = http;
	exchange->connection = connection;
	http->answering++;
	address_note(exchange);
	return exchange;
}

static struct http_request request_of(
	struct http_exchange *exchange, const char *path, const char *method)
{
	return (struct http_request){ .method = str_from_c(method),
		.path = str_from_c(path),
		.body = buf_str(&exchange->body),
		.address = exchange->address,
		.mem = exchange->mem,
		.exchange = exchange };
}

/* The head is there: what becomes of the body? */
static enum MHD_Result exchange_begin(struct http *http, struct MHD_Connection *connection,
	const char *path, const char *method, void **out)
{
	struct http_answer answer = { .status = HTTP_STATUS_BROKEN };
	enum http_body body = HTTP_BODY_KEPT;

	http_lines_note(connection, HTTP_PHASE_BODY);
	struct http_exchange *exchange = exchange_create(http, connection);
	if (exchange == NULL)
		return MHD_NO;
	*out = exchange; /* on_completed ends it from here on */
	if (http->options.head != NULL) {
		struct http_request request = request_of(exchange, path, method);
		body = http->options.head(http->options.arg, &request, &answer);
	}
	exchange->is_in_pieces = body == HTTP_BODY_PIECES;
	exchange->is_served = body == HTTP_BODY_REFUSED;
	if (body == HTTP_BODY_REFUSED)
		return response_queue(connection, answer.status, response_make(&answer));
	if (body == HTTP_BODY_KEPT && is_announced_too_large(http, connection)) {
		exchange->is_served = true;
		return short_answer_send(
			connection, HTTP_STATUS_TOO_LARGE, STR("the body is too large\n"));
	}
	return MHD_YES;
}

static enum MHD_Result exchange_take(
	struct http_exchange *exchange, const char *bytes, size_t *bytes_n, bool is_kept)
{
	const struct http_options *options = &exchange->http->options;
	struct str piece = str_of(bytes, *bytes_n);

	*bytes_n = 0;
	if (exchange->is_in_pieces)
		return options->piece(options->arg, exchange, piece) ? MHD_YES : MHD_NO;
	exchange->body_bytes += piece.n;
	if (is_kept && exchange->body_bytes <= options->body_max)
		buf_add(&exchange->body, bytes, piece.n);
	/* A body that never announced its size: the connection is closed. */
	return exchange->body_bytes <= options->body_max ? MHD_YES : MHD_NO;
}

static enum MHD_Result exchange_serve(
	struct http_exchange *exchange, const char *path, const char *method)
{
	struct http *http = exchange->http;
	const struct http_request request = request_of(exchange, path, method);
	struct http_answer answer = { .status = HTTP_STATUS_BROKEN };

	exchange->is_served = true;
	http->options.serve(http->options.arg, &request, &answer);
	exchange->way = answer.way;
	if (answer.way == HTTP_LATER) {
		http_lines_note(exchange->connection, HTTP_PHASE_FREE);
		exchange_suspend(exchange);
		return MHD_YES;
	}
	if (arena_failed(exchange->mem)) {
		exchange->way = HTTP_NOW;
		return short_answer_send(
			exchange->connection, HTTP_STATUS_BROKEN, STR("the answer is too large\n"));
	}
	if (answer.way == HTTP_STREAM)
		return stream_begin(exchange, &answer);
	return response_queue(exchange->connection, answer.status, response_make(&answer));
}

/* MHD's handler: called once for the head, once for each piece of a body, once at the end, and
 * once more when a later answer is there. */
static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *upload, size_t *upload_bytes,
	void **request_state)
{
	struct http_exchange *exchange = *request_state;
	struct MHD_Response *response;

	(void)version;
	if (exchange == NULL)
		return exchange_begin(arg, connection, url, method, request_state);
	if (*upload_bytes > 0)
		return exchange_take(exchange, upload, upload_bytes,
			strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0);
	if (!exchange->is_served)
		return exchange_serve(exchange, url, method);
	response = exchange->response;
	exchange->response = NULL;
	return response_queue(connection, exchange->status, response);
}

static void on_completed(void *arg, struct MHD_Connection *connection, void **request_state,
	enum MHD_RequestTerminationCode why)
{
	struct http *http = arg;
	struct http_exchange *exchange = *request_state;

	(void)why;
	http_lines_note(connection, HTTP_PHASE_NEXT);
	if (exchange == NULL)
		return;
	bool has_broken_off = exchange->is_in_pieces && !exchange->is_served;
	if ((exchange->way != HTTP_NOW || has_broken_off) && http->options.gone != NULL)
		http->options.gone(http->options.arg, exchange);
	http->answering -= exchange->way != HTTP_STREAM;
	if (exchange->response != NULL)
		MHD_destroy_response(exchange->response);
	buf_fini(&exchange->body);
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
	const struct http_options *options = &http->options;

	http->daemon =
		MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_ERROR_LOG | MHD_ALLOW_SUSPEND_RESUME, 0,
			NULL, NULL, on_request, http, MHD_OPTION_EXTERNAL_LOGGER, on_complaint,
			NULL, MHD_OPTION_LISTEN_SOCKET, listen_fd, MHD_OPTION_NOTIFY_COMPLETED,
			on_completed, http, MHD_OPTION_CONNECTION_LIMIT, options->connections_max,
			MHD_OPTION_PER_IP_CONNECTION_LIMIT, options->connections_per_address,
			MHD_OPTION_NOTIFY_CONNECTION, http_lines_notify, &http->lines,
			MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)(options->idle.us / 1000000),
			MHD_OPTION_END);
	if (http->daemon == NULL) {
		close(listen_fd);
		return err_set(err, RES_RETRY, "http: libmicrohttpd does not start");
	}
	return descriptors_open(http, err);
}

enum res http_open_as(struct http **out, const struct http_options *options, struct err *err)
{
	int listen_fd;

	TRY(http_listen(options->listen, &listen_fd, err));
	struct http *http = calloc(1, sizeof(*http));
	CHECK(http != NULL);
	*http = (struct http){ .fd = -1,
		.timer = -1,
		.options = *options,
		.lines = { .life = options->life, .earliest = INSTANT_NONE } };
	http->lines.within[HTTP_PHASE_HEAD] = options->head_within;
	http->lines.within[HTTP_PHASE_BODY] = options->body_within;
	http->lines.within[HTTP_PHASE_ANSWER] = options->answer_within;
	if (options->head_within.us > 0)
		http->lines.within[HTTP_PHASE_NEXT] =
			(struct span){ options->head_within.us + options->idle.us };
	if (strncmp(options->listen, HTTP_UNIX, strlen(HTTP_UNIX)) == 0) {
		http->unix_path = strdup(options->listen + strlen(HTTP_UNIX));
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

enum res http_open(
	struct http **out, const char *listen, http_serve *serve, void *arg, struct err *err)
{
	const struct http_options options = { .listen = listen,
		.serve = serve,
		.arg = arg,
		.body_max = REQUEST_BODY_MAX,
		.connections_max = CONNECTIONS_MAX,
		.idle = IDLE,
		.head_within = IDLE,
		.body_within = IDLE,
		.answer_within = ANSWER_WITHIN };

	return http_open_as(out, &options, err);
}

void http_close(struct http *http)
{
	if (http == NULL)
		return;
	while (http->waiting != NULL) {
		http->waiting->is_ended = true;
		exchange_resume(http->waiting);
	}
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

size_t http_answering(const struct http *http)
{
	return http->answering;
}

int http_fd(const struct http *http)
{
	return http->fd;
}

void http_turn(struct http *http)
{
	http_lines_cut(&http->lines);
	MHD_run(http->daemon);
	timer_arm(http); /* setting it also takes away an expiry that was not read */
}
