#!/usr/bin/env python3
"""tools/embed_sql.py as the build calls it: test_embed_sql.py EMBED_SQL COMPILER. What it writes is compiled and printed."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

EMBED_SQL = COMPILER = ""

# A db/db.h of the test's own: the generated code needs this type only.
DB_HEADER = "struct db_sql { const char *name; const char *text; };\n"
PRINTER = """#include "part_sql.h"
#include <stdio.h>
int main(void)
{
	for (const struct db_sql *const *at = part_sql_all; *at; at++)
		printf("%s=%s%c", (*at)->name, (*at)->text, 0);
	return 0;
}
"""


class Folder:
    """A scratch folder with part.sql in it."""

    def __init__(self, test, text, name="part.sql"):
        scratch = tempfile.TemporaryDirectory()
        test.addCleanup(scratch.cleanup)
        self.path = pathlib.Path(scratch.name)
        self.sql = self.path / name
        if text is not None:
            self.sql.write_bytes(text if isinstance(text, bytes) else text.encode())

    def embed(self):
        return subprocess.run([sys.executable, EMBED_SQL, self.sql, self.path], capture_output=True, text=True, check=False)

    def statements(self):
        """{name: text} as a C program sees them."""
        (self.path / "db").mkdir()
        (self.path / "db" / "db.h").write_text(DB_HEADER)
        (self.path / "printer.c").write_text(PRINTER)
        subprocess.run([COMPILER, "-std=c11", "-Wall", "-Wextra", "-Werror", f"-I{self.path}", "-o", self.path / "printer",
                        self.path / "printer.c", self.path / "part_sql.c"], check=True)
        printed = subprocess.run([self.path / "printer"], capture_output=True, check=True).stdout.decode()
        return dict(row.split("=", 1) for row in printed.split("\0") if row)


# What a statement becomes: (input below the name line, text in C).
TEXTS = [
    ("select 1;", "select 1"),
    ("select 1", "select 1"),
    ("-- $1 case_id\nselect a -- the first\nfrom t;\n-- behind", "select a\nfrom t"),
    ("\n\nselect\n\n\t1;\n\n", "select\n\t1"),
    ("select '--', \"--\", '/*', ';' from t;", "select '--', \"--\", '/*', ';' from t"),
    ("select 'it''s -- here', \"a\"\"b;\" from t;", "select 'it''s -- here', \"a\"\"b;\" from t"),
    ("select '\\n', E'\\t', '??=', '%s', '市民' from t;", "select '\\n', E'\\t', '??=', '%s', '市民' from t"),
    ("select 'two\nlines  ' from t;", "select 'two\nlines  ' from t"),
    ("select 'a\n\n  -- b' from t;", "select 'a\n\n  -- b' from t"),
    ("select $1::int8, $2::text;", "select $1::int8, $2::text"),
    ("select 1;\r\n", "select 1"),
]

# What is refused: (whole file, line, words of the reason).
REFUSED = [
    ("", 1, "no `-- name:` line"),
    ("-- only a comment\n", 1, "no `-- name:` line"),
    ("select 1;\n-- name: a\nselect 2;", 1, "before the first"),
    ("-- name: a\nselect 1;\n\n-- name: a\nselect 2;", 4, "'a' stands already in line 1"),
    ("-- name: A\nselect 1;", 1, "statement name 'A'"),
    ("-- name: a-b\nselect 1;", 1, "statement name 'a-b'"),
    ("-- name:\nselect 1;", 1, "want `-- name: statement_name`"),
    ("-- name: a b\nselect 1;", 1, "want `-- name: statement_name`"),
    ("-- name a\nselect 1;", 1, "want `-- name: statement_name`"),
    ("-- name: a\n-- nothing follows\n", 1, "'a' has no statement"),
    ("-- name: a\n;\n", 1, "'a' has no statement"),
    ("-- name: a\nselect 1;\nselect 2;", 3, "'a' holds more than one statement"),
    ("-- name: a\nselect 1; select 2;", 2, "'a' holds more than one statement"),
    ("-- name: a\nselect /* x */ 1;", 2, "write comments as `--`"),
    ("-- name: a\nselect 'open;\n", 2, "quote ' is not closed"),
    ('-- name: a\nselect\n"open;\n', 3, 'quote " is not closed'),
    ("-- name: a\nselect $$text$$;", 2, "dollar quotes"),
    ("-- name: a\nselect $tag$text$tag$;", 2, "dollar quotes"),
    (f"-- name: {'a' * 59}\nselect 1;", 1, "longer than 63"),
    (b"-- name: a\nselect 1;\n-- name: b\nselect '\xff';", 4, "not UTF-8"),
]


class EmbedSql(unittest.TestCase):
    def test_statement_becomes_c_without_comments(self):
        for text, want in TEXTS:
            with self.subTest(text=text):
                folder = Folder(self, f"-- name: one\n{text}")
                done = folder.embed()
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertEqual(folder.statements(), {"part.one": want})

    def test_file_of_several_keeps_names_and_order(self):
        folder = Folder(self, "-- The head of the file.\n\n-- name: b_2 :opt\nselect 2;\n--name: a :many :x\nselect 1;\n")
        self.assertEqual(folder.embed().returncode, 0)
        self.assertEqual(list(folder.statements().items()), [("part.b_2", "select 2"), ("part.a", "select 1")])
        header = (folder.path / "part_sql.h").read_text()
        self.assertIn("extern const struct db_sql part_sql_b_2;", header)
        self.assertIn("extern const struct db_sql *const part_sql_all[];", header)

    def test_name_of_the_longest_length_is_taken(self):
        folder = Folder(self, f"-- name: {'a' * 58}\nselect 1;")
        self.assertEqual(folder.embed().returncode, 0)
        self.assertEqual(list(folder.statements()), [f"part.{'a' * 58}"])

    def test_fault_is_named_with_file_and_line_and_nothing_is_written(self):
        for text, line, words in REFUSED:
            with self.subTest(text=text):
                folder = Folder(self, text)
                done = folder.embed()
                self.assertEqual(done.returncode, 1)
                self.assertTrue(done.stderr.startswith(f"{folder.sql}:{line}: "), done.stderr)
                self.assertIn(words, done.stderr)
                self.assertEqual(done.stderr.count("\n"), 1)
                self.assertEqual(sorted(path.name for path in folder.path.iterdir()), ["part.sql"])

    def test_file_name_that_is_no_c_name_is_refused(self):
        folder = Folder(self, "-- name: a\nselect 1;", name="no-name.sql")
        done = folder.embed()
        self.assertEqual(done.returncode, 1)
        self.assertIn("file name 'no-name'", done.stderr)

    def test_missing_file_and_arguments_are_faults(self):
        missing = Folder(self, None).embed()
        self.assertEqual(missing.returncode, 1)
        self.assertIn("part.sql:0: No such file", missing.stderr)
        bare = subprocess.run([sys.executable, EMBED_SQL], capture_output=True, text=True, check=False)
        self.assertEqual(bare.returncode, 2)
        self.assertIn("usage:", bare.stderr)


if __name__ == "__main__":
    EMBED_SQL, COMPILER = sys.argv[1:3]
    unittest.main(argv=sys.argv[:1])
