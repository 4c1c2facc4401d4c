/* The client library against a door that the test holds in its hand: what is sent, sent again,
 * called back, kept and repeated, over NACKs, a second delivery and a restart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/crypto.h"
#include "os/os.h"
#include "peer/server.h"
#include "proto/door.pb-c.h"
#include "sdk/wangli_inside.h"

#define PATIENCE  SPAN_S(30)
#define KEPT_MOST 64
#define MEM_BYTES (16u << 20)

struct door {
	char folder[64];
	char address[96];
	struct bus_context *context;
	struct bus_zap *zap;
	struct bus_pair self;
	struct bus_pair client_key;
	char vault_key[64]; /* base64 */
	struct server *server;
	struct member *member; /* who spoke last */
	struct arena *mem;
	struct wire_msg got[KEPT_MOST];
	size_t n_got;
	struct wangli *client;
	/* what the client called back */
	int receipts, repeats, refusals, deliveries, keeps;
	enum wangli_result refused_as;
	char case_number[64];
	char what[16];
	enum wangli_result keep_says;
};

/* --- the door --- */

static bool decide(void *arg, struct str domain, struct str key, char out_user[BUS_USER_MAX])
{
	(void)arg, (void)domain, (void)key;
	snprintf(out_user, BUS_USER_MAX, "integrator");
	return true;
}

static bool may_join(void *arg, struct str user, struct str instance)
{
	(void)arg, (void)user, (void)instance;
	return true;
}

static bool may_serve(void *arg, struct str user, struct str group)
{
	(void)arg, (void)user;
	return str_eq_c(group, "deliver/app");
}

static void on_joined(void *arg, const struct member *member)
{
	(void)arg, (void)member;
}

static void on_message(void *arg, struct member *from, const struct wire_record *record)
{
	struct door *door = arg;
	struct wire_msg *msg = &door->got[door->n_got++];
	assert_true(door->n_got < KEPT_MOST);
	door->member = from;
	msg->kind = record->kind;
	msg->body = arena_str(door->mem, record->body);
	assert_int_equal(
		wire_head_read(arena_str(door->mem, record->header), &msg->head, NULL), RES_OK);
}

static void on_lost(void *arg, const struct wire_record *record)
{
	(void)arg, (void)record;
	fail_msg("the door could not hand a message over");
}

static void door_open(struct door *door)
{
	const struct server_options options = {
		.context = door->context,
		.router = { .address = door->address,
			.self = &door->self,
			.zap_domain = "door",
			.most_connections_hint = 10 },
		.name = "door/1",
		.hooks = { .may_join = may_join,
			.may_serve = may_serve,
			.joined = on_joined,
			.left = on_joined,
			.message = on_message,
			.lost = on_lost },
		.arg = door,
	};
	struct err err;
	if (server_open(&door->server, &options, &err) != RES_OK)
		fail_msg("%s", err.text);
}

/* --- the client's callbacks --- */

static void on_receipt(void *arg, const struct wangli_receipt *receipt)
{
	struct door *door = arg;
	door->receipts++;
	door->repeats += receipt->is_repeat;
	assert_int_equal(receipt->digest.n, WANGLI_DIGEST);
	snprintf(
		door->case_number, sizeof door->case_number, "%.*s", STR_ARG(receipt->case_number));
}

static void on_refused(void *arg, const struct wangli_refusal *refusal)
{
	struct door *door = arg;
	door->refusals++;
	door->refused_as = refusal->why;
}

static enum wangli_result on_deliver(
	void *arg, const struct wangli_delivery *delivery, struct wangli_outcome *out)
{
	struct door *door = arg;
	door->deliveries++;
	assert_true(str_eq_c(sdk_str(delivery->text), "已修好"));
	assert_true(str_eq_c(sdk_str(delivery->source_msg_id), "m1"));
	snprintf(door->what, sizeof door->what, "%.*s", STR_ARG(delivery->what));
	*out = (struct wangli_outcome){ .is_delivered = true };
	return WANGLI_OK;
}

