"""Messages as bytes: two frames, "WL1" and a batch. A batch is records of u8 kind, u8 zero, u16 LE header bytes, u32 LE body bytes,
header (protobuf Header), body (protobuf, by type). common/wire is the same in C; a test compares both byte for byte."""

from __future__ import annotations

import enum
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.message import DecodeError, EncodeError

from wangli.errors import Invalid, TooBig
from wangli.messages import envelope

MAGIC = b"WL1"
HEADER_MAX = 2048
BODY_MAX = 256 * 1024
BATCH_MESSAGES = 1000
BATCH_BYTES = 1024 * 1024
NAME_MAX = 64  # bytes of group, instance, sender, channel, type, source
TEXT_ID_MAX = 250  # bytes of id, command_id, source_msg_id
TEXT_MAX = 1024

RECORD = struct.Struct("<BBHI")


class Kind(enum.IntEnum):
    """common/wire/kinds.def"""

    HELLO = 1
    WELCOME = 2
    CREDIT = 3
    EVENT = 4
    COMMAND = 5
    RESULT = 6
    SUBMIT = 7
    RECEIPT = 8
    DELIVER = 9
    DONE = 10
    CLAIM = 11
    GO = 12
    ACK = 13
    NACK = 14
    PING = 15
    PONG = 16
    BYE = 17


NEEDS_CREDIT = frozenset((Kind.EVENT, Kind.COMMAND, Kind.SUBMIT, Kind.DELIVER, Kind.DONE, Kind.CLAIM))


class Code(enum.IntEnum):
    """common/wire/codes.def"""

    UNSPECIFIED = 0
    COMMITTED = 1
    DUPLICATE = 2
    BUSY = 3
    NO_CONSUMER = 4
    GAP = 5
    INVALID = 6
    CONFLICT = 7
    UNKNOWN_TYPE = 8
    FORBIDDEN = 9
    PARKED = 10
    DONE = 11
    REFUSED = 12
    DELIVERED = 13
    UNDELIVERABLE = 14
    IN_DOUBT = 15


TEXT_LIMITS = {
    **dict.fromkeys(("source", "type", "to", "reply_to", "route", "sender", "actor", "producer", "channel", "traceparent"), NAME_MAX),
    **dict.fromkeys(("id", "subject", "command_id", "source_msg_id"), TEXT_ID_MAX),
    "text": TEXT_MAX,
}
NUMBERS = ("time_us", "case_id", "seq", "attempt", "code", "retry_after_ms", "expected", "credit")


def head(**fields: Any) -> Any:
    """A header with these fields, names as in envelope.proto."""
    return envelope.Header(**fields)


@dataclass
class Message:
    kind: int
    head: Any = field(default_factory=head)
    body: bytes = b""


def head_check(header: Any) -> None:
    """The bounds that both sides keep; Invalid names the field."""
    for name, most in TEXT_LIMITS.items():
        text = getattr(header, name)
        if text and (len(text.encode()) > most or "\0" in text):
            raise Invalid(f"header field {name}: want at most {most} bytes without NUL")
    for name in NUMBERS:
        if getattr(header, name) < 0:
            raise Invalid(f"header field {name}: out of bounds")


def record(message: Message) -> bytes:
    """One message as it stands in a batch. TooBig: it could never be sent."""
    try:
        head_check(message.head)
        header: bytes = message.head.SerializeToString()
    except (Invalid, EncodeError, UnicodeEncodeError) as error:
        raise TooBig(f"the header does not fit: {error}") from error
    if len(header) > HEADER_MAX or len(message.body) > BODY_MAX:
        raise TooBig(f"header of {len(header)}, body of {len(message.body)} bytes: at most {HEADER_MAX} and {BODY_MAX}")
    return RECORD.pack(message.kind, 0, len(header), len(message.body)) + header + message.body


class Writer:
    """One batch being filled."""

    def __init__(self) -> None:
        self.records: list[bytes] = []
        self.bytes = 0

    def add(self, made: bytes) -> bool:
        """False: it does not fit into this batch; send it, begin the next."""
        if len(self.records) == BATCH_MESSAGES or self.bytes + len(made) > BATCH_BYTES:
            return False
        self.records.append(made)
        self.bytes += len(made)
        return True

    def take(self) -> bytes:
        """The batch; the writer is empty after it."""
        batch = b"".join(self.records)
        self.records, self.bytes = [], 0
        return batch


def split(batch: bytes) -> list[tuple[int, bytes, bytes]]:
    """(kind, header, body) of each record. A bad batch has no effect at all: Invalid, TooBig."""
    if len(batch) > BATCH_BYTES:
        raise TooBig(f"batch of {len(batch)} bytes: at most {BATCH_BYTES}")
    if not batch:
        raise Invalid("empty batch")
    return list(_walk(batch))


def _walk(batch: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    at = count = 0
    while at < len(batch):
        if count == BATCH_MESSAGES:
            raise TooBig(f"more than {BATCH_MESSAGES} messages")
        if len(batch) - at < RECORD.size:
            raise Invalid("truncated record head")
        kind, pad, header_bytes, body_bytes = RECORD.unpack_from(batch, at)
        if kind == 0 or pad != 0:
            raise Invalid(f"record of kind {kind}, pad {pad}")
        if header_bytes > HEADER_MAX or body_bytes > BODY_MAX:
            raise TooBig(f"record of {header_bytes} and {body_bytes} bytes")
        at += RECORD.size
        if header_bytes + body_bytes > len(batch) - at:
            raise Invalid("truncated record")
        yield kind, batch[at:at + header_bytes], batch[at + header_bytes:at + header_bytes + body_bytes]
        at += header_bytes + body_bytes
        count += 1


def head_read(header: bytes) -> Any:
    """Invalid: not protobuf, text not UTF-8, a name too long, a negative number."""
    read = envelope.Header()
    try:
        read.ParseFromString(header)
    except DecodeError as error:
        raise Invalid("header is not protobuf") from error
    head_check(read)
    return read


def body_read(message_type: Any, body: bytes) -> Any:
    """A body of a type of door.proto; Invalid: it is none."""
    read = message_type()
    try:
        read.ParseFromString(body)
    except DecodeError as error:
        raise Invalid(f"body is no {message_type.DESCRIPTOR.name}") from error
    return read
