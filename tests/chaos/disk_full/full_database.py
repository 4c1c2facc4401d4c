"""The database's disk is full under load: no receipts, no process ends, each service says once what is wrong. When there is room again
everything goes on by itself, and what was acknowledged is there exactly once.

    full_database.py tables    there is no room for tables and indexes: PostgreSQL refuses the statements
    full_database.py wal       there is none for its log: it stops at once, and starts, and stops, until there is

WANGLI_SEED says which letters; the seed is printed."""

import os
import pathlib
import random
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lib"))
import small_disk  # noqa: E402
from load import Load  # noqa: E402
from system import SERVICES, System, until  # noqa: E402

SEED = int(os.environ.get("WANGLI_SEED", random.randrange(1 << 30)))
RATE = 150
DISKS = {"tables": ("pg", 400), "wal": ("pg/pg_wal", 128)}  # which folder of DATA, and how large in MiB
FULL_FOR = 6  # seconds without a receipt
RECEIPT_WITHIN = 60  # seconds from the room to the next receipt; on a quiet machine 1, for the log 5
SETTLED_WITHIN = 30
LINES_MOST = 2  # of a service about the full disk, in all that time


def log_moves(s):
    """PostgreSQL begins its next file of WAL, for which it wants room."""
    s.wangli("psql", "postgres", "-X", "-c", "select pg_switch_wal()", ok=range(256))


def until_silent(s, what, disk, load):
    """Filled again and again: PostgreSQL gives back and takes what it can. Ends when nobody has got a receipt for FULL_FOR."""
    receipts, since = load.receipts(), time.monotonic()
    begun = since
    while time.monotonic() - since < FULL_FOR:
        assert time.monotonic() - begun < 120, "letters are still taken on a full disk"
        disk.fill()
        if load.receipts() > receipts:
            receipts, since = load.receipts(), time.monotonic()
            if what == "wal":
                log_moves(s)
        time.sleep(0.05)


def lines_of(s, service):
    return (s.data / "log" / service / "current").read_text(errors="replace").splitlines()


def full(s, what, disk, load):
    """What each service, and PostgreSQL, said about it."""
    marks = {service: len(lines_of(s, service)) for service in [*SERVICES, "postgres"]}
    until_silent(s, what, disk, load)
    receipts = load.receipts()
    disk.make_room()
    freed = time.monotonic()
    until(RECEIPT_WITHIN, "a receipt", lambda: load.receipts() > receipts)
    print(f"{what}: {time.monotonic() - freed:.1f} s from room to receipt", flush=True)
    return {service: lines_of(s, service)[marks[service]:] for service in marks}


def assert_said(what, lines):
    """Of its log PostgreSQL says it itself, and then is away."""
    own = [line for line in lines.pop("postgres") if "No space left" in line]
    assert any(("PANIC" in line or "FATAL" in line) == (what == "wal") for line in own), own
    for service, said in lines.items():
        full_lines = [line for line in said if "No space left" in line]
        assert len(full_lines) <= LINES_MOST, f"{service} wrote {len(full_lines)} lines about it"
        print(*full_lines[:1], sep="\n", end="" if not full_lines else "\n", flush=True)
    assert what == "wal" or any("No space left" in line for line in lines["intake"]), lines["intake"]


def assert_whole(s, load):
    print(load.stop().strip().splitlines()[-1])
    print(load.verify().splitlines()[-1], flush=True)
    s.until_settled(SETTLED_WITHIN)
    bad = [i for i in s.check()["invariants"] if not i["ok"]]
    assert not bad, bad


def pids(s):
    return {service: s.pid(service) for service in SERVICES}


def main():
    what = sys.argv[1]
    small_disk.require()
    print(f"seed {SEED} (WANGLI_SEED)", flush=True)
    folder, mebibytes = DISKS[what]
    with System() as s:
        s.wangli("down")
        with small_disk.SmallDisk(s.data / folder, mebibytes) as disk:
            s.wangli("up")
            load = Load(s, rate=RATE, seed=SEED % 1000 + 1).start()
            assert load.until_moved(20000, seconds=60), "no load"
            before = pids(s)
            said = full(s, what, disk, load)
            assert_whole(s, load)
            assert pids(s) == before, f"processes ended: {before} {pids(s)}"
            assert_said(what, said)
            s.wangli("down")


main()
