"""Several brokers (decision 0017): under load each is killed (-9) in turn at random moments and comes back, each is asked to end
(SIGTERM) and drains, then services are. Nothing is lost, nothing doubled, every invariant holds; and whoever's broker died does not
wait for it: letters go on over the other one, and no case waits for a lease.

WANGLI_KILLS says how many times each broker is killed (3; with WANGLI_LONG 20), WANGLI_SEED when; the seed is printed."""

import os
import pathlib
import random
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lib"))
from load import Load  # noqa: E402
from system import System, until  # noqa: E402

BROKERS = ("bus", "bus-2")
KILLS = int(os.environ.get("WANGLI_KILLS", "20" if os.environ.get("WANGLI_LONG") else "3"))
SEED = int(os.environ.get("WANGLI_SEED", random.randrange(1 << 30)))
SETTLED_WITHIN = 10
STALL_MOST = 2.5  # seconds without any receipt after a broker died: less than a lease (3 s)
LETTER_MOST = 8.0  # a letter that was inside a broker that died waits for its library's time-out (5 s)
CASE_MOST = 2.5  # seconds from a letter's commit to the next service's


def members(s, broker):
    for process in s.status()["processes"]:
        if process["service"] == broker:
            return {m["instance"].split("/")[0] for m in process["health"].get("members", [])}
    return set()


def until_whole(s):
    everybody = {"intake", "dispatch", "reply", "followup", "analytics", "edge", "media", "portal"}
    for broker in BROKERS:
        until(30, f"everybody is at {broker}", lambda: everybody <= members(s, broker))


def records(data):
    """What the history says so far: its lines behind eight bytes of length and checksum each."""
    at = 0
    while at + 8 <= len(data):
        length = int.from_bytes(data[at:at + 4], "little")
        if at + 8 + length > len(data):
            return
        yield at + 8 + length, data[at + 8:at + 8 + length].split(b"\t")
        at += 8 + length


def watch(load, seconds):
    """(the longest time in which nothing moved, the longest that one letter waited for its receipt), while this looked."""
    end = time.monotonic() + seconds
    moved, stall, slowest, waiting = time.monotonic(), 0.0, 0.0, {}
    with open(load.log, "rb") as log:
        log.seek(0)
        rest = log.read()
        rest = rest[max((upto for upto, _ in records(rest)), default=0):]
        while time.monotonic() < end or (waiting and time.monotonic() < end + LETTER_MOST):
            time.sleep(0.01)
            now, used = time.monotonic(), 0
            rest += log.read()
            for upto, fields in records(rest):
                used = upto
                if fields[0] == b"invoke" and now < end:
                    waiting[fields[1]] = now
                elif fields[0] != b"invoke" and fields[1] in waiting:
                    slowest = max(slowest, now - waiting.pop(fields[1]))
            rest = rest[used:]
            if now < end:
                stall = max(stall, now - moved)
            moved = now if used else moved
    assert not waiting, f"{len(waiting)} letters without a receipt"
    return stall, slowest


def slowest_case(s, since):
    """Seconds from intake's commit to dispatch's, of the slowest letter that came in since then; how many came."""
    row = s.sql(f"""select coalesce(max(extract(epoch from d.at - i.at)), 0), count(*), count(*) - count(d.at)
                    from intake.v_journal i left join dispatch.v_journal d on d.case_id = i.case_id and d.seq = 1
                    where i.seq = 1 and i.at >= '{since}'""")[0]
    return float(row[0]), int(row[1]), int(row[2])


def end_one(s, load, victim, how, rng):
    load.until_moved(rng.randrange(2000, 12000), seconds=10)
    since = s.one("select clock_timestamp() + shift from ref.clock")
    old = s.pid(victim)
    assert s.kill(victim, how), f"{victim} was not there"
    stall, letter = watch(load, 4)
    s.until_back(victim, old)
    until_whole(s)
    until(10, "what came in has reached dispatch", lambda: slowest_case(s, since)[2] == 0 or None)
    slowest, cases, _ = slowest_case(s, since)
    print(f"{how.name} {victim}: longest pause {stall:.2f} s, slowest receipt {letter:.2f} s, slowest of {cases} cases {slowest:.2f} s", flush=True)
    return stall, slowest


def main():
    print(f"seed {SEED}, {KILLS} kills each (WANGLI_SEED, WANGLI_KILLS)", flush=True)
    rng = random.Random(SEED)
    with System(road="auto", up=("--buses", "2")) as s:
        until_whole(s)
        load = Load(s, rate=150, seed=SEED % 1000 + 1).start()
        load.until_moved(5000, seconds=30)
        seen = [end_one(s, load, victim, signal.SIGKILL, rng) for _ in range(KILLS) for victim in BROKERS]
        seen += [end_one(s, load, victim, signal.SIGTERM, rng) for victim in BROKERS]
        seen += [end_one(s, load, victim, signal.SIGTERM, rng) for victim in ("dispatch", "intake", "edge")]
        print(load.stop().strip().splitlines()[-1])
        s.until_settled(SETTLED_WITHIN)
        print(load.verify().splitlines()[-1])
        bad = [i for i in s.check()["invariants"] if not i["ok"]]
        assert not bad, bad
        assert max(stall for stall, _ in seen) < STALL_MOST, "letters waited for a broker that was dead"
        assert max(slowest for _, slowest in seen) < CASE_MOST, "a case waited for its lease"


main()
