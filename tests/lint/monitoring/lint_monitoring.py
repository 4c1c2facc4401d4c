"""deploy/monitoring: every metric that a rule or a dashboard names is measured, every alert says what it is about, has its
heading in the runbook, and a test in which it fires and one in which it does not; no heading is left of an alert that is gone."""
import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import lint  # noqa: E402

METRIC = re.compile(r'^METRIC\((\w+), (\w+), "([^"]*)"', re.MULTILINE)
NAMED = re.compile(r"\b(?:wangli|process)_[a-z0-9_]+")
RECORDED = re.compile(r"\bwangli:[a-z0-9_:]+")
PARTS = {"HISTOGRAM": ("_bucket", "_sum", "_count"), "COUNTER": ("_total",), "GAUGE": ("",)}
ALERT = re.compile(r"^      - alert: (\w+)\n((?:        .*\n)+)", re.MULTILINE)
RECORD = re.compile(r"^      - record: (\S+)$", re.MULTILINE)
TEST = re.compile(r"^  - name: (\w+) (fires|is quiet)$", re.MULTILINE)
HEADING = re.compile(r"^### ([A-Z]\w+)$", re.MULTILINE)
FOLDER = pathlib.Path("deploy/monitoring")
RUNBOOK = pathlib.Path("docs/operators.md")
SEVERITIES = ("critical", "warning")
CHAPTER = "## Runbook"


def measured(root):
    """Every name that a process shows."""
    names = {"wangli_build_info"}
    for path in lint.files(root, {".def"}):
        if not path.stem.endswith("_metrics") or "tests" in path.parts:
            continue
        component = path.stem.removesuffix("_metrics")
        begin = "" if component == "process" else f"wangli_{component}_"
        for name, kind, unit in METRIC.findall(lint.read(path)):
            for end in PARTS.get(kind, ("",)):
                names.add(begin + name + (f"_{unit}" if unit else "") + end)
    return names


def name_faults(text, names, recorded):
    for name in sorted(set(NAMED.findall(text)) - names):
        yield f"nobody measures {name}"
    for name in sorted(set(RECORDED.findall(text)) - recorded):
        yield f"no rule records {name}"


def alert_faults(name, body, runbook, tests):
    if not any(f"severity: {one} " in body for one in SEVERITIES):
        yield f"{name}: severity is one of {', '.join(SEVERITIES)}"
    for field in ("summary", "description"):
        if not re.search(rf"^          {field}: '.+'$", body, re.MULTILINE):
            yield f"{name}: has no {field}"
    if f"runbook_url: {RUNBOOK}#{name.lower()}\n" not in body:
        yield f"{name}: runbook_url is {RUNBOOK}#{name.lower()}"
    if name not in runbook:
        yield f"{name}: has no heading '### {name}' in the runbook of {RUNBOOK}"
    for what in ("fires", "is quiet"):
        if (name, what) not in tests:
            yield f"{name}: no test '{name} {what}'"


def panel_queries(panels):
    for panel in panels:
        yield from panel_queries(panel.get("panels", []))
        for target in panel.get("targets", []):
            yield panel.get("title", ""), target["expr"]


def dashboard_faults(path, names, recorded):
    try:
        board = json.loads(lint.read(path))
    except ValueError as error:
        yield f"is no JSON: {error}"
        return
    queries = list(panel_queries(board.get("panels", [])))
    if not board.get("uid") or not board.get("title") or not queries:
        yield "wants uid, title and panels with queries"
    ids = [panel["id"] for panel in board.get("panels", [])]
    if len(set(ids)) != len(ids):
        yield "two panels have the same id"
    for title, expr in queries:
        yield from (f"{title}: {fault}" for fault in name_faults(expr, names, recorded))


