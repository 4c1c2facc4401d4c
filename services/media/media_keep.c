/* The index holds tickets, authentication and all: whoever can write into the store cannot make
 * one. */
#include "media_keep.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/crypto.h"
#include "os/os.h"

#define BLOCK (64 * 1024)

static struct str index_name(struct arena *mem, const uint8_t *sha256, struct str source)
{
	const struct str parts[] = { source, str_of(sha256, OBJECT_SHA256_BYTES) };
	uint8_t digest[CRYPTO_HASH_BYTES];

	crypto_hash(digest, NULL, parts, 2);
	return crypto_hex(mem, str_of(digest, sizeof(digest)));
}

static enum res index_read(struct media_state *state, struct arena *mem, struct str name,
	struct object_ticket *out, struct err *err)
{
	char *bytes = arena_alloc(mem, OBJECT_TICKET_MAX);
	uint64_t there;
	int fd;

	if (bytes == NULL || name.p == NULL)
		return err_set(err, RES_TOO_BIG, "needs more memory than a batch has");
	TRY(state->store->open(state->store, STORE_INDEX, name, &fd, &there, err));
	ssize_t n = read(fd, bytes, OBJECT_TICKET_MAX);
	close(fd);
	if (n < 0)
		return err_set(err, RES_RETRY, "the index cannot be read");
	/* One that is damaged, or of an older key, is as good as none. */
	if (object_ticket_read(mem, str_of(bytes, (size_t)n), state->key, out, err) != RES_OK)
		return err_set(err, RES_NOT_FOUND, "the index entry is not ours");
	return RES_OK;
}

static struct str stored_name(struct arena *mem, const struct object_ticket *ticket)
{
	return crypto_hex(mem, str_of(ticket->stored_sha256, OBJECT_SHA256_BYTES));
}

static enum res ticket_issue(struct media_state *state, struct arena *mem,
	struct object_ticket *ticket, struct str *out, struct err *err)
{
	ticket->issued_at = os_real_now();
	*out = object_ticket_make(mem, ticket, state->key);
	return out->p != NULL ? RES_OK
			      : err_set(err, RES_TOO_BIG, "needs more memory than a batch has");
}

enum res media_keep_find(struct media_state *state, struct arena *mem, const uint8_t *sha256,
	struct str source, struct str *out_ticket, struct err *err)
{
	struct str name = index_name(mem, sha256, source);
	struct object_ticket ticket;

	TRY(index_read(state, mem, name, &ticket, err));
	if (!str_eq(ticket.source, source) ||
		memcmp(ticket.sha256, sha256, OBJECT_SHA256_BYTES) != 0)
		return err_set(err, RES_NOT_FOUND, "the index entry is another's");
	/* The file first: a ticket may only say what is there. */
	TRY(state->store->touch(state->store, STORE_OBJECTS, stored_name(mem, &ticket), err));
	TRY(state->store->touch(state->store, STORE_INDEX, name, err));
	return ticket_issue(state, mem, &ticket, out_ticket, err);
}

static enum res file_sum(
	int fd, uint8_t out[CRYPTO_SHA256_BYTES], int64_t *out_bytes, struct err *err)
{
	static char block[BLOCK];
	struct crypto_sha256 sum;
	int64_t at = 0;
	ssize_t n;

	crypto_sha256_begin(&sum);
	while ((n = pread(fd, block, sizeof(block), at)) > 0) {
		crypto_sha256_add(&sum, str_of(block, (size_t)n));
		at += n;
	}
	if (n < 0)
		return err_set(err, RES_RETRY, "the file cannot be read");
	crypto_sha256_end(&sum, out);
	*out_bytes = at;
	return RES_OK;
}

static enum res index_write(struct media_state *state, struct arena *mem,
	const struct object_ticket *ticket, struct str bytes, struct err *err)
{
	struct scratch file = { .fd = -1 };
	struct str name = index_name(mem, ticket->sha256, ticket->source);

	TRY(scratch_make(state->config.folder, &file, err));
	if (name.p == NULL || write(file.fd, bytes.p, bytes.n) != (ssize_t)bytes.n) {
		scratch_drop(&file);
		return err_set(err, RES_RETRY, "the index cannot be written");
	}
	return state->store->put(state->store, STORE_INDEX, name, &file, err);
}

enum res media_keep_add(struct media_state *state, struct arena *mem, struct object_ticket *ticket,
	struct scratch *file, struct str *out_ticket, struct err *err)
{
	struct str made;

	TRY(file_sum(file->fd, ticket->stored_sha256, &ticket->size_bytes, err));
	TRY(ticket_issue(state, mem, ticket, &made, err));
	TRY(state->store->put(state->store, STORE_OBJECTS, stored_name(mem, ticket), file, err));
	state->used += ticket->size_bytes;
	TRY(index_write(state, mem, ticket, made, err));
	*out_ticket = made;
	return RES_OK;
}
