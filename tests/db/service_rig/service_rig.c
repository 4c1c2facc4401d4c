/* The service's program, the superuser's session, and messages that are sent until answered. */
#include "service_rig.h"

#include <stdio.h>
#include <unistd.h>

#include "os/os.h"

#define MEMORY_BYTES  (64 * 1024 * 1024)
#define ASK_AGAIN_MS  500
#define ROUND_WAIT_MS 20

struct service_rig *service_rig_create(const char *service)
{
	static const char *const names[] = { "intake", "dispatch", "reply", "followup", "analytics",
		"cli" };
	struct service_rig *at = calloc(1, sizeof(*at));
	const char *head = getenv("WANGLI_TEST_PG");
	char conninfo[512];

	assert_non_null(at);
	assert_non_null(head);
	at->service = service;
	at->mem = arena_create(MEMORY_BYTES);
	snprintf(conninfo, sizeof(conninfo), "%s user=postgres", head);
	at->pg = PQconnectdb(conninfo);
	assert_int_equal(PQstatus(at->pg), CONNECTION_OK);
	at->rig = rig_create();
	/* A key that the broker meets before it has read it costs its owner a reconnect. */
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		rig_key(at->rig, names[i], true);
	rig_start_bus(at->rig);
	return at;
}

void service_rig_destroy(struct service_rig *at)
{
	while (at->n_replicas > 0)
		rig_stop(&at->replicas[--at->n_replicas]);
	rig_destroy(at->rig);
	PQfinish(at->pg);
	arena_destroy(at->mem);
	free(at);
}

static void service_environment(struct service_rig *at)
{
	char text[512];

	snprintf(text, sizeof(text), "%s user=wl_%s", getenv("WANGLI_TEST_PG"), at->service);
	setenv("PG_CONNINFO", text, 1);
	setenv("BUS_ADDRESS", at->rig->bus_address, 1);
	setenv("BUS_SERVER_KEY", rig_key(at->rig, "bus", false)->public_key, 1);
	setenv("BUS_KEY", rig_key(at->rig, at->service, true)->secret_key, 1);
	setenv("HEALTH_LISTEN", "", 1);
	setenv("LOG_LEVEL", "error", 1);
	setenv("SWEEP", "50ms", 1);
	setenv("LEASE", "300ms", 1);
	setenv("SHELF", "0ms", 1);
	unsetenv("BUS_KEY_FILE");
}

void service_rig_start(struct service_rig *at, const char *program)
{
	pid_t pid;

	assert_true(at->n_replicas < REPLICAS_MAX);
	service_environment(at);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		execl(program, program, (char *)NULL);
		_exit(127);
	}
	at->replicas[at->n_replicas++] = pid;
}

struct client *service_rig_join(struct service_rig *at, const char *name, const char *group)
{
	struct str instance = arena_printf(at->mem, "%s/test", name);
	struct client_options options = {
		.name = name, .instance = instance.p, .group = group, .window = 1000
	};

	assert_non_null(instance.p);
	return client_open(at->rig, &options);
}

static bool is_answer(const struct wire_msg *msg, const struct wire_msg *question)
{
	bool is_kind = msg->kind == WIRE_ACK || msg->kind == WIRE_NACK || msg->kind == WIRE_RESULT;

	return is_kind && msg->head.case_id == question->head.case_id &&
	       str_eq(msg->head.command_id, question->head.command_id) &&
	       (question->kind != WIRE_EVENT || msg->head.seq == question->head.seq ||
		       msg->head.code == WIRE_CODE_GAP);
}

/* Takes the answer out of what the client has kept; other messages stay. */
static bool take_answer(
	struct client *client, const struct wire_msg *question, struct wire_msg *out)
{
	for (size_t i = 0; i < client->n; i++) {
		if (!is_answer(&client->kept[i], question))
			continue;
		*out = client->kept[i];
		memmove(client->kept + i, client->kept + i + 1,
			(--client->n - i) * sizeof(client->kept[0]));
		return true;
	}
	return false;
}

static bool is_to_be_asked_again(const struct wire_msg *answer)
{
	return answer->kind == WIRE_NACK && answer->head.code == WIRE_CODE_NO_CONSUMER;
}

static void send_open(
	struct client *from, const struct wire_msg *questions, size_t n, const bool *is_answered)
{
	for (size_t i = 0; i < n; i++) {
		if (!is_answered[i])
			client_send(from, &questions[i]);
	}
}

