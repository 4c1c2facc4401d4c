/* The share of each. */
#include "edge_share_core.h"

#define SLICE	   SPAN_S(10)
#define LETTER	   INT64_C(1000) /* in thousandths */
#define GROW	   (LETTER / 4)
#define SHRINK(x)  ((x) - (x) / 8)
#define LEAST_PART 16
#define SMOOTH	   8

void edge_share_init(
	struct edge_share *share, int32_t most, int32_t reserve_pct, struct span patience)
{
	*share = (struct edge_share){ .most = most,
		.reserve_pct = reserve_pct,
		.patience = patience,
		.open_milli = most * LETTER,
		.sliced_at = INSTANT_NONE,
		.shrunk_at = INSTANT_NONE };
}

int32_t edge_share_window(const struct edge_share *share)
{
	return (int32_t)(share->open_milli / LETTER);
}

static int32_t reserve_of(const struct edge_share *share)
{
	return (int32_t)((int64_t)edge_share_window(share) * share->reserve_pct / 100);
}

/* How much of the reserve all may use now. */
static int32_t lent(const struct edge_share *share, int32_t reserve)
{
	int32_t needed = share->needed[0] > share->needed[1] ? share->needed[0] : share->needed[1];
	int32_t spare = reserve - 2 * needed;

	return spare > 0 ? spare / 2 : 0;
}

/* Half of an equal part, whatever the window: but not beyond what the pool has when the window is
 * open, so that it never costs the reserve. */
static bool is_modest(
	const struct edge_share *share, int32_t held, enum edge_pool pool, int32_t part)
{
	int32_t reserve = (int32_t)((int64_t)share->most * share->reserve_pct / 100);
	int32_t widest = pool == EDGE_POOL_RESERVE ? reserve : share->most - reserve;
	int32_t others = share->holders[pool] - (held > 0);

	return share->held[pool] < widest && held < part / (2 * (others + 1));
}

static bool is_under(const struct edge_share *share, const struct edge_account *account,
	enum edge_pool pool, int32_t part, int32_t free)
{
	int32_t held = account->held[pool];

	return held < (int64_t)EDGE_SHARE_KEEN * free || is_modest(share, held, pool, part);
}

bool edge_share_may(const struct edge_share *share, const struct edge_account *account,
	bool is_reserved, enum edge_pool *out_pool)
{
	int32_t reserve = reserve_of(share);
	int32_t common = edge_share_window(share) - reserve;
	int32_t borrowed = share->held[EDGE_POOL_COMMON] - common;

	if (share->held[EDGE_POOL_COMMON] + share->held[EDGE_POOL_RESERVE] >= share->most)
		return false;
	if (is_reserved &&
		is_under(share, account, EDGE_POOL_RESERVE, reserve,
			reserve - share->held[EDGE_POOL_RESERVE] - (borrowed > 0 ? borrowed : 0))) {
		*out_pool = EDGE_POOL_RESERVE;
		return true;
	}
	if (!is_under(share, account, EDGE_POOL_COMMON, common,
		    (is_reserved ? 0 : lent(share, reserve)) - borrowed))
		return false;
	*out_pool = EDGE_POOL_COMMON;
	return true;
}

/* What reserved letters hold, on either account, is what they need. Letters of a reserved channel
 * that went on the common account are not told apart there: they came because the reserve was full.
 */
static void note_need(struct edge_share *share, struct instant now)
{
	if (instant_is_none(share->sliced_at) ||
		instant_since(now, share->sliced_at).us >= 2 * SLICE.us) {
		share->needed[0] = share->needed[1] = 0;
		share->sliced_at = now;
	} else if (instant_since(now, share->sliced_at).us >= SLICE.us) {
		share->needed[1] = share->needed[0];
		share->needed[0] = 0;
		share->sliced_at = now;
	}
	if (share->needed[0] < share->held[EDGE_POOL_RESERVE])
		share->needed[0] = share->held[EDGE_POOL_RESERVE];
}

void edge_share_take(struct edge_share *share, struct edge_account *account, enum edge_pool pool,
	bool is_reserved, struct instant now)
{
	share->holders[pool] += account->held[pool]++ == 0;
	share->held[pool]++;
	if (is_reserved || instant_is_none(share->sliced_at) ||
		instant_since(now, share->sliced_at).us >= SLICE.us)
		note_need(share, now);
}

void edge_share_give(struct edge_share *share, struct edge_account *account, enum edge_pool pool)
{
	share->holders[pool] -= --account->held[pool] == 0;
	share->held[pool]--;
}

static int32_t retry_within(int64_t ms)
{
	if (ms < EDGE_SHARE_LEAST_MS)
		return EDGE_SHARE_LEAST_MS;
	return (int32_t)(ms > EDGE_SHARE_MOST_MS ? EDGE_SHARE_MOST_MS : ms);
}

int32_t edge_share_retry_ms(const struct edge_share *share)
{
	return retry_within(share->wait_us / 1000);
}

/* Once an answer's time: what is on its way already was sent by the old window. */
static void shrink(struct edge_share *share, struct instant now)
{
	int64_t least = share->most * LETTER / LEAST_PART;
	int64_t held = (share->held[EDGE_POOL_COMMON] + share->held[EDGE_POOL_RESERVE]) * LETTER;
	int64_t from = held < share->open_milli ? held : share->open_milli;

	if (!instant_is_none(share->shrunk_at) &&
		instant_since(now, share->shrunk_at).us < SPAN_MS(edge_share_retry_ms(share)).us)
		return;
	share->shrunk_at = now;
	if (least < LETTER)
		least = LETTER;
	if (SHRINK(from) < share->open_milli)
		share->open_milli = SHRINK(from);
	if (share->open_milli < least)
		share->open_milli = least;
}

void edge_share_answered(struct edge_share *share, struct span waited, struct instant now)
{
	int64_t waited_us = waited.us > 0 ? waited.us : 0;

	share->wait_us += (waited_us - share->wait_us) / SMOOTH;
	if (waited_us > share->patience.us)
		shrink(share, now);
	else if (share->open_milli < share->most * LETTER)
		share->open_milli += GROW;
	if (share->open_milli > share->most * LETTER)
		share->open_milli = share->most * LETTER;
}

int32_t edge_share_busy(struct edge_share *share, const struct edge_account *account,
	bool is_reserved, int32_t told_ms, struct instant now)
{
	enum edge_pool pool;

	shrink(share, now);
	if (edge_share_may(share, account, is_reserved, &pool))
		return EDGE_SHARE_LEAST_MS;
	return told_ms > edge_share_retry_ms(share) ? told_ms : edge_share_retry_ms(share);
}
