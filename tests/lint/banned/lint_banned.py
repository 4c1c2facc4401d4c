"""Banned calls and words: what overruns, what jumps, what allocates in a core, and promises without a ticket."""
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import lint  # noqa: E402

CALLS = re.compile(r"\b(strcpy|strcat|sprintf|vsprintf|atoi|atol|strtok|gets)\s*\(")
HEAP = re.compile(r"\b(malloc|calloc|realloc|reallocarray|free|strdup)\s*\(")
GOTO = re.compile(r"\bgoto\b")
PROMISE = re.compile(r"\b(TODO|FIXME|XXX)\b(?!\(#\d+\))")
CODE = {".c", ".h", ".def"}
ANYTHING = CODE | {".py", ".sh", ".sql", ".cmake", ".txt", ".proto"}


def check(root):
    complaints = []

    def look(path, text, pattern, what):
        for match in pattern.finditer(text):
            complaints.append(lint.complaint(root, path, lint.line_of(text, match.start()), what.format(match[0])))

    for path in lint.files(root, ANYTHING, lint.FOLDERS + ("tests", "proto", "deploy", "cmake")):
        if path.relative_to(root).parts[:2] == ("tests", "lint"):
            continue  # names the words that it looks for
        text = lint.read(path)
        look(path, text, PROMISE, "'{}' without a ticket: write it as WORD(#12)")
        if path.suffix not in CODE:
            continue
        code = lint.without_comments(text)
        look(path, code, CALLS, "'{}…)' is banned")
        look(path, code, GOTO, "'{}': cleanup is SCOPED, and a loop has an end")
        if path.stem.endswith("_core"):
            look(path, code, HEAP, "'{}…)' in a core: memory comes from the caller's arena")
    return complaints


PLANTS = [
    ("in texts and comments", {"common/a/a.c": '/* strcpy( */ char *t = "goto atoi(";\n'}, None),
    ("like-named", {"common/a/a.c": "void f(void) { my_strcpy(1); snprintf(0); }\n"}, None),
    ("heap outside a core", {"common/a/a.c": "void f(void) { free(malloc(1)); }\n"}, None),
    ("ticketed", {"tools/a.py": "# TODO(#12): later\n"}, None),
    ("template of mkstemp", {"common/a/a.c": 'char t[] = "x.XXXXXX";\n'}, None),
    *[(call, {"services/a/a.c": f"void f(void) {{ {call} (a); }}\n"}, "is banned")
      for call in ("strcpy", "strcat", "sprintf", "vsprintf", "atoi", "atol", "strtok", "gets")],
    ("goto", {"sdk/c/a.c": "void f(void) { goto out; out: return; }\n"}, "SCOPED"),
    ("malloc in a core", {"services/a/a_core.c": "void *f(void) { return malloc(1); }\n"}, "in a core"),
    ("promise in C", {"tests/unit/a/a.c": "/* FIXME */\n"}, "without a ticket"),
    ("promise in SQL", {"services/a/sql/a.sql": "-- XXX\n"}, "without a ticket"),
    ("promise in a script", {"deploy/a.sh": "# TODO\n"}, "without a ticket"),
]

if __name__ == "__main__":
    lint.main(check, PLANTS)
