/* Files, durable logs, locks: in a folder of its own that goes at the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/os.h"

#define PATH_ROOM 256

static char folder[] = "/tmp/test_os.XXXXXX";
static struct arena *mem;

static int folder_create(void **state)
{
	(void)state;
	mem = arena_create(1024 * 1024);
	return mkdtemp(folder) == NULL ? -1 : 0;
}

static int folder_remove(void **state)
{
	char command[PATH_ROOM];

	(void)state;
	arena_destroy(mem);
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return system(command);
}

static const char *path_of(const char *name)
{
	return arena_printf(mem, "%s/%s", folder, name).p;
}

static struct str file_bytes(const char *path)
{
	struct str text = STR_NONE;

	assert_int_equal(os_file_read(mem, path, 65536, &text, NULL), RES_OK);
	return text;
}

static void os_now_clocks_go_forward(void **state)
{
	struct instant before = os_monotonic_now();

	(void)state;
	assert_false(instant_is_before(os_monotonic_now(), before));
	assert_true(os_real_now().us > INT64_C(1700000000) * 1000000);
}

static void os_random_two_draws_differ(void **state)
{
	char one[64] = "";
	char two[64] = "";

	(void)state;
	os_random(one, sizeof(one));
	os_random(two, sizeof(two));
	assert_memory_not_equal(one, two, sizeof(one));
}

static void os_file_replace_content_and_mode_are_new(void **state)
{
	const char *path = path_of("file");
	struct stat about;

	(void)state;
	assert_int_equal(os_file_replace(path, STR("one"), 0644, NULL), RES_OK);
	assert_int_equal(os_file_replace(path, STR("tw\0o"), 0600, NULL), RES_OK);
	assert_true(str_eq(file_bytes(path), STR("tw\0o")));
	assert_int_equal(stat(path, &about), 0);
	assert_int_equal(about.st_mode & 0777, 0600);
	assert_int_equal(os_file_replace(path, STR(""), 0600, NULL), RES_OK);
	assert_int_equal(file_bytes(path).n, 0);
}

static void os_file_replace_no_folder_leaves_nothing(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(
		os_file_replace(path_of("none/file"), STR("x"), 0600, &err), RES_NOT_FOUND);
	assert_non_null(strstr(err.text, "none/file"));
	/* A folder stands where the file should go: the temporary file must not stay behind. */
	assert_int_equal(os_folder_create(path_of("taken"), 0700, NULL), RES_OK);
	assert_int_equal(os_file_replace(path_of("taken"), STR("x"), 0600, NULL), RES_INVALID);
	assert_int_equal(rmdir(path_of("taken")), 0);
	char *count = arena_alloc(mem, 16);
	FILE *list = popen(arena_printf(mem, "ls -A '%s' | grep -c taken", folder).p, "re");
	assert_non_null(fgets(count, 16, list));
	pclose(list);
	assert_string_equal(count, "0\n");
}

static void os_file_read_any_fault_is_told(void **state)
{
	struct str text = STR("untouched");
	struct err err;

	(void)state;
	assert_int_equal(os_file_read(mem, path_of("missing"), 10, &text, &err), RES_NOT_FOUND);
	assert_int_equal(os_file_replace(path_of("ten"), STR("0123456789"), 0600, NULL), RES_OK);
	assert_int_equal(os_file_read(mem, path_of("ten"), 9, &text, &err), RES_TOO_BIG);
	assert_int_equal(os_file_read(mem, folder, 9, &text, &err), RES_INVALID);
	assert_int_equal(os_file_read(mem, "/dev/zero", 70000, &text, &err), RES_TOO_BIG);
	assert_true(str_eq(text, STR("untouched")));
	assert_int_equal(os_file_read(mem, path_of("ten"), 10, &text, &err), RES_OK);
	assert_true(str_eq(text, STR("0123456789")));
	assert_int_equal(text.p[10], '\0');
}

static void os_folder_create_with_parents_twice_is_fine(void **state)
{
	struct stat about;

	(void)state;
	assert_int_equal(os_folder_create(path_of("a/b/c"), 0700, NULL), RES_OK);
	assert_int_equal(os_folder_create(path_of("a/b/c/"), 0700, NULL), RES_OK);
	assert_int_equal(stat(path_of("a/b/c"), &about), 0);
	assert_true(S_ISDIR(about.st_mode));
	assert_int_equal(os_file_replace(path_of("a/f"), STR(""), 0600, NULL), RES_OK);
	assert_int_equal(os_folder_create(path_of("a/f"), 0700, NULL), RES_INVALID);
	assert_int_not_equal(os_folder_create(path_of("a/f/g"), 0700, NULL), RES_OK);
}

static void record_collect(void *arg, struct str record)
{
	struct buf *all = arg;

	buf_add_str(all, record);
	buf_add(all, "|", 1);
}

static void assert_records(const char *path, struct str want)
{
	struct buf all = { 0 };

	assert_int_equal(os_log_read(path, record_collect, &all, NULL), RES_OK);
	assert_true(str_eq(buf_str(&all), want));
	buf_fini(&all);
}

static void log_write_two(const char *path)
{
	struct os_log *log = NULL;

	unlink(path);
	assert_int_equal(os_log_open(&log, path, NULL), RES_OK);
	os_log_append(log, STR("one"));
	os_log_append(log, STR("tw\0o"));
	assert_int_equal(os_log_sync(log, NULL), RES_OK);
	os_log_close(log);
}

