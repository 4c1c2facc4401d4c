#!/usr/bin/env python3
"""Turns a file of named SQL statements into C: embed_sql.py IN.sql OUTDIR writes <stem>_sql.h and <stem>_sql.c.

A statement begins with a line `-- name: case_load` (a mark such as `:opt` may follow), goes on with comment lines that
name its parameters, then one statement. In C it is `<stem>_sql_case_load`, in PostgreSQL "<stem>.case_load"; comments do not
travel. Errors are `file:line: text` on standard error and exit code 1; nothing is written then.
"""

import pathlib
import re
import sys

NAME_LINE = re.compile(r"^--\s*name:\s*(\S+)((?:\s+:[a-z]+)*)\s*$")
IDENTIFIER = re.compile(r"^[a-z][a-z0-9_]*$")
PREPARED_NAME_MAX = 63  # PostgreSQL cuts longer identifiers silently


class Refused(Exception):
    """One fault of the input, with its line."""

    def __init__(self, line, text):
        super().__init__(text)
        self.line = line


class Statement:
    def __init__(self, name, line):
        self.name = name
        self.line = line
        self.lines = []  # (number, raw text)


def split_statements(text):
    """The named parts of a file, in order."""
    found = []
    for number, raw in enumerate(text.split("\n"), start=1):
        match = NAME_LINE.match(raw)
        if match:
            if not IDENTIFIER.match(match.group(1)):
                raise Refused(number, f"statement name '{match.group(1)}': want a-z, 0-9 and _")
            found.append(Statement(match.group(1), number))
        elif re.match(r"^\s*--\s*name\b", raw):
            raise Refused(number, "want `-- name: statement_name`")
        elif found:
            found[-1].lines.append((number, raw))
        elif raw.strip() and not raw.lstrip().startswith("--"):
            raise Refused(number, "SQL before the first `-- name:` line")
    return found


def strip_comments(statement):
    """The statement without comments, blank ends and its closing semicolon; quotes are respected."""
    kept, quote, quote_line, ended = [], "", 0, False
    for number, raw in statement.lines:
        line, at, is_in_text = "", 0, bool(quote)
        while at < len(raw):
            char = raw[at]
            if quote:
                quote = "" if char == quote else quote
            elif raw.startswith("--", at):
                break
            elif raw.startswith("/*", at):
                raise Refused(number, "write comments as `--`")
            elif ended and not char.isspace():
                raise Refused(number, f"'{statement.name}' holds more than one statement")
            elif char == ";":
                ended = True
                at += 1
                continue
            elif char in "'\"":
                quote, quote_line = char, number
            elif char == "$" and re.match(r"\$[a-z_]*\$", raw[at:], re.I):
                raise Refused(number, "dollar quotes belong to migrations, not to named statements")
            line += char
            at += 1
        if line.strip() or is_in_text:
            kept.append(line if quote else line.rstrip())
    if quote:
        raise Refused(quote_line, f"quote {quote} is not closed")
    text = "\n".join(kept).strip()
    if not text:
        raise Refused(statement.line, f"'{statement.name}' has no statement")
    return text


def c_string(text):
    """A C literal, one source line for each line of SQL."""
    rows = []
    for line in text.split("\n"):
        escaped = line.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t").replace("??", "?\\?")
        rows.append(f'"{escaped}\\n"')
    rows[-1] = rows[-1][:-3] + '"'
    return "\n\t\t".join(rows)


def read_input(path):
    """[(name, text)] of a file, checked."""
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise Refused(line, "not UTF-8") from error
    if not IDENTIFIER.match(path.stem):
        raise Refused(1, f"file name '{path.stem}': want a-z, 0-9 and _")
    seen, result = {}, []
    for statement in split_statements(text):
        if statement.name in seen:
            raise Refused(statement.line, f"'{statement.name}' stands already in line {seen[statement.name]}")
        if len(f"{path.stem}.{statement.name}") > PREPARED_NAME_MAX:
            raise Refused(statement.line, f"'{path.stem}.{statement.name}' is longer than {PREPARED_NAME_MAX}")
        seen[statement.name] = statement.line
        result.append((statement.name, strip_comments(statement)))
    if not result:
        raise Refused(1, "no `-- name:` line")
    return result


def header_text(stem, statements):
    guard = f"WL_{stem.upper()}_SQL_H"
    rows = [f"extern const struct db_sql {stem}_sql_{name};" for name, _ in statements]
    rows.append(f"extern const struct db_sql *const {stem}_sql_all[]; /* NULL-terminated */")
    return f"/* Made from {stem}.sql at build. */\n#ifndef {guard}\n#define {guard}\n\n" \
        '#include "db/db.h"\n\n' + "\n".join(rows) + "\n\n#endif\n"


def source_text(stem, statements):
    parts = [f'/* Made from {stem}.sql at build. */\n#include "{stem}_sql.h"\n\n#include <stddef.h>\n']
    for name, text in statements:
        parts.append(f"const struct db_sql {stem}_sql_{name} = {{\n\t.name = \"{stem}.{name}\",\n"
                     f"\t.text = {c_string(text)},\n}};\n")
    rows = "".join(f"\t&{stem}_sql_{name},\n" for name, _ in statements)
    parts.append(f"const struct db_sql *const {stem}_sql_all[] = {{\n{rows}\tNULL,\n}};\n")
    return "\n".join(parts)


def main(arguments):
    if len(arguments) != 2:
        print("usage: embed_sql.py IN.sql OUTDIR", file=sys.stderr)
        return 2
    path, out = pathlib.Path(arguments[0]), pathlib.Path(arguments[1])
    try:
        statements = read_input(path)
    except Refused as refused:
        print(f"{path}:{refused.line}: {refused}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{path}:0: {error.strerror}", file=sys.stderr)
        return 1
    (out / f"{path.stem}_sql.h").write_text(header_text(path.stem, statements), encoding="utf-8")
    (out / f"{path.stem}_sql.c").write_text(source_text(path.stem, statements), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
