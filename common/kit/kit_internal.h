/* What the files of the kit share: the service's one struct, the batch and its parts. Nobody
 * outside common/kit includes it.
 *
 * Who does what: kit_main.c life and loop · kit_batch.c one batch from begin to commit ·
 * kit_decide.c messages meet rows · kit_write.c rows, journal and markers go to the database ·
 * kit_answer.c what is said after the commit · kit_turn.c what handlers emit · kit_journal.c the
 * hash chain · kit_relay.c markers, sweeps, answers of groups · kit_streams.c streams.def ·
 * kit_metrics.c what is measured · kit_housekeep.c calls the functions of the owner ·
 * kit_inbox.c messages that wait for the next batch · kit_shelf.c those that wait for another one
 * of their case · kit_split.c markers of transactions become markers of cases · kit_suspect.c sends
 * that speak against the message itself · kit_parked.c what is set aside, and what people do with
 * it · kit_track.c who has answered what this process sent · kit_send.c how answers and events look
 * · kit_plant.c planted bugs */
#ifndef WL_KIT_KIT_INTERNAL_H
#define WL_KIT_KIT_INTERNAL_H

#include "base/check.h"
#include "base/map.h"
#include "http/http.h"
#include "kit/kit.h"
#include "kit/kit_metrics.h"
#include "kit/kit_park_core.h"
#include "kit/kit_stream_core.h"
#include "kit/kit_window_core.h"
#include "loop/loop.h"
#include "peer/peer.h"

#define KIT_GROUPS_MAX	 96 /* groups that markers may name: streams.def and channels' */
#define KIT_NAME_MAX	 65 /* bytes of a group's name with its NUL */
#define KIT_DUE_MAX	 4096
#define KIT_FINISHED_MAX 4096
#define KIT_SWEEP_MOST	 500
#define KIT_SWEEP_SOON	 SPAN_MS(20) /* a full claim: there is more */
#define KIT_STREAMS_MAX	 8	     /* groups that subscribe to one producer */
#define KIT_HASTE_UNTIL	 6 /* sends in vain: from then on no newcomer makes it due at once */
#define KIT_ALONE_AFTER	 2 /* sends in vain; header.attempt says it of what travels alone */

struct kit_settings {
#define SETTING(field, name, type, fallback, least, most, unit, meaning) CONFIG_MEMBER_##type field;
#include "kit/kit_config.def"
#undef SETTING
};

/* All texts of a message, for whoever copies one. */
#define KIT_MESSAGE_TEXTS(msg)                                                                     \
	{                                                                                          \
		&(msg)->head.id, &(msg)->head.source, &(msg)->head.type, &(msg)->head.subject,     \
			&(msg)->head.to, &(msg)->head.reply_to, &(msg)->head.route,                \
			&(msg)->head.sender, &(msg)->head.actor, &(msg)->head.producer,            \
			&(msg)->head.command_id, &(msg)->head.channel, &(msg)->head.source_msg_id, \
			&(msg)->head.traceparent, &(msg)->head.text, &(msg)->body                  \
	}

/* A message that waits, and what is known of it. */
struct inbox_item {
	struct wire_msg message;
	bool is_paid;	 /* its credit was given back when it was shelved */
	bool has_waited; /* a command that waited on the shelf for its case to be known here */
};

/* --- one batch --- */

struct batch_case {
	int64_t case_id;
	void *row;
	bool is_dirty;
	bool is_lost;	    /* another replica was faster: its slots are decided again */
	bool is_admitted;   /* a fresh id from admit: not loaded */
	bool is_remembered; /* the row is what this process wrote last: not loaded */
	int32_t first_seq;  /* of the journal when it was read */
	int32_t claims;	    /* its rows for tables that decide, and how many of them went in */
	int32_t claims_won;
	int32_t n_commands;
	int32_t last_event_slot[KIT_PRODUCERS]; /* index + 1: the one that carries the
						   acknowledgement */
	struct park_place place[KIT_PRODUCERS]; /* what is set aside of it here */
	bool has_parked; /* this batch sets some of it aside, or a person deals with what was */
};

