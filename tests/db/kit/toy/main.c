/* The toy; see README.md. */
#include <stdlib.h>

#include "base/check.h"
#include "kit/kit.h"
#include "toy_handlers.h"
#include "toy_store.h"

struct toy_settings {
#define SETTING(field, name, type, ...) CONFIG_MEMBER_##type field;
#include "toy_config.def"
#undef SETTING
};

static const struct config_setting settings[] = {
#define SETTING(...) CONFIG_ROW(struct toy_settings, __VA_ARGS__)
#include "toy_config.def"
#undef SETTING
};

static enum res start(struct kit *kit, const void *given, void **out_service, struct err *err)
{
	const struct toy_settings *read = given;
	struct toy_service *service = calloc(1, sizeof(*service));

	(void)kit;
	(void)err;
	CHECK(service != NULL);
	service->most = read->most;
	*out_service = service;
	return RES_OK;
}

/* Its group and its journal's producer are dispatch's: the streams know no toy. With TOY_IS_NEWER
 * it plays the next version, which knows one type more. */
int main(int argc, char **argv)
{
	bool is_newer = getenv("TOY_IS_NEWER") != NULL;
	const struct service_spec spec = {
		.name = "dispatch",
		.schema_number = 2,
		.cases = &toy_cases,
		.tables = toy_tables,
		.handlers = is_newer ? toy_newer_handlers : toy_handlers,
		.statements = toy_statements,
		.settings = settings,
		.n_settings = sizeof(settings) / sizeof(settings[0]),
		.settings_bytes = sizeof(struct toy_settings),
		.start = start,
		.stop = free,
	};

	return kit_main(&spec, argc, argv);
}
