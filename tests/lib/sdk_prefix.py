"""The client library as an integrator gets it: installed into a folder of its own, programs compiled by pkg-config alone."""

import os
import pathlib
import re
import shlex
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
STRICT = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-pedantic"]


def run(*command, env=None, ok=(0,), timeout=300):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=timeout, check=False,
                          env=env, stdin=subprocess.DEVNULL)
    assert done.returncode in ok, f"{shlex.join(map(str, command))}: exit {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def cache(build, name):
    match = re.search(rf"^{name}:[A-Z]+=(.*)$", (build / "CMakeCache.txt").read_text(), re.MULTILINE)
    return match[1] if match else ""


class Prefix:
    def __init__(self, build, folder):
        self.build = pathlib.Path(build)
        self.folder = pathlib.Path(folder) / "prefix"
        run("cmake", "--install", self.build, "--component", "sdk", "--prefix", self.folder)
        self.pc = next(self.folder.rglob("wangli.pc"))
        self.library = self.pc.parent.parent
        self.header = self.folder / "include" / "wangli.h"
        self.compiler = cache(self.build, "CMAKE_C_COMPILER")
        # a library with a sanitizer inside wants a program with the same
        is_sanitized = cache(self.build, "WANGLI_SANITIZE") == "ON"
        self.sanitizer = ["-fsanitize=address,undefined"] if is_sanitized else []

    def env(self, env=None):
        return dict(os.environ if env is None else env, LD_LIBRARY_PATH=str(self.library))

    def flags(self, *what):
        """Of our .pc file alone: an integrator has the libraries below ours, not what is needed to build on them."""
        return run("pkg-config", *what, "wangli", env=dict(os.environ, PKG_CONFIG_LIBDIR=str(self.pc.parent))).split()

    def example(self, name, folder):
        """The installed example, compiled in a folder that has nothing of the tree."""
        source = next(self.folder.rglob(f"examples/{name}.c"))
        program = pathlib.Path(folder) / name
        run(self.compiler, *STRICT, *self.sanitizer, source, *self.flags("--cflags", "--libs"), "-o", program)
        return program
