/* Any bytes as settings of a process, one of every type, from the environment and from a file: what
 * is loaded is within its bounds, what is refused leaves nothing behind. Lines, one a setting; the
 * rest is the secret's file. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "config/config.h"
#include "fuzz_disk.h"

#define SECRET_FILE "settings/secret"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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

static void environment_set(struct str rest)
{
	char value[512];
	struct str line;

	for (size_t i = 0; i < ROWS; i++) {
		line = STR("");
		(void)!str_split(&rest, '\n', &line);
		snprintf(value, sizeof(value), "%.*s", STR_ARG(line));
		setenv(table[i].name, value, 1);
	}
	fuzz_folder_make("settings");
	fuzz_file_write(SECRET_FILE, rest.p == NULL ? STR("") : rest);
	setenv("TC_KEY_FILE", getenv("TC_KEY")[0] == '\0' ? fuzz_path(SECRET_FILE) : "", 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct settings got, before;
	struct err err = { "" };

	memset(&got, 0, sizeof(got));
	before = got;
	environment_set(str_of(data, size));
	if (config_load(table, ROWS, &got, &err) != RES_OK) {
		CHECK(memcmp(&got, &before, sizeof(got)) == 0 && err.text[0] != '\0');
		return 0;
	}
	CHECK(got.count >= -10 && got.count <= 100 && got.wait_ms >= 1 && got.wait_ms <= 3600000);
	CHECK(got.room_bytes >= 1 && got.room_bytes <= 1073741824);
	CHECK(strlen(got.name) >= 1 && strlen(got.name) <= 8 && strlen(got.key) >= 10 &&
		strlen(got.key) <= 20);
	config_free(table, ROWS, &got);
	CHECK(got.name == NULL);
	return 0;
}
