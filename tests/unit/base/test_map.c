/* Maps: put, get, remove, walk. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

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
		cmocka_unit_test(map_walk_order_of_insertion_and_may_remove),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
