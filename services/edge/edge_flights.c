/* Chains of one array: by key's bucket, by age, and of what is free. */
#include "edge_flights.h"

#include <stdlib.h>

#include "base/check.h"

#define NOBODY (-1)

struct edge_flights {
	struct edge_flight *all;
	int32_t *buckets;
	uint32_t mask;
	int32_t spare;
	int32_t oldest, newest;
	int64_t last;
};

struct edge_flights *edge_flights_create(int32_t most)
{
	struct edge_flights *flights = calloc(1, sizeof(*flights));
	uint32_t buckets = 64;

	CHECK(flights != NULL && most > 0);
	while (buckets < (uint32_t)most)
		buckets *= 2;
	flights->mask = buckets - 1;
	flights->all = calloc((size_t)most, sizeof(*flights->all));
	flights->buckets = malloc(buckets * sizeof(*flights->buckets));
	CHECK(flights->all != NULL && flights->buckets != NULL);
	for (uint32_t i = 0; i < buckets; i++)
		flights->buckets[i] = NOBODY;
	for (int32_t i = 0; i < most; i++)
		flights->all[i].chain = i + 1 < most ? i + 1 : NOBODY;
	flights->spare = 0;
	flights->oldest = flights->newest = NOBODY;
	return flights;
}

void edge_flights_destroy(struct edge_flights *flights)
{
	if (flights == NULL)
		return;
	free(flights->all);
	free(flights->buckets);
	free(flights);
}

struct edge_flight *edge_flights_find(const struct edge_flights *flights, uint64_t key)
{
	int32_t at = flights->buckets[key & flights->mask];

	while (at != NOBODY && flights->all[at].key != key)
		at = flights->all[at].chain;
	return at == NOBODY ? NULL : &flights->all[at];
}

struct edge_flight *edge_flights_oldest(const struct edge_flights *flights)
{
	return flights->oldest == NOBODY ? NULL : &flights->all[flights->oldest];
}

int64_t edge_flights_last(const struct edge_flights *flights)
{
	return flights->last;
}

void edge_flights_add(struct edge_flights *flights, const struct edge_flight *flight)
{
	int32_t *bucket = &flights->buckets[flight->key & flights->mask];
	int32_t at = flights->spare;
	struct edge_flight *made;

	CHECK(at != NOBODY);
	made = &flights->all[at];
	flights->spare = made->chain;
	*made = *flight;
	made->number = ++flights->last;
	made->chain = *bucket;
	*bucket = at;
	made->older = flights->newest;
	made->newer = NOBODY;
	if (flights->newest != NOBODY)
		flights->all[flights->newest].newer = at;
	else
		flights->oldest = at;
	flights->newest = at;
}

void edge_flights_remove(struct edge_flights *flights, struct edge_flight *flight)
{
	int32_t at = (int32_t)(flight - flights->all);
	int32_t *link = &flights->buckets[flight->key & flights->mask];

	while (*link != at)
		link = &flights->all[*link].chain;
	*link = flight->chain;
	if (flight->older != NOBODY)
		flights->all[flight->older].newer = flight->newer;
	else
		flights->oldest = flight->newer;
	if (flight->newer != NOBODY)
		flights->all[flight->newer].older = flight->older;
	else
		flights->newest = flight->older;
	flight->chain = flights->spare;
	flights->spare = at;
}
