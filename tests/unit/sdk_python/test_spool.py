"""The spool: what was synced is there again after a crash at any byte; outcomes live 90 days; claims come back where they stood."""

import errno
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

from places import LIBRARY
from wangli import log
from wangli.errors import Conflict, SpoolFailed
from wangli.outbox import Outbox
from wangli.spool import DELIVERED, IN_DOUBT, PERIOD_SECONDS, Claim, Kept, Spool

NOW = 1_700_000_000.0
OTHER = "import sys; from wangli.spool import *; from wangli.outbox import Outbox; Spool(sys.argv[1], Outbox(1))"


class Folder(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.path = pathlib.Path(scratch.name) / "spool"

    def open(self, now=NOW):
        outbox = Outbox(10)
        spool = Spool(str(self.path), outbox, now)
        return spool, outbox

    def ids(self):
        spool, outbox = self.open()
        spool.close()
        return [letter.id for letter in outbox]

    def add(self, spool, outbox, *ids):
        for id_ in ids:
            spool.add_letter(outbox.add(id_, b"f" * 32, b"body of " + id_.encode()))


class Letters(Folder):
    def test_letters_come_back_byte_for_byte_until_answered(self):
        spool, outbox = self.open()
        self.add(spool, outbox, "a", "b", "三")
        spool.sync()
        spool.add_answered(outbox.find("b"))
        outbox.answered(outbox.find("b"))
        spool.sync()
        spool.close()
        spool, outbox = self.open()
        self.assertEqual([(one.id, one.fingerprint, one.body) for one in outbox],
                         [("a", b"f" * 32, b"body of a"), ("三", b"f" * 32, "body of 三".encode())])
        spool.close()

    def test_every_torn_tail_keeps_what_was_whole(self):
        spool, outbox = self.open()
        self.add(spool, outbox, "a")
        spool.sync()
        whole = os.path.getsize(self.path / "letters.log")
        self.add(spool, outbox, "b")
        spool.sync()
        spool.close()
        data = (self.path / "letters.log").read_bytes()
        for cut in range(whole, len(data)):
            for tail in (b"", bytes(16), b"\xff" * 9):
                (self.path / "letters.log").write_bytes(data[:cut] + tail)
                with self.subTest(cut=cut, tail=tail):
                    self.assertEqual(self.ids(), ["a"])
        damaged = bytearray(data)
        damaged[whole + 20] ^= 1
        (self.path / "letters.log").write_bytes(damaged)
        self.assertEqual(self.ids(), ["a"])

    def test_what_follows_a_torn_tail_is_read_again(self):
        spool, outbox = self.open()
        self.add(spool, outbox, "a")
        spool.sync()
        spool.close()
        with open(self.path / "letters.log", "ab") as file:
            file.write(b"\x40\0\0\0torn")
        spool, outbox = self.open()
        self.add(spool, outbox, "b")
        spool.sync()
        spool.close()
        self.assertEqual(self.ids(), ["a", "b"])

    def test_what_stood_behind_a_torn_record_never_comes_back(self):
        spool, outbox = self.open()
        self.add(spool, outbox, "a", "b", "c")
        spool.sync()
        spool.close()
        data = bytearray((self.path / "letters.log").read_bytes())
        data[len(data) // 3 + 12] ^= 1  # in the second of three records of one size
        (self.path / "letters.log").write_bytes(data)
        spool, outbox = self.open()
        self.add(spool, outbox, "d")  # takes the second one's place, and no more
        spool.sync()
        spool.close()
        self.assertEqual(self.ids(), ["a", "d"])

    def test_failed_sync_says_so_and_the_next_one_writes_it_all(self):
        spool, outbox = self.open()
        self.add(spool, outbox, "a")
        for name in ("pwrite", "fdatasync"):
            with mock.patch.object(log.os, name, side_effect=OSError(errno.ENOSPC, "No space left on device")):
                with self.assertRaisesRegex(SpoolFailed, "letters.log: No space"):
                    spool.sync()
        spool.sync()
        spool.close()
        self.assertEqual(self.ids(), ["a"])

    def test_history_is_compacted_and_nothing_is_lost(self):
        with mock.patch("wangli.spool.COMPACT_FROM", 4096):
            spool, outbox = self.open()
            for n in range(200):
                self.add(spool, outbox, f"m{n}")
                spool.sync()
                if n % 50:
                    spool.add_answered(outbox.find(f"m{n}"))
                    outbox.answered(outbox.find(f"m{n}"))
            spool.sync()
            self.assertLess(os.path.getsize(self.path / "letters.log"), 8192)
            spool.close()
        self.assertEqual(self.ids(), ["m0", "m50", "m100", "m150"])

    def test_failed_rename_keeps_the_old_file(self):
        spool, outbox = self.open()
        self.add(spool, outbox, "a", "b")
        with mock.patch("wangli.spool.COMPACT_FROM", 0), mock.patch.object(log.os, "rename", side_effect=OSError(errno.EIO, "I/O error")):
            outbox.answered(outbox.find("a"))
            with self.assertRaises(SpoolFailed):
                spool.sync()
        self.add(spool, outbox, "c")
        spool.sync()
        spool.close()
        self.assertIn("c", self.ids())

    def test_second_process_is_refused(self):
        spool, _ = self.open()
        env = dict(os.environ, PYTHONPATH=os.pathsep.join(LIBRARY))
        done = subprocess.run([sys.executable, "-c", OTHER, self.path], env=env, capture_output=True, text=True, check=False)
        self.assertIn("wangli.errors.Conflict", done.stderr)
        with self.assertRaisesRegex(Conflict, "another process"):
            self.open()
        spool.close()
        subprocess.run([sys.executable, "-c", OTHER, self.path], env=env, check=True)


class Outcomes(Folder):
    def test_outcome_counts_when_kept_and_comes_back(self):
        spool, _ = self.open()
        spool.add_outcome("d1", Kept(DELIVERED, "因为", 3))
        self.assertFalse(spool.find_outcome("d1").is_kept)
        spool.keep_outcomes(NOW)
        self.assertTrue(spool.find_outcome("d1").is_kept)
        spool.add_outcome("d2", Kept(DELIVERED))
        spool.drop_outcomes()
        self.assertIsNone(spool.find_outcome("d2"))
        spool.close()
        spool, _ = self.open()
        self.assertEqual(spool.find_outcome("d1"), Kept(DELIVERED, "因为", 3, True))
        self.assertIsNone(spool.find_outcome("d2"))
        spool.close()

    def test_dropped_one_gives_way_to_what_was_kept_before(self):
        spool, _ = self.open()
        spool.add_outcome("d", Kept(IN_DOUBT, "", 1))
        spool.keep_outcomes(NOW)
        spool.add_outcome("d", Kept(DELIVERED, "", 2))
        with mock.patch.object(log.os, "fdatasync", side_effect=OSError(errno.EIO, "I/O error")), self.assertRaises(SpoolFailed):
            spool.keep_outcomes(NOW)
        self.assertEqual(spool.find_outcome("d"), Kept(IN_DOUBT, "", 1, True))
        spool.close()
        spool, _ = self.open()
        self.assertEqual(spool.find_outcome("d").what, IN_DOUBT)
        spool.close()

    def test_outcomes_live_ninety_days_and_no_file_longer_than_four_periods(self):
        start = PERIOD_SECONDS * 600
        spool, _ = self.open(start)
        spool.add_outcome("d", Kept(DELIVERED))
        spool.keep_outcomes(start)
        spool.close()
        for days, is_there in ((90, True), (119, True), (120, False)):
            spool, _ = self.open(start + days * 86400)
            self.assertEqual(spool.find_outcome("d") is not None, is_there, days)
            spool.close()
        self.assertEqual(list(self.path.glob("outcomes-*")), [])

    def test_clock_put_back_forgets_nothing(self):
        spool, _ = self.open()
        spool.add_outcome("d", Kept(DELIVERED))
        spool.keep_outcomes(NOW)
        spool.close()
        spool, _ = self.open(NOW - 2 * PERIOD_SECONDS)
        self.assertIsNotNone(spool.find_outcome("d"))
        spool.close()


class Claims(Folder):
    def again(self, spool):
        spool.close()
        return self.open()[0]

    def test_claim_comes_back_where_it_stood(self):
        spool, _ = self.open()
        claim = Claim("d", "c" * 32, b"head", b"body")
        spool.add_claim(claim)
        spool = self.again(spool)
        self.assertEqual(spool.claims, {"d": Claim("d", "c" * 32, b"head", b"body")})
        spool.claim_calling(spool.claims["d"], 2)
        spool = self.again(spool)
        self.assertEqual((spool.claims["d"].fence, spool.claims["d"].is_calling), (2, True))
        spool.claim_rested(spool.claims["d"])
        spool = self.again(spool)
        self.assertEqual((spool.claims["d"].fence, spool.claims["d"].is_calling), (2, False))
        spool.add_outcome("d", Kept(DELIVERED, "", 2))
        spool.keep_outcomes(NOW)  # killed before the claim is closed
        spool = self.again(spool)
        self.assertEqual(spool.claims, {})
        spool = self.again(spool)
        self.assertEqual((spool.claims, os.path.getsize(self.path / "claims.log")), ({}, 0))
        spool.close()

    def test_closed_claims_are_compacted_while_running(self):
        with mock.patch("wangli.spool.COMPACT_FROM", 2048):
            spool, _ = self.open()
            for n in range(100):
                spool.add_claim(Claim(f"d{n}", "c" * 32, b"head", b"body"))
                if n % 50:
                    spool.close_claim(spool.claims[f"d{n}"])
            self.assertLess(os.path.getsize(self.path / "claims.log"), 4096)
            spool = self.again(spool)
            self.assertEqual(set(spool.claims), {"d0", "d50"})
            spool.close()
