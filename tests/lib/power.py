"""A disk that loses its power, below one folder of a system: tests/chaos/power/power_fs.c, mounted over the folder.

Needs root and FUSE; `power.require()` skips the test otherwise."""

import json
import os
import pathlib
import signal
import subprocess

from system import ROOT, skip, until

PROGRAM = pathlib.Path(os.environ.get("WANGLI_BUILD", ROOT / "build" / "dev")) / "tests" / "chaos" / "power" / "power_fs"


def require():
    if os.geteuid() != 0:
        skip("a file system of its own needs root")
    try:
        os.close(os.open("/dev/fuse", os.O_RDWR))
    except OSError as error:
        skip(f"no FUSE here: {error}")


def processes_in(folder):
    """Who stands in the folder or has a file of it open."""
    folder = os.path.realpath(folder)
    found = set()
    for proc in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            places = [proc / "cwd", *(proc / "fd").iterdir()]
            if any(os.readlink(place).startswith(folder) for place in places):
                found.add(int(proc.name))
        except OSError:
            continue
    return found


class Disk:
    """Takes the place of a folder, with what is in it; as a context it is taken away at the end."""

    def __init__(self, folder, back):
        """back: where the files lie from now on, on the same file system as the folder."""
        self.folder = pathlib.Path(os.path.realpath(folder))
        self.back = pathlib.Path(back)
        self.process = None
        self.back.mkdir()
        self.folder.rename(self.back / "live")
        self.folder.mkdir()

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if self.process is not None:
            self.cut()
            self.kill_users()
            subprocess.run(["umount", "-l", self.folder], check=False)
            self.process.wait(timeout=30)

    def mount(self, *options):
        """options of power_fs: names, torn=SEED, lie."""
        self.process = subprocess.Popen([PROGRAM, self.back, self.folder, *options], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, text=True)
        until(10, "the disk is mounted", lambda: os.path.ismount(self.folder))

    def cut(self):
        """The power goes: nothing works any longer. Whoever has a file open must be killed before unmount()."""
        self.process.send_signal(signal.SIGUSR1)

    def kill_users(self):
        users = processes_in(self.folder)
        while users:
            for pid in users:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            users = processes_in(self.folder)

    def unmount(self):
        """After cut(): what was lost, as numbers of files, blocks, names, and of sectors that were not."""
        until(30, "nobody uses the disk", lambda: subprocess.run(["umount", self.folder], stderr=subprocess.DEVNULL,
                                                                 check=False).returncode == 0)
        said, _ = self.process.communicate(timeout=60)
        assert self.process.returncode == 0, said
        self.process = None
        return json.loads(said) if said else {}
