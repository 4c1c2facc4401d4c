"""The database's primary is lost under load: its standby is promoted, the services go on without a restart, nothing that was
acknowledged is missing, the seconds are stated. Then it is brought back as standby and the same happens the other way round, planned.

In doubt: commits whose standby says nothing are cancelled under load, again and again, then the primary is lost with its disk: no
letter of those was acknowledged. (db.kit_relay plants the bug that this is about.) With a standby that is not synchronous the same
loses acknowledged letters, and the history checker says so.

WANGLI_SEED says which letters; the seed is printed."""

import os
import pathlib
import random
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lib"))
from load import Load  # noqa: E402
from standby import Pair  # noqa: E402
from system import SERVICES, System, until  # noqa: E402

SEED = int(os.environ.get("WANGLI_SEED", random.randrange(1 << 30)))
RATE = 200
DOUBTS = 30
RECEIPT_WITHIN = 60  # seconds from the loss to the next receipt; on a quiet machine 3
SETTLED_WITHIN = 20


def pids(s):
    return {service: s.pid(service) for service in SERVICES}


def assert_whole(s, load):
    load.stop()
    print(load.verify().splitlines()[-1], flush=True)
    s.until_settled(SETTLED_WITHIN)
    bad = [i for i in s.check()["invariants"] if not i["ok"]]
    assert not bad, bad


def primary_lost(s, pair):
    load = Load(s, channel="app", rate=RATE, seed=SEED % 1000 + 1).start()
    assert load.until_moved(100000, seconds=30), "no load"
    before = pids(s)
    lost = time.monotonic()
    pair.lose("postgres")
    promoted, answered = pair.fail_over(load)
    whole = time.monotonic() - lost
    print(f"primary killed at {RATE} letters/s: promote took {promoted:.1f} s, {whole:.1f} s to the first receipt", flush=True)
    assert whole < RECEIPT_WITHIN and answered <= whole
    assert load.until_moved(50000, seconds=30), "the load does not go on"
    assert pids(s) == before, f"services were restarted: {before} {pids(s)}"
    assert_whole(s, load)


def brought_back(s, pair):
    """Rewound, synchronous again, and the primary once more, by a planned change."""
    s.wangli("standby", "rejoin")
    assert pair.sql("postgres2", "select sync_state from pg_stat_replication") == "sync"
    load = Load(s, channel="forum", rate=RATE, seed=SEED % 1000 + 2).start()
    assert load.until_moved(50000, seconds=30), "no load"
    before = pids(s)
    promoted, answered = pair.fail_over(load)
    print(f"changed back as planned: promote took {promoted:.1f} s, {answered:.1f} s to the first receipt", flush=True)
    assert pids(s) == before, "services were restarted"
    assert_whole(s, load)
    assert s.wangli("standby", "status").stdout.splitlines()[0].endswith("primary")
    s.wangli("down")
    s.wangli("up")  # knows which one is the primary, and leaves the fenced one alone
    assert not pair.processes("postgres2")
    s.wangli("standby", "rejoin")
    assert pair.sql("postgres", "select sync_state from pg_stat_replication") == "sync"


def waits_cancelled(s, pair, load):
    """The standby is frozen, each commit waits, and somebody cancels it: it stands on the primary alone. The number of receipts that
    came meanwhile."""
    pair.signal("postgres2", signal.SIGSTOP)
    until(30, "a commit waits", lambda: pair.waiting("postgres") > 0)
    receipts = load.receipts()
    cancelled = 0
    while cancelled < DOUBTS:
        until(30, "a commit waits", lambda: pair.waiting("postgres") > 0)
        cancelled += pair.cancel_waits("postgres")
    pair.lose("postgres", is_destroyed=True)
    pair.signal("postgres2", signal.SIGCONT)
    return load.receipts() - receipts


def in_doubt():
    with System() as s:
        pair = Pair(s)
        # One letter a transaction: no new letter makes the answer to an old one wait.
        s.set_environment("intake", "BATCH_MOST", "1")
        load = Load(s, channel="app", rate=RATE, seed=SEED % 1000 + 3).start()
        assert load.until_moved(50000, seconds=30), "no load"
        receipts = waits_cancelled(s, pair, load)
        pair.fail_over(load)
        print(f"{DOUBTS} waits cancelled, primary destroyed, {receipts} receipts meanwhile", flush=True)
        assert receipts == 0
        assert_whole(s, load)


def asynchronous():
    """What docs/operators.md says of it; and that the checker sees a loss."""
    with System() as s:
        pair = Pair(s, is_sync=False)
        load = Load(s, channel="app", rate=RATE, seed=SEED % 1000 + 4).start()
        assert load.until_moved(50000, seconds=30), "no load"
        pair.signal("postgres2", signal.SIGSTOP)
        assert load.until_moved(30000, seconds=30), "no load"
        pair.lose("postgres", is_destroyed=True)
        pair.signal("postgres2", signal.SIGCONT)
        pair.fail_over(load)
        load.stop()
        print("a standby that is not synchronous:", load.verify(ok=(1,)).splitlines()[-1], flush=True)


def lost():
    with System() as s:
        pair = Pair(s)
        primary_lost(s, pair)
        brought_back(s, pair)


PARTS = {"lost": lost, "in_doubt": in_doubt, "asynchronous": asynchronous}

if __name__ == "__main__":
    print(f"seed {SEED} (WANGLI_SEED)", flush=True)
    for part in sys.argv[1:] or PARTS:
        PARTS[part]()
