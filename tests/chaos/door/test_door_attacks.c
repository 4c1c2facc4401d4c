/* Each attack against a real door and broker while two well-behaved sources, one of them the
 * hotline, hand in a letter every 20 ms each. Intake is played and answers at once, so the figures
 * are the door's own. Asserted: every letter of theirs gets its receipt, the door is the same
 * process, counts what it threw away and keeps to its memory. Printed, not asserted: times, CPU.
 * ATTACK_MS makes the phases longer. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attackers.h"
#include "os/os.h"
#include "proto/operator.pb-c.h"

#define LETTERS_MAX  4096
#define LETTER_EVERY SPAN_MS(20)
#define SETTLE_MS    20000
#define GOOD	     2

enum phase { BEFORE, DURING, AFTER, PHASES };

struct good {
	struct client *client;
	const char *name;
	struct instant sent_at[LETTERS_MAX];
	int64_t waited_us[PHASES][LETTERS_MAX];
	size_t waited_n[PHASES];
	size_t sent, answered, refused;
};

struct figures {
	int64_t rss_kib, peak_kib;
	double cpu;
};

struct play {
	struct rig *rig;
	struct client *intake;
	struct good good[GOOD];
	struct figures of[PHASES];
};

static const struct client_options intake_1 = { "intake", "intake/1", "intake", 1000, false };

static void grant(struct play *play)
{
	static const char *const names[] = { "quiet", "hotline", ATTACKER, "revoked" };
	Wangli__KeysSnapshot body = WANGLI__KEYS_SNAPSHOT__INIT;
	Wangli__ChannelKey keys[4];
	Wangli__ChannelKey *list[4];
	struct wire_msg asked = client_take(play->rig, play->intake, WIRE_COMMAND);

	for (size_t i = 0; i < 4; i++) {
		wangli__channel_key__init(&keys[i]);
		keys[i].public_key = (char *)rig_key(play->rig, names[i], false)->public_key;
		keys[i].source = (char *)names[i];
		keys[i].channels = (char **)&names[i];
		keys[i].n_channels = 1;
		keys[i].quota_per_s = i == 2 ? 50 : 0;
		keys[i].is_revoked = i == 3;
		list[i] = &keys[i];
	}
	body.keys = list;
	body.n_keys = 4;
	peer_credit(play->intake->peer, 1);
	client_send(play->intake, &(struct wire_msg){ .kind = WIRE_RESULT,
					  .head = { .to = asked.head.reply_to,
						  .command_id = asked.head.command_id,
						  .code = WIRE_CODE_DONE },
					  .body = wire_pack(play->intake->mem, &body.base) });
	rig_wait_health(play->rig, "edge", "keys", "count", 4);
}

static int64_t proc_kib(pid_t pid, const char *field)
{
	char path[64];
	char line[256];
	long long kib = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "re");
	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, field, strlen(field)) == 0)
			kib = strtoll(line + strlen(field) + 1, NULL, 10);
	if (file != NULL)
		fclose(file);
	return kib;
}

static double cpu_seconds(pid_t pid)
{
	char path[64];
	unsigned long long user = 0;
	unsigned long long system = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = fopen(path, "re");
	assert_non_null(file);
	assert_int_equal(
		fscanf(file, "%*d %*s %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &user,
			&system),
		2);
	fclose(file);
	return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

/* Intake's part: everything gets its receipt at once. */
static void answer_all(struct play *play)
{
	struct client *intake = play->intake;

	for (size_t i = 0; i < intake->n; i++) {
		const struct wire_head *head = &intake->kept[i].head;

		if (intake->kept[i].kind != WIRE_SUBMIT)
			continue;
		client_send(intake, &(struct wire_msg){ .kind = WIRE_RECEIPT,
					    .head = { .to = head->reply_to,
						    .route = head->route,
						    .type = head->type,
						    .source_msg_id = head->source_msg_id } });
		peer_credit(intake->peer, 1);
	}
	intake->n = 0;
}

