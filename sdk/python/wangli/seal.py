"""A letter becomes the bytes that travel. Contact data are encrypted under a data key that lives for an epoch (24 hours, or until the
process ends) and is sealed once to the platform's public key. Sealing draws a nonce: the bytes differ each time, so they are made once
and spooled."""

from __future__ import annotations

import time
from typing import Any

from wangli import crypto, wire
from wangli.errors import Invalid, TooBig
from wangli.messages import door
from wangli.model import REPLY_ADDRESS_MAX, SOURCE_ID_MAX, Letter, micros

EPOCH_BYTES = 16
EPOCH_LASTS = 24 * 3600.0
ATTACHMENTS_MAX = 9
LIKES_MAX = 2**31 - 1

# Title and body have the platform's limits, told by its refusal; here stands what cannot be sent: (name, least, most bytes).
FIELDS = (
    ("source_msg_id", 1, SOURCE_ID_MAX),
    ("title", 0, wire.BODY_MAX),
    ("body", 0, wire.BODY_MAX),
    ("area", 0, wire.TEXT_ID_MAX),
    ("klass", 0, wire.NAME_MAX),
    ("contact.name", 0, 1000),
    ("contact.phone", 0, 200),
    ("contact.address", 0, 2000),
    ("contact.account", 0, 1000),
    ("reply_address", 0, REPLY_ADDRESS_MAX),
)


def _field(letter: Letter, name: str) -> bytes:
    """The text as bytes; Invalid: no text, no UTF-8 (a lone surrogate), or a NUL in it."""
    value: Any = letter
    for part in name.split("."):
        value = getattr(value, part)
    try:
        if isinstance(value, str) and "\0" not in value:
            return value.encode()
    except UnicodeEncodeError:
        pass
    raise Invalid(f"{name}: not UTF-8 text without NUL")


def _attachments_check(letter: Letter) -> None:
    if len(letter.attachments) > ATTACHMENTS_MAX:
        raise Invalid(f"{len(letter.attachments)} attachments: want {ATTACHMENTS_MAX} at most")
    for one in letter.attachments:
        if not one.ticket:
            raise Invalid("an attachment has no ticket")
        if len(one.name.encode("utf-8", "replace")) > 200 or "\0" in one.name or "/" in one.name:
            raise Invalid("an attachment's name: want at most 200 bytes, no path")


def check(letter: Letter) -> None:
    """Invalid, TooBig: the name of the field is said."""
    for name, least, most in FIELDS:
        size = len(_field(letter, name))
        if size < least:
            raise Invalid(f"{name} is empty")
        if size > most:
            kind = TooBig if most == wire.BODY_MAX else Invalid
            raise kind(f"{name} has {size} bytes: want {most} at most")
    if not 0 <= letter.likes <= LIKES_MAX:
        raise Invalid(f"likes is {letter.likes}: want 0 to {LIKES_MAX}")
    if letter.written_at is not None and letter.written_at.tzinfo is None:
        raise Invalid("written_at has no time zone")
    _attachments_check(letter)


class Seal:
    """The keys of one client. secret: the integrator's own; a key for fingerprints is derived from it."""

    def __init__(self, vault_key: bytes, secret: bytes):
        crypto.public_check(vault_key)
        self._vault_key = vault_key
        self._fingerprint_key = crypto.blake2([b"wangli sdk fingerprint", secret])
        self._renew_at = 0.0
        self._data_key = self._sealed_key = self._epoch = b""

    def fingerprint(self, letter: Letter) -> bytes:
        """Tells letters apart without keeping them: keyed, so that it says nothing to others."""
        parts = [_field(letter, name) for name, _, _ in FIELDS]
        parts += [micros(letter.written_at).to_bytes(8, "little", signed=True), letter.likes.to_bytes(4, "little"),
                  bytes([letter.wants_status])]
        for one in letter.attachments:
            parts += [one.ticket, one.name.encode()]
        return crypto.blake2(parts, self._fingerprint_key)

    def _epoch_renew(self, now: float) -> None:
        if self._data_key and now < self._renew_at:
            return
        self._data_key = crypto.key_make()
        self._sealed_key = crypto.key_seal(self._data_key, self._vault_key)
        self._epoch = crypto.blake2([self._sealed_key])[:EPOCH_BYTES]
        self._renew_at = now + EPOCH_LASTS

    def letter(self, letter: Letter, now: float | None = None) -> bytes:
        """The body of SUBMIT. The letter must have passed check()."""
        submit = door.Submit(title=letter.title, body=letter.body, written_at_us=micros(letter.written_at), area=letter.area,
                             likes=letter.likes, klass=letter.klass, reply_address=letter.reply_address,
                             wants_status=letter.wants_status)
        for one in letter.attachments:
            submit.attachments.add(ticket=one.ticket, name=one.name)
        if not letter.contact.is_empty():
            self._epoch_renew(time.monotonic() if now is None else now)
            plain = door.ContactPlain(name=letter.contact.name, phone=letter.contact.phone, address=letter.contact.address,
                                      account=letter.contact.account).SerializeToString()
            submit.contact.epoch = self._epoch
            submit.contact.sealed_key = self._sealed_key
            submit.contact.record = crypto.record_seal(plain, letter.source_msg_id.encode(), self._data_key)
        body: bytes = submit.SerializeToString()
        return body
