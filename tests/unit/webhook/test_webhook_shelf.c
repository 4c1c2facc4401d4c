/* The shelf over restarts: what was taken is there, ends are remembered, dead letters and what was
 * delivered can be sent again, byte for byte, and compacting forgets only what was delivered long
 * ago. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "webhook_shelf.h"

struct bench {
	char folder[64];
	char path[96];
	struct shelf *shelf;
};

static struct instant at(int64_t s)
{
	return (struct instant){ SPAN_S(s).us };
}

static int setup(void **state)
{
	struct bench *bench = calloc(1, sizeof *bench);

	snprintf(bench->folder, sizeof bench->folder, "/tmp/test-shelf-XXXXXX");
	assert_non_null(mkdtemp(bench->folder));
	snprintf(bench->path, sizeof bench->path, "%s/journal", bench->folder);
	assert_int_equal(webhook_shelf_open(&bench->shelf, bench->path, NULL), RES_OK);
	*state = bench;
	return 0;
}

static int teardown(void **state)
{
	struct bench *bench = *state;

	webhook_shelf_close(bench->shelf);
	unlink(bench->path);
	rmdir(bench->folder);
	free(bench);
	return 0;
}

static void again(struct bench *bench)
{
	assert_int_equal(webhook_shelf_sync(bench->shelf, NULL), RES_OK);
	webhook_shelf_close(bench->shelf);
	assert_int_equal(webhook_shelf_open(&bench->shelf, bench->path, NULL), RES_OK);
}

static struct post *take(struct bench *bench, const char *id, int64_t s)
{
	return webhook_shelf_take(bench->shelf, str_from_c(id), STR("CD0000001-8"),
		STR("{\"text\":\"您好\"}"), at(s));
}

static struct post *find(struct bench *bench, const char *id)
{
	return webhook_shelf_find(bench->shelf, str_from_c(id));
}

static void shelf_opened_again_knows_what_is_open_and_what_ended(void **state)
{
	struct bench *bench = *state;

	take(bench, "open", 10);
	webhook_shelf_end(bench->shelf, take(bench, "done", 11), POST_DELIVERED, STR_NONE, at(20));
	webhook_shelf_end(
		bench->shelf, take(bench, "dead", 12), POST_DEAD, STR("HTTP 500"), at(21));
	assert_false(find(bench, "done")->is_end_kept);
	again(bench);
	assert_true(find(bench, "open")->is_queued && find(bench, "open")->end == POST_OPEN);
	assert_string_equal(find(bench, "open")->body, "{\"text\":\"您好\"}");
	assert_int_equal(find(bench, "open")->since.us, at(10).us);
	assert_string_equal(find(bench, "open")->case_number, "CD0000001-8");
	assert_true(find(bench, "done")->end == POST_DELIVERED && find(bench, "done")->is_end_kept);
	assert_false(find(bench, "done")->is_queued);
	assert_true(find(bench, "dead")->end == POST_DEAD && !find(bench, "dead")->is_queued);
	assert_string_equal(find(bench, "dead")->reason, "HTTP 500");
	assert_int_equal(webhook_shelf_counts(bench->shelf).dead, 1);
	assert_int_equal(webhook_shelf_counts(bench->shelf).queued, 1);
}

static void end_is_kept_only_when_it_is_durable(void **state)
{
	struct bench *bench = *state;
	struct post *post = take(bench, "one", 1);

	webhook_shelf_end(bench->shelf, post, POST_DELIVERED, STR_NONE, at(2));
	assert_false(post->is_end_kept);
	assert_int_equal(webhook_shelf_sync(bench->shelf, NULL), RES_OK);
	assert_true(post->is_end_kept);
}

static void replay_sends_dead_letters_and_a_time_span_again(void **state)
{
	struct bench *bench = *state;
	size_t n = 0;

	webhook_shelf_end(bench->shelf, take(bench, "early", 10), POST_DELIVERED, STR_NONE, at(11));
	webhook_shelf_end(bench->shelf, take(bench, "late", 20), POST_DELIVERED, STR_NONE, at(21));
	webhook_shelf_end(bench->shelf, take(bench, "dead", 30), POST_DEAD, STR("x"), at(31));
	again(bench);
	assert_int_equal(
		webhook_shelf_replay(bench->shelf, INSTANT_NONE, INSTANT_NONE, at(40), &n, NULL),
		RES_OK);
	assert_int_equal(n, 1);
	assert_true(find(bench, "dead")->is_queued && find(bench, "dead")->end == POST_DEAD);
	assert_int_equal(
		webhook_shelf_replay(bench->shelf, at(15), at(25), at(41), &n, NULL), RES_OK);
	assert_int_equal(n, 1);
	assert_string_equal(find(bench, "late")->body, "{\"text\":\"您好\"}");
	assert_false(find(bench, "early")->is_queued);
	again(bench); /* asked for is asked for */
	assert_true(find(bench, "late")->is_queued && find(bench, "dead")->is_queued);
	assert_string_equal(find(bench, "late")->body, "{\"text\":\"您好\"}");
	webhook_shelf_end(bench->shelf, find(bench, "dead"), POST_DELIVERED, STR_NONE, at(50));
	webhook_shelf_end(bench->shelf, find(bench, "late"), POST_DEAD, STR("no"), at(51));
	again(bench);
	assert_int_equal(webhook_shelf_counts(bench->shelf).queued, 0);
	assert_int_equal(webhook_shelf_counts(bench->shelf).dead, 0);
	assert_int_equal(find(bench, "late")->end, POST_DELIVERED);
}

