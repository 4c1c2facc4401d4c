"""The catalogue of log events: each is sorted into it once and written by somebody. That each written one is in it, the
compiler sees."""
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import lint  # noqa: E402

CATALOGUE = pathlib.Path("common/log/events.def")
EVENT = re.compile(r"^EVENT\((\w+),", re.MULTILINE)
USED = re.compile(r"\blog_event\s*\([^,]*,\s*(\w+)|\bLOG_EVENT_(\w+)")


def check(root):
    path = root / CATALOGUE
    if not path.exists():
        return []
    text = lint.without_comments(lint.read(path))
    used = set()
    for source in lint.files(root, {".c", ".h"}):
        for match in USED.finditer(lint.without_comments(lint.read(source))):
            used.add(match[1] or match[2])
    complaints = []
    seen = set()
    for match in EVENT.finditer(text):
        line = lint.line_of(text, match.start())
        if match[1] not in used:
            complaints.append(lint.complaint(root, path, line, f"nobody writes the event {match[1]}"))
        if match[1] in seen:
            complaints.append(lint.complaint(root, path, line, f"the event {match[1]} stands twice"))
        seen.add(match[1])
    return complaints


TABLE = 'EVENT(one, INFO, "first")\n'
PLANTS = [
    ("used", {str(CATALOGUE): TABLE, "services/a/a.c": "void f(void) { log_event(a->log, one, X); }\n"}, None),
    ("used by name", {str(CATALOGUE): TABLE, "common/kit/k.c": "int e = LOG_EVENT_one;\n"}, None),
    ("no catalogue", {"services/a/a.c": ""}, None),
    ("unused", {str(CATALOGUE): TABLE, "services/a/a.c": "/* log_event(log, one) */\n"}, "nobody writes"),
    ("used in a test only", {str(CATALOGUE): TABLE, "tests/unit/a.c": "log_event(log, one);\n"}, "nobody writes"),
    ("twice", {str(CATALOGUE): TABLE + TABLE, "services/a/a.c": "log_event(log, one);\n"}, "stands twice"),
]

if __name__ == "__main__":
    lint.main(check, PLANTS)
