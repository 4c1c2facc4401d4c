/* Members, groups, credit and refusals. */
#include "peer/members.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/map.h"
#include "peer/peer_key.h"
#include "peer/peer_lines_core.h"

/* Under this share of its window a member gets no SUBMIT. */
#define WORK_SHARE 3
/* A group that refused nobody for so many waits begins at the shortest wait again. */
#define CALM_WAITS 2

struct refused {
	char names[REFUSED_MAX][WIRE_NAME_MAX + 1];
	size_t n;
};

struct member_group {
	char name[WIRE_NAME_MAX + 1];
	struct member **members;
	size_t n;
	size_t cap;
	struct refused refused[MEMBER_CLASSES];
	int32_t wait_ms;
	struct instant grown_at; /* when wait_ms last grew */
	struct instant refused_at;
};

struct members {
	struct member **all;
	size_t n;
	struct map *by_routing;
	struct map *by_instance;
	struct map *by_serial;
	struct map *groups;
	int64_t next_serial;
	size_t refusing; /* groups with somebody to tell */
};

struct members *members_create(void)
{
	struct members *members = calloc(1, sizeof(*members));

	CHECK(members != NULL);
	members->all = calloc(MEMBERS_MAX, sizeof(*members->all));
	CHECK(members->all != NULL);
	members->by_routing = map_create();
	members->by_instance = map_create();
	members->by_serial = map_create();
	members->groups = map_create();
	members->next_serial = 1;
	return members;
}

static void group_free(struct member_group *group)
{
	free(group->members);
	free(group);
}

static bool group_free_each(void *arg, struct str key, void *value)
{
	(void)arg;
	(void)key;
	group_free(value);
	return true;
}

static void member_free(struct member *member)
{
	wire_writer_fini(&member->out);
	free(member);
}

void members_destroy(struct members *members)
{
	if (members == NULL)
		return;
	for (size_t i = 0; i < members->n; i++)
		member_free(members->all[i]);
	map_walk(members->groups, group_free_each, NULL);
	map_destroy(members->groups);
	map_destroy(members->by_routing);
	map_destroy(members->by_instance);
	map_destroy(members->by_serial);
	free(members->all);
	free(members);
}

static struct str routing_str(const struct bus_routing *routing)
{
	return str_of(routing->bytes, routing->n);
}

static void name_keep(char *out, struct str name)
{
	memcpy(out, name.p, name.n);
	out[name.n] = 0;
}

/* The group's entry, made when there is none; NULL: too many groups. */
static struct member_group *group_get(struct members *members, struct str name)
{
	struct member_group *group = map_get(members->groups, name);

	if (group != NULL || name.n == 0 || name.n > WIRE_NAME_MAX ||
		map_count(members->groups) >= MEMBERS_GROUPS_MAX)
		return group;
	group = calloc(1, sizeof(*group));
	CHECK(group != NULL);
	name_keep(group->name, name);
	group->grown_at = INSTANT_NONE;
	group->refused_at = INSTANT_NONE;
	map_put(members->groups, name, group);
	return group;
}

static bool is_refusing(const struct member_group *group)
{
	return group->refused[MEMBER_WORK].n > 0 || group->refused[MEMBER_SUBMIT].n > 0;
}

static void group_drop_if_idle(struct members *members, struct member_group *group)
{
	if (group->n > 0 || is_refusing(group))
		return;
	map_remove(members->groups, str_from_c(group->name));
	group_free(group);
}

static void group_add(struct member_group *group, struct member *member)
{
	if (group->n == group->cap) {
		group->cap = group->cap == 0 ? 4 : group->cap * 2;
		group->members = realloc(group->members, group->cap * sizeof(struct member *));
		CHECK(group->members != NULL);
	}
	group->members[group->n++] = member;
}

static void group_remove(struct member_group *group, const struct member *member)
{
	for (size_t i = 0; i < group->n; i++) {
		if (group->members[i] != member)
			continue;
		group->members[i] = group->members[--group->n];
		return;
	}
}

static void member_leave_groups(struct members *members, struct member *member)
{
	for (size_t i = 0; i < member->groups_n; i++) {
		group_remove(member->groups[i], member);
		group_drop_if_idle(members, member->groups[i]);
	}
	member->groups_n = 0;
}

