"""A small disk below one folder of a system: ext4 in a file, on a loop device. `require()` skips the test where there is none."""

import os
import pathlib
import shutil
import subprocess
import tempfile

from system import skip


def require():
    if os.geteuid() != 0:
        skip("a small disk needs root")
    if shutil.which("mkfs.ext4", path="/usr/sbin:/sbin:/usr/bin") is None:
        skip("mkfs.ext4 is missing (e2fsprogs)")
    with tempfile.TemporaryDirectory() as folder:
        try:
            with SmallDisk(pathlib.Path(folder) / "tried", 16):
                pass
        except subprocess.CalledProcessError as error:
            skip(f"no loop device here: {error.stderr.decode().strip()}")


class SmallDisk:
    """Takes the place of a folder, with what is in it and its owner; as a context it is taken away at the end."""

    def __init__(self, folder, mebibytes):
        self.folder = pathlib.Path(os.path.realpath(folder))
        self.image = self.folder.with_name(self.folder.name + ".img")
        self.mebibytes = mebibytes
        self.ballast = self.folder / "ballast"

    def __enter__(self):
        old = self.folder.with_name(self.folder.name + ".old")
        if self.folder.exists():
            self.folder.rename(old)
        self.folder.mkdir()
        with open(self.image, "wb") as image:
            image.truncate(self.mebibytes << 20)
        subprocess.run(["/usr/sbin/mkfs.ext4", "-q", "-F", "-m", "0", self.image], check=True, capture_output=True)
        subprocess.run(["mount", "-o", "loop", self.image, self.folder], check=True, capture_output=True)
        (self.folder / "lost+found").rmdir()
        if old.exists():
            subprocess.run(["cp", "-a", f"{old}/.", self.folder], check=True)
            shutil.rmtree(old)
        return self

    def __exit__(self, kind, value, trace):
        subprocess.run(["umount", "-l", self.folder], check=False)
        self.image.unlink()

    def free(self):
        room = os.statvfs(self.folder)
        return room.f_bavail * room.f_frsize

    def fill(self):
        """Until not a block is left; again and again while others still give blocks back."""
        with open(self.ballast, "ab") as ballast:
            while self.free() > 0:
                try:
                    os.posix_fallocate(ballast.fileno(), os.fstat(ballast.fileno()).st_size, max(self.free() - 65536, 4096))
                except OSError:
                    return

    def make_room(self):
        self.ballast.unlink()
