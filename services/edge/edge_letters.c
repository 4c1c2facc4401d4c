/* The share, the flights and the suspects together. Bounded: flights by the window, suspects by
 * their table, sources by the snapshots of keys. */
#include "edge_letters.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "crypto/crypto.h"
#include "edge_flights.h"

#define RESERVED_MOST	8
#define AGAIN_LEAST	SPAN_S(1) /* the same letter, while it is under way */
#define SUSPECT_WAIT_MS 1000
#define DIGEST_TEXT	17
#define INTAKE		"intake"

struct edge_letters {
	struct edge_letters_options options;
	char reserved_text[RESERVED_MOST * (WIRE_NAME_MAX + 1)];
	struct str reserved[RESERVED_MOST];
	size_t reserved_n;
	struct edge_sources *sources;
	struct edge_flights *flights;
	struct edge_share share;
	struct edge_suspects suspects;
	uint8_t hash_key[CRYPTO_SHORT_KEY_BYTES]; /* of this life: nobody can aim at another's
						     digest */
	int64_t answered;			  /* the last flight that intake answered */
	int64_t excused;			  /* flights up to this one may be silent */
	struct edge_letters_view counts;
};

static void reserved_read(struct edge_letters *letters, const char *channels)
{
	struct str rest;
	struct str name;

	snprintf(letters->reserved_text, sizeof(letters->reserved_text), "%s", channels);
	rest = str_from_c(letters->reserved_text);
	while (letters->reserved_n < RESERVED_MOST && str_split(&rest, ',', &name))
		if (!str_is_empty(str_trim(name)))
			letters->reserved[letters->reserved_n++] = str_trim(name);
}

struct edge_letters *edge_letters_create(const struct edge_letters_options *options)
{
	struct edge_letters *letters = calloc(1, sizeof(*letters));

	CHECK(letters != NULL);
	letters->options = *options;
	reserved_read(letters, options->reserved_channels);
	letters->options.reserved_channels = NULL;
	letters->sources = edge_sources_create();
	letters->flights = edge_flights_create(options->most);
	edge_share_init(&letters->share, options->most,
		letters->reserved_n > 0 ? options->reserve_pct : 0, options->patience);
	crypto_short_key_make(letters->hash_key);
	return letters;
}

void edge_letters_destroy(struct edge_letters *letters)
{
	if (letters == NULL)
		return;
	edge_flights_destroy(letters->flights);
	edge_sources_destroy(letters->sources);
	free(letters);
}

struct edge_sources *edge_letters_sources(struct edge_letters *letters)
{
	return letters->sources;
}

static bool is_reserved(const struct edge_letters *letters, struct str channel)
{
	for (size_t i = 0; i < letters->reserved_n; i++)
		if (str_eq(letters->reserved[i], channel))
			return true;
	return false;
}

/* --- names of letters --- */

static uint64_t hash_of(const struct edge_letters *letters, struct str name, struct str rest)
{
	char bytes[sizeof(uint64_t) + WIRE_TEXT_ID_MAX];
	uint64_t first = crypto_short_hash(letters->hash_key, name);

	CHECK(rest.n <= WIRE_TEXT_ID_MAX);
	memcpy(bytes, &first, sizeof(first));
	if (rest.n > 0)
		memcpy(bytes + sizeof(first), rest.p, rest.n);
	return crypto_short_hash(letters->hash_key, str_of(bytes, sizeof(first) + rest.n));
}

static uint64_t key_of(const struct edge_letters *letters, int64_t connection, struct str msg_id)
{
	return hash_of(letters, str_of(&connection, sizeof(connection)), msg_id);
}

static uint64_t digest_of(const struct edge_letters *letters, const struct edge_letter *letter)
{
	uint64_t named = hash_of(letters, letter->source, letter->source_msg_id);

	return hash_of(letters, letter->body, str_of(&named, sizeof(named)));
}

/* --- the end of a flight --- */

static void quarantined_tell(struct edge_letters *letters, const struct edge_suspect *suspect)
{
	char digest[DIGEST_TEXT];

	snprintf(digest, sizeof(digest), "%016" PRIx64, suspect->digest);
	log_event(letters->options.log, letter_quarantined, LOG_TEXT("digest", digest),
		LOG_TEXT("source", suspect->source), LOG_INT("silent", suspect->silent));
}