bool members_serves(const struct member *member, struct str group)
{
	for (size_t i = 0; i < member->groups_n; i++)
		if (str_eq_c(group, member->groups[i]->name))
			return true;
	return false;
}

struct str members_group_name(const struct member *member, size_t at)
{
	CHECK(at < member->groups_n);
	return str_from_c(member->groups[at]->name);
}

static enum res member_enter_groups(
	struct members *members, struct member *member, const struct member_hello *hello)
{
	for (size_t i = 0; i < hello->groups_n; i++) {
		struct member_group *group;

		if (members_serves(member, hello->groups[i]))
			continue;
		group = group_get(members, hello->groups[i]);
		if (group == NULL)
			return RES_TOO_BIG;
		group_add(group, member);
		member->groups[member->groups_n++] = group;
	}
	return RES_OK;
}

static struct member *member_make(struct members *members, const struct member_hello *hello)
{
	struct member *member = calloc(1, sizeof(*member));

	CHECK(member != NULL);
	member->routing = hello->routing;
	member->serial = members->next_serial++;
	name_keep(member->user, hello->user);
	member->heard_at = INSTANT_NONE;
	members->all[members->n++] = member;
	map_put(members->by_routing, routing_str(&member->routing), member);
	map_put_id(members->by_serial, member->serial, member);
	return member;
}

static void instance_set(struct members *members, struct member *member, struct str instance)
{
	struct str old = str_from_c(member->instance);

	if (old.n > 0 && map_get(members->by_instance, old) == member)
		map_remove(members->by_instance, old);
	name_keep(member->instance, instance);
	map_put(members->by_instance, instance, member);
}

enum res members_join(
	struct members *members, const struct member_hello *hello, struct member **out)
{
	struct member *member = members_find(members, &hello->routing);
	bool is_new = member == NULL;
	int32_t window = hello->window < MEMBER_WINDOW_MAX ? hello->window : MEMBER_WINDOW_MAX;

	if (hello->groups_n > PEER_GROUPS_MAX || hello->instance.n == 0 ||
		hello->instance.n > WIRE_NAME_MAX || hello->user.n >= BUS_USER_MAX)
		return RES_TOO_BIG;
	if (is_new && members->n == MEMBERS_MAX)
		return RES_TOO_BIG;
	if (is_new)
		member = member_make(members, hello);
	instance_set(members, member, hello->instance);
	member->credit += window - member->window; /* a new one begins with nothing of both */
	member->window = window;
	member_leave_groups(members, member);
	if (member_enter_groups(members, member, hello) != RES_OK) {
		members_leave(members, member);
		return RES_TOO_BIG;
	}
	*out = member;
	return RES_OK;
}

void members_leave(struct members *members, struct member *member)
{
	member_leave_groups(members, member);
	map_remove(members->by_routing, routing_str(&member->routing));
	map_remove_id(members->by_serial, member->serial);
	if (map_get(members->by_instance, str_from_c(member->instance)) == member)
		map_remove(members->by_instance, str_from_c(member->instance));
	for (size_t i = 0; i < members->n; i++) {
		if (members->all[i] != member)
			continue;
		memmove(members->all + i, members->all + i + 1,
			(members->n - i - 1) * sizeof(struct member *));
		members->n--;
		break;
	}
	member_free(member);
}

struct member *members_find(const struct members *members, const struct bus_routing *routing)
{
	return map_get(members->by_routing, routing_str(routing));
}

struct member *members_find_instance(const struct members *members, struct str instance)
{
	return map_get(members->by_instance, instance);
}

struct member *members_find_serial(const struct members *members, int64_t serial)
{
	return map_get_id(members->by_serial, serial);
}

struct member *const *members_all(const struct members *members, size_t *out_n)
{
	*out_n = members->n;
	return members->all;
}

void members_credit(struct members *members, struct member *member, int32_t n)
{
	(void)members;
	if (n <= 0)
		return;
	member->credit = n > member->window - member->credit ? member->window : member->credit + n;
}

void members_spend(struct member *member)
{
	CHECK(member->credit > 0);
	member->credit--;
}

static bool has_credit_for(const struct member *member, enum member_class class)
{
	return member->credit > (class == MEMBER_SUBMIT ? member->window / WORK_SHARE : 0);
}

