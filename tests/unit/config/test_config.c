/* Settings from the environment and from files, by a table of every type. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "config/config.h"

struct settings {
#define SETTING(field, name, type, fallback, least, most, unit, meaning) CONFIG_MEMBER_##type field;
#include "test_config.def"
#undef SETTING
};

static const struct config_setting table[] = {
#define SETTING(field, name, type, fallback, least, most, unit, meaning)                           \
	CONFIG_ROW(struct settings, field, name, type, fallback, least, most, unit, meaning)
#include "test_config.def"
#undef SETTING
};
#define ROWS (sizeof(table) / sizeof(table[0]))

static int environment_reset(void **state)
{
	char file_name[64];

	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		snprintf(file_name, sizeof(file_name), "%s_FILE", table[i].name);
		unsetenv(table[i].name);
		unsetenv(file_name);
	}
	return setenv("TC_NAME", "thing", 1);
}

static void config_load_nothing_given_takes_fallbacks(void **state)
{
	struct settings got;

	(void)state;
	assert_int_equal(config_load(table, ROWS, &got, NULL), RES_OK);
	assert_string_equal(got.name, "thing");
	assert_string_equal(got.title, "none yet");
	assert_string_equal(got.key, "0123456789");
	assert_int_equal(got.count, 5);
	assert_false(got.is_loud);
	assert_int_equal(got.wait_ms, 3000);
	assert_int_equal(got.room_bytes, 65536);
	config_free(table, ROWS, &got);
	assert_null(got.name);
}

static void config_load_any_text_is_read_or_refused(void **state)
{
	static const struct {
		const char *name, *text;
		enum res res;
		size_t offset; /* of the member that holds the value */
		int64_t value;
	} rows[] = {
		{ "TC_COUNT", "-10", RES_OK, offsetof(struct settings, count), -10 },
		{ "TC_COUNT", "100", RES_OK, offsetof(struct settings, count), 100 },
		{ "TC_COUNT", "", RES_OK, offsetof(struct settings, count), 5 },
		{ "TC_COUNT", "101", RES_INVALID, 0, 0 },
		{ "TC_COUNT", "-11", RES_INVALID, 0, 0 },
		{ "TC_COUNT", "5s", RES_INVALID, 0, 0 },
		{ "TC_COUNT", "99999999999999999999", RES_INVALID, 0, 0 },
		{ "TC_WAIT", "250", RES_OK, offsetof(struct settings, wait_ms), 250 },
		{ "TC_WAIT", "250ms", RES_OK, offsetof(struct settings, wait_ms), 250 },
		{ "TC_WAIT", "5min", RES_OK, offsetof(struct settings, wait_ms), 300000 },
		{ "TC_WAIT", "1h", RES_OK, offsetof(struct settings, wait_ms), 3600000 },
		{ "TC_WAIT", "2h", RES_INVALID, 0, 0 },
		{ "TC_WAIT", "0ms", RES_INVALID, 0, 0 },
		{ "TC_WAIT", "3 s", RES_INVALID, 0, 0 },
		{ "TC_WAIT", "s", RES_INVALID, 0, 0 },
		{ "TC_WAIT", "9223372036854775807min", RES_INVALID, 0, 0 },
		{ "TC_ROOM", "1MiB", RES_OK, offsetof(struct settings, room_bytes), 1048576 },
		{ "TC_ROOM", "1GiB", RES_OK, offsetof(struct settings, room_bytes), 1073741824 },
		{ "TC_ROOM", "7", RES_OK, offsetof(struct settings, room_bytes), 7 },
		{ "TC_ROOM", "1MB", RES_INVALID, 0, 0 },
		{ "TC_ROOM", "2GiB", RES_INVALID, 0, 0 },
		{ "TC_LOUD", "maybe", RES_INVALID, 0, 0 },
		{ "TC_NAME", "far too long", RES_INVALID, 0, 0 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct settings got = { 0 };
		struct err err = { "" };
		environment_reset(NULL);
		setenv(rows[i].name, rows[i].text, 1);
		assert_int_equal(config_load(table, ROWS, &got, &err), rows[i].res);
		if (rows[i].res != RES_OK) {
			const struct settings untouched = { 0 };
			assert_memory_equal(&got, &untouched, sizeof(got));
			assert_true(str_starts(str_from_c(err.text), str_from_c(rows[i].name)));
			assert_non_null(strstr(err.text, rows[i].text));
			continue;
		}
		int64_t value;
		memcpy(&value, (const char *)&got + rows[i].offset, sizeof(value));
		assert_int_equal(value, rows[i].value);
		config_free(table, ROWS, &got);
	}
}