static void ask_all(struct service_rig *at, struct client *from, const struct wire_msg *questions,
	size_t n, struct wire_msg *answers)
{
	struct instant until = instant_add(os_monotonic_now(), SPAN_MS(RIG_PATIENCE_MS));
	struct instant again = { 0 };
	bool is_answered[RIG_COMMANDS_MAX] = { false };
	size_t open = n;

	assert_true(n <= RIG_COMMANDS_MAX);
	while (open > 0 && instant_is_before(os_monotonic_now(), until)) {
		if (!instant_is_before(os_monotonic_now(), again)) {
			send_open(from, questions, n, is_answered);
			again = instant_add(os_monotonic_now(), SPAN_MS(ASK_AGAIN_MS));
		}
		rig_round(at->rig, ROUND_WAIT_MS);
		for (size_t i = 0; i < n; i++) {
			if (is_answered[i] || !take_answer(from, &questions[i], &answers[i]) ||
				is_to_be_asked_again(&answers[i]))
				continue;
			is_answered[i] = true;
			open--;
		}
	}
	for (size_t i = 0; i < n; i++) {
		if (!is_answered[i])
			fail_msg("no answer to %.*s", STR_ARG(questions[i].head.type));
	}
}

static struct wire_msg ask(
	struct service_rig *at, struct client *from, const struct wire_msg *question)
{
	struct wire_msg answer = { 0 };

	ask_all(at, from, question, 1, &answer);
	return answer;
}

struct wire_msg service_rig_event(struct service_rig *at, struct client *from, const char *producer,
	int64_t case_id, int32_t seq, const char *type, struct instant time, struct str body)
{
	struct wire_msg event = {
		.kind = WIRE_EVENT,
		.head = {
			.source = str_from_c(producer),
			.type = str_from_c(type),
			.time = time,
			.to = str_from_c(at->service),
			.reply_to = str_from_c(peer_instance(from->peer)),
			.case_id = case_id,
			.producer = str_from_c(producer),
			.seq = seq,
		},
		.body = body,
	};

	return ask(at, from, &event);
}

static struct wire_msg command_of(
	const struct service_rig *at, const struct client *from, const struct rig_command *command)
{
	return (struct wire_msg){
		.kind = WIRE_COMMAND,
		.head = {
			.source = str_from_c(command->source),
			.type = str_from_c(command->type),
			.time = INSTANT_NONE,
			.to = str_from_c(at->service),
			.reply_to = str_from_c(peer_instance(from->peer)),
			.actor = str_from_c(command->actor),
			.case_id = command->case_id,
			.command_id = str_from_c(command->command_id),
		},
		.body = command->body,
	};
}

void service_rig_commands(struct service_rig *at, struct client *from,
	const struct rig_command *commands, size_t n, struct wire_msg *answers)
{
	struct wire_msg questions[RIG_COMMANDS_MAX];

	assert_true(n <= RIG_COMMANDS_MAX);
	for (size_t i = 0; i < n; i++)
		questions[i] = command_of(at, from, &commands[i]);
	ask_all(at, from, questions, n, answers);
}

struct wire_msg service_rig_command_by(struct service_rig *at, struct client *from,
	const char *actor, int64_t case_id, const char *command_id, const char *type,
	struct str body)
{
	struct rig_command command = { .actor = actor,
		.case_id = case_id,
		.command_id = command_id,
		.type = type,
		.body = body };
	struct wire_msg question = command_of(at, from, &command);

	return ask(at, from, &question);
}

struct wire_msg service_rig_command(struct service_rig *at, struct client *from, int64_t case_id,
	const char *command_id, const char *type, struct str body)
{
	return service_rig_command_by(at, from, "tester", case_id, command_id, type, body);
}

const char *service_rig_look(struct service_rig *at, const char *sql)
{
	PGresult *result = PQexec(at->pg, sql);

	if (PQresultStatus(result) != PGRES_TUPLES_OK)
		fail_msg("%s: %s", sql, PQresultErrorMessage(result));
	assert_int_equal(PQntuples(result), 1);
	snprintf(at->value, sizeof(at->value), "%s", PQgetvalue(result, 0, 0));
	PQclear(result);
	return at->value;
}

void service_rig_wait(struct service_rig *at, const char *sql, const char *want)
{
	struct instant until = instant_add(os_monotonic_now(), SPAN_MS(RIG_PATIENCE_MS));

	while (strcmp(service_rig_look(at, sql), want) != 0) {
		if (!instant_is_before(os_monotonic_now(), until))
			fail_msg("%s stays '%s': want '%s'", sql, at->value, want);
		rig_round(at->rig, ROUND_WAIT_MS);
	}
}

void service_rig_sql(struct service_rig *at, const char *sql)
{
	PGresult *result = PQexec(at->pg, sql);

	if (PQresultStatus(result) != PGRES_COMMAND_OK)
		fail_msg("%s: %s", sql, PQresultErrorMessage(result));
	PQclear(result);
}
