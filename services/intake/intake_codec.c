/* Reads and writes the bodies of intake's messages; decides nothing. */
#include "intake_codec.h"

#include "proto/door.pb-c.h"
#include "proto/intake.pb-c.h"
#include "proto/operator.pb-c.h"
#include "wire/wire.h"

/* protobuf-c wants non-const C text. */
static char *text_out(struct arena *mem, struct str text)
{
	return (char *)(uintptr_t)arena_c(mem, text);
}

static ProtobufCBinaryData bytes_out(struct str bytes)
{
	return (ProtobufCBinaryData){ .len = bytes.n, .data = (uint8_t *)(uintptr_t)bytes.p };
}

static struct str bytes_in(ProtobufCBinaryData bytes)
{
	return str_of(bytes.data, bytes.len);
}

static char **texts_out(struct arena *mem, const struct str *texts, size_t n)
{
	char **out = arena_new_array(mem, char *, n + 1);

	for (size_t i = 0; out != NULL && i < n; i++)
		out[i] = text_out(mem, texts[i]);
	return out;
}

enum res intake_read_submit(
	struct arena *mem, struct str body, struct intake_submit *out, struct err *err)
{
	Wangli__Submit *in = NULL;

	TRY(wire_unpack(mem, &wangli__submit__descriptor, body, &in, err));
	*out = (struct intake_submit){ .has_contact = in->contact != NULL };
	out->letter = (struct intake_letter){
		.title = wire_str(in->title),
		.body = wire_str(in->body),
		.written_at = in->written_at_us == 0 ? INSTANT_NONE
						     : (struct instant){ in->written_at_us },
		.area = wire_str(in->area),
		.likes = in->likes,
		.klass = wire_str(in->klass),
		.reply_address = wire_str(in->reply_address),
		.wants_status = in->wants_status,
	};
	if (in->contact != NULL)
		out->contact = (struct intake_sealed){ .epoch = bytes_in(in->contact->epoch),
			.sealed_key = bytes_in(in->contact->sealed_key),
			.record = bytes_in(in->contact->record) };
	struct intake_attachment *attachments =
		arena_new_array(mem, struct intake_attachment, in->n_attachments + 1);
	for (size_t i = 0; attachments != NULL && i < in->n_attachments; i++)
		attachments[i] = (struct intake_attachment){
			.ticket = bytes_in(in->attachments[i]->ticket),
			.name = wire_str(in->attachments[i]->name),
		};
	out->attachments = attachments;
	out->n_attachments = attachments != NULL ? in->n_attachments : 0;
	return RES_OK;
}

enum res intake_read_contact(
	struct arena *mem, struct str plain, struct intake_contact *out, struct err *err)
{
	Wangli__ContactPlain *in = NULL;

	TRY(wire_unpack(mem, &wangli__contact_plain__descriptor, plain, &in, err));
	*out = (struct intake_contact){ .name = wire_str(in->name),
		.phone = wire_str(in->phone),
		.address = wire_str(in->address),
		.account = wire_str(in->account) };
	return RES_OK;
}

static int64_t time_out(struct instant at)
{
	return instant_is_none(at) ? 0 : at.us;
}

