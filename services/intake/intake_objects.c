/* Read, looked up, answered; nothing is written. */
#include "intake_objects.h"

#include "crypto/crypto.h"
#include "intake_store.h"
#include "object/object.h"
#include "proto/operator.pb-c.h"

#define DIGESTS_MAX 1000

static enum res read_digests(
	struct kit_turn *turn, struct str **out_hex, size_t *out_n, struct err *err)
{
	Wangli__ObjectsReferenced *in = NULL;

	TRY(wire_unpack(
		turn->mem, &wangli__objects_referenced__descriptor, turn->message->body, &in, err));
	if (in->n_sha256 > DIGESTS_MAX)
		return err_set(err, RES_INVALID, "%zu digests: want at most %d", in->n_sha256,
			DIGESTS_MAX);
	struct str *hex = arena_new_array(turn->mem, struct str, in->n_sha256 + 1);
	if (hex == NULL)
		return err_set(err, RES_TOO_BIG, "needs more memory than a batch has");
	for (size_t i = 0; i < in->n_sha256; i++) {
		if (in->sha256[i].len != OBJECT_SHA256_BYTES)
			return err_set(err, RES_INVALID, "digest %zu has %zu bytes", i + 1,
				in->sha256[i].len);
		hex[i] = crypto_hex(turn->mem, str_of(in->sha256[i].data, in->sha256[i].len));
		if (hex[i].p == NULL)
			return err_set(err, RES_TOO_BIG, "needs more memory than a batch has");
	}
	*out_hex = hex;
	*out_n = in->n_sha256;
	return RES_OK;
}

enum res intake_objects_referenced(struct kit_turn *turn, struct err *err)
{
	Wangli__ObjectsReferenced out = WANGLI__OBJECTS_REFERENCED__INIT;
	struct intake_digest_row *rows = NULL;
	struct str *hex = NULL;
	size_t n = 0;

	if (!str_eq_c(turn->message->head.sender, "media"))
		return err_set(err, RES_DENIED, "only media may ask");
	TRY(read_digests(turn, &hex, &n, err));
	TRY(intake_find_referenced(kit_turn_db(turn), turn->mem, hex, n, &rows, &n, err));
	out.sha256 = arena_new_array(turn->mem, ProtobufCBinaryData, n + 1);
	/* An answer that leaves one out would have it deleted. */
	if (out.sha256 == NULL)
		return err_set(err, RES_TOO_BIG, "needs more memory than a batch has");
	for (size_t i = 0; i < n; i++)
		out.sha256[i] = (ProtobufCBinaryData){ .len = sizeof(rows[i].sha256),
			.data = rows[i].sha256 };
	out.n_sha256 = n;
	struct str body = wire_pack(turn->mem, &out.base);
	if (body.p == NULL && n > 0)
		return err_set(err, RES_TOO_BIG, "needs more memory than a batch has");
	kit_answer(turn, body);
	return RES_OK;
}
