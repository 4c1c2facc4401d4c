/* What media holds while it runs. Durable is only what the store has. */
#ifndef WL_MEDIA_STATE_H
#define WL_MEDIA_STATE_H

#include "base/arena.h"
#include "config/config.h"
#include "http/http.h"
#include "log/log.h"
#include "loop/loop.h"
#include "media_core.h"
#include "object/object.h"
#include "peer/peer.h"
#include "store.h"

#define MEDIA_GROUP "media"

struct media_config {
#define SETTING(field, name, type, fallback, least, most, unit, meaning) CONFIG_MEMBER_##type field;
#include "media_config.def"
#undef SETTING
};

struct media_tally {
	int64_t asked;	       /* object.put.v1 */
	int64_t stored;	       /* uploads that were stored */
	int64_t repeated;      /* asked for or uploaded, and there already */
	int64_t refused;       /* asked for or uploaded, and turned away */
	int64_t broken;	       /* uploads that broke off or were cut off */
	int64_t photos_failed; /* wangli-photo crashed, hung or was killed */
	int64_t read;
	int64_t aside; /* set aside, index entries too */
};

#define MEDIA_PAGE 1000 /* that intake is asked about at once */
struct media_sweep {
	int64_t asked; /* questions so far */
	struct instant before;
	size_t n; /* 0: nothing is asked */
	uint8_t sha256[MEDIA_PAGE][MEDIA_SHA256_BYTES];
};

struct media_upload;

struct media_state {
	struct media_config config;
	struct media_limits limits;
	struct log *log;
	struct metrics *metrics;
	struct loop *loop;
	struct peer *peer;
	struct store *store;
	struct arena *mem; /* of one round of messages from the bus */
	uint8_t key[OBJECT_KEY_BYTES];
	char photo_program[STORE_PATH_MAX];
	int64_t used;	   /* bytes of all objects, counted at the start */
	int64_t announced; /* bytes of the uploads under way */
	int64_t uploads;
	int64_t photos; /* processes at work */
	struct media_tally tally;
	struct media_sweep sweep;
};

#endif
