/* Which addresses a webhook may be sent to. Pure. */
#ifndef WL_WEBHOOK_ADDRESS_CORE_H
#define WL_WEBHOOK_ADDRESS_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

#define WEBHOOK_NETS_MAX  16
#define WEBHOOK_PORTS_MAX 16
#define WEBHOOK_URL_MAX	  2000

struct webhook_net {
	bool is_v6;
	uint8_t bytes[16];
	uint8_t bits;
};

/* Networks that are allowed although they are not public. */
struct webhook_nets {
	struct webhook_net nets[WEBHOOK_NETS_MAX];
	size_t n;
};

/* bytes: 4 (IPv4) or 16, as on the wire. What carries an IPv4 address inside (mapped, compatible,
 * 6to4, NAT64, Teredo, ISATAP) is judged never public: nobody's webhook needs one.
 * source: IANA's special-purpose address registries (RFC 6890, updated), and what is not 2000::/3
 */
bool webhook_address_is_public(bool is_v6, const uint8_t *bytes);
bool webhook_address_is_allowed(const struct webhook_nets *nets, bool is_v6, const uint8_t *bytes);

struct webhook_ports {
	uint16_t ports[WEBHOOK_PORTS_MAX];
	size_t n;
};
/* "443,8443" */
enum res webhook_ports_read(struct str text, struct webhook_ports *out, struct err *err) must_check;
bool webhook_port_is_allowed(const struct webhook_ports *ports, uint16_t port);

/* RES_INVALID with a sentence: not https (or http, when allowed), credentials, a fragment, control
 * characters, blanks or backslashes, no host, a port that is not allowed, longer than
 * WEBHOOK_URL_MAX. */
enum res webhook_url_check(struct str url, bool allows_http, const struct webhook_ports *ports,
	struct err *err) must_check;

#endif
