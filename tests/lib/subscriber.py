"""A webhook's subscriber for tests: verifies each signature as docs/webhooks.md says, strictly, keeps what came, and misbehaves as it is told:
`plan` is called with (event, nth time of this id) and gives what to do: a status, or one of the words below. Standard library only."""

import hashlib
import hmac
import json
import socket
import ssl
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOLERANCE_S = 300
HANG_S = 30
GIANT_BYTES = 50 * 1024 * 1024


class Wrong(Exception):
    pass


def verify(header, body, secrets, now):
    """docs/webhooks.md, "How to verify"."""
    at, macs = None, []
    for part in header.split(","):
        name, _, value = part.partition("=")
        if name == "t":
            at = int(value)
        elif name == "v1":
            macs.append(value)
    if at is None or not macs:
        raise Wrong(f"no t or no v1: {header}")
    if abs(now - at) > TOLERANCE_S:
        raise Wrong("too old")
    wanted = [hmac.new(secret.encode(), str(at).encode() + b"." + body, hashlib.sha256).hexdigest() for secret in secrets]
    if not any(hmac.compare_digest(mac, want) for mac in macs for want in wanted):
        raise Wrong("no v1 fits")
    return len(macs)


class Subscriber:
    def __init__(self, plan=None, secrets=(), certificate=None):
        self.plan = plan or (lambda event, nth: 200)
        self.secrets = list(secrets)
        self.came = []   # every request: (event, body, headers, n of signatures)
        self.wrong = []  # what did not verify
        self.taken = {}  # id → body, of those that were answered 2xx
        self.lock = threading.Lock()
        self.stop = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *args):
                pass

            def do_POST(self):
                outer.serve(self)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.scheme = "https" if certificate else "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.server.shutdown()
        self.server.server_close()

    @property
    def url(self):
        return f"{self.scheme}://127.0.0.1:{self.port}/hook?token=1"

    def ids(self):
        with self.lock:
            return set(self.taken)

    def times(self, event_id):
        with self.lock:
            return sum(event["id"] == event_id for event, *_ in self.came)

    def serve(self, handler):
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        try:
            n = verify(handler.headers["Wangli-Signature"], body, self.secrets, time.time()) if self.secrets else 0
            event = json.loads(body)
            if (handler.headers["Content-Type"], event["specversion"]) != ("application/cloudevents+json", "1.0"):
                raise Wrong("not a CloudEvent")
            if handler.headers["Wangli-Delivery"] != event["id"]:
                raise Wrong("header and document name different ids")
        except (Wrong, ValueError, KeyError, TypeError) as error:
            with self.lock:
                self.wrong.append(str(error))
            self.answer(handler, 401)
            return
        with self.lock:
            self.came.append((event, body, dict(handler.headers), n))
            nth = sum(one["id"] == event["id"] for one, *_ in self.came)
        do = self.plan(event, nth)
        if isinstance(do, int) and 200 <= do <= 299 or do == "giant":
            with self.lock:
                if self.taken.setdefault(event["id"], body) != body:
                    self.wrong.append(f"{event['id']}: the same id with another document")
        self.act(handler, do)

    @staticmethod
    def answer(handler, status, fields=(), text=b"ok"):
        handler.send_response(status)
        for name, value in fields:
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(text)))
        handler.end_headers()
        handler.wfile.write(text)

    def act(self, handler, do):
        try:
            if isinstance(do, int):
                self.answer(handler, do)
            elif do == "hang":
                self.stop.wait(HANG_S)
            elif do == "reset":
                handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                handler.connection.close()
            elif do == "loris":  # a byte at a time, for ever
                handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
                while not self.stop.wait(0.1):
                    handler.wfile.write(b"x")
            elif do == "giant":
                handler.wfile.write(f"HTTP/1.1 200 OK\r\nContent-Length: {GIANT_BYTES}\r\n\r\n".encode())
                for _ in range(GIANT_BYTES // 65536):
                    handler.wfile.write(b"x" * 65536)
            elif do[0] == "redirect":
                self.answer(handler, 302, [("Location", do[1])])
            elif do[0] == "later":
                self.answer(handler, 503, [("Retry-After", str(do[1]))])
        except OSError:
            pass
        handler.close_connection = True
