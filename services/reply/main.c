/* The service `reply`: takes the unit's answer, has it approved, hands it to the citizen's channel.
 */
#include <stdlib.h>

#include "base/id.h"
#include "kit/kit.h"
#include "reply_handlers.h"
#include "reply_store.h"

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
	*out_service = service;
	return RES_OK;
}

static const struct service_spec spec = {
	.name = "reply",
	.schema_number = 2,
	.cases = &reply_cases,
	.tables = reply_tables,
	.handlers = reply_handlers,
	.statements = reply_statements,
	.settings = settings,
	.n_settings = sizeof(settings) / sizeof(settings[0]),
	.settings_bytes = sizeof(struct reply_settings),
	.start = start,
	.stop = free,
	.make_deliver = reply_make_deliver,
};

int main(int argc, char **argv)
{
	return kit_main(&spec, argc, argv);
}
