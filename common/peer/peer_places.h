/* Where the far side may be: the text of a setting, one or several addresses, comma separated. */
#ifndef WL_PEER_PLACES_H
#define WL_PEER_PLACES_H

#include "base/err.h"
#include "base/str.h"

#define PEER_PLACES_MAX 16
#define PEER_PLACE_TEXT 320 /* an address with its NUL */

struct peer_place {
	char text[PEER_PLACE_TEXT]; /* as it was given */
	char name[256];		    /* a host's name, to be looked up; "": none, connect to text */
	char port[8];
};
struct peer_places {
	struct peer_place items[PEER_PLACES_MAX];
	size_t n;
};

/* "tcp://host:port", "tcp://10.0.0.1:8312", "tcp://[::1]:8312", "ipc:///path"; white space around
 * the commas is allowed. RES_INVALID says which is wrong and what is wanted. */
enum res peer_places_read(struct str text, struct peer_places *out, struct err *err) must_check;

#endif
