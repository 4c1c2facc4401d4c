/* A door that the test holds in its hand, and a client at it: what the client sends is in `got`,
 * what it called back is counted. Nothing sleeps: both are turned until something is there. */
#ifndef WL_TESTS_SDK_DOOR_H
#define WL_TESTS_SDK_DOOR_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "os/os.h"
#include "peer/server.h"
#include "sdk/wangli_inside.h"

#define KEPT_MOST 64
#define MEM_BYTES (16u << 20)

struct door {
	char folder[64];
	char address[96];
	struct bus_context *context;
	struct bus_zap *zap;
	struct bus_pair self;
	struct bus_pair client_key;
	char vault_key[64]; /* base64 */
	struct server *server;
	struct member *member; /* who spoke last */
	struct arena *mem;
	struct wire_msg got[KEPT_MOST];
	size_t n_got;
	struct wangli *client;
	/* what the client called back */
	int receipts, repeats, refusals, deliveries, keeps;
	enum wangli_result refused_as;
	char case_number[64];
	char what[16];
	enum wangli_result keep_says;
	bool wants_status; /* its client listens to status/app */
	bool has_state;	   /* its client has a state_key */
	int statuses, states;
	char status[32];
	int64_t version;
	struct {
		uint64_t tag;
		enum wangli_result result;
		char text[128], value[64], holder[64];
		int64_t version;
	} state; /* the last one */
};

int sdk_door_setup(void **state);
int sdk_door_teardown(void **state);

enum res client_try(struct door *door, const char *spool, size_t queue, struct wangli **out);
void client_open(struct door *door, const char *name);
void client_restart(struct door *door, const char *from, const char *to);
void both_turn(struct door *door);
struct wire_msg *until_got(struct door *door, size_t n);
void until_count(struct door *door, const int *count, int n);
void submit(struct door *door, const char *id);
void answer(struct door *door, const struct wire_msg *asked, enum wire_kind kind,
	enum wire_code code, int32_t retry_after_ms);
void deliver_what(struct door *door, const char *what);
void deliver(struct door *door);

#endif
