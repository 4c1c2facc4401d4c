/* What reaches the portal from outside: path, cookies, origin, the parameters of a list, a grant, a
 * code, and a body. The first byte says which. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/check.h"
#include "base/id.h"
#include "portal_core.h"
#include "portal_filter_core.h"
#include "json/json.h"

#define BODY_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_path(struct str text)
{
	struct str number;
	int64_t case_id;

	portal_route_is_page(portal_route(text, &number));
	CHECK(number.n <= text.n);
	(void)!case_number_parse(number, &case_id, NULL);
}

static void try_header(struct str text)
{
	struct portal_grant grant;
	struct str is_signed;
	struct str mac;
	struct str value = portal_cookie(text, STR("wl_letter"));
	char again[PORTAL_TOKEN_MAX];

	portal_origin_is_ours(text, STR("127.0.0.1:8311"));
	if (portal_grant_read(value, &grant, &is_signed, &mac) != RES_OK)
		return;
	CHECK(mac.n == PORTAL_MAC_CHARS && grant.case_id > 0);
	portal_grant_text(&grant, again);
}

static void try_list(struct str text)
{
	struct filter filter = filter_none();
	struct str pair;

	while (text.p != NULL && str_split(&text, '&', &pair)) {
		size_t at = str_find(pair, STR("="), 0);
		if (at == SIZE_MAX)
			continue;
		if (filter_add(&filter, str_slice(pair, 0, at), str_slice(pair, at + 1, pair.n),
			    NULL) != RES_OK)
			continue;
		CHECK(filter.before > 0 && filter.metric < FILTER_METRICS);
		CHECK(filter.unit.n <= FILTER_WORD_MAX && filter.state.n <= FILTER_WORD_MAX);
	}
}

static void try_body(struct str text)
{
	struct json *json = NULL;
	char code[7];

	if (json_parse(text, BODY_MAX, &json, NULL) == RES_OK &&
		portal_code_read(json_get_str(json, "code"), code, NULL) == RES_OK)
		CHECK(strlen(code) == 6);
	json_destroy(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const tries[])(
		struct str text) = { try_path, try_header, try_list, try_body };

	if (size == 0)
		return 0;
	tries[data[0] % 4](str_of(data + 1, size - 1));
	return 0;
}
