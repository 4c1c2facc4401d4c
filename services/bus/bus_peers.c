/* Reads <name>.pub files: 40 characters of Z85, white space around them ignored. */
#include "bus_peers.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/map.h"
#include "os/os.h"

#define SUFFIX		 ".pub"
#define FILE_BYTES_MAX	 256
#define FOLDER_BYTES_MAX (1024 * 1024) /* memory of one reading */
#define READ_AGAIN_AFTER SPAN_S(1)

struct bus_peers {
	char *folder;
	struct map *names; /* key → name */
	struct instant read_at;
};

static bool free_each(void *arg, struct str key, void *value)
{
	(void)arg;
	(void)key;
	free(value);
	return true;
}

static void names_destroy(struct map *names)
{
	if (names != NULL)
		map_walk(names, free_each, NULL);
	map_destroy(names);
}

static void file_read(struct arena *mem, struct map *names, const char *folder, struct str file)
{
	struct str name = str_slice(file, 0, file.n - (sizeof(SUFFIX) - 1));
	struct str path = arena_printf(mem, "%s/%.*s", folder, STR_ARG(file));
	struct str text;
	char *kept;

	if (name.n == 0 || name.n >= BUS_USER_MAX ||
		os_file_read(mem, path.p, FILE_BYTES_MAX, &text, NULL) != RES_OK)
		return;
	text = str_trim(text);
	if (!bus_key_is_valid(text) || map_get(names, text) != NULL)
		return;
	kept = strndup(name.p, name.n);
	CHECK(kept != NULL);
	map_put(names, text, kept);
}

static enum res folder_read(struct bus_peers *peers, struct err *err)
{
	SCOPED(arena)
	struct arena *mem = arena_create(FOLDER_BYTES_MAX);
	DIR *folder = opendir(peers->folder);
	const struct dirent *entry;
	struct map *names;

	CHECK(mem != NULL);
	if (folder == NULL)
		return err_set(err, RES_INVALID, "cannot read the folder of keys %s: %s",
			peers->folder, strerror(errno));
	names = map_create();
	while ((entry = readdir(folder)) != NULL)
		if (str_ends(str_from_c(entry->d_name), STR(SUFFIX)))
			file_read(mem, names, peers->folder, str_from_c(entry->d_name));
	closedir(folder);
	names_destroy(peers->names);
	peers->names = names;
	return RES_OK;
}

enum res bus_peers_open(struct bus_peers **out, const char *folder, struct err *err)
{
	struct bus_peers *peers = calloc(1, sizeof(*peers));
	enum res res;

	CHECK(peers != NULL);
	peers->folder = strdup(folder);
	CHECK(peers->folder != NULL);
	peers->read_at = INSTANT_NONE;
	res = folder_read(peers, err);
	if (res != RES_OK) {
		bus_peers_close(peers);
		return res;
	}
	*out = peers;
	return RES_OK;
}

void bus_peers_close(struct bus_peers *peers)
{
	if (peers == NULL)
		return;
	names_destroy(peers->names);
	free(peers->folder);
	free(peers);
}

bool bus_peers_name(
	struct bus_peers *peers, struct str z85, struct instant now, char out_name[BUS_USER_MAX])
{
	const char *name = map_get(peers->names, z85);

	if (name == NULL && (instant_is_none(peers->read_at) ||
				    instant_since(now, peers->read_at).us >= READ_AGAIN_AFTER.us)) {
		peers->read_at = now;
		/* a folder that cannot be read leaves the names as they were */
		if (folder_read(peers, NULL) == RES_OK)
			name = map_get(peers->names, z85);
	}
	if (name == NULL)
		return false;
	memcpy(out_name, name, strlen(name) + 1);
	return true;
}

size_t bus_peers_count(const struct bus_peers *peers)
{
	return map_count(peers->names);
}
