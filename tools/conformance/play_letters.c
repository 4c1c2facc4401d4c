/* Mistakes in letters and other messages: what stands in them. */
#include <stdio.h>
#include <string.h>

#include "base/id.h"
#include "crypto/crypto.h"
#include "play.h"
#include "proto/door.pb-c.h"

#define LONG_TITLE 201
#define LONG_BODY  50001
#define BOMB	   5000
#define DONE_MS	   1500 /* DONE has no answer of its own: this long nothing may come */

static const char title[] = "【渠道自检】请忽略";
static const struct str body = STR_INIT("这是渠道自检程序提交的测试来信，不是市民诉求。");

/* Asks with a letter that is wanted to be taken, and unpacks its receipt. */
static enum res ask_receipt(struct play *play, struct seen *out, struct wire_msg *answer,
	Wangli__Receipt **receipt, struct err *err)
{
	const struct wire_msg letter = play_letter(play);
	struct visit *opened = NULL;

	*receipt = NULL;
	TRY(play_enter(play, &opened, err));
	SCOPED(visit)
	struct visit *visit = opened;
	visit_send(visit, &letter);
	seen_word(out, "nothing");
	if (!visit_take(visit, play->mem, answer, ANSWER_MS))
		return RES_OK;
	seen_message(play, answer, out);
	if (answer->kind != WIRE_RECEIPT)
		return RES_OK;
	return wire_unpack(play->mem, &wangli__receipt__descriptor, answer->body, receipt, err);
}

enum res play_first_letter(struct play *play, struct seen *out, struct err *err)
{
	Wangli__Receipt *receipt;
	struct wire_msg answer;

	TRY(ask_receipt(play, out, &answer, &receipt, err));
	if (receipt == NULL)
		return RES_OK;
	TRY(case_number_parse(wire_str(receipt->case_number), &play->case_id, err));
	play->case_number = arena_str(play->keep, wire_str(receipt->case_number));
	play->digest = arena_str(play->keep, str_of(receipt->digest.data, receipt->digest.len));
	out->text = arena_printf(play->mem, "%s%s", receipt->case_number,
		receipt->is_repeat ? ", left by an earlier check" : "");
	return RES_OK;
}

enum res play_same_letter_again(struct play *play, struct seen *out, struct err *err)
{
	Wangli__Receipt *receipt;
	struct wire_msg answer;

	TRY(ask_receipt(play, out, &answer, &receipt, err));
	if (receipt == NULL)
		return RES_OK;
	bool is_same = str_eq(wire_str(receipt->case_number), play->case_number) &&
		       str_eq(str_of(receipt->digest.data, receipt->digest.len), play->digest);
	snprintf(out->word, sizeof out->word, "RECEIPT, %s%s", is_same ? "the same" : "another",
		receipt->is_repeat ? ", is_repeat" : "");
	out->text = arena_str(play->mem, wire_str(receipt->case_number));
	return RES_OK;
}

enum res play_same_name_other_content(struct play *play, struct seen *out, struct err *err)
{
	const struct wire_msg msg = play_letter_of(play, "1", title, STR("别的内容"), "");

	return play_ask(play, &msg, out, err);
}

enum res play_foreign_channel(struct play *play, struct seen *out, struct err *err)
{
	struct wire_msg msg = play_letter(play);

	msg.head.channel = play->foreign;
	return play_ask(play, &msg, out, err);
}

enum res play_no_name(struct play *play, struct seen *out, struct err *err)
{
	struct wire_msg msg = play_letter(play);

	msg.head.source_msg_id = STR_NONE;
	return play_ask(play, &msg, out, err);
}

static enum res ask_letter(struct play *play, const char *name, const char *with_title,
	struct str with_body, struct seen *out, struct err *err)
{
	const struct wire_msg msg = play_letter_of(play, name, with_title, with_body, "");

	return play_ask(play, &msg, out, err);
}

enum res play_empty_title(struct play *play, struct seen *out, struct err *err)
{
	return ask_letter(play, "empty-title", "", body, out, err);
}

enum res play_empty_body(struct play *play, struct seen *out, struct err *err)
{
	return ask_letter(play, "empty-body", title, STR(""), out, err);
}

