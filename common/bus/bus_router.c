/* A server's socket: routing ids assigned by libzmq, MANDATORY so that a peer that is gone is an
 * answer and not a silence. */
#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <zmq.h>

#include "base/check.h"
#include "bus/bus.h"
#include "bus/bus_frames.h"

/* Option 93, a draft in the headers of libzmq 4.3.4 but always in the library: without it CURVE
 * admits any key where no ZAP handler stands. */
#ifndef ZMQ_ZAP_ENFORCE_DOMAIN
#define ZMQ_ZAP_ENFORCE_DOMAIN 93
#endif

#define QUEUE_BATCHES 256
#define IPC_PREFIX    "ipc://"
#define IPC_MODE      0660 /* connecting to a socket file needs the right to write it */

struct bus_router {
	void *socket;
	int listener;	 /* libzmq's own, of a tcp address; -1: not known */
	zmq_msg_t batch; /* what the last receive lent out */
};

static const char *ipc_path(const char *address)
{
	return strncmp(address, IPC_PREFIX, strlen(IPC_PREFIX)) == 0 ? address + strlen(IPC_PREFIX)
								     : NULL;
}

/* libzmq takes an ipc path from a living listener without a word: ask whether somebody answers
 * there. */
static bool is_taken(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd;
	bool taken;

	if (strlen(path) >= sizeof(at.sun_path))
		return false; /* libzmq says so itself */
	memcpy(at.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return false;
	taken = connect(fd, (const struct sockaddr *)&at, sizeof(at)) == 0 || errno == EAGAIN;
	close(fd);
	return taken;
}

static bool router_prepare(void *socket, const struct bus_router_options *options)
{
	int on = 1;

	return bus_socket_prepare(socket, options->self, QUEUE_BATCHES) &&
	       zmq_setsockopt(socket, ZMQ_CURVE_SERVER, &on, sizeof(on)) == 0 &&
	       zmq_setsockopt(socket, ZMQ_ROUTER_MANDATORY, &on, sizeof(on)) == 0 &&
	       zmq_setsockopt(socket, ZMQ_ZAP_DOMAIN, options->zap_domain,
		       strlen(options->zap_domain)) == 0 &&
	       zmq_setsockopt(socket, ZMQ_ZAP_ENFORCE_DOMAIN, &on, sizeof(on)) == 0 &&
	       (options->most_connections_hint <= 0 ||
		       zmq_setsockopt(socket, ZMQ_BACKLOG, &options->most_connections_hint,
			       sizeof(options->most_connections_hint)) == 0);
}

#define LISTENER_AMONG 1024 /* descriptors: it is opened early in a process's life */

static int port_of(const char *address)
{
	const char *colon = strrchr(address, ':');

	return colon == NULL ? 0 : (int)strtol(colon + 1, NULL, 10);
}

static bool listens_at(int fd, int port)
{
	struct sockaddr_storage at = { 0 };
	socklen_t n = sizeof(at);
	int listens = 0;
	socklen_t listens_n = sizeof(listens);

	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &listens_n) != 0 || listens == 0 ||
		getsockname(fd, (struct sockaddr *)&at, &n) != 0)
		return false;
	if (at.ss_family == AF_INET)
		return ntohs(((struct sockaddr_in *)&at)->sin_port) == port;
	return at.ss_family == AF_INET6 && ntohs(((struct sockaddr_in6 *)&at)->sin6_port) == port;
}

/* libzmq does not tell which one it is. */
static int listener_find(void *socket)
{
	char address[256];
	size_t n = sizeof(address);

	if (zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, address, &n) != 0 ||
		strncmp(address, "tcp://", strlen("tcp://")) != 0)
		return -1;
	for (int fd = 0; fd < LISTENER_AMONG; fd++)
		if (listens_at(fd, port_of(address)))
			return fd;
	return -1;
}

static enum res router_listen(
	void *socket, const struct bus_router_options *options, struct err *err)
{
	const char *path = ipc_path(options->address);

	if (path != NULL && is_taken(path))
		return err_set(
			err, RES_CONFLICT, "%s is taken: somebody answers there", options->address);
	if (!router_prepare(socket, options))
		return err_set(
			err, RES_BUG, "libzmq refuses an option: %s", zmq_strerror(zmq_errno()));
	if (zmq_bind(socket, options->address) != 0)
		return err_set(err, zmq_errno() == EADDRINUSE ? RES_CONFLICT : RES_INVALID,
			"cannot listen at %s: %s", options->address, zmq_strerror(zmq_errno()));
	if (path != NULL && chmod(path, IPC_MODE) != 0)
		return err_set(
			err, RES_INVALID, "cannot open %s to the group: %s", path, strerror(errno));
	return RES_OK;
}

enum res bus_router_open(struct bus_router **out, struct bus_context *context,
	const struct bus_router_options *options, struct err *err)
{
	struct bus_router *router = calloc(1, sizeof(*router));
	enum res res;

	CHECK(router != NULL);
	zmq_msg_init(&router->batch);
	router->socket = zmq_socket(bus_context_raw(context), ZMQ_ROUTER);
	res = router->socket == NULL
		      ? err_set(err, RES_BUG, "no socket: %s", zmq_strerror(zmq_errno()))
		      : router_listen(router->socket, options, err);
	if (res != RES_OK) {
		bus_router_close(router);
		return res;
	}
	router->listener = listener_find(router->socket);
	*out = router;
	return RES_OK;
}

void bus_router_close(struct bus_router *router)
{
	if (router == NULL)
		return;
	zmq_msg_close(&router->batch);
	if (router->socket != NULL)
		zmq_close(router->socket);
	free(router);
}

void *bus_router_socket(struct bus_router *router)
{
	return router->socket;
}

/* Closing the listener would end its connections too (they are its children in libzmq), and one
 * that may not accept for want of descriptors spins; so the packets are thrown away before it sees
 * them. */
enum res bus_router_accept(struct bus_router *router, bool does_accept)
{
	struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog program = { .len = 1, .filter = &nothing };
	int unused = 0; /* but asked for */
	int res;

	if (router->listener < 0)
		return RES_NOT_FOUND;
	res = does_accept ? setsockopt(router->listener, SOL_SOCKET, SO_DETACH_FILTER, &unused,
				    sizeof(unused))
			  : setsockopt(router->listener, SOL_SOCKET, SO_ATTACH_FILTER, &program,
				    sizeof(program));
	return res == 0 ? RES_OK : RES_RETRY;
}

enum res bus_router_send(struct bus_router *router, const struct bus_routing *to, struct str batch)
{
	int why = bus_frames_send(router->socket, str_of(to->bytes, to->n), batch);

	if (why == EHOSTUNREACH)
		return RES_NOT_FOUND;
	return why == 0 ? RES_OK : RES_RETRY;
}

enum res bus_router_receive(struct bus_router *router, struct bus_routing *out_from,
	struct str *out_user, struct str *out_batch)
{
	enum res res;
	const char *user;

	out_from->n = 0;
	*out_user = STR_NONE;
	res = bus_frames_receive(router->socket, out_from, &router->batch);
	if (res == RES_RETRY)
		return res;
	user = zmq_msg_gets(&router->batch, "User-Id");
	*out_user = str_from_c(user);
	*out_batch = str_of(zmq_msg_data(&router->batch), zmq_msg_size(&router->batch));
	return res;
}
