/* The spool over restarts: what is durable comes back byte for byte, answered letters do not, torn
 * tails cost nothing that was promised, outcomes are kept for their time and no longer. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "os/os.h"
#include "sdk/sdk_record.h"
#include "sdk/sdk_spool.h"

struct place {
	char folder[64];
	struct outbox outbox;
	struct spool *spool;
};

static const uint8_t print[OUTBOX_FINGERPRINT] = { 1, 2, 3 };

static struct instant on_day(int day)
{
	return (struct instant){ SPAN_DAYS(day).us };
}

static void place_open(struct place *place, int day)
{
	outbox_init(&place->outbox);
	assert_int_equal(
		spool_open(&place->spool, place->folder, &place->outbox, on_day(day), NULL),
		RES_OK);
}

/* As after a kill: nothing is said to the spool. */
static void place_shut(struct place *place)
{
	spool_close(place->spool);
	outbox_fini(&place->outbox);
}

static int setup(void **state)
{
	struct place *place = calloc(1, sizeof *place);
	assert_non_null(place);
	snprintf(place->folder, sizeof place->folder, "/tmp/wl-spool.XXXXXX");
	assert_non_null(mkdtemp(place->folder));
	*state = place;
	return 0;
}

static int teardown(void **state)
{
	struct place *place = *state;
	char command[128];
	snprintf(command, sizeof command, "rm -rf '%s'", place->folder);
	assert_int_equal(system(command), 0);
	free(place);
	return 0;
}

static void letter_add(struct place *place, const char *id, struct str body)
{
	spool_add_letter(place->spool, outbox_add(&place->outbox, str_from_c(id), print, body));
}

static void letter_answer(struct place *place, const char *id)
{
	spool_add_answered(place->spool, str_from_c(id));
	outbox_remove(&place->outbox, outbox_find(&place->outbox, str_from_c(id)));
}

static void sync_now(struct place *place)
{
	assert_int_equal(spool_sync(place->spool, &place->outbox, NULL), RES_OK);
}

static off_t file_bytes(const struct place *place, const char *name)
{
	char path[128];
	struct stat about;
	snprintf(path, sizeof path, "%s/%s", place->folder, name);
	return stat(path, &about) == 0 ? about.st_size : -1;
}

static void spool_synced_letter_comes_back_byte_for_byte(void **state)
{
	struct place *place = *state;
	const struct str body = STR("\0bytes\xff with a NUL");
	place_open(place, 100);
	letter_add(place, "a", body);
	letter_add(place, "b", STR("second"));
	sync_now(place);
	letter_answer(place, "b");
	sync_now(place);
	place_shut(place);
	place_open(place, 100);
	assert_int_equal(outbox_count(&place->outbox), 1);
	const struct outbox_letter *letter = outbox_find(&place->outbox, STR("a"));
	assert_non_null(letter);
	assert_true(str_eq(letter->body, body));
	assert_memory_equal(letter->fingerprint, print, sizeof print);
	place_shut(place);
}

static void spool_letter_without_sync_was_never_promised(void **state)
{
	struct place *place = *state;
	place_open(place, 100);
	letter_add(place, "a", STR("x"));
	sync_now(place);
	letter_add(place, "b", STR("y"));
	place_shut(place);
	place_open(place, 100);
	assert_non_null(outbox_find(&place->outbox, STR("a")));
	assert_null(outbox_find(&place->outbox, STR("b")));
	place_shut(place);
}

static void spool_torn_tail_costs_only_the_torn_record(void **state)
{
	struct place *place = *state;
	char path[128];
	place_open(place, 100);
	letter_add(place, "a", STR("first"));
	sync_now(place);
	off_t whole = file_bytes(place, "letters");
	letter_add(place, "b", STR("second"));
	sync_now(place);
	place_shut(place);
	snprintf(path, sizeof path, "%s/letters", place->folder);
	for (off_t cut = file_bytes(place, "letters") - 1; cut > whole; cut -= 3) {
		assert_int_equal(truncate(path, cut), 0);
		place_open(place, 100);
		assert_non_null(outbox_find(&place->outbox, STR("a")));
		assert_null(outbox_find(&place->outbox, STR("b")));
		letter_add(place, "b", STR("second"));
		sync_now(place);
		place_shut(place);
	}
}

