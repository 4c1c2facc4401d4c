/* The end of a process that met a programming error. The only output that base makes. */
#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LINE_MAX_BYTES 512

static _Thread_local size_t message_place;
static _Thread_local int64_t message_case;

void check_at_message(size_t place, int64_t case_id)
{
	message_place = place;
	message_case = case_id;
}

void check_failed(const char *file, int line, const char *claim)
{
	char text[LINE_MAX_BYTES];
	int n = snprintf(text, sizeof(text), "CHECK failed: %s:%d: %s (message %zu, case %lld)\n",
		file, line, claim, message_place, (long long)message_case);

	if (n >= (int)sizeof(text)) {
		n = (int)sizeof(text);
		text[n - 1] = '\n';
	}
	/* Nothing can be done when even this fails: the core file is left. */
	if (n > 0 && write(STDERR_FILENO, text, (size_t)n) < 0)
		abort();
	abort();
}
