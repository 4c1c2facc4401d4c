/* Life cycle and admission rules of intake. A step that is not in the table is refused. */
#include "intake_core.h"

#define WRITTEN_EARLIEST_US INT64_C(631123200000000)  /* 1990-01-01 00:00 in Shanghai */
#define WRITTEN_LATEST_US   INT64_C(7258089600000000) /* 2200-01-01 00:00 in Shanghai */

static const struct life_step steps[] = {
#define STEP(from, event, to, roles, why) { INTAKE_##from, INTAKE_##event, INTAKE_##to, roles },
#include "intake_steps.def"
#undef STEP
};

static const char *const event_names[] = {
#define EVENT(name, source, meaning) [INTAKE_##name] = meaning,
#include "intake_events.def"
#undef EVENT
};
_Static_assert(sizeof(event_names) / sizeof(event_names[0]) == INTAKE_EVENTS, "one name an event");

const struct life intake_life = { .owner = "intake",
	.steps = steps,
	.n_steps = sizeof(steps) / sizeof(steps[0]),
	.events = event_names,
	.n_events = INTAKE_EVENTS,
	.state_name = intake_state_name };

const char *intake_state_name(int state)
{
	switch (state) {
#define STATE(name, number, meaning)                                                               \
	case number:                                                                               \
		return #name;
#include "intake_states.def"
#undef STATE
	}
	return "?";
}

enum res intake_decide(const struct intake_case *file, const struct intake_event *event,
	struct instant now, struct intake_case *out, struct err *err)
{
	const struct life_step *step = NULL;

	TRY(life_find(&intake_life, file->state, (int)event->kind, event->role, &step, err));
	*out = *file;
	out->state = (int16_t)step->to;
	switch (event->kind) {
	case INTAKE_RECEIVE:
		out->source = event->source;
		out->source_msg_id = event->source_msg_id;
		out->channel = event->channel;
		out->matter = event->matter;
		out->received_at = now;
		out->accept_due = event->accept_due;
		out->closed_at = INSTANT_NONE;
		break;
	case INTAKE_ACCEPT_AT_ONCE:
	case INTAKE_ACCEPT:
		out->matter = event->matter;
		break;
	case INTAKE_FOLLOWUP_CLOSED:
		out->closed_at = event->at;
		break;
	case INTAKE_REFUSE:
	case INTAKE_EVENTS:
		break;
	}
	return RES_OK;
}

enum res intake_check_text(const char *name, struct str text, size_t chars_most, struct err *err)
{
	if (!str_is_utf8(text))
		return err_set(err, RES_INVALID, "%s is not UTF-8", name);
	if (str_is_empty(str_trim(text)))
		return err_set(
			err, RES_INVALID, "%s is empty: want 1-%zu characters", name, chars_most);
	size_t chars = str_utf8_length(text);
	if (chars > chars_most)
		return err_set(err, RES_INVALID, "%s has %zu characters: want 1-%zu", name, chars,
			chars_most);
	size_t at = str_find_control(text);
	if (at != SIZE_MAX)
		return err_set(err, RES_INVALID,
			"%s holds a control character at byte %zu: only TAB, CR and LF may stand "
			"in it",
			name, at + 1);
	return RES_OK;
}

/* Only what no clock could say is refused: a channel's clock that runs ahead of ours is no reason
 * to turn a letter away. */
static enum res check_written_at(struct instant written_at, struct err *err)
{
	if (instant_is_none(written_at))
		return RES_OK;
	if (written_at.us < WRITTEN_EARLIEST_US)
		return err_set(err, RES_INVALID, "written_at is before 1990-01-01");
	if (written_at.us >= WRITTEN_LATEST_US)
		return err_set(err, RES_INVALID, "written_at is after 2199-12-31");
	return RES_OK;
}

enum res intake_check_letter(const struct intake_letter *letter, struct err *err)
{
	TRY(intake_check_text("title", letter->title, INTAKE_TITLE_CHARS_MAX, err));
	TRY(intake_check_text("body", letter->body, INTAKE_BODY_CHARS_MAX, err));
	TRY(check_written_at(letter->written_at, err));
	if (letter->area.n > INTAKE_AREA_BYTES_MAX)
		return err_set(err, RES_INVALID, "area has %zu bytes: want at most %d",
			letter->area.n, INTAKE_AREA_BYTES_MAX);
	if (!str_is_utf8(letter->area) || str_find_control(letter->area) != SIZE_MAX)
		return err_set(err, RES_INVALID, "area is not plain UTF-8 text");
	if (letter->likes < 0 || letter->likes > INTAKE_LIKES_MAX)
		return err_set(err, RES_INVALID, "likes is %d: want 0-%d", (int)letter->likes,
			INTAKE_LIKES_MAX);
	if (!str_is_empty(letter->klass) && !str_eq_c(letter->klass, INTAKE_KLASS_REPORT))
		return err_set(
			err, RES_INVALID, "klass: want empty or \"%s\"", INTAKE_KLASS_REPORT);
	if (letter->reply_address.n > INTAKE_ADDRESS_BYTES_MAX)
		return err_set(err, RES_INVALID, "reply_address has %zu bytes: want at most %d",
			letter->reply_address.n, INTAKE_ADDRESS_BYTES_MAX);
	return RES_OK;
}

