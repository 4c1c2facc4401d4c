/* Histograms, rates, medians, and which run counts. See bench_core.h. */
#include "bench_core.h"

#define SUB (1u << HIST_SUB_BITS)

/* Up to SUB each value has a bucket of its own; above, each power of two has SUB of them. */
static size_t bucket_of(uint64_t us)
{
	if (us < SUB)
		return (size_t)us;
	int top = 63 - __builtin_clzll(us);
	int shift = top - HIST_SUB_BITS;
	return ((size_t)(shift + 1) << HIST_SUB_BITS) + (size_t)(us >> shift) - SUB;
}

/* The largest value that falls into it. */
static int64_t bucket_end(size_t bucket)
{
	if (bucket < SUB)
		return (int64_t)bucket;
	int shift = (int)(bucket >> HIST_SUB_BITS) - 1;
	uint64_t first = (uint64_t)(SUB + (bucket & (SUB - 1))) << shift;
	return (int64_t)(first + ((UINT64_C(1) << shift) - 1));
}

void bench_hist_add(struct bench_hist *hist, int64_t us)
{
	hist->n++;
	hist->counts[bucket_of(us < 0 ? 0 : (uint64_t)us)]++;
}

void bench_hist_merge(struct bench_hist *into, const struct bench_hist *from)
{
	into->n += from->n;
	for (size_t i = 0; i < HIST_BUCKETS; i++)
		into->counts[i] += from->counts[i];
}

int64_t bench_hist_at(const struct bench_hist *hist, int permille)
{
	uint64_t rank = (hist->n * (uint64_t)permille + 999) / 1000;
	uint64_t below = 0;
	if (rank == 0)
		rank = 1;
	for (size_t i = 0; i < HIST_BUCKETS && hist->n > 0; i++) {
		below += hist->counts[i];
		if (below >= rank)
			return bucket_end(i);
	}
	return 0;
}

void bench_slots_add(struct bench_slots *slots, int64_t us_since_start)
{
	int64_t slot = us_since_start / (SLOT_MS * 1000);
	if (us_since_start >= 0 && slot < SLOTS_MAX)
		slots->counts[slot]++;
}

void bench_slots_merge(struct bench_slots *into, const struct bench_slots *from)
{
	for (size_t i = 0; i < SLOTS_MAX; i++)
		into->counts[i] += from->counts[i];
}

double bench_slots_rate(const struct bench_slots *slots, int64_t from_ms, int64_t to_ms)
{
	int64_t first = from_ms / SLOT_MS, end = to_ms / SLOT_MS;
	uint64_t n = 0;
	if (first < 0)
		first = 0;
	if (end > SLOTS_MAX)
		end = SLOTS_MAX;
	if (end <= first)
		return 0;
	for (int64_t i = first; i < end; i++)
		n += slots->counts[i];
	return (double)n * 1000 / (double)((end - first) * SLOT_MS);
}

void bench_rounds_add(struct bench_rounds *rounds, double value)
{
	if (rounds->n < ROUNDS_MAX)
		rounds->values[rounds->n++] = value;
}

double bench_median(const struct bench_rounds *rounds)
{
	struct bench_rounds sorted = { .n = rounds->n };
	for (size_t i = 0; i < rounds->n; i++) {
		size_t at = i;
		for (; at > 0 && sorted.values[at - 1] > rounds->values[i]; at--)
			sorted.values[at] = sorted.values[at - 1];
		sorted.values[at] = rounds->values[i];
	}
	size_t half = sorted.n / 2;
	if (sorted.n == 0)
		return 0;
	return sorted.n % 2 == 1 ? sorted.values[half]
				 : (sorted.values[half - 1] + sorted.values[half]) / 2;
}

double bench_ratio(double figure, double limit)
{
	return limit > 0 ? figure / limit : 0;
}

double bench_limit_least(double page, double flushes)
{
	double scale = flushes / PAGE_FLUSHES;
	return PAGE_LEAST_SHARE * page * (scale > 1 ? 1 : scale);
}

bool bench_is_valid(double limit, double page, double flushes)
{
	return limit > 0 && limit >= bench_limit_least(page, flushes);
}
