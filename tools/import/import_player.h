/* The people of a replay: each letter of the file is brought along the road as far as it can go
 * now. What the services publish of it says which step is next (replay_core), the COMMAND goes out
 * under an id made from channel, external_id and step, and its result only says when to look again.
 * So an interrupted replay goes on where the cases stand. Time is import_replay.c's. */
#ifndef WL_IMPORT_IMPORT_PLAYER_H
#define WL_IMPORT_IMPORT_PLAYER_H

#include "base/map.h"
#include "import_run.h"

struct player {
	struct import_run *run;
	struct arena *mem;	    /* of one turn */
	struct import_item **queue; /* a ring: to be taken up, each item once */
	size_t n_queue;
	size_t head;
	struct import_item **active;
	size_t n_active;
	struct import_item **watched; /* answered, and the citizen will rate */
	size_t n_watched;
	struct map *asked; /* command_id → item that waits for its result */
	struct instant moved_at;
	bool has_people; /* somebody has to take steps between letter and reply */
};

enum res player_open(struct player *player, struct import_run *run, struct err *err) must_check;
void player_close(struct player *player);
/* Takes an item up again: its letter was handed in, its reply's time has come, or it was asked. */
void player_take_up(struct player *player, struct import_item *item);
/* One turn of both connections. */
enum res player_turn(struct player *player, struct span wait, struct err *err) must_check;
/* Turns until every item that was taken up has come as far as it can now. RES_RETRY: nothing moved
 * for two minutes; says what stands. */
enum res player_settle(struct player *player, struct err *err) must_check;
/* Takes up those whom a visit has reached and who have a rating to give. */
enum res player_look_for_visits(struct player *player, struct err *err) must_check;

#endif
