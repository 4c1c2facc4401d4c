/* Any bytes as the body of any message that proto/ has: what is unpacked keeps to its memory, is
 * text where it says so, and packed again it is the same message. Input: "Submit", a line feed, the
 * body. */
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "corpus_headers.inc"
#include "fuzz_named.h"
#include "wire/wire.h"

#define MEM_BYTES (4u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct {
	const char *name;
	const ProtobufCMessageDescriptor *descriptor;
} messages[] = {
#define MESSAGE(name, descriptor) { #name, &(descriptor) },
#include "corpus_messages.inc"
#undef MESSAGE
};

static void texts_check(const ProtobufCMessage *message)
{
	const ProtobufCMessageDescriptor *type = message->descriptor;

	for (unsigned i = 0; i < type->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &type->fields[i];
		const char *at = (const char *)message + field->offset;

		if (field->type == PROTOBUF_C_TYPE_STRING &&
			field->label != PROTOBUF_C_LABEL_REPEATED)
			CHECK(str_is_utf8(wire_str(*(const char *const *)at)));
		if (field->label == PROTOBUF_C_LABEL_REPEATED)
			CHECK(*(const size_t *)((const char *)message + field->quantifier_offset) <=
				WIRE_ELEMENTS_MAX);
	}
}

/* What is not of our schema is kept and written too, so two packings agree, whatever came in. */
static void body_try(const ProtobufCMessageDescriptor *descriptor, struct str body)
{
	SCOPED(arena)
	struct arena *mem = arena_create(MEM_BYTES);
	ProtobufCMessage *message = NULL, *again = NULL;
	struct str packed;

	CHECK(mem != NULL);
	if (wire_unpack(mem, descriptor, body, &message, NULL) != RES_OK)
		return;
	texts_check(message);
	packed = wire_pack(mem, message);
	if (arena_failed(mem))
		return;
	CHECK(wire_unpack(mem, descriptor, packed, &again, NULL) == RES_OK);
	CHECK(str_eq(wire_pack(mem, again), packed));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_named input = fuzz_named(data, size);

	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++)
		if (str_eq_c(input.name, messages[i].name))
			body_try(messages[i].descriptor, input.body);
	return 0;
}