enum slot_end {
	SLOT_OPEN,   /* not decided yet */
	SLOT_DONE,   /* decided; answered after the commit if its case wins */
	SLOT_AGAIN,  /* to be decided in the next batch */
	SLOT_SILENT, /* nothing to say (a timer that is gone) */
};

struct slot {
	struct kit_turn turn; /* first: handlers get its address */
	struct wire_msg message;
	bool is_paid; /* these two as in struct inbox_item */
	bool has_waited;
	struct batch_case *at; /* NULL: no case */
	const struct kit_handler *handler;
	enum slot_end end;
	enum wire_code code;
	int32_t expected;
	int32_t retry_after_ms;
	struct str text;
	struct str answer;
	bool is_journalled; /* a command whose entries say all there is to its result */
	bool is_kept;	    /* a command whose result was found, not made */
	int32_t kept_seq;
	bool is_row_unchanged; /* the handler said so */
	bool has_stopped;      /* a command on what is set aside that did a part of it */
	enum kit_claim claim;  /* what it counts as */
	struct instant timer_due;
};

struct journal_row {
	int64_t case_id;
	int32_t seq;
	struct instant at;
	struct str type;
	struct str actor;
	struct str body;
	uint8_t body_digest[32];
	uint8_t hash[32];
	struct str command_id; /* none: no command's */
	struct batch_case *at_case;
};
struct marker_row {
	int64_t case_id;
	struct str grp;
	int32_t seq;
	struct batch_case *at_case;
	bool is_folded; /* into an earlier one of the batch, for the same case and group */
};
struct timer_row {
	int64_t case_id;
	struct str name;
	struct instant due; /* none: clear */
	struct batch_case *at_case;
};
struct child_row {
	const struct kit_table *table;
	void *row;
	struct batch_case *at_case;
};
struct hint_row {
	struct str group;
	struct str type;
};

/* Set aside by this batch. */
struct parked_row {
	int64_t case_id;
	struct str producer;
	int32_t seq;
	struct str type;
	struct instant at;
	struct str body;
	uint8_t body_digest[32];
	int32_t sends;
	struct instant parked_at;
	struct str why;
	struct batch_case *at_case;
};
enum parked_state { PARKED_WAITS = 1, PARKED_APPLIED = 2, PARKED_SKIPPED = 3 };
/* What a person did with an entry. */
struct parked_change {
	int64_t case_id;
	struct str producer;
	int32_t seq;
	int32_t state;
	struct str why; /* "": as before, reason likewise */
	int32_t more;	/* tries */
	struct str reason;
	struct str actor;
	struct instant at;
	struct str line; /* of the history */
	struct str body; /* none: as before */
	struct batch_case *at_case;
};

/* A list in the batch's arena: pointers to elements. */
struct list {
	void **items;
	size_t n;
	size_t cap;
};
void list_add(struct arena *mem, struct list *list, void *item);

struct batch {
	struct arena *mem;
	struct slot *slots;
	size_t n_slots;
	struct map *by_case; /* case_id → struct batch_case */
	struct list cases;
	struct instant now;
	struct instant real_now;
	struct list journal;
	struct list raised;
	struct list done;
	struct list timers;
	struct list children;
	struct list hints;
	struct list parked;    /* struct parked_row */
	struct list changes;   /* struct parked_change */
	struct list acks;      /* struct acks of kit_answer.c */
	struct list owed;      /* cases (struct batch_case) whose journal grew, after the write */
	int64_t marker;	       /* of this transaction, when owed is not empty */
	bool is_handler_in_db; /* the running handler took the session: its failure is the batch's
				*/
	enum res broken;       /* what a handler's own statement came to; the transaction is gone */
	struct err broken_err;
};

/* --- the relay --- */

enum group_state { GROUP_OPEN, GROUP_BUSY, GROUP_AWAY };
struct group {
	char name[KIT_NAME_MAX];
	enum group_state state;
	struct instant
		blocked_until; /* monotonic: after this it is tried again even without a notice */
	bool is_away;	       /* nobody was there, and nothing has been heard since */
	bool is_deliver;
	struct window window;	 /* of deliveries */
	struct park_heard heard; /* orders are those of next_batch */
};
struct due {
	int64_t case_id;
	struct group *group;
	int32_t first;
	int32_t last;
};
struct finished {
	int64_t case_id;
	struct group *group;
	int32_t acked;
};
struct finished_batch {
	int64_t case_id;
	int64_t batch;
};