static void flight_end(struct edge_letters *letters, struct edge_flight *flight)
{
	if (flight->is_alone)
		edge_suspects_out(&letters->suspects, false);
	edge_share_give(&letters->share, &flight->source->account, flight->pool);
	edge_flights_remove(letters->flights, flight);
}

/* Silence counts where intake was there and answered what came later. */
static void flight_silent(
	struct edge_letters *letters, struct edge_flight *flight, struct instant now)
{
	struct edge_silence silence = {
		.digest = flight->digest, .key = flight->key, .was_alone = flight->is_alone
	};
	const struct edge_suspect *suspect;

	if (flight->number > letters->excused && flight->number < letters->answered) {
		silence.source = str_from_c(flight->source->name);
		if (edge_suspects_silent(&letters->suspects, &silence, now, &suspect))
			quarantined_tell(letters, suspect);
	}
	flight_end(letters, flight);
}

/* --- departure --- */

static bool refuse(struct edge_refusal *out, int32_t retry_after_ms, struct str text)
{
	*out = (struct edge_refusal){ WIRE_CODE_BUSY, retry_after_ms, text };
	return false;
}

static bool token_take(struct edge_letters *letters, struct edge_source *source,
	struct edge_quota own, struct instant now, struct edge_refusal *out)
{
	struct edge_quota quota = edge_quota_of(own, letters->options.quota);
	int32_t retry_ms;

	if (edge_bucket_take(&source->bucket, quota, now, &retry_ms))
		return true;
	source->over_quota++;
	letters->counts.over_quota++;
	return refuse(out, retry_ms, STR("the quota of this source is used up"));
}

bool edge_letters_take_token(struct edge_letters *letters, struct str name, struct edge_quota own,
	struct instant now, struct edge_refusal *out)
{
	return token_take(letters, edge_sources_get(letters->sources, name), own, now, out);
}

/* What is known against this letter. */
static bool may_leave(struct edge_letters *letters, enum edge_leave leave, struct edge_refusal *out)
{
	if (leave == EDGE_LEAVE || leave == EDGE_LEAVE_ALONE)
		return true;
	letters->counts.withheld++;
	if (leave == EDGE_WAIT)
		return refuse(
			out, SUSPECT_WAIT_MS, STR("letters that got no answer go one at a time"));
	return refuse(out, (int32_t)(letters->options.quarantine_for.us / 1000),
		STR("quarantined: this letter ended a service again and again; a person looks at "
		    "it"));
}

/* The same letter on the same connection again: a sender that waited has a right to it. */
static bool may_go_again(struct edge_letters *letters, struct edge_flight *before,
	struct instant now, struct edge_refusal *out)
{
	if (before == NULL)
		return true;
	if (instant_since(now, before->sent_at).us < AGAIN_LEAST.us)
		return refuse(
			out, (int32_t)(AGAIN_LEAST.us / 1000), STR("this letter is under way"));
	flight_silent(letters, before, now);
	return true;
}

bool edge_letters_depart(struct edge_letters *letters, const struct edge_letter *letter,
	struct instant now, struct edge_refusal *out)
{
	struct edge_source *source = edge_sources_get(letters->sources, letter->source);
	struct edge_flight flight = { .source = source,
		.key = key_of(letters, letter->connection, letter->source_msg_id),
		.is_reserved = is_reserved(letters, letter->channel),
		.sent_at = now };
	enum edge_leave leave;

	if (!may_go_again(letters, edge_flights_find(letters->flights, flight.key), now, out))
		return false;
	if (!edge_share_may(&letters->share, &source->account, flight.is_reserved, &flight.pool)) {
		source->over_share++;
		letters->counts.over_share++;
		return refuse(out, edge_share_retry_ms(&letters->share),
			STR("this source has its share of letters under way"));
	}
	if (!token_take(letters, source, letter->quota, now, out))
		return false;
	flight.digest = digest_of(letters, letter);
	leave = edge_suspects_ask(&letters->suspects, flight.digest);
	if (!may_leave(letters, leave, out))
		return false;
	flight.is_alone = leave == EDGE_LEAVE_ALONE;
	if (flight.is_alone)
		edge_suspects_out(&letters->suspects, true);
	edge_share_take(&letters->share, &source->account, flight.pool, flight.is_reserved, now);
	edge_flights_add(letters->flights, &flight);
	source->passed++;
	return true;
}

