/* The service `followup`: asks the citizen after the reply, takes the rating, closes the case or
 * gives it back. */
#include <stdlib.h>

#include "followup_handlers.h"
#include "followup_store.h"
#include "kit/kit.h"

#define REFERENCE_BYTES_MAX (8 * 1024 * 1024)

static void stop(void *given)
{
	struct followup_service *service = given;

	if (service == NULL)
		return;
	arena_destroy(service->mem);
	free(service);
}

static enum res start(struct kit *kit, const void *settings, void **out_service, struct err *err)
{
	struct followup_service *service = calloc(1, sizeof(*service));

	(void)kit;
	(void)settings;
	if (service == NULL)
		return err_set(err, RES_RETRY, "out of memory");
	*out_service = service;
	return RES_OK;
}

/* The new version is read whole before the old one goes. */
static enum res load_reference(void *given, struct db *db, int32_t ref_version, struct err *err)
{
	struct followup_service *service = given;
	struct followup_reference reference;
	struct arena *mem = arena_create(REFERENCE_BYTES_MAX);
	enum res res;

	(void)ref_version;
	res = followup_load_reference(db, mem, &reference, err);
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
	.name = "followup",
	.schema_number = 3,
	.cases = &followup_cases,
	.tables = followup_tables,
	.handlers = followup_handlers,
	.statements = followup_statements,
	.start = start,
	.stop = stop,
	.load_reference = load_reference,
};

int main(int argc, char **argv)
{
	return kit_main(&spec, argc, argv);
}
