/* The folder of public keys: who may connect, and under which name. */
#ifndef WL_BUS_PEERS_H
#define WL_BUS_PEERS_H

#include <stdbool.h>

#include "base/err.h"
#include "base/instant.h"
#include "base/str.h"
#include "bus/bus.h"

struct bus_peers;
/* RES_INVALID: the folder cannot be read. A file that holds no key is passed over: it may be half
 * written. */
enum res bus_peers_open(struct bus_peers **out, const char *folder, struct err *err) must_check;
void bus_peers_close(struct bus_peers *peers);
/* The name of the key's owner. An unknown key has the folder read again, at most once a second. */
bool bus_peers_name(
	struct bus_peers *peers, struct str z85, struct instant now, char out_name[BUS_USER_MAX]);
size_t bus_peers_count(const struct bus_peers *peers);

#endif
