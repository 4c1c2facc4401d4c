/* See webhook_book.h. */
#include "webhook_book.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/check.h"
#include "os/os.h"

#define PATH_MOST 512

struct book {
	char path[PATH_MOST];
	int64_t bytes_most;
	int64_t bytes; /* of the file, as far as its lines are durable */
	int fd;
	struct buf lines; /* not durable yet */
};

/* A crash may have left a part of a line, or zeros: the next line must not hang on it. */
static enum res end_repair(struct book *book, struct err *err)
{
	char last = '\n';

	if (book->bytes > 0 && pread(book->fd, &last, 1, book->bytes - 1) != 1)
		return err_set(err, RES_RETRY, "cannot read %s: %s", book->path, strerror(errno));
	if (last == '\n')
		return RES_OK;
	TRY(os_all_write(book->fd, book->path, STR("\n"), book->bytes, err));
	book->bytes++;
	return RES_OK;
}

static enum res file_open(struct book *book, struct err *err)
{
	struct stat stat;

	book->fd = open(book->path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	if (book->fd < 0 || fstat(book->fd, &stat) != 0)
		return err_set(err, RES_RETRY, "cannot open %s: %s", book->path, strerror(errno));
	book->bytes = stat.st_size;
	TRY(end_repair(book, err));
	/* A new file's name, and the ones that rotation gave. */
	return os_folder_sync(book->path, err);
}

enum res webhook_book_open(struct book **out, const char *path, int64_t bytes_most, struct err *err)
{
	struct book *book = calloc(1, sizeof *book);
	enum res res;

	CHECK(book != NULL);
	snprintf(book->path, sizeof book->path, "%s", path);
	book->bytes_most = bytes_most;
	res = file_open(book, err);
	if (res != RES_OK) {
		webhook_book_close(book);
		return res;
	}
	*out = book;
	return RES_OK;
}

void webhook_book_close(struct book *book)
{
	if (book == NULL)
		return;
	if (book->fd >= 0)
		close(book->fd);
	buf_fini(&book->lines);
	free(book);
}

void webhook_book_add(struct book *book, struct str line)
{
	buf_add_str(&book->lines, line);
	buf_add(&book->lines, "\n", 1);
}

static enum res rotate(struct book *book, struct err *err)
{
	char from[PATH_MOST + 16], to[PATH_MOST + 16];

	for (int i = BOOK_KEPT; i > 1; i--) {
		snprintf(from, sizeof from, "%s.%d", book->path, i - 1);
		snprintf(to, sizeof to, "%s.%d", book->path, i);
		rename(from, to);
	}
	snprintf(to, sizeof to, "%s.1", book->path);
	if (rename(book->path, to) != 0)
		return err_set(err, RES_RETRY, "cannot rotate %s", book->path);
	close(book->fd);
	return file_open(book, err);
}

enum res webhook_book_sync(struct book *book, struct err *err)
{
	if (book->lines.n == 0)
		return RES_OK;
	if (book->fd < 0)
		TRY(file_open(book, err));
	if (book->bytes > book->bytes_most)
		TRY(rotate(book, err));
	/* After a failed sync the kernel may have dropped them: again, at the same place. */
	TRY(os_all_write(book->fd, book->path, buf_str(&book->lines), book->bytes, err));
	if (fdatasync(book->fd) != 0)
		return err_set(err, RES_RETRY, "cannot sync %s", book->path);
	book->bytes += (int64_t)book->lines.n;
	buf_clear(&book->lines);
	return RES_OK;
}
