"""An allocation of our own code fails in a process that reads from the network, under load: it ends with a CHECK or says an error in words,
or it goes on; it never follows a NULL. The supervisor starts it again, and what was acknowledged is there exactly once.

Which allocation of which process is WANGLI_SEED's; WANGLI_FAILS says how many a process (2; with WANGLI_LONG 100). The places in the
code that asked in vain are printed."""

import collections
import ctypes
import http.client
import os
import pathlib
import random
import signal
import subprocess
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lib"))
import portal  # noqa: E402
import writer  # noqa: E402
from recovery import Trial  # noqa: E402
from system import System, until  # noqa: E402

SEED = int(os.environ.get("WANGLI_SEED", random.randrange(1 << 30)))
FAILS = int(os.environ.get("WANGLI_FAILS", "100" if os.environ.get("WANGLI_LONG") else "2"))
SERVICES = ["bus", "edge", "intake", "dispatch", "reply", "followup", "analytics", "portal", "watch"]
AHEAD_MOST = {"portal": 60, "watch": 60}  # allocations between the signal and the one that fails; of others 300
FAILS_WITHIN = 30
ENDS_WITHIN = 30
RECEIPT_WITHIN = 60
SANITIZERS = ("AddressSanitizer", "runtime error:")
PASSERS_ON = ("arena_", "buf_", "map_", "text_", "str_", "piece_take", "chunk_", "allocated", "say", "fails", "__wrap_")


def program(service):
    return writer.BUILD / "tests" / "chaos" / "memory" / f"malloc_{service}"


def replace(s, service):
    """The service's program by the one whose allocations fail on demand."""
    run = s.data / "service" / service / "run"
    words = run.read_text().split()
    run.write_text(run.read_text().replace(words[-1], str(program(service))))
    old = s.pid(service)
    s.kill(service, signal.SIGTERM)
    s.until_back(service, old)


def log_of(s, service):
    folder = s.data / "log" / service
    return "".join(path.read_text(errors="replace") for path in [*sorted(folder.glob("@*")), folder / "current"])


def queue_signal(pid, number):
    """os.kill cannot hand a number over."""
    if ctypes.CDLL(None, use_errno=True).sigqueue(pid, signal.SIGUSR2, ctypes.c_void_p(number)) != 0:
        raise OSError(ctypes.get_errno(), "sigqueue")


def place_of(service, line):
    """The function that asked, past those that only pass the question on."""
    offsets = [hex(int(word, 16) - 1) for word in line.split() if word.startswith("0x")]
    said = subprocess.run(["addr2line", "-f", "-e", program(service), *offsets], capture_output=True, text=True, check=True).stdout
    names = said.splitlines()[::2]
    return next((name for name in names if not name.startswith(PASSERS_ON)), names[0])


class Visitors:
    """Somebody who reads the portal's pages, figures and metrics all the time, so that the portal and watch have something to do."""

    def __init__(self, s):
        self.s = s
        self.answers = collections.Counter()
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.is_over.wait(0.05):
            for ask in (lambda: portal.Browser(self.s, timeout=2).ask("GET", "/api/overview").status,
                        lambda: portal.Browser(self.s, timeout=2).ask("POST", "/api/q", {"number": "CD0000001-8", "code": "123456"}).status,
                        lambda: self.s.answer("watch", "/metrics")[0], lambda: self.s.answer("portal", "/metrics")[0]):
                try:
                    self.answers[ask()] += 1
                except (OSError, http.client.HTTPException, ValueError) as error:
                    self.answers[type(error).__name__] += 1

    def stop(self):
        self.is_over.set()
        self.thread.join(60)
        return self.answers


def is_well(s, service):
    try:
        return bool(s.health(service))
    except (OSError, http.client.HTTPException):
        return False


def fail(trial, service, number):
    """Where it failed and how it ended."""
    s = trial.s
    until(ENDS_WITHIN, f"{service} listens", lambda: is_well(s, service))
    old = s.pid(service)
    before = log_of(s, service)

    def said():
        return log_of(s, service)[len(before):]

    def end():
        """A CHECK is said before the process ends; an answer that comes after the failure is one of a process that goes on."""
        if "CHECK failed" in said():
            return "CHECK"
        if s.pid(service) != old:
            return "error"
        return "went on" if is_well(s, service) and s.pid(service) == old and "CHECK failed" not in said() else None

    queue_signal(old, number)
    until(FAILS_WITHIN, f"allocation {number} of {service} fails", lambda: "an allocation fails" in said())
    how = until(ENDS_WITHIN, f"{service} ends or goes on after allocation {number}", end)
    if how != "went on":
        s.until_back(service, old)
    receipts = trial.load.receipts()
    until(RECEIPT_WITHIN, f"a receipt after allocation {number} of {service}", lambda: trial.load.receipts() > receipts)
    assert not any(word in said() for word in SANITIZERS), f"{service}, allocation {number}: {said()[-3000:]}"
    assert how != "error" or '"level":"error"' in said(), f"{service} ended without a word: {said()[-3000:]}"
    return place_of(service, next(line for line in said().splitlines() if line.startswith("an allocation fails"))), how


def main():
    print(f"seed {SEED} (WANGLI_SEED)", flush=True)
    rng = random.Random(SEED)
    with System() as s:
        s.may_check = True
        for service in SERVICES:
            replace(s, service)
        until(60, "the system is healthy", lambda: s.status()["is_healthy"])
        trial = Trial(s, SEED, rate=100)
        visitors = Visitors(s)
        ends = collections.defaultdict(collections.Counter)
        for service in rng.sample(SERVICES * FAILS, len(SERVICES) * FAILS):
            place, how = fail(trial, service, rng.randint(1, AHEAD_MOST.get(service, 300)))
            ends[service][f"{place}: {how}"] += 1
        print(f"visitors: {dict(visitors.stop())}")
        for service, seen in ends.items():
            print(f"{service}: {', '.join(f'{what} {n}' for what, n in sorted(seen.items()))}", flush=True)
        trial.recovered("the last allocation that failed")
        trial.end(may_restart=SERVICES)


main()
