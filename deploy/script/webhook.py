#!/usr/bin/env python3
"""Looks at webhooks and asks them for something: webhook.py DATA RUN list | wait NAME SECONDS | test NAME | log NAME [-n N] |
replay NAME [--since T --until T] [--json]. The processes are asked by files in state/control; what came of it stands in delivery.log."""

import argparse
import datetime
import http.client
import json
import os
import pathlib
import secrets
import socket
import sys
import time
import urllib.parse

PING_SECONDS = 75  # longer than the longest try
PAUSE_SECONDS = 0.05
FAILURES_MOST = 2  # a process that ended so often after its start will end again


def fail(text):
    print(f"wangli: {text}", file=sys.stderr)
    sys.exit(1)


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=2)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def health(run, name):
    connection = UnixConnection(f"{run}/webhook-{name}.health")
    try:
        connection.request("GET", "/health")
        return json.loads(connection.getresponse().read(65536))
    except (OSError, http.client.HTTPException, ValueError) as error:
        return {"status": f"no answer ({error})"}
    finally:
        connection.close()


def origin_of(home):
    """Of the URL only what names the subscriber: the rest may hold a token."""
    try:
        parts = urllib.parse.urlsplit((home / "url").read_text())
        return f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")
    except (OSError, ValueError):
        return "?"


def cmd_list(options):
    rows = []
    for settings in sorted(options.data.glob("webhook/*/settings")):
        name = settings.parent.name
        rows.append({"channel": name, "subscriber": origin_of(settings.parent), **health(options.run, name), "channel_name": name})
        rows[-1].pop("channel_name")
    if options.json:
        print(json.dumps({"webhooks": rows}, ensure_ascii=False))
        return
    print(f"{'channel':<20} {'waiting':>8} {'dead':>6} {'failures':>9}  {'health':<10} subscriber")
    for row in rows:
        print(f"{row['channel']:<20} {row.get('backlog', '-'):>8} {row.get('dead', '-'):>6} {row.get('failures_in_a_row', '-'):>9}  "
              f"{row['status']:<10} {row['subscriber']}")


def ended_n(options):
    """How often the process said that it cannot go on."""
    try:
        words = (options.data / "log" / f"webhook-{options.rest[0]}" / "current").read_text()
    except OSError:
        return 0
    return words.count('"setting_refused"') + words.count('"process_failed"')


def cmd_wait(options):
    end = time.monotonic() + float(options.rest[1])
    ended_before = ended_n(options)
    while health(options.run, options.rest[0]).get("status") != "ok":
        if time.monotonic() > end or ended_n(options) >= ended_before + FAILURES_MOST:
            sys.exit(1)
        time.sleep(PAUSE_SECONDS)


def state_of(options):
    return options.data / "webhook" / options.rest[0] / "state"


def is_whole(line):
    """A crash may have left a part of one."""
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def lines_of(state):
    """Oldest first, over the rotated files."""
    for path in [*(state / f"delivery.log.{i}" for i in range(10, 0, -1)), state / "delivery.log"]:
        if path.exists():
            yield from filter(is_whole, path.read_text(errors="replace").split("\n"))


def ask(state, what, text):
    """Put in place whole; the process, which may be another account, takes it away."""
    path = state / "control" / what
    draft = path.with_name(f".{what}.{secrets.token_hex(4)}")
    draft.write_text(text)
    if os.getuid() == 0:
        owner = path.parent.stat()
        os.chown(draft, owner.st_uid, owner.st_gid)
    draft.rename(path)
    end = time.monotonic() + 10
    while path.exists():
        if time.monotonic() > end:
            fail("the webhook's process does not take it up: does it run?")
        time.sleep(PAUSE_SECONDS)


def cmd_test(options):
    state, ping = state_of(options), f"ping-{secrets.token_hex(8)}"
    ask(state, "ping", ping)
    end = time.monotonic() + PING_SECONDS
    while True:
        found = [line for line in lines_of(state) if ping in line]
        if found:
            break
        if time.monotonic() > end:
            fail("no answer to the ping, and no line in the delivery log")
        time.sleep(PAUSE_SECONDS)
    said = json.loads(found[-1])
    if options.json:
        print(json.dumps(said, ensure_ascii=False))
    else:
        print(f"ping {ping}: {said['outcome']}" + (f", HTTP {said['status']}" if said.get("status") else "")
              + (f", {said['why']}" if said.get("why") else "") + f", {said.get('took_ms', 0)} ms")
    sys.exit(0 if said["outcome"] == "taken" else 1)


def cmd_log(options):
    lines = list(lines_of(state_of(options)))[-options.n:]
    if options.json:
        print(json.dumps({"tries": [json.loads(line) for line in lines]}, ensure_ascii=False))
        return
    for line in map(json.loads, lines):
        print(f"{line['at']}  {line['outcome']:<6} {line.get('status', 0) or '-':>4} {line.get('took_ms', 0):>6} ms  try {line['try']:<3} "
              f"{line['case'] or '-':<14} {line['id']}  {line.get('why', '')}")


def microseconds(text):
    at = datetime.datetime.fromisoformat(text)
    if at.tzinfo is None:
        at = at.replace(tzinfo=datetime.timezone(datetime.timedelta(hours=8)))
    return int(at.timestamp() * 1000000)


def cmd_replay(options):
    text = ""
    if options.since or options.until:
        try:
            text = f"{microseconds(options.since or '1970-01-02')} {microseconds(options.until or '2200-01-01')}"
        except ValueError as error:
            fail(f"a time that is none: {error}")
    ask(state_of(options), "replay", text)
    print("asked for; what comes of it is in ./wangli webhook log " + options.rest[0])


def main():
    parser = argparse.ArgumentParser(prog="webhook", add_help=False)
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("run")
    parser.add_argument("verb", choices=("list", "wait", "test", "log", "replay"))
    parser.add_argument("rest", nargs="*")
    parser.add_argument("-n", type=int, default=50)
    parser.add_argument("--since")
    parser.add_argument("--until")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    globals()[f"cmd_{options.verb}"](options)


if __name__ == "__main__":
    main()
