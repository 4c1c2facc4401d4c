"""GET /metrics of every process of a whole system: the format is valid, every metric of the catalogues is there with its
help, and the figures are those of what the test did."""

import concurrent.futures
import http.client
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lib"))
import letters  # noqa: E402
from system import ROOT, System, until  # noqa: E402

KIT = ["intake", "dispatch", "reply", "followup", "analytics"]
CATALOGUES = {
    "bus": "services/bus/bus_metrics.def",
    "edge": "services/edge/edge_metrics.def",
    "media": "services/media/media_metrics.def",
    "portal": "services/portal/portal_metrics.def",
    "watch": "services/watch/watch_metrics.def",
    **{name: "common/kit/kit_metrics.def" for name in KIT},
}
METRIC = re.compile(r'^METRIC\((\w+), (\w+), "([^"]*)", "([^"]*)", "(.*)"\)$', re.MULTILINE)
SAMPLE = re.compile(r'^([a-z_:][a-zA-Z0-9_:]*)\{((?:[a-z_]+="(?:[^"\\\n]|\\.)*",?)*)\} (\S+)$')
LABEL = re.compile(r'([a-z_]+)="((?:[^"\\\n]|\\.)*)"')
LETTERS = 12
PG_BIN = "/usr/lib/postgresql/15/bin"


def scrape(system, name):
    status, headers, text = system.answer(name, "/metrics")
    assert status == 200, (name, status)
    assert headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8", headers["content-type"]
    return text


def parse(text):
    """{family: (type, help, {(sample name, labels): value})}; what Prometheus would refuse fails."""
    families, family = {}, None
    assert text.endswith("\n")
    for line in text.splitlines():
        if line.startswith("# HELP "):
            _, _, family, said = line.split(" ", 3)
            assert family not in families, f"{family} stands twice"
            families[family] = (None, said, {})
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name == family and kind in ("counter", "gauge", "histogram"), line
            families[family] = (kind, *families[family][1:])
        else:
            match = SAMPLE.match(line)
            assert match, f"no sample: {line}"
            kind, _, samples = families[family]
            base = re.sub("_(bucket|sum|count)$", "", match[1]) if kind == "histogram" else match[1]
            assert base == family, f"{line} among {family}"
            key = match[1], tuple(LABEL.findall(match[2]))
            assert key not in samples, f"{line} stands twice"
            samples[key] = float(match[3])
    return families


def value(families, name, **labels):
    """The sum of the samples with these labels."""
    family = families[name if name in families else re.sub("_(bucket|sum|count)$", "", name)][2]
    found = [v for (sample, have), v in family.items() if sample == name and labels.items() <= dict(have).items()]
    assert found, f"{name} {labels} is not there"
    return sum(found)


def assert_catalogue(name, families):
    text = (ROOT / CATALOGUES[name]).read_text()
    component = pathlib.Path(CATALOGUES[name]).stem.removesuffix("_metrics")
    rows = METRIC.findall(text)
    assert rows
    for metric, kind, unit, labels, said in rows:
        full = f"wangli_{component}_{metric}" + (f"_{unit}" if unit else "") + ("_total" if kind == "COUNTER" else "")
        assert full in families, f"{name} does not show {full}"
        assert families[full][:2] == (kind.lower(), said.replace('\\"', '"')), families[full][:2]
        for (_, have), _ in families[full][2].items():
            assert [k for k, _ in have if k not in ("service", "le")] == list(filter(None, labels.split(","))), (full, have)
            assert dict(have)["service"] == name
    for family, (kind, _, samples) in families.items():
        assert kind is not None, family
        if kind == "histogram":
            assert_histogram(family, samples)


def assert_histogram(family, samples):
    series = {}
    for (sample, labels), v in samples.items():
        if sample.endswith("_bucket"):
            series.setdefault(tuple(x for x in labels if x[0] != "le"), []).append(v)
    for labels, buckets in series.items():
        assert buckets == sorted(buckets), f"{family} {labels}: buckets are cumulative"
        assert buckets[-1] == samples[family + "_count", labels], f"{family} {labels}: +Inf counts all"


