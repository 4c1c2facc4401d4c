/* Whom a webhook may be sent to: each range at both of its edges and just outside, whatever carries
 * an IPv4 address inside, and what is written in a URL. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "webhook_nets.h"

static bool is_public(const char *text)
{
	uint8_t bytes[16] = { 0 };
	bool is_v6 = strchr(text, ':') != NULL;

	assert_int_equal(inet_pton(is_v6 ? AF_INET6 : AF_INET, text, bytes), 1);
	return webhook_address_is_public(is_v6, bytes);
}

static const char *const closed[] = { "0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255",
	"100.64.0.0", "100.127.255.255", "127.0.0.1", "127.255.255.255", "169.254.0.0",
	"169.254.169.254", "169.254.255.255", "172.16.0.0", "172.31.255.255", "192.0.0.0",
	"192.0.0.255", "192.0.2.1", "192.31.196.1", "192.52.193.1", "192.88.99.1", "192.168.0.0",
	"192.168.255.255", "192.175.48.1", "198.18.0.0", "198.19.255.255", "198.51.100.7",
	"203.0.113.255", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
	/* IPv6: what is not 2000::/3, and what is closed in it */
	"::", "::1", "::7f00:1", "::ffff:8.8.8.8", "::ffff:127.0.0.1", "::ffff:0:8.8.8.8",
	"64:ff9b::8.8.8.8", "64:ff9b:1::a00:1", "100::1", "fc00::1", "fdff::1", "fe80::1",
	"febf::1", "fec0::1", "ff02::1", "1fff::1", "4000::1", "5f00::1", "2001::1",
	"2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:2::1", "2001:10::1", "2001:20::1",
	"2001:1ff:ffff::1", "2001:db8::1", "2001:db8:ffff::1", "2002:7f00:1::1", "2002:808:808::1",
	"2620:4f:8000::1", "3fff::1", "3fff:fff::1", "2a00:1450::5efe:10.0.0.1",
	"2a00:1450::200:5efe:8.8.8.8" };

static const char *const open_ones[] = { "1.0.0.0", "8.8.8.8", "9.255.255.255", "11.0.0.0",
	"100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0", "169.253.255.255",
	"169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.0.3.0", "192.167.255.255",
	"192.169.0.0", "198.17.255.255", "198.20.0.0", "203.0.112.255", "203.0.114.0",
	"223.255.255.255", "2000::1", "2001:200::1", "2001:db7::1", "2001:db9::1", "2003::1",
	"2400:3200::1", "2620:4f:8001::1", "2a00:1450:4001::5efd", "3ffe::1", "3fff:1000::1" };

static void address_of_each_range_is_judged(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof closed / sizeof closed[0]; i++)
		if (is_public(closed[i]))
			fail_msg("%s passes for public", closed[i]);
	for (size_t i = 0; i < sizeof open_ones / sizeof open_ones[0]; i++)
		if (!is_public(open_ones[i]))
			fail_msg("%s is refused", open_ones[i]);
}

static void address_in_an_allowed_net_is_allowed(void **state)
{
	static const uint8_t loop[4] = { 127, 0, 0, 1 }, other[4] = { 127, 1, 0, 1 };
	static const uint8_t mapped[16] = { [10] = 0xff, [11] = 0xff, 127, 0, 0, 1 };
	struct webhook_nets nets, none;

	(void)state;
	assert_int_equal(webhook_nets_read(STR("127.0.0.0/16, fd00::/8"), &nets, NULL), RES_OK);
	assert_int_equal(webhook_nets_read(STR(""), &none, NULL), RES_OK);
	assert_int_equal(nets.n, 2);
	assert_true(webhook_address_is_allowed(&nets, false, loop));
	assert_false(webhook_address_is_allowed(&nets, false, other));
	assert_false(webhook_address_is_allowed(&nets, true, mapped));
	assert_false(webhook_address_is_allowed(&none, false, loop));
}

static void nets_and_ports_that_are_none_are_refused(void **state)
{
	static const char *const bad_nets[] = { "127.0.0.1/33", "::/129", "10.0.0.0/-1", "host",
		"10.0.0.0/", "10.0.0/8", ",", "1.2.3.4/8/8" };
	static const char *const bad_ports[] = { "0", "65536", "x", "443,", "-1" };
	struct webhook_nets nets;
	struct webhook_ports ports;

	(void)state;
	for (size_t i = 0; i < sizeof bad_nets / sizeof bad_nets[0]; i++)
		if (webhook_nets_read(str_from_c(bad_nets[i]), &nets, NULL) == RES_OK)
			fail_msg("net '%s' is taken", bad_nets[i]);
	for (size_t i = 0; i < sizeof bad_ports / sizeof bad_ports[0]; i++)
		if (webhook_ports_read(str_from_c(bad_ports[i]), &ports, NULL) == RES_OK)
			fail_msg("ports '%s' are taken", bad_ports[i]);
}

static void url_is_taken_or_refused(void **state)
{
	static const struct {
		const char *url;
		bool allows_http;
		bool is_good;
	} rows[] = {
		{ "https://example.org", false, true },
		{ "https://example.org/hook?a=b@c", false, true },
		{ "https://example.org:8443/", false, true },
		{ "https://[2a00:1450::1]:8443/x", false, true },
		{ "https://[2a00:1450::1]/x", false, true },
		{ "http://example.org:8443/", true, true },
		{ "http://example.org:8443/", false, false },
		{ "http://example.org/", true, false }, /* port 80 is not in the list */
		{ "https://example.org:22/", false, false },
		{ "https://example.org:+443/", false, false },
		{ "https://example.org:443x/", false, false },
		{ "https://example.org:/", false, false },
		{ "https://user@example.org/", false, false },
		{ "https://user:pw@example.org/", false, false },
		{ "https://8.8.8.8:443@10.0.0.1/", false, false },
		{ "https://example.org\\@10.0.0.1/", false, false },
		{ "https://example.org/ x", false, false },
		{ "https://example.org/\r\nHost: x", false, false },
		{ "https://example.org/#f", false, false },
		{ "https://", false, false },
		{ "https:///path", false, false },
		{ "https://:443/", false, false },
		{ "https://[::1", false, false },
		{ "HTTPS://example.org/", false, false },
		{ "file:///etc/passwd", true, false },
		{ "gopher://example.org/", true, false },
		{ "", false, false },
	};
	struct webhook_ports ports;

	(void)state;
	assert_int_equal(webhook_ports_read(STR("443,8443"), &ports, NULL), RES_OK);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if ((webhook_url_check(str_from_c(rows[i].url), rows[i].allows_http, &ports,
			     NULL) == RES_OK) != rows[i].is_good)
			fail_msg("'%s' is %s", rows[i].url, rows[i].is_good ? "refused" : "taken");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(address_of_each_range_is_judged),
		cmocka_unit_test(address_in_an_allowed_net_is_allowed),
		cmocka_unit_test(nets_and_ports_that_are_none_are_refused),
		cmocka_unit_test(url_is_taken_or_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
