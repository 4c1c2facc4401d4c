/* One line of a peer: the session with one broker or door over one dealer to one address — HELLO
 * and WELCOME, credit, batches, heartbeats, a new socket after silence, BYE. Private to peer:
 * peer.c chooses among lines. */
#ifndef WL_PEER_LINE_H
#define WL_PEER_LINE_H

#include "peer/peer.h"
#include "peer/peer_places.h"

#define LINE_REFUSALS_MAX 32

/* A group that took nothing over this line when it was last asked. */
struct line_refusal {
	char group[WIRE_NAME_MAX + 1];
	struct instant until;
	bool is_busy; /* there is somebody, without credit */
};

/* What all lines of a peer share; peer.c's. */
struct line_owner {
	struct peer_options options; /* texts are the owner's */
	char instance[WIRE_NAME_MAX + 1];
	char groups[PEER_GROUPS_MAX][WIRE_NAME_MAX + 1];
	size_t groups_n;
	struct peer_counts counts;
};

struct line {
	struct line_owner *owner;
	char address[PEER_PLACE_TEXT];
	uint64_t id; /* of the address */
	struct bus_dealer *dealer;
	struct wire_reader reader; /* what is left of the batch that the dealer lent */
	struct wire_writer writer;
	int32_t share;	     /* of the window; said with HELLO */
	int32_t outstanding; /* messages that came against credit and are not dealt with yet */
	int32_t credit_due;
	int32_t credit_queued; /* in the batch being filled */
	bool is_welcomed;
	bool is_draining; /* BYE came: nothing new, until somebody else stands there */
	bool is_lost;	  /* the session ended by itself; peer.c tells and takes it back */
	bool is_new;	  /* the session began; likewise */
	int unanswered;	  /* HELLOs of this session that no WELCOME has answered */
	char session[2 * WIRE_NAME_MAX + 2]; /* what the last WELCOME called it */
	bool has_heard;			     /* since the last turn */
	struct instant now;		     /* of the last turn */
	struct instant heard_at;
	struct instant asked_at;    /* the last PING or HELLO of peer_line_turn */
	struct instant welcomed_at; /* by the clock of turns; none: not yet */
	struct instant down_at;	    /* since when it is not up; none: it is */
	struct line_refusal refusals[LINE_REFUSALS_MAX];
	size_t refusals_n;
};

enum res peer_line_open(struct line **out, struct line_owner *owner, const char *address,
	int32_t share, struct err *err) must_check;
void peer_line_close(struct line *line); /* says BYE */

bool peer_line_is_up(const struct line *line); /* welcomed, and not draining */
bool peer_line_is_quiet(const struct line *line);
void peer_line_set_share(struct line *line, int32_t share); /* and says so */
void peer_line_say_hello(struct line *line);
void peer_line_queue(struct line *line, const struct wire_msg *msg);
void peer_line_credit(struct line *line, int32_t n); /* of what is outstanding */
void peer_line_flush(struct line *line);
/* Looks whether the connection is gone, and with it who knew us. Before what came is read: the
 * heir's word must not be taken for the word of who went. */
void peer_line_mind_cut(struct line *line);
/* The next message that is not the protocol's own, copied into mem. false: there is none. */
bool peer_line_receive(struct line *line, struct arena *mem, struct wire_msg *out);
/* true: it has been silent for too long and wants a new socket (peer_line_reopen). */
bool peer_line_turn(struct line *line, struct instant now) must_check;
/* The old dealer, for its owner to close; NULL: no new one can be had. */
struct bus_dealer *peer_line_reopen(struct line *line) must_check;

void peer_line_refused(struct line *line, struct str group, bool is_busy, int32_t retry_after_ms);
void peer_line_accepts(struct line *line, struct str group);
const struct line_refusal *peer_line_refusal_of(const struct line *line, struct str group);

#endif
