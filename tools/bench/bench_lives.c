/* See bench_lives.h. The road is a table; a life goes through it step by step. */
#include "bench_lives.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/id.h"
#include "bench_door.h"
#include "bench_letter.h"
#include "bench_sql.h"
#include "clock/line.h"
#include "os/os.h"
#include "proto/followup.pb-c.h"
#include "proto/reply.pb-c.h"

#define LIVES_MAX     2000000
#define TURN_MEMORY   (64u << 20)
#define TAKE_MOST     1000
#define BURST_MOST    250
#define DOOR_WINDOW   1000
#define TEND_EVERY    SPAN_MS(5)
#define LEARN_EVERY   SPAN_MS(50)
#define SETTLE_EVERY  SPAN_MS(20)
#define ANSWER_WITHIN SPAN_S(5)
#define AGAIN_LEAST   SPAN_MS(10)
#define STUCK_AFTER   SPAN_S(60)
#define UNIT_MAX      32

enum body { BODY_NONE, BODY_REPLY, BODY_RATING, BODY_ARTICLE, BODIES };

/* A step that somebody outside takes. group NULL: the reply comes to the channel. */
struct road_step {
	const char *group;
	const char *type;
	const char *who;
	bool is_of_unit;
	enum body body;
};
static const struct road_step full_road[] = {
	{ "intake", "intake.accept.v1", "agent/chen", false, BODY_NONE },
	{ "dispatch", "dispatch.sign.v1", "unit_officer/li", true, BODY_NONE },
	{ "dispatch", "dispatch.contact.v1", "unit_officer/li", true, BODY_NONE },
	{ "reply", "reply.submit.v1", "unit_officer/li", true, BODY_REPLY },
	{ "reply", "reply.approve.v1", "unit_lead/zhao", true, BODY_NONE },
	{ "reply", "reply.approve.v1", "reviewer/wang", false, BODY_NONE },
	{ NULL, NULL, NULL, false, BODY_NONE },
	{ "followup", "followup.rate.v1", "citizen", false, BODY_RATING },
};
static const struct road_step auto_road[] = {
	{ NULL, NULL, NULL, false, BODY_NONE },
	{ "followup", "followup.rate.v1", "citizen", false, BODY_RATING },
};
#define STEPS(road) (sizeof(road) / sizeof((road)[0]))

struct life {
	int64_t case_id; /* 0: no receipt yet */
	struct instant born;
	struct instant again_at; /* when its step is asked (again); none: it waits for somebody */
	uint8_t step;
	bool is_delivered;
	bool has_ended;
};

struct lives {
	const struct bench_options *options;
	struct ledger *ledger;
	const struct road_step *road;
	size_t n_road;
	struct line *line;
	struct wangli *sdk;
	struct arena *mem;	/* for the process's life */
	struct arena *turn_mem; /* of one turn */
	struct str bodies[BODIES];
	char units[LETTER_TEMPLATES][UNIT_MAX];
	size_t n_units;
	bool has_article;
	/* of one run */
	const struct lives_plan *plan;
	struct lives_seen *seen;
	struct instant begin;
	struct life *all;
	int64_t *active; /* numbers of lives under way */
	size_t n_active, active_most;
	struct instant tended_at;
	struct instant asked_at; /* whether markers stand */
	struct instant moved_at;
	enum res res; /* a failure found inside a callback */
	struct err err;
};

static enum res lives_fail(struct lives *lives, struct err *why)
{
	if (lives->res == RES_OK) {
		lives->res = RES_BUG;
		lives->err = *why;
	}
	return RES_BUG;
}

/* The number in "<prefix>-<n>" or "<prefix>/<n>/<step>"; 0: not of this run. */
static int64_t number_of(const struct lives *lives, struct str id)
{
	struct str prefix = str_from_c(lives->plan->prefix), first;
	int64_t n = 0;
	if (!str_starts(id, prefix) || id.n <= prefix.n + 1)
		return 0;
	struct str rest = str_slice(id, prefix.n + 1, id.n);
	str_split(&rest, '/', &first);
	if (str_to_int64(first, &n) != RES_OK || n < 1 || n > lives->seen->submitted)
		return 0;
	return n;
}

/* --- commands --- */

static const char *unit_of(const struct lives *lives, int64_t n)
{
	return lives->units[(size_t)(n - 1) % LETTER_TEMPLATES];
}