static struct str repeated(struct play *play, const char *piece, size_t times)
{
	struct str one = str_from_c(piece);
	char *all = arena_alloc(play->mem, one.n * times + 1);

	for (size_t i = 0; all != NULL && i < times; i++)
		memcpy(all + i * one.n, one.p, one.n);
	return str_of(all, all == NULL ? 0 : one.n * times);
}

enum res play_long_title(struct play *play, struct seen *out, struct err *err)
{
	return ask_letter(play, "long-title", repeated(play, "题", LONG_TITLE).p, body, out, err);
}

enum res play_long_body(struct play *play, struct seen *out, struct err *err)
{
	return ask_letter(play, "long-body", title, repeated(play, "文", LONG_BODY), out, err);
}

enum res play_bad_utf8(struct play *play, struct seen *out, struct err *err)
{
	return ask_letter(play, "bad-utf8", "\xc7\xeb\xba\xf6\xc2\xd4", body, out, err);
}

/* protobuf-c's texts end at a NUL, so this one is written by hand: field 2, body. */
enum res play_nul_in_text(struct play *play, struct seen *out, struct err *err)
{
	struct wire_msg msg = play_letter_of(play, "nul", title, body, "");

	msg.body = STR("\x0a\x01t\x12\x03"
		       "a\0b");
	return play_ask(play, &msg, out, err);
}

enum res play_no_protobuf(struct play *play, struct seen *out, struct err *err)
{
	struct wire_msg msg = play_letter_of(play, "no-protobuf", title, body, "");

	msg.body = STR("{\"title\": \"t\"}");
	return play_ask(play, &msg, out, err);
}

/* Field 9 (attachments) without content, over and over: two bytes each. */
enum res play_protobuf_bomb(struct play *play, struct seen *out, struct err *err)
{
	struct wire_msg msg = play_letter_of(play, "bomb", title, body, "");

	char *all = arena_alloc(play->mem, (size_t)2 * BOMB);
	for (size_t i = 0; all != NULL && i < BOMB; i++) {
		all[2 * i] = 0x4a;
		all[2 * i + 1] = 0;
	}
	msg.body = str_of(all, all == NULL ? 0 : (size_t)2 * BOMB);
	return play_ask(play, &msg, out, err);
}

enum res play_bad_class(struct play *play, struct seen *out, struct err *err)
{
	const struct wire_msg msg = play_letter_of(play, "bad-class", title, body, "vip");

	return play_ask(play, &msg, out, err);
}

enum res play_report_class(struct play *play, struct seen *out, struct err *err)
{
	const struct wire_msg msg = play_letter_of(play, "report", title, body, "report");

	return play_ask(play, &msg, out, err);
}

/* --- contact data --- */

static ProtobufCBinaryData binary(struct str bytes)
{
	return (ProtobufCBinaryData){ .len = bytes.n, .data = (uint8_t *)(uintptr_t)bytes.p };
}

/* A letter with a contact: sealed to `key`, for the letter called `about`; clear: not at all. */
static enum res ask_contact(struct play *play, const uint8_t key[CRYPTO_KEY_BYTES],
	struct str about, bool is_clear, struct seen *out, struct err *err)
{
	struct wire_msg msg = play_letter_of(play, "contact", title, body, "");
	Wangli__SealedContact contact = WANGLI__SEALED_CONTACT__INIT;
	Wangli__ContactPlain plain = WANGLI__CONTACT_PLAIN__INIT;
	Wangli__Submit submit = WANGLI__SUBMIT__INIT;
	uint8_t sealed_key[CRYPTO_SEALED_KEY_BYTES];
	uint8_t data_key[CRYPTO_KEY_BYTES];
	uint8_t epoch[CRYPTO_HASH_BYTES];

	crypto_key_make(data_key);
	crypto_key_seal(data_key, key, sealed_key);
	struct str sealed = str_of(sealed_key, sizeof sealed_key);
	crypto_hash(epoch, NULL, &sealed, 1);
	plain.phone = (char *)(uintptr_t) "02800000000";
	struct str record = wire_pack(play->mem, &plain.base);
	contact.epoch = binary(str_of(epoch, 16));
	contact.sealed_key = binary(sealed);
	contact.record =
		binary(is_clear ? record : crypto_record_seal(play->mem, record, about, data_key));
	submit.title = (char *)(uintptr_t)title;
	submit.body = (char *)(uintptr_t)body.p;
	submit.contact = &contact;
	msg.body = wire_pack(play->mem, &submit.base);
	return play_ask(play, &msg, out, err);
}

