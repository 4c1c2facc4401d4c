/* Adoption of a spool, killed at every step that touches the disk (before it, after it, in the
 * middle of a write), then begun anew: every letter is in one of the two spools at any time, and in
 * the end each is where the table says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "sdk/sdk_adopt.h"

#define KILLED	  77
#define STEPS_MAX 500

static const struct instant now = { INT64_C(20000) * 86400 * 1000000 };

/* --- the disk, at which a child dies --- */

static int steps_left = -1; /* negative: nobody dies */

static bool is_last_step(void)
{
	return steps_left >= 0 && steps_left-- == 0;
}

static void step(void)
{
	if (is_last_step())
		_exit(KILLED);
}

ssize_t pwrite(int fd, const void *bytes, size_t n, off_t at)
{
	step();
	if (is_last_step()) {
		(void)!syscall(SYS_pwrite64, fd, bytes, n / 2, at);
		_exit(KILLED);
	}
	ssize_t done = syscall(SYS_pwrite64, fd, bytes, n, at);
	step();
	return done;
}

int fdatasync(int fd)
{
	step();
	int done = (int)syscall(SYS_fdatasync, fd);
	step();
	return done;
}

int rename(const char *from, const char *to)
{
	step();
	int done = (int)syscall(SYS_rename, from, to);
	step();
	return done;
}

/* --- two spools --- */

enum whose { NOBODY, OWN, HIS };

/* Content 0: not there. Bodies differ between the two, as sealing draws a nonce. */
static const struct {
	const char *id;
	uint8_t own;
	uint8_t his;
	enum whose want; /* whose body it has in ours; NOBODY: not ours */
	bool is_left;	 /* with him */
} letters[] = {
	{ "only his", 0, 1, HIS, false },
	{ "his too", 0, 2, HIS, false },
	{ "the same in both", 3, 3, OWN, false },
	{ "other content", 4, 5, OWN, true },
	{ "only ours", 6, 0, OWN, false },
};
#define LETTERS (sizeof letters / sizeof letters[0])

static const struct {
	const char *delivery_id;
	char own; /* 0: none, 'y' delivered, 'n' not */
	char his;
	char want;
} outcomes[] = {
	{ "d1", 0, 'y', 'y' },
	{ "d2", 0, 'n', 'n' },
	{ "d3", 'y', 'n', 'y' },
	{ "d4", 'n', 0, 'n' },
};
#define OUTCOMES (sizeof outcomes / sizeof outcomes[0])

struct place {
	char folder[96];
	struct outbox outbox;
	struct spool *spool;
};

static void place_open(struct place *place)
{
	outbox_init(&place->outbox);
	assert_int_equal(
		spool_open(&place->spool, place->folder, &place->outbox, now, NULL), RES_OK);
}

static void place_shut(struct place *place)
{
	spool_close(place->spool);
	outbox_fini(&place->outbox);
}

static struct str body_of(size_t letter, enum whose whose, char out[64])
{
	snprintf(out, 64, "%s, sealed by %s", letters[letter].id, whose == OWN ? "us" : "him");
	return str_from_c(out);
}

static void place_fill(struct place *place, enum whose whose)
{
	char body[64];
	place_open(place);
	for (size_t i = 0; i < LETTERS; i++) {
		uint8_t print[OUTBOX_FINGERPRINT] = { whose == OWN ? letters[i].own
								   : letters[i].his };
		if (print[0] != 0)
			spool_add_letter(
				place->spool, outbox_add(&place->outbox, str_from_c(letters[i].id),
						      print, body_of(i, whose, body)));
	}
	for (size_t i = 0; i < OUTCOMES; i++) {
		char is_delivered = whose == OWN ? outcomes[i].own : outcomes[i].his;
		if (is_delivered != 0)
			spool_add_outcome(place->spool, str_from_c(outcomes[i].delivery_id),
				&(struct spool_outcome){ .is_delivered = is_delivered == 'y' });
	}
	assert_int_equal(spool_sync(place->spool, &place->outbox, NULL), RES_OK);
	assert_int_equal(spool_keep_outcomes(place->spool, now, NULL), RES_OK);
	place_shut(place);
}

struct pair {
	char folder[64];
	struct place own;
	struct place his;
};

static void pair_make(struct pair *pair)
{
	snprintf(pair->folder, sizeof pair->folder, "/tmp/wl-adopt.XXXXXX");
	assert_non_null(mkdtemp(pair->folder));
	struct place *places[] = { &pair->own, &pair->his };
	for (size_t i = 0; i < 2; i++) {
		char command[128];
		snprintf(places[i]->folder, sizeof places[i]->folder, "%s/%zu", pair->folder, i);
		snprintf(command, sizeof command, "mkdir '%s'", places[i]->folder);
		assert_int_equal(system(command), 0);
		place_fill(places[i], i == 0 ? OWN : HIS);
	}
}

static void pair_remove(const struct pair *pair)
{
	char command[128];
	snprintf(command, sizeof command, "rm -rf '%s'", pair->folder);
	assert_int_equal(system(command), 0);
}

