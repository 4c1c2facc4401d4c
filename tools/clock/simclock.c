/* The simulated clock. See simclock.h. */
#include "clock/simclock.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "os/os.h"
#include "simclock_sql.h"

#define CALL_MEMORY	(1u << 20)
#define POLL_EVERY	SPAN_MS(2)
#define WAKE_EVERY	SPAN_MS(50)
#define STUCK_AFTER	SPAN_S(60)
#define STANDS_SAID_MAX 6 /* lines of what is unsettled that an error names */

struct simclock {
	struct simclock_options options;
	struct db *db;
	struct arena *mem;
	int64_t wakes;
	enum res (*pump)(void *arg, struct err *err);
	void *pump_arg;
	enum res (*stepped)(void *arg, bool *out_has_acted, struct err *err);
	void *stepped_arg;
};

static const char *const woken_groups[] = { "intake", "dispatch", "reply", "followup",
	"analytics" };

enum res simclock_open(
	struct simclock **out, const struct simclock_options *options, struct err *err)
{
	struct simclock *clock = calloc(1, sizeof *clock);
	CHECK(clock != NULL);
	clock->options = *options;
	clock->mem = arena_create(CALL_MEMORY);
	CHECK(clock->mem != NULL);
	const struct db_options db = {
		.conninfo = options->conninfo,
		.application = "wangli-clock",
		.statements = simclock_sql_all,
		.statement_timeout = SPAN_S(30),
		.allow_unsafe = true,
	};
	enum res res = db_open(&clock->db, &db, err);
	if (res != RES_OK) {
		simclock_close(clock);
		return res;
	}
	*out = clock;
	return RES_OK;
}

void simclock_set_pump(
	struct simclock *clock, enum res (*pump)(void *arg, struct err *err), void *arg)
{
	clock->pump = pump;
	clock->pump_arg = arg;
}

void simclock_set_stepped(struct simclock *clock,
	enum res (*stepped)(void *arg, bool *out_has_acted, struct err *err), void *arg)
{
	clock->stepped = stepped;
	clock->stepped_arg = arg;
}

void simclock_close(struct simclock *clock)
{
	if (clock == NULL)
		return;
	db_close(clock->db);
	arena_destroy(clock->mem);
	free(clock);
}

/* The one parameter that a statement may have. */
struct question {
	const struct db_sql *sql;
	struct instant at; /* a business time; or none */
	bool has_scope;	   /* the parameter is: analytics too? */
	bool with_analytics;
};

/* A database that went away is taken up again once. */
static enum res ask(struct simclock *clock, const struct question *question, struct db_result **out,
	struct err *err)
{
	for (int attempt = 0;; attempt++) {
		struct db_params params;
		arena_reset(clock->mem);
		db_release(clock->db);
		db_params_init(&params, clock->mem);
		if (question->has_scope)
			db_param_bool(&params, question->with_analytics);
		else if (!instant_is_none(question->at))
			db_param_instant(&params, question->at);
		enum res res = db_run(clock->db, question->sql, &params, out, err);
		if (res != RES_RETRY || attempt > 0)
			return res;
		TRY(db_reconnect(clock->db, err));
	}
}

static enum res ask_at(struct simclock *clock, const struct db_sql *sql, struct instant at,
	struct db_result **out, struct err *err)
{
	return ask(clock, &(struct question){ .sql = sql, .at = at }, out, err);
}

static enum res read_now(
	struct simclock *clock, bool *out_is_simulated, struct instant *out_now, struct err *err)
{
	struct db_result *result;
	TRY(ask_at(clock, &simclock_sql_clock_now, INSTANT_NONE, &result, err));
	if (db_rows(result) != 1)
		return err_set(err, RES_INVALID, "this system has no clock yet: run ./wangli up");
	*out_is_simulated = db_get_int(result, 0, 0) != 0;
	*out_now = db_get_instant(result, 0, 1);
	return RES_OK;
}

enum res simclock_now(struct simclock *clock, struct instant *out, struct err *err)
{
	bool is_simulated;
	return read_now(clock, &is_simulated, out, err);
}

static enum res next_due(struct simclock *clock, struct instant *out, struct err *err)
{
	struct db_result *result;
	TRY(ask_at(clock, &simclock_sql_next_due, INSTANT_NONE, &result, err));
	*out = db_is_null(result, 0, 0) ? INSTANT_NONE : db_get_instant(result, 0, 0);
	return RES_OK;
}

/* What stands in the way of time: how much, whether timers are among it, and in words. */
struct standing {
	int64_t n;
	bool has_timers;
	struct err words;
};

static enum res read_standing(
	struct simclock *clock, bool with_analytics, struct standing *out, struct err *err)
{
	const struct question question = {
		.sql = &simclock_sql_unsettled, .has_scope = true, .with_analytics = with_analytics
	};
	struct db_result *result;
	TRY(ask(clock, &question, &result, err));
	*out = (struct standing){ .n = 0 };
	struct str words = STR("");
	for (size_t i = 0; i < db_rows(result); i++) {
		int64_t n = db_get_int(result, i, 1);
		out->n += n;
		out->has_timers = out->has_timers || db_get_int(result, i, 2) != 0;
		if (i < STANDS_SAID_MAX)
			words = arena_printf(clock->mem, "%.*s%s%.*s (%lld)", STR_ARG(words),
				i > 0 ? ", " : "", STR_ARG(db_get_str(result, i, 0)), (long long)n);
	}
	(void)err_set(&out->words, RES_OK, "%.*s", STR_ARG(words));
	return RES_OK;
}

