/* What the door holds while it runs. Nothing of it is durable: letters stay in the integrators'
 * spools until their receipt, replies in reply's rows until they are done. */
#ifndef WL_EDGE_STATE_H
#define WL_EDGE_STATE_H

#include "base/arena.h"
#include "config/config.h"
#include "edge_keys.h"
#include "edge_letters.h"
#include "edge_offence_core.h"
#include "log/log.h"
#include "loop/loop.h"
#include "peer/peer.h"
#include "peer/server.h"

struct edge_config {
#define SETTING(field, name, type, fallback, least, most, unit, meaning) CONFIG_MEMBER_##type field;
#include "edge_config.def"
#undef SETTING
};

struct edge_tally {
	int64_t submitted; /* SUBMIT passed on */
	int64_t done;	   /* DONE passed on */
	int64_t claimed;   /* CLAIM passed on */
	int64_t asked;	   /* COMMAND passed on */
	int64_t answered;  /* answers handed to an integrator */
	int64_t delivered; /* DELIVER handed to an integrator */
	int64_t refused;
	int64_t not_here; /* answers for a connection that is gone */
	int64_t lost;	  /* DELIVER that its connection did not get: reply sends it again */
	int64_t cut_off;  /* connections that are heard no more */
	int64_t kept_out; /* connections of a key that offends again and again */
	int64_t times_full;
	int64_t unknown_keys;
	int64_t untold; /* comings and goings over what a second's log may hold */
};

#define EDGE_ASKED_ID (WIRE_NAME_MAX + 24)

struct edge_state {
	struct edge_config config;
	struct log *log;
	struct metrics *metrics;
	struct loop *loop;
	struct server *server; /* towards integrators */
	struct peer *peer;     /* towards the bus */
	struct edge_keys *keys;
	struct edge_letters *letters; /* on their way to intake */
	struct arena *mem;	      /* of one round of messages from the bus */
	int64_t asked;	  /* the last keys.get: they are numbered, and a late answer never undoes a
			     later one */
	int64_t answered; /* the last one that was answered */
	struct instant asked_at;
	struct edge_offences offences;
	bool is_full;	 /* so many descriptors are in use that nobody new is let in */
	bool wants_keys; /* before their time: a key is unknown, or keys changed */
	bool is_stale_told;
	bool is_closing;     /* a signal: no group is served any more */
	bool groups_changed; /* somebody came or went: tell the bus which groups are served */
	struct edge_tally tally;
	int64_t dropped_told;
	struct instant told_at; /* the second whose comings and goings are being counted */
	int told;
};

#endif
