/* streams.def as tables: who subscribes to whom. */
#include "kit/kit_internal.h"

#include <string.h>

static const char *const producer_names[KIT_PRODUCERS] = {
	[KIT_INTAKE] = "intake",
	[KIT_DISPATCH] = "dispatch",
	[KIT_REPLY] = "reply",
	[KIT_FOLLOWUP] = "followup",
};

struct stream {
	const char *producer;
	const char *group;
};

static const struct stream streams[] = {
#define STREAM(producer_, group_) { .producer = #producer_, .group = #group_ },
#include "proto/streams.def"
#undef STREAM
};

#define N_STREAMS (sizeof streams / sizeof streams[0])
_Static_assert(
	N_STREAMS <= KIT_STREAMS_MAX * KIT_PRODUCERS, "tracks hold all groups of a producer");

const char *kit_producer_name(enum kit_producer producer)
{
	return producer_names[producer];
}

int kit_producer_find(struct str name)
{
	for (int i = 0; i < KIT_PRODUCERS; i++) {
		if (str_eq_c(name, producer_names[i]))
			return i;
	}
	return -1;
}

size_t kit_groups_of(int producer, const char *const **out_groups)
{
	static const char *groups[KIT_PRODUCERS][N_STREAMS];
	static size_t n_groups[KIT_PRODUCERS];
	if (producer < 0)
		return 0;
	if (n_groups[producer] == 0) {
		for (size_t i = 0; i < N_STREAMS; i++) {
			if (strcmp(streams[i].producer, producer_names[producer]) == 0)
				groups[producer][n_groups[producer]++] = streams[i].group;
		}
	}
	*out_groups = groups[producer];
	return n_groups[producer];
}

bool kit_subscribes(struct str group, enum kit_producer producer)
{
	for (size_t i = 0; i < N_STREAMS; i++) {
		if (str_eq_c(group, streams[i].group) &&
			strcmp(streams[i].producer, producer_names[producer]) == 0)
			return true;
	}
	return false;
}
