/* What a subscriber verifies: "t=<unix seconds>,v1=<hex>[,v1=<hex>]", HMAC-SHA256 under each secret
 * over "<t>.<body as sent>". */
#ifndef WL_WEBHOOK_SIGN_H
#define WL_WEBHOOK_SIGN_H

#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

#define WEBHOOK_SECRETS_MAX 2

/* secrets: the newest first. */
struct str webhook_signature(
	struct arena *mem, const struct str *secrets, size_t n, int64_t unix_s, struct str body);

#endif
