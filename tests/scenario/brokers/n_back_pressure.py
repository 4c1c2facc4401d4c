"""Back-pressure to the door: under load intake stands still for some seconds (SIGSTOP). The brokers run out of its credit and keep
nothing, the door lets fewer letters in and says BUSY for longer and longer; both stay small. When intake goes on every letter gets
its receipt, none is lost and none is there twice."""

import pathlib
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lib"))
from load import Load  # noqa: E402
from system import System, until  # noqa: E402

STOPPED = 7  # seconds; silence of ten would end intake's sessions instead
WINDOW = 90  # of intake: two thirds of it are open to letters
CHANNELS = ("app", "forum", "hotline", "wechat")
RATE = 120  # of each
GROWTH_MOST_MB = 64  # of a broker or the door, whatever waits outside
WATCHED = ("bus", "bus-2", "edge")


def intake_credit(s):
    """Credit and windows that the brokers hold of intake."""
    members = [m for broker in ("bus", "bus-2") for m in s.health(broker)["members"] if m["instance"].startswith("intake/")]
    return sum(m["credit"] for m in members), sum(m["window"] for m in members)


def watch(s, seconds):
    """What is seen while intake stands: (the most memory of each, what the door counted second by second)."""
    most, turned_away = {name: 0.0 for name in WATCHED}, []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        until_next = time.monotonic() + 1
        for name in WATCHED:
            most[name] = max(most[name], s.memory_mib(name))
        door = s.health("edge")
        turned_away.append((door["counts"]["intake_busy"] + door["counts"]["over_share"], door["counts"]["submitted"],
                            door["letters"]["window"], door["letters"]["under_way"]))
        time.sleep(max(0.0, until_next - time.monotonic()))
    return most, turned_away


def main():
    with System(road="auto", up=("--buses", "2")) as s:
        s.set_environment("intake", "WINDOW", str(WINDOW))
        for name in WATCHED:  # of the sanitizer's own memory no more than it must have
            s.set_environment(name, "ASAN_OPTIONS", "detect_leaks=0:quarantine_size_mb=1:malloc_context_size=2")
        loads = [Load(s, channel=channel, rate=RATE, seed=5 + i).start() for i, channel in enumerate(CHANNELS)]
        for load in loads:
            load.until_moved(20000, seconds=60)
        until(30, "both brokers have their part of intake's window", lambda: intake_credit(s)[1] == WINDOW)
        before = {name: s.memory_mib(name) for name in WATCHED}
        assert s.kill("intake", signal.SIGSTOP)
        try:
            most, seen = watch(s, STOPPED)
            credit, window = intake_credit(s)
        finally:
            s.kill("intake", signal.SIGCONT)
        for name in WATCHED:
            print(f"{name}: {before[name]:.0f} MB before, {most[name]:.0f} MB at most", flush=True)
        print("each second (refused, submitted, window, under way):", *seen, flush=True)
        for load in loads:
            said = load.stop().strip().splitlines()[-1]
            print(said, load.verify().splitlines()[-1], sep="\n", flush=True)
            assert "unanswered 0" in said, "a letter has no receipt"
        for name in WATCHED:
            assert most[name] - before[name] < GROWTH_MOST_MB, f"{name} grew"
        assert window == WINDOW and credit <= WINDOW // 3, f"the brokers had {credit} of {window} left: nothing pressed back"
        assert seen[-1][0] > 0, "the door turned nobody away"
        assert seen[-1][2] < 4000, "the door lets as many letters in as if intake answered"
        # BUSY with a time that grows: what is passed on in vain becomes less and less, however much waits outside
        asked = (seen[-1][1] - seen[1][1]) / (len(seen) - 2)
        assert asked < RATE / 2, f"the door still passed {asked} letters a second on, in vain"
        bad = [i for i in s.check()["invariants"] if not i["ok"]]
        assert not bad, bad


main()
