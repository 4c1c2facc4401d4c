"""The client: spool, outbox and one session with the door. One a process and spool folder, single-threaded, polled."""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Any

from wangli import crypto, wire
from wangli.deliveries import CLAIM_TYPE, DONE_TYPE, STATUS_DONE_TYPE, Calls, Deliveries
from wangli.errors import Busy, Conflict, Invalid, Misuse, TooBig
from wangli.messages import door
from wangli.model import Delivery, Letter, Outcome, Receipt, Refusal, State, Status, Why, instant
from wangli.outbox import NEVER, Outbox, Queued
from wangli.peer import GROUPS_MAX, Peer
from wangli.seal import Seal, check
from wangli.spool import Spool
from wangli.state import HOLDER_MAX, LEASE_LEAST, LEASE_MOST, Ask, StateStore

WINDOW = 500  # letters under way at once
QUEUE = 20000  # letters in the spool without an answer
PEER_WINDOW = 1000  # messages on their way to us, deliveries among them
TAKE_MOST = 200  # messages taken at once
ANSWER_WITHIN = 5.0  # then a letter is sent again
BUSY_LEAST = 0.1  # a NACK without a time of its own
BUSY_MOST = 600.0  # nobody may silence us for longer
WAIT_MOST = 1.0  # heartbeats go out at least this often

REFUSALS = {wire.Code.INVALID: Why.INVALID, wire.Code.CONFLICT: Why.CONFLICT, wire.Code.FORBIDDEN: Why.DENIED}
DELIVERY_TYPES = (CLAIM_TYPE, DONE_TYPE, STATUS_DONE_TYPE)


def _groups(names: Sequence[str], with_status: bool) -> list[str]:
    groups = [f"deliver/{name}" for name in names]
    if with_status:
        groups += [f"status/{name}" for name in names]
    if len(groups) > GROUPS_MAX:
        raise Invalid(f"more than {GROUPS_MAX} groups")
    for group in groups:
        if len(group.encode()) > wire.NAME_MAX:
            raise Invalid(f"group '{group}' is too long")
    return groups


