/* The deliveries of this webhook: what is to be POSTed, and what became of it. Kept in an
 * append-only journal (STATE_DIR/journal): TAKEN with the document byte for byte, ENDED, AGAIN (a
 * replay). An end is told to the platform only after webhook_shelf_sync, so it never changes its
 * mind. Dead letters stay until they are replayed; what was taken stays for KEEP, its document in
 * the file only. */
#ifndef WL_WEBHOOK_SHELF_H
#define WL_WEBHOOK_SHELF_H

#include <stdbool.h>
#include <sys/queue.h>

#include "base/err.h"
#include "base/instant.h"
#include "base/str.h"

#define POST_ID_MAX	250
#define POST_CASE_MAX	40
#define POST_REASON_MAX 160

enum post_end { POST_OPEN, POST_DELIVERED, POST_DEAD };

struct post {
	TAILQ_ENTRY(post) link; /* of those that are to be sent */
	char id[POST_ID_MAX + 1];
	char case_number[POST_CASE_MAX + 1];
	char reason[POST_REASON_MAX + 1]; /* of the last failure, or of the end */
	char *body;			  /* NULL: not to be sent, and no dead letter */
	size_t body_bytes;
	struct instant since;	 /* real time: the age counts from here */
	struct instant taken_at; /* real time */
	struct instant ended_at; /* real time */
	struct instant due_at;	 /* monotonic */
	int32_t tries;		 /* in this life of the process */
	enum post_end end;
	bool is_end_kept; /* durable */
	bool is_queued;
	bool is_flying;
	bool is_replay;
	bool is_ping; /* nobody's delivery: not in the journal */
};
TAILQ_HEAD(post_list, post);

struct shelf;
enum res webhook_shelf_open(struct shelf **out, const char *path, struct err *err) must_check;
void webhook_shelf_close(struct shelf *shelf);

struct post *webhook_shelf_find(struct shelf *shelf, struct str id);
struct post *webhook_shelf_take(struct shelf *shelf, struct str id, struct str case_number,
	struct str body, struct instant now);
struct post *webhook_shelf_ping(
	struct shelf *shelf, struct str id, struct str body, struct instant now);
/* It is not to be sent any more. A ping is gone with that. */
void webhook_shelf_end(struct shelf *shelf, struct post *post, enum post_end end, struct str reason,
	struct instant now);
/* Dead letters, and what was taken between from and to (none: only dead letters), to be sent again.
 * Returns how many. */
enum res webhook_shelf_replay(struct shelf *shelf, struct instant from, struct instant to,
	struct instant now, size_t *out_n, struct err *err) must_check;
enum res webhook_shelf_sync(struct shelf *shelf, struct err *err) must_check;
/* Forgets what was taken before `before`, and rewrites the journal without it. */
enum res webhook_shelf_compact(
	struct shelf *shelf, struct instant before, struct err *err) must_check;

struct post_list *webhook_shelf_queue(struct shelf *shelf);
struct shelf_counts {
	size_t queued;
	size_t dead;
	size_t known;
};
struct shelf_counts webhook_shelf_counts(const struct shelf *shelf);

#endif
