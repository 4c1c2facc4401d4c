/* Any bytes as an integrator's spool after a crash: it opens, what it holds is the same when it is
 * opened again, and an heir gets all of it. The first byte says in which file the bytes stand, and
 * whether as they are (bit 1) or as whole records, which no checksum stops. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/check.h"
#include "base/map.h"
#include "fuzz_disk.h"
#include "os/os.h"
#include "sdk/sdk_adopt.h"
#include "sdk/sdk_spool.h"

#define OUTCOMES      "his/outcomes-0000"
#define IN_FIRST_DAYS ((struct instant){ 1000000 })
#define IS_OUTCOMES   1
#define IS_RAW	      2

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct held {
	struct spool *spool;
	struct outbox outbox;
};

/* What a spool holds, in short. */
struct sum {
	size_t letters, bytes, outcomes, claims;
};

static void letter_add(void *arg, const struct outbox_letter *letter)
{
	struct sum *sum = arg;

	sum->letters++;
	sum->bytes += letter->id.n + letter->body.n;
}

static bool outcome_add(void *arg, struct str delivery_id, const struct spool_outcome *outcome)
{
	struct sum *sum = arg;

	CHECK(outcome->is_kept && outcome->fence >= 0);
	sum->outcomes++;
	sum->bytes += delivery_id.n + outcome->reason.n;
	return true;
}

static bool claim_add(void *arg, struct str delivery_id, const struct spool_claim *claim)
{
	struct sum *sum = arg;

	CHECK(claim->fence >= 0 && strlen(claim->id) <= SPOOL_CLAIM_ID);
	sum->claims++;
	sum->bytes += delivery_id.n;
	return true;
}

static struct sum sum_of(const struct held *held)
{
	struct sum sum = { 0 };

	outbox_walk(&held->outbox, letter_add, &sum);
	spool_walk_outcomes(held->spool, outcome_add, &sum);
	spool_walk_claims(held->spool, claim_add, &sum);
	CHECK(sum.letters == outbox_count(&held->outbox));
	return sum;
}

static void held_open(struct held *held, const char *folder)
{
	*held = (struct held){ 0 };
	outbox_init(&held->outbox);
	CHECK(spool_open(&held->spool, fuzz_path(folder), &held->outbox, IN_FIRST_DAYS, NULL) ==
		RES_OK);
}

static void held_close(struct held *held)
{
	CHECK(spool_sync(held->spool, &held->outbox, NULL) == RES_OK);
	spool_close(held->spool);
	outbox_fini(&held->outbox);
}

static bool is_same(struct sum a, struct sum b)
{
	return a.letters == b.letters && a.bytes == b.bytes && a.outcomes == b.outcomes &&
	       a.claims == b.claims;
}

static void heir_takes(struct sum all)
{
	struct held heir;
	size_t n = 0;

	fuzz_folder_make("heir");
	held_open(&heir, "heir");
	CHECK(adopt_spool(heir.spool, &heir.outbox, fuzz_path("his"), IN_FIRST_DAYS, &n, NULL) ==
		RES_OK);
	CHECK(n == all.letters && is_same(sum_of(&heir), all));
	held_close(&heir);
	held_open(&heir, "heir");
	CHECK(is_same(sum_of(&heir), all));
	held_close(&heir);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct held held;
	struct sum sum;
	struct str bytes;
	const char *name;

	if (size == 0)
		return 0;
	bytes = str_of(data + 1, size - 1);
	name = data[0] & IS_OUTCOMES ? OUTCOMES : "his/letters";
	fuzz_folder_make("his");
	if (data[0] & IS_RAW)
		fuzz_file_write(name, bytes);
	else
		fuzz_log_write(name, bytes);
	held_open(&held, "his");
	sum = sum_of(&held);
	held_close(&held);
	held_open(&held, "his");
	CHECK(is_same(sum_of(&held), sum));
	held_close(&held);
	heir_takes(sum);
	return 0;
}