static enum wangli_result on_keep(void *arg)
{
	struct door *door = arg;
	door->keeps++;
	return door->keep_says;
}

static enum res client_try(struct door *door, const char *spool, size_t queue, struct wangli **out)
{
	static const char *const groups[] = { "app", NULL };
	const struct wangli_callbacks on = { WANGLI_SIZED(struct wangli_callbacks), .arg = door,
		.on_receipt = on_receipt, .on_refused = on_refused, .on_deliver = on_deliver,
		.on_keep = on_keep };
	const struct wangli_options options = {
		WANGLI_SIZED(struct wangli_options),
		.address = door->address,
		.server_key = door->self.public_key,
		.secret_key = door->client_key.secret_key,
		.spool = spool,
		.channel = "app",
		.groups = groups,
		.queue = queue,
		.vault_key = door->vault_key,
		.on = &on,
	};
	return sdk_open(out, &options, NULL);
}

static void client_open(struct door *door, const char *name)
{
	char spool[128];
	snprintf(spool, sizeof spool, "%s/%s", door->folder, name);
	assert_int_equal(client_try(door, spool, 0, &door->client), RES_OK);
}

/* As after a kill and a start: another process would find what is on disk now. */
static void client_restart(struct door *door, const char *from, const char *to)
{
	char command[256];
	wangli_close(door->client);
	snprintf(command, sizeof command, "cp -r '%s/%s' '%s/%s'", door->folder, from, door->folder,
		to);
	assert_int_equal(system(command), 0);
	client_open(door, to);
}

/* --- turning both --- */

static void both_turn(struct door *door)
{
	struct instant now = os_monotonic_now();
	assert_int_equal(sdk_turn(door->client, SPAN_MS(2), NULL), RES_OK);
	bus_zap_turn(door->zap);
	server_receive(door->server, now);
	server_turn(door->server, now);
	server_flush(door->server);
}

/* Turns until the door has got n messages in all. */
static struct wire_msg *until_got(struct door *door, size_t n)
{
	struct instant end = instant_add(os_monotonic_now(), PATIENCE);
	while (door->n_got < n) {
		assert_true(instant_is_before(os_monotonic_now(), end));
		both_turn(door);
	}
	return &door->got[n - 1];
}

static void until_count(struct door *door, const int *count, int n)
{
	struct instant end = instant_add(os_monotonic_now(), PATIENCE);
	while (*count < n) {
		assert_true(instant_is_before(os_monotonic_now(), end));
		both_turn(door);
	}
}

static void submit(struct door *door, const char *id)
{
	const struct wangli_letter letter = {
		WANGLI_SIZED(struct wangli_letter),
		.source_msg_id = wangli_text_from_c(id),
		.title = SDK_TEXT("路灯不亮"),
		.body = SDK_TEXT("春熙路的路灯坏了"),
		.contact = { .account = SDK_TEXT("made-up") },
	};
	assert_int_equal(sdk_submit(door->client, &letter, NULL), RES_OK);
}

static void answer(struct door *door, const struct wire_msg *asked, enum wire_kind kind,
	enum wire_code code, int32_t retry_after_ms)
{
	uint8_t digest[WANGLI_DIGEST] = { 7 };
	char number[] = "CD0000001-8";
	Wangli__Receipt receipt = WANGLI__RECEIPT__INIT;
	receipt.case_number = number;
	receipt.digest = (ProtobufCBinaryData){ sizeof digest, digest };
	server_stage_msg(door->server, door->member,
		&(struct wire_msg){ .kind = kind,
			.head = { .id = asked->head.id,
				.source_msg_id = asked->head.source_msg_id,
				.code = code,
				.retry_after_ms = retry_after_ms },
			.body = kind == WIRE_RECEIPT ? wire_pack(door->mem, &receipt.base)
						     : STR("") });
	server_flush(door->server);
}

