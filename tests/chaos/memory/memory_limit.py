"""Each process, and a session of PostgreSQL, comes to a limit of memory under load: the kernel kills it where it asks for the page that is
one too many, the supervisor starts it again, and what was acknowledged is there exactly once.

The limit is a control group's, and nearly nothing: what the process has already stays outside of its account, so that it dies over
the next that it needs. WANGLI_SEED says which letters and in which order; the seed is printed."""

import os
import pathlib
import random
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lib"))
import memory_group  # noqa: E402
from load import Load  # noqa: E402
from system import System, until  # noqa: E402

SEED = int(os.environ.get("WANGLI_SEED", random.randrange(1 << 30)))
RATE = 150
VICTIMS = ["bus", "edge", "intake", "dispatch", "reply", "followup", "analytics", "postgres session"]
BYTES_MOST = 128 * 1024
DEAD_WITHIN = 30
RECEIPT_WITHIN = 60  # seconds from the death to the next receipt; on a quiet machine 4
SETTLED_WITHIN = 20


def pid_of(s, victim):
    if victim == "postgres session":
        return int(s.one("select pid from pg_stat_activity where usename = 'wl_intake' order by pid limit 1", role="postgres"))
    return s.pid(victim)


def is_gone(pid):
    try:
        return (pathlib.Path("/proc") / str(pid) / "stat").read_text().split()[2] == "Z"
    except OSError:
        return True


def starve(s, load, victim):
    """The seconds from its death to the next receipt."""
    pid = pid_of(s, victim)
    with memory_group.MemoryGroup(f"wangli-test-{os.getpid()}") as group:
        group.limit(BYTES_MOST)
        group.add(pid)
        until(DEAD_WITHIN, f"{victim} is killed", lambda: is_gone(pid))
        assert group.kills() == 1, f"{victim} ended in another way"
    died = time.monotonic()
    if victim != "postgres session":
        s.until_back(victim, pid)
    receipts = load.receipts()
    until(RECEIPT_WITHIN, f"a receipt after {victim}", lambda: load.receipts() > receipts)
    return time.monotonic() - died


def main():
    memory_group.require()
    print(f"seed {SEED} (WANGLI_SEED)", flush=True)
    rng = random.Random(SEED)
    with System() as s:
        load = Load(s, rate=RATE, seed=SEED % 1000 + 1).start()
        assert load.until_moved(20000, seconds=60), "no load"
        for victim in rng.sample(VICTIMS, len(VICTIMS)):
            print(f"{victim}: {starve(s, load, victim):.1f} s to the next receipt", flush=True)
        print(load.stop().strip().splitlines()[-1])
        print(load.verify().splitlines()[-1], flush=True)
        s.until_settled(SETTLED_WITHIN)
        bad = [i for i in s.check()["invariants"] if not i["ok"]]
        assert not bad, bad


main()
