/* A broker and a door as real programs with keys in a throw-away folder, their /health, and clients
 * that wait for messages. Nothing here sleeps: everything waits for an event and fails the test
 * after RIG_PATIENCE. */
#ifndef WL_TESTS_RIG_H
#define WL_TESTS_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include <cmocka.h>

#include "peer/peer.h"

#define RIG_PATIENCE_MS 30000
#define RIG_KEYS_MAX	16
#define RIG_CLIENTS_MAX 8
#define CLIENT_KEPT_MAX 4096

struct rig_key {
	char name[32];
	struct bus_pair pair;
};

struct client {
	struct peer *peer;
	struct arena *mem;
	struct wire_msg kept[CLIENT_KEPT_MAX]; /* received and not taken yet */
	size_t n;
};

struct rig {
	char folder[64];
	char bus_address[128];
	char second_address[128]; /* of the second broker */
	char door_address[64];
	struct bus_context *context;
	struct rig_key keys[RIG_KEYS_MAX];
	size_t keys_n;
	struct client *clients[RIG_CLIENTS_MAX];
	size_t clients_n;
	pid_t bus;
	pid_t second;
	pid_t edge;
};

struct rig *rig_create(void);
void rig_destroy(struct rig
		*rig); /* ends the programs that it started; a sanitizer's report fails the test */

/* The key called name, made when it is new. is_peer: the broker may know it (peers/<name>.pub). */
const struct bus_pair *rig_key(struct rig *rig, const char *name, bool is_peer);
void rig_start_bus(struct rig *rig);
void rig_start_second(struct rig *rig); /* another broker with the same key */
void rig_start_edge(struct rig *rig, const char *keys_every, const char *keys_stale);
void rig_kill(pid_t *pid); /* SIGKILL, and waits until it is gone */
void rig_stop(pid_t *pid); /* SIGTERM; its exit code must be 0 */

/* A number out of /health: "counts", "bad_batch". process: "bus", "second" or "edge". -1: not
 * there. */
int64_t rig_health(struct rig *rig, const char *process, const char *part, const char *name);
/* Waits until that number is at least `least`. */
void rig_wait_health(
	struct rig *rig, const char *process, const char *part, const char *name, int64_t least);

struct client_options {
	const char *name; /* of its key */
	const char *instance;
	const char *group; /* NULL: none */
	int32_t window;
	bool at_door;
	const char *address; /* NULL: the door's or the first broker's */
	size_t most_lines;
	os_look *look;
};
/* Opens a session and waits until it is welcomed. */
struct client *client_open(struct rig *rig, const struct client_options *options);
/* The same without waiting. */
struct client *client_begin(struct rig *rig, const struct client_options *options);
void client_close(struct rig *rig, struct client *client);
void client_send(struct client *client, const struct wire_msg *msg);
void client_wait_up(struct rig *rig, struct client *client);

/* Waits for the next message of that kind; what came before it stays kept. */
struct wire_msg client_take(struct rig *rig, struct client *client, enum wire_kind kind);
size_t client_count(const struct client *client, enum wire_kind kind);
/* One round of all clients: waits for something to come, at most wait_ms. */
void rig_round(struct rig *rig, int wait_ms);

#endif