static void deliver_what(struct door *door, const char *what)
{
	char id[] = "D1", number[] = "CD0000001-8", text[] = "已修好";
	Wangli__Deliver body = WANGLI__DELIVER__INIT;
	body.delivery_id = id;
	body.case_number = number;
	body.text = text;
	body.what = (char *)(uintptr_t)what;
	server_stage_msg(door->server, door->member,
		&(struct wire_msg){ .kind = WIRE_DELIVER,
			.head = { .id = STR("D1"),
				.case_id = 1,
				.channel = STR("app"),
				.source_msg_id = STR("m1") },
			.body = wire_pack(door->mem, &body.base) });
	server_flush(door->server);
}

static void deliver(struct door *door)
{
	deliver_what(door, "reply");
}

static int setup(void **state)
{
	struct door *door = calloc(1, sizeof *door);
	uint8_t vault_key[CRYPTO_KEY_BYTES], vault_secret[CRYPTO_KEY_BYTES];
	struct err err;
	assert_non_null(door);
	snprintf(door->folder, sizeof door->folder, "/tmp/wl-sdk.XXXXXX");
	assert_non_null(mkdtemp(door->folder));
	snprintf(door->address, sizeof door->address, "ipc://%s/door", door->folder);
	assert_int_equal(crypto_start(&err), RES_OK);
	assert_int_equal(bus_pair_make(&door->self, &err), RES_OK);
	assert_int_equal(bus_pair_make(&door->client_key, &err), RES_OK);
	crypto_pair_make(vault_key, vault_secret);
	door->mem = arena_create(MEM_BYTES);
	snprintf(door->vault_key, sizeof door->vault_key, "%.*s",
		STR_ARG(crypto_base64(door->mem, str_of(vault_key, sizeof vault_key))));
	door->context = bus_context_create();
	assert_int_equal(bus_zap_open(&door->zap, door->context, decide, door, &err), RES_OK);
	door_open(door);
	client_open(door, "spool");
	*state = door;
	return 0;
}

static int teardown(void **state)
{
	struct door *door = *state;
	char command[128];
	wangli_close(door->client);
	server_close(door->server);
	bus_zap_close(door->zap);
	bus_context_destroy(door->context);
	arena_destroy(door->mem);
	snprintf(command, sizeof command, "rm -rf '%s'", door->folder);
	assert_int_equal(system(command), 0);
	free(door);
	return 0;
}

/* --- tests --- */

static void sdk_letter_gets_its_receipt(void **state)
{
	struct door *door = *state;
	submit(door, "m1");
	submit(door, "m1"); /* the very same: once */
	const struct wire_msg *got = until_got(door, 1);
	assert_int_equal(got->kind, WIRE_SUBMIT);
	assert_true(str_eq_c(got->head.source_msg_id, "m1"));
	assert_true(str_eq_c(got->head.channel, "app"));
	assert_int_equal(wangli_unanswered(door->client), 1);
	answer(door, got, WIRE_RECEIPT, WIRE_CODE_UNSPECIFIED, 0);
	until_count(door, &door->receipts, 1);
	assert_string_equal(door->case_number, "CD0000001-8");
	assert_int_equal(wangli_unanswered(door->client), 0);
	assert_int_equal(door->n_got, 1);
}

static void sdk_other_letter_of_the_same_name_is_refused_here(void **state)
{
	struct door *door = *state;
	const struct wangli_letter other = { WANGLI_SIZED(struct wangli_letter),
		.source_msg_id = SDK_TEXT("m1"), .title = SDK_TEXT("x"), .body = SDK_TEXT("y") };
	submit(door, "m1");
	assert_int_equal(sdk_submit(door->client, &other, NULL), RES_CONFLICT);
}

static void sdk_busy_letter_comes_again_the_same_and_not_too_early(void **state)
{
	struct door *door = *state;
	submit(door, "m1");
	const struct wire_msg *first = until_got(door, 1);
	struct instant refused_at = os_monotonic_now();
	answer(door, first, WIRE_NACK, WIRE_CODE_BUSY, 400);
	const struct wire_msg *second = until_got(door, 2);
	assert_true(instant_since(os_monotonic_now(), refused_at).us >= SPAN_MS(400).us);
	assert_true(str_eq(first->body, second->body));
	assert_int_equal(second->head.attempt, 2);
}

