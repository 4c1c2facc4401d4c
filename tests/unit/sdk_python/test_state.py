"""The state store against a stand-in: sealed values, versions, leases, questions that are asked again."""

from unittest import mock

import wangli
from stand_in import WithDoor as _WithDoor
from wangli import crypto, wire
from wangli import state as state_file
from wangli.messages import door

KEY = b"\5" * 32


class Store:
    """As the platform keeps it, answering each COMMAND once; repeats get the same answer."""

    def __init__(self, the_door):
        self.door, self.rows, self.done, self.asked, self.drop = the_door, {}, {}, 0, 0

    def turn(self):
        self.door.turn()
        for command in self.door.take(wire.Kind.COMMAND):
            self.asked += 1
            if self.drop > 0:
                self.drop -= 1
                continue
            head = command.head
            if head.command_id not in self.done:
                self.done[head.command_id] = getattr(self, head.type.split(".")[1])(command.body)
            self.door.send(wire.Kind.RESULT, self.done[head.command_id], id=head.id, command_id=head.command_id, code=wire.Code.DONE)

    def _answer(self, name, why_not=""):
        version, value, holder = self.rows.get(name, (0, b"", ""))
        return door.StateAnswer(why_not=why_not, version=version, value=value, holder=holder, lease_left_ms=1500 if holder else 0)

    def get(self, body):
        return self._answer(wire.body_read(door.StateGet, body).name)

    def put(self, body):
        ask = wire.body_read(door.StatePut, body)
        version, _, holder = self.rows.get(ask.name, (0, b"", ""))
        if version != ask.if_version or (holder and holder != ask.holder):
            return self._answer(ask.name, "another version, or another holder")
        if ask.is_removed:
            del self.rows[ask.name]
        else:
            self.rows[ask.name] = (version + 1, ask.value, holder)
        return self._answer(ask.name)

    def lease(self, body):
        ask = wire.body_read(door.StateLease, body)
        version, value, holder = self.rows.get(ask.name, (0, b"", ""))
        if holder and holder != ask.holder:
            return self._answer(ask.name, "it is held")
        self.rows[ask.name] = (version, value, ask.holder if ask.lease_ms else "")
        return self._answer(ask.name)


class State(_WithDoor):
    def setUp(self):
        super().setUp()
        self.store = Store(self.door)

    def open(self, **more):
        client = super().open(state_key=KEY, source="app-ltd", **more)
        real = client._peer.wait

        def wait(seconds):  # a blocking question turns the client: the door has to turn beside it
            self.store.turn()
            real(min(seconds, 0.01))

        client._peer.wait = wait
        self.until(client, lambda: client.is_up)
        return client

    def test_value_goes_out_sealed_and_comes_back(self):
        client = self.open()
        self.assertEqual(client.state_get("token"), wangli.State("token", 0, None, "", 0.0))
        self.assertEqual(client.state_put("token", "秘密".encode(), 0).version, 1)
        self.assertNotIn("秘密".encode(), self.store.rows["token"][1])
        self.assertEqual(client.state_get("token").value, "秘密".encode())
        self.assertEqual(client.state_put("token", None, 1).version, 0)
        self.assertEqual(client.state_get("token").version, 0)

    def test_empty_value_is_a_value(self):
        client = self.open()
        client.state_put("a", b"", 0)
        self.assertEqual(client.state_get("a").value, b"")

    def test_value_is_bound_to_its_name_and_source_and_key(self):
        client = self.open()
        client.state_put("a", b"x", 0)
        self.store.rows["b"] = self.store.rows["a"]
        with self.assertRaisesRegex(wangli.Invalid, "does not open"):
            client.state_get("b")
        seal = state_file.StateStore(None, KEY, "other")
        with self.assertRaises(wangli.Invalid):
            crypto.record_open(self.store.rows["a"][1], seal._about("a"), seal._key)

    def test_other_version_is_told_with_what_is_there(self):
        client = self.open()
        client.state_put("a", b"one", 0)
        with self.assertRaisesRegex(wangli.StateRefused, "another version") as caught:
            client.state_put("a", b"two", 0)
        self.assertEqual((caught.exception.answer.version, caught.exception.answer.value), (1, b"one"))

    def test_lease_is_held_by_one(self):
        client = self.open()
        self.assertEqual(client.state_lease("a", "replica-1", 30).lease_left, 1.5)
        with self.assertRaises(wangli.StateRefused) as caught:
            client.state_lease("a", "replica-2", 30)
        self.assertEqual(caught.exception.answer.holder, "replica-1")
        with self.assertRaises(wangli.StateRefused):
            client.state_put("a", b"x", 0, holder="replica-2")
        client.state_put("a", b"x", 0, holder="replica-1")
        self.assertEqual(client.state_lease("a", "replica-1", 0).holder, "")

    def test_lost_question_is_asked_again_and_done_once(self):
        with mock.patch.object(state_file, "AGAIN_AFTER", 0.1):
            client = self.open()
            self.store.drop = 2
            self.assertEqual(client.state_put("a", b"x", 0).version, 1)
        self.assertEqual((self.store.asked, len(self.store.done)), (3, 1))

    def test_no_answer_in_time_is_busy(self):
        client = self.open()
        self.store.drop = 10
        with self.assertRaisesRegex(wangli.Busy, "no answer to state.get.v1"):
            client.state_get("a", timeout=0.2)

    def test_refusal_of_the_door_is_denied(self):
        client = self.open()
        self.store.turn = lambda: (self.door.turn(), [self.door.send(
            wire.Kind.NACK, id=one.head.id, command_id=one.head.command_id, type=one.head.type, code=wire.Code.FORBIDDEN, text="no right")
            for one in self.door.take(wire.Kind.COMMAND)])
        with self.assertRaisesRegex(wangli.Denied, "no right"):
            client.state_get("a")

    def test_what_cannot_be_asked_is_named(self):
        client = self.open()
        for ask, error in ((lambda: client.state_get(""), wangli.Invalid), (lambda: client.state_get("x" * 101), wangli.Invalid),
                           (lambda: client.state_put("a", bytes(65537), 0), wangli.TooBig),
                           (lambda: client.state_lease("a", "", 30), wangli.Invalid),
                           (lambda: client.state_lease("a", "r", 0.5), wangli.Invalid),
                           (lambda: client.state_lease("a", "r", 601), wangli.Invalid)):
            with self.assertRaises(error):
                ask()
        client.close()
        with super().open() as plain, self.assertRaisesRegex(wangli.Misuse, "without a state_key"):
            plain.state_get("a")
