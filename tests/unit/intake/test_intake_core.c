/* Life cycle, admission of letters and of keys. */
#include "intake_core.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct instant now = { INT64_C(1767229200000000) }; /* 2026-01-01 09:00 +08:00 */

static struct intake_case case_in(int state)
{
	return (struct intake_case){ .state = (int16_t)state,
		.source = STR("importer"),
		.source_msg_id = STR("m1"),
		.channel = STR("app"),
		.matter = { .klass = STR(""),
			.type = STR("help"),
			.category = STR("0205"),
			.area = STR("510104"),
			.named_units = STR(""),
			.kb_article = 3 },
		.received_at = { 7 },
		.accept_due = { .at = { 8 } },
		.closed_at = INSTANT_NONE };
}

static struct intake_event event_of(enum intake_event_kind kind)
{
	return (struct intake_event){ .kind = kind,
		.role = ROLE_SYSTEM,
		.at = { 99 },
		.source = STR("other"),
		.source_msg_id = STR("m2"),
		.channel = STR("forum"),
		.accept_due = { .at = { 100 }, .is_provisional = true },
		.matter = { .klass = STR("report"),
			.type = STR("report"),
			.category = STR("2004"),
			.area = STR("510105"),
			.confidence_pct = 80,
			.named_units = STR("D02") } };
}

/* Every triple that is not here is refused. Written anew, not taken from the core. */
static const struct {
	int from;
	int event;
	enum role role;
	int to;
} allowed[] = {
	{ INTAKE_UNKNOWN, INTAKE_RECEIVE, ROLE_SYSTEM, INTAKE_RECEIVED },
	{ INTAKE_RECEIVED, INTAKE_ACCEPT_AT_ONCE, ROLE_SYSTEM, INTAKE_ACCEPTED },
	{ INTAKE_RECEIVED, INTAKE_ACCEPT, ROLE_AGENT, INTAKE_ACCEPTED },
	{ INTAKE_RECEIVED, INTAKE_ACCEPT, ROLE_REVIEWER, INTAKE_ACCEPTED },
	{ INTAKE_RECEIVED, INTAKE_REFUSE, ROLE_REVIEWER, INTAKE_NOT_ACCEPTED },
	{ INTAKE_ACCEPTED, INTAKE_FOLLOWUP_CLOSED, ROLE_SYSTEM, INTAKE_CLOSED },
};

static int wanted_state(int state, int event, int role)
{
	for (size_t i = 0; i < COUNT(allowed); i++) {
		if (allowed[i].from == state && allowed[i].event == event &&
			(int)allowed[i].role == role)
			return allowed[i].to;
	}
	return -1;
}

static void assert_goes_by_the_table(int from, int kind, int role)
{
	struct intake_case file = case_in(from), out, untouched;
	struct intake_event event = event_of((enum intake_event_kind)kind);
	struct err err = { .text = "" };
	int wanted = wanted_state(from, kind, role);

	event.role = (enum role)role;
	memset(&out, 0x5A, sizeof out);
	untouched = out;
	enum res res = intake_decide(&file, &event, now, &out, &err);
	if (wanted >= 0) {
		assert_int_equal(res, RES_OK);
		assert_int_equal(out.state, wanted);
		return;
	}
	assert_true(res == RES_CONFLICT || res == RES_DENIED);
	assert_memory_equal(err.text, "intake: a case ", 15);
	assert_memory_equal(&out, &untouched, sizeof out);
}

static void intake_decide_every_triple_goes_by_the_table(void **state)
{
	(void)state;
	for (int from = 0; from <= INTAKE_STATES; from++) {
		for (int kind = 0; kind < INTAKE_EVENTS; kind++) {
			for (int role = 0; role < ROLES; role++)
				assert_goes_by_the_table(from, kind, role);
		}
	}
}

