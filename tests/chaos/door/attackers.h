/* The attackers: each runs in a process of its own until it is killed, with the keys that its part
 * allows it to have. */
#ifndef WL_TESTS_ATTACKERS_H
#define WL_TESTS_ATTACKERS_H

#include "rig.h"

struct attack {
	const char *name;
	void (*run)(struct rig *rig); /* never returns, or ends when it has done its worst */
	const char *part;	      /* what the door counts of it: in /health */
	const char *counter;	      /* NULL: nothing to count, the attacker never gets that far */
	int64_t grows_by;	      /* at least */
	int64_t most_mib;	      /* how much the door may grow */
};
extern const struct attack attacks[];
extern const size_t attacks_n;

#define ATTACKER "flood" /* its source, channel and key: 50 letters a second, as many at once */

#endif
