"""Shape of C: a function has at most 60 lines, a file 600, a line 100 columns with tabs of eight."""
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import lint  # noqa: E402

FUNCTION_LINES = 60
FILE_LINES = 600
COLUMNS = 100
TAB = 8


def functions(lines):
    """(first line, lines) of each function: a brace of its own at the left edge opens it, and one closes it."""
    start = None
    for number, line in enumerate(lines, 1):
        if line.rstrip() == "{":
            start = number
        elif line.startswith("}") and start is not None:
            yield start, number - start + 1
            start = None


def check(root):
    complaints = []
    for path in lint.files(root, {".c", ".h"}, lint.FOLDERS + ("tests",)):
        lines = lint.read(path).split("\n")
        if lines[-1] == "":
            lines.pop()
        if len(lines) > FILE_LINES:
            complaints.append(lint.complaint(root, path, len(lines), f"{len(lines)} lines, {FILE_LINES} are allowed"))
        for number, line in enumerate(lines, 1):
            width = len(line.expandtabs(TAB))
            if width > COLUMNS:
                complaints.append(lint.complaint(root, path, number, f"{width} columns, {COLUMNS} are allowed"))
        for first, count in functions(lines):
            if count > FUNCTION_LINES:
                complaints.append(lint.complaint(
                    root, path, first, f"a function of {count} lines, {FUNCTION_LINES} are allowed"))
    return complaints


def function_of(lines):
    return "int f(void)\n{\n" + "\tx();\n" * (lines - 2) + "}\n"


PLANTS = [
    ("at the limits", {"common/a/a.c": function_of(60) + "\t" + "x" * 92 + "\n" + "网" * 100 + "\n"}, None),
    ("long function", {"common/a/a.c": function_of(61)}, "a function of 61 lines"),
    ("long file", {"services/a/a.h": "\n" * 601}, "601 lines"),
    ("wide line", {"tests/unit/a/a.c": "x" * 101 + "\n"}, "101 columns"),
    ("wide by tabs", {"common/a/a.c": "\t" + "x" * 93 + "\n"}, "101 columns"),
    ("long table", {"common/a/a.c": "int a[] = {\n" + "\t1,\n" * 80 + "};\n"}, None),
]

if __name__ == "__main__":
    lint.main(check, PLANTS)
