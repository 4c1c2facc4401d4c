/* The gate: which SUBMITs become cases, which were here before, which are refused. */
#ifndef WL_INTAKE_ADMIT_H
#define WL_INTAKE_ADMIT_H

#include "intake_codec.h"
#include "intake_vault.h"
#include "kit/kit.h"

/* Reference data in use, read anew whenever they change. */
struct intake_known {
	struct arena *mem; /* of all here */
	const struct classifier *classifier;
	struct intake_reference reference;
	/* The calendar as known on calendar_day; made anew when the day of decisions changes. */
	int32_t calendar_day;
	struct workday_override *overrides;
	struct workday_calendar calendar;
};

struct intake_service {
	struct vault vault;
	uint8_t query_code_key[CRYPTO_KEY_BYTES];
	bool takes_objects; /* OBJECTS_KEY is given */
	uint8_t objects_key[OBJECT_KEY_BYTES];
	struct span ticket_age_most;
	struct str case_prefix;
	int64_t cell;
	struct classify_reference classify; /* the settings' part */
	struct intake_known known;
};

/* What admission found out about a letter; the handler goes on from here. */
struct intake_admitted {
	struct intake_submit submit;
	uint8_t digest[CRYPTO_HASH_BYTES];
	const struct intake_object *objects; /* as many as submit.n_attachments */
	struct str lookup;		     /* STR_NONE: nothing to find the citizen by */
};

/* As service_spec.admit. Known keys are looked up in one statement; the rules of admission are
 * asked for new letters only, so that a letter that is in keeps its receipt when rules change. */
enum res intake_admit(void *service, struct db *db, struct arena *mem, struct instant now,
	struct kit_submit *submits, size_t n, struct err *err) must_check;

/* The body of a RECEIPT. RES_INVALID: the id cannot be written as a number. */
enum res intake_receipt_for(const struct intake_service *service, struct arena *mem,
	int64_t case_id, struct str digest, struct instant received_at, bool is_repeat,
	struct str *out, struct err *err) must_check;

#endif
