/* Adoption. See sdk_adopt.h. */
#include "sdk/sdk_adopt.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"

#define NAMED_MOST 3

struct adoption {
	struct spool *own;
	struct outbox *outbox;
	struct spool *his;
	struct outbox his_outbox;
	struct buf others; /* names of letters that are not ours */
	size_t n_others;
	size_t n_letters;
};

static bool outcome_take(void *arg, struct str delivery_id, const struct spool_outcome *outcome)
{
	struct adoption *adoption = arg;
	if (spool_find_outcome(adoption->own, delivery_id) == NULL)
		spool_add_outcome(adoption->own, delivery_id, outcome);
	return true;
}

/* Whether he called the provider is in it: without it we would call a second time. */
static bool claim_take(void *arg, struct str delivery_id, const struct spool_claim *claim)
{
	struct adoption *adoption = arg;
	if (spool_find_outcome(adoption->own, delivery_id) == NULL &&
		spool_find_claim(adoption->own, delivery_id) == NULL)
		spool_put_claim(adoption->own, delivery_id, claim);
	return true;
}

static bool is_ours(const struct adoption *adoption, const struct outbox_letter *letter)
{
	const struct outbox_letter *own = outbox_find(adoption->outbox, letter->id);
	return own != NULL &&
	       memcmp(own->fingerprint, letter->fingerprint, sizeof own->fingerprint) == 0;
}

static void other_name(struct adoption *adoption, struct str id)
{
	if (adoption->n_others > 0 && adoption->n_others < NAMED_MOST)
		buf_add_str(&adoption->others, STR(", "));
	if (adoption->n_others++ < NAMED_MOST)
		buf_add_str(&adoption->others, id);
}

static void letters_take(struct adoption *adoption)
{
	const struct outbox_letter *letter;
	TAILQ_FOREACH(letter, &adoption->his_outbox.waiting, link)
	{
		if (is_ours(adoption, letter))
			continue;
		if (outbox_find(adoption->outbox, letter->id) != NULL) {
			other_name(adoption, letter->id);
			continue;
		}
		spool_add_letter(adoption->own, outbox_add(adoption->outbox, letter->id,
							letter->fingerprint, letter->body));
		adoption->n_letters++;
	}
}

/* What is durable with us is answered with him: neither he nor another heir sends it again. */
static void letters_leave(struct adoption *adoption)
{
	struct outbox_letter *letter = TAILQ_FIRST(&adoption->his_outbox.waiting);
	while (letter != NULL) {
		struct outbox_letter *next = TAILQ_NEXT(letter, link);
		if (is_ours(adoption, letter)) {
			spool_add_answered(adoption->his, letter->id);
			outbox_remove(&adoption->his_outbox, letter);
		}
		letter = next;
	}
}

static enum res adopt_all(struct adoption *adoption, const char *folder, struct instant now,
	size_t *out_letters, struct err *err)
{
	TRY(spool_open(&adoption->his, folder, &adoption->his_outbox, now, err));
	spool_walk_outcomes(adoption->his, outcome_take, adoption);
	TRY(spool_keep_outcomes(adoption->own, now, err));
	spool_walk_claims(adoption->his, claim_take, adoption);
	TRY(spool_keep_claims(adoption->own, now, err));
	letters_take(adoption);
	TRY(spool_sync(adoption->own, adoption->outbox, err));
	letters_leave(adoption);
	TRY(spool_sync(adoption->his, &adoption->his_outbox, err));
	*out_letters = adoption->n_letters;
	if (adoption->n_others == 0)
		return RES_OK;
	return err_set(err, RES_INVALID,
		"%s: %zu letters have names that wait here with other content, and are left there: "
		"%.*s%s",
		folder, adoption->n_others, STR_ARG(buf_str(&adoption->others)),
		adoption->n_others > NAMED_MOST ? ", …" : "");
}

enum res adopt_find(const char *folder, struct err *err)
{
	char letters[4096];
	int n = snprintf(letters, sizeof letters, "%s/letters", folder);
	if (n < 0 || (size_t)n >= sizeof letters)
		return err_set(err, RES_INVALID, "the folder's path is too long");
	if (access(letters, F_OK) != 0)
		return err_set(err, RES_NOT_FOUND, "%s: no spool there", folder);
	return RES_OK;
}

enum res adopt_spool(struct spool *own, struct outbox *outbox, const char *folder,
	struct instant now, size_t *out_letters, struct err *err)
{
	struct adoption adoption = { .own = own, .outbox = outbox };
	outbox_init(&adoption.his_outbox);
	enum res res = adopt_all(&adoption, folder, now, out_letters, err);
	spool_close(adoption.his);
	outbox_fini(&adoption.his_outbox);
	buf_fini(&adoption.others);
	return res;
}
