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
