/* The service `analytics`: one row of facts a case, and the figures that follow from it. */
#include <stdlib.h>

#include "analytics_handlers.h"
#include "analytics_status.h"
#include "analytics_store.h"
#include "base/id.h"
#include "kit/kit.h"

#define CALENDAR_BYTES_MAX (4 * 1024 * 1024)

struct analytics_settings {
#define SETTING(field, name, type, ...) CONFIG_MEMBER_##type field;
#include "analytics_config.def"
#undef SETTING
};

static const struct config_setting own_settings[] = {
#define SETTING(...) CONFIG_ROW(struct analytics_settings, __VA_ARGS__)
#include "analytics_config.def"
#undef SETTING
};

static enum res start(struct kit *kit, const void *settings, void **out_service, struct err *err)
{
	const struct analytics_settings *read = settings;
	struct str prefix = str_from_c(read->case_prefix);
	char number[CASE_NUMBER_MAX];
	struct analytics_service *service;

	(void)kit;
	TRY(case_number_format(prefix, 1, number, err));
	service = calloc(1, sizeof(*service));
	if (service == NULL)
		return err_set(err, RES_RETRY, "out of memory");
	service->case_prefix = prefix;
	*out_service = service;
	return RES_OK;
}

static void stop(void *given)
{
	struct analytics_service *service = given;

	if (service == NULL)
		return;
	arena_destroy(service->mem);
	free(service);
}

/* The new calendar is read whole before the old one goes. */
static enum res load_reference(void *given, struct db *db, int32_t ref_version, struct err *err)
{
	struct analytics_service *service = given;
	struct analytics_calendar calendar;
	struct arena *mem = arena_create(CALENDAR_BYTES_MAX);
	enum res res;

	(void)ref_version;
	res = analytics_load_calendar(db, mem, &calendar, err);
	if (res != RES_OK) {
		arena_destroy(mem);
		return res;
	}
	arena_destroy(service->mem);
	service->mem = mem;
	service->calendar = calendar;
	return RES_OK;
}

static const struct service_spec spec = {
	.name = "analytics",
	.rows_are_swapped = true, /* ./wangli rebuild analytics */
	.batch_most = 8000,	  /* a life is two dozen events: so many are few rows */
	.schema_number = 5,
	.cases = &analytics_cases,
	.tables = analytics_tables,
	.handlers = analytics_handlers,
	.statements = analytics_statements,
	.settings = own_settings,
	.n_settings = sizeof(own_settings) / sizeof(own_settings[0]),
	.settings_bytes = sizeof(struct analytics_settings),
	.deliver_prefix = ANALYTICS_STATUS_PREFIX,
	.make_deliver = analytics_make_status,
	.start = start,
	.stop = stop,
	.load_reference = load_reference,
};

int main(int argc, char **argv)
{
	return kit_main(&spec, argc, argv);
}