def assert_process(system, name, families):
    pid = system.pid(name)
    stat = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    boot = next(int(line.split()[1]) for line in open("/proc/stat") if line.startswith("btime"))
    started = boot + int(stat[19]) / os.sysconf("SC_CLK_TCK")
    assert abs(value(families, "process_start_time_seconds") - started) < 0.02
    assert 0 < value(families, "process_cpu_seconds_total") < 600
    assert value(families, "process_resident_memory_bytes") > 1 << 20
    fds = len(os.listdir(f"/proc/{pid}/fd"))
    assert abs(value(families, "process_open_fds") - fds) <= 2
    assert value(families, "wangli_build_info") == 1


def assert_figures(system, all_of):
    intake, analytics = all_of["intake"], all_of["analytics"]
    assert value(intake, "wangli_kit_receipts_total", outcome="new") == LETTERS
    assert value(intake, "wangli_kit_receipts_total", outcome="repeated") == LETTERS
    assert value(intake, "wangli_kit_messages_total", kind="SUBMIT", code="COMMITTED") == LETTERS
    for name in KIT:
        families = all_of[name]
        for metric in ("db_up", "bus_up", "ready"):
            assert value(families, f"wangli_kit_{metric}") == 1, (name, metric)
        assert value(families, "wangli_kit_reference_version") >= 1
        batches = value(families, "wangli_kit_batches_total")
        assert families["wangli_kit_batch_messages"][2]["wangli_kit_batch_messages_count", (("service", name),)] == batches
        for phase in ("load", "decide", "write", "answer", "whole"):
            key = "wangli_kit_batch_phase_seconds_count", (("service", name), ("phase", phase))
            assert families["wangli_kit_batch_phase_seconds"][2][key] >= batches, (name, phase)
        entries = int(system.one(f"select count(*) from {name}.v_journal")) if name != "analytics" else 0
        assert value(families, "wangli_kit_journal_entries_total") == entries, name
        assert value(families, "wangli_kit_rows_written_total", table="journal") == entries, name
        assert value(families, "wangli_kit_arena_peak_bytes", arena="batch") > 0
    assert value(analytics, "wangli_kit_messages_total", kind="EVENT", code="COMMITTED") >= LETTERS
    assert value(all_of["dispatch"], "wangli_kit_events_sent_total") > 0
    bus = all_of["bus"]
    assert value(bus, "wangli_bus_members") == len(set(CATALOGUES) - {"bus", "watch"})
    assert value(bus, "wangli_bus_group_members", group="intake") == 1
    assert value(bus, "wangli_bus_forwarded_total", kind="SUBMIT") == value(
        all_of["edge"], "wangli_edge_passed_total", what="submitted")
    assert value(all_of["edge"], "wangli_edge_keys_fresh") == 1
    assert value(all_of["edge"], "wangli_edge_keys") == 1
    assert value(all_of["edge"], "wangli_edge_receipt_seconds_count") == 2 * LETTERS
    assert value(all_of["edge"], "wangli_edge_receipt_seconds_bucket", le="30") == 2 * LETTERS
    assert value(all_of["edge"], "wangli_edge_busy_total") == 0
    assert value(all_of["media"], "wangli_media_healthy") == 1


