/* Addresses as the settings have them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "peer/peer_places.h"

static void address_is_name_or_not(void **state)
{
	static const struct {
		const char *text;
		const char *name;
		const char *port;
	} rows[] = {
		{ "ipc:///run/bus.sock", "", "" },
		{ "tcp://10.0.0.1:8312", "", "8312" },
		{ "tcp://[::1]:8312", "", "8312" },
		{ "tcp://bus:8312", "bus", "8312" },
		{ "tcp://bus.wangli.internal:1", "bus.wangli.internal", "1" },
		{ "tcp://localhost:65535", "localhost", "65535" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct peer_places places;

		assert_int_equal(peer_places_read(str_from_c(rows[i].text), &places, NULL), RES_OK);
		assert_int_equal(places.n, 1);
		assert_string_equal(places.items[0].text, rows[i].text);
		assert_string_equal(places.items[0].name, rows[i].name);
		assert_string_equal(places.items[0].port, rows[i].port);
	}
}

static void several_are_separated_by_commas(void **state)
{
	struct peer_places places;

	(void)state;
	assert_int_equal(
		peer_places_read(STR("ipc:///a , tcp://b:1,\ttcp://10.1.1.1:2"), &places, NULL),
		RES_OK);
	assert_int_equal(places.n, 3);
	assert_string_equal(places.items[0].text, "ipc:///a");
	assert_string_equal(places.items[1].name, "b");
	assert_string_equal(places.items[2].text, "tcp://10.1.1.1:2");
}

static void wrong_ones_are_named(void **state)
{
	static const struct {
		const char *text;
		const char *says;
	} rows[] = {
		{ "", "empty" },
		{ " ", "empty" },
		{ "ipc:///a,", "no address" },
		{ "ipc:///a,,ipc:///b", "no address" },
		{ "ipc://", "no address" },
		{ "udp://a:1", "'udp://a:1'" },
		{ "bus.sock", "want tcp://host:port or ipc:///path" },
		{ "tcp://bus", "no host and port" },
		{ "tcp://:1", "no host and port" },
		{ "tcp://bus:", "port" },
		{ "tcp://bus:0", "port" },
		{ "tcp://bus:65536", "port" },
		{ "tcp://bus:http", "port" },
		{ "tcp://::1:8312", "brackets" },
		{ "ipc:///a,ipc:///a", "twice" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct peer_places places;
		struct err err = { "" };

		assert_int_equal(
			peer_places_read(str_from_c(rows[i].text), &places, &err), RES_INVALID);
		if (strstr(err.text, rows[i].says) == NULL)
			fail_msg(
				"'%s': '%s' does not say %s", rows[i].text, err.text, rows[i].says);
	}
}

static void more_than_the_most_are_refused(void **state)
{
	char text[1024] = "ipc:///0";
	struct peer_places places;

	(void)state;
	for (int i = 1; i <= PEER_PLACES_MAX; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), ",ipc:///%d", i);
	assert_int_equal(peer_places_read(str_from_c(text), &places, NULL), RES_INVALID);
	*strrchr(text, ',') = 0;
	assert_int_equal(peer_places_read(str_from_c(text), &places, NULL), RES_OK);
	assert_int_equal(places.n, PEER_PLACES_MAX);
}

static void long_ones_are_refused(void **state)
{
	char text[PEER_PLACE_TEXT + 8];
	struct peer_places places;

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = 0;
	memcpy(text, "ipc://", 6);
	assert_int_equal(peer_places_read(str_from_c(text), &places, NULL), RES_INVALID);
	text[280] = 0;
	memcpy(text, "tcp://", 6);
	memcpy(text + 276, ":812", 4);
	assert_int_equal(peer_places_read(str_from_c(text), &places, NULL), RES_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(address_is_name_or_not),
		cmocka_unit_test(several_are_separated_by_commas),
		cmocka_unit_test(wrong_ones_are_named),
		cmocka_unit_test(more_than_the_most_are_refused),
		cmocka_unit_test(long_ones_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
