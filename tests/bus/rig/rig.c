/* Folder, keys, programs and health. */
#include "rig.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "os/os.h"
#include "json/json.h"

#define HEALTH_BYTES_MAX (1024 * 1024)

static void path_of(const struct rig *rig, const char *file, char out[160])
{
	snprintf(out, 160, "%s/%s", rig->folder, file);
}

static void file_write(const struct rig *rig, const char *name, const char *text)
{
	char path[160];
	FILE *file;

	path_of(rig, name, path);
	file = fopen(path, "we");
	assert_non_null(file);
	fprintf(file, "%s\n", text);
	fclose(file);
}

/* A port that was free a moment ago. */
static int port_free(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&at, n), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
	close(fd);
	return ntohs(at.sin_port);
}

struct rig *rig_create(void)
{
	struct rig *rig = calloc(1, sizeof(*rig));
	char path[160];

	assert_non_null(rig);
	snprintf(rig->folder, sizeof(rig->folder), "/tmp/wangli-bus-XXXXXX");
	assert_non_null(mkdtemp(rig->folder));
	path_of(rig, "peers", path);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(rig->bus_address, sizeof(rig->bus_address), "ipc://%s/bus.sock", rig->folder);
	snprintf(rig->second_address, sizeof(rig->second_address), "ipc://%s/second.sock",
		rig->folder);
	snprintf(rig->door_address, sizeof(rig->door_address), "tcp://127.0.0.1:%d", port_free());
	rig->context = bus_context_create();
	rig_key(rig, "bus", false);
	rig_key(rig, "door", false);
	rig_key(rig, "edge", true);
	return rig;
}

static int remove_each(const char *path, const struct stat *about, int type, struct FTW *at)
{
	(void)about;
	(void)type;
	(void)at;
	return remove(path);
}

const struct bus_pair *rig_key(struct rig *rig, const char *name, bool is_peer)
{
	struct rig_key *key;
	char file[64];

	for (size_t i = 0; i < rig->keys_n; i++)
		if (strcmp(rig->keys[i].name, name) == 0)
			return &rig->keys[i].pair;
	assert_true(rig->keys_n < RIG_KEYS_MAX);
	key = &rig->keys[rig->keys_n++];
	snprintf(key->name, sizeof(key->name), "%s", name);
	assert_int_equal(bus_pair_make(&key->pair, NULL), RES_OK);
	snprintf(file, sizeof(file), "%s.key", name);
	file_write(rig, file, key->pair.secret_key);
	snprintf(file, sizeof(file), "peers/%s.pub", name);
	if (is_peer)
		file_write(rig, file, key->pair.public_key);
	return &key->pair;
}

static void set_path(
	const struct rig *rig, const char *variable, const char *prefix, const char *file)
{
	char text[200];

	snprintf(text, sizeof(text), "%s%s/%s", prefix, rig->folder, file);
	setenv(variable, text, 1);
}

static pid_t start(const char *program)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that crashes leaves nothing behind */
		execl(program, program, (char *)NULL);
		_exit(127);
	}
	return pid;
}

static pid_t broker_start(struct rig *rig, const char *address, const char *health)
{
	setenv("BUS_LISTEN", address, 1);
	set_path(rig, "BUS_KEY_FILE", "", "bus.key");
	set_path(rig, "BUS_PEERS_DIR", "", "peers");
	set_path(rig, "HEALTH_LISTEN", "unix:", health);
	setenv("LOG_LEVEL", "error", 1);
	return start(RIG_BUS_PROGRAM);
}

void rig_start_bus(struct rig *rig)
{
	rig->bus = broker_start(rig, rig->bus_address, "bus.health");
}

void rig_start_second(struct rig *rig)
{
	rig->second = broker_start(rig, rig->second_address, "second.health");
}

void rig_start_edge(struct rig *rig, const char *keys_every, const char *keys_stale)
{
	setenv("DOOR_LISTEN", rig->door_address, 1);
	set_path(rig, "DOOR_KEY_FILE", "", "door.key");
	setenv("BUS_ADDRESS", rig->bus_address, 1);
	setenv("BUS_SERVER_KEY", rig_key(rig, "bus", false)->public_key, 1);
	set_path(rig, "BUS_KEY_FILE", "", "edge.key");
	set_path(rig, "HEALTH_LISTEN", "unix:", "edge.health");
	setenv("LOG_LEVEL", "error", 1);
	setenv("KEYS_EVERY", keys_every, 1);
	setenv("KEYS_STALE", keys_stale, 1);
	rig->edge = start(RIG_EDGE_PROGRAM);
}

void rig_kill(pid_t *pid)
{
	assert_int_equal(kill(*pid, SIGKILL), 0);
	assert_int_equal(waitpid(*pid, NULL, 0), *pid);
	*pid = 0;
}

static void end(pid_t *pid, int how)
{
	int status;

	assert_int_equal(kill(*pid, how), 0);
	assert_int_equal(waitpid(*pid, &status, 0), *pid);
	*pid = 0;
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

void rig_stop(pid_t *pid)
{
	end(pid, SIGTERM);
}

void rig_destroy(struct rig *rig)
{
	while (rig->clients_n > 0)
		client_close(rig, rig->clients[0]);
	bus_context_destroy(rig->context);
	if (rig->edge > 0)
		end(&rig->edge, SIGINT);
	if (rig->bus > 0)
		end(&rig->bus, SIGINT);
	if (rig->second > 0)
		end(&rig->second, SIGINT);
	nftw(rig->folder, remove_each, 8, FTW_DEPTH | FTW_PHYS);
	free(rig);
}

/* The whole answer of GET /health, or nothing while nobody listens. */
static void health_read(struct rig *rig, const char *process, struct buf *out)
{
	static const char question[] = "GET /health HTTP/1.0\r\n\r\n";
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ssize_t n;

	snprintf(at.sun_path, sizeof(at.sun_path), "%s/%s.health", rig->folder, process);
	if (connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0 &&
		write(fd, question, sizeof(question) - 1) > 0)
		do {
			char *to = buf_extend(out, 4096);

			n = read(fd, to, 4096);
			out->n -= 4096 - (size_t)(n > 0 ? n : 0);
		} while (n > 0);
	close(fd);
}

int64_t rig_health(struct rig *rig, const char *process, const char *part, const char *name)
{
	struct buf answer = { 0 };
	struct json *json = NULL;
	int64_t value = -1;
	size_t at;

	health_read(rig, process, &answer);
	at = str_find(buf_str(&answer), STR("\r\n\r\n"), 0);
	if (at != SIZE_MAX && json_parse(str_slice(buf_str(&answer), at + 4, answer.n),
				      HEALTH_BYTES_MAX, &json, NULL) == RES_OK)
		value = json_get_int(part != NULL ? json_get(json, part) : json, name, -1);
	json_destroy(json);
	buf_fini(&answer);
	return value;
}

void rig_wait_health(
	struct rig *rig, const char *process, const char *part, const char *name, int64_t least)
{
	struct instant until = instant_add(os_monotonic_now(), SPAN_MS(RIG_PATIENCE_MS));

	while (rig_health(rig, process, part, name) < least) {
		if (!instant_is_before(os_monotonic_now(), until))
			fail_msg("%s.%s.%s stays %lld", process, part, name,
				(long long)rig_health(rig, process, part, name));
		rig_round(rig, 10);
	}
}
