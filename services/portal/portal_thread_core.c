/* One small step an event type; a type that has none changes nothing. */
#include "portal_thread_core.h"

static void limit_begin(struct thread *thread, struct instant at, struct instant due)
{
	thread->start = at;
	thread->due = due;
	thread->done = INSTANT_NONE;
}

static void on_received(struct thread *thread, const struct thread_entry *entry)
{
	limit_begin(thread, entry->at, entry->accept_due);
}

/* Until a unit has it there is no limit that anybody could tell the citizen. */
static void on_accepted(struct thread *thread, const struct thread_entry *entry)
{
	limit_begin(thread, entry->at, INSTANT_NONE);
}

static void on_refused(struct thread *thread, const struct thread_entry *entry)
{
	limit_begin(thread, entry->at, INSTANT_NONE);
	thread->is_refused = true;
}

static void on_dispatched(struct thread *thread, const struct thread_entry *entry)
{
	limit_begin(thread, entry->at, entry->resolve_due);
	thread->is_answer_due = true;
	thread->can_rate = false;
}

static void on_redispatched(struct thread *thread, const struct thread_entry *entry)
{
	on_dispatched(thread, entry);
	thread->is_redone = true;
}

static void on_replied(struct thread *thread, const struct thread_entry *entry)
{
	if (instant_is_none(thread->done))
		thread->done = entry->at;
	thread->is_answered = true;
}

static void on_visited(struct thread *thread, const struct thread_entry *entry)
{
	(void)entry;
	thread->can_rate = true;
}

static void on_rated(struct thread *thread, const struct thread_entry *entry)
{
	(void)entry;
	thread->can_rate = false;
}

static void on_closed(struct thread *thread, const struct thread_entry *entry)
{
	(void)entry;
	thread->can_rate = false;
	thread->is_closed = true;
}

static const struct {
	const char *type;
	void (*step)(struct thread *thread, const struct thread_entry *entry);
} steps[] = {
	{ "intake.received.v1", on_received },
	{ "intake.accepted.v1", on_accepted },
	{ "intake.refused.v1", on_refused },
	{ "dispatch.dispatched.v1", on_dispatched },
	{ "dispatch.redispatched.v1", on_redispatched },
	{ "reply.replied.v1", on_replied },
	{ "followup.started.v1", on_rated }, /* a new round: nobody has asked in it yet */
	{ "followup.visited.v1", on_visited },
	{ "followup.rated.v1", on_rated },
	{ "followup.redo.v1", on_rated },
	{ "followup.closed.v1", on_closed },
};

struct thread thread_read(const struct thread_entry *entries, size_t n)
{
	struct thread thread = { .start = INSTANT_NONE, .due = INSTANT_NONE, .done = INSTANT_NONE };

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < sizeof(steps) / sizeof(steps[0]); k++)
			if (str_eq_c(entries[i].type, steps[k].type))
				steps[k].step(&thread, &entries[i]);
	return thread;
}