struct memory;
struct relay {
	struct group groups[KIT_GROUPS_MAX];
	size_t n_groups;
	struct due due[KIT_DUE_MAX];
	size_t n_due;
	struct finished finished[KIT_FINISHED_MAX];
	size_t n_finished;
	struct finished_batch finished_batches[KIT_FINISHED_MAX];
	size_t n_finished_batches;
	int64_t next_batch;	    /* names the next transaction's marker */
	struct instant parts_until; /* monotonic: until then cases may have markers of their own */
	bool wants_sweep;
	bool wants_timers;
	bool wants_wake; /* all groups: what was under way may be lost */
	struct group *wake_group;
	struct map *refused;  /* (case, group) → the entry that a member would not take */
	struct map *tracks;   /* case → struct track */
	struct map *suspects; /* (case, group) → struct suspect: markers that were swept */
};

/* What the owner's functions said last (kit_housekeep.c). */
struct housekeeping {
	struct loop_timer *timer;
	struct instant done_at; /* monotonic; none: never since the start */
	int64_t room;
	bool has_failed; /* the last time; that was logged */
};

struct kit_counts {
	int64_t batches;
	int64_t messages;
	int64_t duplicates;
	int64_t gaps;
	int64_t refused;
	int64_t repeated;
	int64_t bisected;
	int64_t resent;
	int64_t losers;
	int64_t parkings;
};

struct kit {
	const struct service_spec *spec;
	struct kit_settings settings;
	void *own_settings;
	void *service;
	struct log *log;
	struct loop *loop;
	struct db *db;
	struct bus_context *context;
	struct peer *peer;
	struct http *http;
	char instance[KIT_NAME_MAX];
	int self; /* enum kit_producer, or -1 when it produces nothing */

	struct arena *inbox_mem[2];
	int inbox_at; /* which of the two is being filled */
	struct inbox_item *inbox;
	struct inbox_item *inbox_spare; /* of the batch that runs */
	size_t n_inbox;
	struct shelf *shelf;
	bool shelf_is_due;    /* its timer ticked, and it has not been looked through since */
	bool inbox_is_urgent; /* holds a command, a submission or an outcome: does not wait to fill
			       */
	bool gather_is_over;
	struct instant held_until; /* a batch failed for what is outside of it: not before this */
	struct instant trouble_quiet_until; /* what the database refuses was just said */
	int32_t credit_held; /* of messages that were refused while the database is away */
	bool has_parked;     /* something was set aside here once, as far as is known */
	bool is_parked_known;
	bool wants_parked_look;
	bool is_full; /* the inbox: the sockets are out of the loop until there is room */
	struct arena *batch_mem;
	struct batch *batch; /* the one being decided; NULL between batches */
	struct arena *relay_mem;
	struct map *by_case;
	struct map *handlers; /* kind and type → struct kit_handler */
	int32_t ref_version;
	struct instant last_now;

	struct loop_timer *gather_timer;
	struct loop_timer *settle_timer;
	struct loop_timer *sweep_timer;
	struct loop_timer *turn_timer;
	struct loop_timer *db_timer;
	struct loop_timer *shelf_timer;
	struct loop_timer *stop_timer;
	struct memory *memory;
	struct relay relay;
	struct housekeeping house;
	struct kit_counts counts;
	struct kit_metrics metrics;
	bool is_stopping;
};

/* kit_main.c: all before and after loop_run, for who runs the loop itself (tests/sim). kit: zeroed
 * but for its spec and its log. The end takes what was half begun, and leaves kit to its owner. */
enum res kit_start(struct kit *kit, struct err *err) must_check;
void kit_end(struct kit *kit);

/* kit_streams.c */
size_t kit_groups_of(int producer, const char *const **out_groups); /* who subscribes to it */
bool kit_subscribes(struct str group, enum kit_producer producer);
int kit_producer_find(struct str name); /* -1: none of that name */

