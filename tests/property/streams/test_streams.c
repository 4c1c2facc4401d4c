/* One model of the streams: a producer's journal with its marker, two relays, a network that
 * duplicates, drops and reorders, a subscriber with its cursor that may crash before or after its
 * commit. The rules are the kit's own (kit_stream_core); every interleaving must end in the same
 * state: each entry took effect once, in order, and no marker is left. The planted bugs prove that
 * the model would see it if a rule were wrong. The failing seed is printed; WANGLI_SEED=n replays
 * one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "kit/kit_stream_core.h"

#define ENTRIES_MAX  12
#define FLIGHT_MAX   256
#define STEPS	     160
#define DRAIN_ROUNDS 400
#define SEEDS	     3000

enum plant {
	PLANT_NONE,
	PLANT_SKIP_CURSOR,
	PLANT_LOWER_MARKER,
	PLANT_DELETE_EARLY,
	PLANT_IGNORE_GAP
};

enum packet_kind { PACKET_EVENT, PACKET_ACK, PACKET_GAP };
struct packet {
	enum packet_kind kind;
	int32_t seq;
	int32_t expected;
};

struct model {
	uint64_t random;
	enum plant plant;
	int32_t journal; /* entries committed */
	int32_t marker;	 /* upto_seq; 0: none stands */
	int32_t seen;
	int effects[ENTRIES_MAX + 1];
	int32_t last_effect;
	struct packet flight[FLIGHT_MAX];
	size_t n_flight;
	const char *broken; /* what was seen to be wrong */
};

static uint32_t roll(struct model *m, uint32_t sides)
{
	m->random = m->random * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(m->random >> 33) % sides;
}

static void send(struct model *m, struct packet packet)
{
	if (m->n_flight < FLIGHT_MAX)
		m->flight[m->n_flight++] = packet;
}

static struct packet take(struct model *m, size_t at)
{
	struct packet packet = m->flight[at];
	m->flight[at] = m->flight[--m->n_flight];
	return packet;
}

static void send_range(struct model *m, struct stream_range range)
{
	for (int32_t seq = range.first; seq <= range.last && seq <= m->journal; seq++)
		send(m, (struct packet){ .kind = PACKET_EVENT, .seq = seq });
}

/* A commit appends one entry, raises the marker in the same transaction, and may or may not live to
 * send. */
static void producer_commits(struct model *m)
{
	if (m->journal == ENTRIES_MAX)
		return;
	m->journal++;
	m->marker = m->plant == PLANT_LOWER_MARKER && m->marker > 0
			    ? m->marker
			    : stream_marker_raise(m->marker, m->journal);
	if (roll(m, 4) != 0)
		send(m, (struct packet){ .kind = PACKET_EVENT, .seq = m->journal });
}

/* Either relay: it renews the lease and knows nothing but the marker. */
static void relay_sweeps(struct model *m)
{
	if (m->marker > 0)
		send_range(m, stream_range_of_marker(m->marker));
}

static void effect(struct model *m, int32_t seq)
{
	m->effects[seq]++;
	if (m->effects[seq] > 1)
		m->broken = "an entry took effect twice";
	if (seq != m->last_effect + 1 && m->effects[seq] == 1)
		m->broken = "an entry took effect out of order";
	m->last_effect = seq;
	m->seen = seq;
}

static void subscriber_takes(struct model *m, int32_t seq)
{
	int32_t expected;
	enum stream_verdict verdict = stream_judge(m->seen, seq, &expected);
	if (m->plant == PLANT_SKIP_CURSOR)
		verdict = STREAM_APPLY;
	if (roll(m, 6) == 0) /* crash before the commit: no effect, no answer */
		return;
	if (verdict == STREAM_APPLY)
		effect(m, seq);
	if (roll(m, 6) == 0) /* crash after the commit: the answer is lost */
		return;
	if (verdict == STREAM_GAP)
		send(m, (struct packet){ .kind = PACKET_GAP, .seq = seq, .expected = expected });
	else
		send(m, (struct packet){ .kind = PACKET_ACK, .seq = m->seen });
}

static void relay_takes_ack(struct model *m, int32_t acked)
{
	if (m->plant == PLANT_DELETE_EARLY || stream_marker_is_done(m->marker, acked))
		m->marker = 0;
}

static void deliver(struct model *m, size_t at)
{
	struct packet packet = take(m, at);
	switch (packet.kind) {
	case PACKET_EVENT:
		subscriber_takes(m, packet.seq);
		break;
	case PACKET_ACK:
		relay_takes_ack(m, packet.seq);
		break;
	case PACKET_GAP:
		if (m->plant != PLANT_IGNORE_GAP)
			send_range(m, stream_range_after_gap(packet.expected, packet.seq));
		break;
	}
}

