#!/usr/bin/env python3
"""Every named statement, prepared and planned by PostgreSQL as the role that will run it: a misspelt column, a parameter without
a type and a right that no migration gave are found here, not when a case first takes that path. Run by tests/with_postgres.sh."""

import importlib.util
import os
import pathlib
import re
import subprocess
import unittest

ROOT = pathlib.Path(os.environ["WANGLI_ROOT"])
SERVICES = ["intake", "dispatch", "reply", "followup", "analytics"]
KIT = "common/kit/sql/kit.sql"

# The role that deploy/script/tools.sh gives to each tool. One that has statements and stands nowhere here fails the test.
TOOL_ROLES = {"clock": "wl_deploy", "operator": "wl_deploy", "import": "wl_deploy", "demo": "wl_deploy", "check": "wl_check", "history": "wl_check",
              "bench": "postgres", "fold": "wl_check", "rebuild": "wl_analytics", "report": "wl_check"}

# EXPLAIN checks rights as execution does; a generic plan needs no values.
EXPLAIN = """
set plan_cache_mode = force_generic_plan;
select format('explain (costs off) execute %I%s', name, case when cardinality(parameter_types) > 0
	then '(' || array_to_string(array_fill('null'::text, array[cardinality(parameter_types)]), ', ') || ')' else '' end)
from pg_prepared_statements \\gexec
"""


def embed_sql():
    """The build's own reader of .sql files."""
    spec = importlib.util.spec_from_file_location("embed_sql", ROOT / "tools/embed_sql.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def complaints(role, text):
    """What psql says on standard error when the role runs the text, without its place in our script."""
    done = subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", f"{os.environ['WANGLI_TEST_PG']} user={role}"],
                          input=text, capture_output=True, text=True, check=False)
    return done.stderr or (f"psql ended with {done.returncode}" if done.returncode else "")


def plan(user, script):
    """What psql prints when the user runs the script."""
    return subprocess.run(["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", f"{os.environ['WANGLI_TEST_PG']} {user}"],
                          input=script, capture_output=True, text=True, check=True).stdout


def plan_at_size(name, text):
    """The generic plan of one of the kit's statements, with the settings of a service's role, where many thousand timers and
    markers stand and many of them are due."""
    script = f"""begin;
select format('set local %s = %L', split_part(c, '=', 1), split_part(c, '=', 2)) from pg_roles, unnest(rolconfig) as c
where rolname = 'wl_followup' and c not like 'search_path=%' \\gexec
set local search_path = followup;
insert into timer (case_id, name, due_at) select n, 'visit', now() - n * interval '1 s' from generate_series(1, 50000) as n;
insert into pending (case_id, grp, upto_seq, next_at)
select n, 'intake', 1, now() - n * interval '1 s' from generate_series(1, 50000) as n;
analyze timer, pending;
prepare "{name}" as {text};
{EXPLAIN}
rollback;"""
    return plan("user=postgres", script)


# What KIT_CASE_COLS of common/kit/kit.h stands for, and how a type of db.h is called by PostgreSQL.
CASE_COLUMNS = [("case_id", "bigint"), ("version", "integer"), ("seq", "integer"), ("head", "bytea")]
TYPES = {"DB_INT2": "smallint", "DB_INT4": "integer", "DB_INT8": "bigint", "DB_BOOL": "boolean", "DB_TEXT": "text",
         "DB_BYTES": "bytea", "DB_HASH": "bytea", "DB_INSTANT": "timestamp with time zone", "DB_DAY": "date"}
COLUMN = re.compile(r'(KIT_CASE_COLS)\(|KIT_SEEN_COL\([^"]*"(\w+)"\)|DB_COL\([^,]*,[^,]*,\s*(DB_\w+),\s*"(\w+)"\)')


def columns_in_c(path, table):
    """Name and type of each column that <table>_cols lists in a C file."""
    body = re.search(rf"struct db_col {table}_cols\[\] = \{{(.*?)\n\}};", (ROOT / path).read_text(encoding="utf-8"), re.DOTALL)[1]
    found = []
    for is_case, cursor, kind, name in COLUMN.findall(body):
        found += CASE_COLUMNS if is_case else [(cursor, "integer")] if cursor else [(name, TYPES[kind])]
    return found