static void letter_send(struct good *good, size_t at, struct instant now)
{
	char id[64];

	snprintf(id, sizeof(id), "%s-%zu", good->name, at);
	good->sent_at[at] = now;
	client_send(good->client, &(struct wire_msg){ .kind = WIRE_SUBMIT,
					  .head = { .id = str_from_c(id),
						  .type = STR("submit.v1"),
						  .source_msg_id = str_from_c(id) },
					  .body = STR("\x0a\x01t") });
}

static void take_answers(struct good *good, enum phase phase, struct instant now)
{
	for (size_t i = 0; i < good->client->n; i++) {
		const struct wire_msg *msg = &good->client->kept[i];
		int64_t at = -1;

		if (str_to_int64(str_slice(msg->head.source_msg_id, strlen(good->name) + 1, 20),
			    &at) != RES_OK)
			continue;
		if (msg->kind == WIRE_NACK) {
			good->refused++;
			letter_send(good, (size_t)at, now);
			continue;
		}
		assert_int_equal(msg->kind, WIRE_RECEIPT);
		good->waited_us[phase][good->waited_n[phase]++] =
			instant_since(now, good->sent_at[at]).us;
		good->answered++;
	}
	good->client->n = 0;
}

static void round_play(struct play *play, enum phase phase, bool is_sending)
{
	struct instant now = os_monotonic_now();

	for (size_t i = 0; i < GOOD && is_sending; i++) {
		struct good *good = &play->good[i];

		if (good->sent > 0 &&
			instant_since(now, good->sent_at[good->sent - 1]).us < LETTER_EVERY.us)
			continue;
		assert_true(good->sent < LETTERS_MAX);
		letter_send(good, good->sent++, now);
	}
	rig_round(play->rig, 2);
	answer_all(play);
	peer_flush(play->intake->peer);
	for (size_t i = 0; i < GOOD; i++)
		take_answers(&play->good[i], phase, os_monotonic_now());
}

static void phase_play(struct play *play, enum phase phase, int64_t length_ms)
{
	struct instant begin = os_monotonic_now();
	struct instant until = instant_add(begin, SPAN_MS(length_ms));
	double cpu = cpu_seconds(play->rig->edge);

	while (instant_is_before(os_monotonic_now(), until))
		round_play(play, phase, true);
	play->of[phase] = (struct figures){ proc_kib(play->rig->edge, "VmRSS:"),
		proc_kib(play->rig->edge, "VmHWM:"),
		(cpu_seconds(play->rig->edge) - cpu) * 1e6 /
			(double)instant_since(os_monotonic_now(), begin).us };
}

/* Nothing new is sent; everything that was must be answered. */
static void settle(struct play *play)
{
	struct instant until = instant_add(os_monotonic_now(), SPAN_MS(SETTLE_MS));

	for (size_t i = 0; i < GOOD; i++)
		while (play->good[i].answered < play->good[i].sent) {
			if (!instant_is_before(os_monotonic_now(), until))
				fail_msg("%s: %zu of %zu letters got their receipt",
					play->good[i].name, play->good[i].answered,
					play->good[i].sent);
			round_play(play, AFTER, false);
		}
}

static int by_time(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a;
	int64_t y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static double part_ms(struct good *good, enum phase phase, int percent)
{
	size_t n = good->waited_n[phase];

	if (n == 0)
		return -1;
	qsort(good->waited_us[phase], n, sizeof(int64_t), by_time);
	return (double)good->waited_us[phase][(n - 1) * (size_t)percent / 100] / 1000;
}

static void row_print(struct play *play, const struct attack *attack, int64_t counted)
{
	printf("| %s | %s +%" PRId64 " |", attack->name,
		attack->counter == NULL ? "-" : attack->counter, counted);
	for (size_t i = 0; i < GOOD; i++) {
		printf(" ");
		for (enum phase phase = BEFORE; phase < PHASES; phase++)
			printf("%.1f/%.1f%s", part_ms(&play->good[i], phase, 50),
				part_ms(&play->good[i], phase, 99), phase == AFTER ? " |" : " · ");
	}
	printf(" %" PRId64 " · %" PRId64 " · %" PRId64 " | %.0f · %.0f · %.0f |\n",
		play->of[BEFORE].rss_kib / 1024, play->of[DURING].peak_kib / 1024,
		play->of[AFTER].rss_kib / 1024, play->of[BEFORE].cpu * 100,
		play->of[DURING].cpu * 100, play->of[AFTER].cpu * 100);
	fflush(stdout);
}

static pid_t attacker_start(struct rig *rig, const struct attack *attack)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	attack->run(rig);
	_exit(0);
}