static void spool_compacts_what_is_answered(void **state)
{
	struct place *place = *state;
	static char big[64 << 10];
	char id[16];
	memset(big, 'x', sizeof big);
	place_open(place, 100);
	letter_add(place, "stays", STR("me"));
	letter_add(place, "aside", STR("me too"));
	outbox_refuse(&place->outbox, outbox_find(&place->outbox, STR("aside")),
		(struct instant){ 0 }, SPAN_MIN(10));
	for (int i = 0; i < 200; i++) {
		snprintf(id, sizeof id, "m%d", i);
		letter_add(place, id, str_of(big, sizeof big));
		sync_now(place);
		letter_answer(place, id);
		sync_now(place);
	}
	/* 12.5 MiB went through; the file is rewritten before it doubles its threshold of 4 MiB */
	assert_true(file_bytes(place, "letters") < 8 << 20);
	place_shut(place);
	place_open(place, 100);
	assert_int_equal(outbox_count(&place->outbox), 2);
	assert_non_null(outbox_find(&place->outbox, STR("stays")));
	assert_non_null(outbox_find(&place->outbox, STR("aside")));
	/* opening compacts too */
	assert_true(file_bytes(place, "letters") < 1 << 10);
	place_shut(place);
}

static void outcome_add(
	struct place *place, const char *delivery_id, bool is_delivered, const char *reason)
{
	const struct spool_outcome outcome = {
		.is_delivered = is_delivered, .reason = str_from_c(reason), .fence = 3
	};
	spool_add_outcome(place->spool, str_from_c(delivery_id), &outcome);
}

static void spool_outcome_is_known_again_after_a_restart(void **state)
{
	struct place *place = *state;
	place_open(place, 100);
	outcome_add(place, "d1", true, "");
	outcome_add(place, "d2", false, "no such user");
	assert_false(spool_find_outcome(place->spool, STR("d1"))->is_kept);
	assert_int_equal(spool_keep_outcomes(place->spool, on_day(100), NULL), RES_OK);
	assert_true(spool_find_outcome(place->spool, STR("d1"))->is_kept);
	outcome_add(place, "d3", true, "");
	place_shut(place);
	place_open(place, 100);
	assert_true(spool_find_outcome(place->spool, STR("d1"))->is_delivered);
	const struct spool_outcome *second = spool_find_outcome(place->spool, STR("d2"));
	assert_non_null(second);
	assert_false(second->is_delivered);
	assert_true(str_eq_c(second->reason, "no such user"));
	assert_int_equal(second->fence, 3);
	assert_null(spool_find_outcome(place->spool, STR("d3")));
	place_shut(place);
}

static const struct spool_claim *claim_of(struct place *place, const char *delivery_id)
{
	return spool_find_claim(place->spool, str_from_c(delivery_id));
}

/* The last stage of a claim is what a restart finds; an outcome ends it. */
static void spool_claim_is_known_again_until_its_outcome(void **state)
{
	struct place *place = *state;
	struct spool_claim claim = { .id = "0123456789abcdef0123456789abcdef",
		.stage = SPOOL_ASKED };
	place_open(place, 100);
	spool_put_claim(place->spool, STR("d1"), &claim);
	spool_put_claim(place->spool, STR("d2"), &claim);
	spool_put_claim(place->spool, STR("d3"), &claim);
	claim.stage = SPOOL_CALLING;
	claim.fence = 7;
	spool_put_claim(place->spool, STR("d1"), &claim);
	spool_put_claim(place->spool, STR("d2"), &claim);
	assert_int_equal(spool_keep_claims(place->spool, on_day(100), NULL), RES_OK);
	outcome_add(place, "d2", true, "");
	assert_int_equal(spool_keep_outcomes(place->spool, on_day(100), NULL), RES_OK);
	assert_null(claim_of(place, "d2"));
	spool_put_claim(place->spool, STR("d4"), &claim); /* not durable: never happened */
	place_shut(place);
	place_open(place, 129); /* the next file */
	assert_string_equal(claim_of(place, "d1")->id, claim.id);
	assert_int_equal(claim_of(place, "d1")->stage, SPOOL_CALLING);
	assert_int_equal(claim_of(place, "d1")->fence, 7);
	assert_int_equal(claim_of(place, "d3")->stage, SPOOL_ASKED);
	assert_null(claim_of(place, "d2"));
	assert_null(claim_of(place, "d4"));
	place_shut(place);
}

