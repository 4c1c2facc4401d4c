/* The service `dispatch`: decides which unit has a case and until when. */
#include <stdlib.h>

#include "dispatch_handlers.h"
#include "dispatch_store.h"
#include "kit/kit.h"

#define REFERENCE_BYTES_MAX (8 * 1024 * 1024)
#define NO_DAY		    INT32_MIN

struct dispatch_settings {
#define SETTING(field, name, type, ...) CONFIG_MEMBER_##type field;
#include "dispatch_config.def"
#undef SETTING
};

static const struct config_setting settings[] = {
#define SETTING(...) CONFIG_ROW(struct dispatch_settings, __VA_ARGS__)
#include "dispatch_config.def"
#undef SETTING
};

static void stop(void *given)
{
	struct dispatch_service *service = given;

	if (service == NULL)
		return;
	arena_destroy(service->mem);
	free(service);
}

static enum res take_desks(struct dispatch_reference *reference, struct str list, struct err *err)
{
	struct str desk;

	while (str_split(&list, ',', &desk)) {
		if (str_is_empty(desk) || reference->n_report_desks == DISPATCH_DESKS_MAX)
			return err_set(err, RES_INVALID,
				"REPORT_DESKS: want 1-%d codes joined by commas",
				DISPATCH_DESKS_MAX);
		reference->report_desks[reference->n_report_desks++] = desk;
	}
	return RES_OK;
}

static enum res take_redo(struct dispatch_reference *reference, struct str limit, struct err *err)
{
	enum res res = time_limit_parse(limit, &reference->redo, err);

	return res == RES_OK ? RES_OK : err_prefix(err, res, "REDO_LIMIT");
}

static enum res start(struct kit *kit, const void *given, void **out_service, struct err *err)
{
	const struct dispatch_settings *read = given;
	struct dispatch_service *service = calloc(1, sizeof(*service));

	(void)kit;
	if (service == NULL)
		return err_set(err, RES_RETRY, "out of memory");
	service->calendar_day = NO_DAY;
	service->reference.general_category = str_from_c(read->general_category);
	service->reference.default_type = str_from_c(read->default_type);
	enum res res = take_desks(&service->reference, str_from_c(read->report_desks), err);
	if (res == RES_OK)
		res = take_redo(&service->reference, str_from_c(read->redo_limit), err);
	if (res != RES_OK) {
		stop(service);
		return res;
	}
	*out_service = service;
	return RES_OK;
}

/* The new version is read whole before the old one goes. */
static enum res load_reference(void *given, struct db *db, int32_t ref_version, struct err *err)
{
	struct dispatch_service *service = given;
	struct dispatch_reference reference = service->reference;
	struct workday_override *overrides = NULL;
	struct arena *mem = arena_create(REFERENCE_BYTES_MAX);
	enum res res;

	reference.version = ref_version;
	res = dispatch_load_reference(db, mem, &reference, err);
	if (res == RES_OK) {
		overrides = arena_new_array(mem, struct workday_override, reference.n_notices + 1);
		if (arena_failed(mem))
			res = err_set(err, RES_TOO_BIG, "reference data over %d bytes",
				REFERENCE_BYTES_MAX);
	}
	if (res != RES_OK) {
		arena_destroy(mem);
		return res;
	}
	arena_destroy(service->mem);
	service->mem = mem;
	service->reference = reference;
	service->overrides = overrides;
	service->calendar_day = NO_DAY;
	return RES_OK;
}

static const struct service_spec spec = {
	.name = "dispatch",
	.schema_number = 3,
	.cases = &dispatch_cases,
	.tables = dispatch_tables,
	.handlers = dispatch_handlers,
	.statements = dispatch_statements,
	.settings = settings,
	.n_settings = sizeof(settings) / sizeof(settings[0]),
	.settings_bytes = sizeof(struct dispatch_settings),
	.start = start,
	.stop = stop,
	.load_reference = load_reference,
};

int main(int argc, char **argv)
{
	return kit_main(&spec, argc, argv);
}
