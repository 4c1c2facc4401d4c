/* Names in folders that no fsync of the folder has made durable yet: of each changed since, which
 * file it was. Losing it is putting that back. */
#ifndef WL_TESTS_POWER_NAMES_H
#define WL_TESTS_POWER_NAMES_H

#include "power_data.h"

struct names;

/* live: the folder of the files; keep: one beside it, for files whose names may come back. */
struct names *names_create(int live, int keep);

/* Before path (relative to live) is made, removed, or stands for another file. */
void names_before_change(struct names *names, const char *path);
/* The folder was synced ("." is live itself). */
void names_synced(struct names *names, const char *folder);
/* A folder was moved or removed: that is durable at once, with all names below it. */
void names_below_forget(struct names *names, const char *folder);

void names_drop(struct names *names, struct power_count *count);

#endif
