"""The killed integrator: a program that hands in N letters is killed -9 and started again until it is done, and there are exactly N
cases. The letters come in rounds. In the even ones run k dies by itself at its k-th moment (before a file operation, with half of it
written, after it: tests/lib/kill_at.c), until one gets to its end; in the odd ones it is killed from outside at random.

    i_killed.py [--letters N] [--long] [PROGRAM ARGUMENT...]

The program is an integrator with the arguments of sdk/python/examples/integrator.py; that one when none is named. N is 300, with --long or
WANGLI_LONG=1 10,000."""

import argparse
import collections
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests" / "lib"))
from system import System, skip  # noqa: E402

BUILD = pathlib.Path(os.environ.get("WANGLI_BUILD", ROOT / "build" / "dev"))
MOMENTS = ("before", "half", "after")
CHANNEL = "killed"
RUNS_MOST = 400  # of one round: more means that it does not get on
SEED = 4


class Integrator:
    """One program with its spool and files; each run is killed or ends."""

    def __init__(self, s, command, folder):
        self.folder = folder
        self.letters, self.receipts = folder / "letters", folder / "receipts"
        keys = s.data / "keys"
        self.command = [*command, "--address", f"tcp://127.0.0.1:{s.port + 1}", "--server-key-file", str(keys / "door.pub"),
                        "--key-file", str(keys / "channels" / CHANNEL), "--vault-key-file", str(keys / "vault.pub"),
                        "--spool", str(folder / "spool"), "--channel", CHANNEL, "--letters", str(self.letters),
                        "--receipts", str(self.receipts)]
        self.kills = collections.Counter()

    def start(self, **env):
        paths = os.pathsep.join([str(ROOT / "sdk" / "python"), str(BUILD / "sdk" / "python")])
        # a module that is loaded first and is no sanitizer is fine: it only stands before file operations
        env = dict(os.environ, PYTHONPATH=paths, ASAN_OPTIONS="verify_asan_link_order=0:detect_leaks=0", **env)
        return subprocess.Popen(self.command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def end(self, process, how, seconds=300):
        """True: it was done. Another end than that and the kill fails."""
        try:
            said, _ = process.communicate(timeout=seconds)
        finally:
            process.kill()  # nothing stays behind a test that failed
        if process.returncode == -signal.SIGKILL:
            self.kills[how] += 1
            return False
        assert process.returncode == 0, f"exit {process.returncode}: {said[-3000:]}"
        return True

    def killed_at(self, step):
        preload = {"LD_PRELOAD": str(BUILD / "tests" / "lib" / "kill_at.so")} | {
            "WANGLI_KILL_AT": str(step), "WANGLI_KILL_UNDER": str(self.folder)}
        return self.end(self.start(**preload), MOMENTS[step % 3])

    def killed_after(self, seconds):
        process = self.start()
        try:
            process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
        return self.end(process, "outside")


def letter(n):
    return f"letter-{n}\t路灯不亮（{n}）\t春熙路中段的路灯坏了，晚上走路看不清，请安排维修。编号{n}。\n"


def step_by_step(one):
    """Run k is killed at its k-th moment, until one gets to its end: then every moment that it had was the last one of some run."""
    for step in range(RUNS_MOST):
        if one.killed_at(step):
            return
    raise AssertionError(f"not done after {RUNS_MOST} runs")


def from_outside(one, dice):
    """Killed at random moments; each run has a little longer, so that it ends."""
    for runs in range(RUNS_MOST):
        if one.killed_after(dice.uniform(0.0, 0.02 * (runs + 1))):
            return
    raise AssertionError(f"not done after {RUNS_MOST} runs")


def play_round(one, number, letters, dice):
    """These letters, until all are answered."""
    one.letters.write_text("".join(map(letter, letters)), encoding="utf-8")
    if number % 2 == 0:
        step_by_step(one)
    else:
        from_outside(one, dice)


def verify(s, one, count):
    """As many cases as letters, each name once, and each receipt names its case."""
    rows = s.sql(f"select source_msg_id, count(*), min(case_id) from intake.v_submission where source = '{CHANNEL}' group by 1")
    cases = {row[0]: (int(row[1]), row[2]) for row in rows}
    names = {f"letter-{n}" for n in range(1, count + 1)}
    assert set(cases) == names, (len(cases), sorted(set(cases) ^ names)[:10])
    assert all(n == 1 for n, _ in cases.values()), "a name has two cases"
    assert len({case for _, case in cases.values()}) == count, "two names share a case"
    contacts = s.one(f"select count(*) from intake.v_contact c join intake.v_submission m using (case_id) "
                     f"where m.source = '{CHANNEL}' and c.has_record and c.has_key")
    assert int(contacts) in (0, count), f"{contacts} contacts are stored"  # the program seals one for each letter, or none
    receipts = collections.defaultdict(set)
    for line in one.receipts.read_text().splitlines():
        name, number = line.split(" ")
        receipts[name].add(number)
    assert set(receipts) == names, f"{len(receipts)} letters have a receipt"
    assert all(len(numbers) == 1 for numbers in receipts.values()), "a letter has receipts of two cases"
    assert len({min(numbers) for numbers in receipts.values()}) == count, "two letters have the same case number"
    bad = [i for i in s.check()["invariants"] if not i["ok"]]
    assert not bad, json.dumps(bad)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--letters", type=int)
    parser.add_argument("--long", action="store_true", default=os.environ.get("WANGLI_LONG") == "1")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    given = parser.parse_args()
    given.command = [word for word in given.command if word != "--"]
    return given


def default_command():
    python = os.environ.get("WANGLI_SDK_PYTHON", "/usr/bin/python3")
    if subprocess.run([python, "-c", "import zmq, google.protobuf, nacl"], capture_output=True, check=False).returncode != 0:
        skip("python3-zmq, python3-protobuf or python3-nacl is not installed (deploy/packages/test.list)")
    if not (BUILD / "sdk" / "python" / "wangli_messages").exists():
        skip("the build made no wangli_messages: protobuf-compiler is not installed (deploy/packages/test.list)")
    return [python, str(ROOT / "sdk" / "python" / "examples" / "integrator.py")]


def main():
    given = arguments()
    count = given.letters or (10000 if given.long else 300)
    rounds = max(4, count // 500)
    command = given.command or default_command()
    dice = random.Random(SEED)
    with System() as s:
        s.wangli("channel", "add", CHANNEL)
        folder = s.folder / "integrator"
        folder.mkdir()
        one = Integrator(s, command, folder)
        began = time.monotonic()
        for number in range(rounds):
            first, last = count * number // rounds + 1, count * (number + 1) // rounds
            play_round(one, number, range(first, last + 1), dice)
            print(f"round {number}: letters {first} to {last}, kills so far {dict(one.kills)}, {time.monotonic() - began:.0f} s", flush=True)
        seconds = time.monotonic() - began
        s.until_settled(600)
        verify(s, one, count)
        kills = sum(one.kills.values())
        assert all(one.kills[how] > 0 for how in (*MOMENTS, "outside")), one.kills
        print(f"{count} letters, {kills} kills ({dict(one.kills)}, seed {SEED}), {seconds:.0f} s, {count} cases, check clean", flush=True)


if __name__ == "__main__":
    main()