struct member_pick members_pick(
	const struct members *members, struct str group, enum member_class class, uint64_t key)
{
	const struct member_group *of = map_get(members->groups, group);
	struct member_pick pick = { 0 };
	uint64_t best = 0;

	for (size_t i = 0; of != NULL && i < of->n; i++) {
		struct member *member = of->members[i];
		uint64_t score = lines_score(peer_key_of(str_from_c(member->instance)), key);

		if (member->gone != NULL)
			continue;
		pick.is_served = true;
		if (!has_credit_for(member, class) || (pick.to != NULL && score <= best))
			continue;
		pick.to = member;
		best = score;
	}
	return pick;
}

static void refused_keep(struct refused *refused, struct str instance)
{
	if (refused->n == REFUSED_MAX || instance.n == 0 || instance.n > WIRE_NAME_MAX)
		return;
	for (size_t i = 0; i < refused->n; i++)
		if (str_eq_c(instance, refused->names[i]))
			return;
	name_keep(refused->names[refused->n++], instance);
}

/* The wait grows once a wait at most, or one full batch of refusals would reach the longest at
 * once. */
static void wait_grow(struct member_group *group, struct instant now)
{
	struct span wait = SPAN_MS(group->wait_ms);

	if (instant_is_none(group->refused_at) || group->wait_ms == 0 ||
		instant_since(now, group->refused_at).us > CALM_WAITS * wait.us) {
		group->wait_ms = REFUSED_LEAST_MS;
		group->grown_at = now;
	} else if (instant_since(now, group->grown_at).us >= wait.us) {
		group->wait_ms =
			group->wait_ms * 2 < REFUSED_MOST_MS ? group->wait_ms * 2 : REFUSED_MOST_MS;
		group->grown_at = now;
	}
	group->refused_at = now;
}

int32_t members_refuse(struct members *members, struct str group_name, enum member_class class,
	struct str instance, struct instant now)
{
	struct member_group *group = map_get(members->groups, group_name);
	int32_t wait_ms;

	if (group == NULL && map_count(members->groups) < MEMBERS_GROUPS_ASKED_MAX)
		group = group_get(members, group_name);
	if (group == NULL)
		return REFUSED_MOST_MS;
	wait_grow(group, now);
	if (!is_refusing(group))
		members->refusing++;
	refused_keep(&group->refused[class], instance);
	wait_ms = group->wait_ms;
	if (!is_refusing(group)) {
		members->refusing--;
		group_drop_if_idle(members, group);
	}
	return wait_ms;
}

static bool group_takes(const struct member_group *group, enum member_class class)
{
	for (size_t i = 0; i < group->n; i++)
		if (has_credit_for(group->members[i], class))
			return true;
	return false;
}

struct notice {
	struct members *members;
	void (*tell)(void *arg, struct str group, struct str instance);
	void *arg;
};

static bool group_notice(void *arg, struct str key, void *value)
{
	struct notice *notice = arg;
	struct member_group *group = value;
	bool was_refusing = is_refusing(group);

	(void)key;
	for (int class = 0; class < MEMBER_CLASSES; class ++) {
		struct refused *refused = &group->refused[class];

		if (refused->n == 0 || !group_takes(group, (enum member_class) class))
			continue;
		for (size_t i = 0; i < refused->n; i++)
			notice->tell(notice->arg, str_from_c(group->name),
				str_from_c(refused->names[i]));
		refused->n = 0;
	}
	if (was_refusing && !is_refusing(group))
		notice->members->refusing--;
	return true;
}

void members_notices(struct members *members,
	void (*tell)(void *arg, struct str group, struct str instance), void *arg)
{
	struct notice notice = { members, tell, arg };

	if (members->refusing > 0)
		map_walk(members->groups, group_notice, &notice);
}

struct viewing {
	void (*each)(void *arg, const struct member_group_view *view);
	void *arg;
};

static bool group_view(void *arg, struct str key, void *value)
{
	struct viewing *viewing = arg;
	struct member_group *group = value;
	struct member_group_view view = { .name = key, .members = group->n };

	view.refused = group->refused[MEMBER_WORK].n + group->refused[MEMBER_SUBMIT].n;
	for (size_t i = 0; i < group->n; i++)
		view.credit += group->members[i]->credit;
	viewing->each(viewing->arg, &view);
	return true;
}

void members_groups(struct members *members,
	void (*each)(void *arg, const struct member_group_view *view), void *arg)
{
	struct viewing viewing = { each, arg };

	map_walk(members->groups, group_view, &viewing);
}
