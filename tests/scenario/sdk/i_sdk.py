"""The installed client library against a whole system, by its examples: a letter goes in and its receipt comes out, the same
again; an integrator that is killed in the middle and started again has each receipt and each reply once."""

import hashlib
import json
import os
import pathlib
import signal
import struct
import subprocess
import sys
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lib"))
from sdk_prefix import Prefix, run  # noqa: E402
from system import System, until  # noqa: E402

LETTERS = 300
REPLIED = 4


class Client:
    """One of the examples with a key and a spool of a channel's own."""

    def __init__(self, s, prefix, name, channel):
        self.program = prefix.example(name, s.folder)
        self.env = prefix.env(s.env)
        self.keys = s.data / "keys"
        self.spool = s.folder / f"spool-{name}"
        if not (self.keys / "channels" / channel).exists():
            s.wangli("channel", "add", channel)
        self.arguments = ["--address", f"tcp://127.0.0.1:{s.port + 1}", "--server-key-file", self.keys / "door.pub", "--key-file",
                          self.keys / "channels" / channel, "--vault-key-file", self.keys / "vault.pub", "--spool", self.spool,
                          "--channel", channel]

    def command(self, *more):
        return [str(word) for word in (self.program, *self.arguments, *more)]

    def run(self, *more, ok=(0,), timeout=120):
        return run(*self.command(*more), env=self.env, ok=ok, timeout=timeout)

    def start(self, *more):
        return subprocess.Popen(self.command(*more), env=self.env, stdin=subprocess.DEVNULL)


def letter_gets_its_receipt(s, prefix):
    client = Client(s, prefix, "submit", "sample")
    words = ("L1", "路灯不亮", "春熙路的路灯坏了，请安排维修。")
    number, code = client.run(*words).split()
    assert s.one("select count(*) from intake.v_submission where source_msg_id = 'L1'") == "1"
    assert len(code) == 6 and code.isdigit(), code
    assert client.run(*words).strip() == f"{number} {code} (received before)"
    client.run("L1", "另一个标题", "另外的正文", ok=(1,))
    assert json.loads(s.wangli("case", number, "--json").stdout)["state"] != "", number


def png(path, width=40):
    """A small picture that says where it was taken."""
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = b"".join(b"\0" + bytes((x * 7 + y) % 256 for x in range(3 * width)) for y in range(30))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, 30, 8, 2, 0, 0, 0)) +
                     chunk(b"tEXt", b"GPS\0" + b"30.6570,104.0650") + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
    return hashlib.sha256(path.read_bytes()).hexdigest()


def letter_brings_its_photo(s, prefix):
    """Right by the door, upload to media, ticket in the letter, row with the case; what is kept has no GPS."""
    photo = s.folder / "路灯.png"
    digest = png(photo)
    client = Client(s, prefix, "attach", "photos")
    words = (photo, "image/png", digest, "P1", "路灯不亮", "春熙路的路灯坏了，见照片。")
    said = client.run(*words).split()
    assert said[0] == "uploaded", said
    row = s.one("select a.n || ' ' || encode(a.sha256, 'hex') || ' ' || a.media_type || ' ' || a.name from intake.v_attachment a"
                " join intake.v_submission m on m.case_id = a.case_id where m.source_msg_id = 'P1'")
    assert row == f"1 {digest} image/jpeg 路灯.png", row  # made anew from its pixels
    stored = s.one("select encode(stored_sha256, 'hex') from intake.v_attachment")
    kept = next((s.data / "objects").rglob(stored))
    assert stored != digest and hashlib.sha256(kept.read_bytes()).hexdigest() == stored
    assert b"GPS" not in kept.read_bytes() and kept.read_bytes().startswith(b"\xff\xd8")
    assert client.run(*words).split()[:2] == ["known", said[1]], "the same photo and letter again"
    assert s.one("select count(*) from intake.v_attachment") == "1"
    lie = (photo, "image/png", "0" * 64, "P2", "标题", "摘要与文件不符。")
    client.run(*lie, ok=(1,))
    assert s.one("select count(*) from intake.v_submission where source_msg_id = 'P2'") == "0"


def lines(path):
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def write_letters(path, prefix, count):
    path.write_text("".join(f"{prefix}{n}\t路灯不亮\t{prefix}{n}：春熙路的路灯坏了。\n" for n in range(1, count + 1)), encoding="utf-8")


