/* What watch holds while it runs. Nothing of it is durable. */
#ifndef WL_WATCH_STATE_H
#define WL_WATCH_STATE_H

#include "base/arena.h"
#include "base/instant.h"
#include "config/config.h"
#include "db/db.h"
#include "http/http.h"
#include "log/log.h"
#include "loop/loop.h"

struct watch_config {
#define SETTING(field, name, type, fallback, least, most, unit, meaning) CONFIG_MEMBER_##type field;
#include "watch_config.def"
#undef SETTING
};

struct watch_relays;

struct watch_state {
	struct watch_config config;
	struct log *log;
	struct metrics *metrics;
	struct loop *loop;
	struct db *db;	   /* NULL: it was never reached */
	struct arena *mem; /* of one round of questions */
	struct watch_relays *relays;
	bool is_database_up;
	struct instant read_at;	 /* monotonic; when the database was asked last */
	struct instant cases_at; /* monotonic; when cases were counted last */
};

#endif
