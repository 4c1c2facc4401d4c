/* The spool: letters and outcomes on disk. See sdk_spool.h. */
#include "sdk/sdk_spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "os/os.h"
#include "sdk/sdk_record.h"

#define OUTCOME_PERIOD_DAYS 30
#define OUTCOME_PERIODS	    4 /* the running one and three whole ones: at least 90 days */
#define COMPACT_FROM	    (4u << 20)

struct kept {
	struct spool_outcome outcome;
	char text[]; /* reason */
};

struct spool {
	char *folder;
	struct os_log *letters;
	bool is_dirty;
	bool is_moved;	      /* the letters' file has a new name that may not be durable yet */
	size_t history_bytes; /* of records that no longer matter */
	size_t live_bytes;
	struct os_log *outcomes;
	int32_t period; /* of the open outcomes file */
	struct map *by_delivery;
	struct map *fresh; /* delivery ids whose outcome is not kept yet */
	struct map *by_claim;
	bool has_claims; /* appended and not durable yet */
	struct buf scratch;
};

static int32_t period_of(struct instant now)
{
	return (int32_t)(now.us / SPAN_DAYS(OUTCOME_PERIOD_DAYS).us);
}

/* Memory running out over a name is a CHECK. */
static const char *spool_path(struct arena *mem, const struct spool *spool, const char *name)
{
	struct str path = arena_printf(mem, "%s/%s", spool->folder, name);

	CHECK(path.p != NULL);
	return path.p;
}

static const char *outcomes_path(struct arena *mem, const struct spool *spool, int32_t period)
{
	char name[32];

	snprintf(name, sizeof name, "outcomes-%04d", (int)period);
	return spool_path(mem, spool, name);
}

/* --- letters --- */

static size_t letter_bytes(const struct outbox_letter *letter)
{
	return letter->id.n + letter->body.n + 64;
}

static void append(struct spool *spool, struct os_log *log, const struct record *record)
{
	buf_clear(&spool->scratch);
	record_write(&spool->scratch, record);
	os_log_append(log, buf_str(&spool->scratch));
}

static void append_letter(
	struct spool *spool, struct os_log *log, const struct outbox_letter *letter)
{
	const struct record record = {
		.tag = RECORD_LETTER,
		.parts = { letter->id, str_of(letter->fingerprint, sizeof letter->fingerprint),
			letter->body },
		.n = 3,
	};
	append(spool, log, &record);
}

void spool_add_letter(struct spool *spool, const struct outbox_letter *letter)
{
	append_letter(spool, spool->letters, letter);
	spool->live_bytes += letter_bytes(letter);
	spool->is_dirty = true;
}

void spool_add_answered(struct spool *spool, struct str id)
{
	append(spool, spool->letters,
		&(struct record){ .tag = RECORD_ANSWERED, .parts = { id }, .n = 1 });
	spool->history_bytes += id.n;
	spool->is_dirty = true;
}

struct letters_reading {
	struct spool *spool;
	struct outbox *outbox;
};

static void letter_read(void *arg, struct str bytes)
{
	struct letters_reading *reading = arg;
	struct record record;
	if (!record_read(bytes, &record) || record.n == 0)
		return;
	struct outbox_letter *known = outbox_find(reading->outbox, record.parts[0]);
	if (record.tag == RECORD_LETTER && record.n == 3 && known == NULL &&
		record.parts[1].n == OUTBOX_FINGERPRINT) {
		outbox_add(reading->outbox, record.parts[0], (const uint8_t *)record.parts[1].p,
			record.parts[2]);
	} else if (record.tag == RECORD_ANSWERED && known != NULL) {
		reading->spool->history_bytes += letter_bytes(known);
		outbox_remove(reading->outbox, known);
	}
}

/* The rename must be durable before anything is appended to the new file. */
static enum res moved_sync(struct spool *spool, struct err *err)
{
	if (!spool->is_moved)
		return RES_OK;
	SCOPED(arena)
	struct arena *mem = arena_create(64u << 10);
	TRY(os_folder_sync(spool_path(mem, spool, "letters"), err));
	spool->is_moved = false;
	return RES_OK;
}

struct living {
	struct spool *spool;
	struct os_log *log; /* NULL: counted only */
	size_t bytes;
};

static void letter_lives(void *arg, const struct outbox_letter *letter)
{
	struct living *living = arg;
	if (living->log != NULL)
		append_letter(living->spool, living->log, letter);
	living->bytes += letter_bytes(letter);
}

