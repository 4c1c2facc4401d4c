/* Mistakes in the session itself: keys, HELLO, frames, limits, credit, time. */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "os/os.h"
#include "play.h"

#define NO_SESSION_MS	 2500
#define FRAMES_MANY	 1000
#define SILENT_FOR	 SPAN_MS(12500) /* the limit, and the door's next turn */
#define REVOKED_TRY_MS	 100
#define REVOKED_WITHIN	 SPAN_S(1)
#define REVOKED_PATIENCE SPAN_S(40)

static enum res try_key(
	struct play *play, const struct bus_pair *pair, struct seen *out, struct err *err)
{
	struct visit *opened = NULL;

	TRY(visit_open(&opened, &play->door, pair, err));
	SCOPED(visit)
	struct visit *visit = opened;
	visit_hello(visit, STR_NONE, 1);
	seen_word(
		out, visit_is_welcomed(visit, play->mem, NO_SESSION_MS) ? "WELCOME" : "no session");
	return RES_OK;
}

enum res play_unknown_key(struct play *play, struct seen *out, struct err *err)
{
	struct bus_pair pair;

	TRY(bus_pair_make(&pair, err));
	return try_key(play, &pair, out, err);
}

enum res play_no_hello(struct play *play, struct seen *out, struct err *err)
{
	const struct wire_msg letter = play_letter(play);
	struct visit *opened = NULL;
	struct wire_msg answer;

	TRY(visit_open(&opened, &play->door, &play->pair, err));
	SCOPED(visit)
	struct visit *visit = opened;
	visit_send(visit, &letter);
	if (visit_take(visit, play->mem, &answer, ANSWER_MS))
		seen_message(play, &answer, out);
	else
		seen_word(out, "nothing");
	return RES_OK;
}

enum res play_foreign_group(struct play *play, struct seen *out, struct err *err)
{
	struct str group = arena_printf(play->mem, "deliver/%.*s", STR_ARG(play->foreign));
	struct visit *opened = NULL;
	struct wire_msg answer;

	TRY(visit_open(&opened, &play->door, &play->pair, err));
	SCOPED(visit)
	struct visit *visit = opened;
	visit_hello(visit, group, 1);
	seen_word(out, "nothing");
	/* the refusal comes before WELCOME, which comes all the same */
	if (visit_take(visit, play->mem, &answer, ANSWER_MS))
		seen_message(play, &answer, out);
	return RES_OK;
}

enum res play_event_kind(struct play *play, struct seen *out, struct err *err)
{
	struct wire_writer writer = { 0 };
	const struct wire_msg event = { .kind = WIRE_EVENT,
		.head = { .to = STR("reply"),
			.type = STR("intake.accepted.v1"),
			.case_id = 1,
			.seq = 1,
			.producer = STR("intake") } };

	TRY(wire_write(&writer, &event, err));
	enum res res = play_rubbish_batch(play, buf_str(&writer.bytes), out, err);
	wire_writer_fini(&writer);
	return res;
}

/* --- the container, byte by byte: u8 kind, u8 zero, u16 LE header, u32 LE body --- */

static void record_add(struct buf *buf, uint8_t kind, size_t header_bytes, size_t body_bytes)
{
	const uint8_t head[WIRE_RECORD_HEAD] = { kind, 0, (uint8_t)header_bytes,
		(uint8_t)(header_bytes >> 8), (uint8_t)body_bytes, (uint8_t)(body_bytes >> 8),
		(uint8_t)(body_bytes >> 16), (uint8_t)(body_bytes >> 24) };
	size_t n = header_bytes + body_bytes;

	buf_add(buf, head, sizeof head);
	memset(buf_extend(buf, n), 0, n);
}

static enum res rubbish_records(struct play *play, size_t times, size_t header_bytes,
	size_t body_bytes, struct seen *out, struct err *err)
{
	struct buf buf = { 0 };

	for (size_t i = 0; i < times; i++)
		record_add(&buf, WIRE_SUBMIT, header_bytes, body_bytes);
	enum res res = play_rubbish_batch(play, buf_str(&buf), out, err);
	buf_fini(&buf);
	return res;
}