enum res intake_check_file_name(struct str name, struct err *err)
{
	if (name.n == 0 || name.n > INTAKE_FILE_NAME_MAX)
		return err_set(err, RES_INVALID, "its name has %zu bytes: want 1-%d", name.n,
			INTAKE_FILE_NAME_MAX);
	if (!str_is_utf8(name))
		return err_set(err, RES_INVALID, "its name is not UTF-8");
	bool is_dots = str_eq_c(name, ".") || str_eq_c(name, "..");
	for (size_t i = 0; i < name.n; i++)
		is_dots = is_dots || name.p[i] == '/' || name.p[i] == '\\' || name.p[i] == '\t' ||
			  name.p[i] == '\n' || name.p[i] == '\r';
	if (is_dots || str_find_control(name) != SIZE_MAX)
		return err_set(
			err, RES_INVALID, "its name holds a path separator or a control character");
	return RES_OK;
}

/* The digit at the place, ASCII or full-width (０ is EF BC 90); -1: none. Moves on by one
 * character's first byte or by the whole full-width digit. */
static int take_digit(struct str text, size_t *at)
{
	const unsigned char *p = (const unsigned char *)text.p + *at;

	if (text.n - *at >= 3 && p[0] == 0xEF && p[1] == 0xBC && p[2] >= 0x90 && p[2] <= 0x99) {
		*at += 3;
		return p[2] - 0x90;
	}
	(*at)++;
	return *p >= '0' && *p <= '9' ? *p - '0' : -1;
}

size_t intake_phone_plain(struct str phone, char *plain)
{
	const struct str abroad = STR("0086"), mobile = STR("861");
	const size_t mobile_digits = 11;
	struct str trimmed = str_trim(phone);
	bool has_plus = str_starts(trimmed, STR("+86")) || str_starts(trimmed, STR("＋86"));
	size_t n = 0, prefix = 0;

	for (size_t at = 0; at < phone.n;) {
		int digit = take_digit(phone, &at);
		if (digit >= 0)
			plain[n++] = (char)('0' + digit);
	}
	struct str digits = str_of(plain, n);
	if (str_starts(digits, abroad))
		prefix = abroad.n;
	else if (has_plus || (n == mobile_digits + 2 && str_starts(digits, mobile)))
		prefix = 2;
	if (prefix == 0)
		return n;
	/* A landline is dialled with a 0 that the country's code replaces. */
	bool needs_zero = n > prefix && plain[prefix] != '0' && plain[prefix] != '1';
	size_t to = needs_zero ? 1 : 0;
	for (size_t from = prefix; from < n; from++)
		plain[to + from - prefix] = plain[from];
	if (needs_zero)
		plain[0] = '0';
	return to + n - prefix;
}

/* Names travel in headers, file names and log lines: lower case, digits, '-', '_' and '.'. */
static enum res check_name(const char *what, struct str name, struct err *err)
{
	if (name.n == 0 || name.n > INTAKE_NAME_BYTES_MAX)
		return err_set(err, RES_INVALID, "%s has %zu bytes: want 1-%d", what, name.n,
			INTAKE_NAME_BYTES_MAX);
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];
		bool is_fit = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
			      c == '_' || c == '.';
		if (!is_fit)
			return err_set(err, RES_INVALID,
				"%s holds a byte other than a-z, 0-9, '-', '_' and '.'", what);
	}
	return RES_OK;
}

enum res intake_check_key(const struct intake_key *key, struct err *err)
{
	if (key->public_key.n != INTAKE_KEY_CHARS)
		return err_set(err, RES_INVALID, "public_key has %zu characters: want %d (Z85)",
			key->public_key.n, INTAKE_KEY_CHARS);
	for (size_t i = 0; i < key->public_key.n; i++) {
		if (key->public_key.p[i] <= ' ' || key->public_key.p[i] > '~')
			return err_set(err, RES_INVALID, "public_key is not Z85");
	}
	TRY(check_name("source", key->source, err));
	if (key->n_channels == 0 || key->n_channels > INTAKE_KEY_CHANNELS_MAX)
		return err_set(err, RES_INVALID, "%zu channels: want 1-%d", key->n_channels,
			INTAKE_KEY_CHANNELS_MAX);
	for (size_t i = 0; i < key->n_channels; i++)
		TRY(check_name("channel", key->channels[i], err));
	return RES_OK;
}
