"""What goes in and what comes back. Texts are str (UTF-8 on the wire, no NUL), times are datetime with a zone."""

from __future__ import annotations

import datetime
import enum
from dataclasses import dataclass, field

SOURCE_ID_MAX = 250  # bytes of source_msg_id
REPLY_ADDRESS_MAX = 1024
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def micros(at: datetime.datetime | None) -> int:
    """Microseconds since 1970, exactly; 0: unknown."""
    if at is None:
        return 0
    return (at - EPOCH) // datetime.timedelta(microseconds=1)


def instant(us: int) -> datetime.datetime | None:
    """The other way round."""
    return None if us == 0 else EPOCH + datetime.timedelta(microseconds=us)


@dataclass(frozen=True)
class Contact:
    """Who wrote. Leaves this process encrypted; only the platform's vault can open it."""

    name: str = ""
    phone: str = ""
    address: str = ""
    account: str = ""  # the citizen's account or pseudonym on your channel

    def is_empty(self) -> bool:
        return not (self.name or self.phone or self.address or self.account)


@dataclass(frozen=True)
class Attachment:
    """What was uploaded before; `ticket` as the upload answered it."""

    ticket: bytes
    name: str = ""  # for people, "photo.jpg"; at most 200 bytes


@dataclass(frozen=True)
class Letter:
    source_msg_id: str  # 1-250 bytes: your name for it, once for ever
    title: str = ""
    body: str = ""
    written_at: datetime.datetime | None = None
    area: str = ""  # county-level code or name as you know it
    likes: int = 0
    klass: str = ""  # "" or "report" (举报)
    contact: Contact = field(default_factory=Contact)
    reply_address: str = ""  # where the answer goes, sealed by you for yourself; at most 1,024 bytes
    attachments: tuple[Attachment, ...] = ()
    wants_status: bool = False  # tell on_status whenever the state that people see changes


@dataclass(frozen=True)
class Receipt:
    source_msg_id: str
    case_number: str  # CD0421786-3
    query_code: str  # 6 digits
    digest: bytes  # 32 bytes over what was received
    received_at: datetime.datetime | None
    is_repeat: bool  # the platform had this letter already


class Why(enum.Enum):
    """Why the platform will never take a letter."""

    INVALID = "invalid"  # wrong content
    CONFLICT = "conflict"  # the same name with other content before
    DENIED = "denied"  # your key may not


@dataclass(frozen=True)
class Refusal:
    source_msg_id: str
    why: Why
    text: str


@dataclass(frozen=True)
class Delivery:
    delivery_id: str  # the same each time it is sent
    source_msg_id: str  # of the letter that is answered
    channel: str
    case_number: str
    text: str  # the reply
    unit: str  # who replies, for people
    replied_at: datetime.datetime | None
    reply_address: str
    what: str  # "reply"; "refusal": the letter is not accepted, text says why and where to turn


@dataclass(frozen=True)
class Outcome:
    """What came of a delivery. is_delivered False: it can never be handed over, and reason says why."""

    is_delivered: bool
    reason: str = ""


DELIVERED = Outcome(True)


@dataclass(frozen=True)
class Status:
    """What people see of a letter that was submitted with wants_status."""

    source_msg_id: str
    channel: str
    case_number: str
    state: str
    at: datetime.datetime | None
    version: int  # grows with every change
    unit: str
    due: datetime.datetime | None


@dataclass(frozen=True)
class State:
    """One entry of the state store as the platform has it now."""

    name: str
    version: int  # 0: there is none
    value: bytes | None
    holder: str  # who holds the lease now; "" nobody
    lease_left: float  # seconds