enum res play_unknown_kind(struct play *play, struct seen *out, struct err *err)
{
	struct buf buf = { 0 };

	record_add(&buf, 200, 0, 0);
	enum res res = play_rubbish_batch(play, buf_str(&buf), out, err);
	buf_fini(&buf);
	return res;
}

enum res play_header_too_big(struct play *play, struct seen *out, struct err *err)
{
	return rubbish_records(play, 1, WIRE_HEADER_MAX + 1, 0, out, err);
}

enum res play_body_too_big(struct play *play, struct seen *out, struct err *err)
{
	return rubbish_records(play, 1, 0, WIRE_BODY_MAX + 1, out, err);
}

enum res play_too_many_messages(struct play *play, struct seen *out, struct err *err)
{
	return rubbish_records(play, WIRE_BATCH_MESSAGES + 1, 0, 0, out, err);
}

enum res play_batch_too_big(struct play *play, struct seen *out, struct err *err)
{
	return rubbish_records(play, 5, 0, WIRE_BATCH_BYTES / 5 + 1, out, err);
}

enum res play_torn_batch(struct play *play, struct seen *out, struct err *err)
{
	struct buf buf = { 0 };

	record_add(&buf, WIRE_SUBMIT, 20, 20);
	enum res res = play_rubbish_batch(play, str_slice(buf_str(&buf), 0, buf.n - 1), out, err);
	buf_fini(&buf);
	return res;
}

/* A good letter in a bad envelope: it must not be taken all the same. */
static enum res rubbish_letter(
	struct play *play, const char *magic, size_t frames_n, struct seen *out, struct err *err)
{
	const struct wire_msg letter = play_letter(play);
	struct str *frames = arena_new_array(play->mem, struct str, frames_n);
	struct wire_writer writer = { 0 };

	if (frames == NULL)
		return err_set(err, RES_TOO_BIG, "out of memory");
	TRY(wire_write(&writer, &letter, err));
	frames[0] = str_from_c(magic);
	for (size_t i = 1; i < frames_n; i++)
		frames[i] = buf_str(&writer.bytes);
	enum res res = play_rubbish(play, frames, frames_n, out, err);
	wire_writer_fini(&writer);
	return res;
}

enum res play_unknown_container(struct play *play, struct seen *out, struct err *err)
{
	return rubbish_letter(play, "WL2", 2, out, err);
}

enum res play_three_frames(struct play *play, struct seen *out, struct err *err)
{
	return rubbish_letter(play, WIRE_MAGIC, 3, out, err);
}

enum res play_thousand_frames(struct play *play, struct seen *out, struct err *err)
{
	return rubbish_letter(play, WIRE_MAGIC, FRAMES_MANY, out, err);
}

/* --- credit and time --- */

enum res play_no_credit(struct play *play, struct seen *out, struct err *err)
{
	struct str group = arena_printf(play->mem, "deliver/%.*s", STR_ARG(play->channel));
	struct visit *opened = NULL;
	struct wire_msg answer;
	bool has_answer = false;

	TRY(visit_open(&opened, &play->door, &play->pair, err));
	SCOPED(visit)
	struct visit *visit = opened;
	visit_hello(visit, group, 0);
	if (!visit_is_welcomed(visit, play->mem, ANSWER_MS)) {
		seen_word(out, "no session");
		return RES_OK;
	}
	/* replies wait for credit at the platform; whoever asks is still answered */
	if (visit_fence(visit, play->mem, &has_answer, &answer, ANSWER_MS) != RES_OK)
		seen_word(out, "no PONG either");
	else if (has_answer)
		seen_message(play, &answer, out);
	else
		seen_word(out, "nothing");
	return RES_OK;
}

/* The next answer to the letter, until it is BUSY or patience ends. */
static bool ask_until_busy(struct play *play, struct visit *visit, struct wire_msg *answer)
{
	const struct wire_msg letter = play_letter(play);

	for (int i = 0; i < 50; i++) {
		visit_send(visit, &letter);
		if (!visit_take(visit, play->mem, answer, ANSWER_MS))
			return false;
		if (answer->kind == WIRE_NACK && answer->head.code == WIRE_CODE_BUSY)
			return true;
	}
	return false;
}

