/* The life of a service: settings, database, bus, health, and one loop. A round of the loop takes
 * what has arrived, runs one batch when it is worth one (or when somebody waits), relays, and sends
 * everything in one flush. */
#include "kit/kit_internal.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/crypto.h"
#include "kit_sql.h"
#include "os/os.h"

#define KIT_SCHEMA_NUMBER 8 /* the last of common/kit/sql/migrations */
#define RECEIVE_MOST	  256
#define BATCH_USUAL	  1000
#define WORTH_A_BATCH	  100 /* events: fewer wait GATHER for more */
#define SETTLE_AT	  1000
#define TURN_EVERY	  SPAN_MS(250)
#define DB_RETRY	  SPAN_MS(200)
#define DB_LOOK		  SPAN_MS(20) /* at an attempt to connect that is under way */
#define DB_REFUSED_RETRY  SPAN_S(5)   /* a person must act first */
#define DRAIN_MOST	  SPAN_S(5)   /* what was taken may take to be done before the end */
#define REFUSE_MOST	  64	      /* at a time: even the largest fit into BATCH_MEMORY */
#define AWAY_RETRY_MS	  1000	      /* what askers are told while the database is away */

static const struct config_setting kit_settings[] = {
#define SETTING(field, name, type, fallback, least, most, unit, meaning)                           \
	CONFIG_ROW(struct kit_settings, field, name, type, fallback, least, most, unit, meaning)
#include "kit/kit_config.def"
#undef SETTING
};
#define N_KIT_SETTINGS (sizeof kit_settings / sizeof kit_settings[0])

struct log *kit_log(struct kit *kit)
{
	return kit->log;
}

const char *kit_setting_instance(struct kit *kit)
{
	return kit->instance;
}

/* --- inbox --- */

/* An operator moved the clock or wants work looked at now. */
static bool take_wake(struct kit *kit, const struct wire_msg *msg)
{
	if (msg->kind != WIRE_COMMAND || !str_eq_c(msg->head.type, "kit.wake.v1"))
		return false;
	kit->relay.wants_sweep = true;
	kit->relay.wants_timers = true;
	struct wire_msg result = {
		.kind = WIRE_RESULT,
		.head = {
			.type = msg->head.type,
			.subject = str_from_c(kit->spec->name),
			.to = msg->head.reply_to,
			.command_id = msg->head.command_id,
			.code = WIRE_CODE_DONE,
			.time = INSTANT_NONE,
		},
	};
	peer_send(kit->peer, &result);
	peer_credit(kit->peer, 1);
	return true;
}

/* An event that can wait goes to the shelf; the door to more is open again at once. */
static bool take_lazy(struct kit *kit, const struct wire_msg *msg)
{
	const struct kit_handler *handler = kit_handler_find(kit, msg);
	const struct inbox_item item = { .message = *msg, .is_paid = true };
	if (handler == NULL || kit->settings.shelf == 0 || msg->head.park ||
		msg->head.attempt >= KIT_ALONE_AFTER)
		return false; /* what may be at fault is looked into alone */
	bool may_wait = handler->may_wait == NULL
				? handler->is_lazy
				: handler->may_wait(kit->inbox_mem[kit->inbox_at], msg);
	if (!may_wait || !shelf_put(kit, &item))
		return false;
	peer_credit(kit->peer, 1);
	return true;
}

static void take_message(struct kit *kit, const struct wire_msg *msg)
{
	if (relay_take(kit, msg) || take_wake(kit, msg))
		return;
	switch (msg->kind) {
	case WIRE_EVENT:
		if (!take_lazy(kit, msg))
			kit_inbox_take(kit, msg);
		break;
	case WIRE_COMMAND:
	case WIRE_SUBMIT:
	case WIRE_DONE:
	case WIRE_CLAIM:
		kit_inbox_take(kit, msg);
		kit->inbox_is_urgent = true;
		break;
	default:
		kit->counts.refused++;
		if (!wire_kind_needs_credit(msg->kind))
			break;
		kit_nack(kit, msg, WIRE_CODE_UNKNOWN_TYPE, 0, 0, STR("no service takes this kind"));
		peer_credit(kit->peer, 1); /* or the window would close for good */
	}
}

/* Takes what has arrived. With the inbox full the sockets leave the loop, or it would spin;
 * after_round puts them back. */
