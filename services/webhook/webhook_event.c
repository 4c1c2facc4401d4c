/* The document. */
#include "webhook_event.h"

#include "json/json.h"

static void set_text(struct json *object, const char *key, struct wangli_text text)
{
	json_set_str(object, key, str_of(text.p == NULL ? "" : text.p, text.n));
}

static void set_envelope(struct arena *mem, struct json *event, const char *type,
	struct str channel, struct instant at)
{
	char text[INSTANT_TEXT_MAX];

	json_set_c(event, "specversion", "1.0");
	json_set_c(event, "type", type);
	json_set_str(event, "source", arena_printf(mem, "/wangli/%.*s", STR_ARG(channel)));
	json_set_c(event, "datacontenttype", "application/json");
	if (!instant_is_none(at))
		json_set_c(event, "time", instant_format(at, text));
}

struct str webhook_event_of(struct arena *mem, const struct wangli_delivery *delivery)
{
	SCOPED(json)
	struct json *event = json_object_create();
	struct json *data = json_object_create();
	struct instant at = delivery->replied_at_us == WANGLI_TIME_UNKNOWN
				    ? INSTANT_NONE
				    : (struct instant){ delivery->replied_at_us };

	set_envelope(
		mem, event, "deliver.v1", str_of(delivery->channel.p, delivery->channel.n), at);
	set_text(event, "id", delivery->delivery_id);
	set_text(event, "subject", delivery->source_msg_id);
	set_text(data, "what", delivery->what);
	set_text(data, "case_number", delivery->case_number);
	set_text(data, "source_msg_id", delivery->source_msg_id);
	set_text(data, "text", delivery->text);
	set_text(data, "unit", delivery->unit);
	set_text(data, "reply_address", delivery->reply_address);
	json_set(event, "data", data);
	return json_text(mem, event);
}

struct str webhook_event_ping(
	struct arena *mem, struct str id, struct str channel, struct instant at)
{
	SCOPED(json)
	struct json *event = json_object_create();

	set_envelope(mem, event, "ping.v1", channel, at);
	json_set_str(event, "id", id);
	json_set(event, "data", json_object_create());
	return json_text(mem, event);
}
