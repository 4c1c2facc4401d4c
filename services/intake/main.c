/* The service `intake`: takes letters in, numbers and stores them, decides type, category and area.
 */
#include <stdlib.h>

#include "base/id.h"
#include "intake_admit.h"
#include "intake_handlers.h"
#include "intake_store.h"
#include "kit/kit.h"

#define REFERENCE_BYTES_MAX (16 * 1024 * 1024)
#define NO_DAY		    INT32_MIN

struct intake_settings {
#define SETTING(field, name, type, ...) CONFIG_MEMBER_##type field;
#include "intake_config.def"
#undef SETTING
};

static const struct config_setting settings[] = {
#define SETTING(...) CONFIG_ROW(struct intake_settings, __VA_ARGS__)
#include "intake_config.def"
#undef SETTING
};

static void stop(void *given)
{
	struct intake_service *service = given;

	if (service == NULL)
		return;
	arena_destroy(service->known.mem);
	free(service);
}

static enum res take_settings(
	struct intake_service *service, const struct intake_settings *read, struct err *err)
{
	char number[CASE_NUMBER_MAX];

	TRY(vault_init(&service->vault, str_from_c(read->vault_key), err));
	if (crypto_base64_read(str_trim(str_from_c(read->query_code_key)), service->query_code_key,
		    CRYPTO_KEY_BYTES) != RES_OK)
		return err_set(err, RES_INVALID, "QUERY_CODE_KEY: want 32 bytes in base64");
	service->takes_objects = read->objects_key[0] != 0;
	if (service->takes_objects)
		TRY(object_key_read(str_from_c(read->objects_key), service->objects_key, err));
	service->ticket_age_most =
		SPAN_MS(read->objects_keep / 7 * 6); /* a day of a week to spare */
	service->case_prefix = str_from_c(read->case_prefix);
	service->cell = read->cell;
	service->classify = (struct classify_reference){
		.general_category = str_from_c(read->general_category),
		.default_type = str_from_c(read->default_type),
		.least_score = (int32_t)read->least_score,
		.least_margin_pct = (int32_t)read->least_margin,
		.least_type_score = (int32_t)read->least_type_score,
	};
	return case_number_format(service->case_prefix, 1, number, err);
}

static enum res start(struct kit *kit, const void *given, void **out_service, struct err *err)
{
	struct intake_service *service = calloc(1, sizeof(*service));

	(void)kit;
	if (service == NULL)
		return err_set(err, RES_RETRY, "out of memory");
	enum res res = take_settings(service, given, err);
	if (res != RES_OK) {
		stop(service);
		return res;
	}
	*out_service = service;
	return RES_OK;
}

/* The rows of words are only needed while the classifier is made. */
static enum res make_classifier(const struct intake_service *service, struct db *db,
	struct arena *mem, const struct classifier **out, struct err *err)
{
	struct classify_reference reference = service->classify;
	SCOPED(arena)
	struct arena *rows = arena_create(REFERENCE_BYTES_MAX);

	TRY(intake_load_words(db, rows, &reference, err));
	return classify_words_make(mem, &reference, out, err);
}

static enum res read_known(const struct intake_service *service, struct db *db, struct arena *mem,
	struct intake_known *out, struct err *err)
{
	*out = (struct intake_known){ .mem = mem, .calendar_day = NO_DAY };
	out->reference.general_category = service->classify.general_category;
	out->reference.default_type = service->classify.default_type;
	TRY(make_classifier(service, db, mem, &out->classifier, err));
	TRY(intake_load_reference(db, mem, &out->reference, err));
	out->overrides =
		arena_new_array(mem, struct workday_override, out->reference.n_notices + 1);
	if (arena_failed(mem))
		return err_set(
			err, RES_TOO_BIG, "reference data over %d bytes", REFERENCE_BYTES_MAX);
	return RES_OK;
}

/* The new version is read whole before the old one goes. */
static enum res load_reference(void *given, struct db *db, int32_t ref_version, struct err *err)
{
	struct intake_service *service = given;
	struct intake_known made;
	struct arena *mem = arena_create(REFERENCE_BYTES_MAX);

	(void)ref_version;
	enum res res = read_known(service, db, mem, &made, err);
	if (res != RES_OK) {
		arena_destroy(mem);
		return res;
	}
	arena_destroy(service->known.mem);
	service->known = made;
	return RES_OK;
}

static const struct service_spec spec = {
	.name = "intake",
	.schema_number = 9,
	.cases = &intake_cases,
	.tables = intake_tables,
	.handlers = intake_handlers,
	.statements = intake_statements,
	.settings = settings,
	.n_settings = sizeof(settings) / sizeof(settings[0]),
	.settings_bytes = sizeof(struct intake_settings),
	.start = start,
	.stop = stop,
	.load_reference = load_reference,
	.admit = intake_admit,
};

int main(int argc, char **argv)
{
	return kit_main(&spec, argc, argv);
}
