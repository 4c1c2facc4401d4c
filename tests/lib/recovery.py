"""What must hold after a fault, and how long it took: letters and people's replays on a real system while something is done to it.

The seconds count from the fault's end: to the first receipt that came after it, until no marker is left of what was committed before
then, and until the integrator's spool holds no more than one second's letters. The load goes on meanwhile."""

import csv
import time

import letters
from load import Load, replay_to_the_end
from system import SERVICES, STREAM_SCHEMAS, until

RECOVERED_WITHIN = 60  # seconds; what is seen is in docs/reliability.md
SETTLED_WITHIN = 60
CAUGHT_UP_WITHIN = 180  # a minute's letters wait in the spool, and new ones come


class Trial:
    """One system under load, faults one after the other, one account at the end.

    rows  a replay of people's steps runs beside the letters, of so many (0: none)
    patience  seconds that letters are waited for at the end: what was lost again and again waits out its back-off, which doubles"""

    def __init__(self, system, seed, rate=150, rows=0, load=None, patience=120):
        self.s = system
        self.load = load or Load(system, rate=rate, seed=seed % 1000 + 1, patience=patience)
        self.replay = None
        self.path = system.folder / "replay.csv"
        self.load.start()
        assert self.load.until_moved(2000, seconds=60), "no load"
        if rows:
            # In an empty system a replay begins with the file's own time and waits, before each step of the clock, until all is
            # settled, which it never is under load. With a case in it time stays where it is, and everything is played at once.
            until(60, "there is a case", lambda: self.load.receipts() > 0)
            letters.write(self.path, rows, seed=seed, prefix="R")
            self.replay = system.start("import", self.path, "--channel", "forum", "--replay")
        self.before = self.pids()

    def pids(self):
        return {name: self.s.pid(name) for name in [*SERVICES, "postgres"]}

    def clock(self):
        """Business time, which is the database's."""
        return self.s.one("select clock_timestamp() + shift from ref.clock")

    def markers_before(self, at):
        """Markers of what was committed before then."""
        union = " union all ".join(
            f"select count(*) as n from {s}.v_pending p join {s}.v_journal j on j.case_id = p.case_id and j.seq = p.upto_seq "
            f"where j.at < '{at}'" for s in STREAM_SCHEMAS)
        return int(self.s.one(f"select sum(n) from ({union}) as p"))

    def recovered(self, what, lasted=0):
        """Called when a fault has just ended: the seconds to the first receipt, and until no marker of before is left.

        lasted: seconds of a fault that lost sends one after the other. The waits between them double, so the next one may be as far
        away as the first one is, and no farther."""
        ended, receipts = time.monotonic(), self.load.receipts()
        until(RECOVERED_WITHIN, f"a receipt after: {what}", lambda: self.load.receipts() > receipts)
        first = time.monotonic() - ended
        at = self.clock()
        until(SETTLED_WITHIN + lasted, f"no marker of before is left after: {what}", lambda: self.markers_before(at) == 0)
        settled = time.monotonic() - ended
        until(CAUGHT_UP_WITHIN, f"the spool has no more than a second's letters after: {what}", lambda: self.load.waiting() <= self.load.rate)
        print(f"{what}: first receipt {first:.1f} s after its end, no marker of before {settled:.1f} s after it, "
              f"letters no longer wait {time.monotonic() - ended:.1f} s after it", flush=True)
        return first

    def end(self, may_restart=()):
        """No new letters; every answer is there, every effect once, every invariant holds, the processes are those of before."""
        now = self.pids()
        assert all(now[name] == self.before[name] for name in now if name not in may_restart), f"restarted: {self.before} {now}"
        said = self.load.stop().strip().splitlines()[-1]
        print(said, flush=True)
        assert "unanswered 0" in said, "a letter has no receipt"
        assert "refused 0" in said, "a letter was refused, for ever"
        if self.replay:
            self.replay.communicate(timeout=300)
            done = replay_to_the_end(self.s, self.path)
            with open(self.path, encoding="utf-8", newline="") as file:
                rows = sum(1 for _ in csv.DictReader(file))
            delivered = (self.s.data / "import" / "forum" / "deliveries.csv").read_text(encoding="utf-8").count("\nR")
            assert done["closed"] == rows and delivered == rows, f"{done}, {delivered} deliveries of {rows}"
            print(f"replay: {rows} letters closed by people, {delivered} replies delivered, each once", flush=True)
        stopped = time.monotonic()
        self.s.until_settled(SETTLED_WITHIN)
        print(f"no marker at all {time.monotonic() - stopped:.1f} s after the load; {self.load.verify().splitlines()[-1]}", flush=True)
        bad = [i for i in self.s.check()["invariants"] if not i["ok"]]
        assert not bad, bad