struct str intake_write_received(struct arena *mem, const struct intake_case *file,
	const struct intake_submit *submit, const struct intake_grounds *grounds, struct str digest)
{
	const struct intake_letter *letter = &submit->letter;
	Wangli__IntakeReceived out = WANGLI__INTAKE_RECEIVED__INIT;
	const struct intake_matter *matter = &file->matter;

	out.source = text_out(mem, file->source);
	out.source_msg_id = text_out(mem, file->source_msg_id);
	out.channel = text_out(mem, file->channel);
	out.klass = text_out(mem, matter->klass);
	out.digest = bytes_out(digest);
	out.written_at_us = time_out(letter->written_at);
	out.title_chars = (int32_t)str_utf8_length(letter->title);
	out.body_chars = (int32_t)str_utf8_length(letter->body);
	out.type = text_out(mem, matter->type);
	out.category = text_out(mem, matter->category);
	out.area = text_out(mem, matter->area);
	out.confidence_pct = matter->confidence_pct;
	out.is_general_desk = matter->is_general_desk;
	out.classifier = text_out(mem, str_from_c(grounds->classifier));
	out.words = texts_out(mem, grounds->words, grounds->n_words);
	out.n_words = out.words != NULL ? grounds->n_words : 0;
	out.accept_due_us = time_out(file->accept_due.at);
	out.is_provisional = file->accept_due.is_provisional;
	out.wants_status = letter->wants_status;
	out.attachments = (int32_t)submit->n_attachments;
	return wire_pack(mem, &out.base);
}

/* The parts of a text joined by commas. */
static struct str *split(struct arena *mem, struct str joined, size_t *out_n)
{
	size_t most = 1, n = 0;

	*out_n = 0;
	if (str_is_empty(joined))
		return NULL;
	for (size_t i = 0; i < joined.n; i++)
		most += joined.p[i] == ',';
	struct str *parts = arena_new_array(mem, struct str, most);
	while (parts != NULL && n < most && str_split(&joined, ',', &parts[n]))
		n++;
	*out_n = n;
	return parts;
}

struct str intake_write_accepted(struct arena *mem, const struct intake_case *file,
	const struct intake_acceptance *acceptance)
{
	Wangli__IntakeAccepted out = WANGLI__INTAKE_ACCEPTED__INIT;
	const struct intake_matter *matter = &file->matter;
	const struct intake_grounds *grounds = &acceptance->grounds;
	struct str *named = NULL;
	size_t n_named = 0;

	/* What a letter names matters to nobody unless it is a report. */
	if (str_eq_c(matter->klass, INTAKE_KLASS_REPORT))
		named = split(mem, matter->named_units, &n_named);
	out.type = text_out(mem, matter->type);
	out.category = text_out(mem, matter->category);
	out.area = text_out(mem, matter->area);
	out.confidence_pct = matter->confidence_pct;
	out.is_general_desk = matter->is_general_desk;
	out.classifier = text_out(mem, str_from_c(grounds->classifier));
	out.words = texts_out(mem, grounds->words, grounds->n_words);
	out.n_words = out.words != NULL ? grounds->n_words : 0;
	out.ref_version = acceptance->ref_version;
	out.source_msg_id = text_out(mem, file->source_msg_id);
	out.source = text_out(mem, file->source);
	out.channel = text_out(mem, file->channel);
	out.klass = text_out(mem, matter->klass);
	out.named_units = texts_out(mem, named, n_named);
	out.n_named_units = out.named_units != NULL ? n_named : 0;
	out.note = text_out(mem, acceptance->note);
	out.kb_article = matter->kb_article;
	return wire_pack(mem, &out.base);
}

struct str intake_write_refused(
	struct arena *mem, const struct intake_case *file, const struct intake_refuse *refuse)
{
	Wangli__IntakeRefused out = WANGLI__INTAKE_REFUSED__INIT;

	out.reason = text_out(mem, refuse->reason);
	out.note = text_out(mem, refuse->note);
	out.source = text_out(mem, file->source);
	out.source_msg_id = text_out(mem, file->source_msg_id);
	out.channel = text_out(mem, file->channel);
	out.klass = text_out(mem, file->matter.klass);
	out.guidance_chars = (int32_t)str_utf8_length(refuse->guidance);
	return wire_pack(mem, &out.base);
}

enum res intake_read_accept(
	struct arena *mem, struct str body, struct intake_accept *out, struct err *err)
{
	Wangli__IntakeAccept *in = NULL;

	TRY(wire_unpack(mem, &wangli__intake_accept__descriptor, body, &in, err));
	*out = (struct intake_accept){ .type = wire_str(in->type),
		.category = wire_str(in->category),
		.area = wire_str(in->area),
		.note = wire_str(in->note),
		.no_article = in->no_article };
	return RES_OK;
}

