/* Contents not yet synced. See power_data.h. A record keeps a descriptor of its own: the file may
 * be renamed or removed meanwhile. */
#include "power_data.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "base/map.h"

#define BLOCK  4096
#define SECTOR 512

struct block {
	off_t at;
	size_t n; /* bytes that were there and durable, from its beginning */
	char before[];
};

struct record {
	int fd;
	off_t durable_size;
	struct map *blocks; /* by number */
};

struct data {
	struct map *records; /* by inode */
};

struct data *data_create(void)
{
	struct data *data = calloc(1, sizeof(*data));

	CHECK(data != NULL);
	data->records = map_create();
	return data;
}

bool power_lot(struct power_cut *cut)
{
	cut->random = cut->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (cut->random >> 63) != 0;
}

static struct stat about(int fd)
{
	struct stat info;

	CHECK(fstat(fd, &info) == 0);
	return info;
}

static struct record *record_make(struct data *data, int fd)
{
	struct stat info = about(fd);
	struct record *record = map_get_id(data->records, (int64_t)info.st_ino);
	char name[64];

	if (record != NULL)
		return record;
	record = calloc(1, sizeof(*record));
	CHECK(record != NULL);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	record->fd = open(name, O_RDWR | O_CLOEXEC);
	CHECK(record->fd >= 0);
	record->durable_size = info.st_size;
	record->blocks = map_create();
	map_put_id(data->records, (int64_t)info.st_ino, record);
	return record;
}

static void block_keep(struct record *record, int64_t number)
{
	off_t at = (off_t)number * BLOCK;
	off_t left = record->durable_size - at;
	size_t n = left <= 0 ? 0 : left < BLOCK ? (size_t)left : BLOCK;

	if (map_get_id(record->blocks, number) != NULL)
		return;
	struct block *block = calloc(1, sizeof(*block) + n);
	CHECK(block != NULL);
	block->at = at;
	block->n = n;
	/* less than n: cut off and grown again since, and what was cut off was kept then */
	CHECK(pread(record->fd, block->before, n, at) >= 0);
	map_put_id(record->blocks, number, block);
}

static void blocks_keep(struct record *record, off_t at, off_t end)
{
	for (int64_t number = at / BLOCK; (off_t)number * BLOCK < end; number++)
		block_keep(record, number);
}

void data_before_write(struct data *data, int fd, off_t at, size_t bytes)
{
	blocks_keep(record_make(data, fd), at, at + (off_t)bytes);
}

void data_before_truncate(struct data *data, int fd, off_t size)
{
	struct record *record = record_make(data, fd);

	blocks_keep(record, size, record->durable_size);
}

void data_written_through(struct data *data, int fd, off_t at, size_t bytes)
{
	struct record *record = record_make(data, fd);
	off_t end = at + (off_t)bytes;

	if (end > record->durable_size)
		record->durable_size = end;
	for (int64_t number = at / BLOCK; (off_t)number * BLOCK < end; number++)
		free(map_remove_id(record->blocks, number));
}

static bool block_free(void *arg, struct str key, void *value)
{
	(void)arg;
	(void)key;
	free(value);
	return true;
}

static void record_free(struct record *record)
{
	map_walk(record->blocks, block_free, NULL);
	map_destroy(record->blocks);
	close(record->fd);
	free(record);
}

void data_synced(struct data *data, int fd)
{
	struct record *record = map_remove_id(data->records, (int64_t)about(fd).st_ino);

	if (record != NULL)
		record_free(record);
}

struct dropping {
	struct power_cut *cut;
	struct power_count *count;
	struct record *record;
};

/* Sector by sector either what was or what is. */
static bool block_drop(void *arg, struct str key, void *value)
{
	struct dropping *to = arg;
	const struct block *block = value;
	char was[BLOCK] = { 0 };
	char is[BLOCK] = { 0 };

	(void)key;
	memcpy(was, block->before, block->n);
	CHECK(pread(to->record->fd, is, BLOCK, block->at) >= 0);
	for (size_t at = 0; at < BLOCK; at += SECTOR) {
		bool has_made_it = to->cut->is_torn && power_lot(to->cut);

		to->count->sectors += has_made_it;
		memcpy(was + at, has_made_it ? is + at : was + at, SECTOR);
	}
	CHECK(pwrite(to->record->fd, was, BLOCK, block->at) == BLOCK);
	to->count->blocks++;
	return true;
}

static bool record_drop(void *arg, struct str key, void *value)
{
	struct dropping *to = arg;

	(void)key;
	to->record = value;
	off_t size = about(to->record->fd).st_size;
	bool is_size_kept = to->cut->is_torn && power_lot(to->cut);

	map_walk(to->record->blocks, block_drop, to);
	CHECK(ftruncate(to->record->fd, is_size_kept ? size : to->record->durable_size) == 0);
	to->count->files++;
	record_free(to->record);
	return true;
}

void data_drop(struct data *data, struct power_cut *cut, struct power_count *count)
{
	struct dropping to = { .cut = cut, .count = count };

	map_walk(data->records, record_drop, &to);
	map_clear(data->records);
}
