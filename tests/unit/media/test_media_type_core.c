/* Types by content: each magic number, and what only pretends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "media_type_core.h"

#define ZIP	"PK\003\004aaaabbbbccccddddeeeeffffgg"
#define ZIP_END "PK\x05\x06"

static void media_type_agrees_only_with_its_content(void **state)
{
	static const struct {
		enum media_kind declared;
		struct str head;
		struct str tail;
		enum res res;
	} rows[] = {
		{ MEDIA_JPEG, STR_INIT("\xFF\xD8\xFF\xE0"), STR_INIT(""), RES_OK },
		{ MEDIA_JPEG, STR_INIT(" \xFF\xD8\xFF"), STR_INIT(""), RES_INVALID },
		{ MEDIA_JPEG, STR_INIT("\xFF\xD8"), STR_INIT(""), RES_INVALID },
		{ MEDIA_PNG, STR_INIT("\x89PNG\r\n\x1A\n"), STR_INIT(""), RES_OK },
		{ MEDIA_PNG, STR_INIT("\xFF\xD8\xFF"), STR_INIT(""), RES_INVALID },
		{ MEDIA_WEBP, STR_INIT("RIFF0000WEBP"), STR_INIT(""), RES_OK },
		{ MEDIA_WAV, STR_INIT("RIFF0000WEBP"), STR_INIT(""), RES_INVALID },
		{ MEDIA_WAV, STR_INIT("RIFF0000WAVE"), STR_INIT(""), RES_OK },
		{ MEDIA_GIF, STR_INIT("GIF89a"), STR_INIT(""), RES_OK },
		{ MEDIA_HEIC,
			STR_INIT("\0\0\0\x18"
				 "ftypheic"),
			STR_INIT(""), RES_OK },
		{ MEDIA_MP4,
			STR_INIT("\0\0\0\x18"
				 "ftypisom"),
			STR_INIT(""), RES_OK },
		{ MEDIA_M4A,
			STR_INIT("\0\0\0\x18"
				 "ftypmp42"),
			STR_INIT(""), RES_OK },
		{ MEDIA_MP4,
			STR_INIT("\0\0\0\x18"
				 "ftypM4A "),
			STR_INIT(""), RES_INVALID },
		{ MEDIA_PDF, STR_INIT("%PDF-1.7"), STR_INIT(""), RES_OK },
		{ MEDIA_PDF, STR_INIT("\n%PDF-1.7"), STR_INIT(""), RES_INVALID },
		{ MEDIA_PDF, STR_INIT("MZ%PDF-1.7"), STR_INIT(""), RES_INVALID },
		{ MEDIA_MP3, STR_INIT("ID3\x04"), STR_INIT(""), RES_OK },
		{ MEDIA_AMR, STR_INIT("#!AMR\n"), STR_INIT(""), RES_OK },
		{ MEDIA_TEXT, STR_INIT("hello"), STR_INIT("hello"), RES_OK },
		{ MEDIA_TEXT, STR_INIT("%PDF-1.7"), STR_INIT(""), RES_INVALID },
		{ MEDIA_DOCX, STR_INIT(ZIP "_rels/.rels"), STR_INIT("word/document.xml" ZIP_END),
			RES_OK },
		{ MEDIA_XLSX, STR_INIT(ZIP "_rels/.rels"), STR_INIT("word/document.xml" ZIP_END),
			RES_INVALID },
		{ MEDIA_XLSX, STR_INIT(ZIP "xl/a"), STR_INIT("xl/workbook.xml" ZIP_END), RES_OK },
		{ MEDIA_DOCX, STR_INIT(ZIP "_rels/.rels"),
			STR_INIT("word/document.xml vbaProject.bin" ZIP_END), RES_INVALID },
		{ MEDIA_DOCX, STR_INIT(ZIP "evil.exe"), STR_INIT("word/document.xml" ZIP_END),
			RES_INVALID },
		{ MEDIA_JPEG, STR_INIT(""), STR_INIT(""), RES_INVALID },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (media_type_agrees(rows[i].declared, rows[i].head, rows[i].tail, NULL) !=
			rows[i].res)
			fail_msg("row %zu", i);
}

static void media_type_declared_knows_names_and_aliases(void **state)
{
	enum media_kind kind;

	(void)state;
	assert_int_equal(media_type_declared(STR("Image/JPG"), &kind, NULL), RES_OK);
	assert_int_equal(kind, MEDIA_JPEG);
	assert_int_equal(media_type_declared(STR("text/html"), &kind, NULL), RES_INVALID);
	assert_int_equal(media_type_declared(STR("image/svg+xml"), &kind, NULL), RES_INVALID);
	assert_int_equal(media_type_declared(STR(""), &kind, NULL), RES_INVALID);
}

static void media_text_check_refuses_markup_and_programs(void **state)
{
	(void)state;
	assert_int_equal(media_text_check(STR("\xEF\xBB\xBF 你好\r\n"), NULL), RES_OK);
	assert_int_equal(media_text_check(STR("\xEF\xBB\xBF <html>"), NULL), RES_INVALID);
	assert_int_equal(media_text_check(STR("#!/bin/sh"), NULL), RES_INVALID);
	assert_int_equal(media_text_check(STR("a\0b"), NULL), RES_INVALID);
	assert_int_equal(media_text_check(STR("\xC4\xE3"), NULL), RES_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(media_type_agrees_only_with_its_content),
		cmocka_unit_test(media_type_declared_knows_names_and_aliases),
		cmocka_unit_test(media_text_check_refuses_markup_and_programs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
