/* The end of a process that met a programming error. The only output that base makes. */
#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LINE_MAX_BYTES 512

static _Thread_local const char *message_id;

void check_at_message(const char *id)
{
	message_id = id;
}

void check_failed(const char *file, int line, const char *claim)
{
	char text[LINE_MAX_BYTES];
	int n = snprintf(text, sizeof(text), "CHECK failed: %s:%d: %s (message %s)\n", file, line,
		claim, message_id == NULL ? "-" : message_id);

	if (n >= (int)sizeof(text)) {
		n = (int)sizeof(text);
		text[n - 1] = '\n';
	}
	/* Nothing can be done when even this fails: the core file is left. */
	if (n > 0 && write(STDERR_FILENO, text, (size_t)n) < 0)
		abort();
	abort();
}
