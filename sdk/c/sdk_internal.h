/* Private to the SDK: the client, shared by wangli.c (life, submitting), sdk_turn.c (a turn) and
 * the files of its subjects: sdk_letters.c, sdk_deliveries.c, sdk_claims.c, sdk_status.c,
 * sdk_asks.c, sdk_state.c, sdk_objects.c. */
#ifndef WL_SDK_INTERNAL_H
#define WL_SDK_INTERNAL_H

#include "loop/loop.h"
#include "peer/peer.h"
#include "proto/door.pb-c.h"
#include "sdk/sdk_outbox.h"
#include "sdk/sdk_seal.h"
#include "sdk/sdk_spool.h"
#include "sdk/sdk_window_core.h"
#include "sdk/wangli_inside.h"

#define DELIVER_PREFIX "deliver/"
#define STATUS_PREFIX  "status/"
#define TAKE_MOST      200	    /* messages taken at once */
#define WINDOW_MOST    1000	    /* messages on their way to us, deliveries among them */
#define RANDOM_NAME    33	    /* bytes of random_name's text */
#define ANSWER_WITHIN  SPAN_S(5)    /* then a letter is sent again */
#define TURN_MEMORY    (128u << 20) /* a cap: 200 bodies, and the same unpacked */

/* A question under way (sdk_asks.c). */
struct ask_answer {
	enum wangli_result result; /* OK: body is what the platform answered */
	struct str text;	   /* for people, otherwise */
	struct str body;
};
struct ask {
	TAILQ_ENTRY(ask) link;
	char command_id[RANDOM_NAME];
	const char *type;
	const char *to;
	struct str name; /* what it is about, kept for the answer */
	struct str body;
	uint64_t tag;
	int what;
	struct instant due; /* when it is sent (again) */
	void (*answered)(
		struct wangli *client, const struct ask *ask, const struct ask_answer *answer);
};
TAILQ_HEAD(ask_list, ask);
struct asks {
	struct ask_list list; /* in the order in which they were asked */
	size_t n;
};

struct states {
	bool is_open; /* there is a key; the rest is unset without */
	uint8_t key[CRYPTO_KEY_BYTES];
	char *source; /* what values are bound to, beside their names */
};

struct wangli {
	struct wangli_callbacks on;
	struct sdk_window window;
	size_t queue;
	char *channel;
	struct arena *mem; /* of the running turn */
	struct outbox outbox;
	struct os_lock *lock; /* of the spool */
	struct spool *spool;
	struct seal seal;
	struct asks asks;
	struct states states;
	bool claims;
	struct map *held; /* by delivery id */
	struct loop *loop;
	struct loop_timer *timer;
	struct bus_context *context;
	struct peer *peer;
};

struct delivery {
	const struct wire_msg *msg;
	struct str delivery_id;
};

/* A delivery under a claim, kept in memory from its DELIVER to its outcome. */
struct held {
	struct wire_msg msg; /* its texts are in the same piece of memory */
	struct str delivery_id;
	int32_t fence_before; /* while its GO is being taken: what the claim was */
	enum spool_stage stage_before;
	bool is_over;
};

struct status_told {
	const struct wire_msg *msg;
	int32_t version;
};

/* What one row of callbacks was about: kept when on_keep agrees. */
struct took {
	struct instant now;			  /* monotonic */
	struct outbox_letter *letters[TAKE_MOST]; /* answered */
	size_t n_letters;
	struct delivery deliveries[TAKE_MOST]; /* with an outcome, kept or to be kept */
	size_t n_deliveries;
	struct status_told statuses[TAKE_MOST]; /* to be acknowledged */
	size_t n_statuses;
	struct held *claims[TAKE_MOST]; /* to be asked for, once their claim is durable */
	size_t n_claims;
	struct held *goes[TAKE_MOST]; /* to be handed over, once that is durable */
	size_t n_goes;
	struct held *doubts[TAKE_MOST]; /* nobody knows: to be said, once that is durable */
	size_t n_doubts;
};

/* sdk_letters.c */
/* How long a NACK holds back what it refused: its retry time within what we let anybody say. */
struct span nack_wait(const struct wire_msg *nack);
void letters_send(struct wangli *client, struct instant now);
void letters_take_receipt(struct wangli *client, const struct wire_msg *msg, struct took *took);
void letters_take_nack(struct wangli *client, const struct wire_msg *msg, struct took *took);

/* sdk_deliveries.c */
void deliveries_take(struct wangli *client, const struct wire_msg *msg, struct took *took);
/* What the callbacks see; texts are borrowed from both. */
struct wangli_delivery delivery_view(const struct wire_msg *msg, const Wangli__Deliver *body);
/* RES_OK: an outcome is added, with this fence. */
enum res delivery_call(
	struct wangli *client, const struct wangli_delivery *delivery, int32_t fence) must_check;
/* Says what the spool keeps of them (again); what is not kept yet is not said. */
void deliveries_send_done(struct wangli *client, const struct took *took);

/* sdk_claims.c: CLAIM, GO, and what nobody knows. */
void claims_take_delivery(struct wangli *client, const struct wire_msg *msg,
	const Wangli__Deliver *body, struct took *took);
void claims_take_go(struct wangli *client, const struct wire_msg *msg, struct took *took);
/* false: not ours */
bool claims_take_nack(struct wangli *client, const struct wire_msg *msg, struct took *took);
/* Makes durable what was claimed and what is about to be called, then calls. */
enum res claims_turn(struct wangli *client, struct took *took, struct err *err) must_check;
void claims_send(struct wangli *client, const struct took *took);
void claims_fini(struct wangli *client);

/* sdk_status.c */
void statuses_take(struct wangli *client, const struct wire_msg *msg, struct took *took);
void statuses_send_done(struct wangli *client, const struct took *took);

/* sdk_asks.c */
void random_name(char out[RANDOM_NAME]); /* 32 hex digits that nobody else chooses */
void asks_init(struct asks *asks);
void asks_fini(struct asks *asks);
enum res asks_room(const struct asks *asks, struct err *err) must_check; /* for one more */
/* Copies the model's name and body; the rest of it is kept as it is. */
struct ask *asks_add(struct asks *asks, const struct ask *model);
void asks_welcomed(struct asks *asks); /* what was under way may be lost */
void asks_send(struct wangli *client, struct instant now);
struct instant asks_due(const struct asks *asks);
void asks_take_result(struct wangli *client, const struct wire_msg *msg, struct took *took);
void asks_take_nack(struct wangli *client, const struct wire_msg *msg, struct took *took);

/* sdk_state.c. source: the integrator's name. */
void states_init(struct states *states, const uint8_t key[CRYPTO_KEY_BYTES], struct str source);
void states_fini(struct states *states);
enum res states_ask(
	struct wangli *client, const struct wangli_state_ask *ask, struct err *err) must_check;

/* sdk_objects.c */
enum res objects_ask(
	struct wangli *client, const struct wangli_object_ask *ask, struct err *err) must_check;
enum res ticket_read(
	struct str json, uint8_t out[WANGLI_TICKET_MAX], size_t *out_n, struct err *err) must_check;

/* sdk_turn.c */
enum res client_turn(struct wangli *client, struct span wait, struct err *err) must_check;

#endif
