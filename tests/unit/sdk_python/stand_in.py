"""A stand-in for the door: one ROUTER with CURVE that knows the session (HELLO, WELCOME, PING) and answers what a test tells it to."""

import os
import pathlib
import tempfile
import time
import unittest

import nacl.bindings
import wangli
import zmq
from wangli import wire
from wangli.messages import door, envelope

VAULT = nacl.bindings.crypto_scalarmult_base(b"\7" * 32)
LIMIT = 20.0


class Door:
    def __init__(self):
        self.public, secret = zmq.curve_keypair()
        self.context = zmq.Context()
        self.socket = self.context.socket(zmq.ROUTER)
        self.socket.curve_server, self.socket.curve_secretkey, self.socket.linger = True, secret, 0
        self.port = self.socket.bind_to_random_port("tcp://127.0.0.1")
        self.routing = None
        self.groups = []
        self.session = 0
        self.credit = 0
        self.heard = []  # messages that are no matter of the session, oldest first

    def close(self):
        self.socket.close(0)
        self.context.term()

    def send(self, kind, body=b"", **head):
        message = wire.Message(kind, wire.head(**head), body if isinstance(body, bytes) else body.SerializeToString())
        self.socket.send_multipart([self.routing, wire.MAGIC, wire.record(message)])

    def turn(self):
        while self.socket.poll(0):
            self.routing, magic, batch = self.socket.recv_multipart()
            assert magic == wire.MAGIC
            for kind, header, body in wire.split(batch):
                self._take(wire.Message(kind, wire.head_read(header), body))

    def _take(self, message):
        if message.kind == wire.Kind.HELLO:
            self.session += 1
            hello = envelope.Hello()
            hello.ParseFromString(message.body)
            self.groups, self.credit = list(hello.groups), message.head.credit
            self.send(wire.Kind.WELCOME, id="door/1", route=str(self.session), credit=message.head.credit)
        elif message.kind == wire.Kind.PING:
            self.send(wire.Kind.PONG)
        elif message.kind == wire.Kind.CREDIT:
            self.credit += message.head.credit
        elif message.kind != wire.Kind.BYE:
            self.heard.append(message)

    def take(self, kind):
        """What was heard of that kind, and is heard no more."""
        taken = [one for one in self.heard if one.kind == kind]
        self.heard = [one for one in self.heard if one.kind != kind]
        return taken

    def receipt(self, submit, number="CD1-1"):
        self.send(wire.Kind.RECEIPT, door.Receipt(case_number=number, query_code="123456", digest=b"d" * 32, received_at_us=1),
                  id=submit.head.id)

    def deliver(self, delivery_id, **more):
        self.credit -= 1
        self.send(wire.Kind.DELIVER, door.Deliver(delivery_id=delivery_id, case_number="CD1-1", text="已修好", **more), id=f"m/{delivery_id}",
                  type="deliver.v1", case_id=1, channel="app", source_msg_id="m-1", to="deliver/app")


class WithDoor(unittest.TestCase):
    """A door and a spool folder; open() makes a client that is closed (or killed) at the end."""

    def setUp(self):
        self.door = Door()
        self.addCleanup(self.door.close)
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.spool = pathlib.Path(scratch.name) / "spool"
        self.secret = zmq.curve_keypair()[1].decode()

    def open(self, **more):
        settings = dict(groups=["app"]) | more
        client = wangli.Client(f"tcp://127.0.0.1:{self.door.port}", self.door.public.decode(), self.secret, VAULT, self.spool, "app",
                               **settings)
        self.addCleanup(client.close)
        return client

    def until(self, client, condition, what="it"):
        """Turns both until condition() is true."""
        end = time.monotonic() + LIMIT
        while True:
            self.door.turn()
            value = condition()
            if value:
                return value
            self.assertLess(time.monotonic(), end, f"{what} did not happen")
            client.turn(0.01)

    def turns(self, client, seconds):
        """For what must not happen: as long as it would have had to."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.door.turn()
            client.turn(0.01)

    def heard(self, client, kind):
        """The next message of that kind."""
        return self.until(client, lambda: self.door.take(kind), kind.name)[0]

    def kill(self, client):
        """As kill -9 leaves it: descriptors are closed, nothing is written, nothing is said."""
        client._spool._files_close()
        os.close(client._spool._lock)
        client._peer._socket.close(0)
        client._peer._context.term()
        client._is_closed = True


def done_of(message):
    body = door.Done()
    body.ParseFromString(message.body)
    return body
