/* Letters that end who reads them. A letter that was sent to intake and got no answer at all, while
 * one that was sent after it did, was silent once. Silent twice: it is a suspect, and goes only
 * while no other suspect is under way. Silent three times more: it is quarantined, and goes no
 * more. An answer of intake at any time clears it. So no letter ends intake more than five times
 * that way, and one that only sat in the same batch is cleared by its first lonely journey. Pure.
 *
 * A letter is known by a digest. The table holds EDGE_SUSPECTS_MAX; when it is full the one that
 * was silent least often goes, the oldest first, and begins anew when it comes again. */
#ifndef WL_EDGE_SUSPECT_CORE_H
#define WL_EDGE_SUSPECT_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/instant.h"
#include "base/str.h"

#define EDGE_SUSPECTS_MAX	 256
#define EDGE_SILENT_MOST	 2 /* then it is a suspect */
#define EDGE_ALONE_MOST		 3 /* then it is quarantined */
#define EDGE_SUSPECT_SOURCE	 64
#define EDGE_SUSPECT_FILTER	 64
#define EDGE_SUSPECT_FILTER_BITS (EDGE_SUSPECT_FILTER * 64)

struct edge_suspect {
	uint64_t digest;
	uint64_t key; /* by which an answer names the letter */
	int32_t silent;
	int32_t alone; /* of those: on a lonely journey */
	bool is_quarantined;
	struct instant at; /* the last silence */
	char source[EDGE_SUSPECT_SOURCE + 1];
};

struct edge_suspects {
	struct edge_suspect list[EDGE_SUSPECTS_MAX];
	size_t n;
	size_t quarantined;
	uint64_t filter[EDGE_SUSPECT_FILTER]; /* a bit for each digest's last bits: most letters
						 look no further */
	bool is_one_out;		      /* a suspect is under way */
};

enum edge_leave {
	EDGE_LEAVE,	  /* nothing is known against it */
	EDGE_LEAVE_ALONE, /* as the one suspect under way: say so by edge_suspects_out */
	EDGE_WAIT,	  /* another suspect is under way */
	EDGE_STAY,	  /* quarantined */
};
enum edge_leave edge_suspects_ask(const struct edge_suspects *suspects, uint64_t digest);
/* The suspect that may be under way is (not) any longer. */
void edge_suspects_out(struct edge_suspects *suspects, bool is_out);

struct edge_silence {
	uint64_t digest;
	uint64_t key;
	struct str source;
	bool was_alone;
};
/* true: it is quarantined with this. *out: its row, borrowed until the next call; may be NULL. */
bool edge_suspects_silent(struct edge_suspects *suspects, const struct edge_silence *silence,
	struct instant now, const struct edge_suspect **out);
/* Intake answered it. true: it was quarantined, and is not any longer. */
bool edge_suspects_answered(struct edge_suspects *suspects, uint64_t digest);
/* The same by the key, for an answer that came when nobody waited for it any longer. */
bool edge_suspects_answered_late(struct edge_suspects *suspects, uint64_t key);

#endif
