/* Structures of older programs. See sdk_shape.h. */
#include "sdk/sdk_shape.h"

#include <string.h>

enum res shape_read(const struct shape *shape, const void *in, void *out, struct err *err)
{
	size_t n;
	memcpy(&n, in, sizeof n);
	if (n < shape->first)
		return err_set(err, RES_INVALID,
			"struct_bytes of %s is %zu: its init function was not called", shape->name,
			n);
	if (n > shape->now)
		return err_set(err, RES_INVALID,
			"%s has %zu bytes, libwangli %s knows %zu: the program was built for a "
			"newer one",
			shape->name, n, WANGLI_VERSION, shape->now);
	memset(out, 0, shape->now);
	memcpy(out, in, n);
	return RES_OK;
}
