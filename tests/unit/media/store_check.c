/* store_check conform|away|ONE FOLDER [ENDPOINT BUCKET SECRET TIMEOUT_MS]: a store in FOLDER, or in
 * S3 on a stand-in that test_store_s3.py started. ONE: put, get or touch, once; prints the answer
 * and the reason. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/crypto.h"
#include "store_conformance.h"
#include "store_s3.h"

#define OBJECT_MAX 1000000

static enum res one(struct store *store, const char *what, const char *folder, struct err *err)
{
	const struct str hex = STR(/* of "one" */
		"7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed");
	struct scratch file = { .fd = -1 };
	uint64_t bytes;
	int fd;

	if (strcmp(what, "touch") == 0)
		return store->touch(store, STORE_OBJECTS, hex, err);
	if (strcmp(what, "get") == 0)
		return store->open(store, STORE_OBJECTS, hex, &fd, &bytes, err);
	if (scratch_make(folder, &file, err) != RES_OK || write(file.fd, "one", 3) != 3)
		return RES_BUG;
	return store->put(store, STORE_OBJECTS, hex, &file, err);
}

static enum res store_of(int argc, char **argv, struct store **out, struct err *err)
{
	struct store_s3_options options = { .region = "cn-north-1",
		.key_id = "WANGLITEST",
		.folder = argv[2],
		.ca_file = "",
		.object_max = OBJECT_MAX };

	if (argc == 3)
		return store_folder_open(out, argv[2], err);
	options.endpoint = argv[3];
	options.bucket = argv[4];
	options.secret = argv[5];
	options.timeout = SPAN_MS(strtol(argv[6], NULL, 10));
	return store_s3_open(out, &options, err);
}

int main(int argc, char **argv)
{
	struct store *store;
	struct err err = { 0 };
	int failed = 0;

	if (argc != 3 && argc != 7)
		return 2;
	if (crypto_start(&err) != RES_OK || store_of(argc, argv, &store, &err) != RES_OK) {
		printf("%s\n", err.text);
		return 3;
	}
	if (strcmp(argv[1], "conform") == 0)
		failed = store_conform(store, argv[2]);
	else if (strcmp(argv[1], "away") == 0)
		failed = store_conform_away(store, argv[2]);
	else
		printf("%d %s\n", one(store, argv[1], argv[2], &err), err.text);
	store->close(store);
	return failed != 0;
}
