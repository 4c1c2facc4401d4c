/* os.h and log.h as the services call them: clocks of their own that jump, dice of the seed, lines
 * that become counts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "log/log.h"
#include "os/os.h"
#include "sim.h"

struct instant os_real_now(void)
{
	const struct process *process = process_running();
	return (struct instant){ sim.now_us + (process != NULL ? process->clock_us : 0) };
}

struct instant os_monotonic_now(void)
{
	return (struct instant){ sim.now_us };
}

void os_random(void *out, size_t bytes)
{
	for (char *at = out; bytes > 0;) {
		uint64_t dice = sim_random();
		size_t n = bytes < sizeof dice ? bytes : sizeof dice;
		memcpy(at, &dice, n);
		at += n;
		bytes -= n;
	}
}

void os_instance_name(char *out, size_t room, const char *prefix)
{
	snprintf(out, room, "%s/%016llx", prefix, (unsigned long long)sim_random());
}

/* A planted bug waits for a kill to fall; here it falls without. */
int nanosleep(const struct timespec *how_long, struct timespec *left)
{
	(void)how_long, (void)left;
	return 0;
}

/* --- the log --- */

static const char *const names[LOG_EVENTS] = {
#define EVENT(name, level, meaning) [LOG_EVENT_##name] = #name,
#include "log/events.def"
#undef EVENT
};

struct log *log_create(const char *process, int fd, enum log_level least)
{
	(void)process, (void)fd, (void)least;
	return NULL;
}

void log_destroy(struct log *log)
{
	(void)log;
}

const char *log_event_name(enum log_event event)
{
	return names[event];
}

enum res log_level_parse(struct str text, enum log_level *out)
{
	(void)text;
	*out = LOG_LEVEL_INFO;
	return RES_OK;
}

void log_write(struct log *log, enum log_event event, const struct log_pair *pairs, size_t n)
{
	(void)log;
	if (event == LOG_EVENT_delivery_in_doubt)
		sim_count(COUNT_in_doubt);
	sim_note(names[event], process_running() != NULL ? process_running()->place : -1,
		n > 0 ? pairs[0].number : 0, 0);
	for (size_t i = 0; sim.is_told && i < n; i++)
		if (pairs[i].type == LOG_PAIR_TEXT)
			printf("          %s: %.*s\n", pairs[i].key, STR_ARG(pairs[i].text));
}
