#include "portal_grants.h"

#include <inttypes.h>

#include "base/id.h"
#include "os/os.h"
#include "portal_core.h"

#define COOKIE "wl_letter"

static int64_t real_s(void)
{
	return os_real_now().us / 1000000;
}

static struct str mac_hex(
	struct portal_state *state, struct arena *mem, struct str use, struct str text)
{
	uint8_t hash[CRYPTO_HASH_BYTES];
	const struct str parts[] = { use, text };

	crypto_hash(hash, state->secret, parts, 2);
	return crypto_hex(mem, str_of(hash, PORTAL_MAC_CHARS / 2));
}

const char *portal_grant_cookie(
	struct portal_state *state, struct arena *mem, int64_t case_id, const char *number)
{
	int64_t lasts_s = state->config.grant / 1000;
	const struct portal_grant grant = { .case_id = case_id, .ends_s = real_s() + lasts_s };
	char text[PORTAL_TOKEN_MAX];

	portal_grant_text(&grant, text);
	struct str mac = mac_hex(state, mem, STR("grant"), str_from_c(text));
	return arena_c(mem, arena_printf(mem,
				    COOKIE "=%s.%.*s; Path=/api/q/%s; Max-Age=%" PRId64
					   "; HttpOnly; SameSite=Strict%s",
				    text, STR_ARG(mac), number, lasts_s,
				    state->config.is_tls ? "; Secure" : ""));
}

bool portal_grant_find(struct portal_state *state, const struct http_request *request,
	struct str number, int64_t *out_case_id)
{
	struct str cookie = portal_cookie(http_header(request, "Cookie"), STR(COOKIE));
	struct portal_grant grant;
	struct str is_signed;
	struct str mac;
	int64_t case_id;

	if (case_number_parse(number, &case_id, NULL) != RES_OK ||
		portal_grant_read(cookie, &grant, &is_signed, &mac) != RES_OK ||
		grant.case_id != case_id || grant.ends_s <= real_s() ||
		!crypto_equal(mac, mac_hex(state, request->mem, STR("grant"), is_signed)))
		return false;
	*out_case_id = case_id;
	return true;
}

struct str portal_grant_token(struct portal_state *state, struct arena *mem, int64_t case_id)
{
	return mac_hex(state, mem, STR("act"), str_of(&case_id, sizeof(case_id)));
}

struct str portal_try_key(
	struct portal_state *state, struct arena *mem, const char *what, struct str of)
{
	uint8_t hash[CRYPTO_HASH_BYTES];
	const struct str parts[] = { STR("try"), str_from_c(what), of };

	crypto_hash(hash, state->secret, parts, 3);
	return arena_str(mem, str_of(hash, sizeof(hash)));
}
