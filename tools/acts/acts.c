/* Bodies by the message's own descriptor: a field is found by its name, so that a new option is one
 * line of acts.def. */
#include "acts/acts.h"

#include <string.h>

#include "base/check.h"
#include "base/instant.h"
#include "proto/dispatch.pb-c.h"
#include "proto/followup.pb-c.h"
#include "proto/intake.pb-c.h"
#include "proto/reply.pb-c.h"
#include "wire/wire.h"

static const struct act_rule rules[] = {
#define ACT(name, word_, service_, type_, message, role_, meaning_)                                \
	[ACT_##name] = { .word = word_,                                                            \
		.service = service_,                                                               \
		.type = type_,                                                                     \
		.role = ROLE_##role_,                                                              \
		.meaning = meaning_ },
#include "acts/acts.def"
};
_Static_assert(sizeof rules / sizeof rules[0] == ACTS, "each act has its rule");

static const ProtobufCMessageDescriptor *const messages[] = {
#define ACT(name, word, service, type, message, role, meaning)                                     \
	[ACT_##name] = &wangli__##message##__descriptor,
#include "acts/acts.def"
};

const struct act_option act_options[] = {
#define OPTION(act_, name_, field_, kind_, is_required_, meaning_)                                 \
	{ .act = ACT_##act_,                                                                       \
		.name = name_,                                                                     \
		.kind = OPTION_##kind_,                                                            \
		.is_required = is_required_,                                                       \
		.meaning = meaning_,                                                               \
		.field = field_ },
#include "acts/acts.def"
};
const size_t act_options_n = sizeof act_options / sizeof act_options[0];

const struct act_rule *act_rule(enum act act)
{
	return &rules[act];
}

bool act_find(struct str word, enum act *out)
{
	for (int i = 0; i < ACTS; i++)
		if (str_eq_c(word, rules[i].word)) {
			*out = (enum act)i;
			return true;
		}
	return false;
}

bool act_role_has_unit(enum role role)
{
	return role == ROLE_UNIT_OFFICER || role == ROLE_UNIT_LEAD;
}

const struct act_option *act_option_find(enum act act, struct str name)
{
	for (size_t i = 0; i < act_options_n; i++)
		if (act_options[i].act == act && str_eq_c(name, act_options[i].name))
			return &act_options[i];
	return NULL;
}

/* --- fields --- */

static void list_set(struct arena *mem, void *member, size_t *out_n, struct str text)
{
	struct str rest = text;
	struct str one;
	size_t n = 0;
	size_t most = 1;
	for (size_t i = 0; i < text.n; i++)
		most += text.p[i] == ',';
	char **items = arena_new_array(mem, char *, most);
	while (items != NULL && str_split(&rest, ',', &one))
		if (str_trim(one).n > 0)
			items[n++] = (char *)(uintptr_t)arena_c(mem, str_trim(one));
	memcpy(member, &items, sizeof items);
	*out_n = items == NULL ? 0 : n;
}

static enum res number_set(const ProtobufCFieldDescriptor *field, void *member,
	const struct act_option *option, struct str text, struct err *err)
{
	int64_t number;
	bool is_short = field->type == PROTOBUF_C_TYPE_INT32;
	if (str_to_int64(text, &number) != RES_OK ||
		(is_short && (number < INT32_MIN || number > INT32_MAX)))
		return err_set(err, RES_INVALID, "--%s '%.*s': want a number", option->name,
			STR_ARG(str_utf8_cut(text, 40)));
	if (is_short)
		*(int32_t *)member = (int32_t)number;
	else
		*(int64_t *)member = number;
	return RES_OK;
}

static enum res option_set(struct arena *mem, ProtobufCMessage *message,
	const struct act_option *option, struct str text, struct err *err)
{
	const ProtobufCFieldDescriptor *field =
		protobuf_c_message_descriptor_get_field_by_name(message->descriptor, option->field);
	CHECK(field != NULL);
	char *base = (char *)message;
	void *member = base + field->offset;
	struct instant at;
	if (!str_is_utf8(text) || memchr(text.p, 0, text.n) != NULL)
		return err_set(err, RES_INVALID, "--%s is no text in UTF-8", option->name);
	switch (option->kind) {
	case OPTION_TEXT:
	case OPTION_FILE:
		*(char **)member = (char *)(uintptr_t)arena_c(mem, text);
		return RES_OK;
	case OPTION_YES:
		*(char **)member = (char *)(uintptr_t) "yes";
		return RES_OK;
	case OPTION_LIST:
		list_set(mem, member, (size_t *)(void *)(base + field->quantifier_offset), text);
		return RES_OK;
	case OPTION_FLAG:
		*(protobuf_c_boolean *)member = true;
		return RES_OK;
	case OPTION_NUMBER:
		return number_set(field, member, option, text, err);
	case OPTION_TIME:
		if (instant_parse(text, &at) != RES_OK)
			return err_set(err, RES_INVALID, "--%s '%.*s' is no time", option->name,
				STR_ARG(str_utf8_cut(text, 40)));
		*(int64_t *)member = at.us;
		return RES_OK;
	}
	return RES_OK;
}

/* Whether one of the values fills this field. */
static bool is_filled(enum act act, const char *field, const struct act_value *values, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct act_option *option =
			act_option_find(act, str_from_c(values[i].option));
		if (option != NULL && strcmp(option->field, field) == 0)
			return true;
	}
	return false;
}

enum res act_body(struct arena *mem, enum act act, const struct act_value *values, size_t n,
	struct str *out, struct err *err)
{
	const ProtobufCMessageDescriptor *descriptor = messages[act];
	ProtobufCMessage *message = arena_alloc(mem, descriptor->sizeof_message);
	if (message == NULL)
		return err_set(err, RES_TOO_BIG, "memory is out");
	descriptor->message_init(message);
	for (size_t i = 0; i < n; i++) {
		const struct act_option *option =
			act_option_find(act, str_from_c(values[i].option));
		if (option == NULL)
			return err_set(err, RES_INVALID, "%s does not know --%s", rules[act].word,
				values[i].option);
		TRY(option_set(mem, message, option, values[i].text, err));
	}
	for (size_t i = 0; i < act_options_n; i++)
		if (act_options[i].act == act && act_options[i].is_required &&
			!is_filled(act, act_options[i].field, values, n))
			return err_set(err, RES_INVALID, "%s wants --%s: %s", rules[act].word,
				act_options[i].name, act_options[i].meaning);
	*out = wire_pack(mem, message);
	return RES_OK;
}
