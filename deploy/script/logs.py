#!/usr/bin/env python3
"""What the processes said, for people: logs.py [--follow] LOGFOLDER SERVICE….

JSON lines become `time service LEVEL event key=value …`, in the order of their time; other lines are shown as they are.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys

LINES_OF_EACH = 200
STAMP = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[.\d]*")
HEAD_KEYS = ("time", "at", "ts", "level", "event", "process", "service")


def readable(service, line):
    """(time or '', text) of one line."""
    try:
        said = json.loads(line)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        stamp = STAMP.match(line)
        return stamp.group(0)[:23] if stamp else "", f"{service:<10} {line}"
    when = str(said.get("time") or said.get("at") or said.get("ts") or "")
    pairs = " ".join(f"{key}={value}" for key, value in said.items() if key not in HEAD_KEYS)
    return when.replace("T", " ")[:23], f"{when} {service:<10} {said.get('level', ''):<5} {said.get('event', '')} {pairs}".rstrip()


def show(folder, services):
    found = []
    for service in services:
        try:
            text = (folder / service / "current").read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        when = ""
        for line in text.splitlines()[-LINES_OF_EACH:]:
            own, shown = readable(service, line)
            when = own or when  # a line without a time belongs to the one before it
            found.append((when, shown))
    for _, text in sorted(found, key=lambda pair: pair[0]):
        print(text)


def follow(folder, services):
    """As tail does it, also over a rotation; a header names the file from then on."""
    files = [folder / service / "current" for service in services]
    with subprocess.Popen(["tail", "-v", "-n", "20", "-F", *map(str, files)], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, encoding="utf-8", errors="replace") as tail:
        service = ""
        for line in tail.stdout:
            line = line.rstrip("\n")
            if line.startswith("==> ") and line.endswith(" <=="):
                service = pathlib.Path(line[4:-4]).parent.name
            elif line:
                print(readable(service, line)[1], flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--follow", action="store_true")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("services", nargs="+")
    options = parser.parse_args()
    try:
        (follow if options.follow else show)(options.folder, options.services)
    except (KeyboardInterrupt, BrokenPipeError):
        sys.stderr.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
