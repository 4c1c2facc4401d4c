/* The small readers that everything else stands on: numbers, dates, times, case numbers, actors,
 * UTF-8, acknowledgements, JSON. What is read can be written, and reads the same. The first byte
 * says which. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/actor.h"
#include "base/check.h"
#include "base/id.h"
#include "base/instant.h"
#include "wire/wire_acks.h"
#include "json/json.h"

#define MEM_BYTES (8u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_date(struct str text)
{
	char out[DATE_TEXT_MAX];
	int32_t days, again;

	if (date_parse(text, &days) != RES_OK)
		return;
	CHECK(date_parse(str_from_c(date_format(days, out)), &again) == RES_OK && again == days);
}

static void try_instant(struct str text)
{
	char out[INSTANT_TEXT_MAX];
	struct instant at, again;

	if (instant_parse(text, &at) != RES_OK)
		return;
	/* the first hours of year 1 and the last of 9999 lie in another year in Shanghai */
	if (instant_parse(str_from_c(instant_format(at, out)), &again) == RES_OK)
		CHECK(again.us == at.us);
	else
		CHECK(str_starts(text, STR("0001")) || str_starts(text, STR("9999")));
}

/* Any number of microseconds can be shown. */
static void try_moment(struct str bytes)
{
	char out[INSTANT_TEXT_MAX];
	struct instant at;

	if (bytes.n < sizeof(at))
		return;
	memcpy(&at, bytes.p, sizeof(at));
	CHECK(str_from_c(instant_format(at, out)).n < sizeof(out));
	(void)date_weekday(instant_shanghai_day(at));
}

static void try_case_number(struct str text)
{
	char out[CASE_NUMBER_MAX];
	int64_t id, again;

	if (case_number_parse(text, &id, NULL) != RES_OK)
		return;
	CHECK(id > 0 && case_number_format(STR("CD"), id, out, NULL) == RES_OK);
	CHECK(case_number_parse(str_from_c(out), &again, NULL) == RES_OK && again == id);
}

static void try_actor(struct str text)
{
	struct actor actor;

	if (actor_parse(text, &actor, NULL) != RES_OK)
		return;
	CHECK(actor.role < ROLES && str_is_utf8(actor.name) && str_is_utf8(actor.unit));
	CHECK(actor.name.n + actor.unit.n < text.n);
}

static void try_utf8(struct str text)
{
	size_t good = str_utf8_prefix(text);
	struct str prefix = str_slice(text, 0, good), cut;

	CHECK(good <= text.n && str_is_utf8(prefix) && (good == text.n) == str_is_utf8(text));
	cut = str_utf8_cut(prefix, 3);
	CHECK(str_is_utf8(cut) && str_utf8_length(cut) <= 3);
	CHECK(str_trim(text).n <= text.n && str_is_utf8(str_trim(prefix)));
	(void)str_find_control(prefix);
}

static void try_acks(struct str bytes)
{
	struct str rest = bytes;
	struct wire_ack ack;
	char out[WIRE_ACK_BYTES];

	while (wire_ack_next(&rest, &ack)) {
		CHECK(ack.case_id > 0 && ack.seq >= 0);
		wire_ack_put(out, &ack);
		CHECK(memcmp(out, rest.p - WIRE_ACK_BYTES, WIRE_ACK_BYTES) == 0);
	}
	CHECK(rest.n <= bytes.n);
}

/* What is written again is the same text, if it was without blanks and escapes; else it reads as
 * the same value, which the second writing shows. */
static void try_json(struct str text)
{
	SCOPED(arena)
	struct arena *mem = arena_create(MEM_BYTES);
	struct json *json = NULL, *again = NULL;
	struct str first;

	CHECK(mem != NULL);
	if (json_parse(text, text.n, &json, NULL) != RES_OK)
		return;
	first = json_text(mem, json);
	CHECK(json_parse(first, first.n, &again, NULL) == RES_OK);
	CHECK(str_eq(json_text(mem, again), first));
	for (size_t i = 0; i < json_count(json); i++)
		CHECK(json_at(json, i) != NULL);
	(void)json_get_str(json, "a");
	(void)json_get_int(json, "a", 0);
	json_destroy(json);
	json_destroy(again);
}

static void try_number(struct str text)
{
	int64_t number;

	if (str_to_int64(text, &number) == RES_OK)
		CHECK(text.n > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const tries[])(struct str text) = { try_date, try_instant, try_moment,
		try_case_number, try_actor, try_utf8, try_acks, try_json, try_number };

	if (size == 0)
		return 0;
	tries[data[0] % 9](str_of(data + 1, size - 1));
	return 0;
}
