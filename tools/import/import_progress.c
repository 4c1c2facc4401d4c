/* The progress line. See import_progress.h. */
#include "import_progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/check.h"
#include "os/os.h"

#define BAR_WIDTH  30
#define BAR_EVERY  SPAN_MS(200)
#define LINE_EVERY SPAN_S(5)
#define TEXT_MAX   160

struct progress {
	bool is_quiet;
	bool is_terminal;
	bool has_bar;
	struct instant next_at;
};

struct progress *progress_create(bool is_quiet)
{
	struct progress *progress = calloc(1, sizeof *progress);
	CHECK(progress != NULL);
	progress->is_quiet = is_quiet;
	progress->is_terminal = isatty(STDERR_FILENO) == 1;
	progress->next_at = instant_add(os_monotonic_now(), BAR_EVERY);
	return progress;
}

void progress_destroy(struct progress *progress)
{
	if (progress == NULL)
		return;
	if (progress->has_bar)
		fputc('\n', stderr);
	free(progress);
}

static void text_make(const struct progress_state *state, char out[TEXT_MAX])
{
	char at[INSTANT_TEXT_MAX];
	int n = snprintf(out, TEXT_MAX, "%zu/%zu receipts", state->done, state->of);
	if (!instant_is_none(state->clock_at) && n > 0)
		n += snprintf(out + n, TEXT_MAX - (size_t)n, ", %zu replies, clock %s",
			state->replies, instant_format(state->clock_at, at));
	if (!state->is_up && n > 0)
		(void)!snprintf(out + n, TEXT_MAX - (size_t)n, " (the door does not answer)");
}

static void bar_show(
	struct progress *progress, const struct progress_state *state, const char *text)
{
	char bar[BAR_WIDTH + 1];
	size_t filled = state->of == 0 ? 0 : state->done * BAR_WIDTH / state->of;
	for (size_t i = 0; i < BAR_WIDTH; i++)
		bar[i] = i < filled ? '#' : '.';
	bar[BAR_WIDTH] = 0;
	fprintf(stderr, "\r[%s] %s\033[K", bar, text);
	fflush(stderr);
	progress->has_bar = true;
}

void progress_show(struct progress *progress, const struct progress_state *state)
{
	struct instant now = os_monotonic_now();
	char text[TEXT_MAX];
	if (progress->is_quiet || instant_is_before(now, progress->next_at))
		return;
	progress->next_at = instant_add(now, progress->is_terminal ? BAR_EVERY : LINE_EVERY);
	text_make(state, text);
	if (progress->is_terminal)
		bar_show(progress, state, text);
	else
		fprintf(stderr, "wangli-import: %s\n", text);
}
