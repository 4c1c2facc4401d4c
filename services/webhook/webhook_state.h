/* What a webhook process holds while it runs. Durable are the spool (the SDK's) and the shelf. */
#ifndef WL_WEBHOOK_STATE_H
#define WL_WEBHOOK_STATE_H

#include "base/arena.h"
#include "config/config.h"
#include "fetch/fetch.h"
#include "http/http.h"
#include "log/log.h"
#include "sdk/wangli.h"
#include "webhook_address_core.h"
#include "webhook_book.h"
#include "webhook_retry_core.h"
#include "webhook_shelf.h"

struct webhook_config {
#define SETTING(field, name, type, fallback, least, most, unit, meaning) CONFIG_MEMBER_##type field;
#include "webhook_config.def"
#undef SETTING
};

struct webhook_tally {
	int64_t tries;
	int64_t taken;
	int64_t failed;
	int64_t dead;
	int64_t refused_addresses;
};

struct webhook_state {
	struct webhook_config config;
	struct log *log;
	struct os_lock *lock; /* of the state folder */
	struct wangli *client;
	struct fetch *fetch;
	struct shelf *shelf;
	struct book *book;
	struct http *http;
	struct metrics *metrics;
	char service[64];  /* "webhook-NAME": the metrics borrow it */
	struct arena *mem; /* of one piece of work */
	struct webhook_nets nets;
	struct webhook_ports ports;
	struct webhook_schedule schedule;
	struct webhook_circuit circuit;
	struct webhook_tally tally;
	bool is_disk_told;
};

#endif
