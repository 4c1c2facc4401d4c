/* Maps: put, get, remove, walk. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/map.h"

#define MANY 5000

static void map_put_same_key_replaces(void **state)
{
	SCOPED(map)
	struct map *map = map_create();
	int one;
	int two;

	(void)state;
	assert_null(map_get(map, STR("a")));
	map_put(map, STR("a"), &one);
	map_put(map, STR("a"), &two);
	assert_ptr_equal(map_get(map, STR("a")), &two);
	assert_int_equal(map_count(map), 1);
}

static void map_get_keys_are_bytes_and_copied(void **state)
{
	SCOPED(map)
	struct map *map = map_create();
	char key[] = { 'a', 0, 'b' };
	int one;
	int none;

	(void)state;
	map_put(map, str_of(key, 3), &one);
	map_put(map, STR(""), &none);
	key[0] = 'x';
	assert_ptr_equal(map_get(map, STR("a\0b")), &one);
	assert_null(map_get(map, STR("a\0c")));
	assert_null(map_get(map, STR("a")));
	assert_ptr_equal(map_get(map, STR_NONE), &none);
}

static void map_remove_gives_value_back_once(void **state)
{
	SCOPED(map)
	struct map *map = map_create();
	int one;

	(void)state;
	map_put(map, STR("a"), &one);
	assert_ptr_equal(map_remove(map, STR("a")), &one);
	assert_null(map_remove(map, STR("a")));
	assert_int_equal(map_count(map), 0);
}

static void map_ids_many_are_all_found(void **state)
{
	SCOPED(map)
	struct map *map = map_create();
	static int values[MANY];

	(void)state;
	for (int64_t i = 0; i < MANY; i++)
		map_put_id(map, i * INT64_C(1000000007) - 3, &values[i]);
	assert_int_equal(map_count(map), MANY);
	for (int64_t i = 0; i < MANY; i += 2)
		assert_ptr_equal(map_remove_id(map, i * INT64_C(1000000007) - 3), &values[i]);
	for (int64_t i = 0; i < MANY; i++)
		assert_ptr_equal(map_get_id(map, i * INT64_C(1000000007) - 3),
			i % 2 == 0 ? NULL : &values[i]);
	map_clear(map);
	assert_int_equal(map_count(map), 0);
}

/* Against a plain array: every id of a small range is put, replaced, removed and looked up at
 * random, so that runs of neighbours form, wrap around the end and lose members in their middle. */
static void map_ids_do_what_an_array_does(void **state)
{
	enum { RANGE = 700, STEPS = 200000 };
	SCOPED(map)
	struct map *map = map_create();
	void *model[RANGE] = { NULL };
	static char values[64];
	uint64_t random = 20261125;
	size_t n = 0;

	(void)state;
	for (int step = 0; step < STEPS; step++) {
		random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
		int64_t id = (int64_t)((random >> 33) % RANGE);
		bool is_emptying = step / 20000 % 2 == 1;
		void *value = &values[(random >> 20) % sizeof values];
		if ((random >> 60) % 4 < (is_emptying ? 3u : 1u)) {
			assert_ptr_equal(map_remove_id(map, id - 9), model[id]);
			n -= model[id] != NULL;
			model[id] = NULL;
		} else {
			map_put_id(map, id - 9, value);
			n += model[id] == NULL;
			model[id] = value;
		}
		assert_int_equal(map_count(map), n);
		int64_t other = (int64_t)((random >> 40) % RANGE);
		assert_ptr_equal(map_get_id(map, other - 9), model[other]);
	}
	for (int64_t id = 0; id < RANGE; id++)
		assert_ptr_equal(map_get_id(map, id - 9), model[id]);
}

static bool each_counted(void *arg, struct str key, void *value)
{
	int64_t id;
	(void)value;
	assert_int_equal(key.n, sizeof id);
	memcpy(&id, key.p, sizeof id);
	*(int64_t *)arg += id;
	return true;
}

static void map_walk_passes_every_id(void **state)
{
	SCOPED(map)
	struct map *map = map_create();
	int64_t sum = 0;
	int value;

	(void)state;
	for (int64_t id = 1; id <= 100; id++)
		map_put_id(map, id, &value);
	map_walk(map, each_counted, &sum);
	assert_int_equal(sum, 5050);
	map_clear(map);
	map_walk(map, each_counted, &sum);
	assert_int_equal(sum, 5050);
	for (int64_t id = 1; id <= 40000; id++)
		map_put_id(map, id, &value);
	map_clear(map);
	assert_null(map_get_id(map, 7));
	assert_int_equal(map_count(map), 0);
}

struct walk {
	struct map *map;
	char seen[16];
	size_t n;
	size_t most;
};

static bool each_seen(void *arg, struct str key, void *value)
{
	struct walk *walk = arg;

	walk->seen[walk->n++] = key.p[0];
	if (value == NULL)
		map_remove(walk->map, key);
	return walk->n < walk->most;
}

static void map_walk_order_of_insertion_and_may_remove(void **state)
{
	SCOPED(map)
	struct map *map = map_create();
	struct walk walk = { .map = map, .most = 9 };
	int value;

	(void)state;
	map_put(map, STR("c"), &value);
	map_put(map, STR("a"), NULL);
	map_put(map, STR("b"), &value);
	map_walk(map, each_seen, &walk);
	assert_string_equal(walk.seen, "cab");
	assert_int_equal(map_count(map), 2);
	walk = (struct walk){ .map = map, .most = 1 };
	map_walk(map, each_seen, &walk);
	assert_string_equal(walk.seen, "c");
	map_destroy(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(map_put_same_key_replaces),
		cmocka_unit_test(map_get_keys_are_bytes_and_copied),
		cmocka_unit_test(map_remove_gives_value_back_once),
		cmocka_unit_test(map_ids_many_are_all_found),
		cmocka_unit_test(map_ids_do_what_an_array_does),
		cmocka_unit_test(map_walk_passes_every_id),
		cmocka_unit_test(map_walk_order_of_insertion_and_may_remove),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
