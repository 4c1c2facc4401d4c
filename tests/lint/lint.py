"""What the lint tests share: walking the tree, reading C, reporting, and proving by planted faults
that a lint can fail.

A lint is check(root) -> list of "path:line: what is wrong". Its plants are (name, {path: text}, part of the expected
complaint or None for "no complaint"); --self-test lays each into an empty folder and looks at what check says.
"""
import argparse
import pathlib
import re
import sys
import tempfile

FOLDERS = ("common", "services", "sdk", "tools")
SKIP = 77  # CTest's "skipped", as tests/*/CMakeLists.txt knows it

COMMENT_OR_TEXT = re.compile(
    r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)


def files(root, suffixes, folders=FOLDERS):
    """All files with one of the suffixes, sorted; a folder that does not exist yet holds none."""
    found = []
    for folder in folders:
        for path in (root / folder).rglob("*"):
            parts = path.relative_to(root).parts
            if path.suffix in suffixes and path.is_file() and "node_modules" not in parts:
                found.append(path)
    return sorted(found)


def blank(text):
    """The same number of lines with nothing on them."""
    return re.sub(r"[^\n]", " ", text)


def without_comments(text, keep_texts=False):
    """C without comments (and texts), every line and column in its place."""
    def replace(match):
        piece = match.group(0)
        if piece[0] == "/":
            return blank(piece)
        return piece if keep_texts else piece[0] + blank(piece[1:-1]) + piece[-1]
    return COMMENT_OR_TEXT.sub(replace, text)


def read(path):
    return path.read_text(encoding="utf-8", errors="replace")


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def complaint(root, path, line, what):
    return f"{path.relative_to(root)}:{line}: {what}"


def plant(folder, tree):
    for name, text in tree.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def self_test(check, plants):
    failures = 0
    for name, tree, expected in plants:
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            plant(root, tree)
            got = check(root)
        is_good = not got if expected is None else any(expected in one for one in got)
        if not is_good:
            failures += 1
            print(f"self-test '{name}': want {expected!r}, got {got}")
    print(f"self-test: {len(plants)} plants, {failures} failures")
    return 1 if failures or not plants else 0


def main(check, plants):
    parser = argparse.ArgumentParser()
    parser.add_argument("--self-test", action="store_true")
    parser.add_argument("--root", default=".", type=pathlib.Path)
    arguments = parser.parse_args()
    if arguments.self_test:
        sys.exit(self_test(check, plants))
    complaints = check(arguments.root.resolve())
    for one in complaints:
        print(one)
    print(f"{len(complaints)} complaints")
    sys.exit(1 if complaints else 0)
