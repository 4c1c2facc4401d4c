#!/usr/bin/env python3
"""What a system's own processes need while nothing happens: rest.py DATA [--seconds 10] [--json].

Memory is PSS, so that what processes share is counted once (RSS, which is more, where the kernel keeps PSS from us: a container
without CAP_SYS_PTRACE); CPU is what they used of one core while this looked. PostgreSQL and the supervisor are not Wangli's own
and are told apart. Exit code 1 when the own ones are over the limits, 100 MB and 1 %; 2 when RSS is over, so that PSS may not be."""

import argparse
import json
import os
import pathlib
import sys
import time

PSS_MOST_MB = 100
CPU_MOST_PERCENT = 1.0


def pids(data):
    """{service: pid} of what runs under the supervisor."""
    found = {}
    for path in sorted(data.glob("service/*/supervise/pid")):
        try:
            found[path.parents[1].name] = int(path.read_text())
        except (OSError, ValueError):
            pass
    return found


def children(pid):
    try:
        listed = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [int(p) for p in listed]


def cpu_ns(pid):
    """Of all its threads; 0 for one that is gone."""
    total = 0
    for path in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat"):
        try:
            total += int(path.read_text().split()[0])
        except OSError:
            pass
    return total


def memory_bytes(pid):
    """(bytes, whether that is PSS)"""
    try:
        lines = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), True
    except FileNotFoundError:
        return 0, True  # it has ended
    except OSError:
        pages = pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE"), False


def measure(data, seconds):
    """One dict a process, PostgreSQL with all of its own."""
    groups = {name: [pid, *(children(pid) if name == "postgres" else [])] for name, pid in pids(data).items()}
    before = {name: sum(map(cpu_ns, group)) for name, group in groups.items()}
    begin = time.monotonic()
    time.sleep(seconds)
    took = (time.monotonic() - begin) * 1e9
    memory = {name: [memory_bytes(pid) for pid in group] for name, group in groups.items()}
    return [{"service": name, "is_own": name != "postgres", "pss_mb": round(sum(n for n, _ in memory[name]) / 1e6, 1),
             "is_pss": all(is_pss for _, is_pss in memory[name]),
             "cpu_percent": round(max(0, sum(map(cpu_ns, group)) - before[name]) / took * 100, 3)}
            for name, group in groups.items()]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    processes = measure(options.data, options.seconds)
    own = [p for p in processes if p["is_own"]]
    if not own:
        print("nothing runs")
        return 1
    pss, cpu = sum(p["pss_mb"] for p in own), sum(p["cpu_percent"] for p in own)
    is_within = pss <= PSS_MOST_MB and cpu <= CPU_MOST_PERCENT
    is_known = is_within or cpu > CPU_MOST_PERCENT or all(p["is_pss"] for p in own)
    if options.json:
        print(json.dumps({"is_within": is_within, "is_known": is_known, "pss_mb": round(pss, 1), "cpu_percent": round(cpu, 3), "processes": processes}))
        return 0 if is_within else 1 if is_known else 2
    what = "PSS" if all(p["is_pss"] for p in own) else "RSS"
    print(f"{'process':<10} {what + ' MB':>8} {'CPU %':>8}")
    for p in processes:
        print(f"{p['service']:<10} {p['pss_mb']:>8.1f} {p['cpu_percent']:>8.3f}" + ("" if p["is_own"] else "  not counted below"))
    print(f"{'all own':<10} {pss:>8.1f} {cpu:>8.3f}  (at most {PSS_MOST_MB} MB, {CPU_MOST_PERCENT:.0f} %: "
          f"{'held' if is_within else 'NOT held' if is_known else 'not known, as RSS counts shared pages in every process'})")
    return 0 if is_within else 1 if is_known else 2


if __name__ == "__main__":
    sys.exit(main())
