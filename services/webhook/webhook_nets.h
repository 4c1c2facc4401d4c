/* ALLOW_NETS: "127.0.0.0/8,fd00::/8"; empty: none. */
#ifndef WL_WEBHOOK_NETS_H
#define WL_WEBHOOK_NETS_H

#include "webhook_address_core.h"

enum res webhook_nets_read(struct str text, struct webhook_nets *out, struct err *err) must_check;

#endif
