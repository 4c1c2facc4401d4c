/* Journal entries in words, by the message's own descriptor. See case_steps.h. */
#include "case_steps.h"

#include "base/check.h"
#include "base/instant.h"
#include "proto/dispatch.pb-c.h"
#include "proto/followup.pb-c.h"
#include "proto/intake.pb-c.h"
#include "proto/reply.pb-c.h"
#include "wire/wire.h"

static const struct step_rule {
	const char *type;
	const ProtobufCMessageDescriptor *message;
	const char *zh;
	const char *fields;
} rules[] = {
#define STEP(type_, message_, zh_, fields_)                                                        \
	{ .type = type_,                                                                           \
		.message = &wangli__##message_##__descriptor,                                      \
		.zh = zh_,                                                                         \
		.fields = fields_ },
#include "case_steps.def"
#undef STEP
};

static const struct step_rule *rule_find(struct str type)
{
	for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
		if (str_eq_c(type, rules[i].type))
			return &rules[i];
	return NULL;
}

static const ProtobufCMessage *unpack(
	struct arena *mem, const struct step_rule *rule, struct str body)
{
	ProtobufCMessage *message = NULL;
	struct err err;
	if (rule == NULL || wire_unpack(mem, rule->message, body, &message, &err) != RES_OK)
		return NULL;
	return message;
}

static struct str list_text(struct arena *mem, char *const *items, size_t n)
{
	struct str out = STR("");
	for (size_t i = 0; i < n; i++)
		out = arena_printf(mem, "%.*s%s%s", STR_ARG(out), out.n > 0 ? "," : "", items[i]);
	return out;
}

/* Times are named …_us in every message. */
static struct str number_text(struct arena *mem, struct str name, int64_t number)
{
	char text[INSTANT_TEXT_MAX];
	if (number == 0)
		return STR("");
	if (str_ends(name, STR("_us")))
		return arena_str(mem, str_from_c(instant_format((struct instant){ number }, text)));
	return arena_printf(mem, "%lld", (long long)number);
}

/* What a field says; "" for its default, but a boolean is always told. */
static struct str field_text(struct arena *mem, const ProtobufCMessage *message, struct str name)
{
	const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field_by_name(
		message->descriptor, arena_c(mem, name));
	if (field == NULL)
		return STR("");
	const char *base = (const char *)message;
	const void *member = base + field->offset;
	if (field->label == PROTOBUF_C_LABEL_REPEATED)
		return list_text(mem, *(char *const *const *)member,
			*(const size_t *)(const void *)(base + field->quantifier_offset));
	switch ((int)field->type) {
	case PROTOBUF_C_TYPE_STRING:
		return wire_str(*(char *const *)member);
	case PROTOBUF_C_TYPE_BOOL:
		return *(const protobuf_c_boolean *)member ? STR("yes") : STR("no");
	case PROTOBUF_C_TYPE_INT32:
		return number_text(mem, name, *(const int32_t *)member);
	case PROTOBUF_C_TYPE_INT64:
		return number_text(mem, name, *(const int64_t *)member);
	default:
		return STR("");
	}
}

struct step_words step_words_read(struct arena *mem, struct str type, struct str body)
{
	const struct step_rule *rule = rule_find(type);
	const ProtobufCMessage *message = unpack(mem, rule, body);
	struct step_words words = {
		.what = rule == NULL ? type : str_from_c(rule->zh), .note = STR(""), .unit = STR("")
	};
	if (message == NULL)
		return words;
	words.note = field_text(mem, message, STR("note"));
	words.unit = field_text(mem, message, STR("unit"));
	struct str rest = str_from_c(rule->fields);
	struct str name;
	while (rest.n > 0 && str_split(&rest, ',', &name)) {
		struct str text = field_text(mem, message, name);
		if (text.n == 0)
			continue;
		CHECK(words.n < STEP_DETAILS_MAX);
		if (str_ends(name, STR("_us")))
			name = str_slice(name, 0, name.n - 3);
		words.details[words.n++] =
			(struct step_detail){ .name = arena_c(mem, name), .text = text };
	}
	return words;
}

struct instant step_time_read(
	struct arena *mem, struct str type, struct str body, const char *field)
{
	const ProtobufCMessage *message = unpack(mem, rule_find(type), body);
	if (message == NULL)
		return INSTANT_NONE;
	const ProtobufCFieldDescriptor *found =
		protobuf_c_message_descriptor_get_field_by_name(message->descriptor, field);
	if (found == NULL || found->type != PROTOBUF_C_TYPE_INT64)
		return INSTANT_NONE;
	const char *base = (const char *)message;
	int64_t us = *(const int64_t *)(const void *)(base + found->offset);
	return us == 0 ? INSTANT_NONE : (struct instant){ us };
}