static void on_socket(void *arg)
{
	struct kit *kit = arg;
	struct wire_msg messages[RECEIVE_MOST];
	while (kit_inbox_has_room(kit)) {
		size_t room = (size_t)kit->settings.batch_most - kit->n_inbox;
		size_t n = peer_receive(kit->peer, kit->inbox_mem[kit->inbox_at], messages,
			room < RECEIVE_MOST ? room : RECEIVE_MOST);
		for (size_t i = 0; i < n; i++)
			take_message(kit, &messages[i]);
		if (n == 0)
			return;
		if (kit->n_inbox == 0) /* nothing of it is needed any more */
			arena_reset(kit->inbox_mem[kit->inbox_at]);
	}
	kit->is_full = true;
	peer_pause(kit->peer);
}

/* There is room again. What peer_receive left of a batch is invisible to the poll, so it is asked
 * at once. */
static void listen_again(struct kit *kit)
{
	if (!kit->is_full || !kit_inbox_has_room(kit))
		return;
	kit->is_full = false;
	peer_resume(kit->peer);
	on_socket(kit);
	loop_again(kit->loop);
}

/* After a batch that failed for what is outside of it. */
static bool is_held(const struct kit *kit)
{
	return !db_is_up(kit->db) || instant_is_before(loop_now(kit->loop), kit->held_until);
}

/* The inbox is full and the database away: who asks hears it at once, and heartbeats are still
 * read. The credit is given back with the database. */
static void refuse_more(struct kit *kit)
{
	struct wire_msg messages[REFUSE_MOST];
	size_t n;
	do {
		arena_reset(kit->relay_mem);
		n = peer_receive(kit->peer, kit->relay_mem, messages, REFUSE_MOST);
		for (size_t i = 0; i < n; i++) {
			if (relay_take(kit, &messages[i]) || take_wake(kit, &messages[i]))
				continue;
			kit->credit_held += wire_kind_needs_credit(messages[i].kind);
			kit_nack(kit, &messages[i], WIRE_CODE_BUSY, AWAY_RETRY_MS, 0,
				STR("the database is away"));
		}
	} while (n > 0);
}

/* What was under way may be lost. */
static void on_welcome(void *arg)
{
	relay_wake_all(arg);
}

/* --- database --- */

/* Not on an older schema, nor on a newer one that broke with programs like this one. */
static enum res schema_judge(
	const char *what, int64_t there, int64_t breaking, int64_t known, struct err *err)
{
	if (there < known)
		return err_set(err, RES_INVALID,
			"%s is at migration %lld, this program wants %lld: run the migrations "
			"first",
			what, (long long)there, (long long)known);
	if (breaking > known)
		return err_set(err, RES_INVALID,
			"%s has breaking migration %lld, this program knows %lld: it is older than "
			"the data",
			what, (long long)breaking, (long long)known);
	return RES_OK;
}

static enum res schema_check(struct kit *kit, struct err *err)
{
	struct db_result *result = NULL;
	TRY(db_run(kit->db, &kit_sql_schema_number, NULL, &result, err));
	int64_t numbers[4];
	for (int i = 0; i < 4; i++)
		numbers[i] = db_get_int(result, 0, i);
	db_release(kit->db);
	TRY(schema_judge(kit->spec->name, numbers[0], numbers[1], kit->spec->schema_number, err));
	return schema_judge("the kit's part", numbers[2], numbers[3], KIT_SCHEMA_NUMBER, err);
}

static void on_db_timer(void *arg)
{
	struct kit *kit = arg;
	struct err err = { .text = "" };
	enum res res;
	if (db_is_up(kit->db))
		return;
	if (!db_reconnect_turn(kit->db, &res, &err)) {
		loop_timer_set(kit->db_timer, DB_LOOK);
		return;
	}
	if (res != RES_OK) {
		bool is_refused = res != RES_RETRY;
		if (is_refused)
			log_event(kit->log, db_refused, LOG_TEXT("why", err.text));
		loop_timer_set(kit->db_timer, is_refused ? DB_REFUSED_RETRY : DB_RETRY);
		return;
	}
	metrics_add(kit->metrics.values, KIT_METRIC_db_losses, 1);
	log_event(kit->log, db_connected, LOG_TEXT("service", kit->spec->name));
	kit->held_until = INSTANT_NONE;
	kit->gather_is_over = true;
	peer_credit(kit->peer, kit->credit_held);
	kit->credit_held = 0;
	relay_wake_all(kit);
}

