/* Connections, letters and steps. See demo_run.h. */
#include "demo_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "crypto/crypto.h"
#include "demo_people.h"
#include "demo_sql.h"
#include "os/os.h"

#define ANSWER_WITHIN SPAN_S(5)
#define AGAIN_LEAST   SPAN_MS(10)
#define TURN_WAIT     SPAN_MS(1)
#define STUCK_AFTER   SPAN_S(120)
#define ANSWERS_MOST  256
#define BAR_EVERY     SPAN_MS(200)
#define LINE_EVERY    SPAN_S(10)

/* --- the door --- */

static void trouble_set(struct demo_run *run, const struct err *err)
{
	if (!run->has_trouble)
		run->trouble = *err;
	run->has_trouble = true;
}

static void on_receipt(void *arg, const struct wangli_receipt *receipt)
{
	struct demo_run *run = arg;
	struct demo_case *subject = map_get(run->by_id, sdk_str(receipt->source_msg_id));
	struct err err;
	if (subject == NULL)
		return;
	if (case_number_parse(sdk_str(receipt->case_number), &subject->case_id, &err) != RES_OK)
		trouble_set(run, &err);
	demo_code_keep(subject, sdk_str(receipt->case_number), sdk_str(receipt->query_code));
	run->counts.letters++;
	run->counts.repeated += receipt->is_repeat;
	run->moved_at = os_monotonic_now();
}

static void on_refused(void *arg, const struct wangli_refusal *refusal)
{
	struct demo_run *run = arg;
	struct err err;
	(void)err_set(&err, sdk_res(refusal->why), "the platform refuses %.*s: %.*s",
		STR_ARG(refusal->source_msg_id), STR_ARG(refusal->text));
	trouble_set(run, &err);
}

/* The citizens of the demo have no letter box: what comes has come. */
static enum wangli_result on_deliver(
	void *arg, const struct wangli_delivery *delivery, struct wangli_outcome *out)
{
	(void)arg;
	(void)delivery;
	*out = (struct wangli_outcome){ .is_delivered = true };
	return WANGLI_OK;
}

static enum res client_open(struct demo_run *run, size_t at, struct err *err)
{
	const char *keys, *key_file = NULL;
	const char *groups[] = { run->channels[at], NULL };
	const struct wangli_callbacks on = { WANGLI_SIZED(struct wangli_callbacks), .arg = run,
		.on_receipt = on_receipt, .on_refused = on_refused, .on_deliver = on_deliver };
	struct wangli_options options = {
		WANGLI_SIZED(struct wangli_options),
		.spool = arena_printf(run->mem, "%s/spool/%s", run->folder, run->channels[at]).p,
		.channel = run->channels[at],
		.groups = groups,
		.on = &on,
	};
	struct str key;
	TRY(os_folder_create(arena_printf(run->mem, "%s/spool", run->folder).p, 0700, err));
	TRY(line_setting(run->mem, "DOOR_ADDRESS", &options.address, err));
	TRY(line_setting(run->mem, "DOOR_SERVER_KEY", &options.server_key, err));
	TRY(line_setting(run->mem, "VAULT_PUBLIC_KEY", &options.vault_key, err));
	TRY(line_setting(run->mem, "CHANNEL_KEYS", &keys, err));
	key_file = arena_printf(run->mem, "%s/%s", keys, run->channels[at]).p;
	TRY(os_file_read(run->mem, key_file, 4096, &key, err));
	options.secret_key = arena_c(run->mem, str_trim(key));
	return sdk_open(&run->clients[at], &options, err);
}

enum res demo_door_open(struct demo_run *run, struct err *err)
{
	for (size_t i = 0; i < run->n_channels; i++)
		TRY(client_open(run, i, err));
	return RES_OK;
}

void demo_door_close(struct demo_run *run)
{
	for (size_t i = 0; i < run->n_channels; i++) {
		wangli_close(run->clients[i]);
		run->clients[i] = NULL;
	}
}

static struct wangli *client_of(struct demo_run *run, const struct demo_case *subject)
{
	for (size_t i = 0; i < run->n_channels; i++)
		if (str_eq_c(subject->row.channel, run->channels[i]))
			return run->clients[i];
	return NULL;
}

