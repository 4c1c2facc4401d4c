"""Random kill -9 of random processes, PostgreSQL among them, under load and while letters are replayed to their end: what was
acknowledged is there exactly once, no marker is left soon after the load has stopped, and every invariant holds.

People take their steps in the replay, so commands are under way when the kills fall. With words, SERVICE=N …, the services run in so many
processes, each of which may be killed.

WANGLI_KILLS says how many (30; with WANGLI_LONG 500), WANGLI_SEED which; the seed is printed."""

import os
import pathlib
import random
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lib"))
import letters  # noqa: E402
from load import Load, replay_to_the_end  # noqa: E402
from system import SERVICES, System, until  # noqa: E402

KILLS = int(os.environ.get("WANGLI_KILLS", "500" if os.environ.get("WANGLI_LONG") else "30"))
SEED = int(os.environ.get("WANGLI_SEED", random.randrange(1 << 30)))
SETTLED_WITHIN = 10


def storm(s, load, rng):
    killed = {}
    victims = [*SERVICES, *sorted(p["service"] for p in s.status()["processes"] if p["service"][-1].isdigit()), "postgres"]
    while sum(killed.values()) < KILLS:
        load.until_moved(rng.randrange(500, 20000), seconds=8)
        victim = rng.choice(victims)
        if s.kill(victim):
            killed[victim] = killed.get(victim, 0) + 1
    return killed


def main():
    print(f"seed {SEED}, {KILLS} kills (WANGLI_SEED, WANGLI_KILLS)", flush=True)
    rng = random.Random(SEED)
    with System(road="people") as s:
        if sys.argv[1:]:
            print(s.wangli("scale", *sys.argv[1:]).stdout.strip().splitlines()[-1], flush=True)
        rows = letters.write(s.folder / "replay.csv", 60, seed=SEED, prefix="R")
        load = Load(s, rate=200, seed=SEED % 1000 + 1).start()
        load.until_moved(2000, seconds=30)
        replay = s.start("import", s.folder / "replay.csv", "--channel", "forum", "--replay")
        begun = time.monotonic()
        killed = storm(s, load, rng)
        lasted = time.monotonic() - begun
        until(90, "the database answers", s.database_answers)
        print(load.stop().strip().splitlines()[-1])
        until(300, "the replay under way has ended", lambda: replay.poll() is not None)
        done = replay_to_the_end(s, s.folder / "replay.csv")
        assert done["closed"] == len(rows), done
        stopped = time.monotonic()
        s.until_settled(SETTLED_WITHIN)
        print(f"{KILLS} kills in {lasted:.0f} s: {killed}; no marker left {time.monotonic() - stopped:.1f} s after the end")
        print(load.verify().splitlines()[-1])
        delivered = (s.data / "import" / "forum" / "deliveries.csv").read_text(encoding="utf-8").count("\nR")
        assert delivered == len(rows), f"{delivered} deliveries of {len(rows)}"
        bad = [i for i in s.check()["invariants"] if not i["ok"]]
        assert not bad, bad


main()
