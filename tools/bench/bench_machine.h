/* The machine: how fast its disk flushes, how busy it is, who uses the processor. */
#ifndef WL_BENCH_BENCH_MACHINE_H
#define WL_BENCH_BENCH_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/* 8 KB written over and over at the same place of a file in `folder`, fdatasync after each, for a
 * second: how many. As pg_test_fsync does it. */
enum res machine_flushes(const char *folder, double *out_a_second, struct err *err) must_check;

/* All processors since boot, in ticks. */
struct machine_busy {
	int64_t busy;
	int64_t all;
};
struct machine_busy machine_busy(void);
double machine_busy_pct(struct machine_busy from, struct machine_busy to);
/* Over the next second: what others do, when the caller's own system is at rest. */
double machine_busy_now(void);

/* Processor time of one process in microseconds, with (has_children) that of children it has
 * buried. 0: there is no such process. */
int64_t machine_cpu_us(pid_t pid, bool has_children);
/* Children of a process; at most `most`. */
size_t machine_children(pid_t parent, pid_t *out, size_t most);

#endif