enum res demo_submit(struct demo_run *run, struct demo_case *subject, struct err *err)
{
	const struct demo_row *row = &subject->row;
	const struct wangli_letter letter = {
		WANGLI_SIZED(struct wangli_letter),
		.source_msg_id = sdk_text(row->external_id),
		.title = sdk_text(row->title),
		.body = sdk_text(row->body),
		.written_at_us = sdk_time_us(demo_written_at(row, &run->time)),
		.area = sdk_text(row->area),
		.likes = row->likes,
		.klass = str_eq_c(row->type, "report") ? SDK_TEXT("report") : SDK_TEXT(""),
		.contact = { .account = sdk_text(row->user) },
	};
	struct wangli *client = client_of(run, subject);
	CHECK(client != NULL);
	TRY(sdk_submit(client, &letter, err));
	subject->is_submitted = true;
	return RES_OK;
}

/* --- the database --- */

enum res demo_ask_db(struct demo_run *run, const struct db_sql *sql, const struct db_params *params,
	struct db_result **out, struct err *err)
{
	db_release(run->db);
	enum res res = db_run(run->db, sql, params, out, err);
	if (res != RES_RETRY)
		return res;
	TRY(db_reconnect(run->db, err));
	return db_run(run->db, sql, params, out, err);
}

static bool waits_for_unit(const struct demo_case *subject)
{
	return subject->asked != DEED_END && str_is_empty(subject->unit) &&
	       demo_needs_unit(subject->asked);
}

/* Steps of a unit's people can only be asked for when it is known whose the case is. */
static enum res units_read(struct demo_run *run, struct err *err)
{
	int64_t *ids = arena_new_array(run->turn, int64_t, run->n);
	struct db_params params;
	struct db_result *result;
	size_t n = 0;
	CHECK(ids != NULL);
	for (size_t i = 0; i < run->n; i++)
		if (waits_for_unit(&run->cases[i]))
			ids[n++] = run->cases[i].case_id;
	if (n == 0)
		return RES_OK;
	db_params_init(&params, run->turn);
	db_param_int8_array(&params, ids, n);
	TRY(demo_ask_db(run, &demo_sql_units, &params, &result, err));
	for (size_t i = 0; i < run->n; i++)
		for (size_t r = 0; r < db_rows(result); r++)
			if (run->cases[i].case_id == db_get_int(result, r, 0))
				run->cases[i].unit = arena_str(run->mem, db_get_str(result, r, 1));
	db_release(run->db);
	return RES_OK;
}

/* --- steps --- */

bool demo_is_idle(const struct demo_case *subject)
{
	return subject->case_id != 0 && subject->asked == DEED_END;
}

void demo_ask(struct demo_run *run, struct demo_case *subject, enum demo_deed deed)
{
	CHECK(demo_is_idle(subject));
	subject->asked = deed;
	subject->ask_at = os_monotonic_now();
	run->moved_at = subject->ask_at;
}

static enum res steps_send(struct demo_run *run, struct err *err)
{
	struct instant now = os_monotonic_now();
	for (size_t i = 0; i < run->n && line_is_up(run->line); i++) {
		struct demo_case *subject = &run->cases[i];
		struct line_command command;
		if (subject->asked == DEED_END || instant_is_before(now, subject->ask_at) ||
			waits_for_unit(subject))
			continue;
		TRY(demo_command(
			run->turn, &subject->row, subject->asked, subject->unit, &command, err));
		command.case_id = subject->case_id;
		line_send(run->line, &command);
		map_put(run->by_asked, command.command_id, subject);
		subject->ask_at = instant_add(now, ANSWER_WITHIN);
	}
	return RES_OK;
}

/* Urgent letters are accepted by the system, before anybody can. */
static bool is_no_fault(const struct demo_case *subject)
{
	return subject->asked == DEED_ACCEPT && subject->row.plan != DEMO_DIRECT;
}