static void check_safety(struct model *m)
{
	if (m->marker == 0 && m->seen < m->journal)
		m->broken = "no marker stands and the group is behind";
	if (m->seen > m->journal)
		m->broken = "the cursor is ahead of the journal";
}

static void step(struct model *m)
{
	switch (roll(m, 8)) {
	case 0:
		producer_commits(m);
		break;
	case 1:
		relay_sweeps(m);
		break;
	case 2:
		if (m->n_flight > 0) /* duplicated */
			send(m, m->flight[roll(m, (uint32_t)m->n_flight)]);
		break;
	case 3:
		if (m->n_flight > 0) /* dropped */
			take(m, roll(m, (uint32_t)m->n_flight));
		break;
	default:
		if (m->n_flight > 0) /* any of them: reordered */
			deliver(m, roll(m, (uint32_t)m->n_flight));
	}
	check_safety(m);
}

/* Faults stop: everything must settle within a bounded number of rounds. */
static void drain(struct model *m)
{
	for (int round = 0;
		round < DRAIN_ROUNDS && m->broken == NULL && (m->marker > 0 || m->n_flight > 0);
		round++) {
		if (m->n_flight == 0)
			relay_sweeps(m);
		while (m->n_flight > 0 && m->broken == NULL) {
			deliver(m, 0);
			check_safety(m);
		}
	}
	if (m->broken == NULL && m->marker > 0)
		m->broken = "a marker is left although faults have stopped";
	for (int32_t seq = 1; seq <= m->journal && m->broken == NULL; seq++) {
		if (m->effects[seq] != 1)
			m->broken = "an entry never took effect";
	}
}

static const char *run(uint64_t seed, enum plant plant)
{
	struct model m = { .random = seed * 2654435761u + 1, .plant = plant };
	for (int i = 0; i < STEPS && m.broken == NULL; i++)
		step(&m);
	if (m.broken == NULL)
		drain(&m);
	return m.broken;
}

static void every_interleaving_ends_in_the_same_state(void **state)
{
	(void)state;
	const char *one = getenv("WANGLI_SEED");
	uint64_t first = one != NULL ? strtoull(one, NULL, 10) : 1;
	uint64_t last = one != NULL ? first : SEEDS;
	for (uint64_t seed = first; seed <= last; seed++) {
		const char *broken = run(seed, PLANT_NONE);
		if (broken != NULL)
			fail_msg("seed %llu: %s (replay with WANGLI_SEED=%llu)",
				(unsigned long long)seed, broken, (unsigned long long)seed);
	}
}

static void planted_bug_is_found(enum plant plant)
{
	for (uint64_t seed = 1; seed <= 500; seed++) {
		if (run(seed, plant) != NULL)
			return;
	}
	fail_msg("planted bug %d was not found within 500 seeds", (int)plant);
}

static void skipped_cursor_is_found(void **state)
{
	(void)state;
	planted_bug_is_found(PLANT_SKIP_CURSOR);
}

static void lowered_marker_is_found(void **state)
{
	(void)state;
	planted_bug_is_found(PLANT_LOWER_MARKER);
}

static void marker_deleted_early_is_found(void **state)
{
	(void)state;
	planted_bug_is_found(PLANT_DELETE_EARLY);
}

static void ignored_gap_is_found(void **state)
{
	(void)state;
	planted_bug_is_found(PLANT_IGNORE_GAP);
}

static void judge_next_duplicate_gap(void **state)
{
	(void)state;
	static const struct {
		int32_t seen, seq;
		enum stream_verdict want;
	} cases[] = {
		{ 0, 1, STREAM_APPLY },
		{ 0, 2, STREAM_GAP },
		{ 3, 3, STREAM_DUPLICATE },
		{ 3, 1, STREAM_DUPLICATE },
		{ 3, 4, STREAM_APPLY },
		{ 3, 9, STREAM_GAP },
		{ 0, 0, STREAM_DUPLICATE },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		int32_t expected = -1;
		assert_int_equal(
			stream_judge(cases[i].seen, cases[i].seq, &expected), cases[i].want);
		assert_int_equal(expected, cases[i].seen + 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judge_next_duplicate_gap),
		cmocka_unit_test(every_interleaving_ends_in_the_same_state),
		cmocka_unit_test(skipped_cursor_is_found),
		cmocka_unit_test(lowered_marker_is_found),
		cmocka_unit_test(marker_deleted_early_is_found),
		cmocka_unit_test(ignored_gap_is_found),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
