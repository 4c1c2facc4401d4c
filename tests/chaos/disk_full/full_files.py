"""The disk is full for files that a promise rests on: spools of both libraries for integrators, attachments, keys, the importer's record
of deliveries, the webhooks' log. Whoever writes is told that there is no room; what was promised before is there, on the full disk (or
it says that there is no room to open it) and afterwards; with room again it goes on."""

import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lib"))
import small_disk  # noqa: E402
import writer  # noqa: E402

NO_ROOM = "No space left on device"
MEBIBYTES = 32
FULL_AFTER = 10  # promises
MORE = 20  # promises, with room again


def play(subject, folder):
    with small_disk.SmallDisk(folder / subject, MEBIBYTES) as disk:
        def each(n):
            if n >= FULL_AFTER:
                disk.fill()
            return False

        last, said = writer.write(subject, disk.folder, 0, each)
        assert NO_ROOM in said, f"{subject} says: {said}"
        assert last >= FULL_AFTER, f"{subject}: full after {last} promises"
        broken = writer.missing(subject, disk.folder, last)
        is_told = broken.startswith("cannot be opened") and NO_ROOM in broken
        assert not broken or is_told, f"{subject}, full: {broken}"
        disk.make_room()
        goal = last + MORE
        heard, _ = writer.write(subject, disk.folder, last, lambda n: n >= goal)
        broken = writer.missing(subject, disk.folder, heard)
        assert not broken, f"{subject}, with room again: {broken}"
        print(f"{subject}: {last} promises until full, {heard - last} more with room again, none broken; said: {said.strip()[-160:]}",
              flush=True)


def main():
    small_disk.require()
    with tempfile.TemporaryDirectory(prefix="wangli-test-") as folder:
        for subject in writer.SUBJECTS:
            play(subject, pathlib.Path(folder))


main()
