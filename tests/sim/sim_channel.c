/* Integrators. What they know stands in a spool that outlives them: letters until their receipt,
 * what came of each delivery before DONE is said, a claim before it leaves. One provider takes the
 * same delivery once, however often it is called; another one (channel 2) must not be called twice
 * and is claimed first. */
#include <stdio.h>
#include <string.h>

#include "proto/door.pb-c.h"
#include "sim_net.h"
#include "sim_store.h"

#define AGAIN_US       3000000
#define BACK_MOST_MS   3000
#define DELIVERIES_MAX 64
#define CLAIMED	       2 /* the channel whose provider must not be called twice */

const char *const sim_channels[SIM_CHANNELS] = { "app", "mail", "wechat" };
const char *const sim_sources[SIM_CHANNELS] = { "src-app", "src-mail", "src-wechat" };
struct letter sim_letters[SIM_LETTERS_MAX];
int sim_n_letters;

enum known { HEARD, CLAIMING, CALLING, ENDED };
struct delivery {
	char id[48];
	int channel;
	int64_t case_id;
	char letter[32];
	enum known known;
	enum wire_code code; /* ENDED */
	int32_t fence, n_claims;
	int taken; /* by the provider */
};
static struct delivery deliveries[DELIVERIES_MAX];
static int n_deliveries;
static int64_t back_us[SIM_CHANNELS];

void channels_begin(void)
{
	memset(sim_letters, 0, sizeof sim_letters);
	memset(back_us, 0, sizeof back_us);
	n_deliveries = 0;
	sim_n_letters = 2 + (int)sim_roll(SIM_LETTERS_MAX - 1);
	for (int i = 0; i < sim_n_letters; i++) {
		struct letter *letter = &sim_letters[i];
		letter->channel = (int)sim_roll(SIM_CHANNELS);
		letter->is_forged = sim_chance(100);
		letter->is_conflict = i > 0 && !letter->is_forged && sim_chance(80) &&
				      !sim_letters[i - 1].is_forged &&
				      !sim_letters[i - 1].is_conflict;
		snprintf(letter->id, sizeof letter->id, "letter-%d",
			letter->is_conflict ? i - 1 : i);
		if (letter->is_conflict)
			letter->channel = sim_letters[i - 1].channel;
	}
}

bool channel_is_up(int integrator)
{
	return back_us[integrator] <= sim.now_us;
}

void channel_crash(int integrator)
{
	sim_count(COUNT_integrator_crash);
	sim_note("integrator dies", integrator, 0, 0);
	back_us[integrator] = sim.now_us + (int64_t)sim_roll(BACK_MOST_MS) * 1000 + 1;
}

static const struct process *door_of(void)
{
	for (int i = 0; i < sim.n_processes; i++)
		if (sim.processes[i].role == ROLE_OF_DOOR)
			return &sim.processes[i];
	return NULL;
}

static void say(int integrator, const struct wire_msg *msg)
{
	net_send(END_INTEGRATOR + integrator, door_of()->place, msg);
}

/* --- letters --- */

static void hand_in(int place)
{
	struct letter *letter = &sim_letters[place];
	Wangli__Submit submit = WANGLI__SUBMIT__INIT;
	char title[32], body[64];
	SCOPED(arena)
	struct arena *mem = arena_create(1u << 20);
	CHECK(mem != NULL);
	snprintf(title, sizeof title, "letter %d", place);
	snprintf(body, sizeof body, "the street lamp is dark, for the %d. time", place);
	submit.title = title;
	submit.body = body;
	if (!letter->is_handed_in) {
		sim_count(COUNT_letters);
		if (letter->is_forged)
			sim_count(COUNT_forged);
	}
	letter->is_handed_in = true;
	letter->again_us = sim.now_us + AGAIN_US;
	const char *channel = sim_channels[(letter->channel + letter->is_forged) % SIM_CHANNELS];
	say(letter->channel, &(struct wire_msg){ .kind = WIRE_SUBMIT,
				     .head = { .type = STR("submit.v1"),
					     .id = arena_printf(mem, "%d", place),
					     .channel = str_from_c(channel),
					     .source_msg_id = str_from_c(letter->id) },
				     .body = wire_pack(mem, &submit.base) });
}

static bool is_open(const struct letter *letter)
{
	return !letter->is_receipted && !letter->is_refused;
}

bool channels_step(void)
{
	int first = (int)sim_roll((uint32_t)sim_n_letters);
	for (int i = 0; i < sim_n_letters; i++) {
		int place = (first + i) % sim_n_letters;
		const struct letter *letter = &sim_letters[place];
		if (!is_open(letter) || !channel_is_up(letter->channel) ||
			(letter->is_handed_in && letter->again_us > sim.now_us))
			continue;
		hand_in(place);
		return true;
	}
	return false;
}

