"""The power goes under load, again and again: what PostgreSQL had not synced is gone, or torn into sectors of which some reached the
disk, names in folders too. All processes are killed, the disk comes back, they start: what was acknowledged is there exactly once.

Each second cut is torn. What `up` has just written counts as well. With a disk that lies about fsync the same loses acknowledged letters, and the history checker says so.

WANGLI_CUTS says how often (3; with WANGLI_LONG 50), WANGLI_SEED when and what; the seed is printed."""

import os
import pathlib
import random
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lib"))
import power  # noqa: E402
from load import Load  # noqa: E402
from system import SERVICES, System, until  # noqa: E402

CUTS = int(os.environ.get("WANGLI_CUTS", "50" if os.environ.get("WANGLI_LONG") else "3"))
SEED = int(os.environ.get("WANGLI_SEED", random.randrange(1 << 30)))
RATE = 150
RECEIPT_WITHIN = 60  # seconds from the power's return to the next receipt; on a quiet machine 3
SETTLED_WITHIN = 20


def supervise(s, word):
    """sv's: `once` and a killed PostgreSQL stays away, `up` and it starts."""
    subprocess.run(["sv", word, s.data / "service" / "postgres"], check=True, stdout=subprocess.DEVNULL, timeout=30)


def cut(s, disk):
    """The whole machine at once, as near as a test comes: nothing reaches the disk after the first line."""
    disk.cut()
    supervise(s, "once")
    for service in ["postgres", *SERVICES]:
        s.kill(service)
    disk.kill_users()
    return disk.unmount()


def pid_file_empty(disk):
    """What is left when the power goes while PostgreSQL makes it: it refuses to start by itself then."""
    (disk.back / "live" / "postmaster.pid").write_text("")


def back(s, disk, load, *options):
    """The seconds until the next receipt."""
    begun = time.monotonic()
    receipts = load.receipts()
    disk.mount(*options)
    supervise(s, "up")
    until(RECEIPT_WITHIN, "a receipt", lambda: load.receipts() > receipts)
    return time.monotonic() - begun


def options_of(rng, turn):
    """The first cut follows `up`, which writes settings: there names are durable at once, and what is in the files is not."""
    if turn == 0:
        return []
    return ["names", *([f"torn={rng.randrange(1 << 30)}"] if turn % 2 else [])]


def storm(s, disk, load, rng):
    lost = {"files": 0, "blocks": 0, "sectors_kept": 0, "names": 0}
    seconds = []
    for turn in range(CUTS):
        assert load.until_moved(rng.randrange(20000, 120000), seconds=60), "the load does not move"
        for name, n in cut(s, disk).items():
            lost[name] += n
        if turn == 0:
            pid_file_empty(disk)
        seconds.append(back(s, disk, load, *options_of(rng, turn + 1)))
    print(f"{CUTS} cuts: {lost}; seconds from power to receipt: {' '.join(f'{n:.1f}' for n in seconds)}", flush=True)
    assert lost["blocks"] > 0, "nothing was ever unsynced: that proves nothing"


def honest(s, disk):
    rng = random.Random(SEED)
    disk.mount(*options_of(rng, 0))
    s.wangli("up")
    load = Load(s, rate=RATE, seed=SEED % 1000 + 1).start()
    storm(s, disk, load, rng)
    load.stop()
    stopped = time.monotonic()
    print(load.verify().splitlines()[-1], flush=True)
    s.until_settled(SETTLED_WITHIN)
    print(f"no marker left {time.monotonic() - stopped:.1f} s after the end", flush=True)
    bad = [i for i in s.check()["invariants"] if not i["ok"]]
    assert not bad, bad


def lying(s, disk):
    """Proof that the test can fail."""
    load = Load(s, channel="forum", rate=RATE, seed=SEED % 1000 + 2).start()
    assert load.until_moved(10000, seconds=60), "the load does not move"
    cut(s, disk)
    back(s, disk, load, "names", "lie")
    assert load.until_moved(50000, seconds=60), "the load does not move"
    cut(s, disk)
    back(s, disk, load)
    load.stop()
    print("fsync was a lie, found by the history checker:", load.verify(ok=(1,)).splitlines()[-1], flush=True)


def main():
    power.require()
    print(f"seed {SEED}, {CUTS} cuts (WANGLI_SEED, WANGLI_CUTS)", flush=True)
    with System() as s:
        s.wangli("down")
        with power.Disk(s.data / "pg", s.folder / "disk") as disk:
            honest(s, disk)
            lying(s, disk)
            s.wangli("down")


main()
