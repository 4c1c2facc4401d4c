/* What becomes of an old object. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "media_core.h"

static void media_fate_of_old_objects(void **state)
{
	static const struct str named[] = { STR_INIT("aa"), STR_INIT("bb") };
	static const struct {
		struct str sha256;
		size_t n;
		enum media_fate fate;
	} rows[] = {
		{ STR_INIT("aa"), 2, MEDIA_FATE_STAYS },
		{ STR_INIT("bb"), 2, MEDIA_FATE_STAYS },
		{ STR_INIT("bb"), 1, MEDIA_FATE_ASIDE },
		{ STR_INIT("ab"), 2, MEDIA_FATE_ASIDE },
		{ STR_INIT("aa"), 0, MEDIA_FATE_ASIDE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(media_fate_of(rows[i].sha256, named, rows[i].n), rows[i].fate);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(media_fate_of_old_objects) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
