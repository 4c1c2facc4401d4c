/* One service as a real program between a real broker and a real PostgreSQL (with_postgres.sh); the
 * test plays all others. Nothing sleeps: everything waits for an event and fails after
 * RIG_PATIENCE_MS. */
#ifndef WL_TESTS_SERVICE_RIG_H
#define WL_TESTS_SERVICE_RIG_H

#include <libpq-fe.h>

#include "rig.h"
#include "wire/wire.h"

#define REPLICAS_MAX 4

struct service_rig {
	struct rig *rig;
	PGconn *pg; /* as the superuser: looks everywhere */
	const char *service;
	pid_t replicas[REPLICAS_MAX];
	size_t n_replicas;
	struct arena *mem;
	char value[4096]; /* of the last look */
};

/* A broker and a superuser's session; service: "reply". */
struct service_rig *service_rig_create(const char *service);
/* Ends the programs; a sanitizer's report fails the test. */
void service_rig_destroy(struct service_rig *at);
/* One more process of the service, from this program. */
void service_rig_start(struct service_rig *at, const char *program);

/* Somebody on the bus, welcomed; group NULL: serves none. */
struct client *service_rig_join(struct service_rig *at, const char *name, const char *group);

/* Sends the event again and again, as a relay does, until it is answered; gives the answer. */
struct wire_msg service_rig_event(struct service_rig *at, struct client *from, const char *producer,
	int64_t case_id, int32_t seq, const char *type, struct instant time, struct str body);
/* The same for a command; actor "tester". */
struct wire_msg service_rig_command(struct service_rig *at, struct client *from, int64_t case_id,
	const char *command_id, const char *type, struct str body);
/* The same with an actor of the test's own: "reviewer/wang". */
struct wire_msg service_rig_command_by(struct service_rig *at, struct client *from,
	const char *actor, int64_t case_id, const char *command_id, const char *type,
	struct str body);

/* Commands of several people at once: all are sent before any is answered. */
struct rig_command {
	const char *actor;
	int64_t case_id;
	const char *command_id;
	const char *type;
	struct str body;
	const char *source; /* as the door stamps it, or NULL */
};
#define RIG_COMMANDS_MAX 32
void service_rig_commands(struct service_rig *at, struct client *from,
	const struct rig_command *commands, size_t n, struct wire_msg *answers);

/* The single value of a query as text ("" for null). */
const char *service_rig_look(struct service_rig *at, const char *sql);
/* Waits until the query gives that text. */
void service_rig_wait(struct service_rig *at, const char *sql, const char *want);
void service_rig_sql(struct service_rig *at, const char *sql);

#endif
