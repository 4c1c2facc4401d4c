/* Which store, by the settings. */
#ifndef WL_MEDIA_MEDIA_STORE_H
#define WL_MEDIA_MEDIA_STORE_H

#include "media_state.h"

/* RES_INVALID: what is missing, for whoever set it. */
enum res media_store_check(const struct media_config *config, struct err *err) must_check;
enum res media_store_open(
	const struct media_config *config, struct store **out, struct err *err) must_check;

#endif