def row_types():
    """(schema, table) of each type <table>_row, with name and type of its columns. Of <table>_row_2, where there is one."""
    found = {}
    for line in plan("user=postgres", r"""
select c.relnamespace::regnamespace || '|' || c.relname || '|' || string_agg(a.attname || '|' ||
	format_type(a.atttypid, a.atttypmod), '|' order by a.attnum)
from pg_class c join pg_attribute a on a.attrelid = c.oid
where c.relkind = 'c' and c.relname ~ '_row(_[0-9]+)?$'
group by c.oid order by c.oid;""").splitlines():
        schema, name, *columns = line.split("|")
        found[schema, re.sub(r"_row(_\d+)?$", "", name)] = list(zip(columns[::2], columns[1::2]))
    return found


class Statements(unittest.TestCase):
    def check_file(self, path, role):
        for name, text in embed_sql().read_input(ROOT / path):
            with self.subTest(file=path, statement=name, role=role):
                self.assertEqual(complaints(role, f'prepare "{name}" as {text};\n{EXPLAIN}'), "")

    def test_services_statements_are_planned_under_their_role(self):
        for service in SERVICES:
            files = [f"services/{service}/sql/{path.name}" for path in (ROOT / "services" / service / "sql").glob("*.sql")
                     if path.name != "schema.sql"]
            self.assertTrue(files, f"services/{service}/sql holds no statements")
            for path in [*sorted(files), KIT]:
                self.check_file(path, f"wl_{service}")

    def test_tools_statements_are_planned_under_their_role(self):
        files = sorted(path.relative_to(ROOT) for path in ROOT.glob("tools/*/sql/*.sql"))
        self.assertTrue(files)
        for path in files:
            self.assertIn(path.parts[1], TOOL_ROLES)
            self.check_file(path, TOOL_ROLES[path.parts[1]])

    def test_types_of_rows_are_the_columns_in_the_order_of_the_code(self):
        found = row_types()
        self.assertEqual(sorted({schema for schema, _ in found}), sorted(SERVICES))
        for (schema, table), columns in found.items():
            path = "common/kit/kit_write.c" if table == "journal" else f"services/{schema}/{schema}_store.c"
            with self.subTest(schema=schema, table=table):
                self.assertEqual(columns, columns_in_c(path, table))

    def test_claims_read_no_whole_table_to_join(self):
        statements = dict(embed_sql().read_input(ROOT / KIT))
        for name, scan in (("timer_claim", "Seq Scan on timer"), ("marker_claim", "Seq Scan on pending p")):
            with self.subTest(statement=name):
                plan = plan_at_size(name, statements[name])
                self.assertIn("Update on", plan)
                self.assertNotIn(scan, plan)

    def test_plans_made_while_queues_are_empty_go_from_the_arrays_into_the_index(self):
        statements = dict(embed_sql().read_input(ROOT / KIT))
        vacuumed = plan("user=postgres", "vacuum analyze followup.pending, followup.timer, followup.batch_marker;")
        self.assertEqual(vacuumed, "")
        for name in ("marker_done", "batch_marker_done", "marker_claim", "timer_clear", "timer_claim", "timer_load"):
            with self.subTest(statement=name):
                made = plan("user=wl_followup", f'prepare "{name}" as {statements[name]};\n{EXPLAIN}')
                self.assertRegex(made, r"Index Cond: \(\(case_id >= \w+\.case_id\) AND \(case_id <= \w+\.case_id\)")
                self.assertNotRegex(made, r"Join Filter: .*case_id")

    def test_missing_right_and_misspelt_column_are_seen(self):
        self.assertIn("permission denied for table case_file",
                      complaints("wl_reply", f"prepare a as select version from analytics.case_file;{EXPLAIN}"))
        self.assertIn("permission denied for table journal",
                      complaints("wl_reply", f"prepare a as delete from journal where case_id = $1;{EXPLAIN}"))
        self.assertIn('column "versoin" does not exist',
                      complaints("wl_reply", f"prepare a as select versoin from case_file;{EXPLAIN}"))
        self.assertEqual("", complaints("wl_reply", f"prepare a as select version from case_file where case_id = $1;{EXPLAIN}"))


if __name__ == "__main__":
    unittest.main()
