"""The storm: letters are offered at a rate for a long time, people take their steps in a replay, and all the while processes are
killed with -9 or stopped for some seconds, every one of them and PostgreSQL: what was acknowledged is there exactly once, every reply
is delivered once, nothing waits soon after the end, and every invariant holds.

WANGLI_MINUTES (2; with WANGLI_LONG 30), WANGLI_FAULTS a storm (66; 1,000), WANGLI_RATE letters a second (500), WANGLI_SEED; the seed is
printed. The release build: what is measured is how much is acknowledged meanwhile."""

import heapq
import os
import pathlib
import random
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lib"))
import letters  # noqa: E402
from load import Load, replay_to_the_end  # noqa: E402
from system import SERVICES, System, children, until  # noqa: E402

IS_LONG = bool(os.environ.get("WANGLI_LONG"))
MINUTES = float(os.environ.get("WANGLI_MINUTES", "30" if IS_LONG else "2"))
FAULTS = int(os.environ.get("WANGLI_FAULTS", "1000" if IS_LONG else "66"))
RATE = int(os.environ.get("WANGLI_RATE", "500"))
SEED = int(os.environ.get("WANGLI_SEED", random.randrange(1 << 30)))
STOP_SHARE = 0.3  # of the faults
STOPPED_FOR = (0.2, 15.0)  # seconds; a broker gives up a member after 10
SETTLED_WITHIN = 60
REPLAYED = 300


class Storm:
    """Faults at even distances; a process that is stopped goes on at its time, whatever happened to it in between."""

    def __init__(self, system, rng):
        self.system = system
        self.rng = rng
        self.done = {}
        self.stopped = []  # (when it goes on, its process)

    def victim(self, name):
        pid = self.system.pid(name)
        if name == "postgres" and pid and self.rng.random() < 0.5:
            return self.rng.choice(children(pid) or [pid])  # a session, the checkpointer, the log's writer …
        return pid

    def strike(self):
        name = self.rng.choice([*SERVICES, "postgres"])
        stops = self.rng.random() < STOP_SHARE
        seconds = self.rng.uniform(*STOPPED_FOR)
        pid = self.victim(name)
        if pid == 0:
            return False
        try:
            os.kill(pid, signal.SIGSTOP if stops else signal.SIGKILL)
        except ProcessLookupError:
            return False
        if stops:
            heapq.heappush(self.stopped, (time.monotonic() + seconds, pid))
        key = f"{name} {'stopped' if stops else 'killed'}"
        self.done[key] = self.done.get(key, 0) + 1
        return True

    def go_on(self, all_of_them=False):
        while self.stopped and (all_of_them or self.stopped[0][0] <= time.monotonic()):
            _, pid = heapq.heappop(self.stopped)
            try:
                os.kill(pid, signal.SIGCONT)
            except ProcessLookupError:
                pass

    def rage(self, load):
        begun = time.monotonic()
        struck = 0
        while struck < FAULTS:
            self.go_on()
            due = begun + struck * MINUTES * 60 / FAULTS
            if time.monotonic() >= due and self.strike():
                struck += 1
                if struck % 50 == 0:
                    print(f"  {struck} faults, {time.monotonic() - begun:.0f} s, {load.receipts()} receipts", flush=True)
            time.sleep(0.05)
        until(60, "the time is over", lambda: self.go_on() or time.monotonic() >= begun + MINUTES * 60)
        self.go_on(all_of_them=True)
        return time.monotonic() - begun


def main():
    print(f"seed {SEED}: {FAULTS} faults in {MINUTES:g} minutes, {RATE} letters a second (WANGLI_SEED, _FAULTS, _MINUTES, _RATE)", flush=True)
    with System(road="people", env={"WANGLI_PRESET": "release"}) as s:
        rows = letters.write(s.folder / "replay.csv", REPLAYED, seed=SEED, prefix="R")
        load = Load(s, rate=RATE, seed=SEED % 1000 + 1, count=10_000_000)
        s.wangli("channel", "quota", load.channel, str(4 * RATE), str(8 * RATE))
        load.start().until_moved(2000, seconds=30)
        replay = s.start("import", s.folder / "replay.csv", "--channel", "forum", "--replay")
        storm = Storm(s, random.Random(SEED))
        lasted = storm.rage(load)
        taken = load.receipts()
        print(f"{FAULTS} faults in {lasted:.0f} s: {dict(sorted(storm.done.items()))}", flush=True)
        print(f"acknowledged while it lasted: {taken}, {taken / lasted:.0f} a second of {RATE} offered", flush=True)
        until(90, "the database answers", s.database_answers)
        print(load.stop(seconds=600).strip().splitlines()[-1], flush=True)
        until(900, "the replay under way has ended", lambda: replay.poll() is not None)
        done = replay_to_the_end(s, s.folder / "replay.csv", seconds=900)
        assert done["closed"] == len(rows), done
        stopped = time.monotonic()
        s.until_settled(SETTLED_WITHIN)
        print(f"no marker left {time.monotonic() - stopped:.1f} s after the end", flush=True)
        print(load.verify().splitlines()[-1], flush=True)
        delivered = (s.data / "import" / "forum" / "deliveries.csv").read_text(encoding="utf-8").count("\nR")
        assert delivered == len(rows), f"{delivered} deliveries of {len(rows)}"
        bad = [i for i in s.check()["invariants"] if not i["ok"]]
        assert not bad, bad


main()
