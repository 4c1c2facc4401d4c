/* See bench_load.h. */
#include "bench_load.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "bench_door.h"
#include "bench_letter.h"
#include "os/os.h"

#define BURST_MOST    250 /* letters handed over between two turns */
#define TURN_WAIT     SPAN_MS(1)
#define LETTER_MEMORY (1u << 20)
#define UP_WITHIN     SPAN_S(30)
#define ANSWER_WITHIN SPAN_S(60) /* after the end, until the last receipt */
#define LOOK_EVERY_NS 2000000

/* What parent and children share. */
struct slot {
	bool is_up;
	bool has_ended;
	char why[ERR_TEXT_MAX + 1]; /* "" : well */
	struct load_seen seen;
};
struct shared {
	bool may_go;
	struct instant begin; /* monotonic */
	struct span real;     /* real time less monotonic */
	struct slot slots[LOAD_CLIENTS_MAX];
};

struct load {
	const struct bench_options *options;
	struct load_plan plan;
	struct shared *shared;
	pid_t pids[LOAD_CLIENTS_MAX];
	struct load_seen *sum;
};

/* --- a child --- */

struct client {
	const struct load *load;
	struct slot *slot;
	int64_t at; /* which child */
	struct wangli *sdk;
	struct arena *mem; /* of one letter */
	char prefix[64];
	size_t prefix_bytes;
	struct instant *due; /* of letter n at n % ring */
	size_t ring;
};

static int64_t number_of(const struct client *client, struct str source_msg_id)
{
	int64_t n = 0;
	size_t skip = client->prefix_bytes + 1;
	if (str_to_int64(str_slice(source_msg_id, skip, source_msg_id.n), &n) != RES_OK)
		return 0;
	return n;
}

static void on_receipt(void *arg, const struct wangli_receipt *receipt)
{
	struct client *client = arg;
	struct load_seen *seen = &client->slot->seen;
	struct instant now = os_monotonic_now();
	int64_t n = number_of(client, sdk_str(receipt->source_msg_id));
	seen->received++;
	seen->repeats += receipt->is_repeat;
	bench_slots_add(&seen->receipts, instant_since(now, client->load->shared->begin).us);
	bench_hist_add(&seen->waits, instant_since(now, client->due[(size_t)n % client->ring]).us);
}

static void on_refused(void *arg, const struct wangli_refusal *refusal)
{
	struct client *client = arg;
	client->slot->seen.refused++;
	snprintf(client->slot->why, sizeof client->slot->why, "%.*s was refused: %s %.*s",
		STR_ARG(refusal->source_msg_id), wangli_result_name(refusal->why),
		STR_ARG(refusal->text));
}

/* When letter n (from 1) is due: at once, or by the rate. What is late counts from when it was due:
 * a platform that stalls is not asked less often. */
static struct instant due_at(const struct client *client, int64_t n, struct instant now)
{
	const struct load_plan *plan = &client->load->plan;
	if (plan->rate == 0)
		return now;
	return instant_add(client->load->shared->begin,
		(struct span){ (n - 1) * 1000000 * plan->clients / plan->rate });
}

static bool may_submit(const struct client *client, struct instant now)
{
	const struct load_plan *plan = &client->load->plan;
	int64_t next = client->slot->seen.submitted + 1;
	if (plan->most > 0 && next > plan->most)
		return false;
	if (plan->rate > 0)
		return !instant_is_before(now, due_at(client, next, now));
	return (int64_t)wangli_unanswered(client->sdk) < plan->window;
}

static enum res submit_some(struct client *client, struct instant now, struct err *err)
{
	struct load_seen *seen = &client->slot->seen;
	for (int i = 0; i < BURST_MOST && may_submit(client, now); i++) {
		int64_t n = seen->submitted + 1;
		arena_reset(client->mem);
		const struct wangli_letter letter =
			bench_letter_make(client->mem, client->prefix, n);
		struct instant due = due_at(client, n, os_monotonic_now());
		enum res res = sdk_submit(client->sdk, &letter, err);
		if (res == RES_RETRY)
			return RES_OK; /* its queue is full: answers come first */
		TRY(res);
		client->due[(size_t)n % client->ring] = due;
		if (n <= LOAD_OFFERED_MAX)
			seen->due_us[n - 1] = due.us + client->load->shared->real.us;
		seen->submitted = n;
	}
	return RES_OK;
}

static enum res client_drive(struct client *client, struct err *err)
{
	const struct load *load = client->load;
	TRY(bench_door_await(client->sdk, err));
	client->slot->is_up = true;
	while (!__atomic_load_n(&load->shared->may_go, __ATOMIC_ACQUIRE))
		TRY(sdk_turn(client->sdk, SPAN_MS(1), err));
	struct instant end = instant_add(load->shared->begin, load->plan.length);
	struct instant latest = instant_add(end, ANSWER_WITHIN);
	for (;;) {
		struct instant now = os_monotonic_now();
		bool is_over =
			instant_is_before(end, now) ||
			(load->plan.most > 0 && client->slot->seen.submitted == load->plan.most);
		if (is_over && wangli_unanswered(client->sdk) == 0)
			return RES_OK;
		if (instant_is_before(latest, now))
			return err_set(err, RES_RETRY, "%zu letters have no answer",
				wangli_unanswered(client->sdk));
		if (!is_over)
			TRY(submit_some(client, now, err));
		TRY(sdk_turn(client->sdk, TURN_WAIT, err));
	}
}

