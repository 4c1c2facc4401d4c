/* What the steps of a letter come to. Each row is a life, told by the first letters of its events.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "portal_thread_core.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))
#define MOST	 20

static const struct {
	char letter;
	const char *type;
} events[] = {
	{ 'r', "intake.received.v1" },
	{ 'a', "intake.accepted.v1" },
	{ 'x', "intake.refused.v1" },
	{ 'd', "dispatch.dispatched.v1" },
	{ 'D', "dispatch.redispatched.v1" },
	{ 's', "dispatch.signed.v1" },
	{ 'R', "reply.replied.v1" },
	{ 'l', "reply.delivered.v1" },
	{ 'f', "followup.started.v1" },
	{ 'v', "followup.visited.v1" },
	{ 'q', "followup.silent.v1" },
	{ 'e', "followup.rated.v1" },
	{ 'o', "followup.redo.v1" },
	{ 'c', "followup.closed.v1" },
	{ '?', "portal.unheard_of.v9" },
};

/* The i-th event happens at second i+1; accept_due is 100 later, resolve_due 1000 later. */
static size_t life(const char *letters, struct thread_entry *out)
{
	size_t n = 0;

	for (; letters[n] != '\0'; n++) {
		struct instant at = { (int64_t)(n + 1) * 1000000 };
		const char *type = NULL;
		for (size_t k = 0; k < N(events); k++)
			if (events[k].letter == letters[n])
				type = events[k].type;
		assert_non_null(type);
		out[n] = (struct thread_entry){ .type = str_from_c(type),
			.at = at,
			.accept_due =
				letters[n] == 'r' ? instant_add(at, SPAN_S(100)) : INSTANT_NONE,
			.resolve_due = letters[n] == 'd' || letters[n] == 'D'
					       ? instant_add(at, SPAN_S(1000))
					       : INSTANT_NONE };
	}
	return n;
}

static void thread_read_lives(void **state)
{
	static const struct {
		const char *life;
		int due_s;  /* 0: none */
		int done_s; /* 0: none */
		bool is_answer_due, can_rate, is_answered, is_refused, is_closed, is_redone;
	} rows[] = {
		{ "", 0, 0, false, false, false, false, false, false },
		{ "r", 101, 0, false, false, false, false, false, false },
		{ "ra", 0, 0, false, false, false, false, false, false },
		{ "rx", 0, 0, false, false, false, true, false, false },
		{ "rad", 1003, 0, true, false, false, false, false, false },
		{ "rads", 1003, 0, true, false, false, false, false, false },
		{ "radsR", 1003, 5, true, false, true, false, false, false },
		{ "radsRlf", 1003, 5, true, false, true, false, false, false },
		{ "radsRlfv", 1003, 5, true, true, true, false, false, false },
		{ "radsRlfvq", 1003, 5, true, true, true, false, false, false },
		{ "radsRlfve", 1003, 5, true, false, true, false, false, false },
		{ "radsRlfvec", 1003, 5, true, false, true, false, true, false },
		{ "radsRlfveoD", 1011, 0, true, false, true, false, false, true },
		{ "radsRlfveoDR", 1011, 12, true, false, true, false, false, true },
		{ "radsRlfveoDRlf", 1011, 12, true, false, true, false, false, true },
		{ "radsRlfveoDRlfv", 1011, 12, true, true, true, false, false, true },
		{ "radsRlfveoDRlfvec", 1011, 12, true, false, true, false, true, true },
		{ "raRlfv", 0, 3, false, true, true, false, false, false }, /* answered directly */
		{ "r?", 101, 0, false, false, false, false, false, false },
	};
	struct thread_entry entries[MOST];

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct thread thread = thread_read(entries, life(rows[i].life, entries));
		assert_int_equal(
			instant_is_none(thread.due) ? 0 : thread.due.us / 1000000, rows[i].due_s);
		assert_int_equal(instant_is_none(thread.done) ? 0 : thread.done.us / 1000000,
			rows[i].done_s);
		assert_int_equal(thread.is_answer_due, rows[i].is_answer_due);
		assert_int_equal(thread.can_rate, rows[i].can_rate);
		assert_int_equal(thread.is_answered, rows[i].is_answered);
		assert_int_equal(thread.is_refused, rows[i].is_refused);
		assert_int_equal(thread.is_closed, rows[i].is_closed);
		assert_int_equal(thread.is_redone, rows[i].is_redone);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(thread_read_lives) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
