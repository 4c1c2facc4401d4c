#!/usr/bin/env python3
"""A system at work: top.py DATA [--once] [--json] [--every SECONDS].

Asks every process of the system for its figures (GET /metrics), again after a second, and shows what happened between: a screen
that redraws until q, one picture with --once or where the output is no terminal, one JSON document with --json.
"""

import argparse
import concurrent.futures
import http.client
import json
import math
import os
import pathlib
import re
import select
import shutil
import socket
import sys
import termios
import time
import tty

ASK_SECONDS = 1.0
EVERY_LEAST = 0.2
SAMPLE = re.compile(r'^(\w+)\{([^}]*)\} (\S+)$', re.MULTILINE)
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
SCREEN_BEGIN, SCREEN_END = "\x1b[?1049h\x1b[?25l", "\x1b[?25h\x1b[?1049l"
HOME, LINE_END, SCREEN_REST = "\x1b[H", "\x1b[K\r\n", "\x1b[J"
READY = ("wangli_kit_ready", "wangli_edge_healthy", "wangli_portal_ready", "wangli_media_healthy", "wangli_webhook_healthy")


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=ASK_SECONDS)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Figures:
    """What one process said at one moment."""

    def __init__(self, text, at):
        self.at = at
        self.samples = {}
        for name, labels, value in SAMPLE.findall(text):
            self.samples.setdefault(name, []).append((dict(LABEL.findall(labels)), float(value)))

    def rows(self, name, **labels):
        return [(have, value) for have, value in self.samples.get(name, ()) if labels.items() <= have.items()]

    def total(self, name, **labels):
        """None: the process has no such figure."""
        found = self.rows(name, **labels)
        return sum(value for _, value in found) if found else None

    def most(self, name):
        found = [value for _, value in self.rows(name)]
        return max(found) if found else None


class Pair:
    """The same process at two moments; what a counter did between. None where it was not there, or began anew."""

    def __init__(self, before, now):
        self.before, self.now = before, now

    def delta(self, name, **labels):
        if self.before is None or self.now is None:
            return None
        old, new = self.before.total(name, **labels), self.now.total(name, **labels)
        return new - (old or 0) if new is not None and new >= (old or 0) else None

    def rate(self, name, **labels):
        change = self.delta(name, **labels)
        return None if change is None else change / max(self.now.at - self.before.at, 1e-6)

    def ratio(self, over, under, scale=1, **labels):
        top, bottom = self.delta(over, **labels), self.delta(under, **labels)
        return top / bottom * scale if top is not None and bottom else None

    def quantile(self, name, q):
        """From the buckets of a histogram, within the bucket in proportion."""
        if self.before is None or self.now is None:
            return None
        old = {have["le"]: value for have, value in self.before.rows(name + "_bucket")}
        new = [(float(have["le"]), value - old.get(have["le"], 0)) for have, value in self.now.rows(name + "_bucket")]
        return quantile(sorted(new), q)


def quantile(buckets, q):
    """buckets: [(upper bound, how many up to there)], the last one +Inf."""
    if not buckets or buckets[-1][1] <= 0:
        return None
    wanted, low, below = q * buckets[-1][1], 0.0, 0.0
    for bound, count in buckets:
        if count >= wanted:
            if math.isinf(bound):
                return low
            return low + (bound - low) * (wanted - below) / (count - below) if count > below else bound
        low, below = bound, count
    return low


def listens(data):
    """{process: where it answers}, as the supervisor's folders say."""
    found = {}
    for path in sorted((data / "service").glob("*/env/HEALTH_LISTEN")):
        found[path.parent.parent.name] = path.read_text(encoding="utf-8").strip()
    return found


def ask(name, listen):
    connection = UnixConnection(listen.removeprefix("unix:")) if listen.startswith("unix:") else http.client.HTTPConnection(
        listen, timeout=ASK_SECONDS)
    try:
        connection.request("GET", "/metrics?fresh=1" if name == "watch" else "/metrics")
        answer = connection.getresponse()
        text = answer.read().decode("utf-8")
        return Figures(text, time.monotonic()) if answer.status == 200 else None
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()


def ask_all(data):
    where = listens(data)
    with concurrent.futures.ThreadPoolExecutor(max_workers=max(len(where), 1)) as pool:
        return dict(zip(where, pool.map(ask, where.keys(), where.values())))


def pid_of(data, name):
    try:
        return int((data / "service" / name / "supervise" / "pid").read_text())
    except (OSError, ValueError):
        return None


