"""wangli-media with real uploads over HTTP: what is good is kept and answered with a ticket, a photo keeps nothing but its pixels,
every lie has its answer, and whatever is refused or killed leaves nothing that anybody can see. Rights are calculated here anew."""

import base64
import hashlib
import http.client
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lib"))
from system import free_port, until  # noqa: E402

PROGRAM = pathlib.Path(os.environ["WANGLI_BUILD"]) / "services" / "media" / "wangli-media"
# ZeroMQ's own test keys: nobody listens on this bus.
BUS_SERVER_KEY = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
BUS_KEY = "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs"


def png(width, height, junk=b""):
    """A black picture of one bit a pixel, with text that says where it was taken."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = zlib.compress(b"\0" * ((width + 7) // 8 + 1) * height, 9)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
            + chunk(b"tEXt", b"Comment\0GPSSECRET") + chunk(b"IDAT", rows) + chunk(b"IEND", b"") + junk)


class Media:
    def __init__(self, **settings):
        self.settings = settings
        self.key = os.urandom(32)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="wangli-media-"))
        self.objects = self.folder / "objects"
        self.port = free_port()
        self.process = None
        self.start()

    def environment(self, **more):
        return {
            "BUS_ADDRESS": f"ipc://{self.folder}/bus", "BUS_SERVER_KEY": BUS_SERVER_KEY, "BUS_KEY": BUS_KEY,
            "OBJECTS_KEY": base64.b64encode(self.key).decode(), "HTTP_LISTEN": f"127.0.0.1:{self.port}",
            "OBJECTS_URL": "http://media", "OBJECTS_DIR": str(self.objects), "UPLOAD_TIME": "3s", "ASAN_OPTIONS": "detect_leaks=0",
            **self.settings, **more}

    def start(self, **more):
        self.process = subprocess.Popen([PROGRAM], stderr=subprocess.DEVNULL, env=self.environment(**more))
        until(30, "media answers", self.answers)

    def answers(self):
        try:
            return self.ask("GET", "0" * 64)[0] == 401
        except OSError:
            return False

    def right(self, sha256, size, media_type, verb="put", seconds=600, key=None):
        said = f"{verb}~{sha256}~{size}~{media_type}~forum~{int((time.time() + seconds) * 1e6)}"
        sum_ = hashlib.blake2b(key=key or self.key, digest_size=32)
        for part in (b"object right", said.encode()):
            sum_.update(struct.pack("<Q", len(part)) + part)
        return f"{said}~{sum_.hexdigest()}"

    def ask(self, method, sha256, body=None, right=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, f"/objects/{sha256}", body, {"Authorization": f"Bearer {right}"} if right else {})
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return answer.status, text, answer.headers

    def put(self, body, media_type, sha256=None, size=None, **more):
        sha256 = sha256 or hashlib.sha256(body).hexdigest()
        return self.ask("PUT", sha256, body, self.right(sha256, size or len(body), media_type, **more))

    def kept(self):
        return sorted(path for path in (self.objects / "objects").rglob("*") if path.is_file())

    def scratches(self):
        return list((self.objects / "tmp").iterdir())


def photo(media):
    polyglot = png(300, 200, b"<html><script>alert(1)</script>")
    assert media.put(polyglot, "image/png")[0] == 201
    assert media.put(polyglot, "image/png")[0] == 200
    path, = media.kept()
    content = path.read_bytes()
    assert path.name == hashlib.sha256(content).hexdigest()
    assert b"GPSSECRET" not in content and b"script" not in content
    status, text, headers = media.ask("GET", path.name, None, media.right(path.name, 0, "image/jpeg", verb="get"))
    assert (status, text) == (200, content)
    assert headers["X-Content-Type-Options"] == "nosniff" and "Access-Control-Allow-Origin" not in headers
    assert media.ask("GET", path.name, None, media.right(path.name, 0, "image/jpeg"))[0] == 403


def lies(media):
    pdf = b"%PDF-1.4 one"
    before = media.kept()
    for status, answer in ((422, media.put(pdf, "image/png")), (422, media.put(pdf, "application/pdf", sha256="a" * 64)),
                           (422, media.put(pdf, "application/pdf", size=5)), (401, media.put(pdf, "application/pdf", seconds=-1)),
                           (401, media.put(pdf, "application/pdf", key=b"k" * 32)), (401, media.ask("PUT", "a" * 64, pdf)),
                           (422, media.put(b"<svg>", "text/plain")), (422, media.put(b"\xff\xd8\xff" + b"x" * 99, "image/jpeg")),
                           (422, media.put(png(8000, 5000), "image/png"))):
        assert answer[0] == status, (status, answer)
    assert media.kept() == before and media.scratches() == []
    status, text, headers = media.put(pdf, "application/pdf")
    assert status == 201
    name = (set(media.kept()) - set(before)).pop().name
    assert media.ask("GET", name, None, media.right(name, 0, "application/pdf", verb="get"))[2]["Content-Disposition"] == "attachment"


def half(media, pdf):
    """Head and a part of a body on a connection that stays open."""
    sha256 = hashlib.sha256(pdf).hexdigest()
    line = socket.create_connection(("127.0.0.1", media.port), timeout=30)
    line.sendall(f"PUT /objects/{sha256} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(pdf)}\r\nAuthorization: Bearer "
                 f"{media.right(sha256, len(pdf), 'application/pdf')}\r\n\r\n".encode() + pdf[:10])
    until(30, "the upload has begun", media.scratches)
    return line


def broken(media):
    pdf = b"%PDF-1.4 two" * 100
    before = media.kept()
    with half(media, pdf) as line:  # slow: UPLOAD_TIME cuts it off
        assert line.recv(100) == b""
    until(30, "nothing is left of it", lambda: media.scratches() == [])
    with half(media, pdf):
        media.process.send_signal(signal.SIGKILL)
        media.process.wait(30)
    assert media.kept() == before
    media.start()
    assert media.put(pdf, "application/pdf")[0] == 201
    assert len(media.kept()) == len(before) + 1


def expiry(media):
    """Nobody says what letters name: index entries go by their age, no object does."""
    before = media.kept()
    media.process.terminate()
    assert media.process.wait(30) == 0
    media.start(OBJECTS_KEEP="1s", ASIDE_KEEP="100ms", EXPIRE_EVERY="100ms")
    until(30, "index entries are gone", lambda: not [path for kind in ("index", "aside") for path in (media.objects / kind).rglob("*")
                                                     if path.is_file()])
    assert media.kept() == before and before


def main():
    media = Media()
    try:
        for test in (photo, lies, broken, expiry):
            test(media)
            print("ok", test.__name__, flush=True)
        media.process.terminate()
        assert media.process.wait(30) == 0
    finally:
        media.process.kill()
        shutil.rmtree(media.folder)


if __name__ == "__main__":
    main()
