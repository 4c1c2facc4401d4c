"""Proof that the tests can fail: with a planted bug switched on, the history checker or `check` finds the damage."""

import pathlib
import random
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lib"))
from load import Load  # noqa: E402
from system import System, until  # noqa: E402


def kill_some(s, load, victims, times):
    rng = random.Random(5)
    done = 0
    while done < times:
        load.until_moved(3000, seconds=8)
        victim = rng.choice(victims)
        pid = s.pid(victim)
        if s.kill(victim):
            done += 1
            s.until_back(victim, pid)


def acknowledged_before_commit(s):
    s.set_environment("intake", "WANGLI_PLANT", "ack_before_commit")
    load = Load(s, channel="app", rate=300, seed=3).start()
    kill_some(s, load, ["intake"], 8)
    s.set_environment("intake", "WANGLI_PLANT", None)
    load.stop()
    said = load.verify(ok=(1,))
    print("acknowledged before commit, found by the history checker:", said.splitlines()[-1])


def cursor_skipped(s):
    s.set_environment("analytics", "WANGLI_PLANT", "skip_cursor")
    load = Load(s, channel="forum", rate=300, seed=4).start()
    kill_some(s, load, ["bus", "analytics", "dispatch"], 8)
    s.set_environment("analytics", "WANGLI_PLANT", None)
    load.stop()
    until(60, "the system is healthy", lambda: s.status()["is_healthy"])
    s.until_settled(90)  # what was sent in vain while it was planted waits out its back-off
    bad = [i["name"] for i in s.check(ok=(1,))["invariants"] if not i["ok"]]
    print("cursor skipped, found by check:", bad)
    assert "I3" in bad or "I8" in bad, bad


def main():
    with System() as s:
        acknowledged_before_commit(s)
    with System() as s:
        cursor_skipped(s)


main()
