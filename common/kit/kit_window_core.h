/* How many deliveries may be under way to a channel. Behind it stands somebody else's program,
 * which takes some at once and answers BUSY to more: how many is found out by asking. As many as
 * were under way when it refused one, and now and then one more. A count that is wrong (a member
 * died with what it held) rights itself: what the sweep finds is under way no longer, and a full
 * channel that says nothing for long is asked again. Pure. */
#ifndef WL_KIT_KIT_WINDOW_CORE_H
#define WL_KIT_KIT_WINDOW_CORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/instant.h"

#define WINDOW_FIRST 1024 /* nothing is known of the channel yet */
#define WINDOW_LEAST 8
#define WINDOW_MOST  4096
#define WINDOW_GROWS 16 /* answers, for one more at once */

struct window {
	int32_t under_way; /* sent and not answered, as far as is known */
	int32_t most;	   /* that many at once */
	int32_t answers;   /* since it grew */
	struct instant heard_at;
};

void window_init(struct window *window);
/* `silence`: how long a full channel may say nothing before it is asked again, as if empty. */
bool window_has_room(struct window *window, struct instant now, struct span silence);
void window_send(struct window *window);
void window_unsend(struct window *window); /* one of them did not go, or was lost */
void window_forget(struct window *window); /* all that was under way may be lost */
void window_answer(struct window *window, struct instant now);
/* A member takes no more. How long the whole channel is left alone: as long as it says (0: it says
 * nothing), where next to nothing is under way; 0 where the next answer makes room. */
struct span window_refuse(struct window *window, struct span says);

#endif
