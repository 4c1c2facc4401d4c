"""The session with the door over one DEALER: HELLO and WELCOME, credit, batches out, heartbeats, a new socket after silence. What cannot
be sent now is dropped: everything that matters is sent again by whoever waits for its answer. common/peer is the same in C."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

import zmq

from wangli import wire
from wangli.errors import Invalid, TooBig
from wangli.messages import envelope

VERSION = "python-0.1.0"
PING_EVERY = 1.0
SILENT_AFTER = 10.0
GROUPS_MAX = 64
QUEUE_BATCHES = 64
FRAME_MAX = 2 * 1024 * 1024  # libzmq drops the connection above it

OPTIONS = {
    zmq.LINGER: 200,  # what a BYE may take on its way out
    zmq.SNDHWM: QUEUE_BATCHES,
    zmq.RCVHWM: 0,  # credit bounds it; at a bound libzmq 4.3.4 ends the process when the line breaks
    zmq.HANDSHAKE_IVL: 5000,
    zmq.RECONNECT_IVL: 100,
    zmq.RECONNECT_IVL_MAX: 1000,
    zmq.HEARTBEAT_IVL: 5000,
    zmq.HEARTBEAT_TIMEOUT: 15000,
    zmq.MAXMSGSIZE: FRAME_MAX,
}


class Peer:
    def __init__(self, address: str, server_key: bytes, public_key: bytes, secret_key: bytes, instance: str,
                 groups: Sequence[str], window: int, on_welcome: Callable[[], None]):
        self._address = address
        self._keys = (server_key, public_key, secret_key)
        self.instance = instance
        self._groups = list(groups)
        self._window = window
        self._on_welcome = on_welcome
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._writer = wire.Writer()
        self._in: deque[tuple[int, bytes, bytes]] = deque()
        self._credit_due = self._credit_queued = 0
        self.is_up = False  # welcomed, and heard of lately
        self._session = ""
        self._has_heard = False
        self._heard_at: float | None = None
        self._asked_at: float | None = None
        self.dropped_bad = self.dropped_full = self.reconnects = 0
        try:
            self._socket = self._connect()
        except Invalid:
            self._context.term()
            raise
        self._say_hello()

    def _connect(self) -> zmq.Socket[bytes]:
        socket: zmq.Socket[bytes] = self._context.socket(zmq.DEALER)
        try:
            for option, value in OPTIONS.items():
                socket.setsockopt(option, value)
            socket.curve_serverkey, socket.curve_publickey, socket.curve_secretkey = self._keys
            socket.connect(self._address)
        except zmq.ZMQError as error:
            socket.close(0)
            raise Invalid(f"cannot connect to {self._address}: {error}") from error
        return socket

    # --- out ---

    def _send_batch(self) -> None:
        """Messages are asked for again by who waits for them; credit by nobody, so it stays due."""
        count = len(self._writer.records)
        if count == 0:
            return
        try:
            self._socket.send_multipart((wire.MAGIC, self._writer.take()), zmq.DONTWAIT)
        except zmq.ZMQError:  # EAGAIN: nobody is connected, or the queue is full
            self.dropped_full += count
            self._credit_due += self._credit_queued
        self._credit_queued = 0

    def _queue(self, message: wire.Message) -> None:
        try:
            made = wire.record(message)
        except TooBig:
            self.dropped_full += 1
            return
        if not self._writer.add(made):
            self._send_batch()
            self._writer.add(made)

    def _say_hello(self) -> None:
        """The first HELLO of a session opens the whole window: credit owed from before is void."""
        if not self.is_up:
            self._credit_due = 0
        body = envelope.Hello(groups=self._groups, version=VERSION).SerializeToString()
        self._queue(wire.Message(wire.Kind.HELLO, wire.head(id=self.instance, credit=self._window), body))
        self._send_batch()

    def send(self, message: wire.Message) -> None:
        """flush() sends what is queued in as few batches as possible."""
        if self.is_up:
            self._queue(message)
        else:
            self.dropped_full += 1

    def credit(self, n: int) -> None:
        """n messages that needed credit are dealt with."""
        self._credit_due += n

    def flush(self) -> None:
        if self._credit_due > 0 and self.is_up:
            credit, self._credit_due = self._credit_due, 0
            self._queue(wire.Message(wire.Kind.CREDIT, wire.head(credit=credit)))
            self._credit_queued = credit
        self._send_batch()

    # --- in ---

    def _next_batch(self) -> bool:
        try:
            frames = self._socket.recv_multipart(zmq.DONTWAIT)
        except zmq.Again:
            return False
        self._has_heard = True
        try:
            if len(frames) != 2 or frames[0] != wire.MAGIC:
                raise Invalid("not of our form")
            self._in.extend(wire.split(frames[1]))
        except Invalid:
            self.dropped_bad += 1
        return True

    def _welcome(self, header: bytes) -> None:
        """One that only repeats the session is no news."""
        try:
            head = wire.head_read(header)
        except Invalid:
            self.dropped_bad += 1
            return
        session = f"{head.id} {head.route}"
        is_news = not self.is_up or session != self._session
        self.is_up, self._session = True, session
        if is_news:
            self._on_welcome()

    def _is_for_caller(self, kind: int, header: bytes) -> bool:
        """The protocol's own messages end here."""
        if kind == wire.Kind.HELLO:  # the far side does not know us (any more)
            self.is_up = False
            self._say_hello()
        elif kind == wire.Kind.WELCOME:
            self._welcome(header)
        elif kind == wire.Kind.PING:
            self._queue(wire.Message(wire.Kind.PONG))
        elif kind == wire.Kind.BYE:  # the far side goes; its heir will not know us
            self.is_up = False
        elif kind not in wire.Kind._value2member_map_:
            self.dropped_bad += 1
        elif kind != wire.Kind.PONG:
            return True
        return False

    def receive(self, most: int) -> list[wire.Message]:
        """Up to `most` messages that are the caller's."""
        taken: list[wire.Message] = []
        while len(taken) < most:
            if not self._in:
                if not self._next_batch():
                    break
                continue
            kind, header, body = self._in.popleft()
            if not self._is_for_caller(kind, header):
                continue
            try:
                taken.append(wire.Message(kind, wire.head_read(header), body))
            except Invalid:  # must not cost the window
                self.dropped_bad += 1
                self.credit(int(kind in wire.NEEDS_CREDIT))
        return taken

    def wait(self, seconds: float) -> None:
        """Until something may have come in."""
        if not self._in:
            self._socket.poll(max(0, int(seconds * 1000 + 0.999)), zmq.POLLIN)

    # --- life ---

    def turn(self, now: float) -> None:
        """Heartbeats and reconnecting."""
        if self._has_heard or self._heard_at is None:
            self._heard_at = now
        self._has_heard = False
        if now - self._heard_at > SILENT_AFTER:
            self._heard_at = self._asked_at = now
            self._reopen()
            return
        if self._asked_at is not None and now - self._asked_at < PING_EVERY:
            return
        self._asked_at = now
        if self.is_up:
            self._queue(wire.Message(wire.Kind.PING))
            self._send_batch()
        else:
            self._say_hello()

    def _reopen(self) -> None:
        """A new socket resolves the name again and forgets whatever hung in the old one."""
        try:
            new = self._connect()
        except Invalid:
            return
        self._socket.close(0)
        self._socket = new
        self._in.clear()
        self._writer.take()
        self._credit_queued = 0
        self.is_up = False
        self.reconnects += 1
        self._say_hello()

    def close(self) -> None:
        """Says BYE."""
        self._queue(wire.Message(wire.Kind.BYE))
        self._send_batch()
        self._socket.close()
        self._context.term()
