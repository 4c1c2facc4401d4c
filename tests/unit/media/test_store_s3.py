"""The stores (services/media/store.h) by one table of cases. S3 on a stand-in that is as strict as the service: it computes every signature by itself from
what it was sent, refuses a payload that is not the one signed and a clock that is off, and can be told to fail in the ways services fail."""
import datetime
import email.utils
import hashlib
import hmac
import http.server
import os
import pathlib
import re
import socket
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.parse

CHECK = pathlib.Path(os.environ["WANGLI_BUILD"]) / "tests" / "unit" / "media" / "store_check"
ACCESS, SECRET, REGION, BUCKET = "WANGLITEST", "c2VjcmV0/+key", "cn-north-1", "letters"
SKEW = datetime.timedelta(minutes=15)
PAGE = 2  # small, so that listings continue
OK = "0"


def digest(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


class Refusal(Exception):
    def __init__(self, status, code):
        super().__init__(code)
        self.status, self.code = status, code


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    # --- what is asked ---

    def signature_check(self, body):
        scheme, _, rest = self.headers.get("Authorization", "").partition(" ")
        fields = dict(field.strip().split("=", 1) for field in rest.split(",") if "=" in field)
        if scheme != "AWS4-HMAC-SHA256" or set(fields) != {"Credential", "SignedHeaders", "Signature"}:
            raise Refusal(403, "AccessDenied")
        access, day, region, service, end = fields["Credential"].split("/")
        if (access, region, service, end) != (ACCESS, REGION, "s3", "aws4_request"):
            raise Refusal(403, "InvalidAccessKeyId")
        stamp = self.headers["x-amz-date"]
        at = datetime.datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
        if not stamp.startswith(day) or abs(datetime.datetime.now(datetime.timezone.utc) + self.server.off - at) > SKEW:
            raise Refusal(403, "RequestTimeTooSkewed")
        signed = fields["SignedHeaders"].split(";")
        amazon = {name.lower() for name in self.headers if name.lower().startswith("x-amz-")} | {"host"}
        if signed != sorted(signed) or not amazon <= set(signed):
            raise Refusal(403, "AccessDenied")
        if self.headers["x-amz-content-sha256"] != hashlib.sha256(body).hexdigest():
            raise Refusal(400, "XAmzContentSHA256Mismatch")
        path, _, query = self.path.partition("?")
        pairs = sorted(tuple(map(urllib.parse.unquote, pair.partition("=")[::2])) for pair in query.split("&") if pair)
        quoted = "&".join("=".join(urllib.parse.quote(part, safe="-._~") for part in pair) for pair in pairs)
        lines = [self.command, urllib.parse.quote(urllib.parse.unquote(path), safe="/-._~"), quoted]
        lines += [f"{name}:{' '.join(self.headers[name].split())}" for name in signed]
        lines += ["", fields["SignedHeaders"], self.headers["x-amz-content-sha256"]]
        scope = f"{day}/{REGION}/s3/aws4_request"
        to_sign = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(chr(10).join(lines).encode()).hexdigest()}"
        key = digest(digest(digest(digest(f"AWS4{SECRET}".encode(), day), REGION), "s3"), "aws4_request")
        if hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest() != fields["Signature"]:
            raise Refusal(403, "SignatureDoesNotMatch")

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def say(self, status, code):
        self.answer(status, f"<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>x</Message></Error>".encode())

    # --- faults ---

    def misbehaves(self):
        fault = self.server.fault
        if fault == "hang":
            self.server.stop.wait(30)
        elif fault in ("500", "503", "429"):
            self.say(int(fault), "SlowDown")
        elif fault == "redirect":
            self.answer(307, Location="http://127.0.0.1:1/")
        elif fault == "half":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"half")
        elif fault == "nonsense":
            self.answer(404, b"<html>not found</html>")
        elif fault != "drop":
            return False
        self.close_connection = True
        return True

    # --- the service ---

    def do_any(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked.append(f"{self.command} {self.path}")
        if self.misbehaves():
            return
        try:
            self.signature_check(body)
            parts = urllib.parse.urlsplit(self.path)
            bucket, _, key = urllib.parse.unquote(parts.path)[1:].partition("/")
            if bucket != BUCKET:
                raise Refusal(404, "NoSuchBucket")
            with self.server.lock:
                getattr(self, f"on_{self.command.lower()}")(key, body, dict(urllib.parse.parse_qsl(parts.query)))
        except Refusal as refusal:
            self.say(refusal.status, refusal.code)

    do_GET = do_PUT = do_DELETE = do_any

    def on_put(self, key, body, _):
        source = self.headers.get("x-amz-copy-source")
        if source is None:
            self.server.objects[key] = (body, time.time())
            self.answer(200, ETag=f'"{hashlib.md5(body).hexdigest()}"')
            return
        source = urllib.parse.unquote(source).removeprefix(f"/{BUCKET}/")
        if source not in self.server.objects:
            raise Refusal(404, "NoSuchKey")
        bytes_, at = self.server.objects[source]
        unless = self.headers.get("x-amz-copy-source-if-unmodified-since")
        if unless and at > email.utils.parsedate_to_datetime(unless).timestamp():
            raise Refusal(412, "PreconditionFailed")
        if source == key and self.headers.get("x-amz-metadata-directive") != "REPLACE":
            raise Refusal(400, "InvalidRequest")
        if self.server.fault == "copy":  # S3 answers 200 before it is done
            self.say(200, "InternalError")
            return
        self.server.objects[key] = (bytes_, time.time())
        self.answer(200, b"<CopyObjectResult><ETag>&quot;e&quot;</ETag></CopyObjectResult>")

    def on_delete(self, key, *_):
        self.server.objects.pop(key, None)
        self.answer(204)

    def on_get(self, key, _, query):
        if key:
            if key not in self.server.objects:
                raise Refusal(404, "NoSuchKey")
            body = self.server.objects[key][0]
            self.answer(200, body[:-1] + b"!" if self.server.fault == "rot" else body)
            return
        if query.get("list-type") != "2":
            raise Refusal(400, "InvalidArgument")
        keys = sorted(name for name in self.server.objects if name.startswith(query["prefix"]) and
                      name > query.get("continuation-token", "").removesuffix("+/="))
        text = "".join(
            f"<Contents><Key>{name}</Key><LastModified>"
            f"{datetime.datetime.fromtimestamp(self.server.objects[name][1], datetime.timezone.utc):%Y-%m-%dT%H:%M:%S.000Z}"
            f"</LastModified><Size>{len(self.server.objects[name][0])}</Size></Contents>" for name in keys[:PAGE])
        more = len(keys) > PAGE
        text += f"<IsTruncated>{str(more).lower()}</IsTruncated>"
        text += f"<NextContinuationToken>{keys[PAGE - 1]}+/=</NextContinuationToken>" if more else ""
        self.answer(200, f'<?xml version="1.0"?><ListBucketResult xmlns="x">{text}</ListBucketResult>'.encode())


class StandIn(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, fault="", off=0):
        super().__init__(("127.0.0.1", 0), Handler)
        self.fault, self.off = fault, datetime.timedelta(minutes=off)
        self.objects, self.asked = {}, []
        self.lock, self.stop = threading.Lock(), threading.Event()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def __exit__(self, *arguments):
        self.stop.set()
        self.shutdown()
        self.server_close()


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
