/* The door's side of intake, for its tests. */
#include "intake_road.h"

#include <stdio.h>

#include "os/os.h"

int intake_road_open(void **state)
{
	struct intake_road *road = calloc(1, sizeof(*road));
	uint8_t secret[CRYPTO_KEY_BYTES], query_key[CRYPTO_KEY_BYTES];

	assert_non_null(road);
	assert_int_equal(crypto_start(NULL), RES_OK);
	crypto_pair_make(road->vault_public, secret);
	crypto_key_make(query_key);
	crypto_key_make(road->data_key);
	crypto_key_seal(road->data_key, road->vault_public, road->sealed_key);
	const struct str sealed = str_of(road->sealed_key, sizeof(road->sealed_key));
	crypto_hash(road->epoch, NULL, &sealed, 1);
	road->at = service_rig_create("intake");
	setenv("VAULT_KEY", crypto_base64(road->at->mem, str_of(secret, sizeof(secret))).p, 1);
	setenv("QUERY_CODE_KEY",
		crypto_base64(road->at->mem, str_of(query_key, sizeof(query_key))).p, 1);
	crypto_key_make(road->objects_key);
	setenv("OBJECTS_KEY",
		crypto_base64(road->at->mem, str_of(road->objects_key, sizeof(road->objects_key)))
			.p,
		1);
	service_rig_start(road->at, SERVICE_PROGRAM);
	service_rig_start(road->at, SERVICE_PROGRAM);
	road->door = service_rig_join(road->at, "edge", NULL);
	road->followup = service_rig_join(road->at, "followup", NULL);
	road->reply = service_rig_join(road->at, "reply", NULL);
	road->cli = service_rig_join(road->at, "cli", NULL);
	*state = road;
	return 0;
}

int intake_road_close(void **state)
{
	struct intake_road *road = *state;

	service_rig_destroy(road->at);
	free(road);
	return 0;
}

static ProtobufCBinaryData binary(struct str bytes)
{
	return (ProtobufCBinaryData){ .len = bytes.n, .data = (uint8_t *)(uintptr_t)bytes.p };
}

struct str intake_letter_body(struct intake_road *road, const char *msg_id, const char *title,
	const char *text, const char *phone)
{
	Wangli__Submit submit = WANGLI__SUBMIT__INIT;
	Wangli__SealedContact sealed = WANGLI__SEALED_CONTACT__INIT;
	Wangli__ContactPlain plain = WANGLI__CONTACT_PLAIN__INIT;
	struct arena *mem = road->at->mem;

	submit.title = (char *)(uintptr_t)title;
	submit.body = (char *)(uintptr_t)text;
	submit.reply_address = (char[]){ "box-7" };
	if (phone != NULL) {
		plain.phone = (char *)(uintptr_t)phone;
		sealed.epoch = binary(str_of(road->epoch, 16));
		sealed.sealed_key = binary(str_of(road->sealed_key, sizeof(road->sealed_key)));
		sealed.record = binary(crypto_record_seal(
			mem, wire_pack(mem, &plain.base), str_from_c(msg_id), road->data_key));
		submit.contact = &sealed;
	}
	return wire_pack(mem, &submit.base);
}

struct wire_msg intake_submit_of(struct intake_road *road, const char *msg_id, struct str body)
{
	return (struct wire_msg){
		.kind = WIRE_SUBMIT,
		.head = {
			.source = STR("importer"),
			.type = STR("submit.v1"),
			.time = INSTANT_NONE,
			.to = STR("intake"),
			.reply_to = str_from_c(peer_instance(road->door->peer)),
			.channel = STR("app"),
			.source_msg_id = str_from_c(msg_id),
		},
		.body = body,
	};
}

/* Takes the next RECEIPT or NACK out of what the door has kept. */
static bool take_answer(struct client *door, struct wire_msg *out)
{
	for (size_t i = 0; i < door->n; i++) {
		*out = door->kept[i];
		if (out->kind != WIRE_RECEIPT && out->kind != WIRE_NACK)
			continue;
		memmove(door->kept + i, door->kept + i + 1,
			(--door->n - i) * sizeof(door->kept[0]));
		return true;
	}
	return false;
}

struct wire_msg intake_submit(struct intake_road *road, const char *msg_id, struct str body)
{
	struct instant until = instant_add(os_monotonic_now(), SPAN_MS(RIG_PATIENCE_MS));
	struct wire_msg message = intake_submit_of(road, msg_id, body), answer;

	client_send(road->door, &message);
	while (instant_is_before(os_monotonic_now(), until)) {
		rig_round(road->at->rig, 20);
		if (!take_answer(road->door, &answer))
			continue;
		if (answer.head.code != WIRE_CODE_NO_CONSUMER)
			return answer;
		client_send(road->door, &message);
	}
	fail_msg("no answer to %s", msg_id);
	return answer;
}

Wangli__Receipt *intake_receipt(struct intake_road *road, const struct wire_msg *answer)
{
	Wangli__Receipt *receipt = NULL;

	if (answer->kind != WIRE_RECEIPT)
		fail_msg("NACK %s: %.*s", wire_code_name(answer->head.code),
			STR_ARG(answer->head.text));
	assert_int_equal(wire_unpack(road->at->mem, &wangli__receipt__descriptor, answer->body,
				 &receipt, NULL),
		RES_OK);
	return receipt;
}

const char *intake_look(struct intake_road *road, const char *query, const char *msg_id)
{
	size_t at = str_find(str_from_c(query), STR("{}"), 0);

	assert_true(at != SIZE_MAX);
	return service_rig_look(road->at,
		arena_printf(road->at->mem,
			"with c as (select case_id from intake.submission where source_msg_id = "
			"'%s') %.*s(select case_id from c)%s",
			msg_id, (int)at, query, query + at + 2)
			.p);
}
