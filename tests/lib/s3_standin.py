"""A stand-in for an S3-compatible service that is as strict as one: it computes every signature by itself from what it was sent,
refuses a payload that is not the one signed and a clock that is off, and can be told to fail in the ways services fail."""
import datetime
import email.utils
import hashlib
import hmac
import http.server
import threading
import time
import urllib.parse

ACCESS, SECRET, REGION, BUCKET = "WANGLITEST", "c2VjcmV0/+key", "cn-north-1", "letters"
SKEW = datetime.timedelta(minutes=15)
PAGE = 2  # small, so that listings continue


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