class Client:
    """Hands letters to the platform, gets their receipts, takes the replies for your citizens.

    What it promises. A letter that submit() took is durable from the next turn() on: it is sent, and sent again for ever, until the
    platform has answered with a receipt or a refusal, over crashes of this process too. A reply is given to on_deliver once: what you
    answered is kept in the spool before the platform hears of it, and repeated when the platform asks again.

    What you must do. Name each letter once for ever (source_msg_id): the same name with the same content gives the same receipt again,
    with other content a refusal. Expect a callback a second time when the process was killed between your work and the spool's record
    of it. Call turn() at least every few seconds; from callbacks you may call submit(), never turn(), close() or the state store.

    address       the door: "tcp://host:port"
    server_key    the door's public key, Z85
    secret_key    your own, Z85
    vault_key     32 bytes: the platform's public key for contact data (crypto.key_read reads its file)
    spool         folder, made when missing; one process at a time
    channel       on whose behalf letters are submitted
    groups        channels whose replies (and, with on_status, states) you take
    on_receipt    (Receipt)
    on_refused    (Refusal): the platform will never take this letter; it leaves the spool
    on_deliver    (Delivery) -> Outcome, or None: not now, it comes again
    on_keep       (): once after a row of the others and before anything of it counts: make durable what you did there
    on_status     (Status): at least once a state; only the newest is sent
    on_doubt      (Delivery) -> True it was handed over, False it was not (then on_deliver is called), None nobody knows
    claims        True: a delivery is claimed before on_deliver is called, for providers that are not idempotent
    state_key     32 bytes of your own for the state store; source: your name there (the platform's name for you)

    What a callback raises leaves turn(), when the turn is over; the letter or delivery it was called for counts as not told.
    Raises Invalid (a key or name is none), Conflict (another process has this spool), SpoolFailed."""

    def __init__(self, address: str, server_key: str, secret_key: str, vault_key: bytes, spool: str | os.PathLike[str], channel: str, *,
                 groups: Sequence[str] = (),
                 on_receipt: Callable[[Receipt], None] | None = None,
                 on_refused: Callable[[Refusal], None] | None = None,
                 on_deliver: Callable[[Delivery], Outcome | None] | None = None,
                 on_keep: Callable[[], None] | None = None,
                 on_status: Callable[[Status], None] | None = None,
                 on_doubt: Callable[[Delivery], bool | None] | None = None,
                 claims: bool = False, window: int = WINDOW, queue: int = QUEUE,
                 state_key: bytes | None = None, source: str | None = None):
        if not 1 <= len(channel.encode()) <= wire.NAME_MAX:
            raise Invalid(f"channel '{channel}': want 1-{wire.NAME_MAX} bytes")
        if window < 1 or queue < 1:
            raise Invalid("window and queue: want at least 1")
        secret = crypto.z85_read(secret_key, "the integrator's key")
        server = crypto.z85_read(server_key, "the door's key")
        names = _groups(groups, on_status is not None)
        self._seal = Seal(vault_key, secret)
        self._channel = channel
        self._queue = queue
        self._on_receipt, self._on_refused = on_receipt, on_refused
        self._calls = Calls(on_deliver, on_keep, on_status, on_doubt)
        self._is_busy = self._is_closed = False
        self._told: list[Queued] = []  # letters whose answer was told in this turn
        self._outbox = Outbox(window)
        self._spool = Spool(os.fspath(spool), self._outbox)
        with contextlib.ExitStack() as undo:
            undo.callback(self._spool.close)
            start = channel.encode()[:40].decode("utf-8", "ignore")
            self._peer = Peer(address, server, crypto.z85_public(secret), secret, f"{start}/{secrets.token_hex(8)}", names, PEER_WINDOW,
                              self._welcomed)
            undo.callback(self._peer.close)
            self._deliveries = Deliveries(self._spool, self._peer, self._calls, claims)
            self._state = None if state_key is None else StateStore(self._peer, state_key, channel if source is None else source)
            undo.pop_all()

    def _welcomed(self) -> None:
        self._outbox.land()
        self._deliveries.welcomed()
        if self._state is not None:
            self._state.welcomed()

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        if self._is_closed:
            raise Misuse("the client is closed")
        if self._is_busy:
            raise Misuse("from a callback only submit may be called")
        self._is_busy = True
        try:
            yield
        finally:
            self._is_busy = False

    # --- letters ---

    def submit(self, letter: Letter) -> None:
        """Takes a letter; durable after the next turn. Nothing happens when this very letter waits in the spool already. Conflict:
        another letter of that name waits there. Invalid: no name, not UTF-8, a field too long. TooBig: over what one message may hold.
        Busy: the queue is full; turn, then try again."""
        if self._is_closed:
            raise Misuse("the client is closed")
        check(letter)
        fingerprint = self._seal.fingerprint(letter)
        known = self._outbox.find(letter.source_msg_id)
        if known is not None:
            if known.fingerprint != fingerprint:
                raise Conflict(f"'{letter.source_msg_id}' waits in the spool already, with other content")
            return
        if len(self._outbox) >= self._queue:
            raise Busy(f"{len(self._outbox)} letters wait for an answer")
        body = self._seal.letter(letter)
        if len(body) > wire.BODY_MAX:
            raise TooBig(f"the letter has {len(body)} bytes: want {wire.BODY_MAX} at most")
        self._spool.add_letter(self._outbox.add(letter.source_msg_id, fingerprint, body))

    def _send_letters(self, now: float) -> None:
        self._outbox.expire(now, ANSWER_WITHIN)
        while self._peer.is_up and (letter := self._outbox.next(now)) is not None:
            self._peer.send(wire.Message(wire.Kind.SUBMIT, wire.head(
                id=letter.id, type="submit.v1", to="intake", reply_to=self._peer.instance, channel=self._channel,
                source_msg_id=letter.id, attempt=letter.attempt), letter.body))

    def _end(self) -> None:
        """What was told counts when the integrator has kept it; otherwise it comes again."""
        is_kept = self._calls.keep()
        told, self._told = self._told, []
        for letter in told if is_kept else ():
            if self._outbox.find(letter.id) is letter:  # one answer may have come twice
                self._spool.add_answered(letter)
                self._outbox.answered(letter)
        self._deliveries.end(is_kept)

    def _take_receipt(self, message: wire.Message) -> None:
        letter = self._outbox.find(message.head.id)
        if letter is None:
            return
        try:
            body = wire.body_read(door.Receipt, message.body)
        except Invalid:
            return
        receipt = Receipt(letter.id, body.case_number, body.query_code, body.digest, instant(body.received_at_us), body.is_repeat)
        if self._on_receipt is None or self._calls.call(self._on_receipt, receipt)[0]:
            self._told.append(letter)

    def _take_nack(self, head: Any, now: float) -> None:
        letter = self._outbox.find(head.id)
        if letter is None:
            return
        why = REFUSALS.get(head.code)
        if why is None:
            self._outbox.refused(letter, now, min(max(head.retry_after_ms / 1000, BUSY_LEAST), BUSY_MOST))
        elif self._on_refused is None or self._calls.call(self._on_refused, Refusal(letter.id, why, head.text))[0]:
            self._told.append(letter)

    # --- the turn ---

    def _take_one(self, message: wire.Message, now: float) -> None:
        kind, head = message.kind, message.head
        if self._state is not None and head.command_id and self._state.take(message, now):
            return
        if kind == wire.Kind.RECEIPT:
            self._take_receipt(message)
        elif kind in (wire.Kind.DELIVER, wire.Kind.GO) or (kind == wire.Kind.NACK and head.type in DELIVERY_TYPES):
            self._deliveries.take(message, now)
        elif kind == wire.Kind.NACK:
            self._take_nack(head, now)

    def _take(self) -> int:
        """Takes what has arrived, up to TAKE_MOST; returns how many that was."""
        messages = self._peer.receive(TAKE_MOST)
        now = time.monotonic()
        try:
            for message in messages:
                self._take_one(message, now)
            self._deliveries.turn(now)
        finally:
            self._peer.credit(sum(message.kind in wire.NEEDS_CREDIT for message in messages))
            self._end()
        return len(messages)

    def _send_all(self) -> None:
        self._spool.sync()
        now = time.monotonic()
        self._peer.turn(now)
        self._send_letters(now)
        if self._state is not None:
            self._state.turn(now)
        self._peer.flush()

    def _wait(self, seconds: float) -> None:
        due = self._outbox.due(ANSWER_WITHIN) if self._peer.is_up else NEVER
        self._peer.wait(min(seconds, WAIT_MOST, NEVER if due == NEVER else due - time.monotonic()))

    def _turn(self, wait: float) -> None:
        self._send_all()
        if self._take() == 0 and wait > 0:
            self._wait(wait)
            self._take()
        # Answers open the window again, and outcomes and credit should not wait for the caller.
        self._send_all()
        if self._calls.failures:
            failures, self._calls.failures = self._calls.failures, []
            raise failures[0]

    def turn(self, wait: float = 0.2) -> None:
        """Makes durable what was submitted, sends what may be sent, waits up to `wait` seconds for something to come in, calls back,
        keeps and sends outcomes. SpoolFailed: the spool's disk refuses; nothing that is not durable was sent, and the same call may
        succeed later."""
        with self._alone():
            self._turn(wait)

    # --- the state store ---

    def _ask(self, type_: str, name: str, body: Any, timeout: float) -> State:
        if self._state is None:
            raise Misuse("the client was opened without a state_key")
        ask: Ask = self._state.ask(type_, name, body)
        end = time.monotonic() + timeout
        try:
            while not ask.is_over:
                left = end - time.monotonic()
                if left <= 0:
                    raise Busy(f"no answer to {type_} within {timeout} s")
                self.turn(min(left, 0.2))
            return self._state.outcome(name, ask)
        finally:
            self._state.forget(ask)

    def state_get(self, name: str, timeout: float = 10.0) -> State:
        """What is kept under that name; version 0: nothing. Turns while it waits. Busy: no answer in time. Invalid: what is there does
        not open with this state_key."""
        return self._ask("state.get.v1", name, door.StateGet(name=name), timeout)

    def state_put(self, name: str, value: bytes | None, if_version: int, holder: str = "", timeout: float = 10.0) -> State:
        """Replaces version if_version (0: there must be none yet); None takes it away. StateRefused: there is another version, or
        somebody else holds the lease; its answer says so. Busy: no answer in time, and it may have been done: read it."""
        if self._state is None:
            raise Misuse("the client was opened without a state_key")
        sealed = b"" if value is None else self._state.seal(name, value)
        body = door.StatePut(name=name, value=sealed, if_version=if_version, holder=holder, is_removed=value is None)
        return self._ask("state.put.v1", name, body, timeout)

    def state_lease(self, name: str, holder: str, seconds: float, timeout: float = 10.0) -> State:
        """Takes or prolongs the lease for a replica with that random name; 0 seconds gives it back. StateRefused: another one has it."""
        if not 1 <= len(holder.encode()) <= HOLDER_MAX:
            raise Invalid(f"holder: want 1-{HOLDER_MAX} bytes")
        if seconds != 0 and not LEASE_LEAST <= seconds <= LEASE_MOST:
            raise Invalid(f"a lease: want {LEASE_LEAST} to {LEASE_MOST} seconds, or 0")
        return self._ask("state.lease.v1", name, door.StateLease(name=name, holder=holder, lease_ms=round(seconds * 1000)), timeout)

    # --- life ---

    @property
    def unanswered(self) -> int:
        """Letters in the spool without an answer."""
        return len(self._outbox)

    @property
    def is_up(self) -> bool:
        """The door knows us and was heard lately."""
        return not self._is_closed and self._peer.is_up

    def close(self) -> None:
        """What is unanswered stays in the spool. SpoolFailed: what was submitted since the last turn may not be durable."""
        if self._is_closed:
            return
        with self._alone():
            self._is_closed = True
            with contextlib.ExitStack() as end:
                end.callback(self._spool.close)
                end.callback(self._peer.close)
                self._spool.sync()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