def assert_watched(system):
    """What watch says of the database, the cases and the machine, and that it hands on what others say."""
    def figures():
        return parse(scrape(system, "watch"))

    counted = until(20, "the cases are counted", lambda: f if value(f := figures(), "wangli_watch_cases_age_seconds") >= 0 else None)
    assert value(counted, "wangli_watch_database_up") == 1
    assert abs(value(counted, "wangli_watch_database_skew_seconds")) < 1
    assert value(counted, "wangli_watch_database_connections") >= 7
    assert value(counted, "wangli_watch_disk_free_bytes", disk="data") < value(counted, "wangli_watch_disk_size_bytes", disk="data")
    assert value(counted, "wangli_watch_check_age_seconds") == value(counted, "wangli_watch_backup_age_seconds") == -1
    system.check()
    assert value(figures(), "wangli_watch_check_good") == 1
    assert 0 <= value(figures(), "wangli_watch_check_age_seconds") < 60
    system.sql("grant insert on reply.case_file to wl_intake", "postgres")
    system.check(ok=(1,))
    assert value(figures(), "wangli_watch_check_good") == 0
    system.wangli("check", "--help", ok=(2,))  # nobody looked
    assert value(figures(), "wangli_watch_check_good") == 0
    system.sql("revoke insert on reply.case_file from wl_intake", "postgres")
    (system.data / "backup.status").write_text("result=failed\n")
    assert value(figures(), "wangli_watch_backup_good") == 0 <= value(figures(), "wangli_watch_backup_age_seconds")
    system.set_environment("watch", "CASES_EVERY", "100ms")
    system.set_environment("watch", "READ_EVERY", "100ms")
    sql = {"open": "state not in (0, 15, 80)", "unanswered": "state not in (15, 80) and replied_at is null"}
    for name, condition in sql.items():
        wanted = int(system.one(f"select count(*) from analytics.v_case where received_at is not null and {condition}"))
        until(20, f"{name} is {wanted}", lambda: value(figures(), f"wangli_watch_cases_{name}") == wanted)


def assert_database_watched(system):
    """A session that leaves its transaction open, a slot, and somebody who receives the log, are seen and leave again."""
    def most(name, **labels):
        family = parse(get(system.port + 3, "/metrics?fresh=1")[1])[f"wangli_watch_database_{name}"][2]
        found = [v for (_, have), v in family.items() if labels.items() <= dict(have).items()]
        return max(found) if found else None

    conninfo = system.conninfo("postgres")
    sitter = subprocess.Popen(["psql", "-X", "-q", "-d", conninfo], stdin=subprocess.PIPE, text=True)
    sitter.stdin.write("begin; select 1;\n")
    sitter.stdin.flush()
    until(20, "the open transaction ages", lambda: most("transaction_oldest_seconds") > 1)
    assert most("connections", state="idle in transaction") == 1
    sitter.communicate("rollback;\n", timeout=20)
    until(20, "it is over", lambda: most("transaction_oldest_seconds") < 1)

    hba = system.data / "pg" / "wangli_hba.conf"
    hba.write_text(hba.read_text() + "local replication all peer map=wangli\n")
    system.sql("select pg_reload_conf()", "postgres")
    system.sql("select pg_create_physical_replication_slot('e_metrics', true)", "postgres")
    until(20, "the slot keeps something", lambda: most("slot_retained_bytes", slot="e_metrics") is not None)
    with tempfile.TemporaryDirectory() as folder:
        receiver = subprocess.Popen([f"{PG_BIN}/pg_receivewal", "-D", folder, "-S", "e_metrics",
                                     "-d", conninfo.replace("dbname=wangli", "") + " application_name=e_standby"])
        until(30, "it is a standby", lambda: most("replication_lag_bytes", standby="e_standby") is not None)
        assert most("standbys", sync="async") == 1
        assert 0 <= most("replication_lag_bytes", standby="e_standby") < 1 << 26
        receiver.terminate()
        receiver.wait(20)
    until(20, "it is gone", lambda: most("standbys", sync="async") is None)
    system.sql("select pg_drop_replication_slot('e_metrics')", "postgres")
    until(20, "the slot is gone", lambda: most("slot_retained_bytes") is None)


