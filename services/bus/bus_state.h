/* What the broker holds while it runs. Nothing of it is durable: a new broker is told everything
 * again by HELLO. */
#ifndef WL_BUS_STATE_H
#define WL_BUS_STATE_H

#include "base/arena.h"
#include "config/config.h"
#include "http/http.h"
#include "log/log.h"
#include "loop/loop.h"
#include "peer/server.h"

struct bus_config {
#define SETTING(field, name, type, fallback, least, most, unit, meaning) CONFIG_MEMBER_##type field;
#include "bus_config.def"
#undef SETTING
};

struct bus_tally {
	int64_t forwarded;
	int64_t busy;
	int64_t no_consumer;
	int64_t forbidden;
	int64_t not_here; /* answers for an instance that is gone */
	int64_t too_big;  /* no room for the stamp in the header */
	int64_t undelivered;
	int64_t unknown_keys;
	int64_t tap_copied;
	int64_t tap_lost;
};

#define BUS_TAPS_MAX 4

/* An operator who taps: bus_tap.c's. "" and 0: any. */
struct bus_tap {
	int64_t serial; /* of the connection */
	char kind[WIRE_NAME_MAX + 1];
	char to[WIRE_NAME_MAX + 1];
	char channel[WIRE_NAME_MAX + 1];
	char by[WIRE_NAME_MAX + 1];
	int64_t case_id;
	int64_t matched;
	int64_t lost;
};

struct bus_peers;
struct bus_faults;

struct bus_state {
	struct bus_config config;
	char name[WIRE_NAME_MAX + 1]; /* "bus/<16 hex>", another one in each life */
	struct log *log;
	struct metrics *metrics;
	struct loop *loop;
	struct server *server;
	struct bus_peers *peers;
	struct arena *mem; /* reset for each message */
	struct bus_tally tally;
	struct bus_tap taps[BUS_TAPS_MAX];
	size_t taps_n;
	struct bus_faults *faults; /* NULL unless a test asked for some */
	int64_t dropped_told;	   /* drops that the log knows of */
};

#endif
