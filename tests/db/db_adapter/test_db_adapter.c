/* The database adapter against a real PostgreSQL; tests/with_postgres.sh gives it one.
 * test_db_adapter --refuses SETTING: the server runs with SETTING = off, and db_open must say so.
 */
#include "fixture.h"

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "--refuses") == 0)
		return run_refusal(argv[2]);
	return run_types() + run_rows() + run_failures() + run_sessions();
}
