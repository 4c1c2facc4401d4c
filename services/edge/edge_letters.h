/* The letters on their way to intake: who may send one now (his quota, his share of what is under
 * way, what is known against the letter), and what their answers, or their silence, say. */
#ifndef WL_EDGE_LETTERS_H
#define WL_EDGE_LETTERS_H

#include "base/instant.h"
#include "edge_core.h"
#include "edge_share_core.h"
#include "edge_sources.h"
#include "edge_suspect_core.h"
#include "log/log.h"
#include "wire/wire.h"

struct edge_refusal {
	enum wire_code code;
	int32_t retry_after_ms;
	struct str text; /* static */
};

struct edge_letters_options {
	struct log *log;
	struct edge_quota quota;       /* of a source that has none of its own */
	int32_t most;		       /* letters under way */
	int32_t reserve_pct;	       /* of them */
	const char *reserved_channels; /* comma separated; copied */
	struct span patience;
	struct span answer_within;
	struct span quarantine_for;
};

struct edge_letters;
struct edge_letters *edge_letters_create(const struct edge_letters_options *options);
void edge_letters_destroy(struct edge_letters *letters);
/* Its sources; commands draw from the same buckets. */
/* None is under way. */
bool edge_letters_are_answered(const struct edge_letters *letters);
struct edge_sources *edge_letters_sources(struct edge_letters *letters);

struct edge_letter {
	struct str source;
	struct str channel;
	struct str source_msg_id;
	struct str body;
	int64_t connection;
	struct edge_quota quota; /* the source's own */
};
/* true: it is under way from now on and must be sent. false: out_refusal is the answer. */
bool edge_letters_depart(struct edge_letters *letters, const struct edge_letter *letter,
	struct instant now, struct edge_refusal *out_refusal);
/* A token for a command. */
bool edge_letters_take_token(struct edge_letters *letters, struct str source, struct edge_quota own,
	struct instant now, struct edge_refusal *out_refusal);
/* The source is refused this: false when it gets no answer, because it does not listen. */
bool edge_letters_may_tell(struct edge_letters *letters, struct str source, int32_t retry_after_ms,
	struct instant now);

/* RECEIPT or NACK of a connection's letter; retry_after_ms of BUSY becomes what the source's share
 * makes of it. true: the receipt of a letter under way, which took *out_took. */
bool edge_letters_arrive(struct edge_letters *letters, int64_t connection, struct wire_msg *answer,
	struct instant now, struct span *out_took);
/* Gives up what got no answer in its time. Once a second. */
void edge_letters_turn(struct edge_letters *letters, struct instant now);
/* The session with the bus is a new one: silence about what was under way says nothing. */
void edge_letters_excuse(struct edge_letters *letters);

struct edge_letters_view {
	const struct edge_share *share;
	const struct edge_suspects *suspects;
	int64_t over_quota;
	int64_t over_share;
	int64_t busy;	  /* letters that intake, or the broker for it, had no room for */
	int64_t expired;  /* given up */
	int64_t withheld; /* suspects and quarantined ones that were sent back */
	int64_t early;
	int64_t unanswered; /* of those */
};
struct edge_letters_view edge_letters_view(const struct edge_letters *letters);

#endif
