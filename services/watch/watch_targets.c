/* Read anew at each question: the folder is small. */
#include "watch_targets.h"

#include <dirent.h>
#include <stdlib.h>

#include "os/os.h"
#include "json/json.h"

#define LISTEN_BYTES_MAX 512
#define NAME_BYTES_MAX	 64

/* A name becomes part of a path here and there. */
static bool is_name(struct str name)
{
	if (name.n == 0 || name.n > NAME_BYTES_MAX || name.p[0] == '.')
		return false;
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];
		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-' && c != '_' &&
			c != '.')
			return false;
	}
	return true;
}

static bool listen_read(
	const char *folder, struct arena *mem, struct str name, const char **out_listen)
{
	struct str text;
	const char *path = arena_printf(mem, "%s/%.*s/env/HEALTH_LISTEN", folder, STR_ARG(name)).p;

	if (os_file_read(mem, path, LISTEN_BYTES_MAX, &text, NULL) != RES_OK ||
		str_is_empty(str_trim(text)))
		return false;
	*out_listen = arena_c(mem, str_trim(text));
	return true;
}

void watch_targets_each(const char *folder, struct arena *mem,
	void (*each)(void *arg, const struct watch_target *target), void *arg)
{
	struct dirent **names = NULL;
	int n = folder[0] == '\0' ? 0 : scandir(folder, &names, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		struct watch_target target = { .name = str_from_c(names[i]->d_name) };

		if (is_name(target.name) && listen_read(folder, mem, target.name, &target.listen))
			each(arg, &target);
		free(names[i]);
	}
	free(names);
}

bool watch_targets_find(
	const char *folder, struct arena *mem, struct str name, const char **out_listen)
{
	return folder[0] != '\0' && is_name(name) && listen_read(folder, mem, name, out_listen);
}

struct listing {
	struct json *list;
	struct arena *mem;
	struct str host;
};

static void target_add(void *arg, const struct watch_target *target)
{
	struct listing *listing = arg;
	struct json *row = json_object_create();
	struct json *hosts = json_array_create();
	struct json *labels = json_object_create();

	json_push_str(hosts, listing->host);
	json_set_str(labels, "__metrics_path__",
		arena_printf(listing->mem, "/metrics/%.*s", STR_ARG(target->name)));
	json_set_str(labels, "instance", target->name);
	json_set(row, "targets", hosts);
	json_set(row, "labels", labels);
	json_push(listing->list, row);
}

struct str watch_targets_json(const char *folder, struct arena *mem, struct str host)
{
	struct listing listing = { .list = json_array_create(), .mem = mem, .host = host };
	struct str text;

	watch_targets_each(folder, mem, target_add, &listing);
	text = json_text(mem, listing.list);
	json_destroy(listing.list);
	return text;
}