enum res play_clear_contact(struct play *play, struct seen *out, struct err *err)
{
	return ask_contact(play, play->vault_key, STR_NONE, true, out, err);
}

enum res play_wrong_vault(struct play *play, struct seen *out, struct err *err)
{
	uint8_t key[CRYPTO_KEY_BYTES];
	uint8_t secret[CRYPTO_KEY_BYTES];

	crypto_pair_make(key, secret);
	return ask_contact(play, key, STR("wangli-channel-check/contact"), false, out, err);
}

enum res play_contact_of_other_letter(struct play *play, struct seen *out, struct err *err)
{
	return ask_contact(play, play->vault_key, STR("another"), false, out, err);
}

/* --- what is not an integrator's to say --- */

static enum res ask_command(struct play *play, const char *type, struct seen *out, struct err *err)
{
	return play_ask(play,
		&(struct wire_msg){ .kind = WIRE_COMMAND,
			.head = { .id = STR("command"),
				.type = str_from_c(type),
				.to = STR("reply"),
				.actor = STR("mayor"),
				.case_id = play->case_id,
				.command_id = STR("wangli-channel-check") } },
		out, err);
}

enum res play_unknown_command(struct play *play, struct seen *out, struct err *err)
{
	return ask_command(play, "nobody.knows.v1", out, err);
}

enum res play_staff_command(struct play *play, struct seen *out, struct err *err)
{
	return ask_command(play, "reply.approve.v1", out, err);
}

/* DONE for a case and a letter, with an outcome or without. */
static struct wire_msg done(struct play *play, int64_t case_id, enum wire_code code)
{
	Wangli__Done said = WANGLI__DONE__INIT;

	said.delivery_id = (char *)(uintptr_t) "wangli-channel-check";
	return (struct wire_msg){ .kind = WIRE_DONE,
		.head = { .id = STR("done"),
			.type = STR("done.v1"),
			.to = STR("reply"),
			.case_id = case_id,
			.channel = play->channel,
			.source_msg_id = STR("wangli-channel-check/1"),
			.code = code },
		.body = wire_pack(play->mem, &said.base) };
}

enum res play_done_without_outcome(struct play *play, struct seen *out, struct err *err)
{
	const struct wire_msg msg = done(play, play->case_id, WIRE_CODE_UNSPECIFIED);

	return play_ask(play, &msg, out, err);
}

enum res play_done_nothing_delivered(struct play *play, struct seen *out, struct err *err)
{
	const struct wire_msg msg = done(play, play->case_id, WIRE_CODE_DELIVERED);

	return play_ask_within(play, &msg, DONE_MS, out, err);
}

/* The neighbour hands in a letter of its own; which case it became. 0: it has no receipt. */
static enum res neighbours_case(struct play *play, int64_t *out, struct err *err)
{
	struct wire_msg letter = play_letter(play);
	Wangli__Receipt *receipt = NULL;
	struct visit *opened = NULL;
	struct wire_msg answer;

	*out = 0;
	letter.head.channel = STR(SANDBOX_OTHER);
	TRY(play_enter_as(play, &play->sandbox->other, &opened, err));
	SCOPED(visit)
	struct visit *other = opened;
	visit_send(other, &letter);
	if (!visit_take(other, play->mem, &answer, ANSWER_MS) || answer.kind != WIRE_RECEIPT)
		return RES_OK;
	TRY(wire_unpack(play->mem, &wangli__receipt__descriptor, answer.body, &receipt, err));
	return case_number_parse(wire_str(receipt->case_number), out, err);
}

/* reply refuses it and logs message_refused; outside nothing is heard of it. */
enum res play_done_of_foreign_case(struct play *play, struct seen *out, struct err *err)
{
	int64_t case_id;

	TRY(neighbours_case(play, &case_id, err));
	if (case_id == 0) {
		seen_word(out, "the neighbour has no receipt");
		return RES_OK;
	}
	const struct wire_msg msg = done(play, case_id, WIRE_CODE_DELIVERED);
	return play_ask_within(play, &msg, DONE_MS, out, err);
}
