"""The client against a stand-in door: durable and the same bytes each time, receipts, refusals, BUSY, deliveries and states."""

import time
from unittest import mock

import wangli
from stand_in import WithDoor as _WithDoor
from stand_in import done_of
from wangli import client as client_file
from wangli import log, wire
from wangli.messages import door

ONE = wangli.Letter("m-1", "路灯不亮", "春熙路", contact=wangli.Contact(phone="138"))


class Letters(_WithDoor):
    def setUp(self):
        super().setUp()
        self.receipts, self.refusals = [], []

    def open(self, **more):
        return super().open(on_receipt=self.receipts.append, on_refused=self.refusals.append, **more)

    def test_letter_gets_its_receipt_and_leaves_the_spool(self):
        client = self.open()
        client.submit(ONE)
        submit = self.heard(client, wire.Kind.SUBMIT)
        self.assertEqual((submit.head.id, submit.head.source_msg_id, submit.head.channel, submit.head.type, submit.head.attempt),
                         ("m-1", "m-1", "app", "submit.v1", 1))
        self.door.receipt(submit)
        self.until(client, lambda: self.receipts)
        self.assertEqual((self.receipts[0].case_number, self.receipts[0].source_msg_id, client.unanswered), ("CD1-1", "m-1", 0))
        client.close()
        self.assertEqual(self.open().unanswered, 0)

    def test_killed_client_sends_the_same_bytes_again(self):
        client = self.open()
        client.submit(ONE)
        first = self.heard(client, wire.Kind.SUBMIT)
        self.kill(client)
        client = self.open()
        client.submit(ONE)  # the very same: nothing happens
        self.assertEqual(client.unanswered, 1)
        self.assertEqual(self.heard(client, wire.Kind.SUBMIT).body, first.body)
        with self.assertRaisesRegex(wangli.Conflict, "'m-1' waits in the spool already"):
            client.submit(wangli.Letter("m-1", "路灯不亮", "another"))

    def test_nothing_is_sent_that_is_not_durable(self):
        client = self.open()
        self.until(client, lambda: client.is_up)
        client.submit(ONE)
        with mock.patch.object(log.os, "fdatasync", side_effect=OSError(5, "I/O error")):
            with self.assertRaises(wangli.SpoolFailed):
                client.turn(0)
        self.door.turn()
        self.assertEqual(self.door.take(wire.Kind.SUBMIT), [])
        self.heard(client, wire.Kind.SUBMIT)

    def test_unanswered_letter_is_sent_again(self):
        with mock.patch.object(client_file, "ANSWER_WITHIN", 0.2):
            client = self.open()
            client.submit(ONE)
            attempts = [self.heard(client, wire.Kind.SUBMIT) for _ in range(3)]
        self.assertEqual([one.head.attempt for one in attempts], [1, 2, 3])
        self.assertEqual(len({one.body for one in attempts}), 1)

    def test_new_session_sends_again_at_once(self):
        with mock.patch.object(client_file, "ANSWER_WITHIN", 1000.0):
            client = self.open()
            client.submit(ONE)
            self.heard(client, wire.Kind.SUBMIT)
            self.door.send(wire.Kind.HELLO)  # a door that does not know us
            self.heard(client, wire.Kind.SUBMIT)

    def test_client_without_a_door_sleeps_while_it_waits(self):
        client = self.open()
        client.submit(ONE)
        self.heard(client, wire.Kind.SUBMIT)
        self.door.send(wire.Kind.NACK, id="m-1", type="submit.v1", code=wire.Code.BUSY, retry_after_ms=1)
        self.door.send(wire.Kind.BYE)
        end = time.monotonic() + 20
        while client.is_up and time.monotonic() < end:
            client.turn(0.05)
        self.assertFalse(client.is_up)
        client.turn(0)
        began = time.monotonic()
        for _ in range(3):
            client.turn(0.2)
        self.assertGreater(time.monotonic() - began, 0.3)

    def test_refusals_are_told_and_busy_waits(self):
        for code, why in ((wire.Code.INVALID, wangli.Why.INVALID), (wire.Code.CONFLICT, wangli.Why.CONFLICT),
                          (wire.Code.FORBIDDEN, wangli.Why.DENIED)):
            client = self.open()
            client.submit(ONE)
            submit = self.heard(client, wire.Kind.SUBMIT)
            self.door.send(wire.Kind.NACK, id="m-1", type="submit.v1", code=wire.Code.BUSY, retry_after_ms=200)
            again = self.heard(client, wire.Kind.SUBMIT)
            self.assertEqual((again.head.attempt, again.body), (2, submit.body))
            self.door.send(wire.Kind.NACK, id="m-1", type="submit.v1", code=code, text="so")
            self.until(client, lambda: self.refusals)
            self.assertEqual(self.refusals.pop(), wangli.Refusal("m-1", why, "so"))
            self.assertEqual(client.unanswered, 0)
            client.close()

    def test_full_queue_is_busy(self):
        client = self.open(queue=1)
        client.submit(ONE)
        with self.assertRaisesRegex(wangli.Busy, "1 letters wait"):
            client.submit(wangli.Letter("m-2"))

    def test_receipt_that_was_not_kept_comes_again(self):
        fails = [OSError("disk"), None]
        with mock.patch.object(client_file, "ANSWER_WITHIN", 0.2):
            client = super().open(on_receipt=self.receipts.append, on_keep=mock.Mock(side_effect=fails))
            client.submit(ONE)
            self.door.receipt(self.heard(client, wire.Kind.SUBMIT))
            with self.assertRaisesRegex(OSError, "disk"):
                self.until(client, lambda: len(self.receipts) == 1 and fails == [])
            self.assertEqual(client.unanswered, 1)
            self.door.receipt(self.heard(client, wire.Kind.SUBMIT))
            self.until(client, lambda: client.unanswered == 0)
        self.assertEqual(len(self.receipts), 2)

    def test_what_cannot_be_opened_is_named(self):
        good = dict(address="tcp://127.0.0.1:1", server_key=self.door.public.decode(), secret_key=self.secret, vault_key=b"\7" * 32,
                    spool=self.spool, channel="app")
        for change, words in (({"server_key": "x"}, "the door's key"), ({"secret_key": "x"}, "the integrator's key"),
                              ({"vault_key": bytes(32)}, "the vault's key"), ({"channel": ""}, "channel ''"),
                              ({"channel": "x" * 65}, "channel 'xxx"), ({"groups": ["x" * 60]}, "group 'deliver/xxx"),
                              ({"groups": ["x"] * 65}, "more than 64 groups"), ({"address": "nonsense"}, "cannot connect"),
                              ({"window": 0}, "window"), ({"state_key": b"x"}, "the state's key")):
            with self.subTest(change=str(change)), self.assertRaisesRegex(wangli.Invalid, words):
                wangli.Client(**(good | change))
        wangli.Client(**good).close()  # nothing of them is left open

    def test_callbacks_may_submit_and_nothing_else(self):
        client = self.open()
        seen = []

        def on_receipt(receipt):
            for function in (client.turn, client.close):
                try:
                    function()
                except wangli.Misuse as error:
                    seen.append(str(error))
            client.submit(wangli.Letter("m-2"))

        client._on_receipt = on_receipt
        client.submit(ONE)
        self.door.receipt(self.heard(client, wire.Kind.SUBMIT))
        self.assertEqual(self.heard(client, wire.Kind.SUBMIT).head.id, "m-2")
        self.assertEqual(seen, ["from a callback only submit may be called"] * 2)
        client.close()
        with self.assertRaisesRegex(wangli.Misuse, "closed"):
            client.turn()


