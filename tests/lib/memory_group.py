"""A control group with a limit of memory, of either version; `require()` skips the test where none can be made."""

import os
import pathlib

from system import skip, until

V1 = pathlib.Path("/sys/fs/cgroup/memory")
V2 = pathlib.Path("/sys/fs/cgroup")


def _root():
    if (V1 / "memory.limit_in_bytes").exists():
        return V1
    controllers = V2 / "cgroup.subtree_control"
    return V2 if controllers.exists() and "memory" in controllers.read_text().split() else None


def require():
    if os.geteuid() != 0:
        skip("a control group needs root")
    if _root() is None:
        skip("no memory controller is mounted at /sys/fs/cgroup")
    try:
        with MemoryGroup("wangli-tried"):
            pass
    except OSError as error:
        skip(f"no control group can be made: {error}")


class MemoryGroup:
    """Made empty; as a context it is taken away at the end, when whoever was in it is gone."""

    def __init__(self, name):
        self.folder = _root() / name
        self.is_v1 = _root() == V1

    def __enter__(self):
        self.folder.mkdir()
        return self

    def __exit__(self, kind, value, trace):
        until(30, "the group is empty", self.is_empty)
        self.folder.rmdir()

    def is_empty(self):
        return not (self.folder / "cgroup.procs").read_text()

    def add(self, pid):
        (self.folder / "cgroup.procs").write_text(str(pid))

    def limit(self, bytes_most):
        if self.is_v1:
            (self.folder / "memory.limit_in_bytes").write_text(str(bytes_most))
        else:
            (self.folder / "memory.max").write_text(str(bytes_most))

    def kills(self):
        """How many of its processes the kernel killed for want of memory."""
        lines = (self.folder / ("memory.oom_control" if self.is_v1 else "memory.events")).read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.split()[0] == "oom_kill")