def killed_integrator_has_each_receipt_once(s, prefix):
    client = Client(s, prefix, "integrator", "partner")
    letters, receipts = s.folder / "letters.tsv", s.folder / "receipts"
    write_letters(letters, "K", LETTERS)
    arguments = ("--letters", letters, "--receipts", receipts)
    for so_far in (1, LETTERS // 3, LETTERS // 2):
        process = client.start(*arguments)
        until(60, f"{so_far} receipts", lambda n=so_far: len(lines(receipts)) >= n or process.poll() is not None)
        process.send_signal(signal.SIGKILL)
        process.wait()
    client.run(*arguments)
    got = dict(line.split() for line in lines(receipts))
    assert len(lines(receipts)) == len(got) == LETTERS, (len(lines(receipts)), len(got))
    assert set(got) == {f"K{n}" for n in range(1, LETTERS + 1)}
    assert len(set(got.values())) == LETTERS, "two letters have one case"
    assert int(s.one("select count(*) from intake.v_submission where source_msg_id like 'K%'")) == LETTERS


def heir_sends_what_a_dead_one_left(s, prefix):
    """Killed while the platform does not answer, so that its letters stand in its spool; it never starts again."""
    dead = Client(s, prefix, "integrator", "partner")
    heir = Client(s, prefix, "integrator", "partner")
    heir.spool = s.folder / "spool-heir"
    heir.arguments = [heir.spool if word == dead.spool else word for word in heir.arguments]
    letters, nothing, receipts = s.folder / "left.tsv", s.folder / "nothing.tsv", s.folder / "left"
    write_letters(letters, "H", 50)
    nothing.touch()
    assert s.kill("intake", signal.SIGSTOP)
    process = dead.start("--letters", letters, "--receipts", s.folder / "dead-receipts")
    until(60, "the letters are in its spool", lambda: (dead.spool / "letters").read_bytes().count("：春熙路".encode()) == 50)
    alive = heir.run("--letters", nothing, "--receipts", receipts, "--adopt", dead.spool, ok=(1,))
    assert alive == "" and not lines(receipts)
    process.send_signal(signal.SIGKILL)
    process.wait()
    s.kill("intake", signal.SIGCONT)
    heir.run("--letters", nothing, "--receipts", receipts, "--adopt", dead.spool)
    got = dict(line.split() for line in lines(receipts))
    assert set(got) == {f"H{n}" for n in range(1, 51)} and len(lines(receipts)) == 50, got
    again = dead.run("--letters", nothing, "--receipts", s.folder / "dead-receipts")
    assert again == "" and not lines(s.folder / "dead-receipts"), "it sent what was not its own any more"
    assert int(s.one("select count(*) from intake.v_submission where source_msg_id like 'H%'")) == 50


def replies_are_written_down_once(s, prefix):
    client = Client(s, prefix, "integrator", "partner")
    letters, receipts, deliveries = s.folder / "replied.tsv", s.folder / "replied", s.folder / "deliveries"
    write_letters(letters, "R", REPLIED)
    arguments = ("--letters", letters, "--receipts", receipts, "--deliveries", deliveries, "--stay", 600)
    process = client.start(*arguments)
    until(60, "receipts", lambda: len(lines(receipts)) == REPLIED)
    numbers = dict(line.split() for line in lines(receipts))
    for source_msg_id, number in numbers.items():
        until(60, f"{number} is with a unit", lambda n=number: json.loads(s.wangli("case", n, "--json").stdout)["state"] == "IN_PROGRESS")
        s.wangli("case", number, "submit", "--text", f"{source_msg_id}\t已修好\n谢谢")
        until(60, "the reply is delivered", lambda i=source_msg_id: any(i in line.split("\t") for line in lines(deliveries)))
        if source_msg_id == "R2":
            process.send_signal(signal.SIGKILL)
            process.wait()
            process = client.start(*arguments)
    until(120, "the platform knows all outcomes", lambda: s.pending() == 0)
    process.terminate()
    process.wait()
    assert client.run(*arguments[:-2]) == ""  # all is done: it ends by itself
    got = [line.split("\t") for line in lines(deliveries)]
    want = [[i, "reply", numbers[i], f"{i}\\t已修好\\n谢谢"] for i in sorted(numbers)]
    assert sorted(row[1:] for row in got) == want, got


def main():
    with System() as s:
        prefix = Prefix(os.environ["WANGLI_BUILD"], s.folder)
        letter_gets_its_receipt(s, prefix)
        letter_brings_its_photo(s, prefix)
        killed_integrator_has_each_receipt_once(s, prefix)
        heir_sends_what_a_dead_one_left(s, prefix)
        replies_are_written_down_once(s, prefix)
        assert all(i["ok"] for i in s.check()["invariants"])


if __name__ == "__main__":
    main()
