/* Sealing letters. See sdk_seal.h. */
#include "sdk/sdk_seal.h"

#include <stddef.h>
#include <string.h>

#include "proto/door.pb-c.h"
#include "wire/wire.h"

#define FIELD(member_, least_, most_)                                                              \
	{                                                                                          \
		.name = #member_, .offset = offsetof(struct wangli_letter, member_),               \
		.least = (least_), .most = (most_)                                                 \
	}

/* Title and body have the platform's limits, told by its refusal; here stands what cannot be sent.
 */
static const struct letter_field {
	const char *name;
	size_t offset;
	size_t least;
	size_t most;
} letter_fields[] = {
	FIELD(source_msg_id, 1, WANGLI_SOURCE_ID_MAX),
	FIELD(title, 0, WIRE_BODY_MAX),
	FIELD(body, 0, WIRE_BODY_MAX),
	FIELD(area, 0, WIRE_TEXT_ID_MAX),
	FIELD(klass, 0, WIRE_NAME_MAX),
	FIELD(contact.name, 0, 1000),
	FIELD(contact.phone, 0, 200),
	FIELD(contact.address, 0, 2000),
	FIELD(contact.account, 0, 1000),
	FIELD(reply_address, 0, WANGLI_REPLY_ADDRESS_MAX),
};
#define FIELDS (sizeof letter_fields / sizeof letter_fields[0])

static struct str field_of(const struct wangli_letter *letter, size_t i)
{
	struct wangli_text text;
	memcpy(&text, (const char *)letter + letter_fields[i].offset, sizeof text);
	return sdk_str(text);
}

void seal_init(struct seal *seal, const uint8_t vault_key[CRYPTO_KEY_BYTES], struct str secret)
{
	const struct str parts[] = { STR("wangli sdk fingerprint"), secret };
	*seal = (struct seal){ .renew_at = INSTANT_NONE };
	memcpy(seal->vault_key, vault_key, CRYPTO_KEY_BYTES);
	crypto_hash(seal->fingerprint_key, NULL, parts, 2);
}

/* As the platform has it, which would refuse the letter for good. */
static bool is_file_name(struct str name)
{
	if (name.n == 0 || name.n > WANGLI_ATTACHMENT_NAME || !str_is_utf8(name))
		return false;
	for (size_t i = 0; i < name.n; i++)
		if ((unsigned char)name.p[i] < ' ' || name.p[i] == 0x7f || name.p[i] == '/' ||
			name.p[i] == '\\')
			return false;
	return true;
}

static enum res attachments_check(const struct wangli_letter *letter, struct err *err)
{
	if (letter->n_attachments > WANGLI_ATTACHMENTS_MAX)
		return err_set(err, RES_INVALID, "%zu attachments: want %d at most",
			letter->n_attachments, WANGLI_ATTACHMENTS_MAX);
	for (size_t i = 0; i < letter->n_attachments; i++) {
		const struct wangli_attachment *one = &letter->attachments[i];
		if (!is_file_name(sdk_str(one->name)))
			return err_set(err, RES_INVALID,
				"attachment %zu: its name is not 1-%d bytes of UTF-8 without "
				"slashes and control characters",
				i + 1, WANGLI_ATTACHMENT_NAME);
		if (one->ticket.n == 0 || one->ticket.n > WANGLI_TICKET_MAX)
			return err_set(err, RES_INVALID,
				"attachment %zu: its ticket is not 1-%d bytes", i + 1,
				WANGLI_TICKET_MAX);
	}
	return RES_OK;
}

enum res seal_check(const struct wangli_letter *letter, struct err *err)
{
	for (size_t i = 0; i < FIELDS; i++) {
		const struct letter_field *field = &letter_fields[i];
		struct str text = field_of(letter, i);
		if (text.n < field->least)
			return err_set(err, RES_INVALID, "%s is empty", field->name);
		if (text.n > field->most)
			return err_set(err,
				field->most == WIRE_BODY_MAX ? RES_TOO_BIG : RES_INVALID,
				"%s has %zu bytes: want %zu at most", field->name, text.n,
				field->most);
		if (text.n > 0 && (!str_is_utf8(text) || memchr(text.p, 0, text.n) != NULL))
			return err_set(
				err, RES_INVALID, "%s: not UTF-8 text without NUL", field->name);
	}
	if (letter->likes < 0)
		return err_set(err, RES_INVALID, "likes is negative");
	return attachments_check(letter, err);
}