static enum res db_start(struct kit *kit, struct err *err)
{
	const struct db_options options = {
		.conninfo = kit->settings.pg_conninfo,
		.application = kit->spec->name,
		.statements = kit->spec->statements,
		.more_statements = kit_sql_all,
		.statement_timeout = SPAN_MS(kit->settings.statement_timeout),
	};
	enum res res = db_open(&kit->db, &options, err);
	if (res == RES_OK)
		res = schema_check(kit, err);
	if (res == RES_INVALID || res == RES_DENIED)
		log_event(kit->log, db_refused, LOG_TEXT("why", err->text));
	TRY(res);
	log_event(kit->log, db_connected, LOG_TEXT("service", kit->spec->name));
	return RES_OK;
}

/* --- the round --- */

static bool batch_is_due(struct kit *kit)
{
	return kit->n_inbox > 0 && !is_held(kit) &&
	       (kit->inbox_is_urgent || kit->is_stopping || kit->gather_is_over ||
		       kit->n_inbox >= WORTH_A_BATCH || kit->settings.gather == 0);
}

static void settle(struct kit *kit)
{
	struct err err;
	if (db_is_up(kit->db) && kit_settle(kit, &err) != RES_OK)
		kit_database_trouble(kit, &err, 0);
}

/* Without a database nothing can be finished: whoever asks asks another, or again. */
static void stop_when_drained(struct kit *kit)
{
	if (!kit->is_stopping)
		return;
	if (!db_is_up(kit->db)) {
		loop_stop(kit->loop);
		return;
	}
	if (kit->n_inbox > 0 || kit->is_full || !peer_has_left(kit->peer))
		return;
	if (shelf_count(kit->shelf) > 0) {
		kit->shelf_is_due = true;
		loop_again(kit->loop);
		return;
	}
	settle(kit); /* what was answered is not sent again */
	loop_stop(kit->loop);
}

static void after_round(void *arg)
{
	struct kit *kit = arg;
	if (!db_is_up(kit->db)) {
		if (!loop_timer_is_set(kit->db_timer))
			loop_timer_set(kit->db_timer, DB_RETRY);
		stop_when_drained(kit);
		peer_flush(kit->peer);
		return;
	}
	if (kit->shelf_is_due)
		shelf_turn(kit);
	if (batch_is_due(kit)) {
		kit->gather_is_over = false;
		loop_timer_stop(kit->gather_timer);
		kit_batch_run(kit);
		if (kit->n_inbox > 0)
			loop_again(kit->loop);
		listen_again(kit);
	} else if (kit->n_inbox > 0 && !loop_timer_is_set(kit->gather_timer)) {
		loop_timer_set(kit->gather_timer, SPAN_MS(kit->settings.gather));
	}
	relay_turn(kit);
	if (kit->n_inbox > 0 && kit->inbox_is_urgent && !is_held(kit))
		loop_again(kit->loop);
	if (kit->relay.n_finished >= SETTLE_AT)
		settle(kit);
	else if (relay_has_finished(kit) && !loop_timer_is_set(kit->settle_timer))
		loop_timer_set(kit->settle_timer, SPAN_MS(kit->settings.settle));
	stop_when_drained(kit);
	peer_flush(kit->peer);
}

static void on_gather(void *arg)
{
	((struct kit *)arg)->gather_is_over = true;
}

static void on_settle(void *arg)
{
	settle(arg);
}

/* after_round looks at the shelf. */
static void on_shelf(void *arg)
{
	((struct kit *)arg)->shelf_is_due = true;
}

static void on_sweep(void *arg)
{
	struct kit *kit = arg;
	kit->relay.wants_sweep = true;
	kit->relay.wants_timers = true;
	kit->wants_parked_look = true;
	loop_timer_set(kit->sweep_timer, SPAN_MS(kit->settings.sweep));
}

static void on_turn(void *arg)
{
	struct kit *kit = arg;
	struct peer_counts counts;
	struct err err;
	if (kit->is_full && is_held(kit))
		refuse_more(kit);
	peer_turn(kit->peer, loop_now(kit->loop));
	if (peer_has_changed(kit->peer)) {
		counts = peer_counts(kit->peer);
		if (counts.lines_up == 0)
			log_event(kit->log, bus_lost, LOG_TEXT("instance", kit->instance));
		else
			log_event(kit->log, bus_connected, LOG_TEXT("instance", kit->instance),
				LOG_INT("lines_up", counts.lines_up),
				LOG_INT("lines", counts.lines));
	}
	if (peer_has_trouble(kit->peer, &err))
		log_event(kit->log, bus_name_unknown, LOG_TEXT("text", err.text));
	loop_timer_set(kit->turn_timer, TURN_EVERY);
}

