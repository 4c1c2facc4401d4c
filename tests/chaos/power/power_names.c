/* Names not yet synced. See power_names.h. The old file of a name is kept by a second name in
 * `keep`, its own in each process's life; what a lost name stood for goes there too. */
#include "power_names.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "base/map.h"

struct names {
	int live;
	int keep;
	unsigned long n_kept;
	struct map *changed; /* path → struct was */
};

struct was {
	bool was_there;
	char kept[32];
};

struct names *names_create(int live, int keep)
{
	struct names *names = calloc(1, sizeof(*names));

	CHECK(names != NULL);
	names->live = live;
	names->keep = keep;
	names->changed = map_create();
	return names;
}

static void kept_name(struct names *names, char out[32])
{
	snprintf(out, 32, "%d-%lu", (int)getpid(), names->n_kept++);
}

void names_before_change(struct names *names, const char *path)
{
	if (map_get(names->changed, str_from_c(path)) != NULL)
		return;
	struct was *was = calloc(1, sizeof(*was));
	CHECK(was != NULL);
	kept_name(names, was->kept);
	was->was_there = linkat(names->live, path, names->keep, was->kept, 0) == 0;
	map_put(names->changed, str_from_c(path), was);
}

static void was_forget(struct names *names, struct str path, struct was *was)
{
	if (was->was_there)
		unlinkat(names->keep, was->kept, 0);
	map_remove(names->changed, path);
	free(was);
}

struct place {
	struct names *names;
	struct str folder;
	bool is_deep; /* what is below its folders too */
};

static bool forget_there(void *arg, struct str path, void *value)
{
	const struct place *place = arg;
	const char *slash = memrchr(path.p, '/', path.n);
	struct str folder = slash == NULL ? STR(".") : str_of(path.p, (size_t)(slash - path.p));
	bool is_there = str_eq(folder, place->folder);

	if (!is_there && place->is_deep)
		is_there = folder.n > place->folder.n && folder.p[place->folder.n] == '/' &&
			   memcmp(folder.p, place->folder.p, place->folder.n) == 0;
	if (is_there)
		was_forget(place->names, path, value);
	return true;
}

void names_synced(struct names *names, const char *folder)
{
	struct place place = { names, str_from_c(folder), false };

	map_walk(names->changed, forget_there, &place);
}

void names_below_forget(struct names *names, const char *folder)
{
	struct place place = { names, str_from_c(folder), true };

	map_walk(names->changed, forget_there, &place);
}

/* Of a folder whose own name is lost nothing below can be put back: those calls fail. */
static bool name_drop(void *arg, struct str path, void *value)
{
	struct dropped {
		struct names *names;
		struct power_count *count;
	} *to = arg;
	struct was *was = value;
	char name[4096];
	char lost[32];

	snprintf(name, sizeof(name), "%.*s", STR_ARG(path));
	kept_name(to->names, lost);
	(void)!renameat(to->names->live, name, to->names->keep, lost);
	if (was->was_there)
		(void)!linkat(to->names->keep, was->kept, to->names->live, name, 0);
	to->count->names++;
	was_forget(to->names, path, was);
	return true;
}

void names_drop(struct names *names, struct power_count *count)
{
	struct {
		struct names *names;
		struct power_count *count;
	} to = { names, count };

	map_walk(names->changed, name_drop, &to);
}
