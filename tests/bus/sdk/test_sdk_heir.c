/* A client dies, and another one takes over its spool. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sdk_door.h"

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
	door_submit(door, "m1");
	const struct wire_msg *first = door_until_got(door, 1);
	wangli_close(door->client);
	door_client_open(door, "heir");
	assert_int_equal(adopt(door, "spool", &letters), WANGLI_OK);
	assert_int_equal(letters, 1);
	assert_int_equal(adopt(door, "spool", &letters), WANGLI_OK);
	assert_int_equal(letters, 0);
	const struct wire_msg *second = door_until_got(door, 2);
	assert_true(str_eq(first->body, second->body));
	door_submit(door, "m1"); /* the same key knows the letter again */
	door_answer(door, second, WIRE_RECEIPT, WIRE_CODE_UNSPECIFIED, 0);
	door_until_count(door, &door->receipts, 1);
	/* the dead one starts again: it has nothing to send */
	wangli_close(door->client);
	door_client_open(door, "spool");
	assert_int_equal(wangli_unanswered(door->client), 0);
}

static void sdk_heir_repeats_the_outcomes_of_the_dead_one(void **state)
{
	struct door *door = *state;
	door_introduce(door);
	door_deliver(door);
	(void)door_until_got(door, 2);
	wangli_close(door->client);
	door_client_open(door, "heir");
	assert_int_equal(adopt(door, "spool", NULL), WANGLI_OK);
	door_submit(door, "m2"); /* says who is there now */
	(void)door_until_got(door, 3);
	door_deliver(door);
	assert_int_equal(door_until_got(door, 4)->kind, WIRE_DONE);
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
	assert_int_equal(door_client_try(door, spool, 0, &owner), RES_OK);
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

int main(void)
{
#define WITH_DOOR(test) cmocka_unit_test_setup_teardown(test, door_setup, door_teardown)
	const struct CMUnitTest tests[] = {
		WITH_DOOR(sdk_heir_sends_what_the_dead_one_left),
		WITH_DOOR(sdk_heir_repeats_the_outcomes_of_the_dead_one),
		WITH_DOOR(sdk_adopts_only_from_the_dead_of_its_channel),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
