#include "portal_pages.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/check.h"
#include "os/os.h"
#include "portal_answer.h"

#define PAGES_MEMORY (64 * 1024 * 1024)
#define FILE_MAX     (8 * 1024 * 1024)
#define FILES_MAX    1000
#define PATH_BYTES   600
#define TAG_BYTES    40 /* quotes, 32 hex digits, NUL */

struct page_file {
	const char *type;
	struct str body;
	struct str packed; /* gzip; STR_NONE: not packed */
	char tag[TAG_BYTES];
	bool is_immutable; /* its name changes with its content */
};

struct portal_pages {
	struct arena *mem;
	struct map *files; /* by path: "/assets/x.js" */
	size_t n;
};

static const struct {
	const char *suffix;
	const char *type;
} types[] = {
	{ ".html", "text/html; charset=utf-8" },
	{ ".js", "text/javascript; charset=utf-8" },
	{ ".css", "text/css; charset=utf-8" },
	{ ".svg", "image/svg+xml" },
	{ ".png", "image/png" },
	{ ".json", "application/json; charset=utf-8" },
};

/* What the routes of pages show. */
static const struct {
	enum portal_route route;
	const char *path;
} shown[] = {
	{ ROUTE_PAGE_OVERVIEW, "/overview.html" },
	{ ROUTE_PAGE_QUERY, "/query.html" },
	{ ROUTE_PAGE_CASES, "/cases.html" },
};
#define SHOWN (sizeof(shown) / sizeof(shown[0]))

static const char *type_of(const char *path)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (str_ends(str_from_c(path), str_from_c(types[i].suffix)))
			return types[i].type;
	return NULL;
}

static void tag_make(struct page_file *file)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t hash[CRYPTO_HASH_BYTES];
	char *at = file->tag;

	crypto_hash(hash, NULL, &file->body, 1);
	*at++ = '"';
	for (int i = 0; i < 16; i++) {
		*at++ = digits[hash[i] >> 4];
		*at++ = digits[hash[i] & 15];
	}
	*at++ = '"';
	*at = '\0';
}

static enum res file_add(
	struct portal_pages *pages, const char *full, const char *path, struct err *err)
{
	char packed[PATH_BYTES + 4];
	struct page_file *file;

	if (type_of(path) == NULL)
		return RES_OK; /* packed ones come with theirs; others are not shown */
	if (++pages->n > FILES_MAX)
		return err_set(err, RES_TOO_BIG, "more than %d files of pages", FILES_MAX);
	file = arena_new(pages->mem, struct page_file);
	CHECK(file != NULL);
	file->type = type_of(path);
	file->is_immutable = strncmp(path, "/assets/", 8) == 0;
	TRY(os_file_read(pages->mem, full, FILE_MAX, &file->body, err));
	snprintf(packed, sizeof(packed), "%s.gz", full);
	if (os_file_read(pages->mem, packed, FILE_MAX, &file->packed, NULL) != RES_OK)
		file->packed = STR_NONE;
	tag_make(file);
	map_put(pages->files, str_from_c(path), file);
	return RES_OK;
}

/* The files of one folder; `path` is its own, "" or "/assets". */
static enum res folder_read(
	struct portal_pages *pages, const char *root, const char *path, struct err *err)
{
	char full[PATH_BYTES];
	char inner[PATH_BYTES];
	enum res res = RES_OK;
	struct dirent *entry;

	snprintf(full, sizeof(full), "%s%s", root, path);
	DIR *folder = opendir(full);
	if (folder == NULL)
		return err_set(err, RES_NOT_FOUND, "%s: %s", full, strerror(errno));
	while (res == RES_OK && (entry = readdir(folder)) != NULL) {
		struct stat about;
		if (entry->d_name[0] == '.' ||
			snprintf(inner, sizeof(inner), "%s/%s", path, entry->d_name) >=
				(int)sizeof(inner) ||
			snprintf(full, sizeof(full), "%s%s", root, inner) >= (int)sizeof(full) ||
			stat(full, &about) != 0 || !S_ISREG(about.st_mode))
			continue;
		res = file_add(pages, full, inner, err);
	}
	closedir(folder);
	return res;
}

static enum res pages_fill(struct portal_pages *pages, const char *folder, struct err *err)
{
	TRY(folder_read(pages, folder, "", err));
	TRY(folder_read(pages, folder, "/assets", err));
	if (arena_failed(pages->mem))
		return err_set(err, RES_TOO_BIG, "the pages do not fit into memory");
	for (size_t i = 0; i < SHOWN; i++)
		if (map_get(pages->files, str_from_c(shown[i].path)) == NULL)
			return err_set(err, RES_NOT_FOUND,
				"%s%s is missing: the pages were not built", folder, shown[i].path);
	return RES_OK;
}

enum res portal_pages_open(struct portal_pages **out, const char *folder, struct err *err)
{
	struct portal_pages *pages = calloc(1, sizeof(*pages));

	CHECK(pages != NULL);
	pages->mem = arena_create(PAGES_MEMORY);
	pages->files = map_create();
	enum res res = pages_fill(pages, folder, err);
	if (res != RES_OK) {
		portal_pages_close(pages);
		return res;
	}
	*out = pages;
	return RES_OK;
}

void portal_pages_close(struct portal_pages *pages)
{
	if (pages == NULL)
		return;
	map_destroy(pages->files);
	arena_destroy(pages->mem);
	free(pages);
}

static struct str path_of(enum portal_route route, const struct http_request *request)
{
	for (size_t i = 0; i < SHOWN; i++)
		if (shown[i].route == route)
			return str_from_c(shown[i].path);
	return request->path;
}

void portal_pages_serve(struct portal_state *state, const struct http_request *request,
	enum portal_route route, struct http_answer *answer)
{
	const struct page_file *file = map_get(state->pages->files, path_of(route, request));
	struct str encodings = http_header(request, "Accept-Encoding");

	if (file == NULL) {
		portal_answer_problem(state, answer, request->mem, portal_is_english(request),
			PROBLEM_NOT_FOUND, STR(""), "");
		return;
	}
	portal_dress(
		answer, file->is_immutable ? "public, max-age=31536000, immutable" : "no-cache");
	http_add_field(answer, "ETag", file->tag);
	http_add_field(answer, "Vary", "Accept-Encoding");
	if (str_eq_c(http_header(request, "If-None-Match"), file->tag)) {
		answer->status = 304;
		return;
	}
	answer->status = 200;
	answer->content_type = file->type;
	answer->is_lasting = true;
	answer->body = file->body;
	if (file->packed.p != NULL && encodings.p != NULL &&
		str_find(encodings, STR("gzip"), 0) != SIZE_MAX) {
		answer->body = file->packed;
		http_add_field(answer, "Content-Encoding", "gzip");
	}
}
