/* Private to the SDK: the client, shared by wangli.c (life, submitting) and sdk_turn.c (a turn). */
#ifndef WL_SDK_INTERNAL_H
#define WL_SDK_INTERNAL_H

#include "loop/loop.h"
#include "peer/peer.h"
#include "sdk/sdk_outbox.h"
#include "sdk/sdk_seal.h"
#include "sdk/sdk_spool.h"
#include "sdk/wangli.h"

#define DELIVER_PREFIX "deliver/"
#define TAKE_MOST      200	    /* messages taken at once */
#define WINDOW_MOST    1000	    /* messages on their way to us, deliveries among them */
#define TURN_MEMORY    (128u << 20) /* a cap: 200 bodies, and the same unpacked */

struct wangli {
	struct wangli_callbacks on;
	size_t window;
	size_t queue;
	char *channel;
	struct arena *mem; /* of the running turn */
	struct outbox outbox;
	struct spool *spool;
	struct seal seal;
	struct loop *loop;
	struct loop_timer *timer;
	struct bus_context *context;
	struct peer *peer;
};

#endif
