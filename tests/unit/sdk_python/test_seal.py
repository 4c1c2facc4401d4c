"""Sealing: the C library opens what Python sealed and the other way round; what cannot be sent is named; fingerprints tell letters apart."""

import dataclasses
import datetime
import os
import subprocess
import unittest

from places import golden
from wangli import crypto
from wangli.errors import Invalid, TooBig
from wangli.messages import door
from wangli.model import Attachment, Contact, Letter
from wangli.seal import EPOCH_LASTS, Seal, check

AT = datetime.datetime(2019, 4, 24, 8, tzinfo=datetime.timezone.utc)
PLAIN = Letter("m-1", "路灯不亮", "春熙路的路灯坏了", AT, "锦江区", 3, "", Contact(phone="13800000000", account="made-up"), "where")


def vault():
    return bytes.fromhex(golden()["vault"])


def submit(seal, letter=PLAIN, now=0.0):
    read = door.Submit()
    read.ParseFromString(seal.letter(letter, now))
    return read


def opened_by_c(contact):
    said = subprocess.run([os.environ["WANGLI_GOLDEN"], "open", contact.sealed_key.hex(), contact.record.hex()],
                          capture_output=True, text=True, check=True).stdout.split()
    return None if said == ["no"] else bytes.fromhex(said[1])


class Sealing(unittest.TestCase):
    def setUp(self):
        self.seal = Seal(vault(), b"secret")

    def test_contact_sealed_here_opens_in_c_with_its_letter_only(self):
        read = submit(self.seal)
        self.assertEqual((read.title, read.written_at_us, read.likes, read.reply_address), ("路灯不亮", 1556092800000000, 3, "where"))
        contact = door.ContactPlain()
        contact.ParseFromString(opened_by_c(read.contact))
        self.assertEqual((contact.phone, contact.account), ("13800000000", "made-up"))
        self.assertEqual(read.contact.epoch, crypto.blake2([read.contact.sealed_key])[:16])
        self.assertIsNone(opened_by_c(submit(self.seal, dataclasses.replace(PLAIN, source_msg_id="m-2")).contact))

    def test_record_sealed_in_c_opens_here(self):
        made = {name: bytes.fromhex(text) for name, text in golden("seal").items()}
        self.assertEqual(crypto.record_open(made["record"], b"m-1", made["key"]), "plain 内容".encode())
        with self.assertRaises(Invalid):
            crypto.record_open(made["record"], b"m-2", made["key"])
        with self.assertRaises(Invalid):
            crypto.record_open(made["record"][:-1], b"m-1", made["key"])
        with self.assertRaises(Invalid):
            crypto.record_open(b"short", b"m-1", made["key"])

    def test_letter_without_contact_carries_none(self):
        self.assertFalse(submit(self.seal, dataclasses.replace(PLAIN, contact=Contact())).HasField("contact"))

    def test_epoch_lasts_its_time(self):
        keys = [submit(self.seal, now=now).contact.sealed_key for now in (0.0, EPOCH_LASTS - 1, EPOCH_LASTS)]
        self.assertEqual(keys[0], keys[1])
        self.assertNotEqual(keys[1], keys[2])

    def test_key_to_which_nothing_can_be_sealed_is_refused(self):
        for key in (b"", bytes(32), b"\1" + bytes(31), bytes(31)):
            with self.subTest(key=key), self.assertRaises(Invalid):
                Seal(key, b"secret")


class Checking(unittest.TestCase):
    def test_what_cannot_be_sent_is_named(self):
        for change, error, words in (
            ({"source_msg_id": ""}, Invalid, "source_msg_id is empty"),
            ({"source_msg_id": "x" * 251}, Invalid, "source_msg_id has 251 bytes"),
            ({"title": "a\0b"}, Invalid, "title: not UTF-8"),
            ({"body": "\ud800"}, Invalid, "body: not UTF-8"),
            ({"body": "x" * 262145}, TooBig, "body has 262145 bytes"),
            ({"contact": Contact(phone="1" * 201)}, Invalid, "contact.phone has 201"),
            ({"reply_address": "x" * 1025}, Invalid, "reply_address has 1025"),
            ({"likes": -1}, Invalid, "likes is -1"),
            ({"likes": 2**31}, Invalid, "likes is"),
            ({"written_at": datetime.datetime(2019, 1, 1)}, Invalid, "no time zone"),
            ({"attachments": (Attachment(b"t"),) * 10}, Invalid, "10 attachments"),
            ({"attachments": (Attachment(b""),)}, Invalid, "no ticket"),
            ({"attachments": (Attachment(b"t", "../x"),)}, Invalid, "no path"),
        ):
            with self.subTest(change=str(change)[:40]), self.assertRaisesRegex(error, words):
                check(dataclasses.replace(PLAIN, **change))
        check(PLAIN)

    def test_fingerprint_changes_with_every_field(self):
        seal = Seal(vault(), b"secret")
        changes = [{name: "other"} for name in ("source_msg_id", "title", "body", "area", "klass", "reply_address")]
        changes += [{"likes": 4}, {"written_at": None}, {"wants_status": True}, {"attachments": (Attachment(b"t", "n"),)}]
        changes += [{"contact": Contact(**{name: "other"})} for name in ("name", "phone", "address", "account")]
        changes += [{"title": PLAIN.title + "春", "body": PLAIN.body[1:]}]
        prints = [seal.fingerprint(PLAIN)] + [seal.fingerprint(dataclasses.replace(PLAIN, **change)) for change in changes]
        self.assertEqual(len(set(prints)), len(prints))
        self.assertEqual(Seal(vault(), b"secret").fingerprint(PLAIN), prints[0])
        self.assertNotEqual(Seal(vault(), b"another").fingerprint(PLAIN), prints[0])
