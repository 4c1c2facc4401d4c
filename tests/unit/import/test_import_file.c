/* A file with bad rows → its reject file → mended → in, with nothing twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "import_file.h"
#include "os/os.h"

#define MEM_BYTES (1u << 20)
#define FOLDER	  "/tmp/wangli-test-import-XXXXXX"

struct folder {
	char path[sizeof FOLDER];
	char file[64];
	char rejected[64];
};

static struct folder folder_make(void)
{
	struct folder folder = { .path = FOLDER };
	assert_non_null(mkdtemp(folder.path));
	(void)!snprintf(folder.file, sizeof folder.file, "%s/a.csv", folder.path);
	(void)!snprintf(folder.rejected, sizeof folder.rejected, "%s/r.csv", folder.path);
	return folder;
}

static void folder_remove(const struct folder *folder)
{
	unlink(folder->file);
	unlink(folder->rejected);
	assert_int_equal(rmdir(folder->path), 0);
}

static struct import_file loaded(const char *path)
{
	const struct import_file_options options = { .path = path };
	struct import_file file;
	struct err err = { .text = "" };
	if (import_file_load(&file, &options, &err) != RES_OK)
		fail_msg("%s", err.text);
	return file;
}

/* Loads `text`, writes its reject file and reads that back. */
static struct str rejects_of(
	struct arena *mem, const struct folder *folder, struct str text, size_t n_rejected)
{
	struct str out = STR("");
	assert_int_equal(os_file_replace(folder->file, text, 0600, NULL), RES_OK);
	struct import_file file = loaded(folder->file);
	assert_int_equal(file.rejected, n_rejected);
	assert_int_equal(import_file_write_rejected(&file, folder->rejected, NULL), RES_OK);
	if (n_rejected > 0)
		assert_int_equal(
			os_file_read(mem, folder->rejected, MEM_BYTES, &out, NULL), RES_OK);
	else
		assert_int_equal(access(folder->rejected, F_OK), -1);
	import_file_fini(&file);
	return out;
}

static struct str replaced(struct arena *mem, struct str text, const char *what, const char *with)
{
	size_t at = str_find(text, str_from_c(what), 0);
	assert_true(at != SIZE_MAX);
	struct str tail = str_slice(text, at + strlen(what), text.n);
	return arena_printf(
		mem, "%.*s%s%.*s", STR_ARG(str_slice(text, 0, at)), with, STR_ARG(tail));
}

static void reject_file_mended_goes_in(void **state)
{
	SCOPED(arena)
	struct arena *mem = arena_create(MEM_BYTES);
	struct folder folder = folder_make();
	(void)state;
	struct str text = rejects_of(mem, &folder,
		STR("external_id,title,body,extra\n"
		    "G1,路灯,坏了,x\n"
		    "E1,没有正文,,\"a,b\"\n"
		    "E2,多,了,一,列\n"
		    "E3,\"断\"了,x,y\n"),
		3);
	assert_true(
		str_eq_c(text, "external_id,title,body,extra,line,reason\r\n"
			       "E1,没有正文,,\"a,b\",3,body is empty\r\n"
			       "\"E2,多,了,一,列\",,,,4,5 columns: the first line has 4\r\n"
			       "\"E3,\"\"断\"\"了,x,y\",,,,5,broken quoting: text behind a closing "
			       "quote\r\n"));
	/* as it is: the same rows, the same columns once, the lines of this file */
	struct str again = rejects_of(mem, &folder, text, 3);
	assert_true(str_starts(again, STR("external_id,title,body,extra,line,reason\r\n"
					  "E1,没有正文,,\"a,b\",2,body is empty\r\n")));
	assert_true(str_find(again, STR("多,了,一,列\",,,,3,title is empty"), 0) != SIZE_MAX);
	text = replaced(mem, text, "没有正文,,", "没有正文,有了,");
	text = replaced(mem, text, "\"E2,多,了,一,列\",,,,", "E2,多,\"了,一\",列,");
	text = replaced(mem, text, "\"E3,\"\"断\"\"了,x,y\",,,,", "E3,断了,x,y,");
	rejects_of(mem, &folder, text, 0);
	struct import_file file = loaded(folder.file);
	assert_int_equal(file.n, 3);
	assert_true(str_eq_c(file.items[0].row.body, "有了"));
	assert_true(str_eq_c(file.items[1].row.body, "了,一"));
	assert_true(str_eq_c(file.header.ignored, "extra"));
	import_file_fini(&file);
	folder_remove(&folder);
}

static void reject_file_of_a_gb18030_source_is_utf8(void **state)
{
	SCOPED(arena)
	struct arena *mem = arena_create(MEM_BYTES);
	struct folder folder = folder_make();
	(void)state;
	struct str text =
		rejects_of(mem, &folder, STR("external_id,title,body\n1,\xB1\xEA\xCC\xE2,\n"), 1);
	assert_true(str_eq_c(text, "external_id,title,body,line,reason\r\n"
				   "1,标题,,2,body is empty\r\n"));
	folder_remove(&folder);
}

static void columns_named_line_and_reason_can_be_mapped(void **state)
{
	struct folder folder = folder_make();
	const struct import_map map = { STR_INIT("body"), STR_INIT("reason") };
	const struct import_file_options options = {
		.path = folder.file, .maps = &map, .n_maps = 1
	};
	struct import_file file;
	(void)state;
	assert_int_equal(os_file_replace(folder.file,
				 STR("external_id,title,line,reason\n1,t,7,why\n"), 0600, NULL),
		RES_OK);
	assert_int_equal(import_file_load(&file, &options, NULL), RES_OK);
	assert_int_equal(file.rejected, 0);
	assert_true(str_eq_c(file.items[0].row.body, "why"));
	import_file_fini(&file);
	folder_remove(&folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reject_file_mended_goes_in),
		cmocka_unit_test(reject_file_of_a_gb18030_source_is_utf8),
		cmocka_unit_test(columns_named_line_and_reason_can_be_mapped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
