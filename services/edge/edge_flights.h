/* The letters under way to intake: sent, not answered, not given up. A table of a fixed size, by
 * key and in the order of their sending; its room is made once. */
#ifndef WL_EDGE_FLIGHTS_H
#define WL_EDGE_FLIGHTS_H

#include "base/instant.h"
#include "edge_share_core.h"

struct edge_source;

struct edge_flight {
	uint64_t key;	 /* of connection and source_msg_id: what an answer names */
	uint64_t digest; /* of source, source_msg_id and body */
	struct edge_source *source;
	int64_t number; /* 1, 2, 3 … in order of sending */
	struct instant sent_at;
	enum edge_pool pool;
	bool is_reserved;	     /* of a reserved channel, whatever the account */
	bool is_alone;		     /* a suspect on its lonely journey */
	int32_t chain, older, newer; /* edge_flights.c's */
};

struct edge_flights;
struct edge_flights *edge_flights_create(int32_t most);
void edge_flights_destroy(struct edge_flights *flights);

struct edge_flight *edge_flights_find(const struct edge_flights *flights, uint64_t key);
struct edge_flight *edge_flights_oldest(const struct edge_flights *flights); /* NULL: none */
/* Copies it in behind all others, and gives it its number. The key must be new, and there must be
 * room: the share sees to that. */
void edge_flights_add(struct edge_flights *flights, const struct edge_flight *flight);
void edge_flights_remove(struct edge_flights *flights, struct edge_flight *flight);
int64_t edge_flights_last(const struct edge_flights *flights); /* the last number given */

#endif