static void step_refused(
	struct demo_run *run, struct demo_case *subject, const struct wire_head *head)
{
	if (!is_no_fault(subject)) {
		subject->refusal = arena_printf(
			run->mem, "%s: %.*s", demo_deed_name(subject->asked), STR_ARG(head->text));
		run->counts.refused++;
	}
	subject->asked = DEED_END;
}

static void answer_take(struct demo_run *run, const struct wire_msg *answer)
{
	struct demo_case *subject = map_remove(run->by_asked, answer->head.command_id);
	enum wire_code code = answer->head.code;
	if (subject == NULL || subject->asked == DEED_END)
		return;
	if (answer->kind == WIRE_RESULT || code == WIRE_CODE_INVALID ||
		code == WIRE_CODE_FORBIDDEN) {
		if (code == WIRE_CODE_DONE)
			subject->asked = DEED_END;
		else
			step_refused(run, subject, &answer->head);
		run->counts.steps++;
		run->moved_at = os_monotonic_now();
		return;
	}
	struct span after = SPAN_MS(answer->head.retry_after_ms);
	subject->ask_at =
		instant_add(os_monotonic_now(), after.us < AGAIN_LEAST.us ? AGAIN_LEAST : after);
}

/* --- turning --- */

static void progress_show(struct demo_run *run)
{
	static int is_terminal = -1;
	char at[INSTANT_TEXT_MAX];
	struct instant now = os_monotonic_now();
	if (is_terminal < 0)
		is_terminal = isatty(STDERR_FILENO);
	struct span every = is_terminal > 0 ? BAR_EVERY : LINE_EVERY;
	if (run->is_quiet || instant_since(now, run->shown_at).us < every.us)
		return;
	run->shown_at = now;
	fprintf(stderr, "%sdemo: %.16s, %zu of %zu appeals, %zu of %zu steps%s",
		is_terminal > 0 ? "\r" : "", instant_format(run->clock_at, at), run->counts.letters,
		run->n, run->counts.steps, run->steps_in_all, is_terminal > 0 ? "\033[K" : "\n");
	fflush(stderr);
}

enum res demo_turn(struct demo_run *run, struct span wait, struct err *err)
{
	struct wire_msg answers[ANSWERS_MOST];
	size_t n = 0;
	arena_reset(run->turn);
	for (size_t i = 0; i < run->n_channels; i++)
		if (run->clients[i] != NULL)
			TRY(sdk_turn(run->clients[i], SPAN_MS(0), err));
	TRY(units_read(run, err));
	TRY(steps_send(run, err));
	TRY(line_take(run->line, run->turn, answers, ANSWERS_MOST, &n, wait, err));
	for (size_t i = 0; i < n; i++)
		answer_take(run, &answers[i]);
	progress_show(run);
	if (run->has_trouble) {
		*err = run->trouble;
		return RES_INVALID;
	}
	if (*run->is_interrupted)
		return err_set(err, RES_RETRY, "interrupted; run it again and it continues");
	return RES_OK;
}

static struct demo_case *first_busy(struct demo_run *run)
{
	for (size_t i = 0; i < run->n; i++) {
		struct demo_case *subject = &run->cases[i];
		bool waits = subject->is_submitted && subject->case_id == 0;
		if (waits || subject->asked != DEED_END)
			return subject;
	}
	return NULL;
}

enum res demo_settle(struct demo_run *run, struct demo_case *subject, struct err *err)
{
	run->moved_at = os_monotonic_now();
	for (;;) {
		struct demo_case *busy = subject == NULL	 ? first_busy(run)
					 : demo_is_idle(subject) ? NULL
								 : subject;
		if (busy == NULL)
			return RES_OK;
		TRY(demo_turn(run, TURN_WAIT, err));
		if (instant_since(os_monotonic_now(), run->moved_at).us > STUCK_AFTER.us)
			return err_set(err, RES_RETRY,
				"nothing moved for %d s; under way: %s of %.*s",
				(int)(STUCK_AFTER.us / 1000000),
				busy->case_id == 0 ? "the letter" : demo_deed_name(busy->asked),
				STR_ARG(busy->row.external_id));
	}
}
