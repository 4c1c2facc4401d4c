"""power_writer.c's subject `spool` for the library in Python: the same words, the same answers."""

import sys

from wangli.errors import SpoolFailed
from wangli.outbox import Outbox
from wangli.spool import DELIVERED, Kept, Spool

LIVE = 4  # so many letters wait for their answer
BODY = 200 * 1024  # so large that the spool is soon written anew


def put(spool, outbox, n):
    if outbox.find(str(n)) is None:
        spool.add_letter(outbox.add(str(n), b"f" * 32, bytes([n % 256]) * BODY))
    old = outbox.find(str(n - LIVE))
    if old is not None:
        spool.add_answered(old)
        outbox.answered(old)
    spool.sync()
    spool.add_outcome(str(n), Kept(DELIVERED))
    spool.keep_outcomes()


def is_there(spool, outbox, n, last):
    letter = outbox.find(str(n))
    if spool.find_outcome(str(n)) is None:
        return False
    return n + LIVE <= last + 1 if letter is None else letter.body == bytes([n % 256]) * BODY


def write(folder, n):
    outbox = Outbox(10)
    spool = Spool(folder + "/spool", outbox)
    while True:
        put(spool, outbox, n)
        print(n, flush=True)
        n += 1


def verify(folder, last):
    outbox = Outbox(10)
    try:
        spool = Spool(folder + "/spool", outbox)
    except SpoolFailed as error:
        print("cannot be opened:", error)
        return 1
    missing = [n for n in range(1, last + 1) if not is_there(spool, outbox, n, last)]
    print("\n".join(map(str, missing)))
    return 1 if missing else 0


def main():
    folder, word, number = sys.argv[2], sys.argv[3], int(sys.argv[4])
    try:
        return verify(folder, number) if word == "verify" else write(folder, number)
    except SpoolFailed as error:
        print(error, file=sys.stderr)
        return 3


sys.exit(main())
