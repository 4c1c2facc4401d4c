#include "media_store.h"

#include <string.h>

#include "store_s3.h"

#define CALL_TIME  SPAN_S(10)
#define OBJECT_MAX 1073741824 /* the most that OBJECT_BYTES may ever have been */

static bool is_s3(const struct media_config *config)
{
	return strcmp(config->store, "s3") == 0;
}

static struct store_s3_options s3_options(const struct media_config *config)
{
	return (struct store_s3_options){ .endpoint = config->s3_endpoint,
		.bucket = config->s3_bucket,
		.region = config->s3_region,
		.key_id = config->s3_key_id,
		.secret = config->s3_secret,
		.folder = config->folder,
		.ca_file = "",
		.timeout = CALL_TIME,
		.object_max = OBJECT_MAX };
}

static enum res s3_check(const struct media_config *config, struct err *err)
{
	const struct {
		const char *name;
		const char *value;
	} wanted[] = { { "S3_ENDPOINT", config->s3_endpoint }, { "S3_BUCKET", config->s3_bucket },
		{ "S3_REGION", config->s3_region }, { "S3_KEY_ID", config->s3_key_id },
		{ "S3_SECRET", config->s3_secret } };
	const struct store_s3_options options = s3_options(config);

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		if (wanted[i].value[0] == 0)
			return err_set(err, RES_INVALID, "OBJECTS_STORE is s3: %s is missing",
				wanted[i].name);
	return store_s3_check(&options, err);
}

enum res media_store_check(const struct media_config *config, struct err *err)
{
	if (is_s3(config))
		return s3_check(config, err);
	return strcmp(config->store, "folder") == 0
		       ? RES_OK
		       : err_set(err, RES_INVALID, "OBJECTS_STORE: want folder or s3");
}

enum res media_store_open(const struct media_config *config, struct store **out, struct err *err)
{
	const struct store_s3_options options = s3_options(config);

	return is_s3(config) ? store_s3_open(out, &options, err)
			     : store_folder_open(out, config->folder, err);
}
