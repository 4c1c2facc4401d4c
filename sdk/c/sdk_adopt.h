/* Private to the SDK: the spool of somebody who died, taken over. See wangli_adopt in wangli.h.
 *
 * Order: his outcomes and claims into ours, durable; his letters into ours, durable; then, in his
 * own file, each of these letters is answered. Whoever is killed between two steps and begins anew
 * finds what he has already and goes on: a letter is in one of the two at any time, and where it is
 * in both, both would send the same bytes, which the platform takes once. */
#ifndef WL_SDK_SDK_ADOPT_H
#define WL_SDK_SDK_ADOPT_H

#include "sdk/sdk_spool.h"

/* RES_NOT_FOUND: no spool is there. To be asked first: what follows makes what is missing. */
enum res adopt_find(const char *folder, struct err *err) must_check;

/* own, outbox: ours, open. folder: his, whose lock the caller holds. now: real time.
 * *out_letters: how many were taken that we did not have; set also on RES_INVALID.
 * RES_RETRY: a disk refuses; begin anew.
 * RES_INVALID: all is done but for letters whose names ours have too, with other content: they are
 * left in the folder and named. */
enum res adopt_spool(struct spool *own, struct outbox *outbox, const char *folder,
	struct instant now, size_t *out_letters, struct err *err) must_check;

#endif
