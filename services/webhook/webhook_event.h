/* A delivery as a CloudEvents 1.0 document in structured mode: docs/webhooks.md. */
#ifndef WL_WEBHOOK_EVENT_H
#define WL_WEBHOOK_EVENT_H

#include "base/arena.h"
#include "base/instant.h"
#include "sdk/wangli.h"

#define WEBHOOK_CONTENT_TYPE "application/cloudevents+json"

struct str webhook_event_of(struct arena *mem, const struct wangli_delivery *delivery);
struct str webhook_event_ping(
	struct arena *mem, struct str id, struct str channel, struct instant at);

#endif
