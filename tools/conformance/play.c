/* The table of mistakes, and what they share. */
#include "play.h"

#include <stdio.h>

#include "proto/door.pb-c.h"

#define WELCOME_MS 15000

const struct mistake play_mistakes[] = {
#define MISTAKE(name_, needs_sandbox_, want_, does_, zh_)                                          \
	{ .name = #name_,                                                                          \
		.needs_sandbox = (needs_sandbox_),                                                 \
		.want = (want_),                                                                   \
		.does = (does_),                                                                   \
		.zh = (zh_),                                                                       \
		.run = play_##name_ },
#include "mistakes.def"
#undef MISTAKE
};
const size_t play_mistakes_n = sizeof play_mistakes / sizeof play_mistakes[0];

enum res play_enter_as(
	struct play *play, const struct bus_pair *pair, struct visit **out, struct err *err)
{
	struct visit *visit;

	TRY(visit_open(&visit, &play->door, pair, err));
	visit_hello(visit, STR_NONE, 1);
	if (!visit_is_welcomed(visit, play->mem, WELCOME_MS)) {
		visit_close(visit);
		return err_set(err, RES_RETRY, "the door at %s does not welcome the key %.8s…",
			play->door.address, pair->public_key);
	}
	*out = visit;
	return RES_OK;
}

enum res play_enter(struct play *play, struct visit **out, struct err *err)
{
	return play_enter_as(play, &play->pair, out, err);
}

void seen_word(struct seen *out, const char *word)
{
	snprintf(out->word, sizeof out->word, "%s", word);
}

void seen_message(struct play *play, const struct wire_msg *msg, struct seen *out)
{
	if (msg->kind == WIRE_NACK)
		snprintf(out->word, sizeof out->word, "NACK %s", wire_code_name(msg->head.code));
	else
		seen_word(out, wire_kind_name(msg->kind));
	out->text = arena_str(play->mem, msg->head.text);
}

enum res play_ask_within(struct play *play, const struct wire_msg *msg, int wait_ms,
	struct seen *out, struct err *err)
{
	struct visit *opened = NULL;
	struct wire_msg answer;

	TRY(play_enter(play, &opened, err));
	SCOPED(visit)
	struct visit *visit = opened;
	visit_send(visit, msg);
	if (visit_take(visit, play->mem, &answer, wait_ms))
		seen_message(play, &answer, out);
	else
		seen_word(out, "nothing");
	return RES_OK;
}

enum res play_ask(struct play *play, const struct wire_msg *msg, struct seen *out, struct err *err)
{
	return play_ask_within(play, msg, ANSWER_MS, out, err);
}

enum res play_rubbish(
	struct play *play, const struct str *frames, size_t n, struct seen *out, struct err *err)
{
	struct visit *opened = NULL;
	struct wire_msg answer;
	bool has_answer;

	TRY(play_enter(play, &opened, err));
	SCOPED(visit)
	struct visit *visit = opened;
	visit_send_frames(visit, frames, n);
	if (visit_fence(visit, play->mem, &has_answer, &answer, ANSWER_MS) != RES_OK)
		seen_word(out, "no PONG either");
	else if (has_answer)
		seen_message(play, &answer, out);
	else
		seen_word(out, "nothing");
	return RES_OK;
}

enum res play_rubbish_batch(struct play *play, struct str batch, struct seen *out, struct err *err)
{
	const struct str frames[] = { STR(WIRE_MAGIC), batch };

	return play_rubbish(play, frames, 2, out, err);
}

struct wire_msg play_letter_of(
	struct play *play, const char *name, const char *title, struct str body, const char *klass)
{
	Wangli__Submit submit = WANGLI__SUBMIT__INIT;
	struct str id = arena_printf(play->mem, "wangli-channel-check/%s", name);

	submit.title = (char *)(uintptr_t)title;
	submit.body = (char *)(uintptr_t)arena_c(play->mem, body);
	submit.klass = (char *)(uintptr_t)klass;
	return (struct wire_msg){ .kind = WIRE_SUBMIT,
		.head = { .id = id,
			.type = STR("submit.v1"),
			.to = STR("intake"),
			.channel = play->channel,
			.source_msg_id = id },
		.body = wire_pack(play->mem, &submit.base) };
}

#define TITLE "【渠道自检】请忽略 wangli channel check"
static const struct str letter_body =
	STR_INIT("这是渠道自检程序提交的测试来信，不是市民诉求。This is a test letter of `wangli "
		 "channel check`, not a citizen's.");

struct wire_msg play_letter(struct play *play)
{
	return play_letter_of(play, "1", TITLE, letter_body, "");
}
