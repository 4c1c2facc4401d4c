#!/usr/bin/env python3
"""The state of a system's processes: status.py DATA RUN PORT [--json | --wait SECONDS].

Asks runit's files for each process and the process itself for its health. Prints a table, or one JSON document; exit code 0 when
all are healthy. With --wait it asks until all are, and prints one sentence about who is not when the time is over.
"""

import argparse
import http.client
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import time

SERVICES = ("postgres", "bus", "intake", "dispatch", "reply", "followup", "analytics", "edge", "media", "portal", "watch")
REPLICA = re.compile(r"([a-z]+)-\d+")
ASK_SECONDS = 2.0
PAUSE_SECONDS = 0.1


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=ASK_SECONDS)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def process_of(home):
    """(pid, seconds since its start) of a supervised process, or (None, None)."""
    try:
        pid = int((home / "supervise" / "pid").read_text())
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        since_boot = float(pathlib.Path("/proc/uptime").read_text().split()[0])
        return pid, max(0.0, since_boot - int(fields[19]) / os.sysconf("SC_CLK_TCK"))
    except (OSError, ValueError):
        return None, None


def ask_health(connection):
    """(is healthy, what it says of itself)."""
    try:
        connection.request("GET", "/health")
        answer = connection.getresponse()
        text = answer.read(65536)
        said = json.loads(text) if text.startswith(b"{") else {}
        return answer.status == 200, said
    except (OSError, http.client.HTTPException, ValueError) as error:
        return False, {"status": f"no answer ({error})"}
    finally:
        connection.close()


def ask_postgres(run):
    done = subprocess.run(["pg_isready", "-q", "-h", run, "-U", "wl_check", "-d", "wangli", "-t", "2"], check=False)
    return done.returncode == 0, {"status": {0: "ok", 1: "starting"}.get(done.returncode, "no answer")}


def look(data, run):
    """One dict a process."""
    result = []
    homes = sorted(home.name for home in (data / "service").glob("*-*"))
    replicas = [name for name in homes if REPLICA.fullmatch(name) and REPLICA.fullmatch(name)[1] in SERVICES]
    webhooks = [name for name in homes if name.startswith("webhook-")]
    for name in (*SERVICES, *replicas, *webhooks):
        pid, uptime = process_of(data / "service" / name)
        if pid is None:
            is_healthy, said = False, {"status": "not running"}
        elif name == "postgres":
            is_healthy, said = ask_postgres(run)
        else:
            is_healthy, said = ask_health(UnixConnection(f"{run}/{name}.health"))
        result.append({"service": name, "pid": pid, "uptime_s": None if uptime is None else round(uptime, 1),
                       "is_healthy": is_healthy, "version": said.get("version"), "backlog": said.get("backlog"),
                       "health": said})
    return result


def uptime_text(seconds):
    if seconds is None:
        return "-"
    minutes = int(seconds) // 60
    if minutes >= 1440:
        return f"{minutes // 1440}d{minutes % 1440 // 60}h"
    if minutes >= 60:
        return f"{minutes // 60}h{minutes % 60}min"
    return f"{minutes}min" if minutes else f"{int(seconds)}s"


def print_table(states):
    print(f"{'process':<16} {'pid':>7} {'up':>8} {'version':<9} {'backlog':>8}  health")
    for state in states:
        backlog = "-" if state["backlog"] is None else state["backlog"]
        word = "ok" if state["is_healthy"] else state["health"].get("status", "not healthy")
        print(f"{state['service']:<16} {state['pid'] or '-':>7} {uptime_text(state['uptime_s']):>8} "
              f"{state['version'] or '-':<9} {backlog:>8}  {word}")


def last_words(data, name):
    try:
        lines = (data / "log" / name / "current").read_text(encoding="utf-8", errors="replace").splitlines()
        return lines[-1] if lines else "it said nothing"
    except OSError:
        return "it said nothing"


def wait_for_all(options):
    end = time.monotonic() + options.wait
    while True:
        sick = [state for state in look(options.data, options.run) if not state["is_healthy"]]
        if not sick:
            return 0
        if time.monotonic() > end:
            names = ", ".join(state["service"] for state in sick)
            print(f"{names}; {sick[0]['service']} is {sick[0]['health'].get('status', 'not healthy')} and last said: "
                  f"{last_words(options.data, sick[0]['service'])}")
            return 1
        time.sleep(PAUSE_SECONDS)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("run")
    parser.add_argument("port", type=int)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--wait", type=float)
    options = parser.parse_args()
    if options.wait is not None:
        return wait_for_all(options)
    states = look(options.data, options.run)
    is_healthy = all(state["is_healthy"] for state in states)
    if options.json:
        print(json.dumps({"is_healthy": is_healthy, "pages": f"http://127.0.0.1:{options.port}/",
                          "door": f"tcp://127.0.0.1:{options.port + 1}", "processes": states}, ensure_ascii=False))
    else:
        print_table(states)
    return 0 if is_healthy else 1


if __name__ == "__main__":
    sys.exit(main())
