"""Hashing and sealing as common/crypto does it: BLAKE2b, sealed boxes, XChaCha20-Poly1305."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from collections.abc import Sequence

import nacl.bindings
import nacl.exceptions
import zmq

from wangli.errors import Invalid

HASH_BYTES = 32
KEY_BYTES = 32
NONCE_BYTES = nacl.bindings.crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
Z85 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"  # ZeroMQ RFC 32
TAG_BYTES = nacl.bindings.crypto_aead_xchacha20poly1305_ietf_ABYTES


def blake2(parts: Sequence[bytes], key: bytes = b"") -> bytes:
    """BLAKE2b-256 over length-prefixed parts (u64 LE length, bytes): moving a border between parts changes it."""
    state = hashlib.blake2b(digest_size=HASH_BYTES, key=key)
    for part in parts:
        state.update(len(part).to_bytes(8, "little"))
        state.update(part)
    return state.digest()


def key_make() -> bytes:
    return os.urandom(KEY_BYTES)


def key_seal(data_key: bytes, public_key: bytes) -> bytes:
    """The data key in a sealed box: only the secret half opens it."""
    return bytes(nacl.bindings.crypto_box_seal(data_key, public_key))


def record_seal(plain: bytes, about: bytes, data_key: bytes) -> bytes:
    """A 24-byte nonce, then the record; `about` is bound to it."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + bytes(nacl.bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(plain, about, nonce, data_key))


def record_open(sealed: bytes, about: bytes, data_key: bytes) -> bytes:
    """Invalid: another key, another `about`, or damaged."""
    if len(sealed) < NONCE_BYTES + TAG_BYTES:
        raise Invalid("sealed record is too short")
    try:
        return bytes(nacl.bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(
            sealed[NONCE_BYTES:], about, sealed[:NONCE_BYTES], data_key))
    except nacl.exceptions.CryptoError as error:
        raise Invalid("the sealed record does not open with this key and name") from error


def public_check(key: bytes) -> None:
    """Invalid: no public key, or a point of small order, to which nothing can be sealed."""
    if len(key) != KEY_BYTES:
        raise Invalid(f"the vault's key has {len(key)} bytes: want {KEY_BYTES}")
    try:
        shared = nacl.bindings.crypto_scalarmult(os.urandom(KEY_BYTES), key)
    except (RuntimeError, nacl.exceptions.CryptoError) as error:
        raise Invalid("the vault's key is no public key") from error
    if shared == bytes(KEY_BYTES):
        raise Invalid("the vault's key is no public key")


def z85_read(text: str, whose: str) -> bytes:
    """The 40 characters of a CURVE key; Invalid says whose it is."""
    text = text.strip()
    words = [text[at:at + 5] for at in range(0, len(text), 5)]
    if len(text) != 40 or not set(text) <= set(Z85) or any(_z85_word(word) >= 2**32 for word in words):
        raise Invalid(f"{whose} is no Z85 key")
    return text.encode()


def _z85_word(word: str) -> int:
    number = 0
    for letter in word:
        number = number * 85 + Z85.index(letter)
    return number


def z85_public(secret: bytes) -> bytes:
    return bytes(zmq.curve_public(secret))


def key_read(text: str) -> bytes:
    """The vault's public key as its file has it: base64 of 32 bytes."""
    try:
        raw = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Invalid("the key file holds no base64") from error
    if len(raw) != KEY_BYTES:
        raise Invalid(f"the key file holds {len(raw)} bytes: want {KEY_BYTES}")
    return raw