/* The kernel's word for it. A door under a sanitizer has no sandbox. */
static void bounds_assert(pid_t door)
{
	assert_int_equal(proc_kib(door, "NoNewPrivs:"), 1);
#ifndef __SANITIZE_ADDRESS__
	assert_int_equal(proc_kib(door, "Seccomp:"), 2);
#endif
}

static void play_open(struct play *play)
{
	static const char *const names[GOOD] = { "quiet", "hotline" };

	play->rig = rig_create();
	rig_start_bus(play->rig);
	play->intake = client_open(play->rig, &intake_1);
	rig_key(play->rig, ATTACKER, false);
	rig_key(play->rig, "revoked", false);
	rig_start_edge(play->rig, "10min", "10min");
	grant(play);
	for (size_t i = 0; i < GOOD; i++) {
		play->good[i].name = names[i];
		play->good[i].client = client_open(
			play->rig, &(struct client_options){ names[i], names[i], NULL, 9, true });
	}
}

static int64_t counted(struct play *play, const struct attack *attack)
{
	if (attack->counter == NULL)
		return 0;
	return rig_health(play->rig, "edge", attack->part, attack->counter);
}

static void attack_play(const struct attack *attack, int64_t length_ms)
{
	struct play *play = calloc(1, sizeof(*play));
	int64_t before;
	int64_t more;
	pid_t attacker;
	pid_t door;

	play_open(play);
	door = play->rig->edge;
	bounds_assert(door);
	phase_play(play, BEFORE, length_ms);
	before = counted(play, attack);
	attacker = attacker_start(play->rig, attack);
	phase_play(play, DURING, length_ms * 2);
	kill(attacker, SIGKILL);
	waitpid(attacker, NULL, 0);
	more = counted(play, attack) - before;
	phase_play(play, AFTER, length_ms);
	settle(play);
	client_open(play->rig, /* and a newcomer finds it open */
		&(struct client_options){ "quiet", "newcomer", NULL, 9, true });
	row_print(play, attack, more);
	if (attack->counter != NULL && more < attack->grows_by)
		fail_msg("%s: %s grew by %" PRId64 " only", attack->name, attack->counter, more);
	assert_int_equal(waitpid(door, NULL, WNOHANG), 0); /* the same door */
	if (getenv("ATTACK_BOUNDS") != NULL &&
		play->of[DURING].peak_kib - play->of[BEFORE].rss_kib > attack->most_mib * 1024)
		fail_msg("%s: the door grew by %" PRId64 " MiB", attack->name,
			(play->of[DURING].peak_kib - play->of[BEFORE].rss_kib) / 1024);
	rig_destroy(play->rig);
	free(play);
}

static void attack_is_withstood(void **state)
{
	const char *length = getenv("ATTACK_MS");

	attack_play(*state, length != NULL ? strtoll(length, NULL, 10) : 1500);
}

int main(void)
{
	struct CMUnitTest tests[32];
	const char *only = getenv("ATTACK");
	size_t n = 0;

	for (size_t i = 0; i < attacks_n; i++)
		if (only == NULL || strstr(attacks[i].name, only) != NULL)
			tests[n++] = (struct CMUnitTest){ attacks[i].name, attack_is_withstood,
				NULL, NULL, (void *)&attacks[i] };
	printf("| attack | counted | neighbour p50/p99 ms: before · during · after | hotline | "
	       "RSS MiB before · peak · after | CPU %% |\n");
	return _cmocka_run_group_tests("door", tests, n, NULL, NULL);
}
