/* The shelf: events that nobody waits for (is_lazy) wait here for the next message of their case,
 * so that both become one write; commands that are faster than the events they build on wait a
 * moment for those. All of a case leave together and in order, at the latest when the oldest has
 * waited SHELF (a command: a quarter of it). Their credit is given back at once; what bounds the
 * shelf is its own size. What is lost with this process is sent again: no marker goes before its
 * answer.
 */
#include "kit/kit_internal.h"

#include <stdlib.h>
#include <string.h>

#define SHELF_MOST   65536
#define SHELF_BYTES  ((size_t)16 << 20)
#define CASE_MOST    64 /* more of one case than this go to the inbox */
#define TURNS	     4	/* looks at the shelf while a command waits */
#define COMMAND_PART 4	/* a command waits this part of SHELF: somebody looks at a screen */

struct shelved {
	struct shelved *next;
	struct inbox_item item;
	size_t n_bytes;
	char bytes[];
};

struct shelf_case {
	int64_t case_id;
	struct shelved *first, *last;
	size_t n;
	struct instant until;
	bool is_hurried; /* a command waits */
	struct shelf_case *before, *after;
};

/* In the order of their ends, as all wait equally long. */
struct shelf_list {
	struct shelf_case *first, *last;
};

struct shelf {
	struct map *cases;
	struct shelf_list lists[2]; /* by is_hurried */
	size_t n;
	size_t n_bytes;
};

struct shelf *shelf_create(void)
{
	struct shelf *shelf = calloc(1, sizeof *shelf);
	CHECK(shelf != NULL);
	shelf->cases = map_create();
	return shelf;
}

size_t shelf_count(const struct shelf *shelf)
{
	return shelf->n;
}

static void list_take_out(struct shelf *shelf, struct shelf_case *at)
{
	struct shelf_list *list = &shelf->lists[at->is_hurried];
	*(at->before != NULL ? &at->before->after : &list->first) = at->after;
	*(at->after != NULL ? &at->after->before : &list->last) = at->before;
	at->before = at->after = NULL;
}

static void list_append(struct shelf *shelf, struct shelf_case *at)
{
	struct shelf_list *list = &shelf->lists[at->is_hurried];
	at->before = list->last;
	at->after = NULL;
	*(list->last != NULL ? &list->last->after : &list->first) = at;
	list->last = at;
}

static void case_free(struct shelf *shelf, struct shelf_case *at)
{
	for (struct shelved *one = at->first, *next; one != NULL; one = next) {
		next = one->next;
		shelf->n--;
		shelf->n_bytes -= one->n_bytes;
		free(one);
	}
	free(at);
}

void shelf_destroy(struct shelf *shelf)
{
	if (shelf == NULL)
		return;
	for (int i = 0; i < 2; i++)
		for (struct shelf_case *at = shelf->lists[i].first, *after; at != NULL;
			at = after) {
			after = at->after;
			case_free(shelf, at);
		}
	map_destroy(shelf->cases);
	free(shelf);
}

static struct shelved *shelved_create(const struct inbox_item *item)
{
	struct wire_msg copy = item->message;
	struct str *texts[] = KIT_MESSAGE_TEXTS(&copy);
	size_t n_bytes = 0;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		n_bytes += texts[i]->n;
	struct shelved *one = malloc(sizeof *one + n_bytes);
	CHECK(one != NULL);
	char *at = one->bytes;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		if (texts[i]->n == 0)
			continue;
		memcpy(at, texts[i]->p, texts[i]->n);
		texts[i]->p = at;
		at += texts[i]->n;
	}
	one->next = NULL;
	one->item = *item;
	one->item.message = copy;
	one->n_bytes = n_bytes;
	return one;
}

