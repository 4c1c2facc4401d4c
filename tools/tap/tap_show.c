/* Walks what protobuf-c knows of a message: descriptor, field, value. Defaults are left out, as on
 * the wire. */
#include "tap_show.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "proto/dispatch.pb-c.h"
#include "proto/door.pb-c.h"
#include "proto/envelope.pb-c.h"
#include "proto/followup.pb-c.h"
#include "proto/intake.pb-c.h"
#include "proto/operator.pb-c.h"
#include "proto/reply.pb-c.h"
#include "wire/wire_acks.h"
#include "json/json.h"

#define N(array)      (sizeof(array) / sizeof((array)[0]))
#define REPORT	      "report"
#define KLASS	      "klass"
#define HASH_TEXT     17
#define ID_SUFFIX     "_id"
#define KB_ARTICLE    "kb_article"
#define FIELD_IS_LIST (PROTOBUF_C_LABEL_REPEATED)

static const struct tap_field shown[] = {
#define FIELD(message_, field_, how_) { #message_, #field_, TAP_##how_ },
#include "tap_shown.def"
#undef FIELD
};

static const struct {
	enum wire_kind kind;
	const char *type;
	const ProtobufCMessageDescriptor *descriptor;
} types[] = {
#define TYPE(kind_, type_, message_) { WIRE_##kind_, type_, &wangli__##message_##__descriptor },
#include "tap_types.def"
#undef TYPE
};

const struct tap_field *tap_fields(size_t *out_n)
{
	*out_n = N(shown);
	return shown;
}

enum tap_how tap_how_of(const char *message, const char *field)
{
	for (size_t i = 0; i < N(shown); i++)
		if (strcmp(shown[i].message, message) == 0 && strcmp(shown[i].field, field) == 0)
			return shown[i].how;
	return TAP_MASK;
}

const ProtobufCMessageDescriptor *tap_type_of(enum wire_kind kind, struct str type)
{
	for (size_t i = 0; i < N(types); i++)
		if (types[i].kind == kind && str_eq_c(type, types[i].type))
			return types[i].descriptor;
	return NULL;
}

void tap_view_init(struct tap_view *view)
{
	*view = (struct tap_view){ 0 };
	crypto_short_key_make(view->key);
}

/* --- values --- */

static struct json *size_json(struct str bytes)
{
	struct json *json = json_object_create();

	json_set_int(json, "bytes", (int64_t)bytes.n);
	return json;
}

static struct json *masked_json(const struct tap_view *view, struct str bytes)
{
	struct json *json = size_json(bytes);
	char hash[HASH_TEXT];

	snprintf(hash, sizeof(hash), "%016" PRIx64, crypto_short_hash(view->key, bytes));
	json_set_c(json, "hash", hash);
	return json;
}

struct place {
	const struct tap_view *view;
	struct arena *mem;
	const ProtobufCFieldDescriptor *field;
	enum tap_how how;
};

static struct str bytes_of(const ProtobufCFieldDescriptor *field, const void *at)
{
	if (field->type == PROTOBUF_C_TYPE_BYTES) {
		const ProtobufCBinaryData *data = at;
		return str_of(data->data, data->len);
	}
	return wire_str(*(char *const *)at);
}

static int64_t number_of(const ProtobufCFieldDescriptor *field, const void *at)
{
	if (field->type == PROTOBUF_C_TYPE_BOOL)
		return *(const protobuf_c_boolean *)at;
	if (field->type == PROTOBUF_C_TYPE_INT32)
		return *(const int32_t *)at;
	return *(const int64_t *)at;
}

static struct json *message_json(
	const struct tap_view *view, struct arena *mem, const ProtobufCMessage *message);

/* A text, bytes or a message as a value of its own. Shown bytes are hex. */
static struct json *value_json(const struct place *place, const void *at)
{
	struct str bytes;

	if (place->field->type == PROTOBUF_C_TYPE_MESSAGE)
		return message_json(place->view, place->mem, *(ProtobufCMessage *const *)at);
	bytes = bytes_of(place->field, at);
	return place->how == TAP_SIZE ? size_json(bytes) : masked_json(place->view, bytes);
}

static struct str shown_text(const struct place *place, const void *at)
{
	struct str bytes = bytes_of(place->field, at);

	return place->field->type == PROTOBUF_C_TYPE_BYTES ? crypto_hex(place->mem, bytes) : bytes;
}

static bool is_text(const ProtobufCFieldDescriptor *field)
{
	return field->type == PROTOBUF_C_TYPE_STRING || field->type == PROTOBUF_C_TYPE_BYTES;
}

/* Ids are strings in JSON (law 9). */
static bool is_id(const ProtobufCFieldDescriptor *field)
{
	struct str name = str_from_c(field->name);

	return field->type == PROTOBUF_C_TYPE_INT64 &&
	       (str_ends(name, STR(ID_SUFFIX)) || str_eq_c(name, "id") ||
		       str_eq_c(name, KB_ARTICLE));
}

static void number_set(struct json *out, const struct place *place, const void *at)
{
	const ProtobufCFieldDescriptor *field = place->field;
	int64_t number = number_of(field, at);

	if (number == 0)
		return;
	if (place->how != TAP_SHOW)
		json_set_bool(out, field->name, true); /* there is one */
	else if (field->type == PROTOBUF_C_TYPE_BOOL)
		json_set_bool(out, field->name, true);
	else if (is_id(field))
		json_set_id(out, field->name, number);
	else
		json_set_int(out, field->name, number);
}