/* A new file with what is unanswered, under the old name. The old one stays in use on failure. */
static enum res compact(struct spool *spool, const struct outbox *outbox, struct err *err)
{
	SCOPED(arena)
	struct arena *mem = arena_create(64u << 10);
	const char *path = spool_path(mem, spool, "letters");
	const char *path_new = spool_path(mem, spool, "letters.new");
	if (unlink(path_new) != 0 && errno != ENOENT)
		return err_set(err, RES_RETRY, "%s: %s", path_new, strerror(errno));
	struct os_log *log = NULL;
	TRY(os_log_open(&log, path_new, err));
	struct living living = { .spool = spool, .log = log };
	outbox_walk(outbox, letter_lives, &living);
	enum res res = os_log_sync(log, err);
	if (res == RES_OK && rename(path_new, path) != 0)
		res = err_set(err, RES_RETRY, "%s: %s", path, strerror(errno));
	if (res != RES_OK) {
		os_log_close(log);
		return res;
	}
	os_log_close(spool->letters);
	spool->letters = log;
	spool->history_bytes = 0;
	spool->live_bytes = living.bytes;
	/* until then a power cut may bring the old file back, without the newest letters */
	spool->is_moved = true;
	spool->is_dirty = true;
	TRY(moved_sync(spool, err));
	spool->is_dirty = false;
	return RES_OK;
}

enum res spool_sync(struct spool *spool, const struct outbox *outbox, struct err *err)
{
	if (!spool->is_dirty)
		return RES_OK;
	size_t all = spool->history_bytes + spool->live_bytes;
	if (all >= COMPACT_FROM) {
		struct living living = { .spool = spool };
		outbox_walk(outbox, letter_lives, &living);
		if (living.bytes <= all / 2)
			return compact(spool, outbox, err);
	}
	TRY(os_log_sync(spool->letters, err));
	TRY(moved_sync(spool, err));
	spool->is_dirty = false;
	return RES_OK;
}

/* --- outcomes --- */

static void outcome_put(
	struct spool *spool, struct str delivery_id, const struct spool_outcome *outcome)
{
	struct str reason = outcome->reason;
	struct kept *kept = calloc(1, sizeof *kept + reason.n);
	CHECK(kept != NULL);
	if (reason.n > 0)
		memcpy(kept->text, reason.p, reason.n);
	kept->outcome = *outcome;
	kept->outcome.reason = str_of(kept->text, reason.n);
	free(map_remove(spool->by_delivery, delivery_id));
	map_put(spool->by_delivery, delivery_id, kept);
}

/* --- claims --- */

const struct spool_claim *spool_find_claim(const struct spool *spool, struct str delivery_id)
{
	return map_get(spool->by_claim, delivery_id);
}

void spool_forget_claim(struct spool *spool, struct str delivery_id)
{
	free(map_remove(spool->by_claim, delivery_id));
}

static void claim_set(struct spool *spool, struct str delivery_id, const struct spool_claim *claim)
{
	struct spool_claim *own = calloc(1, sizeof *own);
	CHECK(own != NULL);
	*own = *claim;
	free(map_remove(spool->by_claim, delivery_id));
	map_put(spool->by_claim, delivery_id, own);
}

/* "17": a fence as it stands in a record. */
static int32_t fence_of(struct str text)
{
	int64_t fence;
	return str_to_int64(text, &fence) == RES_OK && fence > 0 && fence <= INT32_MAX
		       ? (int32_t)fence
		       : 0;
}

static struct str fence_text(char out[16], int32_t fence)
{
	return str_of(out, (size_t)snprintf(out, 16, "%d", (int)fence));
}

void spool_put_claim(struct spool *spool, struct str delivery_id, const struct spool_claim *claim)
{
	char fence[16];
	const char stage = (char)claim->stage;
	claim_set(spool, delivery_id, claim);
	append(spool, spool->outcomes,
		&(struct record){
			.tag = RECORD_CLAIM,
			.parts = { delivery_id, str_from_c(claim->id), str_of(&stage, 1),
				fence_text(fence, claim->fence) },
			.n = 4,
		});
	spool->has_claims = true;
}

struct claims_walk {
	bool (*each)(void *arg, struct str delivery_id, const struct spool_claim *claim);
	void *arg;
};

static bool claim_visit(void *arg, struct str delivery_id, void *value)
{
	const struct claims_walk *walk = arg;
	return walk->each(walk->arg, delivery_id, value);
}

void spool_walk_claims(const struct spool *spool,
	bool (*each)(void *arg, struct str delivery_id, const struct spool_claim *claim), void *arg)
{
	struct claims_walk walk = { .each = each, .arg = arg };
	map_walk(spool->by_claim, claim_visit, &walk);
}

