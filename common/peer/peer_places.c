#include "peer/peer_places.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#define TCP    "tcp://"
#define IPC    "ipc://"
#define WANTED "want tcp://host:port or ipc:///path, several separated by commas"

static enum res wrong(struct str text, const char *why, struct err *err)
{
	return err_set(err, RES_INVALID, "address '%.*s': %s; " WANTED,
		(int)(text.n < PEER_PLACE_TEXT ? text.n : PEER_PLACE_TEXT), text.p, why);
}

static bool is_name(const char *host)
{
	unsigned char bytes[sizeof(struct in6_addr)];

	return host[0] != '[' && inet_pton(AF_INET, host, bytes) != 1;
}

static bool is_port(struct str port)
{
	int64_t number;

	return port.n < sizeof(((struct peer_place *)NULL)->port) &&
	       str_to_int64(port, &number) == RES_OK && number >= 1 && number <= 65535;
}

static enum res tcp_read(struct str text, struct peer_place *place, struct err *err)
{
	struct str rest = str_slice(text, strlen(TCP), text.n);
	size_t colon = rest.n;

	while (colon > 0 && rest.p[colon - 1] != ':')
		colon--;
	if (colon < 2)
		return wrong(text, "it has no host and port", err);
	struct str host = str_slice(rest, 0, colon - 1), port = str_slice(rest, colon, rest.n);
	if (!is_port(port))
		return wrong(text, "the port is no number from 1 to 65535", err);
	if (host.n >= sizeof(place->name) - 1)
		return wrong(text, "the host is too long", err);
	snprintf(place->name, sizeof(place->name), "%.*s", STR_ARG(host));
	snprintf(place->port, sizeof(place->port), "%.*s", STR_ARG(port));
	if (!is_name(place->name))
		place->name[0] = 0;
	else if (strchr(place->name, ':') != NULL)
		return wrong(text, "an IPv6 address goes into brackets", err);
	return RES_OK;
}

static enum res place_read(struct str text, struct peer_place *place, struct err *err)
{
	*place = (struct peer_place){ .text = "" };
	if (text.n >= sizeof(place->text))
		return wrong(text, "it is too long", err);
	snprintf(place->text, sizeof(place->text), "%.*s", STR_ARG(text));
	if (str_starts(text, STR(TCP)))
		return tcp_read(text, place, err);
	return str_starts(text, STR(IPC)) && text.n > strlen(IPC)
		       ? RES_OK
		       : wrong(text, "no address of ours", err);
}

enum res peer_places_read(struct str text, struct peer_places *out, struct err *err)
{
	struct str rest = text;
	struct str one;

	out->n = 0;
	while (str_split(&rest, ',', &one)) {
		one = str_trim(one);
		if (str_is_empty(one) && out->n == 0 && str_is_empty(str_trim(rest)))
			break;
		if (out->n == PEER_PLACES_MAX)
			return err_set(err, RES_INVALID, "more than %d addresses", PEER_PLACES_MAX);
		TRY(place_read(one, &out->items[out->n], err));
		for (size_t i = 0; i < out->n; i++)
			if (strcmp(out->items[i].text, out->items[out->n].text) == 0)
				return wrong(one, "it stands there twice", err);
		out->n++;
	}
	return out->n > 0 ? RES_OK : wrong(text, "it is empty", err);
}