/* A whole record that we never write: what cannot be written again is not taken. */
static void spool_claim_whose_name_has_a_nul_is_none(void **state)
{
	struct place *place = *state;
	const struct record record = { .tag = RECORD_CLAIM,
		.parts = { STR("d1"), STR("\0claim"), STR("c"), STR("1") },
		.n = 4 };
	struct buf bytes = { 0 };
	struct os_log *log = NULL;
	char path[256];
	snprintf(path, sizeof path, "%s/outcomes-0003", place->folder);
	record_write(&bytes, &record);
	assert_int_equal(os_log_open(&log, path, NULL), RES_OK);
	os_log_append(log, buf_str(&bytes));
	assert_int_equal(os_log_sync(log, NULL), RES_OK);
	os_log_close(log);
	buf_fini(&bytes);
	place_open(place, 100);
	assert_null(claim_of(place, "d1"));
	place_shut(place);
}

static void spool_dropped_outcome_is_forgotten(void **state)
{
	struct place *place = *state;
	place_open(place, 100);
	outcome_add(place, "d1", true, "");
	spool_drop_outcomes(place->spool);
	assert_null(spool_find_outcome(place->spool, STR("d1")));
	assert_int_equal(spool_keep_outcomes(place->spool, on_day(100), NULL), RES_OK);
	assert_null(spool_find_outcome(place->spool, STR("d1")));
	place_shut(place);
}

static void spool_outcome_lives_ninety_days_and_not_for_ever(void **state)
{
	static const struct {
		int day;
		bool is_known;
	} cases[] = { { 190, true }, { 209, true }, { 240, false } };
	struct place *place = *state;
	place_open(place, 119);
	outcome_add(place, "d1", true, "");
	assert_int_equal(spool_keep_outcomes(place->spool, on_day(119), NULL), RES_OK);
	place_shut(place);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		place_open(place, cases[i].day);
		assert_int_equal(
			spool_find_outcome(place->spool, STR("d1")) != NULL, cases[i].is_known);
		place_shut(place);
	}
	assert_int_equal(file_bytes(place, "outcomes-0003"), -1);
}

/* Else a reply would be given to a citizen a second time. */
static void spool_outcome_is_known_after_the_clock_was_put_back(void **state)
{
	struct place *place = *state;
	place_open(place, 600);
	outcome_add(place, "d1", true, "");
	assert_int_equal(spool_keep_outcomes(place->spool, on_day(600), NULL), RES_OK);
	place_shut(place);
	place_open(place, 599); /* the period before */
	assert_non_null(spool_find_outcome(place->spool, STR("d1")));
	place_shut(place);
}

static void record_damaged_is_refused(void **state)
{
	struct buf bytes = { 0 };
	struct record record = {
		.tag = RECORD_LETTER, .parts = { STR("id"), STR(""), STR("body") }, .n = 3
	};
	(void)state;
	record_write(&bytes, &record);
	assert_true(record_read(buf_str(&bytes), &record));
	assert_int_equal(record.n, 3);
	assert_true(str_eq_c(record.parts[2], "body"));
	for (size_t cut = 0; cut < bytes.n; cut++) {
		struct str part = str_slice(buf_str(&bytes), 0, cut);
		/* a cut at a border of parts gives fewer parts, which readers refuse by count */
		if (record_read(part, &record))
			assert_true(record.n < 3);
	}
	buf_fini(&bytes);
}

int main(void)
{
#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		WITH_FOLDER(spool_synced_letter_comes_back_byte_for_byte),
		WITH_FOLDER(spool_letter_without_sync_was_never_promised),
		WITH_FOLDER(spool_torn_tail_costs_only_the_torn_record),
		WITH_FOLDER(spool_compacts_what_is_answered),
		WITH_FOLDER(spool_outcome_is_known_again_after_a_restart),
		WITH_FOLDER(spool_claim_is_known_again_until_its_outcome),
		WITH_FOLDER(spool_claim_whose_name_has_a_nul_is_none),
		WITH_FOLDER(spool_dropped_outcome_is_forgotten),
		WITH_FOLDER(spool_outcome_lives_ninety_days_and_not_for_ever),
		WITH_FOLDER(spool_outcome_is_known_after_the_clock_was_put_back),
		cmocka_unit_test(record_damaged_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
