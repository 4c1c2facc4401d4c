"""The broker loses 10 % of what it routes, passes 10 % twice and 10 % later than what came after it (services/bus/bus_fault.c), of
every kind and in both directions, under load and while people work letters to their end. Nothing acknowledged is lost, nothing takes
effect twice, each reply reaches the citizen once.

WANGLI_SEED says which messages; the seed is printed. With WANGLI_LONG four minutes."""

import os
import pathlib
import random
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lib"))
from recovery import Trial  # noqa: E402
from system import System, until  # noqa: E402

SEED = int(os.environ.get("WANGLI_SEED", random.randrange(1 << 30)))
IS_LONG = bool(os.environ.get("WANGLI_LONG"))
LASTS = 240 if IS_LONG else 12
MOST = 300  # on a machine that does other things too
ROWS = 60 if IS_LONG else 30
PER_CENT = 10
# Claims (CLAIM, GO) need a provider that is not idempotent: scenario.i_claims.
KINDS = ("EVENT", "COMMAND", "SUBMIT", "DELIVER", "DONE", "RESULT", "RECEIPT", "ACK")


def put(path, per_cent):
    new = path.with_suffix(".new")
    new.write_text(f"{SEED} {per_cent} {per_cent} {per_cent}\n")
    new.replace(path)


def faults(s):
    bus = next(p for p in s.status()["processes"] if p["service"] == "bus")
    return bus["health"]["faults"]


def is_enough(counts):
    """Each kind had a fault, and those that come by the hundred had each."""
    return all(any(counts[kind].values()) for kind in KINDS) and all(all(counts[kind].values()) for kind in ("EVENT", "SUBMIT", "RECEIPT"))


def main():
    print(f"seed {SEED} (WANGLI_SEED)", flush=True)
    with System(road="people") as s:
        file = s.folder / "faults"
        put(file, 0)
        s.set_environment("bus", "WANGLI_BUS_FAULTS", str(file))
        until(60, "the system is healthy", lambda: s.status()["is_healthy"])
        put(file, PER_CENT)  # before people begin: on a quick machine they are done in seconds
        trial = Trial(s, SEED, rate=150, rows=ROWS, patience=LASTS + 120)
        begun = time.monotonic()
        try:
            until(MOST, "every kind had every fault, for long enough",
                  lambda: time.monotonic() > begun + LASTS and is_enough(faults(s)))
        finally:
            counts = faults(s)
            print(f"{time.monotonic() - begun:.0f} s;", *(f"{kind} {counts[kind]}" for kind in KINDS), flush=True)
        put(file, 0)
        trial.recovered("10 % lost, 10 % twice, 10 % late", lasted=time.monotonic() - begun)
        trial.end()


main()