static void sdk_final_refusals_are_told_and_end_the_letter(void **state)
{
	static const struct {
		enum wire_code code;
		enum wangli_result why;
	} cases[] = { { WIRE_CODE_INVALID, WANGLI_INVALID },
		{ WIRE_CODE_CONFLICT, WANGLI_CONFLICT }, { WIRE_CODE_FORBIDDEN, WANGLI_DENIED } };
	struct door *door = *state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		submit(door, "m1");
		answer(door, until_got(door, i + 1), WIRE_NACK, cases[i].code, 0);
		until_count(door, &door->refusals, (int)i + 1);
		assert_int_equal(door->refused_as, cases[i].why);
		assert_int_equal(wangli_unanswered(door->client), 0);
	}
}

static void sdk_unanswered_letter_comes_again_after_a_restart(void **state)
{
	struct door *door = *state;
	submit(door, "m1");
	const struct wire_msg *first = until_got(door, 1);
	client_restart(door, "spool", "again");
	assert_int_equal(wangli_unanswered(door->client), 1);
	const struct wire_msg *second = until_got(door, 2);
	assert_true(str_eq(first->body, second->body));
	answer(door, second, WIRE_RECEIPT, WIRE_CODE_UNSPECIFIED, 0);
	until_count(door, &door->receipts, 1);
	client_restart(door, "again", "third");
	assert_int_equal(wangli_unanswered(door->client), 0);
}

/* A DELIVER needs to know whom to send to: the letter introduces the client. */
static void introduce(struct door *door)
{
	submit(door, "m1");
	answer(door, until_got(door, 1), WIRE_RECEIPT, WIRE_CODE_UNSPECIFIED, 0);
	until_count(door, &door->receipts, 1);
}

static void sdk_delivery_is_handed_over_once_and_told_as_often_as_asked(void **state)
{
	struct door *door = *state;
	introduce(door);
	for (size_t i = 0; i < 3; i++) {
		deliver(door);
		const struct wire_msg *done = until_got(door, 2 + i);
		assert_int_equal(done->kind, WIRE_DONE);
		assert_int_equal(done->head.code, WIRE_CODE_DELIVERED);
		assert_int_equal(done->head.case_id, 1);
		assert_true(str_eq_c(done->head.source_msg_id, "m1"));
		assert_int_equal(door->deliveries, 1);
	}
}

static void sdk_kept_outcome_survives_a_restart(void **state)
{
	struct door *door = *state;
	introduce(door);
	deliver(door);
	(void)until_got(door, 2);
	client_restart(door, "spool", "again");
	submit(door, "m2"); /* says who is there now */
	(void)until_got(door, 3);
	deliver(door);
	assert_int_equal(until_got(door, 4)->kind, WIRE_DONE);
	assert_int_equal(door->deliveries, 1);
}

static void sdk_outcome_that_was_not_kept_is_not_told(void **state)
{
	struct door *door = *state;
	introduce(door);
	door->keep_says = WANGLI_RETRY;
	deliver(door);
	until_count(door, &door->keeps, 2); /* the first was the receipt's */
	door->keep_says = WANGLI_OK;
	deliver(door);
	(void)until_got(door, 2);
	assert_int_equal(door->deliveries, 2);
	assert_int_equal(door->n_got, 2);
}

static void sdk_delivery_says_what_it_is(void **state)
{
	static const struct {
		const char *sent;
		const char *told;
	} cases[] = { { "", "reply" }, { "reply", "reply" }, { "refusal", "refusal" } };
	struct door *door = *state;
	introduce(door);
	door->keep_says = WANGLI_RETRY; /* so that the same comes again */
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		deliver_what(door, cases[i].sent);
		until_count(door, &door->deliveries, (int)i + 1);
		assert_string_equal(door->what, cases[i].told);
	}
}