enum res simclock_read(struct simclock *clock, struct simclock_reading *out, struct err *err)
{
	struct simclock_reading reading;
	struct standing standing;
	TRY(read_now(clock, &reading.is_simulated, &reading.now, err));
	TRY(next_due(clock, &reading.next_due, err));
	TRY(read_standing(clock, true, &standing, err));
	reading.unsettled = standing.n;
	*out = reading;
	return RES_OK;
}

enum res simclock_require_simulated(struct simclock *clock, struct err *err)
{
	bool is_simulated;
	struct instant now;
	TRY(read_now(clock, &is_simulated, &now, err));
	if (!is_simulated)
		return err_set(err, RES_INVALID,
			"this system runs on real time; only one made with `./wangli up --clock "
			"simulated` can be moved");
	return RES_OK;
}

enum res simclock_begin(struct simclock *clock, struct instant at, struct err *err)
{
	struct db_result *result;
	TRY(simclock_require_simulated(clock, err));
	TRY(ask_at(clock, &simclock_sql_clock_begin, at, &result, err));
	if (db_rows(result) == 0)
		return err_set(err, RES_CONFLICT, "there are cases: the clock cannot go back");
	return RES_OK;
}

enum res simclock_set(struct simclock *clock, struct instant at, struct err *err)
{
	struct db_result *result;
	return ask_at(clock, &simclock_sql_clock_set, at, &result, err);
}

static void wake_all(struct simclock *clock)
{
	char id[64];
	clock->wakes++;
	(void)!snprintf(id, sizeof id, "wake/%lld", (long long)clock->wakes);
	for (size_t i = 0; i < sizeof woken_groups / sizeof woken_groups[0]; i++) {
		const struct line_command wake = {
			.group = woken_groups[i],
			.type = "kit.wake.v1",
			.command_id = str_from_c(id),
			.actor = STR("system"),
		};
		line_send(clock->options.line, &wake);
	}
}

/* A few milliseconds in which the line and the caller's own connections are served. */
static enum res pause_shortly(struct simclock *clock, struct err *err)
{
	struct wire_msg answers[64];
	size_t n;
	arena_reset(clock->mem);
	if (clock->pump != NULL)
		return clock->pump(clock->pump_arg, err);
	/* results of wakes say nothing that the database does not say better */
	return line_take(clock->options.line, clock->mem, answers, 64, &n, POLL_EVERY, err);
}

/* Without analytics: what it has not heard yet sets no timer and moves no case; it may catch up
 * while time goes on. */
static enum res settle(struct simclock *clock, bool with_analytics, struct err *err)
{
	int64_t before = -1;
	struct instant moved_at = os_monotonic_now();
	struct instant woken_at = INSTANT_NONE;
	for (;;) {
		struct standing standing;
		struct instant now = os_monotonic_now();
		TRY(read_standing(clock, with_analytics, &standing, err));
		if (standing.n == 0)
			return RES_OK;
		if (standing.n != before)
			moved_at = now;
		before = standing.n;
		if (instant_since(now, moved_at).us > STUCK_AFTER.us)
			return err_set(err, RES_RETRY, "nothing moved for %d s; pending: %s",
				(int)(STUCK_AFTER.us / 1000000), standing.words.text);
		if (standing.has_timers && line_is_up(clock->options.line) &&
			(instant_is_none(woken_at) ||
				instant_since(now, woken_at).us > WAKE_EVERY.us)) {
			wake_all(clock);
			woken_at = now;
		}
		TRY(pause_shortly(clock, err));
	}
}

enum res simclock_settle(struct simclock *clock, struct err *err)
{
	return settle(clock, true, err);
}

enum res simclock_pass(struct simclock *clock, struct instant at, struct err *err)
{
	struct instant now;
	TRY(simclock_now(clock, &now, err));
	bool is_settled = instant_shanghai_day(now) != instant_shanghai_day(at);
	if (is_settled)
		TRY(settle(clock, false, err));
	for (;;) {
		struct instant due;
		bool has_acted = false;
		TRY(next_due(clock, &due, err));
		if (instant_is_none(due) || instant_is_before(at, due))
			return simclock_set(clock, at, err);
		if (!is_settled) {
			/* what is under way may set an earlier timer */
			TRY(settle(clock, false, err));
			is_settled = true;
			continue;
		}
		TRY(simclock_set(clock, due, err));
		TRY(settle(clock, false, err));
		if (clock->stepped != NULL)
			TRY(clock->stepped(clock->stepped_arg, &has_acted, err));
		is_settled = !has_acted;
	}
}

enum res simclock_advance(struct simclock *clock, struct instant at, struct err *err)
{
	TRY(simclock_settle(clock, err));
	TRY(simclock_pass(clock, at, err));
	return simclock_settle(clock, err);
}
