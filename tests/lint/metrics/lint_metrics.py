"""The catalogues of metrics (<component>_metrics.def): names, units and labels as Prometheus wants them, each documented,
each measured by somebody."""
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import lint  # noqa: E402

METRIC = re.compile(r'^METRIC\((\w+), (\w+), "([^"]*)", "([^"]*)",\s*"((?:[^"\\]|\\.)*)"\)$')
TYPES = ("COUNTER", "GAUGE", "HISTOGRAM")
UNITS = ("", "seconds", "bytes", "messages")
NAME = re.compile(r"[a-z][a-z0-9_]*")
WORDS_LEAST = 3


def faults(name, kind, unit, labels, text):
    """What is wrong with one line."""
    if not NAME.fullmatch(name) or name.endswith(("_total", "_count", "_sum", "_bucket")):
        yield f"{name}: lower case; _total, _count, _sum and _bucket are the format's own"
    if kind not in TYPES:
        yield f"{name}: {kind} is no type"
    if unit not in UNITS:
        yield f"{name}: unit '{unit}' is none of {', '.join(filter(None, UNITS))}"
    if unit and name.endswith(unit):
        yield f"{name}: the unit is appended by itself"
    for label in filter(None, labels.split(",")):
        if not NAME.fullmatch(label) or label in ("le", "service"):
            yield f"{name}: label '{label}'"
    if len(text.split()) < WORDS_LEAST:
        yield f"{name}: says too little of itself"


def check(root):
    complaints = []
    sources = [lint.without_comments(lint.read(p)) for p in lint.files(root, {".c", ".h"})]
    for path in lint.files(root, {".def"}):
        if not path.stem.endswith("_metrics") or "tests" in path.parts:
            continue
        text = lint.without_comments(lint.read(path), keep_texts=True)
        seen = set()
        for number, line in enumerate(text.split("\n"), 1):
            if not line.startswith("METRIC"):
                continue
            match = METRIC.match(line.rstrip())
            if match is None:
                complaints.append(lint.complaint(root, path, number, "want METRIC(name, TYPE, \"unit\", \"labels\", \"help\")"))
                continue
            complaints += [lint.complaint(root, path, number, fault) for fault in faults(*match.groups())]
            if match[1] in seen:
                complaints.append(lint.complaint(root, path, number, f"{match[1]} stands twice"))
            seen.add(match[1])
            used = re.compile(rf"\w+_{match[1]}\b")
            if not any(used.search(source) for source in sources):
                complaints.append(lint.complaint(root, path, number, f"nobody measures {match[1]}"))
    return complaints


def tree(line, source="int a = A_METRIC_one;"):
    return {"services/a/a_metrics.def": line + "\n", "services/a/a.c": source + "\n"}


GOOD = 'METRIC(one, COUNTER, "", "why", "how many of one")'
PLANTS = [
    ("good", tree(GOOD), None),
    ("two labels", tree('METRIC(one, HISTOGRAM, "seconds", "kind,why", "how long, \\"so to say\\"")'), None),
    ("unused", tree(GOOD, "/* A_METRIC_one */"), "nobody measures one"),
    ("twice", tree(GOOD + "\n" + GOOD), "stands twice"),
    ("type", tree(GOOD.replace("COUNTER", "SUMMARY")), "SUMMARY is no type"),
    ("unit", tree(GOOD.replace('""', '"ms"')), "unit 'ms'"),
    ("unit in the name", tree('METRIC(one_bytes, GAUGE, "bytes", "", "how many of one")', "A_one_bytes"), "appended by itself"),
    ("total", tree('METRIC(one_total, GAUGE, "", "", "how many of one")', "A_one_total"), "the format's own"),
    ("upper case", tree('METRIC(One, GAUGE, "", "", "how many of one")', "A_One"), "lower case"),
    ("label", tree(GOOD.replace("why", "le")), "label 'le'"),
    ("no help", tree(GOOD.replace("how many of one", "one")), "too little"),
    ("form", tree("METRIC(one, COUNTER)"), "want METRIC"),
]

if __name__ == "__main__":
    lint.main(check, PLANTS)