/* One with a NUL would be another one as soon as it is written again. */
static bool is_claim_id(struct str id)
{
	return id.n > 0 && id.n <= SPOOL_CLAIM_ID && memchr(id.p, 0, id.n) == NULL;
}

static void claim_read(struct spool *spool, const struct record *record)
{
	struct spool_claim claim = { .fence = fence_of(record->parts[3]) };
	struct str id = record->parts[1];
	if (record->n != 4 || !is_claim_id(id) || record->parts[2].n != 1 ||
		map_get(spool->by_delivery, record->parts[0]) != NULL)
		return;
	memcpy(claim.id, id.p, id.n);
	claim.stage = (enum spool_stage)record->parts[2].p[0];
	if (claim.stage == SPOOL_ASKED || claim.stage == SPOOL_CALLING ||
		claim.stage == SPOOL_DOUBTED)
		claim_set(spool, record->parts[0], &claim);
}

static void outcome_read(void *arg, struct str bytes)
{
	struct spool *spool = arg;
	struct record record;
	if (!record_read(bytes, &record))
		return;
	if (record.tag == RECORD_CLAIM)
		claim_read(spool, &record);
	if (record.tag != RECORD_OUTCOME || record.n < 3 || record.parts[1].n != 1)
		return;
	const struct spool_outcome outcome = { .is_delivered = record.parts[1].p[0] == '1',
		.reason = record.parts[2],
		.is_kept = true,
		.fence = record.n > 3 ? fence_of(record.parts[3]) : 0 };
	outcome_put(spool, record.parts[0], &outcome);
	spool_forget_claim(spool, record.parts[0]);
}

const struct spool_outcome *spool_find_outcome(const struct spool *spool, struct str delivery_id)
{
	const struct kept *kept = map_get(spool->by_delivery, delivery_id);
	return kept == NULL ? NULL : &kept->outcome;
}

void spool_add_outcome(
	struct spool *spool, struct str delivery_id, const struct spool_outcome *outcome)
{
	struct spool_outcome fresh = *outcome;
	fresh.is_kept = false;
	outcome_put(spool, delivery_id, &fresh);
	map_put(spool->fresh, delivery_id, spool);
}

struct outcomes_walk {
	bool (*each)(void *arg, struct str delivery_id, const struct spool_outcome *outcome);
	void *arg;
};

static bool outcome_visit(void *arg, struct str delivery_id, void *value)
{
	const struct outcomes_walk *walk = arg;
	const struct kept *kept = value;
	return walk->each(walk->arg, delivery_id, &kept->outcome);
}

void spool_walk_outcomes(const struct spool *spool,
	bool (*each)(void *arg, struct str delivery_id, const struct spool_outcome *outcome),
	void *arg)
{
	struct outcomes_walk walk = { .each = each, .arg = arg };
	map_walk(spool->by_delivery, outcome_visit, &walk);
}

static enum res outcomes_open(struct spool *spool, int32_t period, struct err *err)
{
	if (spool->outcomes != NULL && spool->period == period)
		return RES_OK;
	SCOPED(arena)
	struct arena *mem = arena_create(64u << 10);
	struct os_log *log = NULL;
	if (spool->has_claims)
		TRY(os_log_sync(spool->outcomes, err));
	TRY(os_log_open(&log, outcomes_path(mem, spool, period), err));
	os_log_close(spool->outcomes);
	spool->has_claims = false;
	spool->outcomes = log;
	spool->period = period;
	return RES_OK;
}

static bool outcome_append(void *arg, struct str delivery_id, void *value)
{
	(void)value;
	struct spool *spool = arg;
	const struct spool_outcome *outcome = spool_find_outcome(spool, delivery_id);
	char fence[16];
	append(spool, spool->outcomes,
		&(struct record){
			.tag = RECORD_OUTCOME,
			.parts = { delivery_id, outcome->is_delivered ? STR("1") : STR("0"),
				outcome->reason, fence_text(fence, outcome->fence) },
			.n = 4,
		});
	return true;
}

static bool outcome_mark_kept(void *arg, struct str delivery_id, void *value)
{
	(void)value;
	struct spool *spool = arg;
	struct kept *kept = map_get(spool->by_delivery, delivery_id);
	kept->outcome.is_kept = true;
	spool_forget_claim(spool, delivery_id);
	return true;
}

static bool outcome_forget(void *arg, struct str delivery_id, void *value)
{
	(void)value;
	struct spool *spool = arg;
	free(map_remove(spool->by_delivery, delivery_id));
	return true;
}

