/* The hash chains. body_digest = H(body); hash = H(previous hash, case_id, seq, at, type, actor,
 * body_digest), numbers as little-endian bytes, at as microseconds since 1970; the first entry
 * follows 32 zeros. The last hash of a case is the head on its row. A body of no bytes was erased
 * by law: its digest still holds the chain. Source: common/kit/kit_journal.c; written anew here, so
 * that one mistake cannot prove itself. */
#include "check_chain.h"

#include <string.h>

#include "check_sql.h"
#include "crypto/crypto.h"

#define PAGE	    2000
#define PAGE_MEMORY (256u << 20)

struct entry {
	int64_t case_id;
	int32_t seq;
	struct instant at;
	struct str type;
	struct str actor;
	struct str body;
	struct str body_digest;
	struct str hash;
	int32_t row_seq; /* 0: there is no row */
	struct str row_head;
};

static const struct db_col entry_cols[] = {
	DB_COL(struct entry, case_id, DB_INT8, "case_id"),
	DB_COL(struct entry, seq, DB_INT4, "seq"),
	DB_COL(struct entry, at, DB_INSTANT, "at"),
	DB_COL(struct entry, type, DB_TEXT, "type"),
	DB_COL(struct entry, actor, DB_TEXT, "actor"),
	DB_COL(struct entry, body, DB_BYTES, "body"),
	DB_COL(struct entry, body_digest, DB_BYTES, "body_digest"),
	DB_COL(struct entry, hash, DB_BYTES, "hash"),
	DB_COL(struct entry, row_seq, DB_INT4, "row_seq"),
	DB_COL(struct entry, row_head, DB_BYTES, "row_head"),
};
#define ENTRY_COLS (sizeof entry_cols / sizeof entry_cols[0])

static const struct journal {
	const char *service;
	const struct db_sql *page;
} journals[] = {
	{ "intake", &check_sql_journal_intake },
	{ "dispatch", &check_sql_journal_dispatch },
	{ "reply", &check_sql_journal_reply },
	{ "followup", &check_sql_journal_followup },
};

/* The walk along one journal, ordered by case and number. */
struct walk {
	const char *service;
	struct arena *mem; /* for offences */
	struct finding *finding;
	int64_t case_id;
	int32_t seq;
	uint8_t head[CRYPTO_HASH_BYTES]; /* as we computed it */
	bool is_told;			 /* one offence a case is enough */
};

void finding_add(struct finding *finding, struct str id, struct str what)
{
	finding->n_offences++;
	if (finding->n_shown < OFFENCES_SHOWN)
		finding->offences[finding->n_shown++] = (struct offence){ .id = id, .what = what };
}

static void tell(struct walk *walk, const struct entry *entry, const char *what)
{
	if (walk->is_told)
		return;
	walk->is_told = true;
	finding_add(walk->finding, arena_printf(walk->mem, "%lld", (long long)entry->case_id),
		arena_printf(walk->mem, "%s %d: %s", walk->service, entry->seq, what));
}

static struct str little_endian(uint8_t *out, uint64_t number, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)(number >> (8 * i));
	return str_of(out, n);
}

static void entry_hash(
	const struct entry *entry, const uint8_t before[CRYPTO_HASH_BYTES], uint8_t *out)
{
	uint8_t case_id[8], seq[4], at[8];
	const struct str parts[] = {
		str_of(before, CRYPTO_HASH_BYTES),
		little_endian(case_id, (uint64_t)entry->case_id, sizeof case_id),
		little_endian(seq, (uint64_t)entry->seq, sizeof seq),
		little_endian(at, (uint64_t)entry->at.us, sizeof at),
		entry->type,
		entry->actor,
		entry->body_digest,
	};
	crypto_hash(out, NULL, parts, sizeof parts / sizeof parts[0]);
}

static void entry_check(struct walk *walk, const struct entry *entry)
{
	uint8_t digest[CRYPTO_HASH_BYTES];
	if (entry->case_id != walk->case_id) {
		walk->case_id = entry->case_id;
		walk->is_told = false;
		memset(walk->head, 0, sizeof walk->head);
	}
	walk->seq = entry->seq;
	crypto_hash(digest, NULL, &entry->body, 1);
	if (entry->body.n > 0 && !crypto_equal(str_of(digest, sizeof digest), entry->body_digest))
		tell(walk, entry, "the body is not the one that was written");
	entry_hash(entry, walk->head, walk->head);
	if (!crypto_equal(str_of(walk->head, sizeof walk->head), entry->hash))
		tell(walk, entry, "the hash does not follow from what stands here and before");
	if (entry->seq == entry->row_seq &&
		!crypto_equal(str_of(walk->head, sizeof walk->head), entry->row_head))
		tell(walk, entry, "the head on the case's row is another one");
	walk->finding->looked_at++;
}

static enum res page_read(struct db *db, struct arena *mem, const struct journal *journal,
	const struct walk *walk, struct entry **out, size_t *out_n, struct err *err)
{
	struct db_params params;
	struct db_result *result;
	db_params_init(&params, mem);
	db_param_int8(&params, walk->case_id);
	db_param_int4(&params, walk->seq);
	db_param_int4(&params, PAGE);
	TRY(db_run(db, journal->page, &params, &result, err));
	return db_read(result, mem, entry_cols, ENTRY_COLS, sizeof(struct entry), out, out_n, err);
}

static enum res journal_check(struct db *db, struct arena *page, const struct journal *journal,
	struct walk *walk, struct err *err)
{
	for (;;) {
		struct entry *entries;
		size_t n;
		arena_reset(page);
		TRY(page_read(db, page, journal, walk, &entries, &n, err));
		for (size_t i = 0; i < n; i++)
			entry_check(walk, &entries[i]);
		db_release(db);
		if (n < PAGE)
			return RES_OK;
	}
}

/* Heads of which no entry can say anything. */
static enum res heads_check(
	struct db *db, struct arena *mem, struct finding *finding, struct err *err)
{
	struct db_params none;
	struct db_result *result;
	db_params_init(&none, mem);
	TRY(db_run(db, &check_sql_heads, &none, &result, err));
	for (size_t i = 0; i < db_rows(result); i++)
		finding_add(finding, arena_printf(mem, "%lld", (long long)db_get_int(result, i, 0)),
			arena_printf(mem, "%.*s has a head without a journal",
				STR_ARG(db_get_str(result, i, 1))));
	db_release(db);
	return RES_OK;
}

enum res chain_check(struct db *db, struct arena *mem, struct finding *finding, struct err *err)
{
	SCOPED(arena)
	struct arena *page = arena_create(PAGE_MEMORY);
	if (page == NULL)
		return err_set(err, RES_RETRY, "memory is out");
	TRY(heads_check(db, mem, finding, err));
	for (size_t i = 0; i < sizeof journals / sizeof journals[0]; i++) {
		struct walk walk = { .service = journals[i].service,
			.mem = mem,
			.finding = finding,
			.case_id = INT64_MIN };
		TRY(journal_check(db, page, &journals[i], &walk, err));
	}
	return RES_OK;
}