def check(root):
    complaints = []
    folder = root / FOLDER
    names = measured(root)
    rules = {path: lint.read(path) for path in sorted((folder / "rules").glob("*.yml"))}
    tests = [found for path in sorted((folder / "tests").glob("*.yml")) for found in TEST.findall(lint.read(path))]
    recorded = {name for text in rules.values() for name in RECORD.findall(text)}
    text = lint.read(root / RUNBOOK) if (root / RUNBOOK).exists() else ""
    runbook = HEADING.findall(text[text.find(CHAPTER):]) if CHAPTER in text else []
    alerts = []
    for path, text in rules.items():
        found = ALERT.findall(text)
        faults = list(name_faults(text, names, recorded))
        if len(found) != text.count("- alert:"):
            faults.append("an alert is not written like the others")
        for name, body in found:
            faults += alert_faults(name, body, runbook, tests)
        alerts += [name for name, _ in found]
        complaints += [lint.complaint(root, path, 1, fault) for fault in faults]
    for path in sorted((folder / "dashboards").glob("*.json")):
        complaints += [lint.complaint(root, path, 1, fault) for fault in dashboard_faults(path, names, recorded)]
    for name in sorted((set(runbook) | {name for name, _ in tests}) - set(alerts)):
        complaints.append(f"{RUNBOOK}: {name} is no alert (any more)")
    return complaints


RULE = """groups:
  - name: g
    rules:
      - record: wangli:one
        expr: wangli_a_one_total
      - alert: One
        expr: 'wangli:one > 1'
        for: 1m
        labels: { severity: warning }
        annotations:
          summary: 'one'
          description: 'one'
          runbook_url: docs/operators.md#one
"""
BOARD = {"uid": "u", "title": "t", "panels": [{"id": 1, "title": "p", "targets": [{"expr": "rate(wangli_a_one_total[5m])"}]}]}


def tree(rule=RULE, board=None, book="## Runbook\n### One\n", tests="  - name: One fires\n  - name: One is quiet\n"):
    return {"services/a/a_metrics.def": 'METRIC(one, COUNTER, "", "", "how many of one")\n',
            "deploy/monitoring/rules/a.rules.yml": rule, "docs/operators.md": book,
            "deploy/monitoring/tests/a.test.yml": tests,
            "deploy/monitoring/dashboards/a.json": json.dumps(BOARD if board is None else board)}


PLANTS = [
    ("good", tree(), None),
    ("unmeasured in a rule", tree(RULE.replace("a_one_total", "a_two_total")), "nobody measures wangli_a_two_total"),
    ("not recorded", tree(RULE.replace("'wangli:one", "'wangli:two")), "no rule records wangli:two"),
    ("severity", tree(RULE.replace("warning", "loud")), "severity is one of"),
    ("summary", tree(RULE.replace("          summary: 'one'\n", "")), "has no summary"),
    ("url", tree(RULE.replace("#one", "#two")), "runbook_url is"),
    ("no heading", tree(book="## Runbook\n"), "no heading '### One'"),
    ("heading elsewhere", tree(book="### One\n## Runbook\n"), "no heading '### One'"),
    ("old heading", tree(book="## Runbook\n### One\n### Two\n"), "Two is no alert"),
    ("never fires", tree(tests="  - name: One is quiet\n"), "no test 'One fires'"),
    ("never quiet", tree(tests="  - name: One fires\n"), "no test 'One is quiet'"),
    ("old test", tree(tests="  - name: One fires\n  - name: One is quiet\n  - name: Two fires\n"), "Two is no alert"),
    ("shape", tree(RULE.replace("        expr: 'w", "       expr: 'w")), "not written like the others"),
    ("unmeasured in a panel", tree(board={**BOARD, "panels": [{"id": 1, "targets": [{"expr": "wangli_a_two"}]}]}), "nobody measures"),
    ("same id", tree(board={**BOARD, "panels": BOARD["panels"] * 2}), "same id"),
    ("no uid", tree(board={**BOARD, "uid": ""}), "wants uid"),
]

if __name__ == "__main__":
    lint.main(check, PLANTS)
