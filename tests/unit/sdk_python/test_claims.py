"""Claimed deliveries against a stand-in door: each row of the life of a claim, and a crash in each of its states."""

from unittest import mock

import wangli
from stand_in import WithDoor as _WithDoor
from stand_in import done_of
from wangli import deliveries as deliveries_file
from wangli import log, wire
from wangli.messages import door


class Killed(BaseException):
    """What stands for kill -9 in the middle of a callback."""


class Claims(_WithDoor):
    def setUp(self):
        super().setUp()
        self.called, self.asked = [], []

    def open(self, outcome=wangli.DELIVERED, doubt=None, **more):
        def on_deliver(delivery):
            self.called.append(delivery)
            if isinstance(outcome, BaseException):
                raise outcome
            return outcome

        def on_doubt(delivery):
            self.asked.append(delivery)
            return doubt

        client = super().open(on_deliver=on_deliver, on_doubt=on_doubt, claims=True, **more)
        self.until(client, lambda: client.is_up)
        return client

    def claim_of(self, message):
        body = door.Claim()
        body.ParseFromString(message.body)
        return body

    def go(self, delivery_id="d1", fence=1):
        self.door.send(wire.Kind.GO, door.Go(delivery_id=delivery_id, fence=fence), id=delivery_id, type="go.v1")

    def claimed(self, client):
        self.door.deliver("d1")
        return self.claim_of(self.heard(client, wire.Kind.CLAIM))

    def killed_while_calling(self):
        client = self.open(outcome=Killed())
        self.claimed(client)
        self.go(fence=3)
        with self.assertRaises(Killed):
            self.until(client, lambda: False)
        self.kill(client)

    def test_provider_is_called_after_go_and_never_before(self):
        client = self.open()
        self.door.deliver("d1")
        message = self.heard(client, wire.Kind.CLAIM)
        claim = self.claim_of(message)
        self.assertEqual((message.head.type, message.head.to, message.head.case_id, message.head.channel, message.head.source_msg_id),
                         ("claim.v1", "reply", 1, "app", "m-1"))
        self.assertTrue(16 <= len(claim.claim_id) <= 64)
        self.assertEqual(self.called, [])
        self.go()
        done = self.heard(client, wire.Kind.DONE)
        self.assertEqual((done.head.code, done_of(done).fence, len(self.called)), (wire.Code.DELIVERED, 1, 1))
        self.go()  # once more: it is over
        self.door.deliver("d1")
        self.assertEqual(done_of(self.heard(client, wire.Kind.DONE)).fence, 1)
        self.assertEqual(len(self.called), 1)

    def test_claim_is_durable_before_it_leaves(self):
        client = self.open()
        self.door.deliver("d1")
        with mock.patch.object(log.os, "fdatasync", side_effect=OSError(5, "I/O error")), self.assertRaises(wangli.SpoolFailed):
            self.until(client, lambda: False)
        self.door.turn()
        self.assertEqual(self.door.take(wire.Kind.CLAIM), [])

    def test_calling_now_is_durable_before_the_call(self):
        client = self.open()
        self.claimed(client)
        self.go()
        with mock.patch.object(log.os, "fdatasync", side_effect=OSError(5, "I/O error")), self.assertRaises(wangli.SpoolFailed):
            self.until(client, lambda: False)
        self.assertEqual(self.called, [])

    def test_killed_before_go_claims_again_by_the_same_name(self):
        client = self.open()
        first = self.claimed(client)
        self.kill(client)
        client = self.open()
        self.assertEqual(self.claim_of(self.heard(client, wire.Kind.CLAIM)), first)
        self.go()
        self.heard(client, wire.Kind.DONE)
        self.assertEqual(len(self.called), 1)

    def test_claim_without_an_answer_is_sent_again(self):
        with mock.patch.object(deliveries_file, "AGAIN_AFTER", 0.2):
            client = self.open()
            first = self.claimed(client)
            self.assertEqual(self.claim_of(self.heard(client, wire.Kind.CLAIM)), first)
            self.door.send(wire.Kind.NACK, id="d1", type="claim.v1", code=wire.Code.BUSY, retry_after_ms=50)
            self.assertEqual(self.claim_of(self.heard(client, wire.Kind.CLAIM)), first)

    def test_somebody_elses_is_left_to_him(self):
        client = self.open()
        first = self.claimed(client)
        self.door.send(wire.Kind.NACK, id="d1", type="claim.v1", code=wire.Code.CONFLICT)
        self.until(client, lambda: not client._spool.claims)
        second = self.claimed(client)  # he let it lie, and it is sent again
        self.assertNotEqual(first.claim_id, second.claim_id)
        self.assertEqual(self.called, [])

    def test_killed_while_calling_nobody_knows(self):
        self.killed_while_calling()
        client = self.open(doubt=None)
        done = self.heard(client, wire.Kind.DONE)
        self.assertEqual((done.head.code, done_of(done).fence, done.head.case_id), (wire.Code.IN_DOUBT, 3, 1))
        self.assertIn("between calling the provider", done_of(done).reason)
        self.assertEqual([one.text for one in self.asked], ["已修好"])
        self.assertEqual(len(self.called), 1)
        self.kill(client)
        self.open()  # asked once
        self.assertEqual(len(self.asked), 1)

    def test_killed_while_calling_it_was_handed_over(self):
        self.killed_while_calling()
        done = self.heard(self.open(doubt=True), wire.Kind.DONE)
        self.assertEqual((done.head.code, done_of(done).fence, len(self.called)), (wire.Code.DELIVERED, 3, 1))

    def test_killed_while_calling_it_was_not(self):
        self.killed_while_calling()
        done = self.heard(self.open(doubt=False), wire.Kind.DONE)
        self.assertEqual((done.head.code, done_of(done).fence, len(self.called)), (wire.Code.DELIVERED, 3, 2))

    def test_callback_that_raises_is_in_doubt_too(self):
        client = self.open(outcome=OSError("provider"))
        self.claimed(client)
        self.go()
        with self.assertRaisesRegex(OSError, "provider"):
            self.until(client, lambda: False)
        self.assertEqual(self.heard(client, wire.Kind.DONE).head.code, wire.Code.IN_DOUBT)

    def test_not_now_rests_and_is_called_again_without_doubt(self):
        with mock.patch.object(deliveries_file, "AGAIN_AFTER", 0.2):
            client = self.open(outcome=None)
            self.claimed(client)
            self.go()
            self.until(client, lambda: self.called)
            self.kill(client)
            client = self.open()
            self.assertEqual(done_of(self.heard(client, wire.Kind.DONE)).fence, 1)
        self.assertEqual((len(self.called), self.asked), (2, []))

    def test_in_doubt_and_sent_again_is_claimed_anew(self):
        self.killed_while_calling()
        client = self.open(doubt=None)
        self.heard(client, wire.Kind.DONE)
        self.door.deliver("d1")  # a person found out that it was not delivered
        self.assertEqual(self.heard(client, wire.Kind.DONE).head.code, wire.Code.IN_DOUBT)
        self.heard(client, wire.Kind.CLAIM)
        self.go(fence=4)
        done = self.heard(client, wire.Kind.DONE)
        self.assertEqual((done.head.code, done_of(done).fence), (wire.Code.DELIVERED, 4))

    def test_done_is_said_again_to_a_new_session_and_after_busy(self):
        client = self.open()
        self.claimed(client)
        self.go()
        self.heard(client, wire.Kind.DONE)
        self.door.send(wire.Kind.NACK, id="d1", type="done.v1", code=wire.Code.BUSY, retry_after_ms=50)
        self.heard(client, wire.Kind.DONE)
        self.door.send(wire.Kind.HELLO)
        self.assertEqual(done_of(self.heard(client, wire.Kind.DONE)).fence, 1)
        self.assertEqual(len(self.called), 1)