static void intake_decide_refusals_say_state_rule_and_what_is_possible(void **state)
{
	static const struct {
		int from;
		enum intake_event_kind kind;
		enum role role;
		enum res res;
		const char *says;
	} table[] = {
		{ INTAKE_ACCEPTED, INTAKE_REFUSE, ROLE_REVIEWER, RES_CONFLICT,
			"intake: a case that is ACCEPTED cannot be refused, only one that is "
			"RECEIVED; possible now: be closed by followup (system)" },
		{ INTAKE_NOT_ACCEPTED, INTAKE_ACCEPT, ROLE_AGENT, RES_CONFLICT,
			"intake: a case that is NOT_ACCEPTED cannot be accepted, only one that is "
			"RECEIVED; possible now: nothing" },
		{ INTAKE_RECEIVED, INTAKE_REFUSE, ROLE_AGENT, RES_DENIED,
			"intake: a case can be refused by reviewer, not by agent" },
		{ INTAKE_ACCEPTED, INTAKE_ACCEPT, ROLE_UNIT_OFFICER, RES_DENIED,
			"intake: a case can be accepted by agent or reviewer, not by "
			"unit_officer" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct intake_case file = case_in(table[i].from);
		struct intake_event event = event_of(table[i].kind);
		struct err err = { .text = "" };
		event.role = table[i].role;
		assert_int_equal(intake_decide(&file, &event, now, &file, &err), table[i].res);
		assert_string_equal(err.text, table[i].says);
	}
}

static void intake_decide_receive_begins_the_case_now(void **state)
{
	struct intake_case file = { 0 };
	struct intake_event event = event_of(INTAKE_RECEIVE);

	(void)state;
	assert_int_equal(intake_decide(&file, &event, now, &file, NULL), RES_OK);
	assert_int_equal(file.received_at.us, now.us);
	assert_true(instant_is_none(file.closed_at));
	assert_true(str_eq_c(file.source, "other") && str_eq_c(file.source_msg_id, "m2"));
	assert_true(str_eq_c(file.channel, "forum"));
	assert_true(str_eq_c(file.matter.klass, "report"));
	assert_true(str_eq_c(file.matter.category, "2004"));
	assert_int_equal(file.matter.confidence_pct, 80);
	assert_int_equal(file.accept_due.at.us, 100);
	assert_true(file.accept_due.is_provisional);
}

static void intake_decide_accept_takes_what_was_decided(void **state)
{
	static const struct {
		enum intake_event_kind kind;
		enum role role;
	} table[] = { { INTAKE_ACCEPT, ROLE_AGENT }, { INTAKE_ACCEPT_AT_ONCE, ROLE_SYSTEM } };

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct intake_case file = case_in(INTAKE_RECEIVED);
		struct intake_event event = event_of(table[i].kind);
		event.role = table[i].role;
		assert_int_equal(intake_decide(&file, &event, now, &file, NULL), RES_OK);
		assert_true(str_eq_c(file.matter.type, "report"));
		assert_true(str_eq_c(file.matter.category, "2004"));
		assert_true(str_eq_c(file.matter.area, "510105"));
		assert_int_equal(file.matter.kb_article, 0);
		assert_true(str_eq_c(file.channel, "app"));
		assert_true(str_eq_c(file.source, "importer"));
		assert_int_equal(file.accept_due.at.us, 8);
	}
}

static void intake_decide_refusing_keeps_what_was_suggested(void **state)
{
	struct intake_case file = case_in(INTAKE_RECEIVED);
	struct intake_event event = event_of(INTAKE_REFUSE);

	(void)state;
	event.role = ROLE_REVIEWER;
	assert_int_equal(intake_decide(&file, &event, now, &file, NULL), RES_OK);
	assert_true(str_eq_c(file.matter.type, "help"));
	assert_true(instant_is_none(file.closed_at));
}

static void intake_decide_closing_notes_when(void **state)
{
	struct intake_case file = case_in(INTAKE_ACCEPTED);
	struct intake_event event = event_of(INTAKE_FOLLOWUP_CLOSED);

	(void)state;
	assert_int_equal(intake_decide(&file, &event, now, &file, NULL), RES_OK);
	assert_int_equal(file.closed_at.us, 99);
	assert_int_equal(file.received_at.us, 7);
}

static void intake_state_name_unknown_number_is_a_question_mark(void **state)
{
	(void)state;
	assert_string_equal(intake_state_name(INTAKE_UNKNOWN), "UNKNOWN");
	assert_string_equal(intake_state_name(INTAKE_RECEIVED), "RECEIVED");
	assert_string_equal(intake_state_name(INTAKE_ACCEPTED), "ACCEPTED");
	assert_string_equal(intake_state_name(INTAKE_CLOSED), "CLOSED");
	assert_string_equal(intake_state_name(INTAKE_NOT_ACCEPTED), "NOT_ACCEPTED");
	assert_string_equal(intake_state_name(4711), "?");
}

