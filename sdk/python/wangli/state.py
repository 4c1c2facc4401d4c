"""The state store: a channel's own small state, kept by the platform so that the channel can run in several replicas. Values are sealed
here, bound to the integrator's name and their own; the platform sees names and sizes only. A question is a COMMAND through the door,
sent again until there is a RESULT; its command_id makes sure that it is done once."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from wangli import crypto, wire
from wangli.errors import Denied, Invalid, StateRefused, TooBig, WangliError
from wangli.messages import door
from wangli.model import State
from wangli.peer import Peer

NAME_MAX = 100
VALUE_MAX = 65536 - crypto.NONCE_BYTES - crypto.TAG_BYTES
HOLDER_MAX = 64
LEASE_LEAST, LEASE_MOST = 1.0, 600.0
AGAIN_AFTER = 5.0


@dataclass
class Ask:
    """One question under way."""

    message: wire.Message
    due: float = 0.0  # when it is sent (again)
    answer: Any = None
    failure: WangliError | None = None

    @property
    def is_over(self) -> bool:
        return self.answer is not None or self.failure is not None


class StateStore:
    def __init__(self, peer: Peer, state_key: bytes, source: str):
        if len(state_key) != crypto.KEY_BYTES:
            raise Invalid(f"the state's key has {len(state_key)} bytes: want {crypto.KEY_BYTES}")
        self._peer = peer
        self._key = crypto.blake2([b"wangli sdk state"], state_key)
        self._source = source
        self._asks: dict[str, Ask] = {}

    # --- sealing ---

    def _about(self, name: str) -> bytes:
        return self._source.encode() + b"\0" + name.encode()

    def seal(self, name: str, value: bytes) -> bytes:
        if len(value) > VALUE_MAX:
            raise TooBig(f"the value has {len(value)} bytes: want {VALUE_MAX} at most")
        return crypto.record_seal(value, self._about(name), self._key)

    def read(self, name: str, answer: Any) -> State:
        value = crypto.record_open(answer.value, self._about(name), self._key) if answer.version > 0 and answer.value else None
        return State(name, answer.version, value, answer.holder, answer.lease_left_ms / 1000)

    # --- asking ---

    def ask(self, type_: str, name: str, body: Any) -> Ask:
        if not 1 <= len(name.encode()) <= NAME_MAX or "\0" in name:
            raise Invalid(f"the state's name: want 1-{NAME_MAX} bytes")
        command_id = secrets.token_hex(16)
        head = wire.head(id=command_id, type=type_, to="intake", reply_to=self._peer.instance, command_id=command_id)
        ask = Ask(wire.Message(wire.Kind.COMMAND, head, body.SerializeToString()))
        self._asks[command_id] = ask
        return ask

    def forget(self, ask: Ask) -> None:
        self._asks.pop(ask.message.head.command_id, None)

    def turn(self, now: float) -> None:
        for ask in self._asks.values():
            if not ask.is_over and now >= ask.due and self._peer.is_up:
                ask.due = now + AGAIN_AFTER
                ask.message.head.attempt += 1
                self._peer.send(ask.message)

    def welcomed(self) -> None:
        for ask in self._asks.values():
            ask.due = 0.0

    def take(self, message: wire.Message, now: float) -> bool:
        """A RESULT or NACK of one of ours; False: it is none."""
        head = message.head
        ask = self._asks.get(head.command_id)
        if ask is None:
            return False
        if message.kind == wire.Kind.NACK and head.code in (wire.Code.BUSY, wire.Code.NO_CONSUMER):
            ask.due = now + min(max(head.retry_after_ms / 1000, 0.1), 600.0)
        elif message.kind == wire.Kind.RESULT and head.code == wire.Code.DONE:
            try:
                ask.answer = wire.body_read(door.StateAnswer, message.body)
            except Invalid as error:
                ask.failure = error
        else:
            kind = Denied if head.code == wire.Code.FORBIDDEN else Invalid
            ask.failure = kind(head.text or f"the platform refused {ask.message.head.type}")
        return True

    def outcome(self, name: str, ask: Ask) -> State:
        """What an ask that is over came to; StateRefused says what is there instead."""
        if ask.failure is not None:
            raise ask.failure
        state = self.read(name, ask.answer)
        if ask.answer.why_not:
            raise StateRefused(ask.answer.why_not, state)
        return state