static void ask(struct lives *lives, int64_t n, struct instant now)
{
	struct life *life = &lives->all[n];
	const struct road_step *step = &lives->road[life->step];
	const char *unit = step->is_of_unit ? unit_of(lives, n) : "";
	life->again_at = instant_add(now, LEARN_EVERY);
	if (step->is_of_unit && unit[0] == '\0')
		return; /* not learnt yet */
	const struct line_command command = {
		.group = step->group,
		.type = step->type,
		.command_id = arena_printf(lives->turn_mem, "%s/%lld/%d", lives->plan->prefix,
			(long long)n, (int)life->step),
		.actor = arena_printf(
			lives->turn_mem, "%s%s%s", step->who, unit[0] != '\0' ? "@" : "", unit),
		.case_id = life->case_id,
		.body = lives->bodies[step->body],
	};
	line_send(lives->line, &command);
	lives->seen->commands++;
	life->again_at = instant_add(now, ANSWER_WITHIN);
}

static void life_end(struct lives *lives, struct life *life, struct instant now)
{
	life->has_ended = true;
	life->again_at = INSTANT_NONE;
	lives->seen->ended++;
	bench_hist_add(&lives->seen->whole, instant_since(now, life->born).us);
	bench_slots_add(&lives->seen->closed, instant_since(now, lives->begin).us);
}

/* What it has come to is done; on to what somebody outside has to do next. */
static void life_go_on(struct lives *lives, int64_t n, struct instant now)
{
	struct life *life = &lives->all[n];
	lives->moved_at = now;
	if (life->step < lives->n_road && lives->road[life->step].group == NULL &&
		life->is_delivered)
		life->step++;
	if (life->step == lives->n_road)
		life_end(lives, life, now);
	else if (lives->road[life->step].group == NULL)
		life->again_at = INSTANT_NONE;
	else
		ask(lives, n, now);
}

static void answer_take(struct lives *lives, const struct wire_msg *answer, struct instant now)
{
	const struct wire_head *head = &answer->head;
	int64_t n = number_of(lives, head->command_id);
	struct life *life = &lives->all[n];
	struct err err;
	int64_t step = -1;
	size_t slash = head->command_id.n;
	while (slash > 0 && head->command_id.p[slash - 1] != '/')
		slash--;
	if (n == 0 || life->has_ended ||
		str_to_int64(str_slice(head->command_id, slash, SIZE_MAX), &step) != RES_OK ||
		step != life->step)
		return; /* an answer that came twice */
	if (answer->kind == WIRE_RESULT && head->code == WIRE_CODE_DONE) {
		life->step++;
		life_go_on(lives, n, now);
	} else if (answer->kind == WIRE_NACK &&
		   (head->code == WIRE_CODE_BUSY || head->code == WIRE_CODE_NO_CONSUMER)) {
		struct span after = SPAN_MS(head->retry_after_ms);
		lives->seen->busy++;
		life->again_at = instant_add(now, after.us < AGAIN_LEAST.us ? AGAIN_LEAST : after);
	} else {
		err_set(&err, RES_BUG, "%s of letter %lld was answered %s: %.*s",
			lives->road[step].type, (long long)n, wire_code_name(head->code),
			STR_ARG(head->text));
		lives_fail(lives, &err);
	}
}

/* --- the channel --- */

static void on_receipt(void *arg, const struct wangli_receipt *receipt)
{
	struct lives *lives = arg;
	struct err err;
	int64_t n = number_of(lives, sdk_str(receipt->source_msg_id));
	struct instant now = os_monotonic_now();
	if (n == 0 || lives->all[n].case_id != 0)
		return;
	if (case_number_parse(sdk_str(receipt->case_number), &lives->all[n].case_id, &err) !=
		RES_OK)
		lives_fail(lives, &err);
	else
		life_go_on(lives, n, now);
}

static void on_refused(void *arg, const struct wangli_refusal *refusal)
{
	struct err err;
	err_set(&err, sdk_res(refusal->why), "letter %.*s was refused: %.*s",
		STR_ARG(refusal->source_msg_id), STR_ARG(refusal->text));
	lives_fail(arg, &err);
}

static enum wangli_result on_deliver(
	void *arg, const struct wangli_delivery *delivery, struct wangli_outcome *out)
{
	struct lives *lives = arg;
	int64_t n = number_of(lives, sdk_str(delivery->source_msg_id));
	*out = (struct wangli_outcome){ .is_delivered = true };
	if (n == 0 || lives->all[n].is_delivered)
		return WANGLI_OK;
	lives->all[n].is_delivered = true;
	if (lives->road[lives->all[n].step].group == NULL)
		life_go_on(lives, n, os_monotonic_now());
	return WANGLI_OK;
}

/* --- turning --- */

static enum res units_learn(struct lives *lives, struct err *err)
{
	struct db_result *result;
	TRY(ledger_ask(lives->ledger, &bench_sql_units, lives->plan->prefix, &result, err));
	for (size_t r = 0; r < db_rows(result); r++) {
		int64_t n = number_of(lives, db_get_str(result, r, 0));
		if (n == 0 || unit_of(lives, n)[0] != '\0')
			continue;
		snprintf(lives->units[(size_t)(n - 1) % LETTER_TEMPLATES], UNIT_MAX, "%.*s",
			STR_ARG(db_get_str(result, r, 1)));
		lives->n_units++;
	}
	ledger_release(lives->ledger);
	return RES_OK;
}

