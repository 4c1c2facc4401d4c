/* Routes, cookies, grants, tries: as tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "portal_core.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))
#define MAC	 "0123456789abcdef0123456789abcdef"

static void portal_route_each_path_has_its_place(void **state)
{
	static const struct {
		const char *path;
		enum portal_route route;
		const char *number;
	} rows[] = {
		{ "/", ROUTE_PAGE_HOME, "" },
		{ "/health", ROUTE_HEALTH, "" },
		{ "/overview", ROUTE_PAGE_OVERVIEW, "" },
		{ "/q", ROUTE_PAGE_QUERY, "" },
		{ "/q/", ROUTE_NONE, "" },
		{ "/q/CD0000001-8", ROUTE_PAGE_QUERY, "CD0000001-8" },
		{ "/q/a/b", ROUTE_NONE, "" },
		{ "/cases", ROUTE_PAGE_CASES, "" },
		{ "/api/q", ROUTE_OPEN, "" },
		{ "/api/q/", ROUTE_NONE, "" },
		{ "/api/q/CD1-8", ROUTE_LETTER, "CD1-8" },
		{ "/api/q/CD1-8/events", ROUTE_LETTER_EVENTS, "CD1-8" },
		{ "/api/q/CD1-8/rate", ROUTE_RATE, "CD1-8" },
		{ "/api/q//rate", ROUTE_NONE, "" },
		{ "/api/q/CD1-8/rate/", ROUTE_NONE, "" },
		{ "/api/q/CD1-8/other", ROUTE_NONE, "" },
		{ "/api/overview", ROUTE_OVERVIEW, "" },
		{ "/api/overview/events", ROUTE_OVERVIEW_EVENTS, "" },
		{ "/api/cases", ROUTE_CASES, "" },
		{ "/assets/a.js", ROUTE_FILE, "" },
		{ "/favicon.svg", ROUTE_FILE, "" },
		{ "/overview.html", ROUTE_NONE, "" },
		{ "/../etc/passwd", ROUTE_NONE, "" },
		{ "", ROUTE_NONE, "" },
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct str number;
		assert_int_equal(portal_route(str_from_c(rows[i].path), &number), rows[i].route);
		assert_true(str_eq_c(number, rows[i].number));
	}
	assert_true(portal_route_is_page(ROUTE_PAGE_CASES));
	assert_false(portal_route_is_page(ROUTE_OVERVIEW));
	assert_false(portal_route_is_page(ROUTE_PAGE_HOME));
}

static void portal_cookie_is_found_by_its_whole_name(void **state)
{
	static const struct {
		const char *header;
		const char *value; /* NULL: none */
	} rows[] = {
		{ "a=1", "1" },
		{ "b=2; a=1; c=3", "1" },
		{ "b=2;a=1", "1" },
		{ "a=1; a=2", "1" },
		{ "a=", "" },
		{ "aa=1", NULL },
		{ "ba=1", NULL },
		{ "a", NULL },
		{ "", NULL },
		{ ";;;", NULL },
		{ " a=x=y ", "x=y" },
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct str value = portal_cookie(str_from_c(rows[i].header), STR("a"));
		assert_int_equal(value.p == NULL, rows[i].value == NULL);
		if (rows[i].value != NULL)
			assert_true(str_eq_c(value, rows[i].value));
	}
	assert_null(portal_cookie(STR_NONE, STR("a")).p);
}

static void portal_grant_reads_what_it_wrote(void **state)
{
	const struct portal_grant grant = { .case_id = 421786, .ends_s = 1795626140 };
	struct portal_grant read;
	struct str is_signed;
	struct str mac;
	char token[PORTAL_TOKEN_MAX];

	(void)state;
	portal_grant_text(&grant, token);
	assert_string_equal(token, "421786.1795626140");
	memcpy(token + strlen(token), "." MAC, sizeof("." MAC));
	assert_int_equal(portal_grant_read(str_from_c(token), &read, &is_signed, &mac), RES_OK);
	assert_int_equal(read.case_id, grant.case_id);
	assert_int_equal(read.ends_s, grant.ends_s);
	assert_true(str_eq_c(is_signed, "421786.1795626140"));
	assert_true(str_eq_c(mac, MAC));
}