static void os_log_append_unsynced_is_not_written(void **state)
{
	const char *path = path_of("log");
	struct os_log *log = NULL;

	(void)state;
	log_write_two(path);
	assert_records(path, STR("one|tw\0o|"));
	assert_int_equal(os_log_open(&log, path, NULL), RES_OK);
	os_log_append(log, STR("lost"));
	os_log_close(log);
	assert_records(path, STR("one|tw\0o|"));
	assert_int_equal(os_log_open(&log, path, NULL), RES_OK);
	assert_int_equal(os_log_sync(log, NULL), RES_OK);
	os_log_append(log, STR("three"));
	assert_int_equal(os_log_sync(log, NULL), RES_OK);
	os_log_append(log, STR("four"));
	assert_int_equal(os_log_sync(log, NULL), RES_OK);
	os_log_close(log);
	assert_records(path, STR("one|tw\0o|three|four|"));
}

/* The format is a promise to other languages: length and zip's CRC-32, both little-endian. */
static void os_log_append_bytes_are_as_documented(void **state)
{
	const char *path = path_of("golden");
	struct os_log *log = NULL;

	(void)state;
	assert_int_equal(os_log_open(&log, path, NULL), RES_OK);
	os_log_append(log, STR("123456789"));
	assert_int_equal(os_log_sync(log, NULL), RES_OK);
	os_log_close(log);
	assert_true(str_eq(file_bytes(path), STR("\x09\0\0\0\x26\x39\xf4\xcb"
						 "123456789")));
}

static void raw_write(const char *path, struct str bytes)
{
	assert_int_equal(os_file_replace(path, bytes, 0600, NULL), RES_OK);
}

/* A power cut may leave any length of the last record, and zeros behind it. */
static void os_log_open_any_torn_tail_is_cut_off(void **state)
{
	const char *path = path_of("torn");
	struct os_log *log = NULL;

	(void)state;
	log_write_two(path);
	struct str whole = file_bytes(path);
	for (size_t n = 0; n <= whole.n; n++)
		for (size_t zeros = 0; zeros <= 24; zeros += 8) {
			char bytes[128] = "";
			memcpy(bytes, whole.p, n);
			raw_write(path, str_of(bytes, n + zeros));
			bool has_one = n >= 11;
			bool has_two = n == whole.n;
			assert_int_equal(os_log_open(&log, path, NULL), RES_OK);
			os_log_append(log, STR("next"));
			assert_int_equal(os_log_sync(log, NULL), RES_OK);
			os_log_close(log);
			assert_records(path, has_two   ? STR("one|tw\0o|next|")
					     : has_one ? STR("one|next|")
						       : STR("next|"));
			arena_reset(mem);
			path = path_of("torn");
			log_write_two(path);
			whole = file_bytes(path);
		}
}

static void os_log_read_any_damaged_byte_ends_the_walk(void **state)
{
	const char *path = path_of("damaged");

	(void)state;
	log_write_two(path);
	struct str whole = file_bytes(path);
	for (size_t at = 0; at < whole.n; at++) {
		char bytes[128];
		memcpy(bytes, whole.p, whole.n);
		bytes[at] ^= 0x40;
		raw_write(path, str_of(bytes, whole.n));
		assert_records(path, at < 11 ? STR("") : STR("one|"));
	}
	assert_int_equal(
		os_log_read(path_of("missing"), record_collect, NULL, NULL), RES_NOT_FOUND);
	os_log_close(NULL);
}

static void os_log_sync_failed_write_is_made_up_for(void **state)
{
	const char *path = path_of("full");
	struct os_log *log = NULL;
	struct rlimit before;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	signal(SIGXFSZ, SIG_IGN); /* a write beyond the limit then fails like one on a full disk */
	assert_int_equal(os_log_open(&log, path, NULL), RES_OK);
	os_log_append(log, STR("before"));
	assert_int_equal(os_log_sync(log, NULL), RES_OK);
	struct rlimit small = { 20, before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	os_log_append(log, STR("during"));
	enum res res = os_log_sync(log, NULL);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(res, RES_RETRY);
	assert_records(path, STR("before|"));
	os_log_append(log, STR("after"));
	assert_int_equal(os_log_sync(log, NULL), RES_OK);
	os_log_close(log);
	assert_records(path, STR("before|during|after|"));
}

static void os_lock_take_second_taker_is_refused(void **state)
{
	const char *path = path_of("lock");
	struct os_lock *lock, *second = NULL;
	struct err err;
	int status;

	(void)state;
	assert_int_equal(os_lock_take(&lock, path, &err), RES_OK);
	assert_int_equal(os_lock_take(&second, path, &err), RES_CONFLICT);
	pid_t child = fork();
	if (child == 0)
		_exit(os_lock_take(&second, path, &err) == RES_CONFLICT ? 0 : 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	os_lock_release(lock);
	assert_int_equal(os_lock_take(&second, path, &err), RES_OK);
	os_lock_release(second);
	assert_int_equal(os_lock_take(&second, path_of("none/lock"), &err), RES_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(os_now_clocks_go_forward),
		cmocka_unit_test(os_random_two_draws_differ),
		cmocka_unit_test(os_file_replace_content_and_mode_are_new),
		cmocka_unit_test(os_file_replace_no_folder_leaves_nothing),
		cmocka_unit_test(os_file_read_any_fault_is_told),
		cmocka_unit_test(os_folder_create_with_parents_twice_is_fine),
		cmocka_unit_test(os_log_append_unsynced_is_not_written),
		cmocka_unit_test(os_log_append_bytes_are_as_documented),
		cmocka_unit_test(os_log_open_any_torn_tail_is_cut_off),
		cmocka_unit_test(os_log_read_any_damaged_byte_ends_the_walk),
		cmocka_unit_test(os_log_sync_failed_write_is_made_up_for),
		cmocka_unit_test(os_lock_take_second_taker_is_refused),
	};

	return cmocka_run_group_tests(tests, folder_create, folder_remove);
}