static void on_health(void *arg, int events)
{
	(void)events;
	http_turn(((struct kit *)arg)->http);
}

/* Nobody sends anything new from here on; what has been taken is done and answered, so that nobody
 * waits for a lease. */
static void on_stop(void *arg)
{
	struct kit *kit = arg;
	if (kit->is_stopping)
		return;
	log_event(kit->log, process_stopping, LOG_INT("messages", kit->counts.messages));
	kit->is_stopping = true;
	peer_leave(kit->peer);
	loop_timer_set(kit->stop_timer, DRAIN_MOST);
}

static void on_stopped(void *arg)
{
	loop_stop(((struct kit *)arg)->loop);
}

/* --- start and end --- */

static enum res settings_load(struct kit *kit, struct err *err)
{
	const struct service_spec *spec = kit->spec;
	TRY(config_load(kit_settings, N_KIT_SETTINGS, &kit->settings, err));
	if (kit->settings.batch_most == 0)
		kit->settings.batch_most = spec->batch_most > 0 ? spec->batch_most : BATCH_USUAL;
	if (spec->n_settings > 0) {
		kit->own_settings = calloc(1, spec->settings_bytes);
		CHECK(kit->own_settings != NULL);
		TRY(config_load(spec->settings, spec->n_settings, kit->own_settings, err));
	}
	enum log_level level;
	if (log_level_parse(str_from_c(kit->settings.log_level), &level) != RES_OK)
		return err_set(err, RES_INVALID, "LOG_LEVEL '%s': want error, warn, info or debug",
			kit->settings.log_level);
	log_destroy(kit->log);
	kit->log = log_create(spec->name, STDERR_FILENO, level);
	return RES_OK;
}

static void memory_start(struct kit *kit)
{
	size_t cap = (size_t)kit->settings.batch_memory;
	kit->inbox_mem[0] = arena_create(cap);
	kit->inbox_mem[1] = arena_create(cap);
	kit->batch_mem = arena_create(cap);
	kit->relay_mem = arena_create(cap);
	kit->by_case = map_create();
	kit_handlers_map(kit);
	kit_metrics_init(kit);
	size_t places = (size_t)kit->settings.batch_most + KIT_INBOX_SLACK;
	kit->inbox = calloc(places, sizeof *kit->inbox);
	kit->inbox_spare = calloc(places, sizeof *kit->inbox);
	kit->shelf = shelf_create();
	kit->memory = memory_create();
	CHECK(kit->inbox_mem[0] && kit->inbox_mem[1] && kit->batch_mem && kit->relay_mem &&
		kit->inbox && kit->inbox_spare);
}

static void loop_start(struct kit *kit)
{
	kit->loop = loop_create();
	CHECK(kit->loop != NULL);
	loop_on_signal(kit->loop, SIGTERM, on_stop, kit);
	loop_on_signal(kit->loop, SIGINT, on_stopped, kit); /* somebody at a terminal: at once */
	kit->gather_timer = loop_timer_create(kit->loop, on_gather, kit);
	kit->settle_timer = loop_timer_create(kit->loop, on_settle, kit);
	kit->sweep_timer = loop_timer_create(kit->loop, on_sweep, kit);
	kit->turn_timer = loop_timer_create(kit->loop, on_turn, kit);
	kit->db_timer = loop_timer_create(kit->loop, on_db_timer, kit);
	kit->shelf_timer = loop_timer_create(kit->loop, on_shelf, kit);
	kit->stop_timer = loop_timer_create(kit->loop, on_stopped, kit);
	loop_timer_set(kit->sweep_timer, SPAN_MS(kit->settings.sweep));
	loop_timer_set(kit->turn_timer, TURN_EVERY);
	loop_after_round(kit->loop, after_round, kit);
	house_start(kit);
}

static enum res bus_start(struct kit *kit, struct err *err)
{
	os_instance_name(kit->instance, sizeof kit->instance, kit->spec->name);
	kit->context = bus_context_create();
	CHECK(kit->context != NULL);
	struct peer_options options = {
		.context = kit->context,
		.address = kit->settings.bus_address,
		.instance = kit->instance,
		.window = (int32_t)kit->settings.window,
	};
	TRY(peer_keys_set(&options, str_trim(str_from_c(kit->settings.bus_key)),
		str_trim(str_from_c(kit->settings.bus_server_key)), err));
	TRY(peer_open(&kit->peer, &options, err));
	const struct str groups[] = { str_from_c(kit->spec->name) };
	peer_set_groups(kit->peer, groups, 1);
	peer_on_welcome(kit->peer, on_welcome, kit);
	peer_attach(kit->peer, kit->loop, on_socket, kit);
	return RES_OK;
}