/* Forgets those that have ended, and asks for those whose time has come. */
static enum res lives_tend(struct lives *lives, struct instant now, struct err *err)
{
	size_t kept = 0;
	for (size_t i = 0; i < lives->n_active; i++) {
		int64_t n = lives->active[i];
		struct life *life = &lives->all[n];
		if (life->has_ended)
			continue;
		lives->active[kept++] = n;
		if (instant_is_none(life->again_at) || instant_is_before(now, life->again_at))
			continue;
		ask(lives, n, now);
	}
	lives->n_active = kept;
	lives->tended_at = now;
	bool needs_units = !lives->options->is_auto && lives->n_units < LETTER_TEMPLATES;
	return needs_units ? units_learn(lives, err) : RES_OK;
}

static bool may_submit(const struct lives *lives, struct instant now)
{
	const struct lives_plan *plan = lives->plan;
	const struct lives_seen *seen = lives->seen;
	/* those that have ended stand among the active until they are tended */
	return lives->n_active < lives->active_most &&
	       seen->submitted - seen->ended < plan->in_flight && seen->submitted < LIVES_MAX &&
	       (plan->most == 0 || seen->submitted < plan->most) &&
	       instant_since(now, lives->begin).us < plan->length.us &&
	       !*lives->options->is_interrupted;
}

static enum res submit_some(struct lives *lives, struct instant now, struct err *err)
{
	for (int i = 0; i < BURST_MOST && may_submit(lives, now); i++) {
		int64_t n = lives->seen->submitted + 1;
		const struct wangli_letter letter =
			lives->options->is_auto
				? bench_letter_consult(lives->turn_mem, lives->plan->prefix, n)
				: bench_letter_make(lives->turn_mem, lives->plan->prefix, n);
		TRY(sdk_submit(lives->sdk, &letter, err));
		lives->all[n] = (struct life){ .born = now, .again_at = INSTANT_NONE };
		lives->active[lives->n_active++] = n;
		lives->seen->submitted = n;
	}
	return RES_OK;
}

static enum res lives_turn(struct lives *lives, struct err *err)
{
	struct wire_msg answers[TAKE_MOST];
	size_t n = 0;
	arena_reset(lives->turn_mem);
	TRY(line_take(lives->line, lives->turn_mem, answers, TAKE_MOST, &n, SPAN_MS(1), err));
	struct instant now = os_monotonic_now();
	for (size_t i = 0; i < n; i++)
		answer_take(lives, &answers[i], now);
	if (instant_since(now, lives->tended_at).us > TEND_EVERY.us)
		TRY(lives_tend(lives, now, err));
	TRY(submit_some(lives, now, err));
	TRY(sdk_turn(lives->sdk, SPAN_MS(0), err));
	if (lives->res != RES_OK)
		return err_set(err, lives->res, "%s", lives->err.text);
	if (instant_since(os_monotonic_now(), lives->moved_at).us > STUCK_AFTER.us)
		return err_set(err, RES_RETRY, "nothing moved for a minute; %zu cases under way",
			lives->n_active);
	return RES_OK;
}

/* Until all have ended and no marker stands: what the channel still owes is said meanwhile. */
static enum res lives_drive(struct lives *lives, struct err *err)
{
	for (;;) {
		struct instant now = os_monotonic_now();
		if (*lives->options->is_interrupted)
			return err_set(err, RES_RETRY, "interrupted");
		bool has_ended = lives->seen->ended == lives->seen->submitted &&
				 !may_submit(lives, now) && wangli_unanswered(lives->sdk) == 0;
		if (has_ended && instant_since(now, lives->asked_at).us > SETTLE_EVERY.us) {
			int64_t markers;
			TRY(ledger_count(lives->ledger, &bench_sql_pending, NULL, &markers, err));
			if (markers == 0)
				return RES_OK;
			lives->asked_at = now;
		}
		TRY(lives_turn(lives, err));
	}
}

/* Sessions of one run: between runs nobody turns them, and a silent member is dropped. A spool is
 * one process's for as long as it lives: each run has a new one. */
static enum res lives_connect(struct lives *lives, struct err *err)
{
	struct line_options options;
	const struct wangli_callbacks on = { WANGLI_SIZED(struct wangli_callbacks), .arg = lives,
		.on_receipt = on_receipt, .on_refused = on_refused, .on_deliver = on_deliver };
	const char *spool = arena_printf(
		lives->mem, "%s/bench/spool-%s", lives->options->data, lives->plan->prefix)
				    .p;
	TRY(line_options_read(lives->mem, &options, err));
	TRY(line_open(&lives->line, &options, err));
	TRY(bench_door_open(
		&lives->sdk, lives->mem, BENCH_CHANNEL, spool, DOOR_WINDOW, true, &on, err));
	return bench_door_await(lives->sdk, err);
}

