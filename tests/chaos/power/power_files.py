"""The power goes while files are written that a promise rests on: keys and other files that are replaced whole, append-only logs,
the spools of both libraries for integrators, attachments, the importer's record of deliveries, the webhooks' log. What was not synced
is gone or torn, names in folders too. Whatever was said to be durable is there, and the writer goes on from it.

The same with a disk that lies about fsync is found, for each of them.

WANGLI_CUTS says how often for each subject (12; with WANGLI_LONG 200), WANGLI_SEED when; the seed is printed."""

import os
import pathlib
import random
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lib"))
import power  # noqa: E402
import writer  # noqa: E402

CUTS = int(os.environ.get("WANGLI_CUTS", "200" if os.environ.get("WANGLI_LONG") else "12"))
SEED = int(os.environ.get("WANGLI_SEED", random.randrange(1 << 30)))
CUTS_A_DISK = 4  # then a new one: the first files of a folder are a moment of their own
PROMISES_MOST = 40


def write_until_cut(subject, disk, last, promises):
    """The power goes after so many promises; the number of the last one that was heard."""

    def each(n):
        if n == last + promises:
            disk.cut()
        return False

    heard, _ = writer.write(subject, disk.folder, last, each)
    assert heard >= last + promises, f"{subject}: ended after {heard - last} promises"
    return heard


def disk_of(folder):
    disk_folder = pathlib.Path(tempfile.mkdtemp(dir=folder))
    (disk_folder / "files").mkdir()
    return power.Disk(disk_folder / "files", disk_folder / "back")


def one_disk(subject, folder, rng, cuts, *lies):
    """The promises that were made on it, and those that were broken."""
    last = 0
    with disk_of(folder) as disk:
        for turn in range(cuts):
            torn = [f"torn={rng.randrange(1 << 30)}"] if turn % 2 else []
            disk.mount("names", *torn, *lies)
            last = write_until_cut(subject, disk, last, rng.randrange(1, PROMISES_MOST))
            disk.unmount()
            disk.mount()
            broken = writer.missing(subject, disk.folder, last)
            disk.unmount()
            if broken:
                return last, broken
    return last, ""


def main():
    power.require()
    print(f"seed {SEED}, {CUTS} cuts a subject (WANGLI_SEED, WANGLI_CUTS)", flush=True)
    rng = random.Random(SEED)
    failed = []
    with tempfile.TemporaryDirectory(prefix="wangli-test-") as folder:
        for subject in writer.SUBJECTS:
            promises, broken = 0, ""
            for _ in range(CUTS // CUTS_A_DISK):
                made, found = one_disk(subject, folder, rng, CUTS_A_DISK)
                promises, broken = promises + made, broken or found
            _, found_out = one_disk(subject, folder, rng, 1, "lie")
            print(f"{subject}: {promises} promises, broken: {' '.join(broken.split()[:12]) or 'none'}; "
                  f"a lying disk {'was found out' if found_out else 'WAS NOT FOUND OUT'}", flush=True)
            if broken or not found_out:
                failed.append(subject)
    assert not failed, failed


main()
