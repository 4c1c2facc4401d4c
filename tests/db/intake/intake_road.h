/* Intake's own stage for tests: two replicas between a real broker and a real PostgreSQL, and a
 * door that hands letters in. */
#ifndef WL_TESTS_INTAKE_ROAD_H
#define WL_TESTS_INTAKE_ROAD_H

#include "service_rig.h"

#include "crypto/crypto.h"
#include "proto/door.pb-c.h"

struct intake_road {
	struct service_rig *at;
	struct client *door;
	struct client *followup;
	struct client *reply;
	struct client *cli;
	uint8_t vault_public[CRYPTO_KEY_BYTES];
	uint8_t data_key[CRYPTO_KEY_BYTES];
	uint8_t sealed_key[CRYPTO_SEALED_KEY_BYTES];
	uint8_t objects_key[CRYPTO_KEY_BYTES]; /* of tickets */
	uint8_t epoch[CRYPTO_HASH_BYTES];      /* the first 16 bytes count */
};

/* As cmocka's group set-up and tear-down. */
int intake_road_open(void **state);
int intake_road_close(void **state);

/* The body of a SUBMIT; phone NULL: no contact. The ciphertext differs each time. */
struct str intake_letter_body(struct intake_road *road, const char *msg_id, const char *title,
	const char *text, const char *phone);
struct wire_msg intake_submit_of(struct intake_road *road, const char *msg_id, struct str body);
/* Sends until somebody serves the group, as the spool of an integrator does. */
struct wire_msg intake_submit(struct intake_road *road, const char *msg_id, struct str body);
/* The answer as a receipt; anything else fails the test. */
Wangli__Receipt *intake_receipt(struct intake_road *road, const struct wire_msg *answer);
/* "{}" in the query is the case of the letter with that id. */
const char *intake_look(struct intake_road *road, const char *query, const char *msg_id);

#endif