static void single_set(struct json *out, const struct place *place, const void *at)
{
	const ProtobufCFieldDescriptor *field = place->field;

	if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
		if (*(ProtobufCMessage *const *)at != NULL)
			json_set(out, field->name, value_json(place, at));
	} else if (!is_text(field)) {
		number_set(out, place, at);
	} else if (!str_is_empty(bytes_of(field, at))) {
		if (place->how == TAP_SHOW)
			json_set_str(out, field->name, shown_text(place, at));
		else
			json_set(out, field->name, value_json(place, at));
	}
}

/* Lists of numbers do not occur; one would be shown by its length. */
static void list_set(struct json *out, const struct place *place, const void *at, size_t n)
{
	const ProtobufCFieldDescriptor *field = place->field;
	size_t stride =
		field->type == PROTOBUF_C_TYPE_BYTES ? sizeof(ProtobufCBinaryData) : sizeof(void *);
	const char *items = *(char *const *)at;
	struct json *list;

	if (n == 0)
		return;
	if (!is_text(field) && field->type != PROTOBUF_C_TYPE_MESSAGE) {
		json_set_int(out, field->name, (int64_t)n);
		return;
	}
	list = json_array_create();
	for (size_t i = 0; i < n; i++) {
		const void *item = items + i * stride;

		if (is_text(field) && place->how == TAP_SHOW)
			json_push_str(list, shown_text(place, item));
		else
			json_push(list, value_json(place, item));
	}
	json_set(out, field->name, list);
}

static struct json *message_json(
	const struct tap_view *view, struct arena *mem, const ProtobufCMessage *message)
{
	const ProtobufCMessageDescriptor *descriptor = message->descriptor;
	struct json *out = json_object_create();

	for (unsigned i = 0; i < descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
		struct place place = { view, mem, field,
			tap_how_of(descriptor->short_name, field->name) };
		const char *at = (const char *)message + field->offset;

		if (field->label == FIELD_IS_LIST)
			list_set(out, &place, at,
				*(const size_t *)((const char *)message +
						  field->quantifier_offset));
		else
			single_set(out, &place, at);
	}
	return out;
}

/* --- 举报 --- */

static bool body_is_report(const ProtobufCMessage *message)
{
	const ProtobufCFieldDescriptor *klass =
		protobuf_c_message_descriptor_get_field_by_name(message->descriptor, KLASS);

	return klass != NULL &&
	       str_eq_c(bytes_of(klass, (const char *)message + klass->offset), REPORT);
}

static bool case_is_report(const struct tap_view *view, int64_t case_id)
{
	size_t n = view->n_reports < TAP_REPORTS_MAX ? view->n_reports : TAP_REPORTS_MAX;

	for (size_t i = 0; case_id != 0 && i < n; i++)
		if (view->reports[i] == case_id)
			return true;
	return false;
}

static bool is_report(
	struct tap_view *view, const struct wire_head *head, const ProtobufCMessage *body)
{
	if (case_is_report(view, head->case_id))
		return true;
	if (body == NULL || !body_is_report(body))
		return false;
	if (head->case_id != 0)
		view->reports[view->n_reports++ % TAP_REPORTS_MAX] = head->case_id;
	return true;
}

/* --- a message --- */

static struct json *acks_json(struct str body)
{
	struct json *list = json_array_create();
	struct wire_ack ack;

	while (wire_ack_next(&body, &ack)) {
		struct json *row = json_object_create();

		json_set_id(row, "case_id", ack.case_id);
		json_set_int(row, "seq", ack.seq);
		json_set_c(row, "code", wire_code_name(ack.code));
		json_push(list, row);
	}
	return list;
}

/* NULL: not known, or not to be read. */
static ProtobufCMessage *body_read(
	struct arena *mem, const struct wire_record *record, struct str type)
{
	const ProtobufCMessageDescriptor *descriptor = tap_type_of(record->kind, type);
	ProtobufCMessage *body = NULL;

	if (descriptor == NULL || wire_unpack(mem, descriptor, record->body, &body, NULL) != RES_OK)
		return NULL;
	return body;
}

static void body_set(struct json *out, struct tap_view *view, struct arena *mem,
	const struct tap_passed *passed, const struct wire_head *head, const ProtobufCMessage *body)
{
	if (passed->record.kind == WIRE_ACK && str_eq_c(head->type, WIRE_ACKS_TYPE))
		json_set(out, "body", acks_json(passed->record.body));
	else if (body != NULL)
		json_set(out, "body", message_json(view, mem, body));
	else if (passed->record.body.n > 0)
		json_set(out, "body", size_json(passed->record.body));
}

enum res tap_show(struct tap_view *view, struct arena *mem, const struct tap_passed *passed,
	struct str *out, struct err *err)
{
	SCOPED(json)
	struct json *json = json_object_create();
	struct wire_head head;
	Wangli__Header *header;
	ProtobufCMessage *body;

	TRY(wire_head_read(passed->record.header, &head, err));
	TRY(wire_unpack(mem, &wangli__header__descriptor, passed->record.header, &header, err));
	body = body_read(mem, &passed->record, head.type);
	json_set_c(json, "kind", wire_kind_name(passed->record.kind));
	json_set_str(json, "outcome", passed->outcome);
	if (passed->lost > 0)
		json_set_int(json, "lost_before", passed->lost);
	if (is_report(view, &head, body)) {
		json_set_str(json, "type", head.type);
		json_set_c(json, "masked", REPORT);
		json_set(json, "body", size_json(passed->record.body));
	} else {
		if (head.code != WIRE_CODE_UNSPECIFIED)
			json_set_c(json, "code", wire_code_name(head.code));
		json_set(json, "header", message_json(view, mem, &header->base));
		body_set(json, view, mem, passed, &head, body);
	}
	*out = json_text(mem, json);
	return RES_OK;
}
