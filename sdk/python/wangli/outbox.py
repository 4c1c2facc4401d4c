"""Letters without an answer, and when each may be sent (again). In memory only and a function of the times it is given; the spool makes
it durable.

WAITING to FLYING when sent; FLYING to WAITING after the time-out, a NACK, or a new connection; gone when answered. A NACK's retry time
holds back the whole outbox, not one letter: it is the platform that is busy. It halves the window too, once for all that was under way;
each receipt gives one letter back, until the window is what it was. But a retry time of ASIDE_FROM and more says that the letter itself was
set aside (quarantine): it waits alone, and the others go on."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass

NEVER = math.inf
ASIDE_FROM = 60.0


@dataclass
class Queued:
    id: str
    fingerprint: bytes  # tells whether a second submit is the same
    body: bytes  # the message as it is sent, byte for byte
    sent_at: float = -NEVER
    attempt: int = 0
    is_flying: bool = False


class Outbox:
    def __init__(self, window: int):
        self._most = window
        self._window = window
        self._waiting: OrderedDict[str, Queued] = OrderedDict()
        self._flying: OrderedDict[str, Queued] = OrderedDict()  # in the order in which they were sent
        self._aside: dict[str, tuple[Queued, float]] = {}  # until when
        self._hold_until = -NEVER
        self._halved_at = -NEVER

    def __len__(self) -> int:
        return len(self._waiting) + len(self._flying) + len(self._aside)

    def __iter__(self) -> Iterator[Queued]:
        yield from self._flying.values()
        yield from self._waiting.values()
        yield from (letter for letter, _ in self._aside.values())

    @property
    def window(self) -> int:
        return self._window

    def add(self, id_: str, fingerprint: bytes, body: bytes) -> Queued:
        letter = Queued(id_, fingerprint, body)
        self._waiting[id_] = letter
        return letter

    def find(self, id_: str) -> Queued | None:
        return self._flying.get(id_) or self._waiting.get(id_) or self._aside.get(id_, (None, 0.0))[0]

    def answered(self, letter: Queued) -> None:
        """Gone, and the window grows."""
        self._take(letter)
        self._window = min(self._window + 1, self._most)

    def next(self, now: float) -> Queued | None:
        """The next letter to send, now counted as flying; None: none may be sent now."""
        if not self._waiting or len(self._flying) >= self._window or now < self._hold_until:
            return None
        _, letter = self._waiting.popitem(last=False)
        self._flying[letter.id] = letter
        letter.is_flying, letter.sent_at = True, now
        letter.attempt += 1
        return letter

    def _take(self, letter: Queued) -> None:
        """Out of whichever it is in."""
        for place in (self._flying, self._waiting, self._aside):
            place.pop(letter.id, None)
        letter.is_flying = False

    def _land(self, letter: Queued, is_first: bool = False) -> None:
        del self._flying[letter.id]
        letter.is_flying = False
        self._waiting[letter.id] = letter
        if is_first:
            self._waiting.move_to_end(letter.id, last=False)

    def refused(self, letter: Queued, now: float, after: float) -> None:
        """Not taken: it waits again, and nothing is sent before now + after; for ASIDE_FROM and more, it alone is not."""
        if after >= ASIDE_FROM:
            self._take(letter)
            self._aside[letter.id] = letter, now + after
            return
        if letter.sent_at > self._halved_at:
            self._window = max(1, self._window // 2)
            self._halved_at = now
        if letter.is_flying:
            self._land(letter)
        self._hold_until = max(self._hold_until, now + after)

    def expire(self, now: float, timeout: float) -> None:
        """Letters that were sent `timeout` ago or earlier wait again, and those whose time aside is over."""
        for letter, until in [*self._aside.values()]:
            if now >= until:
                self._take(letter)
                self._waiting[letter.id] = letter
        while self._flying:
            letter = next(iter(self._flying.values()))
            if now < letter.sent_at + timeout:
                return
            self._land(letter)

    def land(self) -> None:
        """A new connection: what was under way may be lost."""
        for letter in reversed(list(self._flying.values())):
            self._land(letter, is_first=True)

    def due(self, timeout: float) -> float:
        """When something may be due next; NEVER: not by itself."""
        due = NEVER
        if self._flying:
            due = next(iter(self._flying.values())).sent_at + timeout
        # Without a hold, what could be sent has been sent before anybody asks.
        if self._waiting and len(self._flying) < self._window and self._hold_until > -NEVER:
            due = min(due, self._hold_until)
        return min((due, *(until for _, until in self._aside.values())))
