/* See bench_door.h. */
#include "bench_door.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "bench.h"
#include "clock/line.h"
#include "crypto/crypto.h"
#include "os/os.h"

#define UP_WITHIN SPAN_S(20)

enum res bench_door_open(struct wangli **out, struct arena *mem, const char *channel,
	const char *spool, size_t window, bool takes_replies, const struct wangli_callbacks *on,
	struct err *err)
{
	const char *groups[] = { channel, NULL };
	struct wangli_options client = { WANGLI_SIZED(struct wangli_options), .spool = spool,
		.channel = channel, .groups = takes_replies ? groups : NULL, .window = window,
		.on = on };
	TRY(line_setting(mem, "DOOR_ADDRESS", &client.address, err));
	TRY(line_setting(mem, "DOOR_SERVER_KEY", &client.server_key, err));
	TRY(line_setting(mem, "CHANNEL_KEY", &client.secret_key, err));
	TRY(line_setting(mem, "VAULT_PUBLIC_KEY", &client.vault_key, err));
	return sdk_open(out, &client, err);
}

void bench_door_key(const struct bench_options *options, const char *channel)
{
	char path[4096];
	snprintf(path, sizeof path, "%s/keys/channels/%s", options->data, channel);
	CHECK(setenv("CHANNEL_KEY_FILE", path, 1) == 0);
}

enum res bench_door_await(struct wangli *client, struct err *err)
{
	struct instant until = instant_add(os_monotonic_now(), UP_WITHIN);
	while (!wangli_is_up(client)) {
		if (instant_is_before(until, os_monotonic_now()))
			return err_set(err, RES_RETRY, "the door does not answer");
		TRY(sdk_turn(client, SPAN_MS(20), err));
	}
	return RES_OK;
}
