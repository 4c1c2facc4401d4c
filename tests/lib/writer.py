"""Who writes, through our own code, what a promise rests on (tests/chaos/power/power_writer.c, spool_writer.py): one subject, one place."""

import os
import pathlib
import subprocess

from system import ROOT

BUILD = pathlib.Path(os.environ.get("WANGLI_BUILD", ROOT / "build" / "dev"))
SUBJECTS = ("file", "log", "spool", "python", "objects", "deliveries", "book")
EXIT_DISK = 3
PYTHON = os.environ.get("WANGLI_SDK_PYTHON", "/usr/bin/python3")
ENV = dict(os.environ, PYTHONPATH=os.pathsep.join([str(ROOT / "sdk" / "python"), str(BUILD / "sdk" / "python")]),
           ASAN_OPTIONS="detect_leaks=0")


def _command(subject, folder, word, number):
    script = [PYTHON, ROOT / "tests" / "chaos" / "power" / "spool_writer.py"]
    program = script if subject == "python" else [BUILD / "tests" / "chaos" / "power" / "power_writer"]
    return [*map(str, program), subject, str(folder), word, str(number)]


def write(subject, folder, last, each):
    """From last + 1 on until the disk fails; each(n) hears each promise, True: it is killed now. The last one, and what it said."""
    with subprocess.Popen(_command(subject, folder, "write", last + 1), env=ENV, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True) as writer:
        is_killed = False
        for line in writer.stdout:
            last = int(line)
            if not is_killed and each(last):
                is_killed = True
                writer.kill()
        said = writer.stderr.read()
    assert is_killed or writer.returncode == EXIT_DISK, f"{subject}: exit {writer.returncode}: {said[-2000:]}"
    return last, said


def missing(subject, folder, last):
    """What was promised and is not there, in words; empty: nothing."""
    done = subprocess.run(_command(subject, folder, "verify", last), env=ENV, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode in (0, 1), f"{subject}: exit {done.returncode}: {done.stderr[-2000:]}"
    return done.stdout if done.returncode else ""
