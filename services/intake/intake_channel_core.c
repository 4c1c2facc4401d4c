/* Decisions about integrators' keys. */
#include "intake_channel_core.h"

static bool is_source(const struct intake_key_row *rows, size_t n, struct str name)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(rows[i].source, name))
			return true;
	return false;
}

static enum res no_source(struct str name, struct err *err)
{
	return err_set(err, RES_INVALID, "no channel '%.*s'; see channel list", STR_ARG(name));
}

enum res intake_channel_may_add(
	const struct intake_key_row *rows, size_t n, struct str public_key, struct err *err)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(rows[i].public_key, public_key) && rows[i].is_revoked)
			return err_set(err, RES_INVALID,
				"the key %.*s is revoked and does not come back: make a new one",
				STR_ARG(str_slice(public_key, 0, INTAKE_KEY_SHOWN_LEAST)));
	return RES_OK;
}

static enum res source_revoked(const struct intake_key_row *rows, size_t n, struct str name,
	struct str *out, size_t *out_n, struct err *err)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i++)
		if (str_eq(rows[i].source, name) && !rows[i].is_revoked)
			out[found++] = rows[i].public_key;
	if (found == 0)
		return err_set(
			err, RES_INVALID, "all keys of '%.*s' are revoked already", STR_ARG(name));
	*out_n = found;
	return RES_OK;
}

enum res intake_channel_revoked(const struct intake_key_row *rows, size_t n, struct str name,
	struct str *out, size_t *out_n, struct err *err)
{
	const struct intake_key_row *found = NULL;

	if (is_source(rows, n, name))
		return source_revoked(rows, n, name, out, out_n, err);
	if (name.n < INTAKE_KEY_SHOWN_LEAST)
		return no_source(name, err);
	for (size_t i = 0; i < n; i++) {
		if (!str_starts(rows[i].public_key, name))
			continue;
		if (found != NULL)
			return err_set(err, RES_INVALID,
				"several keys begin with %.*s: give more of it", STR_ARG(name));
		found = &rows[i];
	}
	if (found == NULL)
		return err_set(err, RES_INVALID, "no channel and no key '%.*s'; see channel list",
			STR_ARG(name));
	if (found->is_revoked)
		return err_set(err, RES_INVALID, "the key %.*s is revoked already", STR_ARG(name));
	out[0] = found->public_key;
	*out_n = 1;
	return RES_OK;
}

enum res intake_channel_rotated(const struct intake_key_row *rows, size_t n,
	const struct intake_rotation *asked, const struct intake_key_row **out, struct err *err)
{
	const struct intake_key_row *model = NULL;
	size_t others = 0;

	if (!is_source(rows, n, asked->source))
		return no_source(asked->source, err);
	if (asked->overlap_ms < 0 || asked->overlap_ms > INTAKE_OVERLAP_MOST.us / 1000)
		return err_set(err, RES_INVALID, "overlap: want a year at most");
	TRY(intake_channel_may_add(rows, n, asked->public_key, err));
	for (size_t i = 0; i < n; i++) {
		bool is_same = str_eq(rows[i].public_key, asked->public_key);
		bool is_ours = str_eq(rows[i].source, asked->source);

		if (is_same && !is_ours)
			return err_set(err, RES_INVALID, "this key is that of '%.*s'",
				STR_ARG(rows[i].source));
		if (!is_ours || rows[i].is_revoked)
			continue;
		others += !is_same;
		if (model == NULL || is_same)
			model = &rows[i];
	}
	if (model == NULL)
		return err_set(err, RES_INVALID,
			"all keys of '%.*s' are revoked: nothing to rotate, see channel add",
			STR_ARG(asked->source));
	if (others >= INTAKE_ROTATE_KEYS_MOST)
		return err_set(err, RES_INVALID,
			"'%.*s' has %zu keys already: revoke one of them first",
			STR_ARG(asked->source), others);
	*out = model;
	return RES_OK;
}

enum res intake_channel_limited(const struct intake_key_row *rows, size_t n,
	const struct intake_quota *asked, struct err *err)
{
	if (!is_source(rows, n, asked->source))
		return no_source(asked->source, err);
	if (asked->per_s < 0 || asked->per_s > INTAKE_QUOTA_MOST || asked->burst < 0 ||
		asked->burst > INTAKE_QUOTA_MOST)
		return err_set(err, RES_INVALID, "quota: want figures up to %d", INTAKE_QUOTA_MOST);
	if (asked->per_s == 0 && asked->burst != 0)
		return err_set(err, RES_INVALID, "quota: a burst wants a rate");
	return RES_OK;
}
