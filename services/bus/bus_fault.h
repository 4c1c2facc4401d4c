/* Faults on purpose, in test builds only: what comes to be routed is lost, taken twice, or taken
 * later than what came after it, as the file says that WANGLI_BUS_FAULTS names. */
#ifndef WL_BUS_FAULT_H
#define WL_BUS_FAULT_H

#include "bus_state.h"
#include "json/json.h"

/* NULL when no file is named, and in every build but those for tests. */
struct bus_faults *bus_faults_open(struct bus_state *state);
void bus_faults_close(struct bus_faults *faults);
/* Reads the file again. */
void bus_faults_turn(struct bus_faults *faults);
/* bus_route, as often and as late as the dice say. */
void bus_faults_pass(
	struct bus_state *state, struct member *from, const struct wire_record *record);
/* What was done to messages, by kind. */
void bus_faults_json(const struct bus_faults *faults, struct json *health);

#endif
