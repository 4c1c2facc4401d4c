/* Who may change what is kept under a name. */
#include "intake_state_core.h"

static bool is_plain(struct str text, size_t least, size_t most)
{
	if (text.n < least || text.n > most)
		return false;
	for (size_t i = 0; i < text.n; i++)
		if ((unsigned char)text.p[i] < ' ' || text.p[i] == 0x7f)
			return false;
	return true;
}

enum res intake_state_check(const struct intake_state_ask *ask, struct err *err)
{
	bool is_lease = ask->kind == INTAKE_STATE_LEASE;

	if (!is_plain(ask->name, 1, INTAKE_STATE_NAME_MAX))
		return err_set(err, RES_INVALID, "name: want 1 to %d bytes of plain text",
			INTAKE_STATE_NAME_MAX);
	if (!is_plain(ask->holder, is_lease, INTAKE_STATE_HOLDER_MAX))
		return err_set(err, RES_INVALID, "holder: want %d to %d bytes of plain text",
			is_lease, INTAKE_STATE_HOLDER_MAX);
	if (ask->value.n > INTAKE_STATE_VALUE_MAX)
		return err_set(
			err, RES_INVALID, "value: want %d bytes at most", INTAKE_STATE_VALUE_MAX);
	if (ask->if_version < 0)
		return err_set(err, RES_INVALID, "if_version: want 0 or a version");
	if (is_lease && ask->lease_ms != 0 &&
		(ask->lease_ms < INTAKE_STATE_LEASE_LEAST ||
			ask->lease_ms > INTAKE_STATE_LEASE_MOST))
		return err_set(err, RES_INVALID, "lease_ms: want %d to %d, or 0 to give it back",
			INTAKE_STATE_LEASE_LEAST, INTAKE_STATE_LEASE_MOST);
	return RES_OK;
}

int32_t intake_state_lease_left_ms(const struct intake_kept *row, struct instant now)
{
	struct span left;

	if (str_is_empty(row->holder) || !instant_is_before(now, row->lease_until))
		return 0;
	left = instant_since(row->lease_until, now);
	return (int32_t)((left.us + 999) / 1000);
}

static bool is_anothers(const struct intake_kept *row, struct str holder, struct instant now)
{
	return intake_state_lease_left_ms(row, now) > 0 && !str_eq(row->holder, holder);
}

/* Its RESULT was lost, and it comes once more. */
static bool is_repeat(const struct intake_kept *row, const struct intake_state_ask *ask)
{
	if (ask->is_removed)
		return row->version == 0;
	return row->version != 0 && row->replaced == ask->if_version &&
	       str_eq(row->put_by, ask->holder) && str_eq(row->value, ask->value);
}

static enum res has_room(const struct intake_kept *row, const struct intake_state_ask *ask,
	const struct intake_state_use *use, struct err *err)
{
	int64_t more = (int64_t)ask->value.n - (int64_t)row->value.n;

	if (!row->is_there && use->names >= INTAKE_STATE_NAMES_MOST)
		return err_set(err, RES_CONFLICT,
			"this source has %d names already: remove one first",
			INTAKE_STATE_NAMES_MOST);
	if (more > 0 && use->bytes + more > INTAKE_STATE_SOURCE_BYTES)
		return err_set(err, RES_CONFLICT,
			"this source keeps %d bytes at most: remove something first",
			INTAKE_STATE_SOURCE_BYTES);
	return RES_OK;
}

/* A new row begins with the time, so that a name that was removed does not have its old versions
 * again. */
static struct intake_kept changed(const struct intake_kept *row, struct instant now)
{
	struct intake_kept after = *row;

	after.is_there = true;
	after.stamp = row->is_there ? row->stamp + 1 : now.us;
	return after;
}

static enum intake_state_deed write_of(const struct intake_kept *row)
{
	return row->is_there ? INTAKE_STATE_UPDATE : INTAKE_STATE_INSERT;
}

/* A row stays as long as it holds a value or a lease. */
static void removed(
	const struct intake_kept *row, struct instant now, struct intake_state_decision *out)
{
	out->deed = intake_state_lease_left_ms(row, now) > 0 ? INTAKE_STATE_UPDATE
							     : INTAKE_STATE_DELETE;
	out->after = changed(row, now);
	out->after.version = 0;
	out->after.value = STR_NONE;
	out->after.put_by = STR_NONE;
	out->after.replaced = 0;
}

static enum res decide_put(const struct intake_kept *row, const struct intake_state_ask *ask,
	const struct intake_state_use *use, struct instant now, struct intake_state_decision *out,
	struct err *err)
{
	if (is_repeat(row, ask))
		return RES_OK;
	if (is_anothers(row, ask->holder, now))
		return err_set(err, RES_CONFLICT, "somebody else holds the lease");
	if (row->version != ask->if_version) {
		out->shows_value = true;
		return err_set(err, RES_CONFLICT, "changed meanwhile");
	}
	if (ask->is_removed) {
		removed(row, now, out);
		return RES_OK;
	}
	TRY(has_room(row, ask, use, err));
	out->deed = write_of(row);
	out->after = changed(row, now);
	out->after.version = out->after.stamp;
	out->after.value = ask->value;
	out->after.put_by = ask->holder;
	out->after.replaced = ask->if_version;
	return RES_OK;
}

static void given_back(
	const struct intake_kept *row, struct instant now, struct intake_state_decision *out)
{
	out->deed = row->version != 0 ? INTAKE_STATE_UPDATE : INTAKE_STATE_DELETE;
	out->after = changed(row, now);
	out->after.holder = STR_NONE;
	out->after.lease_until = INSTANT_NONE;
}

static enum res decide_lease(const struct intake_kept *row, const struct intake_state_ask *ask,
	const struct intake_state_use *use, struct instant now, struct intake_state_decision *out,
	struct err *err)
{
	if (ask->lease_ms == 0) {
		if (row->is_there && str_eq(row->holder, ask->holder))
			given_back(row, now, out);
		return RES_OK; /* who has none has nothing to give back */
	}
	if (is_anothers(row, ask->holder, now))
		return err_set(err, RES_CONFLICT, "somebody else holds the lease");
	if (!row->is_there) {
		const struct intake_state_ask nothing = { .value = STR_NONE };

		TRY(has_room(row, &nothing, use, err));
	}
	out->deed = write_of(row);
	out->after = changed(row, now);
	out->after.holder = ask->holder;
	out->after.lease_until = instant_add(now, SPAN_MS(ask->lease_ms));
	return RES_OK;
}

enum res intake_state_decide(const struct intake_kept *row, const struct intake_state_ask *ask,
	const struct intake_state_use *use, struct instant now, struct intake_state_decision *out,
	struct err *err)
{
	*out = (struct intake_state_decision){ .deed = INTAKE_STATE_KEEP, .after = *row };
	switch (ask->kind) {
	case INTAKE_STATE_PUT:
		return decide_put(row, ask, use, now, out, err);
	case INTAKE_STATE_LEASE:
		return decide_lease(row, ask, use, now, out, err);
	case INTAKE_STATE_GET:
		out->shows_value = true;
		break;
	}
	return RES_OK;
}
