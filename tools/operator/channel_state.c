/* channel state: what a source keeps for itself, by name and size. Values are the integrator's
 * alone. */
#include <stdio.h>

#include "channel_sql.h"
#include "clock/line.h"
#include "db/db.h"
#include "operator.h"
#include "json/json.h"

struct kept {
	struct str name;
	int64_t bytes;
	int64_t version;   /* 0: no value, only a lease */
	struct str holder; /* "" nobody */
	int64_t lease_left_ms;
	struct instant changed_at;
};

static struct kept kept_get(const struct db_result *rows, size_t i)
{
	return (struct kept){ .name = db_get_str(rows, i, 0),
		.bytes = db_get_int(rows, i, 1),
		.version = db_get_int(rows, i, 2),
		.holder = db_get_str(rows, i, 3),
		.lease_left_ms = db_get_int(rows, i, 4),
		.changed_at = db_get_instant(rows, i, 5) };
}

static void print_text(const struct db_result *rows)
{
	char at[INSTANT_TEXT_MAX];

	for (size_t i = 0; i < db_rows(rows); i++) {
		struct kept kept = kept_get(rows, i);

		printf("%-32.*s %6lld bytes  version %lld  changed %s", STR_ARG(kept.name),
			(long long)kept.bytes, (long long)kept.version,
			instant_format(kept.changed_at, at));
		if (!str_is_empty(kept.holder))
			printf("  held by %.*s for %lld s", STR_ARG(kept.holder),
				(long long)(kept.lease_left_ms + 999) / 1000);
		putchar('\n');
	}
	printf("%zu names\n", db_rows(rows));
}

static void print_json(struct arena *mem, struct str source, const struct db_result *rows)
{
	char at[INSTANT_TEXT_MAX];
	SCOPED(json)
	struct json *all = json_object_create();
	struct json *list = json_array_create();

	for (size_t i = 0; i < db_rows(rows); i++) {
		struct kept kept = kept_get(rows, i);
		struct json *one = json_object_create();

		json_set_str(one, "name", kept.name);
		json_set_int(one, "bytes", kept.bytes);
		json_set_int(one, "version", kept.version);
		json_set_c(one, "changed_at", instant_format(kept.changed_at, at));
		if (!str_is_empty(kept.holder)) {
			json_set_str(one, "holder", kept.holder);
			json_set_int(one, "lease_left_ms", kept.lease_left_ms);
		}
		json_push(list, one);
	}
	json_set_str(all, "source", source);
	json_set(all, "names", list);
	printf("%.*s\n", STR_ARG(json_text(mem, all)));
}

enum res operator_channel_state(struct arena *mem, struct str source, bool is_json, struct err *err)
{
	struct db_options options = { .application = "wangli-channel",
		.statements = channel_sql_all,
		.statement_timeout = SPAN_S(30),
		.allow_unsafe = true };
	struct db_result *rows = NULL;
	struct db_params params;
	struct db *opened = NULL;

	TRY(line_setting(mem, "PG_CONNINFO", &options.conninfo, err));
	TRY(db_open(&opened, &options, err));
	SCOPED(db)
	struct db *db = opened;
	db_params_init(&params, mem);
	db_param_text(&params, source);
	TRY(db_run(db, &channel_sql_channel_state, &params, &rows, err));
	if (is_json)
		print_json(mem, source, rows);
	else
		print_text(rows);
	return RES_OK;
}
