/* One non-blocking connection a question: the request is a line that always fits into the socket's
 * buffer, the answer is read until its end. */
#include "watch_relay.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/check.h"
#include "watch_metrics.h"

#define RELAYS_MAX	 64
#define ANSWER_BYTES_MAX (8 * 1024 * 1024)
#define PIECE_BYTES	 16384
#define UNIX_PREFIX	 "unix:"
/* HTTP/1.0: whoever answers closes the connection behind it. */
#define REQUEST "GET /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n"

struct relay {
	struct watch_state *state;
	struct http_exchange *exchange; /* NULL: this place is free */
	int fd;
	bool is_asked;
	struct instant since;
	struct buf text;
};

struct watch_relays {
	struct relay all[RELAYS_MAX];
};

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_un local;
};

void watch_relays_open(struct watch_state *state)
{
	state->relays = calloc(1, sizeof(*state->relays));
	CHECK(state->relays != NULL);
}

static void relay_free(struct relay *relay)
{
	loop_remove_fd(relay->state->loop, relay->fd);
	close(relay->fd);
	buf_fini(&relay->text);
	*relay = (struct relay){ 0 };
}

void watch_relays_close(struct watch_state *state)
{
	if (state->relays == NULL)
		return;
	for (size_t i = 0; i < RELAYS_MAX; i++)
		if (state->relays->all[i].exchange != NULL)
			relay_free(&state->relays->all[i]);
	free(state->relays);
}

static struct http_answer refusal(int status, struct str text)
{
	return (struct http_answer){ .status = status, .content_type = "text/plain", .body = text };
}

static void relay_end(struct relay *relay, const struct http_answer *answer)
{
	struct http_exchange *exchange = relay->exchange;
	bool is_good = answer->status == 200;

	metrics_add_at(relay->state->metrics, WATCH_METRIC_relayed,
		is_good ? WATCH_RELAY_ANSWERED : WATCH_RELAY_FAILED, 0, 1);
	http_answer_later(exchange, answer);
	relay_free(relay);
}

static void relay_fail(struct relay *relay, struct str why)
{
	struct http_answer answer = refusal(502, why);

	relay_end(relay, &answer);
}

/* All of the answer is there. */
static void relay_done(struct relay *relay)
{
	struct str text = buf_str(&relay->text);
	size_t head = str_find(text, STR("\r\n\r\n"), 0);
	struct str status = str_slice(text, sizeof("HTTP/1.x ") - 1, 3);
	struct http_answer answer = { .status = 200, .content_type = METRICS_CONTENT_TYPE };

	if (head == SIZE_MAX || !str_starts(text, STR("HTTP/1.")) || !str_eq_c(status, "200")) {
		relay_fail(relay, STR("the process does not answer GET /metrics by 200\n"));
		return;
	}
	answer.body = str_slice(text, head + 4, text.n);
	relay_end(relay, &answer);
}

static void on_ready(void *arg, int events)
{
	struct relay *relay = arg;
	char piece[PIECE_BYTES];
	ssize_t n;

	if (!relay->is_asked) {
		n = send(relay->fd, REQUEST, sizeof(REQUEST) - 1, MSG_NOSIGNAL);
		if (n != sizeof(REQUEST) - 1) {
			relay_fail(relay, STR("the process cannot be asked\n"));
			return;
		}
		relay->is_asked = true;
		loop_set_fd(relay->state->loop, relay->fd, LOOP_READ);
		return;
	}
	(void)events;
	n = recv(relay->fd, piece, sizeof(piece), 0);
	if (n > 0 && relay->text.n + (size_t)n <= ANSWER_BYTES_MAX) {
		buf_add(&relay->text, piece, (size_t)n);
		return;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == 0)
		relay_done(relay);
	else
		relay_fail(relay, STR("the process broke off, or said too much\n"));
}

static socklen_t address_read(const char *listen, union address *out)
{
	const char *colon = strrchr(listen, ':');
	char host[INET_ADDRSTRLEN] = "";
	int64_t port;

	memset(out, 0, sizeof(*out));
	if (strncmp(listen, UNIX_PREFIX, strlen(UNIX_PREFIX)) == 0) {
		const char *path = listen + strlen(UNIX_PREFIX);
		if (strlen(path) >= sizeof(out->local.sun_path))
			return 0;
		out->local.sun_family = AF_UNIX;
		memcpy(out->local.sun_path, path, strlen(path) + 1);
		return sizeof(out->local);
	}
	if (colon == NULL || (size_t)(colon - listen) >= sizeof(host) ||
		str_to_int64(str_from_c(colon + 1), &port) != RES_OK || port < 1 || port > 65535)
		return 0;
	memcpy(host, listen, (size_t)(colon - listen));
	out->v4.sin_family = AF_INET;
	out->v4.sin_port = htons((uint16_t)port);
	return inet_pton(AF_INET, host, &out->v4.sin_addr) == 1 ? sizeof(out->v4) : 0;
}

/* -1: it cannot be reached. A unix socket answers at once, a full queue of it too. */
static int connect_begin(const char *listen)
{
	union address address;
	socklen_t bytes = address_read(listen, &address);
	int fd;

	if (bytes == 0)
		return -1;
	fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && connect(fd, &address.any, bytes) != 0 && errno != EINPROGRESS) {
		close(fd);
		return -1;
	}
	return fd;
}

static struct relay *place_find(struct watch_relays *relays)
{
	for (size_t i = 0; i < RELAYS_MAX; i++)
		if (relays->all[i].exchange == NULL)
			return &relays->all[i];
	return NULL;
}

void watch_relay_ask(struct watch_state *state, const char *listen,
	const struct http_request *request, struct http_answer *answer)
{
	struct relay *relay = place_find(state->relays);
	int fd;

	if (relay == NULL) {
		*answer = refusal(503, STR("too many questions at once\n"));
		return;
	}
	fd = connect_begin(listen);
	if (fd < 0) {
		metrics_add_at(state->metrics, WATCH_METRIC_relayed, WATCH_RELAY_FAILED, 0, 1);
		*answer = refusal(502, STR("the process does not listen\n"));
		return;
	}
	*relay = (struct relay){ .state = state,
		.exchange = request->exchange,
		.fd = fd,
		.since = loop_now(state->loop) };
	loop_add_fd(state->loop, fd, LOOP_WRITE, on_ready, relay);
	answer->way = HTTP_LATER;
}

void watch_relay_gone(struct watch_state *state, struct http_exchange *exchange)
{
	for (size_t i = 0; i < RELAYS_MAX; i++)
		if (state->relays->all[i].exchange == exchange)
			relay_free(&state->relays->all[i]);
}

void watch_relays_turn(struct watch_state *state)
{
	struct instant now = loop_now(state->loop);

	for (size_t i = 0; i < RELAYS_MAX; i++) {
		struct relay *relay = &state->relays->all[i];

		if (relay->exchange != NULL &&
			instant_since(now, relay->since).us >= state->config.relay_time * 1000)
			relay_fail(relay, STR("the process did not answer in its time\n"));
	}
}
