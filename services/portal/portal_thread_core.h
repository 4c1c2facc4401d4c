/* What the entries of all journals together say about a letter: which limit runs, since when, and
 * what its citizen may do now. Pure. */
#ifndef WL_PORTAL_THREAD_CORE_H
#define WL_PORTAL_THREAD_CORE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/instant.h"
#include "base/str.h"

/* One entry, in the order of time. Dues are none where the type has none. */
struct thread_entry {
	struct str type; /* "dispatch.dispatched.v1" */
	struct instant at;
	struct instant accept_due;
	struct instant resolve_due;
};

struct thread {
	/* The limit that runs or ran last: until it is taken on, until it is answered. */
	struct instant start;
	struct instant due;
	struct instant done;
	bool is_answer_due; /* the limit is that of the answer */
	bool can_rate;	    /* somebody asked how it went, and nobody has answered */
	bool is_answered;   /* an answer went out */
	bool is_refused;
	bool is_closed;
	bool is_redone; /* it is or was taken up again */
};
struct thread thread_read(const struct thread_entry *entries, size_t n);

#endif
