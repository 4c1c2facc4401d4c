/* Listening sockets: "127.0.0.1:8311", "[::1]:8311", "unix:/run/x.sock". Names are not resolved:
 * that would block. */
#include "http/http_listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/str.h"

#define BACKLOG	  64
#define HOST_MAX  64
#define UNIX_MASK 0117 /* leaves 0660: the owner and his group */

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_un local;
};

static enum res form_refuse(const char *listen, struct err *err)
{
	return err_set(err, RES_INVALID,
		"listen '%s': want 127.0.0.1:8311, [::1]:8311 or unix:/run/x.sock", listen);
}

static enum res fault(const char *listen, const char *doing, struct err *err)
{
	int number = errno;
	enum res res = RES_RETRY;

	if (number == EADDRINUSE)
		res = RES_CONFLICT;
	else if (number == EACCES || number == EPERM)
		res = RES_DENIED;
	return err_set(err, res, "listen '%s': %s: %s", listen, doing, strerror(number));
}

static bool port_read(struct str text, in_port_t *out)
{
	int64_t port;

	if (str_to_int64(text, &port) != RES_OK || port < 1 || port > 65535)
		return false;
	*out = htons((uint16_t)port);
	return true;
}

/* The address of "host:port"; 0 when it is none. */
static socklen_t address_read(struct str listen, union address *out)
{
	char host[HOST_MAX];
	bool is_v6 = str_starts(listen, STR("["));
	size_t end = str_find(listen, is_v6 ? STR("]:") : STR(":"), 0);
	in_port_t port;

	if (end == SIZE_MAX || !port_read(str_slice(listen, end + 1 + is_v6, listen.n), &port))
		return 0;
	struct str name = str_slice(listen, is_v6, end - is_v6);
	if (name.n >= sizeof(host))
		return 0;
	memcpy(host, name.p, name.n);
	host[name.n] = '\0';
	memset(out, 0, sizeof(*out));
	if (is_v6) {
		out->v6.sin6_family = AF_INET6;
		out->v6.sin6_port = port;
		return inet_pton(AF_INET6, host, &out->v6.sin6_addr) == 1 ? sizeof(out->v6) : 0;
	}
	out->v4.sin_family = AF_INET;
	out->v4.sin_port = port;
	return inet_pton(AF_INET, host, &out->v4.sin_addr) == 1 ? sizeof(out->v4) : 0;
}

static socklen_t path_read(struct str path, union address *out)
{
	memset(out, 0, sizeof(*out));
	if (path.n == 0 || path.n >= sizeof(out->local.sun_path))
		return 0;
	out->local.sun_family = AF_UNIX;
	memcpy(out->local.sun_path, path.p, path.n);
	return sizeof(out->local);
}

/* An old socket that nobody serves any more is removed; one that answers, or a file of another
 * kind, is not. */
static enum res old_socket_remove(const char *listen, const union address *address, struct err *err)
{
	struct stat about;

	if (lstat(address->local.sun_path, &about) != 0)
		return errno == ENOENT ? RES_OK : fault(listen, "stat", err);
	if (!S_ISSOCK(about.st_mode))
		return err_set(err, RES_CONFLICT, "listen '%s': a file is there", listen);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fault(listen, "socket", err);
	bool is_served = connect(fd, &address->any, sizeof(address->local)) == 0 || errno == EAGAIN;
	close(fd);
	if (is_served)
		return err_set(err, RES_CONFLICT, "listen '%s': is taken", listen);
	return unlink(address->local.sun_path) == 0 ? RES_OK : fault(listen, "unlink", err);
}

static enum res socket_bind(int fd, const char *listen_text, const union address *address,
	socklen_t bytes, struct err *err)
{
	int yes = 1;

	if (address->any.sa_family != AF_UNIX &&
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) != 0)
		return fault(listen_text, "SO_REUSEADDR", err);
	if (address->any.sa_family == AF_INET6 &&
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof(yes)) != 0)
		return fault(listen_text, "IPV6_V6ONLY", err);
	mode_t before = umask(UNIX_MASK);
	int bound = bind(fd, &address->any, bytes);
	umask(before);
	if (bound != 0)
		return fault(listen_text, "bind", err);
	return listen(fd, BACKLOG) == 0 ? RES_OK : fault(listen_text, "listen", err);
}

enum res http_listen(const char *listen, int *out_fd, struct err *err)
{
	struct str text = str_from_c(listen);
	union address address;
	bool is_unix = str_starts(text, STR(HTTP_UNIX));
	socklen_t bytes = is_unix ? path_read(str_slice(text, strlen(HTTP_UNIX), text.n), &address)
				  : address_read(text, &address);

	if (bytes == 0)
		return form_refuse(listen, err);
	if (is_unix)
		TRY(old_socket_remove(listen, &address, err));
	int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fault(listen, "socket", err);
	enum res res = socket_bind(fd, listen, &address, bytes, err);
	if (res != RES_OK) {
		close(fd);
		return res;
	}
	*out_fd = fd;
	return RES_OK;
}