static struct intake_letter good_letter(void)
{
	return (struct intake_letter){ .title = STR("路灯不亮"),
		.body = STR("楼下\t路灯\r\n三天不亮了"),
		.written_at = now,
		.area = STR("锦江区"),
		.likes = 3,
		.klass = STR(""),
		.reply_address = STR("sealed") };
}

static void assert_refused(const struct intake_letter *letter, const char *part)
{
	struct err err = { .text = "" };

	assert_int_equal(intake_check_letter(letter, &err), RES_INVALID);
	if (strstr(err.text, part) == NULL)
		fail_msg("'%s' does not say '%s'", err.text, part);
}

static void intake_check_letter_good_ones_pass(void **state)
{
	struct intake_letter letter = good_letter();

	(void)state;
	assert_int_equal(intake_check_letter(&letter, NULL), RES_OK);
	letter.written_at = INSTANT_NONE;
	letter.area = letter.reply_address = STR("");
	letter.klass = STR("report");
	assert_int_equal(intake_check_letter(&letter, NULL), RES_OK);
	letter.written_at = instant_add(now, SPAN_DAYS(400)); /* the channel's clock runs ahead */
	assert_int_equal(intake_check_letter(&letter, NULL), RES_OK);
}

static void intake_check_letter_bad_text_is_named_with_its_limit(void **state)
{
	static const struct {
		struct str title;
		struct str body;
		const char *says;
	} table[] = {
		{ STR_INIT(""), STR_INIT("b"), "title is empty: want 1-200" },
		{ STR_INIT(" \t\n"), STR_INIT("b"), "title is empty" },
		{ STR_INIT("\xE3\x80\x80"), STR_INIT("b"), "title is empty" },
		{ STR_INIT("t"), STR_INIT(""), "body is empty: want 1-50000" },
		{ STR_INIT("t"), STR_INIT("\r\n "), "body is empty" },
		{ STR_INIT("t\x01"), STR_INIT("b"), "title holds a control character at byte 2" },
		{ STR_INIT("t"), STR_INIT("ab\x7f"), "body holds a control character at byte 3" },
		{ STR_INIT("t\xff"), STR_INIT("b"), "title is not UTF-8" },
		{ STR_INIT("t"), STR_INIT("\xC0\x80"), "body is not UTF-8" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct intake_letter letter = good_letter();
		letter.title = table[i].title;
		letter.body = table[i].body;
		assert_refused(&letter, table[i].says);
	}
}

static void intake_check_letter_limits_are_sharp(void **state)
{
	static char text[3 * (INTAKE_BODY_CHARS_MAX + 1)];
	struct intake_letter letter = good_letter();

	(void)state;
	for (size_t i = 0; i < sizeof text; i += 3)
		memcpy(text + i, "\xE8\xB7\xAF", 3);
	letter.title = str_of(text, 3 * (size_t)INTAKE_TITLE_CHARS_MAX);
	letter.body = str_of(text, 3 * (size_t)INTAKE_BODY_CHARS_MAX);
	assert_int_equal(intake_check_letter(&letter, NULL), RES_OK);
	letter.title.n += 3;
	assert_refused(&letter, "title has 201 characters: want 1-200");
	letter.title.n -= 3;
	letter.body.n += 3;
	assert_refused(&letter, "body has 50001 characters: want 1-50000");
}

static void intake_check_letter_implausible_fields_are_named(void **state)
{
	static char many[INTAKE_ADDRESS_BYTES_MAX + 1];
	struct intake_letter letter;

	(void)state;
	memset(many, 'a', sizeof many);
	letter = good_letter();
	letter.written_at = (struct instant){ INT64_C(7258089600000000) };
	assert_refused(&letter, "after 2199-12-31");
	letter.written_at = (struct instant){ INT64_C(631123199999999) };
	assert_refused(&letter, "before 1990-01-01");
	letter = good_letter();
	letter.area = str_of(many, INTAKE_AREA_BYTES_MAX + 1);
	assert_refused(&letter, "area has 65 bytes: want at most 64");
	letter.area = STR("a\nb\x02");
	assert_refused(&letter, "area is not plain");
	letter = good_letter();
	letter.likes = -1;
	assert_refused(&letter, "likes is -1");
	letter.likes = INTAKE_LIKES_MAX + 1;
	assert_refused(&letter, "likes is 1000000001");
	letter = good_letter();
	letter.klass = STR("secret");
	assert_refused(&letter, "klass: want empty or \"report\"");
	letter = good_letter();
	letter.reply_address = str_of(many, sizeof many);
	assert_refused(&letter, "reply_address has 1025 bytes: want at most 1024");
}

#define KEY "0123456789012345678901234567890123456789"

static void intake_check_key_cases(void **state)
{
	static const struct str two[] = { STR_INIT("app"), STR_INIT("forum") };
	static const struct str bad[] = { STR_INIT("app"), STR_INIT("a/b") };
	static const struct str empty[] = { STR_INIT("") };
	const struct {
		struct intake_key key;
		const char *says; /* NULL: good */
	} table[] = {
		{ { STR(KEY), STR("importer-1"), two, 2 }, NULL },
		{ { STR(KEY "0"), STR("importer"), two, 2 }, "public_key has 41 characters" },
		{ { STR("0123456789 12345678901234567890123456789"), STR("x"), two, 2 }, "Z85" },
		{ { STR(KEY), STR(""), two, 2 }, "source has 0 bytes" },
		{ { STR(KEY), STR("Importer"), two, 2 }, "source holds a byte other" },
		{ { STR(KEY), STR("x"), two, 0 }, "0 channels: want 1-16" },
		{ { STR(KEY), STR("x"), two, 17 }, "17 channels" },
		{ { STR(KEY), STR("x"), bad, 2 }, "channel holds a byte other" },
		{ { STR(KEY), STR("x"), empty, 1 }, "channel has 0 bytes" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct err err = { .text = "" };
		enum res res = intake_check_key(&table[i].key, &err);
		assert_int_equal(res, table[i].says == NULL ? RES_OK : RES_INVALID);
		if (table[i].says != NULL && strstr(err.text, table[i].says) == NULL)
			fail_msg("'%s' does not say '%s'", err.text, table[i].says);
	}
}

static void intake_phone_plain_spellings_of_one_number_are_one(void **state)
{
	static const struct {
		const char *phone;
		const char *plain;
	} table[] = {
		{ "13812345678", "13812345678" },
		{ " 138-1234-5678 ", "13812345678" },
		{ "138 1234 5678", "13812345678" },
		{ "+86 138 1234 5678", "13812345678" },
		{ "(+86)13812345678", "13812345678" },
		{ "0086-13812345678", "13812345678" },
		{ "8613812345678", "13812345678" },
		{ "１３８１２３４５６７８", "13812345678" },
		{ "＋86 13812345678", "13812345678" },
		{ "13812345679", "13812345679" },
		{ "028-86123456", "02886123456" },
		{ "+86 28 8612 3456", "02886123456" },
		{ "0086 028 86123456", "02886123456" },
		{ "86123456", "86123456" }, /* a landline of this city */
		{ "12345", "12345" },
		{ "+86", "" },
		{ "无", "" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		char plain[64];
		size_t n = intake_phone_plain(str_from_c(table[i].phone), plain);
		if (!str_eq_c(str_of(plain, n), table[i].plain))
			fail_msg("row %zu: '%.*s'", i, (int)n, plain);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(intake_decide_every_triple_goes_by_the_table),
		cmocka_unit_test(intake_decide_refusals_say_state_rule_and_what_is_possible),
		cmocka_unit_test(intake_decide_receive_begins_the_case_now),
		cmocka_unit_test(intake_decide_accept_takes_what_was_decided),
		cmocka_unit_test(intake_decide_refusing_keeps_what_was_suggested),
		cmocka_unit_test(intake_decide_closing_notes_when),
		cmocka_unit_test(intake_state_name_unknown_number_is_a_question_mark),
		cmocka_unit_test(intake_check_letter_good_ones_pass),
		cmocka_unit_test(intake_check_letter_bad_text_is_named_with_its_limit),
		cmocka_unit_test(intake_check_letter_limits_are_sharp),
		cmocka_unit_test(intake_check_letter_implausible_fields_are_named),
		cmocka_unit_test(intake_check_key_cases),
		cmocka_unit_test(intake_phone_plain_spellings_of_one_number_are_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
