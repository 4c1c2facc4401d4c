/* What the tests of reply's core share: a case in each state, an event of each kind. */
#ifndef WL_TESTS_REPLY_CASES_H
#define WL_TESTS_REPLY_CASES_H

#include "reply_core.h"

#define UNIT	 STR("510104")
#define OFFICER	 ((struct actor){ ROLE_UNIT_OFFICER, STR("li"), UNIT })
#define LEAD	 ((struct actor){ ROLE_UNIT_LEAD, STR("zhou"), UNIT })
#define CLAIM_ID STR("claim-of-replica-1") /* of who claimed in case_in */
#define SYSTEM	 ((struct actor){ .role = ROLE_SYSTEM })

extern const struct instant now; /* 2019-01-01 08:00 in Shanghai */
extern const struct reply_rules people;
extern const struct reply_rules system_alone;

struct reply_case case_in(int state);
/* Who takes that step in the tests that are not about roles. */
struct actor actor_for(enum reply_event_kind kind, int state);
struct reply_event event_of(enum reply_event_kind kind);

#endif
