"""Each allocation of our own code fails once while files are written that a promise rests on (tests/chaos/power/power_writer.c): the
writer ends with a CHECK or with an error in words, or goes on; it never follows a NULL, and whatever it promised before is there for
the next process, which goes on from it."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lib"))
import writer  # noqa: E402

PROGRAM = writer.BUILD / "tests" / "chaos" / "memory" / "malloc_writer"
PROMISES = 6
ALLOCATIONS_MOST = 2000
ABORTED = -6
KILLED = -9


def write(subject, folder, n):
    """The last promise, whether the n-th allocation was made (and failed), and how it ended."""
    last, env = 0, dict(writer.ENV, MALLOC_FAILS_AT=str(n))
    with subprocess.Popen([PROGRAM, subject, folder, "write", "1"], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True) as process:
        for line in process.stdout:
            last = int(line)
            if last >= PROMISES:
                process.kill()
                break
        said = process.stderr.read()
    has_failed = "an allocation fails" in said
    rest = re.sub("an allocation fails.*\n", "", said).strip()
    if process.returncode == ABORTED:
        assert "CHECK failed" in rest, f"{subject}, allocation {n}: {said[-3000:]}"
        return last, has_failed, "CHECK"
    assert process.returncode == KILLED or (process.returncode == writer.EXIT_DISK and rest), \
        f"{subject}, allocation {n}: exit {process.returncode}: {said[-3000:]}"
    return last, has_failed, "went on" if process.returncode == KILLED else "error"


def play(subject, folder):
    """How often it ended how."""
    ends = {}
    for n in range(1, ALLOCATIONS_MOST):
        last, has_failed, how = write(subject, folder, n)
        broken = writer.missing(subject, folder, last)
        assert not broken, f"{subject}, allocation {n}: {broken}"
        shutil.rmtree(folder)
        os.mkdir(folder)
        if not has_failed:
            return ends
        ends[how] = ends.get(how, 0) + 1
    raise AssertionError(f"{subject} allocates more than {ALLOCATIONS_MOST} times")


def main():
    with tempfile.TemporaryDirectory(prefix="wangli-test-") as scratch:
        folder = os.path.join(scratch, "files")
        os.mkdir(folder)
        for subject in writer.SUBJECTS:
            if subject != "python":
                print(f"{subject}: {play(subject, folder)}", flush=True)


main()
