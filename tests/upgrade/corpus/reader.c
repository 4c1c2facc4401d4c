/* reader FOLDER NAME…: each FOLDER/NAME.bin is unpacked as that message and packed again: the same
 * bytes, or something was not understood. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "corpus_headers.inc"
#include "wire/wire.h"

#define MEMORY	  (4u << 20)
#define BYTES_MAX 65536

static const struct message {
	const char *name;
	const ProtobufCMessageDescriptor *descriptor;
} messages[] = {
#define MESSAGE(name, descriptor) { #name, &(descriptor) },
#include "corpus_messages.inc"
#undef MESSAGE
};

static const struct message *message_find(const char *name)
{
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++)
		if (strcmp(name, messages[i].name) == 0)
			return &messages[i];
	return NULL;
}

static bool file_read(const char *folder, const char *name, char *bytes, size_t *out_n)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s.bin", folder, name);
	file = fopen(path, "re");
	if (file == NULL)
		return false;
	*out_n = fread(bytes, 1, BYTES_MAX, file);
	return fclose(file) == 0;
}

/* NULL: well. */
static const char *message_try(struct arena *mem, const char *folder, const char *name)
{
	static char bytes[BYTES_MAX];
	static struct err err;
	const struct message *message = message_find(name);
	ProtobufCMessage *unpacked = NULL;
	struct str packed;
	size_t n;

	if (message == NULL)
		return "no such message";
	if (!file_read(folder, name, bytes, &n))
		return "cannot be read";
	if (wire_unpack(mem, message->descriptor, str_of(bytes, n), &unpacked, &err) != RES_OK)
		return err.text;
	packed = wire_pack(mem, unpacked);
	if (!str_eq(packed, str_of(bytes, n)))
		return "something of it was not understood";
	return NULL;
}

int main(int argc, char **argv)
{
	struct arena *mem = arena_create(MEMORY);
	int bad = 0;

	for (int i = 2; i < argc; i++) {
		const char *why = message_try(mem, argv[1], argv[i]);

		if (why != NULL)
			printf("%s: %s\n", argv[i], why);
		bad += why != NULL;
		arena_reset(mem);
	}
	printf("%d packed again\n", argc - 2 - bad);
	arena_destroy(mem);
	return bad == 0 && argc > 2 ? EXIT_SUCCESS : EXIT_FAILURE;
}
