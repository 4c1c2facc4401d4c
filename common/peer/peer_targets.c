#include "peer/peer_targets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "peer/peer_key.h"
#include "peer/peer_lines_core.h"

#define TARGETS_MAX (PEER_PLACES_MAX * OS_ADDRESSES_MAX)

struct target *targets_find(struct targets *targets, const char *address)
{
	for (size_t i = 0; i < targets->n; i++)
		if (strcmp(targets->items[i].address, address) == 0)
			return &targets->items[i];
	return NULL;
}

/* Each once; one that was known before keeps what is known of it. */
static void keep(struct targets *before, struct targets *made, const char *address)
{
	struct target *target = &made->items[made->n];
	const struct target *known = targets_find(before, address);

	if (made->n == TARGETS_MAX || targets_find(made, address) != NULL)
		return;
	made->n++;
	snprintf(target->address, sizeof(target->address), "%s", address);
	target->id = peer_key_of(str_from_c(address));
	target->failed_us = known != NULL ? known->failed_us : INT64_MIN;
}

/* In the order of the setting, and a name's in the order of their texts. */
static void make(struct targets *targets)
{
	struct targets made = { .items = calloc(TARGETS_MAX, sizeof(*made.items)) };
	size_t name = 0;

	CHECK(made.items != NULL);
	for (size_t i = 0; i < targets->places.n; i++) {
		const struct peer_place *place = &targets->places.items[i];
		struct os_addresses found;
		char address[PEER_PLACE_TEXT];

		if (place->name[0] == 0) {
			keep(targets, &made, place->text);
			continue;
		}
		os_resolver_get(targets->resolver, name++, &found);
		for (size_t a = 0; a < found.n; a++) {
			bool is_v6 = strchr(found.texts[a], ':') != NULL;

			snprintf(address, sizeof(address), "tcp://%s%s%s:%s", is_v6 ? "[" : "",
				found.texts[a], is_v6 ? "]" : "", place->port);
			keep(targets, &made, address);
		}
	}
	free(targets->items);
	targets->items = made.items;
	targets->n = made.n;
}

enum res targets_open(struct targets *targets, struct str text, os_look *look, struct err *err)
{
	const char *names[PEER_PLACES_MAX];
	size_t n = 0;

	TRY(peer_places_read(text, &targets->places, err));
	for (size_t i = 0; i < targets->places.n; i++)
		if (targets->places.items[i].name[0] != 0)
			names[n++] = targets->places.items[i].name;
	if (n > 0)
		TRY(os_resolver_open(&targets->resolver, names, n, look, err));
	make(targets);
	return RES_OK;
}

void targets_close(struct targets *targets)
{
	os_resolver_close(targets->resolver);
	free(targets->items);
	*targets = (struct targets){ .n = 0 };
}

void targets_renew(struct targets *targets)
{
	uint64_t rounds;

	if (targets->resolver == NULL)
		return;
	rounds = os_resolver_rounds(targets->resolver);
	if (rounds == targets->rounds)
		return;
	targets->rounds = rounds;
	make(targets);
}

void targets_hurry(struct targets *targets)
{
	if (targets->resolver != NULL)
		os_resolver_hurry(targets->resolver);
}

const char *targets_next(const struct targets *targets, uint64_t self,
	bool (*is_taken)(const void *arg, const char *address), const void *arg)
{
	struct line_place places[TARGETS_MAX];
	size_t next;

	for (size_t i = 0; i < targets->n; i++)
		places[i] = (struct line_place){ .id = targets->items[i].id,
			.is_taken = is_taken(arg, targets->items[i].address),
			.failed_us = targets->items[i].failed_us };
	next = lines_next(places, targets->n, self);
	return next == LINES_NONE ? NULL : targets->items[next].address;
}

bool targets_have_trouble(struct targets *targets, struct err *out)
{
	size_t name = 0;

	for (size_t i = 0; i < targets->places.n && targets->rounds > 0; i++) {
		struct os_addresses found;
		bool was_troubled = targets->is_troubled[i];

		if (targets->places.items[i].name[0] == 0)
			continue;
		os_resolver_get(targets->resolver, name++, &found);
		targets->is_troubled[i] = !found.is_found;
		if (found.is_found || was_troubled)
			continue;
		(void)!err_set(out, RES_RETRY, "%s: %s; it is looked up again every few seconds",
			targets->places.items[i].text, found.why);
		return true;
	}
	return false;
}
