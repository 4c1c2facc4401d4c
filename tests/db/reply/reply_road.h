/* What the tests of reply share: the test plays intake, dispatch, followup, the operator and the
 * door. */
#ifndef WL_TESTS_REPLY_ROAD_H
#define WL_TESTS_REPLY_ROAD_H

#include "service_rig.h"

struct road {
	struct service_rig *at;
	struct client *intake;
	struct client *dispatch;
	struct client *followup;
	struct client *cli;
	struct client *door;
};

extern const char road_officer[]; /* of the unit that road_unit names, 510104 */

int road_open(void **state);
int road_close(void **state);

enum wire_code road_event(struct road *road, struct client *from, const char *producer,
	int64_t case_id, int32_t seq, const char *type, const ProtobufCMessage *body);
enum wire_code road_letter(struct road *road, int64_t case_id);
enum wire_code road_letter_with(
	struct road *road, int64_t case_id, const char *type, int64_t kb_article);
enum wire_code road_unit(struct road *road, int64_t case_id);
enum wire_code road_sign(struct road *road, int64_t case_id);
/* All three: the unit may answer. */
void road_in_hand(struct road *road, int64_t case_id);
struct wire_msg road_submit(
	struct road *road, int64_t case_id, const char *command_id, const char *text);
/* "people" or "system", from the next message on. */
void road_approvals_by(struct road *road, const char *whom);

/* The next DELIVER of that case; what the sweep sends again of other cases is passed over. */
struct wire_msg road_deliver(struct road *road, int64_t case_id);
/* As the door passes on what the channel says of a case. head: type, channel, source_msg_id, and a
 * code or a route where there is one. */
void road_channel_says(struct road *road, enum wire_kind kind, struct wire_head head,
	int64_t case_id, const ProtobufCMessage *body);
void road_done(struct road *road, const struct wire_msg *deliver, const char *delivery_id,
	const char *channel, enum wire_code code);

const char *road_look(struct road *road, const char *what, int64_t case_id);
/* what: a query that the case's id completes. */
void road_wait(struct road *road, const char *what, int64_t case_id, const char *want);
extern const char marker_of[];
extern const char state_of[];
extern const char types_of[];

#endif