def process_row(data, name, pair):
    now = pair.now
    row = {"process": name, "pid": pid_of(data, name), "answers": now is not None}
    if now is None:
        return row
    ready = [now.total(metric) for metric in READY if now.total(metric) is not None]
    cpu = pair.rate("process_cpu_seconds_total")
    messages = next((pair.rate(metric) for metric in ("wangli_kit_messages_total", "wangli_bus_received_total",
                     "wangli_edge_received_total", "wangli_portal_requests_total") if pair.rate(metric) is not None), None)
    if messages is None and now.total("wangli_kit_ready") is not None:
        messages = 0  # a service shows what it has dealt with, and that is nothing yet
    row.update({
        "ready": ready[0] == 1 if ready else True,
        "cpu_percent": None if cpu is None else cpu * 100,
        "memory_bytes": now.total("process_resident_memory_bytes"),
        "messages_per_s": messages,
        "batch_messages": pair.ratio("wangli_kit_batch_messages_sum", "wangli_kit_batch_messages_count"),
        "batch_ms": pair.ratio("wangli_kit_batch_phase_seconds_sum", "wangli_kit_batch_phase_seconds_count", 1000, phase="whole"),
        "backlog": now.total("wangli_kit_backlog_markers") if now.total("wangli_kit_backlog_oldest_seconds") is not None else None,
        "backlog_oldest_s": now.total("wangli_kit_backlog_oldest_seconds"),
        "inbox": now.total("wangli_kit_inbox_messages"),
        "parked": now.total("wangli_kit_parked"),
    })
    if row["backlog"] is None and row["backlog_oldest_s"] is not None:
        row["backlog"] = 0
    return row


def door_part(pairs):
    pair = pairs.get("edge", Pair(None, None))
    now = pair.now
    return {
        "letters_per_s": pair.rate("wangli_edge_passed_total", what="submitted"),
        "receipts_per_s": pair.rate("wangli_edge_receipt_seconds_count"),
        "busy_per_s": pair.rate("wangli_edge_busy_total"),
        "receipt_p50_s": pair.quantile("wangli_edge_receipt_seconds", 0.5),
        "receipt_p99_s": pair.quantile("wangli_edge_receipt_seconds", 0.99),
        "under_way": now and (now.total("wangli_edge_under_way_messages") or 0),
        "window": now and now.total("wangli_edge_window_messages"),
        "connections": now and now.total("wangli_edge_connections"),
    }


WATCHED = {
    "database": {
        "up": "database_up", "connections": "database_connections", "connections_max": "database_connections_max",
        "transaction_oldest_s": "database_transaction_oldest_seconds", "lock_waits": "database_lock_waits",
        "standbys": "database_standbys", "size_bytes": "database_size_bytes",
    },
    "cases": {
        "open": "cases_open", "overdue": "cases_overdue", "due_soon": "cases_due_soon", "unanswered": "cases_unanswered",
        "unanswered_oldest_s": "cases_unanswered_oldest_seconds", "unassigned": "cases_unassigned",
        "in_doubt": "deliveries_in_doubt",
    },
}


def watched_part(pairs, part):
    now = pairs.get("watch", Pair(None, None)).now
    return {name: now and now.total(f"wangli_watch_{metric}") for name, metric in WATCHED[part].items()}


def database_part(pairs):
    pair = pairs.get("watch", Pair(None, None))
    now = pair.now
    return watched_part(pairs, "database") | {
        "commits_per_s": pair.rate("wangli_watch_database_commits_total"),
        "wal_bytes_per_s": pair.rate("wangli_watch_database_wal_bytes_total"),
        "lag_bytes": now and now.most("wangli_watch_database_replication_lag_bytes"),
        "lag_s": now and now.most("wangli_watch_database_replication_delay_seconds"),
        "dead_rows_most": now and now.most("wangli_watch_database_dead_rows"),
        "disk_free_bytes": now and now.total("wangli_watch_disk_free_bytes"),
    }


def picture(data, before, now):
    pairs = {name: Pair(before.get(name), figures) for name, figures in now.items()}
    processes = [process_row(data, name, pair) for name, pair in pairs.items()]
    parked = [row["parked"] for row in processes if row.get("parked") is not None]
    return {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "data": str(data),
        "processes": processes,
        "door": door_part(pairs),
        "database": database_part(pairs),
        "cases": watched_part(pairs, "cases") | {"parked": sum(parked) if parked else None},
    }


# --- for people ---

def number(value, digits=0):
    return "-" if value is None else f"{value:,.{digits}f}"


def size(value):
    if value is None:
        return "-"
    for unit in ("B", "K", "M", "G"):
        if value < 1024 or unit == "G":
            return f"{value:.0f}{unit}" if unit in "BK" or value >= 100 else f"{value:.1f}{unit}"
        value /= 1024
    return "-"


def span(seconds):
    if seconds is None:
        return "-"
    if seconds < 1:
        return f"{seconds * 1000:.0f}ms"
    for limit, unit, length in ((120, "s", 1), (7200, "min", 60), (172800, "h", 3600)):
        if seconds < limit:
            return f"{seconds / length:.0f}{unit}"
    return f"{seconds / 86400:.0f}d"