static void compacting_forgets_only_what_was_delivered_long_ago(void **state)
{
	struct bench *bench = *state;

	webhook_shelf_end(bench->shelf, take(bench, "old", 10), POST_DELIVERED, STR_NONE, at(11));
	webhook_shelf_end(bench->shelf, take(bench, "new", 20), POST_DELIVERED, STR_NONE, at(21));
	webhook_shelf_end(bench->shelf, take(bench, "dead", 1), POST_DEAD, STR("x"), at(2));
	take(bench, "open", 1);
	assert_int_equal(webhook_shelf_compact(bench->shelf, at(15), NULL), RES_OK);
	take(bench, "later", 30);
	again(bench);
	assert_null(find(bench, "old"));
	assert_non_null(find(bench, "new"));
	assert_non_null(find(bench, "later"));
	assert_true(find(bench, "dead")->end == POST_DEAD && find(bench, "dead")->body != NULL);
	assert_true(find(bench, "open")->is_queued);
}

/* 256 KiB of quotes in a reply are half a MiB of document and a MiB of record. */
static void longest_reply_of_the_worst_bytes_is_kept(void **state)
{
	static const char worst[] = { '"', '\\', 1 };
	static char body[3 * 512 * 1024];
	struct bench *bench = *state;

	for (size_t i = 0; i < sizeof worst; i++) {
		char id[8];

		memset(body, worst[i], sizeof body);
		snprintf(id, sizeof id, "w%zu", i);
		webhook_shelf_take(bench->shelf, str_from_c(id), STR("CD0000001-8"),
			str_of(body, worst[i] == 1 ? sizeof body / 6 : sizeof body), at(1));
	}
	again(bench);
	for (size_t i = 0; i < sizeof worst; i++) {
		char id[8];

		snprintf(id, sizeof id, "w%zu", i);
		assert_non_null(find(bench, id));
		assert_int_equal(find(bench, id)->body[0], worst[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			shelf_opened_again_knows_what_is_open_and_what_ended, setup, teardown),
		cmocka_unit_test_setup_teardown(
			end_is_kept_only_when_it_is_durable, setup, teardown),
		cmocka_unit_test_setup_teardown(
			replay_sends_dead_letters_and_a_time_span_again, setup, teardown),
		cmocka_unit_test_setup_teardown(
			longest_reply_of_the_worst_bytes_is_kept, setup, teardown),
		cmocka_unit_test_setup_teardown(
			compacting_forgets_only_what_was_delivered_long_ago, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