/* The article that answers what the citizens ask; services read it when ref.version has changed. */
static enum res article_put(struct lives *lives, struct err *err)
{
	struct wire_msg answer;
	const struct line_command put = { .group = "reply",
		.type = "kb.put.v1",
		.command_id = STR("bench/article"),
		.actor = STR("operator/bench"),
		.body = lives->bodies[BODY_ARTICLE] };
	if (!lives->options->is_auto || lives->has_article)
		return RES_OK;
	TRY(line_ask(lives->line, lives->mem, &put, SPAN_S(30), &answer, err));
	if (answer.kind != WIRE_RESULT || answer.head.code != WIRE_CODE_DONE)
		return err_set(err, RES_DENIED, "the article was answered %s: %.*s",
			wire_code_name(answer.head.code), STR_ARG(answer.head.text));
	lives->has_article = true;
	return ledger_reload(lives->ledger, err);
}

static void lives_disconnect(struct lives *lives)
{
	wangli_close(lives->sdk);
	line_close(lives->line);
	lives->sdk = NULL;
	lives->line = NULL;
}

enum res lives_run(
	struct lives *lives, const struct lives_plan *plan, struct lives_seen *out, struct err *err)
{
	struct instant now;
	*out = (struct lives_seen){ .submitted = 0 };
	lives->plan = plan;
	lives->seen = out;
	TRY(lives_connect(lives, err));
	TRY(article_put(lives, err));
	now = os_monotonic_now();
	lives->begin = now;
	lives->moved_at = now;
	lives->tended_at = now;
	lives->asked_at = now;
	lives->n_active = 0;
	enum res res = lives_drive(lives, err);
	lives_disconnect(lives);
	return res;
}

/* --- life --- */

static char *text(const char *literal)
{
	return (char *)(uintptr_t)literal;
}

static void article_make(struct lives *lives)
{
	Wangli__KbPut article = WANGLI__KB_PUT__INIT;
	article.category = text("0601");
	article.title = text("居住证怎么办理");
	article.words = text(LETTER_CONSULT_WORDS);
	article.text = text("您好，办理居住证请本人携带身份证、居住地住址证明和近期照片，"
			    "到居住地派出所或社区登记点申请，材料齐全的十五日内发证。"
			    "子女入学另需提供就业或就读证明，可向所在区教育局咨询。");
	article.unit = text("D05");
	article.valid_from = text("2020-01-01");
	lives->bodies[BODY_ARTICLE] = wire_pack(lives->mem, &article.base);
}

static void bodies_make(struct lives *lives)
{
	Wangli__ReplySubmit reply = WANGLI__REPLY_SUBMIT__INIT;
	Wangli__FollowupRate rating = WANGLI__FOLLOWUP_RATE__INIT;
	reply.text = text(
		"您好，您反映的问题已经收悉。经现场核实，情况属实，我们已责成责任单位当天整改，"
		"目前已经处理完毕。感谢您对城市管理工作的关心和支持。");
	rating.solved = text("yes");
	rating.satisfaction = 5;
	rating.contacted = text("yes");
	lives->bodies[BODY_NONE] = STR("");
	lives->bodies[BODY_REPLY] = wire_pack(lives->mem, &reply.base);
	lives->bodies[BODY_RATING] = wire_pack(lives->mem, &rating.base);
	article_make(lives);
}

void lives_open(struct lives **out, const struct bench_options *options, struct ledger *ledger)
{
	struct lives *lives = calloc(1, sizeof *lives);
	CHECK(lives != NULL);
	lives->options = options;
	lives->ledger = ledger;
	lives->road = options->is_auto ? auto_road : full_road;
	lives->n_road = options->is_auto ? STEPS(auto_road) : STEPS(full_road);
	lives->mem = arena_create(1u << 20);
	lives->turn_mem = arena_create(TURN_MEMORY);
	lives->all = calloc(LIVES_MAX + 1, sizeof *lives->all);
	lives->active_most = (size_t)options->in_flight * 2 + BURST_MOST;
	lives->active = calloc(lives->active_most, sizeof *lives->active);
	CHECK(lives->mem != NULL && lives->turn_mem != NULL && lives->all != NULL &&
		lives->active != NULL);
	bodies_make(lives);
	*out = lives;
}

void lives_close(struct lives *lives)
{
	if (lives == NULL)
		return;
	lives_disconnect(lives);
	arena_destroy(lives->mem);
	arena_destroy(lives->turn_mem);
	free(lives->all);
	free(lives->active);
	free(lives);
}
