"""The bench itself, on a few hundred cases of the sanitized build: its books agree, its document has the promised shape, and
nothing of its system is left. No figure is looked at: they say nothing here."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lib"))
from system import ROOT, until  # noqa: E402

SHORT = ["--json", "--rounds", "1", "--seconds", "1", "--limit-seconds", "1", "--cases", "150"]


def bench(folder, *args):
    """(exit code, the document, what it said)."""
    env = dict(os.environ, WANGLI_PRESET="dev", TMPDIR=str(folder))
    done = subprocess.run([ROOT / "wangli", "bench", *args, *SHORT], env=env, capture_output=True, text=True, timeout=600,
                          stdin=subprocess.DEVNULL, check=False)
    assert done.returncode in (0, 1), f"exit {done.returncode}\n{done.stdout}\n{done.stderr[-4000:]}"
    assert done.stdout.count("\n") == 1, f"not one document:\n{done.stdout}"
    return json.loads(done.stdout), done


def assert_shape(said, *names):
    for name in ("bench", "version", "build", "limit", "flushes_a_second", "is_valid", "is_whole", "writes", "processor", *names):
        assert name in said, f"{name} is missing in {said}"
    assert said["build"].startswith("sanitized"), said["build"]
    assert said["limit"]["a_second"] > 0 and len(said["limit"]["rounds"]) == 1, said["limit"]
    assert {side["service"] for side in said["writes"]} == {"intake", "dispatch", "reply", "followup", "analytics", "all"}


def intake(folder):
    said, _ = bench(folder, "intake")
    assert_shape(said, "submissions", "submissions_all_running", "one_in_flight", "offered_receipt", "offered_assigned")
    assert said["is_whole"] and said["submitted"] == said["receipts"] == said["stored"] == 150 * 6, said
    assert said["one_in_flight"]["n"] == 150 and said["one_in_flight"]["p50_us"] > 0, said
    assert said["one_in_flight"]["p50_us"] <= said["one_in_flight"]["p99_us"], said


def lifecycle(folder, *args):
    said, _ = bench(folder, "lifecycle", *args, "--in-flight", "100")
    assert_shape(said, "lives", "closed", "whole_p50_us", "wal_bytes_a_case")
    assert said["is_whole"] and said["submitted"] == 300 and said["submitted_in_rounds"] == 150, said
    assert set(said["closed"].values()) == {300}, said["closed"]
    assert next(s for s in said["writes"] if s["service"] == "analytics")["inserted_a_case"] >= 1, said


def interrupted_it_leaves_nothing(folder):
    env = dict(os.environ, WANGLI_PRESET="dev", TMPDIR=str(folder))
    run = subprocess.Popen([ROOT / "wangli", "bench", "intake", "--json"], env=env, stdin=subprocess.DEVNULL,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    until(300, "the bench submits", lambda: run.poll() is not None or list(folder.glob("*/data/bench/spool-0/letters")))
    assert run.poll() is None, "it ended before it was interrupted"
    os.killpg(run.pid, signal.SIGINT)
    assert run.wait(120) != 0


def refused(folder):
    for args in (["bench"], ["bench", "soup"], ["bench", "intake", "--rounds", "0"], ["bench", "lifecycle", "--rounds"],
                 ["bench", "intake", "--fast"], ["bench", "intake", "--set", "WINDOW"]):
        env = dict(os.environ, WANGLI_PRESET="dev", TMPDIR=str(folder))
        done = subprocess.run([ROOT / "wangli", *args], env=env, capture_output=True, text=True, timeout=60,
                              stdin=subprocess.DEVNULL, check=False)
        assert done.returncode != 0 and done.stderr.strip(), f"{args}: {done.returncode} {done.stderr}"


def processes_of(folder):
    found = []
    for proc in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            words = (proc / "cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if str(folder) in words:
            found.append(words.replace("\0", " "))
    return found


def main():
    with tempfile.TemporaryDirectory(prefix="wangli-test-bench-") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        intake(folder)
        lifecycle(folder)
        lifecycle(folder, "--auto")
        interrupted_it_leaves_nothing(folder)
        refused(folder)
        assert not list(folder.iterdir()), f"left behind: {list(folder.iterdir())}"
        assert not processes_of(folder), processes_of(folder)


main()