static void config_load_words_of_truth_are_read(void **state)
{
	static const struct {
		const char *text;
		bool is_true;
	} rows[] = { { "true", true }, { "YES", true }, { "1", true }, { "false", false },
		{ "No", false }, { "0", false } };
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct settings got;
		setenv("TC_LOUD", rows[i].text, 1);
		assert_int_equal(config_load(table, ROWS, &got, NULL), RES_OK);
		assert_int_equal(got.is_loud, rows[i].is_true);
		config_free(table, ROWS, &got);
	}
}

static void config_load_missing_one_is_named(void **state)
{
	struct settings got;
	struct err err;

	(void)state;
	unsetenv("TC_NAME");
	assert_int_equal(config_load(table, ROWS, &got, &err), RES_INVALID);
	assert_non_null(strstr(err.text, "TC_NAME is not set"));
}

static void file_write(char *path, const char *bytes, size_t n)
{
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, n), (ssize_t)n);
	close(fd);
}

static void config_load_file_gives_the_value_without_line_end(void **state)
{
	char path[] = "/tmp/test_config.XXXXXX";
	struct settings got;

	(void)state;
	file_write(path, "secret in file\r\n", 16);
	setenv("TC_KEY_FILE", path, 1);
	assert_int_equal(config_load(table, ROWS, &got, NULL), RES_OK);
	assert_string_equal(got.key, "secret in file");
	config_free(table, ROWS, &got);
	unlink(path);
}

static void config_load_secret_is_never_told(void **state)
{
	char path[] = "/tmp/test_config.XXXXXX";
	struct settings got;
	struct err err;

	(void)state;
	setenv("TC_KEY", "hush", 1);
	assert_int_equal(config_load(table, ROWS, &got, &err), RES_INVALID);
	assert_null(strstr(err.text, "hush"));
	assert_non_null(strstr(err.text, "4 bytes"));
	unsetenv("TC_KEY");
	file_write(path, "a NUL \0 in it", 13);
	setenv("TC_KEY_FILE", path, 1);
	assert_int_equal(config_load(table, ROWS, &got, &err), RES_INVALID);
	assert_null(strstr(err.text, "in it"));
	unlink(path);
}

static void config_load_both_or_no_file_is_refused(void **state)
{
	struct settings got;
	struct err err;

	(void)state;
	setenv("TC_KEY_FILE", "/nowhere/at/all", 1);
	assert_int_equal(config_load(table, ROWS, &got, &err), RES_INVALID);
	assert_non_null(strstr(err.text, "/nowhere/at/all"));
	setenv("TC_KEY", "0123456789", 1);
	assert_int_equal(config_load(table, ROWS, &got, &err), RES_INVALID);
	assert_non_null(strstr(err.text, "both"));
}

static void config_load_endless_file_is_refused(void **state)
{
	struct settings got;
	struct err err;

	(void)state;
	setenv("TC_TITLE_FILE", "/dev/zero", 1);
	assert_int_equal(config_load(table, ROWS, &got, &err), RES_INVALID);
	assert_non_null(strstr(err.text, "at most"));
}

static void config_help_every_setting_has_a_line(void **state)
{
	char *text = NULL;
	size_t n = 0;
	FILE *to = open_memstream(&text, &n);

	(void)state;
	config_help(table, ROWS, to);
	fclose(to);
	for (size_t i = 0; i < ROWS; i++) {
		assert_non_null(strstr(text, table[i].name));
		assert_non_null(strstr(text, table[i].meaning));
	}
	assert_non_null(strstr(text, "(must be given)"));
	assert_non_null(strstr(text, "1 to 3600000 ms"));
	assert_null(strstr(text, "0123456789"));
	free(text);
}

#define CONFIG_TEST(name) cmocka_unit_test_setup(name, environment_reset)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONFIG_TEST(config_load_nothing_given_takes_fallbacks),
		CONFIG_TEST(config_load_any_text_is_read_or_refused),
		CONFIG_TEST(config_load_words_of_truth_are_read),
		CONFIG_TEST(config_load_missing_one_is_named),
		CONFIG_TEST(config_load_file_gives_the_value_without_line_end),
		CONFIG_TEST(config_load_secret_is_never_told),
		CONFIG_TEST(config_load_both_or_no_file_is_refused),
		CONFIG_TEST(config_load_endless_file_is_refused),
		CONFIG_TEST(config_help_every_setting_has_a_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
