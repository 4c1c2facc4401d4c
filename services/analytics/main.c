/* The service `analytics`: one row of facts a case, and the counts that follow from it. */
#include "analytics_handlers.h"
#include "analytics_store.h"
#include "kit/kit.h"

static const struct service_spec spec = {
	.name = "analytics",
	.schema_number = 1,
	.cases = &analytics_cases,
	.tables = analytics_tables,
	.handlers = analytics_handlers,
	.statements = analytics_statements,
};

int main(int argc, char **argv)
{
	return kit_main(&spec, argc, argv);
}