/* kit_batch.c: takes the whole inbox through the database and answers. */
void kit_batch_run(struct kit *kit);
/* Says what the database did not do. A session that was lost is said each time, one that stands and
 * refuses (its disk is full) once a minute: it is tried five times a second. */
void kit_database_trouble(struct kit *kit, const struct err *err, size_t kept);

/* kit_decide.c */
enum res kit_decide(struct kit *kit, struct batch *batch, struct err *err) must_check;
bool kit_keeps_result(const struct slot *slot); /* under its command_id, if its case wins */
void kit_slot_run(struct kit *kit, struct slot *slot);
void kit_handlers_map(struct kit *kit);
const struct kit_handler *kit_handler_find(struct kit *kit, const struct wire_msg *msg);

/* kit_write.c */
enum res kit_write(struct kit *kit, struct batch *batch, struct err *err) must_check;
enum res kit_settle(struct kit *kit,
	struct err *err) must_check; /* finished markers in a transaction of their own */

/* kit_answer.c */
void kit_answer_batch(struct kit *kit, struct batch *batch);

/* kit_send.c */
struct wire_msg kit_answer_to(
	struct kit *kit, const struct wire_msg *question, enum wire_kind kind);
void kit_nack(struct kit *kit, const struct wire_msg *question, enum wire_code code,
	int32_t retry_after_ms, int32_t expected, struct str text);
struct kit_sending {
	int32_t attempt; /* sends in vain before this one; from KIT_ALONE_AFTER on it travels alone
			  */
	bool park;
	struct str why; /* what was said against it */
};
void kit_send_event(struct kit *kit, struct str group, const struct journal_row *entry,
	const struct kit_sending *how); /* NULL: the first time */

/* kit_journal.c */
void kit_journal_seal(struct journal_row *entry, uint8_t head[32]);

/* kit_relay.c */
void relay_init(struct kit *kit);
void relay_fini(struct kit *kit);
struct group *relay_group(struct kit *kit, struct str name);
bool relay_may_send(struct kit *kit, struct group *group);
bool relay_take(struct kit *kit,
	const struct wire_msg *msg); /* true: it was an answer of a group, dealt with */
void relay_due(struct kit *kit, int64_t case_id, struct group *group, int32_t first, int32_t last);
void relay_turn(struct kit *kit); /* sweeps, claims timers, sends what is due */
void relay_wake_all(struct kit *kit);
void relay_parts_note(struct kit *kit); /* cases may have markers of their own for a while */

/* kit_split.c */
enum res relay_split_overdue(struct kit *kit, struct err *err) must_check;

void relay_batch_done(struct kit *kit, int64_t case_id, int64_t batch);
bool relay_has_finished(const struct kit *kit);

/* A case and a group as a key of maps; out holds it. */
struct marker_key {
	int64_t case_id;
	int64_t group;
};
struct str relay_key(
	struct kit *kit, int64_t case_id, const struct group *group, struct marker_key *out);

/* kit_suspect.c: what became of the sends of markers, and how the next one goes (law 12). Nothing
 * here is needed for correctness: who forgets counts less. */
void suspects_clear(struct kit *kit);
/* A marker was claimed with these counts: judges its last send, and from then on knows how it is
 * sent. */
struct park_count suspect_claim(
	struct kit *kit, int64_t case_id, struct group *group, struct park_count before);
void suspect_answer(struct kit *kit, int64_t case_id, struct group *group, enum park_answer answer,
	struct str why);
void suspect_again(struct kit *kit, int64_t case_id, struct group *group); /* after GAP */
struct kit_sending suspect_sending(struct kit *kit, int64_t case_id, const struct group *group);

/* kit_parked.c: what is set aside (law 12). */
extern const struct kit_handler kit_parked_handlers[];
bool parked_is_own(const struct kit_handler *handler);
void parked_look(struct kit *kit); /* seldom: whether there is anything to look for */
void parked_load(struct kit *kit, struct batch *batch, struct db_call *call);
void parked_take(struct batch *batch, const struct db_result *result);
void parked_put(struct kit *kit, struct slot *slot);
void parked_ack(struct kit *kit, const struct slot *slot);
void parked_after(struct kit *kit, const struct batch *batch); /* the commit */
extern const struct db_col parked_cols[], parked_change_cols[];
extern const size_t parked_n_cols, parked_change_n_cols;

