/* A command is read, decided over all keys, and written; the door is told with a hint. */
#include "intake_channel.h"

#include "intake_channel_core.h"
#include "intake_codec.h"
#include "intake_core.h"
#include "intake_store.h"

struct keys {
	struct intake_key_row *rows;
	size_t n;
};

static enum res keys_load(struct kit_turn *turn, struct keys *out, struct err *err)
{
	return intake_load_keys(kit_turn_db(turn), turn->mem, &out->rows, &out->n, err);
}

/* Only the operator changes keys. */
static enum res check_sender(const struct kit_turn *turn, struct err *err)
{
	if (!str_eq_c(turn->message->head.sender, "cli"))
		return err_set(err, RES_DENIED, "only the command line may change channels");
	return RES_OK;
}

/* The answer to what the keys do not allow. A failure after the database was asked would be the
 * whole batch's, and would lose its words; nothing has been written when this is said. */
static enum res say_no(struct kit_turn *turn, const struct err *why)
{
	kit_answer(turn, intake_write_channel_answer(turn->mem, str_from_c(why->text)));
	return RES_OK;
}

static enum res end(struct kit_turn *turn)
{
	kit_answer(turn, intake_write_channel_answer(turn->mem, STR_NONE));
	kit_hint(turn, "edge", "keys.changed.v1");
	return RES_OK;
}

/* A revoked key is refused as one that nobody knows is, and revoked ones only grow in number: the
 * door would one day not be able to read them all. */
enum res intake_keys_get(struct kit_turn *turn, struct err *err)
{
	struct keys keys = { 0 };
	size_t n = 0;

	TRY(keys_load(turn, &keys, err));
	for (size_t i = 0; i < keys.n; i++)
		if (!keys.rows[i].is_revoked)
			keys.rows[n++] = keys.rows[i];
	keys.n = n;
	kit_answer(turn, intake_write_keys(turn->mem, keys.rows, keys.n));
	return RES_OK;
}

enum res intake_channel_add(struct kit_turn *turn, struct err *err)
{
	struct keys keys = { 0 };
	struct intake_key key;
	struct err why;
	bool is_revoked;

	TRY(check_sender(turn, err));
	TRY(intake_read_key(turn->mem, turn->message->body, &key, &is_revoked, err));
	TRY(intake_check_key(&key, err));
	TRY(keys_load(turn, &keys, err));
	if (!is_revoked &&
		intake_channel_may_add(keys.rows, keys.n, key.public_key, &why) != RES_OK)
		return say_no(turn, &why);
	TRY(intake_put_key(kit_turn_db(turn), turn->mem, &key, is_revoked, turn->now, err));
	return end(turn);
}

/* The new key with the channels of the one that it joins. */
static struct intake_key key_like(
	struct arena *mem, const struct intake_rotation *asked, const struct intake_key_row *model)
{
	struct str *channels = arena_new_array(mem, struct str, INTAKE_KEY_CHANNELS_MAX);
	struct intake_key key = {
		.public_key = asked->public_key, .source = asked->source, .channels = channels
	};
	struct str rest = model->channels;

	while (channels != NULL && key.n_channels < INTAKE_KEY_CHANNELS_MAX &&
		str_split(&rest, ',', &channels[key.n_channels]))
		key.n_channels++;
	return key;
}

enum res intake_channel_rotate(struct kit_turn *turn, struct err *err)
{
	const struct intake_key_row *model = NULL;
	struct intake_rotation asked;
	struct keys keys = { 0 };
	struct intake_key key;
	struct err why;

	TRY(check_sender(turn, err));
	TRY(intake_read_rotation(turn->mem, turn->message->body, &asked, err));
	TRY(keys_load(turn, &keys, err));
	if (intake_channel_rotated(keys.rows, keys.n, &asked, &model, &why) != RES_OK)
		return say_no(turn, &why);
	key = key_like(turn->mem, &asked, model);
	if (intake_check_key(&key, &why) != RES_OK)
		return say_no(turn, &why);
	TRY(intake_put_key(kit_turn_db(turn), turn->mem, &key, false, turn->now, err));
	if (asked.overlap_ms > 0)
		TRY(intake_end_keys(kit_turn_db(turn), turn->mem, &asked, err));
	return end(turn);
}

enum res intake_channel_revoke(struct kit_turn *turn, struct err *err)
{
	struct keys keys = { 0 };
	struct str *revoked;
	struct str name;
	struct err why;
	size_t n = 0;

	TRY(check_sender(turn, err));
	TRY(intake_read_revocation(turn->mem, turn->message->body, &name, err));
	TRY(keys_load(turn, &keys, err));
	revoked = arena_new_array(turn->mem, struct str, keys.n + 1);
	if (revoked == NULL)
		return RES_OK; /* the arena is marked: nothing of this is committed */
	if (intake_channel_revoked(keys.rows, keys.n, name, revoked, &n, &why) != RES_OK)
		return say_no(turn, &why);
	TRY(intake_revoke_keys(kit_turn_db(turn), turn->mem, revoked, n, turn->now, err));
	return end(turn);
}

enum res intake_channel_quota(struct kit_turn *turn, struct err *err)
{
	struct intake_quota asked;
	struct keys keys = { 0 };
	struct err why;

	TRY(check_sender(turn, err));
	TRY(intake_read_quota(turn->mem, turn->message->body, &asked, err));
	TRY(keys_load(turn, &keys, err));
	if (intake_channel_limited(keys.rows, keys.n, &asked, &why) != RES_OK)
		return say_no(turn, &why);
	TRY(intake_put_quota(kit_turn_db(turn), turn->mem, &asked, err));
	return end(turn);
}