static enum res adopt(struct pair *pair, size_t *out_letters, struct err *err)
{
	place_open(&pair->own);
	enum res res = adopt_spool(
		pair->own.spool, &pair->own.outbox, pair->his.folder, now, out_letters, err);
	place_shut(&pair->own);
	return res;
}

/* A child adopts and is killed at the n-th step; true: it was done before that. */
static bool adopt_killed_at(struct pair *pair, int n)
{
	size_t taken = 0;
	int status;
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		steps_left = n;
		enum res res = adopt(pair, &taken, NULL);
		_exit(res == RES_INVALID ? 0 : 1); /* one letter is another */
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_true(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == KILLED);
	return WEXITSTATUS(status) == 0;
}

static void assert_nothing_is_lost(struct pair *pair)
{
	place_open(&pair->own);
	place_open(&pair->his);
	for (size_t i = 0; i < LETTERS; i++) {
		struct str id = str_from_c(letters[i].id);
		bool is_somewhere = outbox_find(&pair->own.outbox, id) != NULL ||
				    outbox_find(&pair->his.outbox, id) != NULL;
		assert_true(is_somewhere);
	}
	place_shut(&pair->own);
	place_shut(&pair->his);
}

static void assert_letters_are_where_they_belong(struct pair *pair)
{
	char body[64];
	for (size_t i = 0; i < LETTERS; i++) {
		struct str id = str_from_c(letters[i].id);
		const struct outbox_letter *letter = outbox_find(&pair->own.outbox, id);
		assert_non_null(letter);
		assert_true(str_eq(letter->body, body_of(i, letters[i].want, body)));
		assert_int_equal(letter->fingerprint[0],
			letters[i].want == OWN ? letters[i].own : letters[i].his);
		const struct outbox_letter *left = outbox_find(&pair->his.outbox, id);
		assert_int_equal(left != NULL, letters[i].is_left);
		if (left != NULL)
			assert_true(str_eq(left->body, body_of(i, HIS, body)));
	}
}

static void assert_all_is_done(struct pair *pair)
{
	place_open(&pair->own);
	place_open(&pair->his);
	assert_letters_are_where_they_belong(pair);
	for (size_t i = 0; i < OUTCOMES; i++) {
		const struct spool_outcome *outcome =
			spool_find_outcome(pair->own.spool, str_from_c(outcomes[i].delivery_id));
		assert_non_null(outcome);
		assert_true(outcome->is_kept);
		assert_int_equal(outcome->is_delivered, outcomes[i].want == 'y');
	}
	place_shut(&pair->own);
	place_shut(&pair->his);
}

/* --- tests --- */

static void adopt_takes_what_the_table_says(void **state)
{
	struct pair pair;
	struct err err = { .text = "" };
	size_t taken = 99;
	(void)state;
	pair_make(&pair);
	assert_int_equal(adopt(&pair, &taken, &err), RES_INVALID);
	assert_int_equal(taken, 2);
	assert_non_null(strstr(err.text, "1 letters have names"));
	assert_non_null(strstr(err.text, ": other content"));
	assert_all_is_done(&pair);
	assert_int_equal(adopt(&pair, &taken, &err), RES_INVALID);
	assert_int_equal(taken, 0);
	assert_all_is_done(&pair);
	pair_remove(&pair);
}

static void adopt_killed_at_any_step_goes_on(void **state)
{
	bool is_done = false;
	int n = 0;
	(void)state;
	for (; !is_done; n++) {
		struct pair pair;
		size_t taken;
		assert_true(n < STEPS_MAX);
		pair_make(&pair);
		is_done = adopt_killed_at(&pair, n);
		assert_nothing_is_lost(&pair);
		assert_int_equal(adopt(&pair, &taken, NULL), RES_INVALID);
		assert_all_is_done(&pair);
		pair_remove(&pair);
	}
	print_message("killed at %d steps\n", n - 1);
	assert_true(n > 10);
}

static void adopt_second_kill_is_as_harmless(void **state)
{
	(void)state;
	for (int first = 5; first < 40; first += 5) {
		struct pair pair;
		size_t taken;
		pair_make(&pair);
		bool is_done = adopt_killed_at(&pair, first);
		for (int n = 0; !is_done; n += 3)
			is_done = adopt_killed_at(&pair, n);
		assert_nothing_is_lost(&pair);
		assert_int_equal(adopt(&pair, &taken, NULL), RES_INVALID);
		assert_all_is_done(&pair);
		pair_remove(&pair);
	}
}

static void adopt_without_a_spool_makes_none(void **state)
{
	char folder[] = "/tmp/wl-adopt.XXXXXX";
	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_int_equal(adopt_find(folder, NULL), RES_NOT_FOUND);
	assert_int_equal(adopt_find("/tmp/wl-adopt.none", NULL), RES_NOT_FOUND);
	assert_int_equal(rmdir(folder), 0); /* still empty */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(adopt_takes_what_the_table_says),
		cmocka_unit_test(adopt_killed_at_any_step_goes_on),
		cmocka_unit_test(adopt_second_kill_is_as_harmless),
		cmocka_unit_test(adopt_without_a_spool_makes_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
