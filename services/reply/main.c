/* The service `reply`: takes the unit's answer, has it approved, hands it to the citizen's channel.
 */
#include <stdlib.h>

#include "base/id.h"
#include "kit/kit.h"
#include "reply_handlers.h"
#include "reply_store.h"

#define REFERENCE_BYTES_MAX (32 * 1024 * 1024) /* REPLY_KB_BYTES_MAX of articles, twice over */

struct reply_settings {
#define SETTING(field, name, type, ...) CONFIG_MEMBER_##type field;
#include "reply_config.def"
#undef SETTING
};

static const struct config_setting settings[] = {
#define SETTING(...) CONFIG_ROW(struct reply_settings, __VA_ARGS__)
#include "reply_config.def"
#undef SETTING
};

static enum res start(struct kit *kit, const void *given, void **out_service, struct err *err)
{
	const struct reply_settings *read = given;
	struct str prefix = str_from_c(read->case_prefix);
	char number[CASE_NUMBER_MAX];
	struct reply_service *service;

	(void)kit;
	TRY(case_number_format(prefix, 1, number, err));
	service = calloc(1, sizeof(*service));
	if (service == NULL)
		return err_set(err, RES_RETRY, "out of memory");
	service->case_prefix = prefix;
	service->claim_for = SPAN_MS(read->claim_for);
	service->verify_within = SPAN_MS(read->verify_within);
	*out_service = service;
	return RES_OK;
}

static void stop(void *given)
{
	struct reply_service *service = given;

	if (service == NULL)
		return;
	arena_destroy(service->mem);
	free(service);
}

/* The new version is read whole before the old one goes. */
static enum res load_reference(void *given, struct db *db, int32_t ref_version, struct err *err)
{
	struct reply_service *service = given;
	struct reply_reference reference;
	struct arena *mem = arena_create(REFERENCE_BYTES_MAX);
	enum res res;

	(void)ref_version;
	res = reply_load_reference(db, mem, &reference, err);
	if (res == RES_OK && arena_failed(mem))
		res = err_set(
			err, RES_TOO_BIG, "reference data over %d bytes", REFERENCE_BYTES_MAX);
	if (res != RES_OK) {
		arena_destroy(mem);
		return res;
	}
	arena_destroy(service->mem);
	service->mem = mem;
	service->reference = reference;
	return RES_OK;
}

static const struct service_spec spec = {
	.name = "reply",
	.schema_number = 5,
	.cases = &reply_cases,
	.tables = reply_tables,
	.handlers = reply_handlers,
	.statements = reply_statements,
	.settings = settings,
	.n_settings = sizeof(settings) / sizeof(settings[0]),
	.settings_bytes = sizeof(struct reply_settings),
	.start = start,
	.stop = stop,
	.load_reference = load_reference,
	.deliver_prefix = "deliver/",
	.make_deliver = reply_make_deliver,
};

int main(int argc, char **argv)
{
	return kit_main(&spec, argc, argv);
}