/* kit_deliver.c */
bool deliver_is_for(const struct kit *kit, struct str group); /* one of spec.deliver_prefix */
bool kit_relays(const struct kit *kit); /* it has markers: produces events, or delivers */
bool deliver_has_room(struct kit *kit, struct group *group); /* true for other groups, too */
/* Reads and sends them; the window counts them as under way already. */
enum res deliver_send(struct kit *kit, const struct due *due, size_t n, struct err *err) must_check;

/* kit_housekeep.c */
void house_start(struct kit *kit);
void house_mirror(struct kit *kit); /* into the metrics */

/* kit_memory.c */
struct memory *memory_create(void);
void memory_destroy(struct memory *memory);
void memory_clear(struct memory *memory);
void memory_forget(struct memory *memory, int64_t case_id);
bool memory_take(struct kit *kit, struct batch_case *at); /* its row, copied for the batch */
void memory_learn(
	struct kit *kit, const struct batch *batch);	 /* after the commit, at the very end */
void memory_doubt(struct kit *kit, struct batch *batch); /* decided on memory alone: again */

/* kit_health.c */
bool kit_is_ready(const struct kit *kit); /* it can do its work */
void kit_health(void *kit, const struct http_request *request, struct http_answer *answer);

/* kit_turn.c: remembers how long the lists are, and cuts them back when a handler failed. */
struct batch_mark {
	size_t journal, raised, done, timers, children, hints, changes;
};
struct batch_mark batch_mark(const struct batch *batch);
void batch_cut(struct batch *batch, struct batch_mark mark);

/* kit_plant.c: true only in test builds, when WANGLI_PLANT names it. */
bool kit_planted(const char *name);
bool kit_planted_case(const char *name, int64_t case_id); /* "name:case_id" */

/* kit_inbox.c: add takes a message that lives in the memory of the inbox being filled; take brings
 * what waits on the shelf for the same case in front of it. */
#define KIT_INBOX_SLACK 1024 /* places beyond BATCH_MOST for what comes from the shelf */
#define KIT_INBOX_SPARE 512  /* of them: never for the shelf, as what was received must fit */
bool kit_inbox_has_room(const struct kit *kit); /* for what is received */
bool kit_inbox_has_memory(const struct kit *kit);
void kit_inbox_add(struct kit *kit, const struct inbox_item *item);
void kit_inbox_take(struct kit *kit, const struct wire_msg *msg);

/* kit_shelf.c */
struct shelf *shelf_create(void);
void shelf_destroy(struct shelf *shelf);
bool shelf_put(
	struct kit *kit, const struct inbox_item *item); /* copies; false: no room, or no shelf */
/* All of the case to the inbox in order: events, then the newer message (or NULL), then commands.
 */
void shelf_move(struct kit *kit, int64_t case_id, const struct inbox_item *newer);
void shelf_turn(struct kit *kit); /* what has waited long enough, to the inbox */
size_t shelf_count(const struct shelf *shelf);

/* kit_track.c: acknowledgements of what this process sent, until all subscribers have answered. */
struct sent_batch;
struct sent_batch *track_begin(
	struct kit *kit, int64_t case_id, int64_t batch); /* then its cases */
void track_case(struct kit *kit, struct sent_batch *sent, int64_t case_id, int32_t upto);
/* true: tracked. out_order: of the latest transaction that this answers for, else unchanged. */
bool track_ack(
	struct kit *kit, int64_t case_id, struct str group, int32_t acked, int64_t *out_order);
/* The groups (places in kit_groups_of) that have not answered up to upto, as far as is known. */
size_t track_missing(struct kit *kit, int64_t case_id, int32_t upto, size_t out[KIT_STREAMS_MAX]);
void tracks_clear(struct kit *kit);
struct wire_msg kit_message_copy(struct arena *mem, const struct wire_msg *msg);

#endif
