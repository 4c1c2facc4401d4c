/* The n-th call of libpq fails. A program linked with pq_faults has its calls counted and, when
 * somebody has asked for it, one of them fails in the way of the day. Whoever asks shares this
 * struct: in the same process, or over a file that PQ_FAULTS names. */
#ifndef WL_TESTS_PQ_FAULTS_H
#define WL_TESTS_PQ_FAULTS_H

#include <stdatomic.h>

enum pq_fault {
	PQ_FAULT_CUT,  /* the connection is cut before the call, which then says so itself */
	PQ_FAULT_FAIL, /* the call does nothing and gives what it gives on failure: 0, -1, NULL */
	PQ_FAULTS
};

struct pq_faults {
	atomic_long calls;   /* so far */
	atomic_long fail_at; /* the number of the call that fails; 0: none */
	atomic_int fault;    /* enum pq_fault */
	atomic_long failed;  /* so many did */
};

/* This process's own, for the asker within it. */
struct pq_faults *pq_faults_here(void);
/* Makes the file of another process's; it is not unmapped. */
struct pq_faults *pq_faults_make(const char *path);

/* From now on the n-th call (1: the next) fails. */
void pq_faults_ask(struct pq_faults *faults, enum pq_fault fault, long n);
void pq_faults_ask_none(struct pq_faults *faults);

#endif
