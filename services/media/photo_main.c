/* wangli-photo PIXELS EDGE CPU_SECONDS BYTES: makes one photo anew, from descriptor 0 to descriptor
 * 1, in a jail. Exit 0: done, descriptor 2 got its media type; 3: refused, descriptor 2 got the
 * sentence; anything else: it broke. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "image/image.h"
#include "sandbox/jail.h"

#define EXIT_REFUSED 3
#define MEMORY_BYTES INT64_C(805306368) /* 768 MiB */
#define ARGUMENTS    4

static void say(const char *text)
{
	if (write(2, text, strlen(text)) < 0)
		_exit(EXIT_FAILURE);
}

int main(int argc, char **argv)
{
	int64_t number[ARGUMENTS];
	const char *media_type = "";
	struct err err = { "" };

	if (argc != ARGUMENTS + 1)
		return EXIT_FAILURE;
	for (int i = 0; i < ARGUMENTS; i++)
		if (str_to_int64(str_from_c(argv[i + 1]), &number[i]) != RES_OK)
			return EXIT_FAILURE;
	const struct image_limits limits = { .pixels = number[0], .edge = (int)number[1] };
	const struct jail_limits jail = {
		.memory_bytes = MEMORY_BYTES, .cpu_seconds = number[2], .file_bytes = number[3]
	};
	if (image_start("wangli-photo", &err) != RES_OK || jail_enter(&jail, &err) != RES_OK)
		return EXIT_FAILURE;
	enum res res = image_make_anew(0, 1, &limits, &media_type, &err);
	say(res == RES_OK ? media_type : err.text);
	/* No exit handlers: nothing is left to be tidied, and nothing of the stranger's runs again.
	 */
	_exit(res == RES_OK ? EXIT_SUCCESS : EXIT_REFUSED);
}
