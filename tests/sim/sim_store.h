/* The database: a schema a service, tables as rows of cells. A transaction's writes take effect all
 * together at its commit; only there can others see them. Nobody else writes between a
 * transaction's first write and its commit (whoever wants the same row waits for its lock), so a
 * write's outcome is known when it is asked for. */
#ifndef WL_TESTS_SIM_STORE_H
#define WL_TESTS_SIM_STORE_H

#include "sim.h"

struct cell {
	bool is_null;
	int64_t n; /* numbers, bools, days, instants */
	struct str s;
};
/* A parameter, or the rows of a result. */
struct grid {
	size_t rows, cols;
	struct cell *cells;
};
const struct cell *grid_at(const struct grid *grid, size_t row, size_t col);
struct cell cell_int(int64_t n);
struct cell cell_text(struct str text);
struct cell cell_none(void);
/* Out of a struct's member, and into it. mem: texts are copied; NULL: borrowed. */
struct cell cell_read(enum db_type type, const void *from);
void cell_write(enum db_type type, const struct cell *cell, void *to, struct arena *mem);

struct entry {
	int64_t at_us;
	struct str type, actor, body, command_id;
	uint8_t hash[32];
};
struct stored_case {
	int64_t case_id;
	struct cell *row; /* in the order of the spec's columns; NULL: the service has none */
	struct entry *entries;
	int32_t n_entries;
	int32_t effects[KIT_PRODUCERS]; /* the last of each that took effect here */
};
struct pending {
	bool is_there;
	int64_t case_id;
	char grp[KIT_NAME_MAX];
	int32_t upto, attempts, sends, faults;
	int64_t next_us;
};
#define BATCH_MARKER_CASES 64
struct batch_marker {
	bool is_there;
	int64_t case_id, batch;
	int64_t cases[BATCH_MARKER_CASES];
	int32_t uptos[BATCH_MARKER_CASES];
	size_t n;
	int64_t next_us;
	int by; /* place of the process that committed */
};
struct timer_at {
	bool is_there;
	int64_t case_id;
	char name[KIT_NAME_MAX];
	int64_t due_us, claimed_us;
};
/* Rows of child tables that somebody reads again; key: the statement that inserted them. */
struct child {
	const struct db_sql *sql;
	struct cell *cells;
	size_t n;
};
struct command_kept {
	int64_t case_id;
	struct str id, text, body;
	int64_t code, seq;
};
struct parked_at {
	int64_t case_id;
	struct str producer, type, body;
	int32_t seq, state;
	int64_t at_us;
};

#define TABLE_MOST 4096
struct schema {
	const struct service_spec *spec;
	struct stored_case cases[SIM_CASES_MAX];
	struct pending *pending;
	size_t n_pending;
	struct batch_marker *batches;
	size_t n_batches;
	struct timer_at *timers;
	size_t n_timers;
	struct child *children;
	size_t n_children;
	struct command_kept *commands;
	size_t n_commands;
	struct parked_at *parked;
	size_t n_parked;
};
#define SCHEMAS 6
extern struct schema sim_schemas[SCHEMAS];

void store_begin(void);
void store_end(void);
struct schema *schema_of(const struct service_spec *spec);
struct schema *schema_named(const char *name); /* NULL: none */
struct stored_case *case_of(struct schema *schema, int64_t case_id);
/* A column of the case's row by its name; 0 without row. */
int64_t case_number_of(struct schema *schema, int64_t case_id, const char *column);
struct str case_text_of(struct schema *schema, int64_t case_id, const char *column);
struct str store_keep(struct str text);
void *store_alloc(size_t bytes);
int64_t store_next_case(void);
int64_t store_last_case(void);
bool marker_stands(const struct schema *schema, int64_t case_id, const char *group);
bool store_has_markers(void);
int64_t store_next_due(void); /* business time of the first timer; INT64_MAX: none */

/* One statement of a session: what it says now, and what it does at the commit. */
struct call_at {
	const struct db_sql *sql;
	struct process *process;
	struct schema *schema;
	const struct grid *const *params;
	struct grid *out; /* cells from malloc */
};
struct statement {
	const char *name;			  /* as in kit.sql, or "intake.…"; */
	void (*look)(const struct call_at *at);	  /* NULL: gives no rows */
	void (*change)(const struct call_at *at); /* NULL: changes nothing */
};
/* NULL: nobody plays it. */
const struct statement *statement_find(const struct schema *schema, const struct db_sql *sql);
extern const struct statement marker_statements[];    /* sim_markers.c */
extern const struct statement parked_statements[];    /* sim_parked.c */
extern const struct statement reference_statements[]; /* sim_reference.c */
/* For those that play statements: a column parameter's value, and one more row of the result. */
int64_t call_number(const struct call_at *at, int param, size_t row);
struct str call_text(const struct call_at *at, int param, size_t row);
struct cell *call_out(const struct call_at *at, size_t cols);
/* Rows of a child table by its insert's name. */
const struct child *child_find(
	const struct schema *schema, const char *insert, int64_t case_id, int64_t n);

#endif
