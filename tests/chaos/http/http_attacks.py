"""The portal's port under attack: slow heads, slow bodies, slow readers, 10,000 connections, rubbish, bombs, a flood. Meanwhile a visitor
from elsewhere opens the overview again and again: each time it is there, from the same process, whose memory stays within its bound.

The patience is shortened (HEAD_TIME, BODY_TIME, ANSWER_TIME), so that a test sees it end. WANGLI_SEED says which bytes; the seed is
printed. With WANGLI_LONG on the release build and longer: those are the figures of docs/reliability.md."""

import collections
import contextlib
import os
import pathlib
import random
import re
import socket
import sys
import threading
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lib"))
from portal import Browser  # noqa: E402
from system import System, until  # noqa: E402

SEED = int(os.environ.get("WANGLI_SEED", random.randrange(1 << 30)))
IS_LONG = bool(os.environ.get("WANGLI_LONG"))
LASTS = 10 if IS_LONG else 3
PAUSE = 3 if IS_LONG else 1
PATIENCE = 2  # seconds, each of the three
PROVEN_WITHIN = 30
HELD_MOST = 10  # seconds; without a bound it would be for ever
LINES = 300  # of an attacker who keeps them open
LINES_PER_ADDRESS = 100
LINES_MOST = 250  # of everybody
CONNECTIONS = 10000
MEMORY_GROWS_MOST = 32 if IS_LONG else 320  # MiB; a sanitizer keeps what was freed for a while
ATTACKER = "127.0.0.2"


class Visitor:
    """Somebody else who opens the overview, on a new connection each time."""

    def __init__(self, s):
        self.s = s
        self.times = []  # (begun, seconds, status or what went wrong)
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.is_over.wait(0.02):
            begun = time.monotonic()
            try:
                said = Browser(self.s, timeout=20).ask("GET", "/api/overview").status
            except OSError as error:
                said = repr(error)
            self.times.append((begun, time.monotonic() - begun, said))

    def stop(self):
        self.is_over.set()
        self.thread.join(30)

    def between(self, begin, end):
        """p50/p99 in milliseconds; each visit has its answer."""
        visits = [visit for visit in list(self.times) if begin <= visit[0] < end]
        wrong = collections.Counter(said for _, _, said in visits if said != 200)
        assert visits and not wrong, f"visits of {len(visits)}: {dict(wrong)}"
        seconds = sorted(visit[1] for visit in visits)
        return "/".join(f"{1000 * seconds[min(len(seconds) - 1, int(len(seconds) * part))]:.1f}" for part in (0.5, 0.99))


