/* channel list: the keys as intake publishes them, as text or as one JSON document. */
#include <stdio.h>

#include "channel_sql.h"
#include "clock/line.h"
#include "db/db.h"
#include "operator.h"
#include "json/json.h"

struct channel_key {
	struct str key;
	struct str source;
	struct str channels;
	struct instant added_at;
	bool is_revoked;
	struct instant revoked_at; /* none: not noted */
	struct instant ends_at;	   /* none: without an end */
	int64_t quota_per_s;	   /* 0: what the door gives to all */
	int64_t quota_burst;	   /* 0: as many as a second gives */
};

static struct channel_key key_get(const struct db_result *rows, size_t i)
{
	return (struct channel_key){ .key = db_get_str(rows, i, 0),
		.source = db_get_str(rows, i, 1),
		.channels = db_get_str(rows, i, 2),
		.added_at = db_get_instant(rows, i, 3),
		.is_revoked = db_get_int(rows, i, 4) != 0,
		.revoked_at = db_get_instant(rows, i, 5),
		.ends_at = db_get_instant(rows, i, 6),
		.quota_per_s = db_get_int(rows, i, 7),
		.quota_burst = db_get_int(rows, i, 8) };
}

static int64_t burst_of(const struct channel_key *key)
{
	return key->quota_burst > 0 ? key->quota_burst : key->quota_per_s;
}

static void print_text(const struct db_result *rows)
{
	char at[INSTANT_TEXT_MAX];

	for (size_t i = 0; i < db_rows(rows); i++) {
		struct channel_key key = key_get(rows, i);

		printf("%.*s  %-20.*s [%.*s]  since %s", STR_ARG(key.key), STR_ARG(key.source),
			STR_ARG(key.channels), instant_format(key.added_at, at));
		if (key.is_revoked)
			printf("  revoked %s", instant_format(key.revoked_at, at));
		if (!instant_is_none(key.ends_at))
			printf("  ends %s", instant_format(key.ends_at, at));
		if (key.quota_per_s > 0)
			printf("  quota %lld/s, %lld at once\n", (long long)key.quota_per_s,
				(long long)burst_of(&key));
		else
			printf("  quota of the door\n");
	}
	printf("%zu keys\n", db_rows(rows));
}

static void set_instant(struct json *one, const char *name, struct instant at)
{
	char text[INSTANT_TEXT_MAX];

	if (!instant_is_none(at))
		json_set_c(one, name, instant_format(at, text));
}

static struct json *channels_json(struct str list)
{
	struct json *channels = json_array_create();
	struct str name;

	while (str_split(&list, ',', &name))
		json_push_str(channels, name);
	return channels;
}

static void print_json(struct arena *mem, const struct db_result *rows)
{
	SCOPED(json)
	struct json *all = json_object_create();
	struct json *list = json_array_create();

	for (size_t i = 0; i < db_rows(rows); i++) {
		struct channel_key key = key_get(rows, i);
		struct json *one = json_object_create();

		json_set_str(one, "key", key.key);
		json_set_str(one, "source", key.source);
		json_set(one, "channels", channels_json(key.channels));
		set_instant(one, "since", key.added_at);
		json_set_bool(one, "is_revoked", key.is_revoked);
		set_instant(one, "revoked_at", key.revoked_at);
		set_instant(one, "ends_at", key.ends_at);
		if (key.quota_per_s > 0) {
			json_set_int(one, "quota_per_s", key.quota_per_s);
			json_set_int(one, "quota_burst", burst_of(&key));
		}
		json_push(list, one);
	}
	json_set(all, "keys", list);
	printf("%.*s\n", STR_ARG(json_text(mem, all)));
}

enum res operator_channel_list(struct arena *mem, bool is_json, struct err *err)
{
	struct db_options options = { .application = "wangli-channel",
		.statements = channel_sql_all,
		.statement_timeout = SPAN_S(30),
		.allow_unsafe = true };
	struct db_result *rows = NULL;
	struct db_params none;
	struct db *opened = NULL;

	TRY(line_setting(mem, "PG_CONNINFO", &options.conninfo, err));
	TRY(db_open(&opened, &options, err));
	SCOPED(db)
	struct db *db = opened;
	db_params_init(&none, mem);
	TRY(db_run(db, &channel_sql_channel_list, &none, &rows, err));
	if (is_json)
		print_json(mem, rows);
	else
		print_text(rows);
	return RES_OK;
}
