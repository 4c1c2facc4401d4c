#include "portal_visits.h"

#include <stdlib.h>

#include "base/check.h"
#include "os/os.h"
#include "portal_core.h"
#include "portal_store.h"

#define COOKIE	     "wl_day"
#define DAY_S	     86400
#define SHANGHAI_S   (8 * 3600)
#define MAC_BYTES    8
#define COOKIE_BYTES 160
#define MAC_HEX	     (2 * MAC_BYTES)

struct portal_visits {
	int32_t day; /* real days of Shanghai: a browser's day does not follow a simulated clock */
	char mark[MAC_HEX + 1];
	int64_t sessions;
	int64_t views;
};

struct portal_visits *portal_visits_create(struct portal_state *state)
{
	struct portal_visits *visits = calloc(1, sizeof(*visits));

	(void)state;
	CHECK(visits != NULL);
	visits->day = INT32_MIN;
	return visits;
}

void portal_visits_destroy(struct portal_visits *visits)
{
	free(visits);
}

/* The day's cookie: a keyed hash of its date, so that nobody can make tomorrow's. */
static void day_begin(struct portal_state *state, int32_t day)
{
	struct portal_visits *visits = state->visits;
	static const char digits[] = "0123456789abcdef";
	uint8_t hash[CRYPTO_HASH_BYTES];
	const struct str parts[] = { STR("visit"), str_of(&day, sizeof(day)) };

	crypto_hash(hash, state->secret, parts, 2);
	for (int i = 0; i < MAC_BYTES; i++) {
		visits->mark[2 * i] = digits[hash[i] >> 4];
		visits->mark[2 * i + 1] = digits[hash[i] & 15];
	}
	visits->mark[MAC_HEX] = '\0';
	visits->day = day;
}

void portal_visits_count(
	struct portal_state *state, const struct http_request *request, struct http_answer *answer)
{
	struct portal_visits *visits = state->visits;
	int64_t local_s = os_real_now().us / 1000000 + SHANGHAI_S;
	int32_t day = (int32_t)(local_s / DAY_S);

	if (day != visits->day) {
		portal_visits_write(state);
		day_begin(state, day);
	}
	visits->views++;
	if (str_eq_c(portal_cookie(http_header(request, "Cookie"), STR(COOKIE)), visits->mark))
		return;
	visits->sessions++;
	struct str cookie = arena_printf(request->mem,
		COOKIE "=%s; Path=/; Max-Age=%lld; HttpOnly; SameSite=Lax%s", visits->mark,
		(long long)(DAY_S - local_s % DAY_S), state->config.is_tls ? "; Secure" : "");
	http_add_field(answer, "Set-Cookie", arena_c(request->mem, cookie));
}

void portal_visits_write(struct portal_state *state)
{
	struct portal_visits *visits = state->visits;
	struct err err;

	if (visits->views == 0 || !db_is_up(state->db))
		return;
	arena_reset(state->mem);
	if (portal_store_visits(state, state->mem, visits->day, visits->sessions, visits->views,
		    &err) != RES_OK)
		return; /* added with the next ones */
	visits->sessions = 0;
	visits->views = 0;
}
