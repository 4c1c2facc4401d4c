/* A door that the test holds in its hand, and one client of it. */
#ifndef WL_TESTS_SDK_DOOR_H
#define WL_TESTS_SDK_DOOR_H

#include "base/arena.h"
#include "bus/bus.h"
#include "peer/server.h"
#include "sdk/wangli_inside.h"

#define DOOR_KEPT_MOST 64

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
	struct wire_msg got[DOOR_KEPT_MOST];
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
	bool claims;	   /* its client claims */
	enum wangli_result deliver_says;
	enum wangli_doubt doubt_says;
	int statuses, states, doubts, objects;
	char status[32]; /* the last one's state */
	struct {
		uint64_t tag;
		enum wangli_result result;
		char text[64], ticket[32], url[64], right[32];
	} object; /* the last one */
	struct {
		uint64_t tag;
		enum wangli_result result;
		char value[64], holder[64];
		int64_t version;
	} state; /* the last one */
};

/* cmocka's: a door and one client, "spool". */
int door_setup(void **state);
int door_teardown(void **state);

/* A client with a spool of its own; queue 0: the usual one. */
enum res door_client_try(struct door *door, const char *spool, size_t queue, struct wangli **out);
/* door->client is the one with the spool of this name. */
void door_client_open(struct door *door, const char *name);
/* As after a kill and a start: another process would find what is on disk now. */
void door_client_restart(struct door *door, const char *from, const char *to);

/* Turns client and door until the door has got n messages in all; the last of them. */
struct wire_msg *door_until_got(struct door *door, size_t n);
/* Turns until *count is n. */
void door_until_count(struct door *door, const int *count, int n);

void door_submit(struct door *door, const char *id);
void door_answer(struct door *door, const struct wire_msg *asked, enum wire_kind kind,
	enum wire_code code, int32_t retry_after_ms);
void door_deliver(struct door *door);
void door_deliver_what(struct door *door, const char *what);
/* A DELIVER needs to know whom to send to: a letter, "m1", introduces the client. */
void door_introduce(struct door *door);

#endif