static enum res client_run(struct client *client, struct err *err)
{
	const struct load *load = client->load;
	const struct wangli_callbacks on = {
		WANGLI_SIZED(struct wangli_callbacks),
		.arg = client,
		.on_receipt = on_receipt,
		.on_refused = on_refused,
	};
	SCOPED(arena)
	struct arena *mem = arena_create(1u << 20);
	client->mem = arena_create(LETTER_MEMORY);
	client->ring = WANGLI_QUEUE + 1;
	client->due = calloc(client->ring, sizeof *client->due);
	CHECK(mem != NULL && client->mem != NULL && client->due != NULL);
	snprintf(client->prefix, sizeof client->prefix, "%s%lld", load->plan.prefix,
		(long long)client->at);
	client->prefix_bytes = strlen(client->prefix);
	const char *spool =
		arena_printf(mem, "%s/bench/spool-%lld", load->options->data, (long long)client->at)
			.p;
	const char *channel = BENCH_CHANNEL;
	if (load->plan.channels != NULL) {
		channel = load->plan.channels[client->at];
		bench_door_key(load->options, channel);
	}
	TRY(bench_door_open(
		&client->sdk, mem, channel, spool, (size_t)load->plan.window, false, &on, err));
	enum res res = client_drive(client, err);
	wangli_close(client->sdk);
	free(client->due);
	arena_destroy(client->mem);
	return res;
}

static void child_main(const struct load *load, int64_t at)
{
	struct client client = { .load = load, .slot = &load->shared->slots[at], .at = at };
	struct err err = { .text = "" };
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (client_run(&client, &err) != RES_OK)
		snprintf(client.slot->why, sizeof client.slot->why, "%s", err.text);
	__atomic_store_n(&client.slot->has_ended, true, __ATOMIC_RELEASE);
	_exit(0);
}

/* --- the parent --- */

static void look_again(void)
{
	const struct timespec pause = { .tv_nsec = LOOK_EVERY_NS };
	nanosleep(&pause, NULL);
}

static enum res clients_await(struct load *load, struct err *err)
{
	struct instant until = instant_add(os_monotonic_now(), UP_WITHIN);
	for (int64_t i = 0; i < load->plan.clients;) {
		const struct slot *slot = &load->shared->slots[i];
		if (__atomic_load_n(&slot->has_ended, __ATOMIC_ACQUIRE))
			return err_set(err, RES_RETRY, "a client ended: %s", slot->why);
		if (instant_is_before(until, os_monotonic_now()))
			return err_set(err, RES_RETRY, "the clients do not come up");
		if (__atomic_load_n(&slot->is_up, __ATOMIC_ACQUIRE))
			i++;
		else
			look_again();
	}
	return RES_OK;
}

enum res load_open(struct load **out, const struct bench_options *options,
	const struct load_plan *plan, struct err *err)
{
	struct load *load = calloc(1, sizeof *load);
	CHECK(load != NULL && plan->clients <= LOAD_CLIENTS_MAX);
	load->options = options;
	load->plan = *plan;
	load->sum = calloc(1, sizeof *load->sum);
	load->shared = mmap(NULL, sizeof *load->shared, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(load->sum != NULL && load->shared != MAP_FAILED);
	fflush(stdout);
	for (int64_t i = 0; i < plan->clients; i++) {
		load->pids[i] = fork();
		CHECK(load->pids[i] >= 0);
		if (load->pids[i] == 0)
			child_main(load, i);
	}
	enum res res = clients_await(load, err);
	if (res != RES_OK) {
		load_close(load);
		return res;
	}
	*out = load;
	return RES_OK;
}

static void seen_add(struct load_seen *into, const struct load_seen *from)
{
	bench_slots_merge(&into->receipts, &from->receipts);
	bench_hist_merge(&into->waits, &from->waits);
	into->submitted += from->submitted;
	into->received += from->received;
	into->refused += from->refused;
	into->repeats += from->repeats;
}

enum res load_run(struct load *load, const struct load_seen **out, struct err *err)
{
	struct shared *shared = load->shared;
	struct instant now = os_monotonic_now();
	shared->real = instant_since(os_real_now(), now);
	shared->begin = now;
	__atomic_store_n(&shared->may_go, true, __ATOMIC_RELEASE);
	for (int64_t i = 0; i < load->plan.clients; i++) {
		struct slot *slot = &shared->slots[i];
		int status = 0;
		while (!__atomic_load_n(&slot->has_ended, __ATOMIC_ACQUIRE)) {
			if (*load->options->is_interrupted)
				return err_set(err, RES_RETRY, "interrupted");
			if (waitpid(load->pids[i], &status, WNOHANG) == load->pids[i]) {
				load->pids[i] = 0;
				return err_set(err, RES_BUG, "a client died (%d)", status);
			}
			look_again();
		}
		(void)waitpid(load->pids[i], &status, 0);
		load->pids[i] = 0;
		if (slot->why[0] != '\0')
			return err_set(err, RES_RETRY, "%s", slot->why);
		seen_add(load->sum, &slot->seen);
	}
	memcpy(load->sum->due_us, shared->slots[0].seen.due_us, sizeof load->sum->due_us);
	*out = load->sum;
	return RES_OK;
}

const struct load_seen *load_seen_of(const struct load *load, int64_t i)
{
	return &load->shared->slots[i].seen;
}

void load_close(struct load *load)
{
	if (load == NULL)
		return;
	for (int64_t i = 0; i < load->plan.clients; i++) {
		if (load->pids[i] <= 0)
			continue;
		kill(load->pids[i], SIGKILL);
		(void)waitpid(load->pids[i], NULL, 0);
	}
	if (load->shared != NULL)
		munmap(load->shared, sizeof *load->shared);
	free(load->sum);
	free(load);
}