bool edge_letters_may_tell(
	struct edge_letters *letters, struct str name, int32_t retry_after_ms, struct instant now)
{
	struct edge_source *source = edge_sources_get(letters->sources, name);
	struct edge_hearing hearing = edge_manners_refuse(&source->manners, retry_after_ms, now);

	source->early += hearing.is_early;
	letters->counts.early += hearing.is_early;
	source->unanswered += hearing.is_silent;
	letters->counts.unanswered += hearing.is_silent;
	return !hearing.is_silent;
}

/* --- arrival --- */

/* BUSY and NO_CONSUMER were said before anybody looked into the letter, and so was all that the
 * broker says: they neither clear a letter nor count against it. */
static bool has_looked(const struct wire_msg *answer)
{
	if (!str_eq_c(answer->head.sender, INTAKE))
		return false;
	return answer->kind == WIRE_RECEIPT ||
	       (answer->kind == WIRE_NACK && answer->head.code != WIRE_CODE_BUSY);
}

static void cleared_tell(struct edge_letters *letters, uint64_t key)
{
	char text[DIGEST_TEXT];

	snprintf(text, sizeof(text), "%016" PRIx64, key);
	log_event(letters->options.log, letter_cleared, LOG_TEXT("digest", text));
}

static void arrive_late(struct edge_letters *letters, uint64_t key, const struct wire_msg *answer)
{
	if (has_looked(answer) && edge_suspects_answered_late(&letters->suspects, key))
		cleared_tell(letters, key);
}

bool edge_letters_arrive(struct edge_letters *letters, int64_t connection, struct wire_msg *answer,
	struct instant now, struct span *out_took)
{
	uint64_t key;
	struct edge_flight *flight;
	struct edge_flight was;

	if ((answer->kind != WIRE_RECEIPT && answer->kind != WIRE_NACK) ||
		str_is_empty(answer->head.source_msg_id))
		return false;
	key = key_of(letters, connection, answer->head.source_msg_id);
	flight = edge_flights_find(letters->flights, key);
	if (flight == NULL) {
		arrive_late(letters, key, answer);
		return false;
	}
	was = *flight;
	flight_end(letters, flight);
	if (has_looked(answer)) {
		if (was.number > letters->answered)
			letters->answered = was.number;
		edge_share_answered(&letters->share, instant_since(now, was.sent_at), now);
		if (edge_suspects_answered(&letters->suspects, was.digest))
			cleared_tell(letters, was.digest);
	} else if (answer->head.code == WIRE_CODE_BUSY) {
		letters->counts.busy++;
		answer->head.retry_after_ms = edge_share_busy(&letters->share, &was.source->account,
			was.is_reserved, answer->head.retry_after_ms, now);
	}
	if (answer->kind != WIRE_RECEIPT)
		return false;
	*out_took = instant_since(now, was.sent_at);
	return true;
}

void edge_letters_turn(struct edge_letters *letters, struct instant now)
{
	struct edge_flight *flight;

	while ((flight = edge_flights_oldest(letters->flights)) != NULL &&
		instant_since(now, flight->sent_at).us >= letters->options.answer_within.us) {
		letters->counts.expired++;
		flight_silent(letters, flight, now);
	}
}

bool edge_letters_are_answered(const struct edge_letters *letters)
{
	return edge_flights_oldest(letters->flights) == NULL;
}

void edge_letters_excuse(struct edge_letters *letters)
{
	letters->excused = edge_flights_last(letters->flights);
}

struct edge_letters_view edge_letters_view(const struct edge_letters *letters)
{
	struct edge_letters_view view = letters->counts;

	view.share = &letters->share;
	view.suspects = &letters->suspects;
	return view;
}