void seal_fingerprint(
	const struct seal *seal, const struct wangli_letter *letter, uint8_t out[CRYPTO_HASH_BYTES])
{
	/* INSTANT_NONE for an unknown time: a letter that waits in an older spool is the same */
	const struct instant written_at = sdk_instant(letter->written_at_us);
	struct str parts[FIELDS + 2 + 2 * WANGLI_ATTACHMENTS_MAX];
	size_t n = FIELDS + 2;
	for (size_t i = 0; i < FIELDS; i++)
		parts[i] = field_of(letter, i);
	parts[FIELDS] = str_of(&written_at, sizeof written_at);
	parts[FIELDS + 1] = str_of(&letter->likes, sizeof letter->likes);
	for (size_t i = 0; i < letter->n_attachments; i++) {
		parts[n++] = str_of(letter->attachments[i].sha256, WANGLI_SHA256);
		parts[n++] = sdk_str(letter->attachments[i].name);
	}
	crypto_hash(out, seal->fingerprint_key, parts, n);
}

static void epoch_renew(struct seal *seal, struct instant now)
{
	if (!instant_is_none(seal->renew_at) && instant_is_before(now, seal->renew_at))
		return;
	uint8_t hash[CRYPTO_HASH_BYTES];
	crypto_key_make(seal->data_key);
	crypto_key_seal(seal->data_key, seal->vault_key, seal->sealed_key);
	const struct str part = str_of(seal->sealed_key, sizeof seal->sealed_key);
	crypto_hash(hash, NULL, &part, 1);
	memcpy(seal->epoch, hash, sizeof seal->epoch);
	seal->renew_at = instant_add(now, SEAL_EPOCH_LASTS);
}

static ProtobufCBinaryData binary(struct str bytes)
{
	return (ProtobufCBinaryData){ .len = bytes.n, .data = (uint8_t *)(uintptr_t)bytes.p };
}

static char *text(struct arena *mem, struct wangli_text from)
{
	return (char *)(uintptr_t)arena_c(mem, sdk_str(from));
}

static bool has_contact(const struct wangli_contact *contact)
{
	return contact->name.n + contact->phone.n + contact->address.n + contact->account.n > 0;
}

static Wangli__SealedContact *seal_contact(
	struct seal *seal, struct arena *mem, const struct wangli_letter *letter)
{
	const struct wangli_contact *contact = &letter->contact;
	Wangli__SealedContact *sealed = arena_new(mem, Wangli__SealedContact);
	if (sealed == NULL)
		return NULL;
	Wangli__ContactPlain plain = WANGLI__CONTACT_PLAIN__INIT;
	plain.name = text(mem, contact->name);
	plain.phone = text(mem, contact->phone);
	plain.address = text(mem, contact->address);
	plain.account = text(mem, contact->account);
	wangli__sealed_contact__init(sealed);
	sealed->epoch = binary(str_of(seal->epoch, sizeof seal->epoch));
	sealed->sealed_key = binary(str_of(seal->sealed_key, sizeof seal->sealed_key));
	sealed->record = binary(crypto_record_seal(
		mem, wire_pack(mem, &plain.base), sdk_str(letter->source_msg_id), seal->data_key));
	return sealed;
}

static void attachments_pack(
	struct arena *mem, const struct wangli_letter *letter, Wangli__Submit *submit)
{
	size_t n = letter->n_attachments;
	Wangli__Attachment *packed = arena_new_array(mem, Wangli__Attachment, n);
	submit->attachments = arena_new_array(mem, Wangli__Attachment *, n);
	if (packed == NULL || submit->attachments == NULL)
		return;
	for (size_t i = 0; i < n; i++) {
		wangli__attachment__init(&packed[i]);
		packed[i].ticket = binary(sdk_str(letter->attachments[i].ticket));
		packed[i].name = text(mem, letter->attachments[i].name);
		submit->attachments[i] = &packed[i];
	}
	submit->n_attachments = n;
}

struct str seal_letter(struct seal *seal, struct arena *mem, const struct wangli_letter *letter,
	const struct seal_wish *wish, struct instant now)
{
	Wangli__Submit submit = WANGLI__SUBMIT__INIT;
	submit.title = text(mem, letter->title);
	submit.body = text(mem, letter->body);
	submit.written_at_us = letter->written_at_us;
	submit.area = text(mem, letter->area);
	submit.likes = letter->likes;
	submit.wants_status = wish->wants_status;
	submit.klass = text(mem, letter->klass);
	submit.reply_address = text(mem, letter->reply_address);
	if (letter->n_attachments > 0)
		attachments_pack(mem, letter, &submit);
	if (has_contact(&letter->contact)) {
		epoch_renew(seal, now);
		submit.contact = seal_contact(seal, mem, letter);
	}
	return wire_pack(mem, &submit.base);
}
