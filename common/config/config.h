/* Settings of a process: environment variables, or files named by NAME_FILE (for secrets), checked
 * against one table that also prints the help. A table is a .def file with lines SETTING(field,
 * NAME, type, fallback, least, most, "unit", "meaning") expanded into a struct's members and into a
 * table of struct config_setting. See common/kit/kit_config.def. */
#ifndef WL_CONFIG_CONFIG_H
#define WL_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

/* type in the .def → type of the member */
#define CONFIG_MEMBER_TEXT const char * /* never NULL; least and most bound its bytes */
#define CONFIG_MEMBER_SECRET                                                                       \
	const char * /* like TEXT, never printed; usually given as NAME_FILE                       \
		      */
#define CONFIG_MEMBER_INT  int64_t
#define CONFIG_MEMBER_BOOL bool /* true/false, yes/no, 1/0 */
#define CONFIG_MEMBER_MS                                                                           \
	int64_t /* milliseconds; "250ms", "3s", "5min" are understood; a bare number is            \
		   milliseconds */
#define CONFIG_MEMBER_BYTES int64_t /* "64KiB", "1MiB"; a bare number is bytes */

enum config_type { CONFIG_TEXT, CONFIG_SECRET, CONFIG_INT, CONFIG_BOOL, CONFIG_MS, CONFIG_BYTES };

struct config_setting {
	const char *name;
	enum config_type type;
	size_t offset;
	const char *fallback; /* NULL: must be given */
	int64_t least;
	int64_t most;
	const char *unit;
	const char *meaning;
};

#define CONFIG_ROW(struct_type, field_, name_, type_, fallback_, least_, most_, unit_, meaning_)   \
	{ .name = #name_,                                                                          \
		.type = CONFIG_##type_,                                                            \
		.offset = offsetof(struct_type, field_),                                           \
		.fallback = (fallback_),                                                           \
		.least = (least_),                                                                 \
		.most = (most_),                                                                   \
		.unit = (unit_),                                                                   \
		.meaning = (meaning_) },

/* Fills *out from the environment. Text lives until config_free. RES_INVALID names the variable,
 * what it holds (never a secret), and what it wants. A variable and its _FILE at once are
 * refused; an empty variable counts as not given.
 */
enum res config_load(
	const struct config_setting *settings, size_t n, void *out, struct err *err) must_check;
void config_free(const struct config_setting *settings, size_t n, void *config);

/* Prints the table for people: name, unit, bounds, default, meaning. */
void config_help(const struct config_setting *settings, size_t n, FILE *to);

#endif
