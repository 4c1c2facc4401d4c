"""A real Prometheus beside a real system, with our configuration: it finds every process, every query of every dashboard is
answered, an alert fires when a process hangs and ends when it goes on."""

import json
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import urllib.parse
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import letters  # noqa: E402
from system import ROOT, SERVICES, System, skip, until  # noqa: E402

FOLDER = ROOT / "deploy" / "monitoring"
PATIENCE = 60
# What a system without standby, slots, webhooks, channels that deliver, and limits has none of.
NOTHING_HERE = ("replication", "standbys", "slot_retained", "webhook", "group_members", "memory_limit", "_refused_total", "early_total",
                "under_way", "backlog_markers", "cases_assignment")


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Prometheus:
    """Our own files, hurried: everything every second, alerts after two."""

    def __init__(self, system):
        self.folder = system.folder / "prometheus"
        self.port = free_port()
        (self.folder / "rules").mkdir(parents=True)
        for path in (FOLDER / "rules").glob("*.yml"):
            text = path.read_text().replace("        for: 1m\n", "        for: 2s\n")
            (self.folder / "rules" / path.name).write_text(text)
        config = (FOLDER / "prometheus.local.yml").read_text()
        for old, new in (("8314", str(system.port + 3)), ("15s", "1s"), ("10s", "1s"), ("30s", "1s")):
            assert old in config, old
            config = config.replace(old, new)
        (self.folder / "prometheus.yml").write_text(config)
        self.log = (self.folder / "log").open("w")
        self.process = subprocess.Popen(
            ["prometheus", f"--config.file={self.folder / 'prometheus.yml'}", f"--storage.tsdb.path={self.folder / 'data'}",
             f"--web.listen-address=127.0.0.1:{self.port}"], stdout=self.log, stderr=self.log)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.process.terminate()
        self.process.wait(30)
        self.log.close()
        if kind is not None:
            print(*(self.folder / "log").read_text().splitlines()[-15:], sep="\n")

    def get(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/{path}", timeout=20) as answer:
            return json.load(answer)["data"]

    def query(self, expr):
        return self.get("query?query=" + urllib.parse.quote(expr))["result"]

    def health(self):
        try:
            return {t["labels"]["process"]: t["health"] for t in self.get("targets?state=active")["activeTargets"]}
        except OSError:
            return {}  # it is only starting

    def firing(self):
        return {(a["labels"]["alertname"], a["labels"].get("process")) for a in self.get("alerts")["alerts"] if a["state"] == "firing"}


def queries():
    for path in sorted((FOLDER / "dashboards").glob("*.json")):
        for panel in json.loads(path.read_text())["panels"]:
            for target in panel["targets"]:
                yield f"{path.stem}: {panel['title']}", target["expr"]


def every_query_is_answered(prometheus):
    """A rate wants two scrapes of its process, and the last process may have been scraped once so far."""
    count = 0
    for where, expr in queries():
        if not any(word in expr for word in NOTHING_HERE):
            until(PATIENCE, f"{where}: {expr} finds something", lambda expr=expr: prometheus.query(expr))
        else:
            prometheus.query(expr)
        count += 1
    print(f"{count} queries of dashboards")


def a_process_that_hangs_is_seen(system, prometheus):
    assert not prometheus.firing() & {("ProcessDown", "reply"), ("ProcessGone", "reply")}
    system.kill("reply", signal.SIGSTOP)
    try:
        until(PATIENCE, "the alerts fire", lambda: {("ProcessDown", "reply"), ("ProcessGone", "reply")} <= prometheus.firing())
        assert {p for name, p in prometheus.firing() if name == "ProcessDown"} == {"reply"}, prometheus.firing()
    finally:
        system.kill("reply", signal.SIGCONT)
    until(PATIENCE, "the alerts end", lambda: not prometheus.firing() & {("ProcessDown", "reply"), ("ProcessGone", "reply")})


def main():
    if shutil.which("prometheus") is None:
        skip("no prometheus here (./wangli test monitoring installs it)")
    with System(clock="real") as system, Prometheus(system) as prometheus:
        system.wangli("channel", "add", "app")
        until(PATIENCE, "every process is found and answers", lambda: prometheus.health() == dict.fromkeys(SERVICES, "up"))
        path = system.folder / "letters.csv"
        letters.write(path, 40, seed=41)
        system.wangli("import", path, "--channel", "app", timeout=120)
        until(PATIENCE, "the receipts are counted", lambda: prometheus.query("sum(rate(wangli_edge_receipt_seconds_count[1m])) > 0"))
        until(PATIENCE, "the cases are counted", lambda: prometheus.query("wangli_watch_cases_open"))
        until(PATIENCE, "the figures are recorded", lambda: prometheus.query("wangli:receipt_seconds:p99"))
        every_query_is_answered(prometheus)
        a_process_that_hangs_is_seen(system, prometheus)


main()