/* The medium of the integrator says no: the letter stays, is sent again, and is told again. */
static void sdk_receipt_that_was_not_kept_comes_again(void **state)
{
	static const enum wire_kind kinds[] = { WIRE_RECEIPT, WIRE_NACK };
	struct door *door = *state;
	for (size_t i = 0; i < 2; i++) {
		const int *told = kinds[i] == WIRE_RECEIPT ? &door->receipts : &door->refusals;
		door->keep_says = WANGLI_RETRY;
		submit(door, "m1");
		answer(door, until_got(door, 2 * i + 1), kinds[i], WIRE_CODE_INVALID, 0);
		until_count(door, told, 1);
		assert_int_equal(wangli_unanswered(door->client), 1);
		door->keep_says = WANGLI_OK;
		answer(door, until_got(door, 2 * i + 2), kinds[i], WIRE_CODE_INVALID, 0);
		until_count(door, told, 2);
		assert_int_equal(wangli_unanswered(door->client), 0);
	}
}

/* Structures of programs that were compiled with another header. */
static void sdk_refuses_structures_of_a_newer_program(void **state)
{
	static const struct {
		int more; /* bytes than today's */
		enum wangli_result result;
		const char *text;
	} cases[] = { { 0, WANGLI_OK, "" }, { 8, WANGLI_INVALID, "built for a newer one" },
		{ -8, WANGLI_INVALID, "its init function was not called" } };
	struct door *door = *state;
	struct wangli_error error = { .text = "" };
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct {
			struct wangli_letter letter;
			char more[16];
		} room = { .letter = { .source_msg_id = SDK_TEXT("a") } };
		room.letter.struct_bytes = (size_t)((int)sizeof room.letter + cases[i].more);
		assert_int_equal(
			wangli_submit(door->client, &room.letter, &error), cases[i].result);
		assert_non_null(strstr(error.text, cases[i].text));
	}
}

static void sdk_spool_belongs_to_one_client(void **state)
{
	struct door *door = *state;
	struct wangli *second = NULL;
	char spool[128];
	snprintf(spool, sizeof spool, "%s/spool", door->folder);
	assert_int_equal(client_try(door, spool, 0, &second), RES_CONFLICT);
	assert_null(second);
}

static enum wangli_result adopt(struct door *door, const char *name, size_t *out_letters)
{
	struct wangli_error error;
	char folder[128];
	snprintf(folder, sizeof folder, "%s/%s", door->folder, name);
	return wangli_adopt(door->client, folder, out_letters, &error);
}

/* One client dies with a letter under way; another takes it over and gets the receipt. */
static void sdk_heir_sends_what_the_dead_one_left(void **state)
{
	struct door *door = *state;
	size_t letters = 0;
	submit(door, "m1");
	const struct wire_msg *first = until_got(door, 1);
	wangli_close(door->client);
	client_open(door, "heir");
	assert_int_equal(adopt(door, "spool", &letters), WANGLI_OK);
	assert_int_equal(letters, 1);
	assert_int_equal(adopt(door, "spool", &letters), WANGLI_OK);
	assert_int_equal(letters, 0);
	const struct wire_msg *second = until_got(door, 2);
	assert_true(str_eq(first->body, second->body));
	submit(door, "m1"); /* the same key knows the letter again */
	answer(door, second, WIRE_RECEIPT, WIRE_CODE_UNSPECIFIED, 0);
	until_count(door, &door->receipts, 1);
	/* the dead one starts again: it has nothing to send */
	wangli_close(door->client);
	client_open(door, "spool");
	assert_int_equal(wangli_unanswered(door->client), 0);
}

static void sdk_heir_repeats_the_outcomes_of_the_dead_one(void **state)
{
	struct door *door = *state;
	introduce(door);
	deliver(door);
	(void)until_got(door, 2);
	wangli_close(door->client);
	client_open(door, "heir");
	assert_int_equal(adopt(door, "spool", NULL), WANGLI_OK);
	submit(door, "m2"); /* says who is there now */
	(void)until_got(door, 3);
	deliver(door);
	assert_int_equal(until_got(door, 4)->kind, WIRE_DONE);
	assert_int_equal(door->deliveries, 1);
}