static void busy_play(struct play *play, struct visit *visit, struct seen *out)
{
	const struct wire_msg letter = play_letter(play);
	struct wire_msg busy, again, then;

	seen_word(out, "never BUSY");
	if (!ask_until_busy(play, visit, &busy))
		return;
	visit_send(visit, &letter);
	if (!visit_take(visit, play->mem, &again, ANSWER_MS))
		return;
	/* waits for something that does not come: that is the retry time kept */
	visit_take(visit, play->mem, &then, again.head.retry_after_ms + 50);
	visit_send(visit, &letter);
	if (!visit_take(visit, play->mem, &then, ANSWER_MS))
		return;
	snprintf(out->word, sizeof out->word, "NACK BUSY, again %s, then %s",
		again.kind == WIRE_NACK ? wire_code_name(again.head.code)
					: wire_kind_name(again.kind),
		wire_kind_name(then.kind));
	out->text = arena_printf(play->mem, "retry_after_ms %d", busy.head.retry_after_ms);
}

enum res play_before_retry_time(struct play *play, struct seen *out, struct err *err)
{
	struct visit *opened = NULL;

	TRY(sandbox_quota(play->sandbox, play->mem, 1, err));
	TRY(play_enter(play, &opened, err));
	SCOPED(visit)
	struct visit *visit = opened;
	busy_play(play, visit, out);
	return sandbox_quota(play->sandbox, play->mem, 0, err);
}

/* The session was opened when the check began and has said nothing since. */
enum res play_silent(struct play *play, struct seen *out, struct err *err)
{
	const struct wire_msg letter = play_letter(play);
	struct instant end = instant_add(play->silent_since, SILENT_FOR);
	int64_t left_ms = instant_since(end, os_monotonic_now()).us / 1000;
	struct wire_msg answer;

	(void)err;
	seen_word(out, "nothing");
	if (left_ms > 0) {
		SCOPED(visit)
		struct visit *nobody = NULL;
		/* a session of its own that waits, so that nothing else happens on the silent one
		 */
		TRY(play_enter(play, &nobody, err));
		visit_take(nobody, play->mem, &answer, (int)left_ms);
	}
	visit_send(play->silent, &letter);
	if (visit_take(play->silent, play->mem, &answer, ANSWER_MS))
		seen_message(play, &answer, out);
	return RES_OK;
}

/* Sends the letter until it is refused. A receipt that finds its session ended is not handed over,
 * so no single answer is waited for long. */
static bool is_refused_at_last(struct play *play, struct visit *visit, struct wire_msg *answer)
{
	struct instant end = instant_add(os_monotonic_now(), REVOKED_PATIENCE);
	const struct wire_msg letter = play_letter(play);

	while (instant_is_before(os_monotonic_now(), end)) {
		visit_send(visit, &letter);
		if (!visit_take(visit, play->mem, answer, REVOKED_TRY_MS))
			continue;
		if (answer->kind == WIRE_HELLO) /* dismissed: what HELLO gets is the answer */
			visit_hello(visit, STR_NONE, 1);
		if (answer->kind == WIRE_NACK && answer->head.code != WIRE_CODE_BUSY)
			return true;
	}
	return false;
}

enum res play_revoked_session(struct play *play, struct seen *out, struct err *err)
{
	struct visit *opened = NULL;
	struct wire_msg answer;
	struct instant since;

	TRY(play_enter(play, &opened, err));
	SCOPED(visit)
	struct visit *visit = opened;
	TRY(sandbox_revoke_own(play->sandbox, play->mem, err));
	since = os_monotonic_now();
	seen_word(out, "never refused");
	if (!is_refused_at_last(play, visit, &answer))
		return RES_OK;
	seen_message(play, &answer, out);
	if (instant_since(os_monotonic_now(), since).us <= REVOKED_WITHIN.us)
		strncat(out->word, " within 1 s", sizeof out->word - strlen(out->word) - 1);
	return RES_OK;
}

enum res play_revoked_key(struct play *play, struct seen *out, struct err *err)
{
	return try_key(play, &play->pair, out, err);
}