static struct shelf_case *case_find(struct kit *kit, int64_t case_id, bool is_command)
{
	struct shelf *shelf = kit->shelf;
	struct shelf_case *at = map_get_id(shelf->cases, case_id);
	if (at == NULL) {
		at = calloc(1, sizeof *at);
		CHECK(at != NULL);
		at->case_id = case_id;
		map_put_id(shelf->cases, case_id, at);
	} else if (is_command && !at->is_hurried) {
		list_take_out(shelf, at);
	} else {
		return at;
	}
	at->is_hurried = is_command;
	at->until = instant_add(loop_now(kit->loop),
		SPAN_MS(is_command ? kit->settings.shelf / COMMAND_PART : kit->settings.shelf));
	list_append(shelf, at);
	return at;
}

static void timer_ensure(struct kit *kit)
{
	if (!loop_timer_is_set(kit->shelf_timer))
		loop_timer_set(kit->shelf_timer,
			SPAN_MS(kit->settings.shelf / (COMMAND_PART * TURNS) + 1));
}

bool shelf_put(struct kit *kit, const struct inbox_item *item)
{
	struct shelf *shelf = kit->shelf;
	int64_t case_id = item->message.head.case_id;
	if (kit->settings.shelf == 0 || case_id <= 0 || shelf->n >= SHELF_MOST ||
		shelf->n_bytes >= SHELF_BYTES)
		return false;
	const struct shelf_case *there = map_get_id(shelf->cases, case_id);
	if (there != NULL && there->n >= CASE_MOST)
		return false;
	struct shelf_case *at = case_find(kit, case_id, item->message.kind == WIRE_COMMAND);
	struct shelved *one = shelved_create(item);
	*(at->last != NULL ? &at->last->next : &at->first) = one;
	at->last = one;
	at->n++;
	shelf->n++;
	shelf->n_bytes += one->n_bytes;
	timer_ensure(kit);
	return true;
}

static void move_some(struct kit *kit, const struct shelf_case *at, bool commands)
{
	for (const struct shelved *one = at->first; one != NULL; one = one->next) {
		struct inbox_item item = one->item;
		if ((item.message.kind == WIRE_COMMAND) != commands)
			continue;
		item.message = kit_message_copy(kit->inbox_mem[kit->inbox_at], &one->item.message);
		kit_inbox_add(kit, &item);
	}
}

/* Places beyond BATCH_MOST are the shelf's: under load the inbox is full of what comes in, and what
 * has waited long enough must not wait for a calm. */
static bool has_room_for(const struct kit *kit, const struct shelf_case *at)
{
	size_t most = (size_t)kit->settings.batch_most + KIT_INBOX_SLACK - KIT_INBOX_SPARE;
	return at->n + kit->n_inbox <= most && kit_inbox_has_memory(kit);
}

void shelf_move(struct kit *kit, int64_t case_id, const struct inbox_item *newer)
{
	struct shelf *shelf = kit->shelf;
	struct shelf_case *at = shelf->n == 0 ? NULL : map_get_id(shelf->cases, case_id);
	bool has_room = at != NULL && has_room_for(kit, at);
	/* without room they come in the next round, and the newer one is a gap */
	if (has_room)
		move_some(kit, at, false);
	if (newer != NULL)
		kit_inbox_add(kit, newer);
	if (!has_room)
		return;
	move_some(kit, at, true); /* behind what they may have waited for */
	list_take_out(shelf, at);
	map_remove_id(shelf->cases, case_id);
	case_free(shelf, at);
}

/* By the tick, not whenever something arrives: what came due since goes in one transaction. Without
 * room for all it is looked at again after the next one. */
void shelf_turn(struct kit *kit)
{
	struct shelf *shelf = kit->shelf;
	bool has_room = true;
	for (int i = 1; i >= 0; i--) {
		struct shelf_case *at;
		while ((at = shelf->lists[i].first) != NULL &&
			(kit->is_stopping || !instant_is_before(loop_now(kit->loop), at->until)) &&
			(has_room = has_room_for(kit, at))) {
			shelf_move(kit, at->case_id, NULL);
			kit->gather_is_over = true;
		}
	}
	kit->shelf_is_due = !has_room;
	if (shelf->n > 0)
		timer_ensure(kit);
}
