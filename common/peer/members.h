/* Who is connected to a server of the bus (the broker or the door), which groups they serve, and
 * how many messages each may still be sent. Pure bookkeeping: no socket, no clock, no log; server.h
 * does what it decides.
 *
 * Credit has two classes (law 11): a member whose credit is at or under a third of its window gets
 * no SUBMIT, so that new letters never starve the work on old ones. Among the members of a group
 * that have credit the highest rendezvous hash of (member, key) wins: the same case goes to the
 * same member as long as it can take it (affinity only, never correctness). */
#ifndef WL_PEER_MEMBERS_H
#define WL_PEER_MEMBERS_H

#include "base/instant.h"
#include "base/scoped.h"
#include "bus/bus.h"
#include "peer/peer.h"
#include "wire/wire.h"

#define MEMBERS_MAX	   4096 /* connections that said HELLO */
#define MEMBERS_GROUPS_MAX 1024 /* groups served or asked for */
#define MEMBERS_GROUPS_ASKED_MAX                                                                   \
	512 /* groups that nobody serves are remembered below it: the rest is for those served */
#define MEMBER_WINDOW_MAX 10000 /* a window above it is cut */
#define REFUSED_MAX	  32	/* instances a group remembers to tell when it opens again */
#define REFUSED_LEAST_MS  50
#define REFUSED_MOST_MS	  2000

enum member_class { MEMBER_WORK, MEMBER_SUBMIT, MEMBER_CLASSES };

struct member_group;

struct member {
	struct bus_routing routing;
	int64_t serial; /* 1, 2, 3 … in order of joining; names the connection for the server's life
			 */
	char instance[WIRE_NAME_MAX + 1];
	char user[BUS_USER_MAX]; /* who the key belongs to, as ZAP stamped it */
	struct member_group *groups[PEER_GROUPS_MAX];
	size_t groups_n;
	int32_t window;
	int32_t credit; /* under 0 after its window shrank */
	struct instant heard_at;
	bool has_parted;	/* it knows that the server goes; server.c's */
	const char *gone;	/* why it is about to be removed; NULL: it is well. server.c's */
	struct wire_writer out; /* what is staged for it; server.c's */
};

struct members;
struct members *members_create(void);
void members_destroy(struct members *members);
SCOPED_DEFINE(members, struct members *, members_destroy)

struct member_hello {
	struct bus_routing routing;
	struct str instance;
	struct str user;
	const struct str *groups; /* those it may serve */
	size_t groups_n;
	int32_t window;
};
/* A new connection gets its whole window. A member that says HELLO again changes its groups; its
 * credit grows or shrinks by as much as its window (under nothing until that is earned back: what
 * was sent before is under way still). RES_TOO_BIG: over MEMBERS_MAX, MEMBERS_GROUPS_MAX or a name
 * too long. *out borrowed until it leaves. */
enum res members_join(
	struct members *members, const struct member_hello *hello, struct member **out) must_check;
void members_leave(struct members *members, struct member *member);

struct member *members_find(const struct members *members, const struct bus_routing *routing);
struct member *members_find_instance(const struct members *members, struct str instance);
struct member *members_find_serial(const struct members *members, int64_t serial);
/* Borrowed, in order of joining; the list changes with join and leave. */
struct member *const *members_all(const struct members *members, size_t *out_n);

void members_credit(struct members *members, struct member *member, int32_t n);
void members_spend(struct member *member); /* it is being sent one message that needs credit */

struct member_pick {
	struct member *to; /* NULL: nobody has credit for this class */
	bool is_served;	   /* the group has members */
};
struct member_pick members_pick(
	const struct members *members, struct str group, enum member_class class, uint64_t key);
bool members_serves(const struct member *member, struct str group);
struct str members_group_name(const struct member *member, size_t at); /* at < member->groups_n */

/* instance was refused by group: returns when to try again, growing from REFUSED_LEAST_MS to
 * REFUSED_MOST_MS as long as the group keeps refusing, and remembers whom to tell. */
int32_t members_refuse(struct members *members, struct str group, enum member_class class,
	struct str instance, struct instant now);
/* Calls `tell` once for each instance that was refused by a group that takes messages again, and
 * forgets it. */
void members_notices(struct members *members,
	void (*tell)(void *arg, struct str group, struct str instance), void *arg);

/* For people: every group with its members, their credit, and how many wait to be told. */
struct member_group_view {
	struct str name;
	size_t members;
	int64_t credit;
	size_t refused;
};
void members_groups(struct members *members,
	void (*each)(void *arg, const struct member_group_view *view), void *arg);

#endif