bool channels_are_quiet(void)
{
	for (int i = 0; i < sim_n_letters; i++)
		if (is_open(&sim_letters[i]))
			return false;
	return true;
}

/* Answers name the letter by the id that was given with it; a receipt is of whichever content came
 * first under the name. */
static struct letter *letter_of(int integrator, const struct wire_head *head)
{
	for (int i = 0; i < sim_n_letters; i++) {
		char id[16];
		snprintf(id, sizeof id, "%d", i);
		if (str_eq_c(head->id, id) && sim_letters[i].channel == integrator)
			return &sim_letters[i];
	}
	return NULL;
}

static void take_receipt(int integrator, const struct wire_msg *msg)
{
	SCOPED(arena)
	struct arena *mem = arena_create(1u << 20);
	struct letter *letter = letter_of(integrator, &msg->head);
	Wangli__Receipt *receipt;
	CHECK(mem != NULL);
	if (letter == NULL ||
		wire_unpack(mem, &wangli__receipt__descriptor, msg->body, &receipt, NULL) != RES_OK)
		return;
	bool is_other = letter->is_receipted &&
			(strcmp(letter->number, receipt->case_number) != 0 ||
				memcmp(letter->digest, receipt->digest.data, 32) != 0);
	if (is_other)
		sim_break("letter %s has two different receipts", letter->id);
	if (!letter->is_receipted)
		sim_count(COUNT_receipts);
	letter->is_receipted = true;
	snprintf(letter->number, sizeof letter->number, "%s", receipt->case_number);
	memcpy(letter->digest, receipt->digest.data, 32);
	sim_check_letters();
}

static void take_refusal(int integrator, const struct wire_msg *msg)
{
	struct letter *letter = letter_of(integrator, &msg->head);
	if (letter == NULL || msg->head.case_id != 0)
		return;
	if (msg->head.code == WIRE_CODE_CONFLICT)
		sim_count(COUNT_conflicts);
	if (msg->head.code == WIRE_CODE_CONFLICT || msg->head.code == WIRE_CODE_FORBIDDEN ||
		msg->head.code == WIRE_CODE_INVALID)
		letter->is_refused = true;
}

/* --- deliveries --- */

static struct delivery *delivery_of(int integrator, const char *id, const struct wire_head *head)
{
	for (int i = 0; i < n_deliveries; i++)
		if (strcmp(deliveries[i].id, id) == 0)
			return &deliveries[i];
	CHECK(n_deliveries < DELIVERIES_MAX);
	struct delivery *made = &deliveries[n_deliveries++];
	*made = (struct delivery){ .channel = integrator, .case_id = head->case_id };
	snprintf(made->id, sizeof made->id, "%s", id);
	snprintf(made->letter, sizeof made->letter, "%.*s", STR_ARG(head->source_msg_id));
	return made;
}

static struct wire_head head_of(const struct delivery *delivery, const char *type)
{
	return (struct wire_head){ .type = str_from_c(type),
		.id = str_from_c(delivery->id),
		.case_id = delivery->case_id,
		.source_msg_id = str_from_c(delivery->letter) };
}

static void say_done(struct delivery *delivery)
{
	SCOPED(arena)
	struct arena *mem = arena_create(1u << 20);
	struct wire_msg done = { .kind = WIRE_DONE, .head = head_of(delivery, "done.v1") };
	Wangli__Done body = WANGLI__DONE__INIT;
	CHECK(mem != NULL);
	body.delivery_id = delivery->id;
	body.fence = delivery->fence;
	done.head.code = delivery->code;
	done.body = wire_pack(mem, &body.base);
	say(delivery->channel, &done);
}

static void say_claim(struct delivery *delivery)
{
	SCOPED(arena)
	struct arena *mem = arena_create(1u << 20);
	struct wire_msg claim = { .kind = WIRE_CLAIM, .head = head_of(delivery, "claim.v1") };
	Wangli__Claim body = WANGLI__CLAIM__INIT;
	char claim_id[64];
	CHECK(mem != NULL);
	snprintf(claim_id, sizeof claim_id, "claim-of-sim-%08d", delivery->n_claims);
	body.delivery_id = delivery->id;
	body.claim_id = claim_id;
	claim.body = wire_pack(mem, &body.base);
	say(delivery->channel, &claim);
}

static bool dies_now(void)
{
	return sim.rates.integrator > 0 && sim_fault(250);
}