enum res intake_read_refuse(
	struct arena *mem, struct str body, struct intake_refuse *out, struct err *err)
{
	Wangli__IntakeRefuse *in = NULL;

	TRY(wire_unpack(mem, &wangli__intake_refuse__descriptor, body, &in, err));
	*out = (struct intake_refuse){ .reason = wire_str(in->reason),
		.guidance = wire_str(in->guidance),
		.note = wire_str(in->note) };
	return RES_OK;
}

enum res intake_read_open(
	struct arena *mem, struct str body, struct intake_open *out, struct err *err)
{
	Wangli__IntakeOpen *in = NULL;

	TRY(wire_unpack(mem, &wangli__intake_open__descriptor, body, &in, err));
	*out = (struct intake_open){ .case_id = in->case_id,
		.query_code = wire_str(in->query_code) };
	return RES_OK;
}

struct str intake_write_receipt(struct arena *mem, const struct intake_receipt *receipt)
{
	Wangli__Receipt out = WANGLI__RECEIPT__INIT;

	out.case_number = text_out(mem, str_from_c(receipt->case_number));
	out.query_code = text_out(mem, str_from_c(receipt->query_code));
	out.digest = bytes_out(receipt->digest);
	out.received_at_us = receipt->received_at.us;
	out.is_repeat = receipt->is_repeat;
	return wire_pack(mem, &out.base);
}

enum res intake_read_key(struct arena *mem, struct str body, struct intake_key *out,
	bool *out_is_revoked, struct err *err)
{
	Wangli__ChannelAdd *in = NULL;

	TRY(wire_unpack(mem, &wangli__channel_add__descriptor, body, &in, err));
	if (in->key == NULL)
		return err_set(err, RES_INVALID, "key is missing");
	struct str *channels = arena_new_array(mem, struct str, in->key->n_channels + 1);
	for (size_t i = 0; channels != NULL && i < in->key->n_channels; i++)
		channels[i] = wire_str(in->key->channels[i]);
	*out = (struct intake_key){ .public_key = wire_str(in->key->public_key),
		.source = wire_str(in->key->source),
		.channels = channels,
		.n_channels = channels != NULL ? in->key->n_channels : 0 };
	*out_is_revoked = in->key->is_revoked;
	return RES_OK;
}

enum res intake_read_rotation(
	struct arena *mem, struct str body, struct intake_rotation *out, struct err *err)
{
	Wangli__ChannelRotate *in = NULL;

	TRY(wire_unpack(mem, &wangli__channel_rotate__descriptor, body, &in, err));
	*out = (struct intake_rotation){ .source = wire_str(in->source),
		.public_key = wire_str(in->public_key),
		.overlap_ms = in->overlap_ms };
	return RES_OK;
}

enum res intake_read_revocation(
	struct arena *mem, struct str body, struct str *out_name, struct err *err)
{
	Wangli__ChannelRevoke *in = NULL;

	TRY(wire_unpack(mem, &wangli__channel_revoke__descriptor, body, &in, err));
	*out_name = wire_str(in->name);
	return RES_OK;
}

enum res intake_read_quota(
	struct arena *mem, struct str body, struct intake_quota *out, struct err *err)
{
	Wangli__ChannelQuota *in = NULL;

	TRY(wire_unpack(mem, &wangli__channel_quota__descriptor, body, &in, err));
	*out = (struct intake_quota){
		.source = wire_str(in->source), .per_s = in->per_s, .burst = in->burst
	};
	return RES_OK;
}

struct str intake_write_channel_answer(struct arena *mem, struct str why_not)
{
	Wangli__ChannelAnswer out = WANGLI__CHANNEL_ANSWER__INIT;

	out.why_not = text_out(mem, why_not);
	return wire_pack(mem, &out.base);
}

