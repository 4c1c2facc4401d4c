"""Append-only files that survive kill -9 and power cuts. A file is records: u32 LE length, u32 LE CRC-32, then that many bytes. What
was appended is durable after sync(); reading stops at the first record that is not whole, and opening cuts it and all behind it off:
that is what a process was writing when it died, and nobody has relied on it."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator

from wangli.errors import SpoolFailed

HEAD = struct.Struct("<II")


def read(path: str) -> tuple[list[bytes], int]:
    """Whole records and where they end; SpoolFailed: the file cannot be read. A missing file holds none."""
    try:
        with open(path, "rb") as file:
            data = file.read()
    except FileNotFoundError:
        return [], 0
    except OSError as error:
        raise SpoolFailed(f"{path}: {error.strerror}") from error
    records = list(_walk(data))
    return records, sum(HEAD.size + len(one) for one in records)


def _walk(data: bytes) -> Iterator[bytes]:
    at = 0
    while len(data) - at >= HEAD.size:
        length, crc = HEAD.unpack_from(data, at)
        at += HEAD.size
        # a length of zero is damage: power cuts leave zeros at the end of files
        if length == 0 or length > len(data) - at or zlib.crc32(data[at:at + length]) != crc:
            return
        yield data[at:at + length]
        at += length


def folder_sync(folder: str) -> None:
    """Makes names durable: of files that were made, renamed or removed in it."""
    try:
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
    except OSError as error:
        raise SpoolFailed(f"{folder}: {error.strerror}") from error


def folder_make(folder: str) -> None:
    """With parents; existing is fine. Each new name is durable."""
    folder = folder.rstrip("/") or "/"
    parent = os.path.dirname(folder) or "."
    if os.path.isdir(folder):
        return
    if not os.path.isdir(parent):
        folder_make(parent)
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
    except OSError as error:
        raise SpoolFailed(f"{folder}: {error.strerror}") from error
    folder_sync(parent)


class Log:
    """One open file. What is not yet synced stays in memory and is written again, at the same place, by the next sync: after a failed
    fdatasync the kernel may have dropped the pages."""

    def __init__(self, path: str):
        """Finds the whole records (self.records, for the caller to take) and cuts off the rest."""
        self.path = path
        self.records, self._durable = read(path)
        self._pending = bytearray()
        try:
            self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise SpoolFailed(f"{path}: {error.strerror}") from error
        try:
            os.ftruncate(self._fd, self._durable)
            os.fsync(self._fd)
            folder_sync(os.path.dirname(path) or ".")
        except OSError as error:
            os.close(self._fd)
            raise SpoolFailed(f"{path}: {error.strerror}") from error

    def append(self, record: bytes) -> None:
        self._pending += HEAD.pack(len(record), zlib.crc32(record)) + record

    def sync(self) -> None:
        """SpoolFailed: nothing of it counts as durable; call again."""
        if not self._pending:
            return
        try:
            done = 0
            while done < len(self._pending):
                done += os.pwrite(self._fd, memoryview(self._pending)[done:], self._durable + done)
            os.fdatasync(self._fd)
        except OSError as error:
            raise SpoolFailed(f"{self.path}: {error.strerror}") from error
        self._durable += len(self._pending)
        self._pending = bytearray()

    def forget(self) -> None:
        """Drops what was appended and not synced, and what a failed sync may have left of it in the file."""
        self._pending = bytearray()
        try:
            os.ftruncate(self._fd, self._durable)
        except OSError:
            pass  # the next opening finds whole records at worst: of things that did happen

    @property
    def size(self) -> int:
        return self._durable + len(self._pending)

    def close(self) -> None:
        os.close(self._fd)


def replace(path: str, records: Iterator[bytes]) -> Log:
    """A new file with these records under the old name; the old one stays in use on failure. Durable but for its name: folder_sync
    follows, and until then a power cut may bring the old file back."""
    new = path + ".new"
    try:
        if os.path.exists(new):
            os.unlink(new)
        log = Log(new)
        log.records = []
        try:
            for record in records:
                log.append(record)
            log.sync()
            os.rename(new, path)
        except BaseException:
            log.close()
            raise
    except OSError as error:
        raise SpoolFailed(f"{path}: {error.strerror}") from error
    log.path = path
    return log
