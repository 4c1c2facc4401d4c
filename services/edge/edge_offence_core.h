/* Who sends what cannot be read. One connection that does it again and again is heard no more; its
 * key's other connections are. When a key's connections were cut off again and again, no new one of
 * that key is let in for a while, twice as long each time, so that a client gone wrong costs little
 * and one that was repaired comes back by itself. Pure; bounded: what is oldest is forgotten. */
#ifndef WL_EDGE_OFFENCE_CORE_H
#define WL_EDGE_OFFENCE_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/instant.h"
#include "base/str.h"

#define EDGE_OFFENDERS_MAX  128 /* connections, and as many keys */
#define EDGE_OFFENCE_NAME   64
#define EDGE_BAD_MOST	    10 /* batches of one connection, then it is cut off */
#define EDGE_CUTS_MOST	    3  /* cut-offs of one key, then it is kept out */
#define EDGE_OUT_FIRST	    SPAN_S(10)
#define EDGE_OUT_MOST	    SPAN_MIN(10)
#define EDGE_OFFENCE_FORGET SPAN_MIN(10) /* without another offence */

struct edge_offender {
	char name[EDGE_OFFENCE_NAME]; /* bytes of a routing id, or a key */
	size_t name_n;
	int32_t count;
	int32_t times_out;	  /* of a key */
	struct instant at;	  /* the last offence */
	struct instant out_until; /* of a key; none: it may come */
};

struct edge_offenders {
	struct edge_offender list[EDGE_OFFENDERS_MAX];
	size_t n;
};

struct edge_offences {
	struct edge_offenders connections;
	struct edge_offenders keys;
	size_t cut; /* connections that are heard no more */
};

/* A batch that cannot be read. true: with it the connection is cut off. */
bool edge_offences_bad(
	struct edge_offences *offences, struct str connection, struct str key, struct instant now);
bool edge_offences_is_heard(const struct edge_offences *offences, struct str connection);
bool edge_offences_may_enter(
	const struct edge_offences *offences, struct str key, struct instant now);

#endif