/* The provider is called. Between its yes and the spool's note the integrator may end. */
static bool call_provider(struct delivery *delivery)
{
	bool is_refused = delivery->channel != CLAIMED && strlen(delivery->id) > 0 &&
			  (delivery->case_id + (int64_t)sim.seed) % 7 == 0;
	if (!is_refused && (delivery->taken == 0 || delivery->channel == CLAIMED))
		delivery->taken++;
	if (delivery->taken > 1)
		sim_break("delivery %s was accepted twice by its provider", delivery->id);
	if (dies_now()) {
		channel_crash(delivery->channel);
		return false;
	}
	delivery->known = ENDED;
	delivery->code = is_refused ? WIRE_CODE_UNDELIVERABLE : WIRE_CODE_DELIVERED;
	sim_count(is_refused ? COUNT_undeliverable : COUNT_deliveries);
	return true;
}

static void take_deliver(int integrator, const struct wire_msg *msg)
{
	SCOPED(arena)
	struct arena *mem = arena_create(1u << 20);
	Wangli__Deliver *deliver;
	CHECK(mem != NULL);
	if (wire_unpack(mem, &wangli__deliver__descriptor, msg->body, &deliver, NULL) != RES_OK)
		return;
	struct delivery *delivery = delivery_of(integrator, deliver->delivery_id, &msg->head);
	/* It goes out again although nobody knew: perhaps a person found out that it was never
	 * called. GO comes only then. */
	if (delivery->known == ENDED && delivery->code == WIRE_CODE_IN_DOUBT) {
		say_done(delivery);
		delivery->known = HEARD;
	}
	if (delivery->known == CALLING) { /* it ended while it called */
		delivery->known = ENDED;
		delivery->code = WIRE_CODE_IN_DOUBT;
		sim_note("in doubt", delivery->case_id, delivery->fence, 0);
	}
	if (delivery->known == ENDED) {
		say_done(delivery);
	} else if (integrator != CLAIMED) {
		if (call_provider(delivery))
			say_done(delivery);
	} else {
		delivery->n_claims += delivery->known == HEARD;
		delivery->known = CLAIMING;
		say_claim(delivery);
	}
}

/* A GO that comes twice finds that it was followed. */
static void take_go(int integrator, const struct wire_msg *msg)
{
	SCOPED(arena)
	struct arena *mem = arena_create(1u << 20);
	Wangli__Go *go;
	CHECK(mem != NULL);
	if (wire_unpack(mem, &wangli__go__descriptor, msg->body, &go, NULL) != RES_OK)
		return;
	struct delivery *delivery = delivery_of(integrator, go->delivery_id, &msg->head);
	if (delivery->known != CLAIMING || go->fence <= delivery->fence)
		return;
	delivery->fence = go->fence;
	delivery->known = CALLING;
	sim_count(COUNT_claims);
	if (dies_now()) {
		channel_crash(integrator); /* before the provider hears of it */
		return;
	}
	if (call_provider(delivery))
		say_done(delivery);
}

void channel_take(int integrator, const struct packet *packet)
{
	const struct wire_msg *msg = &packet->msg;
	switch ((unsigned)msg->kind) {
	case WIRE_RECEIPT:
		take_receipt(integrator, msg);
		break;
	case WIRE_NACK:
		take_refusal(integrator, msg);
		break;
	case WIRE_DELIVER:
		take_deliver(integrator, msg);
		break;
	case WIRE_GO:
		take_go(integrator, msg);
		break;
	}
}

bool channel_was_called(const char *delivery_id)
{
	for (int i = 0; i < n_deliveries; i++)
		if (strcmp(deliveries[i].id, delivery_id) == 0)
			return deliveries[i].taken > 0;
	return false;
}

bool channel_may_hear_go(int64_t case_id)
{
	const struct process *door = door_of();
	return net_carries(WIRE_GO, case_id) || (door->is_up && peer_has_mail(door->peer));
}

/* Of two letters under one name one has the receipt; what is forged has none. */
void channels_check(void)
{
	for (int i = 0; i < sim_n_letters; i++) {
		const struct letter *letter = &sim_letters[i];
		if (letter->is_forged && letter->is_receipted && sim.plant == PLANT_NONE)
			sim_break(
				"letter %s was taken under a channel of somebody else", letter->id);
		if (!letter->is_forged && !letter->is_receipted &&
			(i + 1 == sim_n_letters || !sim_letters[i + 1].is_conflict) &&
			!letter->is_conflict)
			sim_break("letter %s has no receipt", letter->id);
		if (letter->is_conflict && letter->is_receipted == sim_letters[i - 1].is_receipted)
			sim_break("two letters named %s: not exactly one was taken", letter->id);
	}
}
