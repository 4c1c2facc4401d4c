/* What intake decides about a case: its life cycle, and whether a letter may come in at all. Pure:
 * no clock, no database, no memory of its own. */
#ifndef WL_INTAKE_CORE_H
#define WL_INTAKE_CORE_H

#include <stdint.h>

#include "base/err.h"
#include "base/instant.h"
#include "base/life.h"
#include "base/str.h"
#include "base/workday.h"

#define INTAKE_TITLE_CHARS_MAX	 200
#define INTAKE_BODY_CHARS_MAX	 50000
#define INTAKE_AREA_BYTES_MAX	 64
#define INTAKE_ADDRESS_BYTES_MAX 1024 /* reply_address */
#define INTAKE_ATTACHMENTS_MAX	 9
#define INTAKE_FILE_NAME_MAX	 200 /* bytes */
#define INTAKE_LIKES_MAX	 1000000000
#define INTAKE_KLASS_REPORT	 "report"
#define INTAKE_KEY_CHARS	 40 /* Z85 of a CURVE public key */
#define INTAKE_NAME_BYTES_MAX	 64
#define INTAKE_KEY_CHANNELS_MAX	 16

enum intake_state {
#define STATE(name, number, meaning) INTAKE_##name = number,
#include "intake_states.def"
#undef STATE
	INTAKE_STATES
};
const char *intake_state_name(int state); /* "?" for a number that no state has */

enum intake_event_kind {
#define EVENT(name, source, meaning) INTAKE_##name,
#include "intake_events.def"
#undef EVENT
	INTAKE_EVENTS
};
extern const struct life intake_life;

/* What a case is about: first what the classifier thinks, then what was accepted. */
struct intake_matter {
	struct str klass; /* "" or "report" */
	struct str type;
	struct str category;
	struct str area;	/* "" where nobody knows */
	int16_t confidence_pct; /* of the category; 100 when a person chose it */
	bool is_general_desk;	/* nobody could tell */
	/* Bodies that the letter names, joined by commas: never the lead of a report. */
	struct str named_units;
	int64_t kb_article; /* that would answer it; 0: none */
};

struct intake_case {
	int16_t state; /* enum intake_state */
	struct str source;
	struct str source_msg_id;
	struct str channel;
	struct intake_matter matter;
	struct instant received_at;
	struct due_time accept_due; /* until when somebody accepts or refuses */
	struct instant closed_at;
};

struct intake_event {
	enum intake_event_kind kind;
	enum role role;	   /* who does it; ROLE_SYSTEM for facts and for the system's own steps */
	struct instant at; /* FOLLOWUP_CLOSED: when it was closed */
	struct str source; /* RECEIVE, and the next three */
	struct str source_msg_id;
	struct str channel;
	struct due_time accept_due;
	struct intake_matter matter; /* RECEIVE, ACCEPT, ACCEPT_AT_ONCE */
};

/* The case after the event. RES_CONFLICT or RES_DENIED with a sentence: the life cycle has no such
 * step, or not for this role; *out is untouched. Texts are borrowed from both. */
enum res intake_decide(const struct intake_case *file, const struct intake_event *event,
	struct instant now, struct intake_case *out, struct err *err) must_check;

/* RES_INVALID: not UTF-8, empty, over chars_most characters, or with control characters; the
 * sentence begins with name and never holds the text. */
enum res intake_check_text(
	const char *name, struct str text, size_t chars_most, struct err *err) must_check;

/* A letter as the channel hands it in, contact aside. */
struct intake_letter {
	struct str title;
	struct str body;
	struct instant written_at; /* none: unknown */
	struct str area;
	int32_t likes;
	struct str klass;
	struct str reply_address;
	bool wants_status; /* not of the digest: a wish, not what was written */
};

/* RES_INVALID: a sentence for the integrator, with the limit; never the letter's own text. */
enum res intake_check_letter(const struct intake_letter *letter, struct err *err) must_check;

/* What people call an attachment: no path, no control characters. RES_INVALID. */
enum res intake_check_file_name(struct str name, struct err *err) must_check;

/* A phone number's digits as everybody would dial them in this country: without blanks and signs,
 * without +86. plain: room for phone.n bytes and one. Returns their number; 0: it holds no digit.
 */
size_t intake_phone_plain(struct str phone, char *plain);

/* An integrator's key with what it may use. */
struct intake_key {
	struct str public_key;
	struct str source;
	const struct str *channels;
	size_t n_channels;
};
enum res intake_check_key(const struct intake_key *key, struct err *err) must_check;

#endif
