/* Names to addresses, in a thread of its own: getaddrinfo(3) blocks for as long as a name server
 * likes. A few names, fixed when it is opened, each looked up again and again; whoever asks gets
 * what the last look found and never waits. */
#ifndef WL_OS_OS_RESOLVE_H
#define WL_OS_OS_RESOLVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define OS_NAMES_MAX	 16
#define OS_NAME_TEXT	 254 /* a name of DNS with its NUL */
#define OS_ADDRESSES_MAX 16  /* of one name; more are left out */
#define OS_ADDRESS_TEXT	 64
#define OS_LOOK_EVERY_MS 3000

struct os_addresses {
	char texts[OS_ADDRESSES_MAX][OS_ADDRESS_TEXT]; /* A and AAAA, sorted, each once */
	size_t n;      /* a name that is not found any more keeps what it had */
	bool is_found; /* by the last look */
	char why[64];  /* otherwise */
};

/* One look, which may block: fills *out (n and texts) or says why not. NULL: getaddrinfo. It is
 * called from the thread, and may still be running when the resolver is closed. */
typedef bool os_look(const char *name, struct os_addresses *out);

struct os_resolver;
/* RES_RETRY: no thread can be had. The thread takes no signals. */
enum res os_resolver_open(struct os_resolver **out, const char *const *names, size_t n,
	os_look *look, struct err *err) must_check;
void os_resolver_close(struct os_resolver *resolver); /* does not wait for a look under way */
void os_resolver_hurry(struct os_resolver *resolver); /* looks now, not only when it is time */
/* How many rounds of looks have ended; 0: nothing is known yet. */
uint64_t os_resolver_rounds(struct os_resolver *resolver);
/* What is known of the name at this place of `names`. */
void os_resolver_get(struct os_resolver *resolver, size_t at, struct os_addresses *out);

#endif
