"""What must survive this process. In the spool folder (records: log.py; a record is a tag byte, then parts of u32 LE length and bytes):

  lock               held by the one process that works here
  letters.log        LETTER (id, fingerprint, message) and ANSWERED (id)
  outcomes-NNNN.log  OUTCOME (delivery id, what came of it, reason, fence), one file for each 30 days of real time; files that ended
                     more than 90 days ago are deleted at opening
  claims.log         CLAIM (delivery id, claim id, header, body of the DELIVER), CALLING (delivery id, fence), RESTED and CLOSED
                     (delivery id)

letters.log is rewritten with what is unanswered when most of it is history, claims.log with what is open."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from wangli import log
from wangli.errors import Conflict, Invalid, SpoolFailed
from wangli.outbox import Outbox, Queued

PERIOD_SECONDS = 30 * 24 * 3600
PERIODS = 4  # the running one and three whole ones: at least 90 days
COMPACT_FROM = 4 << 20

LETTER, ANSWERED, OUTCOME = b"L", b"A", b"O"
CLAIM, CALLING, RESTED, CLOSED = b"C", b"G", b"R", b"X"

DELIVERED, UNDELIVERABLE, IN_DOUBT = "delivered", "undeliverable", "in_doubt"


def pack(tag: bytes, *parts: bytes) -> bytes:
    return tag + b"".join(struct.pack("<I", len(part)) + part for part in parts)


def unpack(record: bytes) -> tuple[bytes, list[bytes]]:
    """Tag and parts; a record that is none has no parts."""
    parts, at = [], 1
    while at < len(record):
        if len(record) - at < 4:
            return record[:1], []
        (size,) = struct.unpack_from("<I", record, at)
        at += 4
        if size > len(record) - at:
            return record[:1], []
        parts.append(record[at:at + size])
        at += size
    return record[:1], parts


@dataclass
class Kept:
    """What came of a delivery."""

    what: str
    reason: str = ""
    fence: int = 0  # of the GO; 0: it was not claimed
    is_kept: bool = False  # durable; until then the platform must not hear of it


@dataclass
class Claim:
    """A delivery that is claimed and has no outcome."""

    delivery_id: str
    claim_id: str
    header: bytes  # of the DELIVER
    body: bytes
    fence: int = 0  # of the GO
    is_calling: bool = False  # "calling now" is kept: the provider may have been called


@dataclass
class _Letters:
    file: log.Log
    is_dirty: bool = False
    is_moved: bool = False  # the file has a new name that may not be durable yet
    history_bytes: int = 0  # of records that no longer matter
    live_bytes: int = 0


@dataclass
class _Outcomes:
    by_delivery: dict[str, Kept] = field(default_factory=dict)
    fresh: list[str] = field(default_factory=list)  # delivery ids whose outcome is not kept yet
    replaced: dict[str, Kept | None] = field(default_factory=dict)  # what the fresh ones took the place of
    file: log.Log | None = None
    period: int = -1


def lock_take(folder: str) -> int:
    """The descriptor that holds the lock until it is closed, by death too. Conflict: somebody has it."""
    path = os.path.join(folder, "lock")
    try:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise SpoolFailed(f"{path}: {error.strerror}") from error
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(fd)
        raise Conflict(f"{folder}: another process works with this spool") from error
    return fd


def _letter_bytes(letter: Queued) -> int:
    return len(letter.id.encode()) + len(letter.body) + 64


def _letter_record(letter: Queued) -> bytes:
    return pack(LETTER, letter.id.encode(), letter.fingerprint, letter.body)


class Spool:
    def __init__(self, folder: str, outbox: Outbox, now: float | None = None):
        """Reads the folder's letters into the empty outbox. now: real time, for the outcomes' age."""
        if not folder:
            raise Invalid("the spool has no folder")
        self._folder = folder
        self._outbox = outbox
        log.folder_make(folder)
        self._open: list[log.Log] = []
        with contextlib.ExitStack() as undo:
            self._lock = lock_take(folder)
            undo.callback(os.close, self._lock)
            undo.callback(self._files_close)
            try:
                self._load(time.time() if now is None else now)
            except OSError as error:
                raise SpoolFailed(f"{folder}: {error.strerror}") from error
            undo.pop_all()

    def _path(self, name: str) -> str:
        return os.path.join(self._folder, name)

    def _file(self, name: str) -> log.Log:
        file = log.Log(self._path(name))
        self._open.append(file)
        return file

    def _swap(self, old: log.Log, new: log.Log) -> log.Log:
        self._open.remove(old)
        self._open.append(new)
        old.close()
        return new

    def _load(self, now: float) -> None:
        self._letters = _Letters(self._file("letters.log"))
        self._outcomes = _Outcomes()
        self._letters_read()
        self._outcomes_read(now)
        self._claims_read()
        if self._letters.history_bytes > 0:
            self._compact()

    # --- letters ---

    def _letters_read(self) -> None:
        letters = self._letters
        for record in letters.file.records:
            tag, parts = unpack(record)
            id_ = parts[0].decode("utf-8", "replace") if parts else ""
            known = self._outbox.find(id_) if parts else None
            if tag == LETTER and len(parts) == 3 and known is None:
                letters.live_bytes += _letter_bytes(self._outbox.add(id_, parts[1], parts[2]))
            elif tag == ANSWERED and known is not None:
                letters.history_bytes += _letter_bytes(known)
                self._outbox.answered(known)
        letters.file.records = []

    def add_letter(self, letter: Queued) -> None:
        """Durable after sync()."""
        self._letters.file.append(_letter_record(letter))
        self._letters.live_bytes += _letter_bytes(letter)
        self._letters.is_dirty = True

    def add_answered(self, letter: Queued) -> None:
        self._letters.file.append(pack(ANSWERED, letter.id.encode()))
        self._letters.history_bytes += len(letter.id)
        self._letters.is_dirty = True

    def _moved_sync(self) -> None:
        """The rename must be durable before anything is appended to the new file."""
        if self._letters.is_moved:
            log.folder_sync(self._folder)
            self._letters.is_moved = False

    def _compact(self) -> None:
        letters = self._letters
        new = log.replace(self._path("letters.log"), (_letter_record(one) for one in self._outbox))
        letters.file = self._swap(letters.file, new)
        letters.history_bytes = 0
        letters.live_bytes = sum(_letter_bytes(one) for one in self._outbox)
        letters.is_moved = letters.is_dirty = True
        self._moved_sync()
        letters.is_dirty = False

    def sync(self) -> None:
        """Makes letters durable; compacts when it pays. SpoolFailed: nothing new may be sent."""
        letters = self._letters
        if not letters.is_dirty:
            return
        all_bytes = letters.history_bytes + letters.live_bytes
        if all_bytes >= COMPACT_FROM and sum(_letter_bytes(one) for one in self._outbox) <= all_bytes // 2:
            self._compact()
            return
        letters.file.sync()
        self._moved_sync()
        letters.is_dirty = False

    # --- outcomes ---

    def _outcomes_path(self, period: int) -> str:
        return f"outcomes-{period:04d}.log"

    def _outcomes_read(self, now: float) -> None:
        """All periods that still count, oldest first; older files are deleted. One of the near future counts: the clock was put back."""
        current = int(now // PERIOD_SECONDS)
        periods = []
        for name in os.listdir(self._folder):
            found = re.fullmatch(r"outcomes-(\d+)\.log", name)
            if found and int(found[1]) <= current - PERIODS:
                os.unlink(self._path(name))
            elif found and int(found[1]) <= current + PERIODS:
                periods.append(int(found[1]))
        for period in sorted(periods):
            for record in log.read(self._path(self._outcomes_path(period)))[0]:
                tag, parts = unpack(record)
                if tag == OUTCOME and len(parts) == 4:
                    id_, what, reason, fence = (part.decode("utf-8", "replace") for part in parts)
                    self._outcomes.by_delivery[id_] = Kept(what, reason, int(fence), True)

    def find_outcome(self, delivery_id: str) -> Kept | None:
        """None: this delivery was never answered."""
        return self._outcomes.by_delivery.get(delivery_id)

    def add_outcome(self, delivery_id: str, kept: Kept) -> None:
        """Not kept yet: keep_outcomes() makes it so."""
        outcomes = self._outcomes
        outcomes.replaced.setdefault(delivery_id, outcomes.by_delivery.get(delivery_id))
        outcomes.by_delivery[delivery_id] = kept
        outcomes.fresh.append(delivery_id)

    def drop_outcomes(self) -> None:
        """Forgets those that are not kept."""
        for delivery_id, before in self._outcomes.replaced.items():
            del self._outcomes.by_delivery[delivery_id]
            if before is not None:
                self._outcomes.by_delivery[delivery_id] = before
        self._outcomes.fresh, self._outcomes.replaced = [], {}
        if self._outcomes.file is not None:
            self._outcomes.file.forget()

    def _outcomes_file(self, period: int) -> log.Log:
        outcomes = self._outcomes
        if outcomes.file is None or outcomes.period != period:
            new = self._file(self._outcomes_path(period))
            new.records = []
            if outcomes.file is not None:
                self._open.remove(outcomes.file)
                outcomes.file.close()
            outcomes.file, outcomes.period = new, period
        return outcomes.file

    def keep_outcomes(self, now: float | None = None) -> None:
        """Makes all of them durable and kept. SpoolFailed: none of the new ones is known any more."""
        outcomes = self._outcomes
        if not outcomes.fresh:
            return
        try:
            file = self._outcomes_file(int((time.time() if now is None else now) // PERIOD_SECONDS))
            for delivery_id in outcomes.fresh:
                kept = outcomes.by_delivery[delivery_id]
                file.append(pack(OUTCOME, delivery_id.encode(), kept.what.encode(), kept.reason.encode(), str(kept.fence).encode()))
            file.sync()
        except SpoolFailed:
            self.drop_outcomes()
            raise
        for delivery_id in outcomes.fresh:
            outcomes.by_delivery[delivery_id].is_kept = True
        outcomes.fresh, outcomes.replaced = [], {}

    # --- claims ---

    def _claims_read(self) -> None:
        """Open claims; one whose outcome is kept under its fence is closed, whatever its file says."""
        self.claims: dict[str, Claim] = {}
        if not os.path.exists(self._path("claims.log")):
            self._claims: log.Log | None = None
            return
        self._claims = self._file("claims.log")
        for record in self._claims.records:
            self._claim_apply(*unpack(record))
        for delivery_id, claim in list(self.claims.items()):
            kept = self.find_outcome(delivery_id)
            if kept is not None and claim.fence > 0 and kept.fence == claim.fence:
                del self.claims[delivery_id]
        records = len(self._claims.records)
        self._claims.records = []
        if records > len(self.claims):
            self._claims_compact()

    def _claim_apply(self, tag: bytes, parts: list[bytes]) -> None:
        id_ = parts[0].decode("utf-8", "replace") if parts else ""
        claim = self.claims.get(id_)
        if tag == CLAIM and len(parts) == 4:
            self.claims[id_] = Claim(id_, parts[1].decode(), parts[2], parts[3])
        elif tag == CALLING and len(parts) == 2 and claim is not None:
            claim.fence, claim.is_calling = int(parts[1]), True
        elif tag == RESTED and claim is not None:
            claim.is_calling = False
        elif tag == CLOSED and claim is not None:
            del self.claims[id_]

    def _claim_records(self) -> Iterator[bytes]:
        for claim in self.claims.values():
            yield pack(CLAIM, claim.delivery_id.encode(), claim.claim_id.encode(), claim.header, claim.body)
            if claim.fence > 0:
                yield pack(CALLING, claim.delivery_id.encode(), str(claim.fence).encode())
                if not claim.is_calling:
                    yield pack(RESTED, claim.delivery_id.encode())

    def _claims_compact(self) -> None:
        assert self._claims is not None
        self._claims = self._swap(self._claims, log.replace(self._path("claims.log"), self._claim_records()))
        log.folder_sync(self._folder)

    def add_claim(self, claim: Claim) -> None:
        """Durable when this returns, as are the next two."""
        self._claim_write(pack(CLAIM, claim.delivery_id.encode(), claim.claim_id.encode(), claim.header, claim.body))
        self.claims[claim.delivery_id] = claim

    def claim_calling(self, claim: Claim, fence: int) -> None:
        """ "Calling now": if we die before the outcome is kept, whoever opens this spool next is in doubt."""
        self._claim_write(pack(CALLING, claim.delivery_id.encode(), str(fence).encode()))
        claim.fence, claim.is_calling = fence, True

    def claim_rested(self, claim: Claim) -> None:
        """The provider was not called after all."""
        self._claim_write(pack(RESTED, claim.delivery_id.encode()))
        claim.is_calling = False

    def close_claim(self, claim: Claim) -> None:
        """Its outcome is kept, or it is somebody else's. Durable with the next write: the outcome says the same."""
        self.claims.pop(claim.delivery_id, None)
        assert self._claims is not None
        self._claims.append(pack(CLOSED, claim.delivery_id.encode()))
        if self._claims.size >= COMPACT_FROM and sum(map(len, self._claim_records())) <= self._claims.size // 2:
            self._claims_compact()

    def _claim_write(self, record: bytes) -> None:
        if self._claims is None:
            self._claims = self._file("claims.log")
        self._claims.append(record)
        try:
            self._claims.sync()
        except SpoolFailed:
            self._claims.forget()
            raise

    # --- life ---

    def _files_close(self) -> None:
        for file in self._open:
            file.close()
        self._open = []

    def close(self) -> None:
        if self._claims is not None:
            with contextlib.suppress(SpoolFailed):  # closed claims: the outcomes say the same
                self._claims.sync()
        self._files_close()
        os.close(self._lock)
