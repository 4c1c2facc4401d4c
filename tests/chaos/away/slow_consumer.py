"""One subscriber is slow: analytics stands still nine tenths of the time (SIGSTOP and SIGCONT). The others keep their pace: letters get
their receipts as before, and dispatch has them as soon. Then analytics catches up.

WANGLI_SEED says which letters; the seed is printed. With WANGLI_LONG for two minutes."""

import os
import pathlib
import random
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lib"))
from recovery import Trial  # noqa: E402
from system import STREAM_SCHEMAS, System  # noqa: E402

SEED = int(os.environ.get("WANGLI_SEED", random.randrange(1 << 30)))
LASTS = 120 if os.environ.get("WANGLI_LONG") else 12
RATE = 100
STANDS, RUNS = 0.9, 0.1
PACE_LEAST = 0.9  # of the letters that are handed in
CASE_MOST = 2.5  # seconds from a letter's commit to dispatch's: less than a lease (3 s)


def owed(s):
    """Markers of analytics."""
    union = " union all ".join(f"select count(*) as n from {schema}.v_pending where grp = 'analytics'" for schema in STREAM_SCHEMAS)
    return int(s.one(f"select sum(n) from ({union}) as p"))


def slow_down(s, seconds):
    """The most that analytics was behind."""
    end, most = time.monotonic() + seconds, 0
    try:
        while time.monotonic() < end:
            s.kill("analytics", signal.SIGSTOP)
            stood = time.monotonic()
            most = max(most, owed(s))
            time.sleep(max(0.0, STANDS - (time.monotonic() - stood)))
            s.kill("analytics", signal.SIGCONT)
            time.sleep(RUNS)
    finally:
        s.kill("analytics", signal.SIGCONT)
    return most


def slowest_case(s, begun, ended):
    """Seconds from intake's commit to dispatch's, of the slowest letter of that time."""
    return float(s.one(f"""select coalesce(max(extract(epoch from d.at - i.at)), 0)
                           from intake.v_journal i join dispatch.v_journal d on d.case_id = i.case_id and d.seq = 1
                           where i.seq = 1 and i.at between '{begun}' and '{ended}'"""))


def main():
    print(f"seed {SEED} (WANGLI_SEED)", flush=True)
    with System() as s:
        trial = Trial(s, SEED, rate=RATE)
        begun, receipts, at = trial.clock(), trial.load.receipts(), time.monotonic()
        most = slow_down(s, LASTS)
        pace = (trial.load.receipts() - receipts) / (time.monotonic() - at)
        ended = trial.clock()
        trial.recovered(f"analytics stood nine tenths of {LASTS} s")
        slowest = slowest_case(s, begun, ended)
        print(f"meanwhile {pace:.0f} of {RATE} letters a second, dispatch had each within {slowest:.1f} s, analytics was {most} cases behind", flush=True)
        assert most > 0, "analytics was not slow"
        assert pace > RATE * PACE_LEAST, "letters waited for analytics"
        assert slowest < CASE_MOST, "dispatch waited for analytics"
        trial.end()


main()