def assert_database_missed(system):
    """The database is away: that is said, what was known stays, and it is found again without anybody's help."""
    def figures():
        return parse(get(system.port + 3, "/metrics?fresh=1")[1])

    before = value(figures(), "wangli_watch_database_failures_total")
    subprocess.run(["sv", "-w", "60", "down", str(system.data / "service" / "postgres")], check=True, stdout=subprocess.DEVNULL)
    away = until(30, "it is missed", lambda: f if value(f := figures(), "wangli_watch_database_up") == 0 else None)
    assert value(away, "wangli_watch_database_failures_total") > before
    assert value(away, "wangli_watch_database_size_bytes") > 1 << 20
    assert get(system.port + 3, "/health")[0] == 200
    subprocess.run(["sv", "up", str(system.data / "service" / "postgres")], check=True, stdout=subprocess.DEVNULL)
    until(60, "it is back", lambda: value(figures(), "wangli_watch_database_up") == 1)


def get(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer.status, body


def assert_relayed(system):
    """Prometheus' way in: who there is, and what each says; one that hangs holds nobody else up."""
    port = system.port + 3
    targets = json.loads(get(port, "/targets")[1])
    assert {t["labels"]["instance"] for t in targets} == set(CATALOGUES), targets
    for target in targets:
        assert target["targets"] == [f"127.0.0.1:{port}"], target
        status, body = get(port, target["labels"]["__metrics_path__"])
        assert status == 200 and parse(body), target
    assert get(port, "/metrics/nobody")[0] == 404 and get(port, "/metrics/..")[0] == 404
    assert get(port, "/metrics/../service/intake")[0] == 404
    system.kill("dispatch", signal.SIGSTOP)
    begin = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor() as pool:
        hung = pool.submit(get, port, "/metrics/dispatch")
        assert get(port, "/metrics/reply")[0] == 200
        assert time.monotonic() - begin < 3 and not hung.done(), "the one that hangs held another up"
        assert hung.result()[0] == 502
    system.kill("dispatch", signal.SIGCONT)
    until(20, "dispatch answers again", lambda: get(port, "/metrics/dispatch")[0] == 200)


def scrape_all(system):
    return {name: parse(scrape(system, name)) for name in CATALOGUES}


def assert_backlog_seen(system):
    """A group that is away leaves markers, which are counted, and is missed by the broker; at most once in 5 s."""
    system.wangli("psql", "postgres", "-X", "-c", """insert into dispatch.pending (case_id, grp, upto_seq, next_at)
        select case_id, 'analytics', 1, now() + interval '1 hour' from dispatch.case_file order by case_id limit 3""")

    def markers():
        families = parse(scrape(system, "dispatch"))
        samples = families["wangli_kit_backlog_markers"][2]
        return sum(v for (_, labels), v in samples.items() if dict(labels)["group"] == "analytics"), families
    count, families = until(20, "three markers are seen", lambda: markers() if markers()[0] == 3 else None)
    assert value(families, "wangli_kit_backlog_oldest_seconds") > 0
    system.wangli("psql", "postgres", "-X", "-c", "delete from dispatch.pending where grp = 'analytics'")
    begin = time.monotonic()
    assert markers()[0] == 3 or time.monotonic() - begin > 5, "the backlog was read twice within 5 s"
    until(20, "no marker is seen", lambda: markers()[0] == 0)


def main():
    with System() as system:
        path = system.folder / "letters.csv"
        letters.write(path, LETTERS, seed=21)
        system.wangli("channel", "add", "app")
        system.wangli("import", path, "--channel", "app", "--replay", timeout=120)
        system.wangli("import", path, "--channel", "app", timeout=120)
        system.until_settled(30)
        all_of = scrape_all(system)
        for name, families in all_of.items():
            assert_catalogue(name, families)
            assert_process(system, name, families)
        assert_figures(system, all_of)
        assert_backlog_seen(system)
        assert_watched(system)
        assert_relayed(system)
        assert_database_watched(system)
        assert_database_missed(system)
        print(f"{sum(len(f) for f in all_of.values())} families of {len(all_of)} processes")


main()
