/* Attachments: asking for the right to upload, and reading what the upload answered. The upload
 * itself (HTTP) is the integrator's, with whatever client it has. */
#include <string.h>

#include "base/check.h"
#include "sdk/sdk_internal.h"

#define ASK_MEMORY (64u << 10)

static void answered(struct wangli *client, const struct ask *ask, const struct ask_answer *answer)
{
	struct wangli_object object = {
		.tag = ask->tag, .result = answer->result, .text = sdk_text(answer->text)
	};
	Wangli__ObjectRight *body = NULL;
	memcpy(object.sha256, ask->name.p, sizeof object.sha256);
	if (answer->result == WANGLI_OK &&
		wire_unpack(client->mem, &wangli__object_right__descriptor, answer->body, &body,
			NULL) != RES_OK) {
		object.result = WANGLI_BUG;
		object.text = SDK_TEXT("the platform's answer cannot be read");
	} else if (answer->result == WANGLI_OK) {
		object.text = wangli_text_from_c(body->why_not);
		if (object.text.n > 0)
			object.result = WANGLI_INVALID;
		object.ticket = wangli_text_of(body->ticket.data, body->ticket.len);
		object.url = wangli_text_from_c(body->url);
		object.right = wangli_text_from_c(body->right);
		object.expires_us = body->expires_us;
	}
	if (client->on.on_object != NULL)
		client->on.on_object(client->on.arg, &object);
}

enum res objects_ask(struct wangli *client, const struct wangli_object_ask *ask, struct err *err)
{
	struct ask model = { .type = "object.put.v1",
		.to = "media",
		.tag = ask->tag,
		.name = str_of(ask->sha256, sizeof ask->sha256),
		.answered = answered };
	Wangli__ObjectPut body = WANGLI__OBJECT_PUT__INIT;
	struct str type = sdk_str(ask->media_type);
	if (ask->size_bytes <= 0)
		return err_set(err, RES_INVALID, "size_bytes is not above 0");
	if (type.n == 0 || type.n > WANGLI_MEDIA_TYPE_MAX || !str_is_utf8(type))
		return err_set(
			err, RES_INVALID, "media_type: want 1-%d bytes", WANGLI_MEDIA_TYPE_MAX);
	TRY(asks_room(&client->asks, err));
	SCOPED(arena)
	struct arena *mem = arena_create(ASK_MEMORY);
	CHECK(mem != NULL);
	body.sha256.data = (uint8_t *)(uintptr_t)ask->sha256;
	body.sha256.len = sizeof ask->sha256;
	body.size_bytes = ask->size_bytes;
	body.media_type = (char *)(uintptr_t)arena_c(mem, type);
	model.body = wire_pack(mem, &body.base);
	CHECK(!arena_failed(mem));
	asks_add(&client->asks, &model);
	return RES_OK;
}

/* --- {"ticket":"…"} --- */

static bool is_white(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool skip(struct str *rest, const char *text)
{
	struct str wanted = str_from_c(text);
	while (rest->n > 0 && is_white(rest->p[0]))
		*rest = str_slice(*rest, 1, rest->n);
	if (!str_starts(*rest, wanted))
		return false;
	*rest = str_slice(*rest, wanted.n, rest->n);
	return true;
}

/* The document has one member: what else it may hold one day stands behind that. */
enum res ticket_read(
	struct str json, uint8_t out[WANGLI_TICKET_MAX], size_t *out_n, struct err *err)
{
	struct str rest = json;
	if (!skip(&rest, "{") || !skip(&rest, "\"ticket\"") || !skip(&rest, ":") ||
		!skip(&rest, "\""))
		return err_set(err, RES_INVALID, "this is no answer to an upload");
	const char *end = memchr(rest.p, '"', rest.n);
	struct str base64 = str_of(rest.p, end == NULL ? 0 : (size_t)(end - rest.p));
	size_t padding = 0;
	while (padding < 2 && padding < base64.n && base64.p[base64.n - 1 - padding] == '=')
		padding++;
	size_t n = base64.n / 4 * 3 - padding;
	if (base64.n < 4 || base64.n % 4 != 0 || n > WANGLI_TICKET_MAX ||
		crypto_base64_read(base64, out, n) != RES_OK)
		return err_set(err, RES_INVALID, "the answer's ticket is not base64 of 1-%d bytes",
			WANGLI_TICKET_MAX);
	*out_n = n;
	return RES_OK;
}