static enum res health_start(struct kit *kit, struct err *err)
{
	if (kit->settings.health_listen[0] == '\0')
		return RES_OK;
	TRY(http_open(&kit->http, kit->settings.health_listen, kit_health, kit, err));
	loop_add_fd(kit->loop, http_fd(kit->http), LOOP_READ, on_health, kit);
	return RES_OK;
}

enum res kit_start(struct kit *kit, struct err *err)
{
	const struct service_spec *spec = kit->spec;
	TRY(settings_load(kit, err));
	TRY(crypto_start(err));
	memory_start(kit);
	loop_start(kit);
	TRY(db_start(kit, err));
	kit->self = kit_producer_find(str_from_c(spec->name));
	kit->has_parked = true; /* until it is known */
	kit->ref_version = -1;	/* the first batch sees that it differs and loads */
	if (spec->start != NULL)
		TRY(spec->start(kit, kit->own_settings, &kit->service, err));
	relay_init(kit);
	TRY(bus_start(kit, err));
	TRY(health_start(kit, err));
	if (getenv("WANGLI_PLANT") != NULL)
		log_event(kit->log, planted_bug, LOG_TEXT("name", getenv("WANGLI_PLANT")));
	log_event(kit->log, process_started, LOG_TEXT("version", WANGLI_VERSION));
	return RES_OK;
}

void kit_end(struct kit *kit)
{
	if (kit->peer != NULL) {
		peer_flush(kit->peer);
		peer_close(kit->peer);
	}
	if (kit->service != NULL && kit->spec->stop != NULL)
		kit->spec->stop(kit->service);
	http_close(kit->http);
	db_close(kit->db);
	bus_context_destroy(kit->context);
	struct loop_timer *timers[] = { kit->gather_timer, kit->settle_timer, kit->sweep_timer,
		kit->turn_timer, kit->db_timer, kit->shelf_timer, kit->stop_timer,
		kit->house.timer };
	for (size_t i = 0; i < sizeof timers / sizeof timers[0]; i++)
		loop_timer_destroy(timers[i]);
	loop_destroy(kit->loop);
	arena_destroy(kit->inbox_mem[0]);
	arena_destroy(kit->inbox_mem[1]);
	arena_destroy(kit->batch_mem);
	arena_destroy(kit->relay_mem);
	map_destroy(kit->by_case);
	map_destroy(kit->handlers);
	relay_fini(kit);
	kit_metrics_fini(kit);
	free(kit->inbox);
	free(kit->inbox_spare);
	shelf_destroy(kit->shelf);
	memory_destroy(kit->memory);
	config_free(kit_settings, N_KIT_SETTINGS, &kit->settings);
	if (kit->own_settings != NULL)
		config_free(kit->spec->settings, kit->spec->n_settings, kit->own_settings);
	free(kit->own_settings);
	log_destroy(kit->log);
}

static int say_help(const struct service_spec *spec)
{
	printf("wangli-%s %s: a service of Wangli. Settings come from the environment, or from "
	       "files named by NAME_FILE:\n\n",
		spec->name, WANGLI_VERSION);
	config_help(kit_settings, N_KIT_SETTINGS, stdout);
	if (spec->n_settings > 0)
		config_help(spec->settings, spec->n_settings, stdout);
	return EXIT_SUCCESS;
}

int kit_main(const struct service_spec *spec, int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--help") == 0)
		return say_help(spec);
	if (argc > 1 && strcmp(argv[1], "--version") == 0)
		return printf("wangli-%s %s\n", spec->name, WANGLI_VERSION) > 0 ? EXIT_SUCCESS
										: EXIT_FAILURE;
	struct kit *kit = calloc(1, sizeof *kit);
	CHECK(kit != NULL);
	kit->spec = spec;
	kit->log = log_create(spec->name, STDERR_FILENO, LOG_LEVEL_INFO);
	struct err err = { .text = "" };
	enum res res = kit_start(kit, &err);
	if (res == RES_OK)
		res = loop_run(kit->loop, &err);
	if (res != RES_OK)
		log_event(kit->log, process_failed, LOG_TEXT("why", err.text),
			LOG_TEXT("result", res_name(res)));
	kit_end(kit);
	free(kit);
	return res == RES_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
