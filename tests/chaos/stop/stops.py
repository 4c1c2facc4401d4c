"""SIGSTOP, then CONT, under load: of every process, several at once by the seed; of a broker for so long that its members are dropped;
of a service in the middle of a transaction that has changed rows, for which its replica must not wait longer than
idle_in_transaction_session_timeout. No process needs a restart, nothing is lost, nothing doubled.

Parts: several, broker, holder (each has a system of its own). WANGLI_SEED says who is stopped when; the seed is printed. With
WANGLI_LONG each process is stopped alone, for up to 60 s."""

import contextlib
import os
import pathlib
import random
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lib"))
from recovery import Trial  # noqa: E402
from system import SERVICES, System, children, until  # noqa: E402

SEED = int(os.environ.get("WANGLI_SEED", random.randrange(1 << 30)))
IS_LONG = bool(os.environ.get("WANGLI_LONG"))
VICTIMS = [*SERVICES, "postmaster", "backends", "channel", "intake-2", "dispatch-2"]
AT_ONCE = 5
LEASE = 3.0  # a marker's: who is stopped longer has lost it
SILENT_AFTER = 10  # seconds until a broker drops a member, or a member its broker
LOCK_MOST = 10  # idle_in_transaction_session_timeout


def pids_of(trial, victim):
    if victim == "channel":
        return [trial.load.process.pid]
    if victim == "postmaster":
        return [trial.s.pid("postgres")]
    if victim == "backends":
        return children(trial.s.pid("postgres"))
    return [trial.s.pid(victim)]


def send(pids, number):
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):  # a backend may have ended meanwhile
            os.kill(pid, number)


def stop(trial, victims, seconds):
    """All are stopped at once and go on at once."""
    pids = [pid for victim in victims for pid in pids_of(trial, victim)]
    try:
        send(pids, signal.SIGSTOP)
        time.sleep(seconds)
    finally:
        send(pids, signal.SIGCONT)
    trial.recovered(f"{', '.join(victims)} stopped for {seconds:.1f} s")


def several():
    rng = random.Random(SEED)
    victims = rng.sample(VICTIMS, len(VICTIMS))
    with System() as s:
        s.wangli("scale", "intake=2", "dispatch=2")
        trial = Trial(s, SEED)
        while victims:
            n = 1 if IS_LONG else AT_ONCE
            stop(trial, victims[:n], rng.uniform(1, 60) if IS_LONG else rng.uniform(LEASE, LEASE + 2))
            victims = victims[n:]
        trial.end()


def broker():
    with System() as s:
        trial = Trial(s, SEED)
        stop(trial, ["bus"], 60 if IS_LONG else SILENT_AFTER + 2)
        trial.end()


def lock_held(s, service):
    """Backends of a service that have changed rows and wait for its next word."""
    return s.sql(f"""select pid from pg_stat_activity
                     where usename = 'wl_{service}' and state = 'idle in transaction' and backend_xid is not null""", role="postgres")


def caught_in_transaction(s, service):
    """Stops the service again and again until it stands in the middle of a transaction that holds rows."""
    s.kill(service, signal.SIGSTOP)
    held = lock_held(s, service)
    if not held:
        s.kill(service, signal.SIGCONT)
    return held


def holder():
    with System() as s:
        s.wangli("scale", "dispatch=2")
        trial = Trial(s, SEED, rate=200)
        held = until(120, "dispatch is caught in a transaction", lambda: caught_in_transaction(s, "dispatch"))
        begun = time.monotonic()
        try:
            until(LOCK_MOST + 5, "its rows are free", lambda: held[0] not in lock_held(s, "dispatch"))
            freed = time.monotonic() - begun
            at = trial.clock()
            until(60, "its replica does all there was", lambda: trial.markers_before(at) == 0)
            print(f"rows held by a stopped process were free after {freed:.1f} s, its replica had done all {time.monotonic() - begun:.1f} s "
                  "after the stop", flush=True)
            if IS_LONG:
                time.sleep(40)
        finally:
            s.kill("dispatch", signal.SIGCONT)
        trial.recovered("dispatch stopped in the middle of a transaction")
        trial.end()


PARTS = {"several": several, "broker": broker, "holder": holder}

if __name__ == "__main__":
    print(f"seed {SEED} (WANGLI_SEED)", flush=True)
    for part in sys.argv[1:] or PARTS:
        PARTS[part]()
