"""The stores (services/media/store.h) by one table of cases: a folder, and S3 on a stand-in that verifies every signature."""
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lib"))
from s3_standin import BUCKET, SECRET, StandIn  # noqa: E402

CHECK = pathlib.Path(os.environ["WANGLI_BUILD"]) / "tests" / "unit" / "media" / "store_check"
OK = "0"


def run(what, *where):
    with tempfile.TemporaryDirectory() as folder:
        result = subprocess.run([CHECK, what, folder, *where], capture_output=True, text=True, check=False, timeout=60)
        left = [path for path in (pathlib.Path(folder) / "tmp").iterdir()]
    assert left == [], left  # of files under way
    return result


def check(server, what, bucket=BUCKET, secret=SECRET, timeout_ms=20000):
    return run(what, f"http://127.0.0.1:{server.server_address[1]}", bucket, secret, str(timeout_ms))


class Folder(unittest.TestCase):
    def test_it_is_a_store(self):
        result = run("conform")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertEqual(len(re.findall("^(?:ok|skipped) ", result.stdout, re.M)), 7, result.stdout)


class S3(unittest.TestCase):
    def test_it_is_a_store(self):
        with StandIn() as server:
            result = check(server, "conform")
            self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
            self.assertEqual(result.stdout.count("ok "), 7, result.stdout)
            self.assertTrue(any("continuation-token" in asked for asked in server.asked), "no listing continued")
            self.assertEqual({key.split("/")[0] for key in server.objects}, {"objects", "index"})

    def test_every_way_of_being_away_is_a_retry(self):
        for fault in ("500", "503", "429", "redirect", "half", "nonsense", "drop"):
            with self.subTest(fault), StandIn(fault) as server:
                result = check(server, "away")
                self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_nobody_listens(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            closed = type("Closed", (), {"server_address": free.getsockname()})
        self.assertEqual(check(closed, "away").returncode, 0)

    def test_a_call_ends_with_its_time(self):
        with StandIn("hang") as server:
            began = time.monotonic()
            result = check(server, "away", timeout_ms=200)
            took = time.monotonic() - began
        self.assertEqual(result.returncode, 0, result.stdout)
        self.assertGreater(took, 7 * 0.2 - 0.1)  # seven calls, each waited for
        self.assertLess(took, 15)

    def test_a_refusal_is_a_retry_and_says_why(self):
        cases = {"wrong secret": (dict(secret="wrong"), 0, "403 SignatureDoesNotMatch"),
                 "wrong bucket": (dict(bucket="strange"), 0, "404 NoSuchBucket"),
                 "wrong clock": ({}, 20, "403 RequestTimeTooSkewed")}
        for name, (options, off, why) in cases.items():
            with self.subTest(name), StandIn(off=off) as server:
                self.assertEqual(check(server, "away", **options).returncode, 0)
                self.assertIn(why, check(server, "put", **options).stdout)
                self.assertEqual(server.objects, {})

    def test_a_clock_within_bounds_is_taken(self):
        with StandIn(off=14) as server:
            self.assertEqual(check(server, "put").stdout.split()[0], OK)

    def test_a_copy_that_fails_after_200_is_no_touch(self):
        with StandIn("copy") as server:
            self.assertEqual(check(server, "put").stdout.split()[0], OK)
            self.assertIn("200 InternalError", check(server, "touch").stdout)

    def test_what_is_not_what_it_is_called_is_not_handed_out(self):
        with StandIn() as server:
            check(server, "put")
            self.assertEqual(check(server, "get").stdout.split()[0], OK)
            server.fault = "rot"
            self.assertIn("another object", check(server, "get").stdout)

    def test_no_secret_travels(self):
        with StandIn() as server:
            check(server, "put")
            self.assertNotIn(SECRET, " ".join(server.asked))


if __name__ == "__main__":
    unittest.main()
