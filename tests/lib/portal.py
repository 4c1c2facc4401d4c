"""The portal as a browser or a script meets it: pages, JSON, cookies, event streams. Standard library only."""

import base64
import hashlib
import http.client
import json
import re
import socket
import struct
import threading
import time


def query_code(system, case_id):
    """The code that the receipt of a case names: its keyed hash, as intake makes it."""
    key = base64.b64decode((system.data / "keys" / "querycode").read_text())
    digest = hashlib.blake2b(digest_size=32, key=key)
    for part in (b"query code", struct.pack("<Q", case_id)):
        digest.update(struct.pack("<Q", len(part)) + part)
    return f"{int.from_bytes(digest.digest()[:8], 'big') % 1000000:06d}"


def number_of(system, case_id):
    """The number that people see: prefix, digits and Luhn's check digit."""
    digits = f"{case_id:07d}"
    total = 0
    for place, digit in enumerate(reversed(digits)):
        n = int(digit) * (2 if place % 2 == 0 else 1)
        total += n - 9 if n > 9 else n
    return f"CD{digits}-{(10 - total % 10) % 10}"


def wrong_code(code):
    return f"{(int(code) + 1) % 1000000:06d}"


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def error(self):
        return self.json["error"]["code"]


class Browser:
    """Keeps cookies by path, as far as the portal uses them; sends what a page of the portal would send."""

    def __init__(self, system, headers=None, timeout=30):
        self.port = system.port
        self.timeout = timeout
        self.headers = headers or {}
        self.cookies = {}

    def ask(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout)
        sent = dict(self.headers)
        cookies = [pair for (at, _), pair in self.cookies.items() if path.split("?")[0].startswith(at)]
        if cookies:
            sent["Cookie"] = "; ".join(cookies)
        if body is not None:
            sent.update({"Content-Type": "application/json", "Origin": f"http://127.0.0.1:{self.port}"})
            body = body if isinstance(body, (str, bytes)) else json.dumps(body)
        sent.update(headers or {})
        try:
            connection.request(method, path, body=body, headers={k: v for k, v in sent.items() if v is not None})
            answer = connection.getresponse()
            for name, value in answer.getheaders():
                if name == "Set-Cookie":
                    pair = value.split(";")[0]
                    at = re.search(r"Path=([^;]+)", value)[1]
                    self.cookies[(at, pair.split("=")[0])] = pair
            return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def get(self, path, headers=None):
        return self.ask("GET", path, headers=headers)

    def post(self, path, body, headers=None):
        return self.ask("POST", path, body, headers)


class Stream:
    """An event stream, read by a thread; events are (name, data, when), newest last."""

    def __init__(self, system, path, browser=None):
        self.events = []
        self.is_open = False
        cookies = "" if browser is None else "; ".join(p for (at, _), p in browser.cookies.items() if path.startswith(at))
        self.socket = socket.create_connection(("127.0.0.1", system.port), timeout=30)
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{system.port}\r\nCookie: {cookies}\r\n\r\n".encode())
        self.file = self.socket.makefile("rb")
        self.status = int(self.file.readline().split()[1])
        self.is_open = True
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        name = ""
        try:
            for line in self.file:
                text = line.decode(errors="replace").strip()
                if text.startswith("event: "):
                    name = text[7:]
                elif text.startswith("data: "):
                    self.events.append((name, json.loads(text[6:]), time.monotonic()))
        except (OSError, ValueError):
            pass
        self.is_open = False

    def last(self, name):
        return next((event for event in reversed(self.events) if event[0] == name), None)

    def close(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()
        self.thread.join(10)
