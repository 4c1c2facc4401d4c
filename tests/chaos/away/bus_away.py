"""The only broker is told to stop and stays away, under load: every letter waits in its integrator's spool, every event under its marker,
and all of it goes on when the broker is back. No other process is started anew.

WANGLI_SEED says which letters; the seed is printed. With WANGLI_LONG it is away for three minutes, and people work letters meanwhile."""

import os
import pathlib
import random
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lib"))
from recovery import Trial  # noqa: E402
from system import System, until  # noqa: E402

SEED = int(os.environ.get("WANGLI_SEED", random.randrange(1 << 30)))
IS_LONG = bool(os.environ.get("WANGLI_LONG"))
AWAY = 180 if IS_LONG else 15


def main():
    print(f"seed {SEED} (WANGLI_SEED)", flush=True)
    with System(road="people" if IS_LONG else "auto") as s:
        trial = Trial(s, SEED, rate=100, rows=30 if IS_LONG else 0)
        home = s.data / "service" / "bus"
        subprocess.run(["sv", "-w", "10", "down", home], check=True, stdout=subprocess.DEVNULL)
        receipts = trial.load.receipts()
        time.sleep(AWAY)
        came = trial.load.receipts() - receipts
        assert came == 0, f"{came} receipts without a broker"
        print(f"{trial.load.waiting()} letters wait", flush=True)
        subprocess.run(["sv", "up", home], check=True, stdout=subprocess.DEVNULL)
        until(10, "the broker runs", lambda: s.pid("bus") != 0)
        trial.recovered(f"no broker for {AWAY} s")
        trial.end(may_restart=("bus",))


main()
