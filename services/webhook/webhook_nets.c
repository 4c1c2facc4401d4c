/* Networks as a setting names them; inet_pton keeps this out of the core. */
#include "webhook_nets.h"

#include <arpa/inet.h>
#include <string.h>

static bool net_read(struct str text, struct webhook_net *out)
{
	char address[INET6_ADDRSTRLEN] = "";
	struct str host = text, bits = STR_NONE;
	size_t slash = str_find(text, STR("/"), 0);
	int64_t number;

	if (slash != SIZE_MAX) {
		host = str_slice(text, 0, slash);
		bits = str_slice(text, slash + 1, text.n);
	}
	if (host.n == 0 || host.n >= sizeof address)
		return false;
	memcpy(address, host.p, host.n);
	out->is_v6 = memchr(address, ':', host.n) != NULL;
	if (inet_pton(out->is_v6 ? AF_INET6 : AF_INET, address, out->bytes) != 1)
		return false;
	number = out->is_v6 ? 128 : 32;
	if (slash != SIZE_MAX && (str_to_int64(bits, &number) != RES_OK || number < 0 ||
					 number > (out->is_v6 ? 128 : 32)))
		return false;
	out->bits = (uint8_t)number;
	return true;
}

enum res webhook_nets_read(struct str text, struct webhook_nets *out, struct err *err)
{
	struct webhook_nets made = { .n = 0 };
	struct str rest = text, one;

	while (!str_is_empty(text) && str_split(&rest, ',', &one)) {
		struct webhook_net net = { 0 };

		if (made.n == WEBHOOK_NETS_MAX)
			return err_set(err, RES_INVALID, "more than %d networks", WEBHOOK_NETS_MAX);
		if (!net_read(str_trim(one), &net))
			return err_set(err, RES_INVALID,
				"network '%.*s': want 10.0.0.0/8 or fd00::/8", STR_ARG(one));
		made.nets[made.n++] = net;
	}
	*out = made;
	return RES_OK;
}
