/* Append-only files. What is not yet synced stays in memory and is written again, at the same
 * place, by the next sync: after a failed fdatasync the kernel may have dropped the pages. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/check.h"
#include "os/os.h"
#include "os/os_fault.h"

#define HEAD_BYTES 8

struct os_log {
	int fd;
	char *path;
	off_t durable; /* bytes that are known to be on disk */
	struct buf pending;
};

static uint32_t crc32_of(struct str bytes)
{
	return (uint32_t)crc32_z(0, (const Bytef *)bytes.p, bytes.n);
}

static void u32_put(char *at, uint32_t number)
{
	for (int i = 0; i < 4; i++)
		at[i] = (char)(number >> (8 * i));
}

static uint32_t u32_get(const char *at)
{
	uint32_t number = 0;

	for (int i = 0; i < 4; i++)
		number |= (uint32_t)(uint8_t)at[i] << (8 * i);
	return number;
}

/* false at the end of the file, and where reading fails: both end the walk. */
static bool bytes_read(FILE *file, struct buf *out, size_t n)
{
	buf_clear(out);
	char *at = buf_extend(out, n);
	return fread(at, 1, n, file) == n;
}

/* Walks whole records; *out_good is where the first damaged one begins. A length of zero is damage:
 * power cuts leave zeros at the end of files. */
static enum res records_walk(FILE *file, const char *path,
	void (*each)(void *arg, struct str record), void *arg, off_t *out_good, struct err *err)
{
	struct buf bytes = { 0 };
	struct stat about;
	off_t good = 0;

	if (fstat(fileno(file), &about) != 0)
		return os_fault(err, path, "stat");
	while (bytes_read(file, &bytes, HEAD_BYTES)) {
		uint32_t length = u32_get(bytes.p);
		uint32_t crc = u32_get(bytes.p + 4);
		if (length == 0 || length > about.st_size - good - HEAD_BYTES ||
			!bytes_read(file, &bytes, length) || crc32_of(buf_str(&bytes)) != crc)
			break;
		good += HEAD_BYTES + (off_t)length;
		if (each != NULL)
			each(arg, buf_str(&bytes));
	}
	bool has_failed = ferror(file) != 0;
	buf_fini(&bytes);
	*out_good = good;
	return has_failed ? err_set(err, RES_RETRY, "%s: read failed", path) : RES_OK;
}

enum res os_log_read(
	const char *path, void (*each)(void *arg, struct str record), void *arg, struct err *err)
{
	FILE *file = fopen(path, "re");
	off_t good;

	if (file == NULL)
		return os_fault(err, path, "open");
	enum res res = records_walk(file, path, each, arg, &good, err);
	fclose(file);
	return res;
}

/* Finds the whole records and cuts off the rest. */
static enum res tail_cut(struct os_log *log, struct err *err)
{
	FILE *file = fopen(log->path, "re");

	if (file == NULL)
		return os_fault(err, log->path, "open");
	enum res res = records_walk(file, log->path, NULL, NULL, &log->durable, err);
	fclose(file);
	if (res != RES_OK)
		return res;
	if (ftruncate(log->fd, log->durable) != 0)
		return os_fault(err, log->path, "truncate");
	if (fsync(log->fd) != 0)
		return os_fault(err, log->path, "fsync");
	return os_folder_sync(log->path, err);
}

enum res os_log_open(struct os_log **out, const char *path, struct err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return os_fault(err, path, "open");
	struct os_log *log = calloc(1, sizeof(*log));
	CHECK(log != NULL);
	log->fd = fd;
	log->path = strdup(path);
	CHECK(log->path != NULL);
	enum res res = tail_cut(log, err);
	if (res != RES_OK) {
		os_log_close(log);
		return res;
	}
	*out = log;
	return RES_OK;
}

void os_log_close(struct os_log *log)
{
	if (log == NULL)
		return;
	close(log->fd);
	buf_fini(&log->pending);
	free(log->path);
	free(log);
}

void os_log_append(struct os_log *log, struct str record)
{
	CHECK(record.n > 0 && record.n <= UINT32_MAX);
	char *head = buf_extend(&log->pending, HEAD_BYTES);
	u32_put(head, (uint32_t)record.n);
	u32_put(head + 4, crc32_of(record));
	buf_add_str(&log->pending, record);
}

enum res os_log_sync(struct os_log *log, struct err *err)
{
	if (log->pending.n == 0)
		return RES_OK;
	TRY(os_all_write(log->fd, log->path, buf_str(&log->pending), log->durable, err));
	if (fdatasync(log->fd) != 0)
		return os_fault(err, log->path, "fdatasync");
	log->durable += (off_t)log->pending.n;
	buf_clear(&log->pending);
	return RES_OK;
}
