"""The clock of one process after the other jumps a day ahead, then a day back, while it works under load (libfaketime; a monotonic clock
never jumps). Business time stays the database's, no receipt waits for a lease, nothing is lost, nothing doubled.

Not the database's own clock, which business time and leases are made of. Needs a build without sanitizers, which libfaketime does not go
with, so it is a test for WANGLI_LONG. The order of the processes is WANGLI_SEED's; the seed is printed."""

import os
import pathlib
import random
import re
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lib"))
from load import Load  # noqa: E402
from recovery import Trial  # noqa: E402
from system import SERVICES, System, skip, until  # noqa: E402

SEED = int(os.environ.get("WANGLI_SEED", random.randrange(1 << 30)))
LIBRARY = pathlib.Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")
DAY = 86400
LASTS = 5  # seconds of each jump: longer than a lease and a health check
PAUSE_MOST = 2.5  # seconds without a receipt: less than a lease (3 s)
CLOCK = re.compile(r"^process_clock_seconds\S* (\S+)$", re.MULTILINE)


class Clocks:
    """One file a process, which says how far its clock is off."""

    def __init__(self, s):
        self.s = s
        self.folder = s.folder / "clocks"
        self.folder.mkdir()

    def environment(self, name):
        self.put(name, 0)
        return {"LD_PRELOAD": str(LIBRARY), "FAKETIME_TIMESTAMP_FILE": str(self.folder / name), "FAKETIME_CACHE_DURATION": "1",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME_DISABLE_SHM": "1"}

    def put(self, name, days):
        new = self.folder / f"{name}.new"
        new.write_text(f"{days:+d}d\n")
        new.replace(self.folder / name)

    def wrap(self, service):
        for name, value in self.environment(service).items():
            (self.s.data / "service" / service / "env" / name).write_text(value + "\n")
        old = self.s.pid(service)
        self.s.kill(service, signal.SIGTERM)
        self.s.until_back(service, old)

    def off(self, service):
        """Days that the process itself takes its clock to be off, as it says in its metrics."""
        found = CLOCK.search(self.s.metrics(service))
        assert found, f"{service} does not say what time it is"
        return round((float(found[1]) - time.time()) / DAY)


def longest_pause(load, seconds):
    end = time.monotonic() + seconds
    moved, receipts, longest = time.monotonic(), load.receipts(), 0.0
    while time.monotonic() < end:
        time.sleep(0.02)
        now, n = time.monotonic(), load.receipts()
        longest = max(longest, now - moved)
        if n > receipts:
            moved, receipts = now, n
    return longest


def jump(trial, clocks, name):
    """A day ahead, a day back, and right again."""
    pauses = []
    for days in (1, -1, 0):
        clocks.put(name, days)
        pauses.append(longest_pause(trial.load, LASTS))
        if name != "channel":
            until(5, f"{name} has noticed", lambda: clocks.off(name) == days)
    print(f"{name}: longest pause in receipts {max(pauses):.2f} s", flush=True)
    assert max(pauses) < PAUSE_MOST, f"letters waited for {name}: {pauses}"
    trial.recovered(f"the clock of {name} right again")


def assert_business_time(s, begun):
    """Whoever's clock jumped, what is journalled is dated by the database's."""
    for schema in ("intake", "dispatch"):  # as far as letters go by themselves
        first, last, n = s.sql(f"select min(at), max(at), count(*) from {schema}.v_journal")[0]
        off = s.one(f"""select count(*) from {schema}.v_journal, ref.clock
                        where at not between '{begun}' and clock_timestamp() + shift""")
        print(f"{schema}: {n} entries dated {first} to {last}", flush=True)
        assert off == "0" and int(n) > 0, f"{schema}: {off} entries dated outside the test"


def main():
    if not os.environ.get("WANGLI_LONG"):
        skip("needs a build without sanitizers: ./wangli test chaos --long")
    if not LIBRARY.exists():
        skip(f"no {LIBRARY} (package libfaketime)")
    print(f"seed {SEED} (WANGLI_SEED)", flush=True)
    with System(env={"WANGLI_PRESET": "release"}) as s:
        begun = s.one("select clock_timestamp() + shift from ref.clock")
        clocks = Clocks(s)
        for service in SERVICES:
            clocks.wrap(service)
        until(60, "the system is healthy", lambda: s.status()["is_healthy"])
        load = Load(s, rate=150, seed=SEED % 1000 + 1, patience=120)
        load.env.update(clocks.environment("channel"))
        trial = Trial(s, SEED, load=load)
        for name in random.Random(SEED).sample([*SERVICES, "channel"], len(SERVICES) + 1):
            jump(trial, clocks, name)
        assert_business_time(s, begun)
        trial.end()


main()
