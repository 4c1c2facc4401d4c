/* What the door decides: who may come in, and what becomes of a message of an integrator. Pure. */
#ifndef WL_EDGE_CORE_H
#define WL_EDGE_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "edge_quota_core.h"

#define EDGE_DELIVER_PREFIX "deliver/"
#define EDGE_STATUS_PREFIX  "status/"
#define EDGE_COMMAND_ID	    100 /* bytes of an integrator's command_id */
#define EDGE_STALE_RETRY_MS                                                                        \
	1000 /* said while the door waits for its snapshot of keys or for the bus */

/* What the current snapshot says about a key. */
struct edge_rights {
	bool is_fresh; /* the snapshot is young enough to be believed */
	bool is_known;
	bool is_revoked;
	struct str source;
	const struct str *channels;
	size_t channels_n;
	struct edge_quota quota; /* the source's own; per_s 0: the door's for all */
	bool has_ended; /* by itself, as a rotation said: its letters wait for the new key */
};

enum edge_kind { EDGE_SUBMIT, EDGE_DONE, EDGE_CLAIM, EDGE_COMMAND, EDGE_OTHER };

struct edge_ask {
	enum edge_kind kind;
	struct str type;
	struct str channel; /* as the integrator says; may be empty when its key has one only */
	struct str source_msg_id;
	struct str command_id;
	int64_t case_id;
	bool is_outcome; /* DONE: the code is DELIVERED, UNDELIVERABLE or IN_DOUBT */
};

enum edge_verdict {
	EDGE_FORWARD,
	EDGE_DROP, /* of a kind that no integrator sends */
	EDGE_BUSY, /* rights not known now */
	EDGE_FORBIDDEN,
	EDGE_INVALID,
	EDGE_UNKNOWN_TYPE,
};

struct edge_decision {
	enum edge_verdict verdict;
	struct str channel; /* EDGE_FORWARD: one of the key's, or none for a COMMAND that names
			       none; borrowed from rights */
	struct str to;	    /* EDGE_FORWARD: the group that takes it; static */
	bool costs_token;   /* EDGE_FORWARD: of its source's quota */
	struct str text;    /* otherwise: the reason for people; static */
};

bool edge_may_connect(const struct edge_rights *rights);
/* deliver/<channel> and status/<channel>, for the key's channels. */
bool edge_may_serve(const struct edge_rights *rights, struct str group);
struct edge_decision edge_decide(const struct edge_ask *ask, const struct edge_rights *rights);

#endif
