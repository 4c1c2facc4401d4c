"""The wire: byte for byte what the C library makes, its limits, its tables."""

import re
import unittest

from places import ROOT, golden
from wangli import crypto, wire
from wangli.errors import Invalid, TooBig

FULL = dict(id="一件", source="app", type="submit.v1", subject="s", time_us=1556092800000000, to="intake", reply_to="app/0123456789abcdef",
            route="7", sender="edge", actor="a", case_id=4217863, producer="reply", seq=12, command_id="c-1", channel="app",
            source_msg_id="m-1", attempt=300, park=True, traceparent="00-aa-bb-01", code=15, retry_after_ms=70000, expected=5, credit=1000,
            text="为什么")
BODY = b"body\0bytes"


def table(name, macro):
    text = (ROOT / "common" / "wire" / name).read_text()
    return {found[1]: (int(found[2]), found[3]) for found in re.finditer(rf"^{macro}\((\w+), (\d+), (\w+|\")", text, re.MULTILINE)}


class Golden(unittest.TestCase):
    def test_batch_and_header_are_those_of_the_c_library(self):
        writer = wire.Writer()
        for message in (wire.Message(wire.Kind.PING), wire.Message(wire.Kind.SUBMIT, wire.head(**FULL), BODY)):
            self.assertTrue(writer.add(wire.record(message)))
        made = golden()
        self.assertEqual(writer.take().hex(), made["batch"])
        self.assertEqual(wire.head(**FULL).SerializeToString().hex(), made["header"])

    def test_batch_of_the_c_library_is_read(self):
        (ping, head, body), (kind, header, body_2) = wire.split(bytes.fromhex(golden()["batch"]))
        self.assertEqual((ping, head, body), (wire.Kind.PING, b"", b""))
        self.assertEqual((kind, body_2), (wire.Kind.SUBMIT, BODY))
        read = wire.head_read(header)
        self.assertEqual({name: getattr(read, name) for name in FULL}, FULL)

    def test_hashes_are_those_of_the_c_library(self):
        made = golden()
        parts = [b"ab", b"", b"c"]
        self.assertEqual(crypto.blake2(parts).hex(), made["hash"])
        self.assertEqual(crypto.blake2(parts, b"0123456789abcdef0123456789abcdef").hex(), made["keyed"])

    def test_kinds_and_codes_are_those_of_the_tables(self):
        kinds = table("kinds.def", "KIND")
        self.assertEqual({one.name: one.value for one in wire.Kind}, {name: number for name, (number, _) in kinds.items()})
        self.assertEqual({one.name for one in wire.NEEDS_CREDIT}, {name for name, (_, needs) in kinds.items() if needs == "true"})
        self.assertEqual({one.name: one.value for one in wire.Code}, {name: number for name, (number, _) in table("codes.def", "CODE").items()})


class Limits(unittest.TestCase):
    def test_bad_batches_are_refused_whole(self):
        good = wire.record(wire.Message(wire.Kind.PING))
        for batch, error in (
            (b"", Invalid), (good + b"\1", Invalid), (b"\0" + good[1:], Invalid), (good[:1] + b"\1" + good[2:], Invalid),
            (b"\1\0\1\0\0\0\0\0", Invalid), (b"\1\0\1\x09\0\0\0\0" + bytes(2305), TooBig),
            (b"\1\0\0\0\1\0\4\0", TooBig), (good * 1001, TooBig), (bytes(wire.BATCH_BYTES + 1), TooBig),
        ):
            with self.subTest(batch=batch[:16]), self.assertRaises(error):
                wire.split(batch)
        self.assertEqual(len(wire.split(good * 1000)), 1000)

    def test_bad_headers_are_refused(self):
        for header in (b"\xff", wire.head(id="x" * 251).SerializeToString(), wire.head(to="x" * 65).SerializeToString(),
                       wire.head(seq=-1).SerializeToString(), wire.head(id="a\0b").SerializeToString(), b"\x0a\x02\xff\xfe"):
            with self.subTest(header=header), self.assertRaises(Invalid):
                wire.head_read(header)

    def test_messages_over_the_limits_are_never_made(self):
        for message in (wire.Message(wire.Kind.SUBMIT, wire.head(id="x" * 251)), wire.Message(wire.Kind.SUBMIT, body=bytes(wire.BODY_MAX + 1))):
            with self.assertRaises(TooBig):
                wire.record(message)

    def test_full_batch_says_so(self):
        writer = wire.Writer()
        made = wire.record(wire.Message(wire.Kind.SUBMIT, body=bytes(wire.BODY_MAX)))
        self.assertEqual([writer.add(made) for _ in range(4)], [True, True, True, False])
        self.assertEqual(len(wire.split(writer.take())), 3)
        small = wire.record(wire.Message(wire.Kind.PING))
        self.assertEqual(sum(writer.add(small) for _ in range(1500)), wire.BATCH_MESSAGES)


class Keys(unittest.TestCase):
    def test_what_is_no_z85_key_is_told(self):
        for text in ("", "x" * 39, "x" * 41, "'" * 40, "#" * 40, "ü" * 40):
            with self.subTest(text=text), self.assertRaisesRegex(Invalid, "the door's key is no Z85 key"):
                crypto.z85_read(text, "the door's key")
        self.assertEqual(crypto.z85_read("rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7\n", "k"), b"rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7")
