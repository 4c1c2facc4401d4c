/* What files hold that no fsync has made durable yet: of each block changed since, what it held
 * before. Losing it is writing that back. */
#ifndef WL_TESTS_POWER_DATA_H
#define WL_TESTS_POWER_DATA_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct data;

/* How much of what was not synced reached the disk all the same. */
struct power_cut {
	bool is_torn;	 /* sectors of 512 bytes, each by lot; else nothing */
	uint64_t random; /* state of the lot */
};
bool power_lot(struct power_cut *cut);

struct power_count {
	size_t files;	/* with something that was not synced */
	size_t blocks;	/* of 4 KiB, of those files */
	size_t sectors; /* of a torn cut, that reached the disk */
	size_t names;	/* of folders that were not synced */
};

struct data *data_create(void);

/* Before the file behind fd changes there. */
void data_before_write(struct data *data, int fd, off_t at, size_t bytes);
void data_before_truncate(struct data *data, int fd, off_t size);
/* After a write with O_SYNC or O_DSYNC: that much of the file is durable. */
void data_written_through(struct data *data, int fd, off_t at, size_t bytes);
void data_synced(struct data *data, int fd);

/* The power goes: puts back what was. */
void data_drop(struct data *data, struct power_cut *cut, struct power_count *count);

#endif