static Wangli__ChannelKey *key_out(struct arena *mem, const struct intake_key_row *row)
{
	Wangli__ChannelKey *key = arena_new(mem, Wangli__ChannelKey);
	struct str channels[INTAKE_KEY_CHANNELS_MAX];
	struct str rest = row->channels;
	size_t n = 0;

	if (key == NULL)
		return NULL;
	wangli__channel_key__init(key);
	while (n < INTAKE_KEY_CHANNELS_MAX && str_split(&rest, ',', &channels[n]))
		n++;
	key->public_key = text_out(mem, row->public_key);
	key->source = text_out(mem, row->source);
	key->is_revoked = row->is_revoked;
	key->valid_for_ms = row->valid_for_ms;
	key->quota_per_s = row->quota_per_s;
	key->quota_burst = row->quota_burst;
	key->channels = texts_out(mem, channels, n);
	key->n_channels = key->channels != NULL ? n : 0;
	return key;
}

struct str intake_write_keys(struct arena *mem, const struct intake_key_row *rows, size_t n)
{
	Wangli__KeysSnapshot out = WANGLI__KEYS_SNAPSHOT__INIT;

	out.keys = arena_new_array(mem, Wangli__ChannelKey *, n + 1);
	for (size_t i = 0; out.keys != NULL && i < n; i++) {
		out.keys[i] = key_out(mem, &rows[i]);
		if (out.keys[i] == NULL)
			return STR_NONE;
	}
	out.n_keys = out.keys != NULL ? n : 0;
	return wire_pack(mem, &out.base);
}

static enum res read_state_get(
	struct arena *mem, struct str body, struct intake_state_ask *out, struct err *err)
{
	Wangli__StateGet *in = NULL;

	TRY(wire_unpack(mem, &wangli__state_get__descriptor, body, &in, err));
	*out = (struct intake_state_ask){ .kind = INTAKE_STATE_GET, .name = wire_str(in->name) };
	return RES_OK;
}

static enum res read_state_put(
	struct arena *mem, struct str body, struct intake_state_ask *out, struct err *err)
{
	Wangli__StatePut *in = NULL;

	TRY(wire_unpack(mem, &wangli__state_put__descriptor, body, &in, err));
	*out = (struct intake_state_ask){ .kind = INTAKE_STATE_PUT,
		.name = wire_str(in->name),
		.holder = wire_str(in->holder),
		.value = in->is_removed || in->value.len == 0 ? STR("") : bytes_in(in->value),
		.if_version = in->if_version,
		.is_removed = in->is_removed };
	return RES_OK;
}

static enum res read_state_lease(
	struct arena *mem, struct str body, struct intake_state_ask *out, struct err *err)
{
	Wangli__StateLease *in = NULL;

	TRY(wire_unpack(mem, &wangli__state_lease__descriptor, body, &in, err));
	*out = (struct intake_state_ask){ .kind = INTAKE_STATE_LEASE,
		.name = wire_str(in->name),
		.holder = wire_str(in->holder),
		.lease_ms = in->lease_ms };
	return RES_OK;
}

enum res intake_read_state_ask(struct arena *mem, struct str type, struct str body,
	struct intake_state_ask *out, struct err *err)
{
	if (str_eq_c(type, "state.get.v1"))
		return read_state_get(mem, body, out, err);
	if (str_eq_c(type, "state.put.v1"))
		return read_state_put(mem, body, out, err);
	return read_state_lease(mem, body, out, err);
}

struct str intake_write_state_answer(struct arena *mem, const struct intake_state_answer *answer)
{
	Wangli__StateAnswer out = WANGLI__STATE_ANSWER__INIT;

	out.why_not = text_out(mem, answer->why_not);
	out.version = answer->version;
	out.value = bytes_out(answer->value);
	out.holder = text_out(mem, answer->holder);
	out.lease_left_ms = answer->lease_left_ms;
	return wire_pack(mem, &out.base);
}
