/* What all mistakes are played with: the door, the keys, the letters. */
#ifndef WL_CONFORMANCE_PLAY_H
#define WL_CONFORMANCE_PLAY_H

#include "base/instant.h"
#include "sandbox.h"
#include "visit.h"

#define PLAY_WORD_MAX 120

/* What came back. */
struct seen {
	char word[PLAY_WORD_MAX]; /* as in mistakes.def */
	struct str text;	  /* what the answer says to people */
};

struct play {
	struct arena *mem;  /* of one mistake */
	struct arena *keep; /* of the run */
	struct visit_door door;
	uint8_t vault_key[32];
	struct bus_pair pair; /* the integrator's */
	struct str channel;
	struct str foreign;	     /* a channel that is not his */
	struct sandbox *sandbox;     /* NULL: an integrator's own key */
	struct visit *silent;	     /* opened at the start */
	struct instant silent_since; /* monotonic */
	int64_t case_id;	     /* of the letter that was taken */
	struct str case_number;
	struct str digest;
};

/* Ends the check: the system cannot be spoken to. */
typedef enum res play_mistake(struct play *play, struct seen *out, struct err *err);
struct mistake {
	const char *name;
	bool needs_sandbox;
	const char *want;
	const char *does;
	const char *zh;
	play_mistake *run;
};
extern const struct mistake play_mistakes[];
extern const size_t play_mistakes_n;

/* --- for the mistakes --- */
#define ANSWER_MS 10000

/* A session that was welcomed. RES_RETRY: the door does not welcome this key. */
enum res play_enter(struct play *play, struct visit **out, struct err *err) must_check;
enum res play_enter_as(struct play *play, const struct bus_pair *pair, struct visit **out,
	struct err *err) must_check;
void seen_message(struct play *play, const struct wire_msg *msg, struct seen *out);
void seen_word(struct seen *out, const char *word);
/* Enters, sends msg, takes the next answer. */
enum res play_ask(struct play *play, const struct wire_msg *msg, struct seen *out,
	struct err *err) must_check;
enum res play_ask_within(struct play *play, const struct wire_msg *msg, int wait_ms,
	struct seen *out, struct err *err) must_check;
/* Sends frames that the door throws away, then PING. */
enum res play_rubbish(struct play *play, const struct str *frames, size_t n, struct seen *out,
	struct err *err) must_check;
enum res play_rubbish_batch(
	struct play *play, struct str batch, struct seen *out, struct err *err) must_check;

/* The one letter that a check leaves behind, the same at every run: its receipt is a repeat then.
 */
struct wire_msg play_letter(struct play *play);
struct wire_msg play_letter_of(
	struct play *play, const char *name, const char *title, struct str body, const char *klass);

#define MISTAKE(name, needs_sandbox, want, does, zh) play_mistake play_##name;
#include "mistakes.def"
#undef MISTAKE

#endif