class Deliveries(_WithDoor):
    def test_delivery_is_told_once_and_its_outcome_each_time(self):
        told = []
        client = self.open(on_deliver=lambda delivery: told.append(delivery) or wangli.Outcome(False, "号码不存在"))
        self.until(client, lambda: client.is_up)
        self.assertEqual(self.door.groups, ["deliver/app"])
        self.door.deliver("d1", unit="城管委", what="reply")
        done = self.heard(client, wire.Kind.DONE)
        self.assertEqual((done.head.code, done.head.case_id, done.head.source_msg_id, done.head.to), (wire.Code.UNDELIVERABLE, 1, "m-1", "reply"))
        self.assertEqual((done_of(done).reason, done_of(done).fence), ("号码不存在", 0))
        self.kill(client)
        client = self.open(on_deliver=told.append)
        self.until(client, lambda: client.is_up)
        self.door.deliver("d1")
        self.assertEqual(done_of(self.heard(client, wire.Kind.DONE)).reason, "号码不存在")
        self.assertEqual([(one.text, one.unit, one.what) for one in told], [("已修好", "城管委", "reply")])
        self.until(client, lambda: self.door.credit == 1000, "credit comes back")

    def test_not_now_and_what_raises_are_told_again(self):
        answers = [None, OSError("provider"), wangli.DELIVERED]
        client = self.open(on_deliver=mock.Mock(side_effect=answers))
        self.until(client, lambda: client.is_up)
        self.door.deliver("d1")
        self.until(client, lambda: self.door.credit == 1000)
        self.door.deliver("d1")
        with self.assertRaisesRegex(OSError, "provider"):
            self.until(client, lambda: False)
        self.door.deliver("d1")
        self.assertEqual(self.heard(client, wire.Kind.DONE).head.code, wire.Code.DELIVERED)

    def test_outcome_that_the_integrator_could_not_keep_is_not_said(self):
        client = self.open(on_deliver=lambda delivery: wangli.DELIVERED, on_keep=mock.Mock(side_effect=[OSError("disk"), None]))
        self.until(client, lambda: client.is_up)
        self.door.deliver("d1")
        with self.assertRaisesRegex(OSError, "disk"):
            self.until(client, lambda: False)
        self.door.turn()
        self.assertEqual(self.door.take(wire.Kind.DONE), [])
        self.door.deliver("d1")
        self.heard(client, wire.Kind.DONE)

    def test_states_are_told_newest_last_and_answered(self):
        told = []
        client = self.open(on_status=told.append)
        self.until(client, lambda: client.is_up)
        self.assertEqual(self.door.groups, ["deliver/app", "status/app"])
        for version in (2, 1, 3):
            self.door.credit -= 1
            self.door.send(wire.Kind.DELIVER, door.Status(case_number="CD1-1", state="办理中", version=version, unit="城管委"), id=f"s{version}",
                           type="status.v1", case_id=1, channel="app", source_msg_id="m-1", to="status/app")
        self.until(client, lambda: len(self.door.heard) == 3)
        for done, version in zip(self.door.take(wire.Kind.DONE), (2, 1, 3)):
            body = door.StatusDone()
            body.ParseFromString(done.body)
            self.assertEqual((body.version, done.head.type, done.head.to, done.head.code, done.head.case_id, done.head.id),
                             (version, "status.done.v1", "analytics", wire.Code.DELIVERED, 1, f"s{version}"))
        self.assertEqual([(one.version, one.state, one.source_msg_id) for one in told], [(2, "办理中", "m-1"), (3, "办理中", "m-1")])
