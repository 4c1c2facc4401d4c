"""The outbox: each row is what happens and what may be sent after it."""

import unittest

from wangli.outbox import NEVER, Outbox


class Sent(unittest.TestCase):
    def setUp(self):
        self.outbox = Outbox(4)
        for n in range(6):
            self.outbox.add(f"m{n}", b"f", b"b")

    def sent(self, now):
        ids = []
        while (letter := self.outbox.next(now)) is not None:
            ids.append(letter.id)
        return ids

    def get(self, id_):
        letter = self.outbox.find(id_)
        self.assertIsNotNone(letter)
        return letter

    def test_window_bounds_what_flies(self):
        self.assertEqual(self.sent(0), ["m0", "m1", "m2", "m3"])
        self.outbox.answered(self.get("m1"))
        self.assertEqual(self.sent(0), ["m4"])
        self.assertEqual(len(self.outbox), 5)

    def test_unanswered_flies_again_after_the_time_out(self):
        self.sent(0)
        self.outbox.expire(4.9, 5)
        self.assertEqual(self.sent(4.9), [])
        self.outbox.expire(5, 5)
        self.assertEqual(self.sent(5), ["m4", "m5", "m0", "m1"])
        self.assertEqual(self.get("m0").attempt, 2)

    def test_new_connection_sends_in_the_old_order(self):
        self.sent(0)
        self.outbox.land()
        self.assertEqual(self.sent(1), ["m0", "m1", "m2", "m3"])

    def test_busy_holds_all_back_and_halves_the_window_once(self):
        self.sent(0)
        for n in range(4):
            self.outbox.refused(self.get(f"m{n}"), 1, 2.0)
        self.assertEqual(self.outbox.window, 2)
        self.assertEqual(self.sent(2.9), [])
        self.assertEqual(self.outbox.due(5), 3)
        self.assertEqual(self.sent(3), ["m4", "m5"])
        self.outbox.refused(self.get("m4"), 3.5, 1.0)
        self.assertEqual(self.outbox.window, 1)

    def test_long_refusal_sets_that_letter_alone_aside(self):
        self.sent(0)
        self.outbox.refused(self.get("m1"), 1, 600)
        self.assertEqual(self.outbox.window, 4)
        self.assertEqual(self.sent(1), ["m4"])
        self.outbox.land()
        self.assertEqual(self.sent(2), ["m0", "m2", "m3", "m4"])
        self.assertEqual(len(self.outbox), 6)
        self.assertIn("m1", [letter.id for letter in self.outbox])  # what the spool keeps
        for id_ in ("m0", "m2", "m3", "m4", "m5"):
            self.outbox.answered(self.get(id_))
        self.assertEqual(self.outbox.due(5), 601)
        self.outbox.expire(600.9, 5)
        self.assertEqual(self.sent(600.9), [])
        self.outbox.expire(601, 5)
        self.assertEqual(self.sent(601), ["m1"])

    def test_each_receipt_gives_one_back_up_to_the_whole(self):
        self.sent(0)
        self.outbox.refused(self.get("m0"), 1, 0.1)
        self.assertEqual(self.outbox.window, 2)
        for n, window in ((1, 3), (2, 4), (3, 4)):
            self.outbox.answered(self.get(f"m{n}"))
            self.assertEqual(self.outbox.window, window)

    def test_window_never_closes(self):
        for now in range(10):
            self.outbox.land()
            self.outbox.next(now + 0.5)
            self.outbox.refused(next(iter(self.outbox)), now + 0.6, 0)
        self.assertEqual(self.outbox.window, 1)

    def test_due_is_never_when_nothing_is_there(self):
        self.assertEqual(Outbox(1).due(5), NEVER)
        self.sent(10)
        self.assertEqual(self.outbox.due(5), 15)