static void sdk_adopts_only_from_the_dead_of_its_channel(void **state)
{
	struct door *door = *state;
	struct wangli *owner = NULL;
	char spool[128], command[512];
	assert_int_equal(adopt(door, "none", NULL), WANGLI_NOT_FOUND);
	assert_int_equal(adopt(door, "spool", NULL), WANGLI_CONFLICT); /* our own */
	snprintf(spool, sizeof spool, "%s/owner", door->folder);
	assert_int_equal(client_try(door, spool, 0, &owner), RES_OK);
	assert_int_equal(adopt(door, "owner", NULL), WANGLI_CONFLICT);
	wangli_close(owner);
	assert_int_equal(adopt(door, "owner", NULL), WANGLI_OK);
	snprintf(command, sizeof command, "printf other > '%s/channel'", spool);
	assert_int_equal(system(command), 0);
	assert_int_equal(adopt(door, "owner", NULL), WANGLI_INVALID);
	snprintf(command, sizeof command, "rm '%s/channel'", spool); /* of before heirs */
	assert_int_equal(system(command), 0);
	assert_int_equal(adopt(door, "owner", NULL), WANGLI_OK);
}

static void sdk_full_queue_asks_to_turn_first(void **state)
{
	const struct wangli_letter letters[] = {
		{ WANGLI_SIZED(struct wangli_letter), .source_msg_id = SDK_TEXT("a") },
		{ WANGLI_SIZED(struct wangli_letter), .source_msg_id = SDK_TEXT("b") },
	};
	struct door *door = *state;
	struct wangli *small = NULL;
	char spool[128];
	snprintf(spool, sizeof spool, "%s/small", door->folder);
	assert_int_equal(client_try(door, spool, 1, &small), RES_OK);
	assert_int_equal(sdk_submit(small, &letters[0], NULL), RES_OK);
	assert_int_equal(sdk_submit(small, &letters[1], NULL), RES_RETRY);
	wangli_close(small);
}

static void sdk_vault_key_that_is_none_is_refused(void **state)
{
	struct door *door = *state;
	struct wangli *client = NULL;
	char spool[128];
	snprintf(spool, sizeof spool, "%s/none", door->folder);
	memset(door->vault_key, 'A', 43); /* 32 times nothing */
	assert_int_equal(client_try(door, spool, 0, &client), RES_INVALID);
	assert_null(client);
}

int main(void)
{
#define WITH_DOOR(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		WITH_DOOR(sdk_letter_gets_its_receipt),
		WITH_DOOR(sdk_other_letter_of_the_same_name_is_refused_here),
		WITH_DOOR(sdk_busy_letter_comes_again_the_same_and_not_too_early),
		WITH_DOOR(sdk_final_refusals_are_told_and_end_the_letter),
		WITH_DOOR(sdk_unanswered_letter_comes_again_after_a_restart),
		WITH_DOOR(sdk_delivery_is_handed_over_once_and_told_as_often_as_asked),
		WITH_DOOR(sdk_kept_outcome_survives_a_restart),
		WITH_DOOR(sdk_outcome_that_was_not_kept_is_not_told),
		WITH_DOOR(sdk_delivery_says_what_it_is),
		WITH_DOOR(sdk_receipt_that_was_not_kept_comes_again),
		WITH_DOOR(sdk_refuses_structures_of_a_newer_program),
		WITH_DOOR(sdk_spool_belongs_to_one_client),
		WITH_DOOR(sdk_heir_sends_what_the_dead_one_left),
		WITH_DOOR(sdk_heir_repeats_the_outcomes_of_the_dead_one),
		WITH_DOOR(sdk_adopts_only_from_the_dead_of_its_channel),
		WITH_DOOR(sdk_full_queue_asks_to_turn_first),
		WITH_DOOR(sdk_vault_key_that_is_none_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