void spool_drop_outcomes(struct spool *spool)
{
	map_walk(spool->fresh, outcome_forget, spool);
	map_clear(spool->fresh);
}

enum res spool_keep_outcomes(struct spool *spool, struct instant now, struct err *err)
{
	if (map_count(spool->fresh) == 0)
		return RES_OK;
	enum res res = outcomes_open(spool, period_of(now), err);
	if (res == RES_OK) {
		map_walk(spool->fresh, outcome_append, spool);
		res = os_log_sync(spool->outcomes, err);
	}
	if (res != RES_OK) {
		spool_drop_outcomes(spool);
		return res;
	}
	map_walk(spool->fresh, outcome_mark_kept, spool);
	map_clear(spool->fresh);
	return RES_OK;
}

enum res spool_keep_claims(struct spool *spool, struct instant now, struct err *err)
{
	if (!spool->has_claims)
		return RES_OK;
	TRY(outcomes_open(spool, period_of(now), err));
	TRY(os_log_sync(spool->outcomes, err));
	spool->has_claims = false;
	return RES_OK;
}

/* Reads the outcomes of all periods that still count, oldest first, and deletes older files. */
static enum res outcomes_read(struct spool *spool, struct instant now, struct err *err)
{
	SCOPED(arena)
	struct arena *mem = arena_create(1u << 20);
	int32_t current = period_of(now);
	int32_t last = current;
	DIR *folder = opendir(spool->folder);
	if (folder == NULL)
		return err_set(err, RES_RETRY, "%s: %s", spool->folder, strerror(errno));
	for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
		int64_t period;
		struct str name = str_from_c(entry->d_name);
		if (str_starts(name, STR("channel.")))
			(void)unlinkat(dirfd(folder), entry->d_name, 0); /* of a kill */
		if (!str_starts(name, STR("outcomes-")) ||
			str_to_int64(str_slice(name, 9, SIZE_MAX), &period) != RES_OK)
			continue;
		if (period <= current - OUTCOME_PERIODS)
			(void)unlink(outcomes_path(mem, spool, (int32_t)period));
		else if (period > last && period <= current + OUTCOME_PERIODS)
			last = (int32_t)period; /* the clock was put back since */
	}
	closedir(folder);
	for (int32_t period = current - OUTCOME_PERIODS + 1; period <= last; period++) {
		enum res res =
			os_log_read(outcomes_path(mem, spool, period), outcome_read, spool, err);
		if (res != RES_OK && res != RES_NOT_FOUND)
			return res;
	}
	return RES_OK;
}

/* --- life --- */

static enum res spool_load(
	struct spool *spool, struct outbox *outbox, struct instant now, struct err *err)
{
	SCOPED(arena)
	struct arena *mem = arena_create(64u << 10);
	const char *path = spool_path(mem, spool, "letters");
	struct letters_reading reading = { .spool = spool, .outbox = outbox };
	TRY(os_log_open(&spool->letters, path, err));
	TRY(os_log_read(path, letter_read, &reading, err));
	TRY(outcomes_read(spool, now, err));
	TRY(outcomes_open(spool, period_of(now), err));
	if (spool->history_bytes > 0)
		TRY(compact(spool, outbox, err));
	return RES_OK;
}

enum res spool_open(struct spool **out, const char *folder, struct outbox *outbox,
	struct instant now, struct err *err)
{
	struct spool *spool = calloc(1, sizeof *spool);
	CHECK(spool != NULL);
	spool->folder = strdup(folder);
	CHECK(spool->folder != NULL);
	spool->by_delivery = map_create();
	spool->fresh = map_create();
	spool->by_claim = map_create();
	enum res res = spool_load(spool, outbox, now, err);
	if (res != RES_OK) {
		spool_close(spool);
		return res;
	}
	*out = spool;
	return RES_OK;
}

static bool kept_free(void *arg, struct str delivery_id, void *value)
{
	(void)arg, (void)delivery_id;
	free(value);
	return true;
}

void spool_close(struct spool *spool)
{
	if (spool == NULL)
		return;
	os_log_close(spool->letters);
	os_log_close(spool->outcomes);
	map_walk(spool->by_delivery, kept_free, NULL);
	map_destroy(spool->by_delivery);
	map_destroy(spool->fresh);
	map_walk(spool->by_claim, kept_free, NULL);
	map_destroy(spool->by_claim);
	buf_fini(&spool->scratch);
	free(spool->folder);
	free(spool);
}
