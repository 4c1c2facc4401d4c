/* A client of the door with the SDK, as an integrator has it: a spool that is fsynced. */
#ifndef WL_BENCH_BENCH_DOOR_H
#define WL_BENCH_BENCH_DOOR_H

#include "base/arena.h"
#include "base/err.h"
#include "bench.h"
#include "sdk/wangli_inside.h"

/* Door and keys from the environment: DOOR_ADDRESS, DOOR_SERVER_KEY_FILE, CHANNEL_KEY_FILE,
 * VAULT_PUBLIC_KEY_FILE. channel: whose key it is. spool:
 * its folder. With takes_replies it serves the channel's group. */
enum res bench_door_open(struct wangli **out, struct arena *mem, const char *channel,
	const char *spool, size_t window, bool takes_replies, const struct wangli_callbacks *on,
	struct err *err) must_check;
/* From now on this process has that channel's key of the data folder in its environment. */
void bench_door_key(const struct bench_options *options, const char *channel);
/* Turns until the door knows us. RES_RETRY: not within 20 s. */
enum res bench_door_await(struct wangli *client, struct err *err) must_check;

#endif