static void portal_grant_read_other_forms_are_refused(void **state)
{
	static const char *const tokens[] = { "", ".", "..", "1.2", "1.2." MAC "0", "1.2.abc",
		"x.2." MAC, "1.x." MAC, "0.2." MAC, "-1.2." MAC, "1.0." MAC, "1.2." MAC ".",
		"1.2.3." MAC, "99999999999999999999.2." MAC };
	struct portal_grant grant;
	struct str is_signed;
	struct str mac;

	(void)state;
	for (size_t i = 0; i < N(tokens); i++)
		assert_int_equal(portal_grant_read(str_from_c(tokens[i]), &grant, &is_signed, &mac),
			RES_INVALID);
	assert_int_equal(portal_grant_read(STR_NONE, &grant, &is_signed, &mac), RES_INVALID);
}

static void portal_origin_other_sites_are_refused(void **state)
{
	static const struct {
		const char *origin;
		const char *host;
		bool is_ours;
	} rows[] = {
		{ NULL, "a:1", true }, /* a program, not a browser that was led here */
		{ "http://a:1", "a:1", true },
		{ "https://a", "a", true },
		{ "http://a:2", "a:1", false },
		{ "http://b", "a", false },
		{ "http://a.b", "a", false },
		{ "null", "a", false },
		{ "a", "a", false },
		{ "", "", false },
		{ "http://", "", false },
		{ "http://a", NULL, false },
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++)
		assert_int_equal(
			portal_origin_is_ours(str_from_c(rows[i].origin), str_from_c(rows[i].host)),
			rows[i].is_ours);
}

static void portal_tries_the_one_after_the_last_is_over(void **state)
{
	const struct portal_limits limits = { .number = 5, .address = 7 };
	static const struct {
		struct portal_tries tries;
		bool is_over;
	} rows[] = {
		{ { 1, 1 }, false },
		{ { 5, 5 }, false },
		{ { 6, 6 }, true },
		{ { 1, 7 }, false },
		{ { 1, 8 }, true },
		{ { 6, 1 }, true },
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++)
		assert_int_equal(portal_tries_are_over(&rows[i].tries, &limits), rows[i].is_over);
}

static void portal_code_read_takes_spaces_and_nothing_else(void **state)
{
	static const struct {
		const char *text;
		const char *code; /* NULL: refused */
	} rows[] = {
		{ "480216", "480216" },
		{ "480 216", "480216" },
		{ " 4-8-0 216 ", "480216" },
		{ "000000", "000000" },
		{ "48021", NULL },
		{ "4802166", NULL },
		{ "48021a", NULL },
		{ "", NULL },
		{ "480216\n", NULL },
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		char code[7] = "";
		enum res res = portal_code_read(str_from_c(rows[i].text), code, NULL);
		assert_int_equal(res == RES_OK, rows[i].code != NULL);
		assert_string_equal(code, rows[i].code == NULL ? "" : rows[i].code);
	}
}

static void portal_incident_six_letters_that_differ(void **state)
{
	char a[7];
	char b[7];

	(void)state;
	portal_incident(0, a);
	portal_incident(UINT64_MAX, b);
	assert_int_equal(strlen(a), 6);
	assert_int_equal(strlen(b), 6);
	assert_string_not_equal(a, b);
	for (int i = 0; i < 6; i++)
		assert_null(strchr("0O1I", a[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(portal_route_each_path_has_its_place),
		cmocka_unit_test(portal_cookie_is_found_by_its_whole_name),
		cmocka_unit_test(portal_grant_reads_what_it_wrote),
		cmocka_unit_test(portal_grant_read_other_forms_are_refused),
		cmocka_unit_test(portal_origin_other_sites_are_refused),
		cmocka_unit_test(portal_tries_the_one_after_the_last_is_over),
		cmocka_unit_test(portal_code_read_takes_spaces_and_nothing_else),
		cmocka_unit_test(portal_incident_six_letters_that_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
