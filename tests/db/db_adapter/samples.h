/* Rows with a column of every type that crosses the border, and all kinds of null. */
#ifndef WL_TESTS_DB_ADAPTER_SAMPLES_H
#define WL_TESTS_DB_ADAPTER_SAMPLES_H

#include "fixture.h"

#define HASH_BYTES 32
#define N_COLS	   9
#define N_SAMPLES  5

struct sample {
	int16_t small;
	int32_t middle;
	int64_t large;
	bool flag;
	struct str text;
	struct str bytes;
	uint8_t hash[HASH_BYTES];
	struct instant at;
	int32_t day;
};

extern const struct db_col sample_cols[N_COLS];
extern const struct sample samples[N_SAMPLES];

void assert_str(struct str want, struct str got);
void assert_sample(const struct sample *want, const struct sample *got);

#endif
