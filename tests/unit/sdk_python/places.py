"""Where things are, and what the C library makes."""

import os
import pathlib
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
BUILD = pathlib.Path(os.environ.get("WANGLI_BUILD", ROOT / "build" / "dev"))
LIBRARY = [str(ROOT / "sdk" / "python"), str(BUILD / "sdk" / "python")]


def golden(*arguments):
    done = subprocess.run([os.environ["WANGLI_GOLDEN"], *arguments], capture_output=True, text=True, check=True)
    return dict(line.split(" ") for line in done.stdout.splitlines())
