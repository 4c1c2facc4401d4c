/* Attachments in the client library: asking for the right to upload, the ticket that an upload
 * answers, and a letter that names it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "proto/door.pb-c.h"
#include "sdk_door.h"

static const struct wangli_object_ask photo = { WANGLI_SIZED(struct wangli_object_ask), .tag = 5,
	.sha256 = { 7, 8, 9 }, .size_bytes = 4711, .media_type = { "image/jpeg", 10 } };

static void right_answer(
	struct door *door, const struct wire_msg *asked, const char *why_not, const char *ticket)
{
	char url[] = "http://door/objects/07", right[] = "put~right";
	Wangli__ObjectRight body = WANGLI__OBJECT_RIGHT__INIT;
	body.why_not = (char *)(uintptr_t)why_not;
	body.ticket.data = (uint8_t *)(uintptr_t)ticket;
	body.ticket.len = strlen(ticket);
	if (why_not[0] == 0 && ticket[0] == 0) {
		body.url = url;
		body.right = right;
	}
	server_stage_msg(door->server, door->member,
		&(struct wire_msg){ .kind = WIRE_RESULT,
			.head = { .command_id = asked->head.command_id, .code = WIRE_CODE_DONE },
			.body = wire_pack(door->mem, &body.base) });
	server_flush(door->server);
}

static void sdk_asks_for_a_right_and_tells_the_answer(void **state)
{
	static const struct {
		const char *why_not, *ticket;
		enum wangli_result result;
	} cases[] = { { "", "", WANGLI_OK }, { "", "TICKET", WANGLI_OK },
		{ "too large", "", WANGLI_INVALID } };
	struct door *door = *state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		Wangli__ObjectPut *put = NULL;
		assert_int_equal(wangli_object_ask(door->client, &photo, NULL), WANGLI_OK);
		const struct wire_msg *got = door_until_got(door, i + 1);
		assert_int_equal(got->kind, WIRE_COMMAND);
		assert_true(str_eq_c(got->head.type, "object.put.v1"));
		assert_int_equal(wire_unpack(door->mem, &wangli__object_put__descriptor, got->body,
					 &put, NULL),
			RES_OK);
		assert_int_equal(put->size_bytes, 4711);
		assert_int_equal(put->sha256.len, WANGLI_SHA256);
		assert_string_equal(put->media_type, "image/jpeg");
		right_answer(door, got, cases[i].why_not, cases[i].ticket);
		door_until_count(door, &door->objects, (int)i + 1);
		assert_int_equal(door->object.tag, 5);
		assert_int_equal(door->object.result, cases[i].result);
		assert_string_equal(door->object.text, cases[i].why_not);
		assert_string_equal(door->object.ticket, cases[i].ticket);
		assert_string_equal(door->object.right, i == 0 ? "put~right" : "");
		assert_string_equal(door->object.url, i == 0 ? "http://door/objects/07" : "");
	}
}

static void sdk_right_out_of_bounds_is_refused_here(void **state)
{
	struct door *door = *state;
	struct wangli_object_ask ask = photo;
	ask.size_bytes = 0;
	assert_int_equal(wangli_object_ask(door->client, &ask, NULL), WANGLI_INVALID);
	ask = photo;
	ask.media_type = wangli_text_from_c("");
	assert_int_equal(wangli_object_ask(door->client, &ask, NULL), WANGLI_INVALID);
}

static void sdk_ticket_is_read_out_of_what_an_upload_answers(void **state)
{
	static const struct {
		const char *json, *ticket; /* NULL: none */
	} cases[] = {
		{ "{\"ticket\":\"VElDS0VU\"}", "TICKET" },
		{ " {\n\t\"ticket\" : \"VElDS0U=\" }\n", "TICKE" },
		{ "{\"ticket\":\"VElDSw==\",\"more\":1}", "TICK" },
		{ "{\"ticket\":\"\"}", NULL },
		{ "{\"ticket\":\"VElDS0V\"}", NULL },
		{ "{\"ticket\":\"VElDS0VU", NULL },
		{ "{\"ticket\":\"====\"}", NULL },
		{ "{\"ticket\":7}", NULL },
		{ "{\"error\":\"no\"}", NULL },
		{ "", NULL },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		uint8_t ticket[WANGLI_TICKET_MAX];
		size_t n = 99;
		enum wangli_result result =
			wangli_ticket_read(wangli_text_from_c(cases[i].json), ticket, &n, NULL);
		if (cases[i].ticket == NULL) {
			assert_int_equal(result, WANGLI_INVALID);
			assert_int_equal(n, 99);
			continue;
		}
		assert_int_equal(result, WANGLI_OK);
		assert_int_equal(n, strlen(cases[i].ticket));
		assert_memory_equal(ticket, cases[i].ticket, n);
	}
}

static enum wangli_result letter_with(
	struct door *door, const char *ticket, const char *name, unsigned char sha)
{
	const struct wangli_attachment attachments[] = { { .name = wangli_text_from_c(name),
		.ticket = wangli_text_from_c(ticket),
		.sha256 = { sha } } };
	const struct wangli_letter letter = { WANGLI_SIZED(struct wangli_letter),
		.source_msg_id = SDK_TEXT("m1"), .title = SDK_TEXT("路灯不亮"),
		.body = SDK_TEXT("见照片"), .attachments = attachments, .n_attachments = 1 };
	return wangli_submit(door->client, &letter, NULL);
}

/* The same bytes under a new ticket are the same letter; other bytes, or another name, are not. */
static void sdk_letter_names_its_attachments_by_tickets(void **state)
{
	static const struct {
		const char *ticket, *name;
		unsigned char sha;
		enum wangli_result result;
	} cases[] = { { "T1", "灯.jpg", 1, WANGLI_OK }, { "T2", "灯.jpg", 1, WANGLI_OK },
		{ "T1", "灯.jpg", 2, WANGLI_CONFLICT }, { "T1", "b.jpg", 1, WANGLI_CONFLICT },
		{ "T1", "../b.jpg", 1, WANGLI_INVALID }, { "T1", "a\tb", 1, WANGLI_INVALID },
		{ "T1", "", 1, WANGLI_INVALID }, { "", "b.jpg", 1, WANGLI_INVALID } };
	struct door *door = *state;
	Wangli__Submit *submit = NULL;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_int_equal(letter_with(door, cases[i].ticket, cases[i].name, cases[i].sha),
			cases[i].result);
	const struct wire_msg *got = door_until_got(door, 1);
	assert_int_equal(
		wire_unpack(door->mem, &wangli__submit__descriptor, got->body, &submit, NULL),
		RES_OK);
	assert_int_equal(submit->n_attachments, 1);
	assert_string_equal(submit->attachments[0]->name, "灯.jpg");
	assert_int_equal(submit->attachments[0]->ticket.len, 2);
	assert_memory_equal(submit->attachments[0]->ticket.data, "T1", 2);
}

int main(void)
{
#define WITH_DOOR(test) cmocka_unit_test_setup_teardown(test, door_setup, door_teardown)
	const struct CMUnitTest tests[] = {
		WITH_DOOR(sdk_asks_for_a_right_and_tells_the_answer),
		WITH_DOOR(sdk_right_out_of_bounds_is_refused_here),
		WITH_DOOR(sdk_ticket_is_read_out_of_what_an_upload_answers),
		WITH_DOOR(sdk_letter_names_its_attachments_by_tickets),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
