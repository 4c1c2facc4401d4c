/* The toy's rows in PostgreSQL. */
#ifndef WL_TOY_STORE_H
#define WL_TOY_STORE_H

#include "kit/kit.h"

struct toy_case {
	int32_t n;	/* effects so far */
	bool is_jammed; /* its timer cannot do its work */
};

struct toy_row {
	struct kit_case kit;
	struct toy_case file;
};

struct toy_effect_row {
	int64_t case_id;
	int32_t n;
	struct str what;
};

struct toy_claim_row {
	int64_t case_id;
	struct str key;
};

extern const struct kit_case_table toy_cases;
extern const struct kit_table toy_effects;
extern const struct kit_table toy_claims;
extern const struct kit_table *const toy_tables[];
extern const struct db_sql *const toy_statements[];

#endif