HEAD = f"{'process':<18}{'pid':>8}{'cpu%':>7}{'memory':>8}  {'state':<9}{'msg/s':>9}{'batch':>7}{'ms':>7}{'backlog':>9}{'oldest':>8}{'inbox':>7}{'parked':>8}"


def process_line(row):
    state = "no answer" if not row["answers"] else "ready" if row["ready"] else "NOT READY"
    return (f"{row['process']:<18}{row['pid'] or '-':>8}{number(row.get('cpu_percent'), 1):>7}{size(row.get('memory_bytes')):>8}  "
            f"{state:<9}{number(row.get('messages_per_s')):>9}{number(row.get('batch_messages'), 1):>7}"
            f"{number(row.get('batch_ms'), 1):>7}{number(row.get('backlog')):>9}{span(row.get('backlog_oldest_s')):>8}"
            f"{number(row.get('inbox')):>7}{number(row.get('parked')):>8}")


def lines_of(shown):
    door, base, cases = shown["door"], shown["database"], shown["cases"]
    up = {None: "unknown", 0: "AWAY", 1: "up"}[base["up"]]
    lag = "no standby" if base["lag_bytes"] is None else f"lag {size(base['lag_bytes'])} {span(base['lag_s'])}"
    return [
        f"wangli top   {shown['data']}   {shown['at']}   q quits", "", HEAD,
        *[process_line(row) for row in shown["processes"]], "",
        f"door      {number(door['letters_per_s'], 1)} letters/s   {number(door['receipts_per_s'], 1)} receipts/s   "
        f"{number(door['busy_per_s'], 1)} BUSY/s   time to receipt p50 {span(door['receipt_p50_s'])} p99 {span(door['receipt_p99_s'])}   "
        f"{number(door['under_way'])} of {number(door['window'])} under way   {number(door['connections'])} connections",
        f"database  {up}   {number(base['commits_per_s'])} commits/s   WAL {size(base['wal_bytes_per_s'])}/s   "
        f"{number(base['connections'])} of {number(base['connections_max'])} connections   oldest transaction "
        f"{span(base['transaction_oldest_s'])}   {number(base['lock_waits'])} lock waits   {lag}",
        f"          size {size(base['size_bytes'])}   disk free {size(base['disk_free_bytes'])}   dead rows at most "
        f"{number(base['dead_rows_most'])} a table",
        f"cases     {number(cases['open'])} open   {number(cases['overdue'])} overdue   {number(cases['due_soon'])} due within a day   "
        f"{number(cases['unassigned'])} without a unit   {number(cases['unanswered'])} unanswered, oldest "
        f"{span(cases['unanswered_oldest_s'])}   {number(cases['in_doubt'])} in doubt   {number(cases['parked'])} parked",
    ]


def print_once(options):
    before = ask_all(options.data)
    time.sleep(options.every)
    shown = picture(options.data, before, ask_all(options.data))
    print(json.dumps(shown, ensure_ascii=False) if options.json else "\n".join(lines_of(shown)))


def draw(shown):
    columns, rows = shutil.get_terminal_size()
    lines = [line[:columns] for line in lines_of(shown)][:rows - 1]
    sys.stdout.write(HOME + "".join(line + LINE_END for line in lines) + SCREEN_REST)
    sys.stdout.flush()


def is_quit(seconds):
    """Waits for a key so long."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if not select.select([sys.stdin], [], [], left)[0]:
            return False
        key = os.read(sys.stdin.fileno(), 1)
        if key in (b"q", b"Q", b"\x03", b""):
            return True
    return False


def watch(options):
    saved = termios.tcgetattr(sys.stdin)
    before = ask_all(options.data)
    try:
        tty.setcbreak(sys.stdin)
        sys.stdout.write(SCREEN_BEGIN)
        draw(picture(options.data, {}, before))
        while not is_quit(options.every):
            now = ask_all(options.data)
            draw(picture(options.data, before, now))
            before = now
    except KeyboardInterrupt:
        pass
    finally:
        sys.stdout.write(SCREEN_END)
        sys.stdout.flush()
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, saved)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], prog="./wangli top")
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--once", action="store_true", help="one picture, not a screen")
    parser.add_argument("--json", action="store_true", help="one picture as a JSON document")
    parser.add_argument("--every", type=float, default=1.0, metavar="SECONDS", help="how long between two looks")
    options = parser.parse_args()
    if not options.every >= EVERY_LEAST:
        parser.error(f"--every wants {EVERY_LEAST} or more seconds")
    if not listens(options.data):
        sys.exit(f"wangli: no process at {options.data}; ./wangli up starts them")
    if options.once or options.json or not (sys.stdin.isatty() and sys.stdout.isatty()):
        print_once(options)
    else:
        watch(options)


if __name__ == "__main__":
    main()