class Attack:
    """A thread of its own, from an address of its own; `seen` counts what it got."""

    def __init__(self, port, rng):
        self.port = port
        self.rng = rng
        self.end = time.monotonic() + LASTS
        self.seen = collections.Counter()
        self.held = 0.0  # seconds: the longest that a slow line was kept
        self.home = f"http://127.0.0.1:{port}"

    def connect(self, receive_bytes=0):
        line = socket.socket()
        line.settimeout(10)
        if receive_bytes:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        line.bind((ATTACKER, 0))
        line.connect(("127.0.0.1", self.port))
        return line

    def is_open(self):
        return time.monotonic() < self.end

    def is_proven(self, served):
        """A line was cut: it says so, or, where it still finds what was sent before, more than may be there at a time were let in."""
        return self.seen["cut off"] > 0 or len(served) > LINES_PER_ADDRESS

    def hold(self, begin, drip, receive_bytes=0):
        """LINES lines that say `begin` and are then moved on by drip(line) ten times a second, opened anew when they are cut. On a busy
        machine longer, until one was."""
        lines, served = {}, set()
        while self.is_open() or not self.is_proven(served) and time.monotonic() < self.end + PROVEN_WITHIN:
            for _ in range(LINES - len(lines)):
                line = self.connect(receive_bytes)
                lines[line] = time.monotonic()
                with contextlib.suppress(OSError):  # turned away; the next drip says so
                    line.sendall(begin)
                line.setblocking(False)
            for line, since in list(lines.items()):
                try:
                    byte = drip(line)
                    is_cut = byte == b""
                    if byte:
                        served.add(line)
                except BlockingIOError:
                    is_cut = False
                except OSError:
                    is_cut = True
                if is_cut:
                    kept = time.monotonic() - since
                    self.held = max(self.held, kept)
                    self.seen["cut off" if kept > PATIENCE * 0.75 else "not let in"] += 1
                    line.close()
                    del lines[line]
            time.sleep(0.1)  # the attacker's own pace
        self.seen.update({"held at the end": len(lines), "served": len(served)})
        assert self.is_proven(served), f"nobody was cut: {dict(self.seen)}"
        for line in lines:
            line.close()

    def drip(self, line):
        line.send(b"a")
        return line.recv(1)

    def head(self, ask):
        """The lines of a request that all fields may still be added to."""
        return f"{ask} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"

    def post(self):
        return self.head("POST /api/q") + f"Origin: {self.home}\r\nContent-Type: application/json\r\n"

    def slow_heads(self):
        self.hold((self.head("GET /api/overview") + "X-Long: ").encode(), self.drip)

    def slow_bodies(self):
        self.hold((self.post() + "Content-Length: 4000\r\n\r\n").encode(), self.drip)

    def slow_readers(self):
        """The largest file a hundred times, asked for at once and read by the byte."""
        with urllib.request.urlopen(f"{self.home}/overview") as page:
            files = re.findall(r"/assets/[\w.-]+\.js", page.read().decode())
        sizes = {file: len(urllib.request.urlopen(self.home + file).read()) for file in files}
        ask = self.head(f"GET {max(sizes, key=sizes.get)}") + "\r\n"
        self.hold(ask.encode() * 100, lambda line: line.recv(1), receive_bytes=2048)

    def connections(self):
        lines = []
        for _ in range(CONNECTIONS):
            try:
                lines.append(self.connect())
                self.seen["connected"] += 1
            except OSError as error:
                self.seen[type(error).__name__] += 1
            if len(lines) == 2 * LINES_MOST:
                for line in lines:
                    line.close()
                lines = []
        for line in lines:
            line.close()

    def begin(self, line, sent):
        try:
            line.sendall(sent)
            line.shutdown(socket.SHUT_WR)
        except OSError:
            self.seen["cut off while sending"] += 1

    @staticmethod
    def end_of(line):
        """What comes back: a status, or nothing."""
        with line:
            try:
                answer = line.recv(64)
            except OSError:
                return "closed"
        return answer.split(b" ")[1].decode() if answer.startswith(b"HTTP/1.1 ") else "closed"

    def rubbish(self):
        while self.is_open():
            lines = [self.connect() for _ in range(LINES_PER_ADDRESS // 2)]
            for line in lines:
                self.begin(line, self.rng.randbytes(self.rng.choice((1, 64, 4096, 65536))))
            for line in lines:
                self.seen[self.end_of(line)] += 1

    def bombs(self):
        """Each must be refused or closed."""
        kinds = {
            "deep JSON": self.post() + "Content-Length: 4000\r\n\r\n" + "[" * 4000,
            "long body": self.post() + "Content-Length: 1000000000\r\n\r\n" + "x" * 65536,
            "endless chunks": self.post() + "Transfer-Encoding: chunked\r\n\r\n" + ("1000\r\n" + "x" * 4096 + "\r\n") * 64,
            "long head": self.head("GET /") + "X-Long: " + "x" * 1000000 + "\r\n\r\n",
            "many fields": self.head("GET /") + "X-A: b\r\n" * 100000 + "\r\n",
            "long path": self.head("GET /" + "a" * 200000) + "\r\n",
            "negative length": self.post() + "Content-Length: -1\r\n\r\n{}",
            "huge length": self.post() + "Content-Length: 99999999999999999999\r\n\r\n{}",
        }
        while self.is_open():
            for kind, sent in kinds.items():
                line = self.connect()
                self.begin(line, sent.encode())
                said = self.end_of(line)
                assert said == "closed" or said.startswith("4"), f"{kind}: {said}"
                self.seen[f"{kind}: {said}"] += 1

    def flood(self):
        """As fast as it can, 20 lines."""
        lines = [self.connect() for _ in range(20)]
        ask = (self.head("GET /api/overview") + "\r\n").encode()
        while self.is_open():
            for line in lines:
                line.sendall(ask)
            for line in lines:
                line.recv(65536)
                self.seen["answers"] += 1
        for line in lines:
            line.close()


ATTACKS = ("slow_heads", "slow_bodies", "slow_readers", "connections", "rubbish", "bombs", "flood")


def attack(s, visitor, name, rng):
    before = time.monotonic()
    time.sleep(PAUSE)
    begun, rss, peak = time.monotonic(), s.memory_mib("portal"), 0.0
    attacker = Attack(s.port, rng)
    failures = []

    def run():
        try:
            getattr(attacker, name)()
        except BaseException as error:  # noqa: BLE001 - handed over to the test
            failures.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(0.1)
        peak = max(peak, s.memory_mib("portal"))
    ended = time.monotonic()
    if failures:
        raise failures[0]
    time.sleep(PAUSE)
    left = s.memory_mib("portal")
    print(f"{name}: {dict(attacker.seen)}, longest {attacker.held:.1f} s; visitor {visitor.between(before, begun)} "
          f"{visitor.between(begun, ended)} {visitor.between(ended, time.monotonic() - 0.5)} ms; memory {rss:.0f} {peak:.0f} {left:.0f} MiB",
          flush=True)
    assert peak - rss < MEMORY_GROWS_MOST, f"{name}: {peak - rss:.0f} MiB more"
    return attacker


def main():
    print(f"seed {SEED} (WANGLI_SEED)", flush=True)
    rng = random.Random(SEED)
    with System(env={"WANGLI_PRESET": "release"} if IS_LONG else None) as s:
        for name in ("HEAD_TIME", "BODY_TIME", "ANSWER_TIME"):
            (s.data / "service" / "portal" / "env" / name).write_text(f"{PATIENCE}s\n")
        (s.data / "service" / "portal" / "env" / "CONNECTIONS").write_text(f"{LINES_MOST}\n")
        s.set_environment("portal", "CONNECTIONS_PER_ADDRESS", str(LINES_PER_ADDRESS))
        until(30, "the portal answers", lambda: s.status()["is_healthy"])
        pid, visitor = s.pid("portal"), Visitor(s)
        seen = {name: attack(s, visitor, name, rng) for name in ATTACKS}
        visitor.stop()
        assert s.pid("portal") == pid, "the portal was started anew"
        for name in ("slow_heads", "slow_bodies"):
            slow = seen[name]
            assert slow.held < HELD_MOST, f"{name}: held {slow.held:.1f} s"
            assert slow.seen["held at the end"] <= LINES_PER_ADDRESS, f"{name}: {dict(slow.seen)}"


main()
