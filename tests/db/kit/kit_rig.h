/* What the tests of the kit share: a broker, a database, processes of the toy service, and the test
 * as everybody around it: producers (intake, followup), subscribers (reply, analytics), the
 * operator. */
#ifndef WL_TESTS_KIT_RIG_H
#define WL_TESTS_KIT_RIG_H

#include "os/os.h"
#include "service_rig.h"

#define TOYS_MAX  4
#define CASES_MAX 1024

struct toy {
	pid_t pid;
	char name[16]; /* of its log and health */
};

struct kit_rig {
	struct service_rig *at;
	struct toy toys[TOYS_MAX]; /* of this test, in the order of their start; pid 0: ended */
	size_t n_toys;
	int n_started;
	struct client *intake;
	struct client *followup;
	struct client *cli;
	PGconn *other; /* a second session: holds locks */
};

/* For cmocka: of the group, and of each test (rows emptied, clock at its place; toys ended). */
int kit_rig_open(void **state);
int kit_rig_close(void **state);
int kit_rig_begin(void **state);
int kit_rig_end(void **state);

/* One more toy; settings: "NAME=value", …, NULL, above the rig's own. Waits until it is a member.
 */
struct toy *toy_start(struct kit_rig *kr, const char *const *settings);
/* The same without waiting. */
struct toy *toy_begin(struct kit_rig *kr, const char *const *settings);
void toy_stop(struct toy *toy);				/* SIGTERM; its exit code must be 0 */
int toy_wait_exit(struct kit_rig *kr, struct toy *toy); /* its exit code */
bool toy_is_alive(const struct toy *toy);
int64_t toy_count(struct kit_rig *kr, const struct toy *toy, const char *name); /* of /health */
void toy_wait_count(struct kit_rig *kr, const struct toy *toy, const char *name, int64_t least);
size_t toy_log_lines(struct kit_rig *kr, const struct toy *toy, const char *text);
void toy_wait_log(struct kit_rig *kr, const struct toy *toy, const char *text);

/* Waiting: while (…) kit_round(kr, until, "what"); fails the test when patience is over. */
struct instant kit_patience(void);
void kit_round(struct kit_rig *kr, struct instant until, const char *what);

/* A message of a producer, once, without waiting for an answer. */
void event_send(struct client *from, const char *producer, int64_t case_id, int32_t seq,
	const char *type, struct str body);
/* The same, sent until answered: its code. */
enum wire_code event_ask(struct kit_rig *kr, struct client *from, const char *producer,
	int64_t case_id, int32_t seq, const char *type, const char *body);
void command_send(struct client *from, int64_t case_id, const char *command_id, const char *type,
	const char *body);
/* Answers that the client holds: acknowledged up to, and how many of a code (case 0: all). */
int32_t acked_up_to(const struct client *client, int64_t case_id);
size_t answers_of(const struct client *client, int64_t case_id, enum wire_code code);
void answers_forget(struct client *client);

/* A relay as a producer's: sends 1…total of `type` for each of the cases until all is answered. */
struct feed {
	struct client *from;
	const char *producer;
	const char *type;
	int64_t first_case;
	int64_t n_cases;
	int32_t total;
	bool is_over;
};
void feeds_run(struct kit_rig *kr, struct feed *feeds, size_t n);
/* One burst of what is not acknowledged yet, without waiting. */
void feed_send(struct feed *feed);
bool feed_is_over(struct feed *feed);

/* A subscriber with its cursors, as law 4 wants it. */
struct subscriber {
	struct client *client;
	const char *group;
	int32_t seen[CASES_MAX]; /* by case_id */
	int64_t events;		 /* that came, repeats too */
	int64_t firsts;		 /* of them with seq 1 */
	int32_t drops;		 /* so many of the next events are lost on the way */
	bool is_poisoned;	 /* does not know the type of seq 1 */
	bool is_mute;		 /* takes and says nothing */
	bool is_deaf;		 /* the same, of case 1 only */
	enum wire_code refusal;	 /* what is_poisoned says instead of UNKNOWN_TYPE */
	int32_t attempts;	 /* the highest that an event had */
	int32_t parks;		 /* events with the wish to be set aside; they are */
};
void subscriber_join(struct kit_rig *kr, struct subscriber *subscriber, const char *group);
void subscriber_turn(struct subscriber *subscriber);

/* Skips the test in a build that knows no planted bugs. */
void kit_only_with_plants(void);
/* The single value of a query, as a number. */
int64_t kit_number(struct kit_rig *kr, const char *sql);
void kit_other_sql(struct kit_rig *kr, const char *sql);
/* Waits until so many toys wait for a lock. */
void kit_wait_blocked(struct kit_rig *kr, int n);
/* Every journal is gapless, its chain verifies, and the heads are those of the cases. */
void kit_verify_journal(struct kit_rig *kr);

#endif
