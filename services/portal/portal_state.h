/* What the portal holds while it runs. Nothing of it is durable but what portal_store writes: a
 * portal that is killed comes back with open pages connecting again. */
#ifndef WL_PORTAL_STATE_H
#define WL_PORTAL_STATE_H

#include "base/arena.h"
#include "base/map.h"
#include "base/workday.h"
#include "config/config.h"
#include "crypto/crypto.h"
#include "db/db.h"
#include "http/http.h"
#include "log/log.h"
#include "loop/loop.h"
#include "peer/peer.h"
#include "portal_chip_core.h"

struct portal_config {
#define SETTING(field, name, type, fallback, least, most, unit, meaning) CONFIG_MEMBER_##type field;
#include "portal_config.def"
#undef SETTING
};

struct portal_name {
	struct str code;
	struct str zh;
	struct str en;
	int16_t level;	 /* of an organisation; 0 for a category */
	struct str kind; /* likewise */
};

/* Reference data, read again when its version changes. */
struct portal_reference {
	struct arena *mem;
	int32_t version; /* 0: none yet */
	struct map *orgs;
	struct map *categories;
	struct chip_holiday *holidays;
	size_t n_holidays;
	struct workday_override *overrides;
	struct workday_calendar calendar;
	int32_t calendar_day;
};

struct portal_tally {
	int64_t requests;
	int64_t problems;   /* answered 5xx */
	int64_t opened;	    /* a right code */
	int64_t wrong;	    /* a wrong code or an unknown number */
	int64_t locked_out; /* tries in a pause */
	int64_t rated;
	int64_t refreshes; /* questions to the database for the overview */
	int64_t sent;	   /* events of streams */
};

struct metrics;
struct portal_pages;
struct portal_asks;
struct portal_live;
struct portal_visits;

struct portal_state {
	struct portal_config config;
	struct log *log;
	struct loop *loop;
	struct http *http;
	struct http *health; /* NULL: nowhere */
	struct peer *peer;
	struct db *db;
	struct arena *mem; /* of one round of messages from the bus, or of one timer */
	uint8_t secret[CRYPTO_KEY_BYTES];
	struct portal_reference reference;
	struct portal_pages *pages;
	struct portal_asks *asks;
	struct portal_live *live;
	struct portal_visits *visits;
	struct portal_tally tally;
	struct metrics *metrics;
};

#endif
