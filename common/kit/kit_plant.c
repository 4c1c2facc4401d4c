/* Planted bugs prove that tests can fail. They exist in test builds only. */
#include "kit/kit_internal.h"

#include <stdlib.h>
#include <string.h>

bool kit_planted(const char *name)
{
#ifdef WANGLI_PLANTS
	const char *planted = getenv("WANGLI_PLANT");
	return planted != NULL && strcmp(planted, name) == 0;
#else
	(void)name;
	return false;
#endif
}

bool kit_planted_case(const char *name, int64_t case_id)
{
#ifdef WANGLI_PLANTS
	const char *planted = getenv("WANGLI_PLANT");
	size_t n = strlen(name);
	return planted != NULL && strncmp(planted, name, n) == 0 && planted[n] == ':' &&
	       strtoll(planted + n + 1, NULL, 10) == case_id;
#else
	(void)name;
	(void)case_id;
	return false;
#endif
}
