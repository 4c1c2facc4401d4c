/* Tries. See webhook_send.h. */
#include "webhook_send.h"

#include <stdio.h>

#include "crypto/crypto.h"
#include "os/os.h"
#include "webhook_event.h"
#include "webhook_sign.h"
#include "json/json.h"

#define HEADER_MAX 700

bool webhook_may_connect(void *arg, const struct fetch_address *address)
{
	struct webhook_state *state = arg;

	if (webhook_address_is_allowed(&state->nets, address->is_v6, address->bytes) &&
		webhook_port_is_allowed(&state->ports, address->port))
		return true;
	state->tally.refused_addresses++;
	return false;
}

/* --- the delivery log --- */

static void book_line(struct webhook_state *state, const struct post *post,
	const struct fetch_result *result, const char *outcome, struct str why)
{
	SCOPED(json)
	struct json *line = json_object_create();
	const struct str body = str_of(post->body, post->body_bytes);
	uint8_t digest[CRYPTO_HASH_BYTES];
	char at[INSTANT_TEXT_MAX];

	json_set_c(line, "at", instant_format(os_real_now(), at));
	json_set_c(line, "id", post->id);
	json_set_c(line, "case", post->case_number);
	json_set_int(line, "try", post->tries);
	json_set_c(line, "outcome", outcome);
	if (post->is_replay)
		json_set_bool(line, "replay", true);
	if (result != NULL) {
		json_set_int(line, "status", result->status);
		json_set_int(line, "took_ms", result->took.us / 1000);
		json_set_int(line, "answer_bytes", (int64_t)result->bytes);
	}
	if (!str_is_empty(why))
		json_set_str(line, "why", why);
	crypto_hash(digest, NULL, &body, 1);
	json_set_str(line, "digest", crypto_hex(state->mem, str_of(digest, sizeof digest)));
	json_set_int(line, "bytes", (int64_t)post->body_bytes);
	webhook_book_add(state->book, json_text(state->mem, line));
}

/* --- what a try came to --- */

static void post_dead(struct webhook_state *state, struct post *post,
	const struct fetch_result *result, struct str why)
{
	book_line(state, post, result, post->is_ping ? "failed" : "dead", why);
	if (post->is_ping) { /* nobody's delivery */
		webhook_shelf_end(state->shelf, post, POST_DEAD, why, os_real_now());
		return;
	}
	state->tally.dead++;
	log_event(state->log, webhook_dead_letter, LOG_TEXT("case", post->case_number),
		LOG_INT("tries", post->tries), LOG_STR("why", why));
	webhook_shelf_end(state->shelf, post, POST_DEAD, why, os_real_now());
}

static struct str why_of(struct webhook_state *state, const struct fetch_result *result)
{
	if (result->status == 0)
		return str_from_c(result->why);
	return arena_printf(state->mem, "HTTP %d", result->status);
}

static uint64_t random_bits(void)
{
	uint64_t bits;

	os_random(&bits, sizeof bits);
	return bits;
}

static void post_failed(
	struct webhook_state *state, struct post *post, const struct fetch_result *result)
{
	struct instant now = os_monotonic_now();
	struct str why = why_of(state, result);
	bool was_open = state->circuit.failures >= WEBHOOK_TRIP;

	state->tally.failed++;
	webhook_circuit_failed(&state->circuit, &state->schedule, now, random_bits());
	if (!was_open && state->circuit.failures >= WEBHOOK_TRIP)
		log_event(state->log, webhook_circuit_open,
			LOG_INT("failures", state->circuit.failures));
	if (webhook_meaning_of(result->status) == WEBHOOK_GONE || post->is_ping ||
		webhook_is_over(&state->schedule, post->since, os_real_now())) {
		post_dead(state, post, result, why);
		return;
	}
	snprintf(post->reason, sizeof post->reason, "%.*s", STR_ARG(why));
	post->due_at = instant_add(now,
		webhook_wait(&state->schedule, post->tries, random_bits(), result->retry_after));
	book_line(state, post, result, "again", why);
}

void webhook_try_ended(void *arg, void *tag, const struct fetch_result *result)
{
	struct webhook_state *state = arg;
	struct post *post = tag;

	arena_reset(state->mem);
	post->is_flying = false;
	if (webhook_meaning_of(result->status) != WEBHOOK_TAKEN) {
		post_failed(state, post, result);
		return;
	}
	if (state->circuit.failures >= WEBHOOK_TRIP)
		log_event(state->log, webhook_circuit_closed, LOG_TEXT("id", post->id));
	webhook_circuit_taken(&state->circuit);
	state->tally.taken++;
	book_line(state, post, result, "taken", STR_NONE);
	webhook_shelf_end(state->shelf, post, POST_DELIVERED, STR_NONE, os_real_now());
}

/* --- a try --- */

static struct str signature(struct webhook_state *state, const struct post *post)
{
	const struct webhook_config *config = &state->config;
	int64_t unix_s = os_real_now().us / 1000000;
	struct str secrets[WEBHOOK_SECRETS_MAX] = { str_from_c(config->secret) };
	size_t n = 1;

	if (config->old_secret[0] != 0 && unix_s < config->old_until)
		secrets[n++] = str_from_c(config->old_secret);
	return webhook_signature(
		state->mem, secrets, n, unix_s, str_of(post->body, post->body_bytes));
}

static void post_send(struct webhook_state *state, struct post *post)
{
	struct fetch_request request = {
		.url = state->config.url, .body = str_of(post->body, post->body_bytes), .tag = post
	};
	struct fetch_result result = { .status = 0 };
	struct err err = { .text = "" };

	arena_reset(state->mem);
	post->tries++;
	state->tally.tries++;
	request.headers[request.n_headers++] = "Content-Type: " WEBHOOK_CONTENT_TYPE;
	request.headers[request.n_headers++] = "User-Agent: wangli-webhook/" WANGLI_VERSION;
	request.headers[request.n_headers++] =
		arena_printf(state->mem, "Wangli-Delivery: %s", post->id).p;
	request.headers[request.n_headers++] =
		arena_printf(state->mem, "Wangli-Try: %d", post->tries).p;
	request.headers[request.n_headers++] =
		arena_printf(state->mem, "Wangli-Signature: %.*s", STR_ARG(signature(state, post)))
			.p;
	post->is_flying = true;
	if (fetch_start(state->fetch, &request, &err) == RES_OK)
		return;
	snprintf(result.why, sizeof result.why, "%.100s", err.text);
	webhook_try_ended(state, post, &result);
}

void webhook_send_due(struct webhook_state *state)
{
	struct instant now = os_monotonic_now(), real = os_real_now();
	int32_t most = (int32_t)state->config.parallel;
	struct post *post, *next;

	for (post = TAILQ_FIRST(webhook_shelf_queue(state->shelf)); post != NULL; post = next) {
		int32_t room = webhook_circuit_room(&state->circuit, now, most) -
			       (int32_t)fetch_under_way(state->fetch);

		next = TAILQ_NEXT(post, link);
		if (post->is_flying || post->body == NULL)
			continue;
		if (post->tries > 0 && webhook_is_over(&state->schedule, post->since, real)) {
			arena_reset(state->mem);
			post_dead(
				state, post, NULL, arena_str(state->mem, str_from_c(post->reason)));
			continue;
		}
		if (room <= 0 ||
			(!instant_is_none(post->due_at) && instant_is_before(now, post->due_at)))
			continue;
		post_send(state, post);
	}
}
