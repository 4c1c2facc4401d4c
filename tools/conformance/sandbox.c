/* Keys for the check. See sandbox.h. */
#include "sandbox.h"

#include "clock/line.h"
#include "os/os.h"
#include "proto/operator.pb-c.h"

#define PATIENCE SPAN_S(60)

static char *text(struct arena *mem, const char *c)
{
	return (char *)(uintptr_t)arena_c(mem, str_from_c(c));
}

/* Asks intake, then lets the door know that keys changed. */
static enum res tell(struct sandbox *sandbox, struct arena *mem, const char *type, struct str body,
	struct err *err)
{
	Wangli__ChannelAnswer *said = NULL;
	struct wire_msg answers[4];
	struct wire_msg answer;
	uint64_t number;
	size_t n;

	os_random(&number, sizeof number);
	const struct line_command command = { .group = "intake",
		.type = type,
		.command_id =
			arena_printf(mem, "channel-check/%016llx", (unsigned long long)number),
		.actor = STR("operator"),
		.body = body };
	TRY(line_ask(sandbox->line, mem, &command, PATIENCE, &answer, err));
	if (answer.kind != WIRE_RESULT || answer.head.code != WIRE_CODE_DONE)
		return err_set(err, RES_DENIED, "intake answers %s: %.*s",
			wire_code_name(answer.head.code), STR_ARG(answer.head.text));
	TRY(wire_unpack(mem, &wangli__channel_answer__descriptor, answer.body, &said, err));
	if (said->why_not[0] != 0)
		return err_set(err, RES_DENIED, "%s", said->why_not);
	const struct line_command changed = { .group = "edge",
		.type = "keys.changed.v1",
		.command_id = command.command_id,
		.actor = STR("operator") };
	line_send(sandbox->line, &changed);
	return line_take(sandbox->line, mem, answers, 4, &n, SPAN_MS(20), err);
}

static enum res add(struct sandbox *sandbox, struct arena *mem, const char *name,
	const struct bus_pair *pair, struct err *err)
{
	Wangli__ChannelKey key = WANGLI__CHANNEL_KEY__INIT;
	Wangli__ChannelAdd body = WANGLI__CHANNEL_ADD__INIT;
	char *channels[] = { text(mem, name) };

	key.public_key = text(mem, pair->public_key);
	key.source = channels[0];
	key.channels = channels;
	key.n_channels = 1;
	body.key = &key;
	return tell(sandbox, mem, "channel.add.v1", wire_pack(mem, &body.base), err);
}

static enum res revoke(
	struct sandbox *sandbox, struct arena *mem, const struct bus_pair *pair, struct err *err)
{
	Wangli__ChannelRevoke body = WANGLI__CHANNEL_REVOKE__INIT;

	body.name = text(mem, pair->public_key);
	return tell(sandbox, mem, "channel.revoke.v1", wire_pack(mem, &body.base), err);
}

enum res sandbox_open(struct sandbox *sandbox, struct arena *mem, struct err *err)
{
	struct line_options options;

	TRY(line_options_read(mem, &options, err));
	TRY(line_open(&sandbox->line, &options, err));
	TRY(bus_pair_make(&sandbox->own, err));
	TRY(bus_pair_make(&sandbox->other, err));
	sandbox->has_own = true; /* also when the answer is lost: revoking tells what is */
	TRY(add(sandbox, mem, SANDBOX, &sandbox->own, err));
	sandbox->has_other = true;
	return add(sandbox, mem, SANDBOX_OTHER, &sandbox->other, err);
}

enum res sandbox_quota(struct sandbox *sandbox, struct arena *mem, int32_t per_s, struct err *err)
{
	Wangli__ChannelQuota body = WANGLI__CHANNEL_QUOTA__INIT;

	body.source = text(mem, SANDBOX);
	body.per_s = per_s;
	body.burst = per_s;
	return tell(sandbox, mem, "channel.quota.v1", wire_pack(mem, &body.base), err);
}

enum res sandbox_revoke_own(struct sandbox *sandbox, struct arena *mem, struct err *err)
{
	TRY(revoke(sandbox, mem, &sandbox->own, err));
	sandbox->has_own = false;
	return RES_OK;
}

enum res sandbox_close(struct sandbox *sandbox, struct arena *mem, struct err *err)
{
	enum res res = RES_OK;

	if (sandbox->line != NULL && sandbox->has_own)
		res = revoke(sandbox, mem, &sandbox->own, err);
	if (sandbox->line != NULL && sandbox->has_other && res == RES_OK)
		res = revoke(sandbox, mem, &sandbox->other, err);
	line_close(sandbox->line);
	*sandbox = (struct sandbox){ 0 };
	return res;
}
