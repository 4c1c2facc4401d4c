"""What comes from the platform for citizens: replies, with a claim before a provider is called that is not idempotent, and states of
letters. An outcome is kept in the spool before the platform hears of it, and repeated when the platform asks again.

The life of a claimed delivery: DELIVER → the claim is kept, CLAIM leaves (again until there is an answer) → GO: "calling now" is kept →
on_deliver → the outcome is kept → DONE with the fence. A process that dies between "calling now" and the outcome does not know whether
the provider took it: whoever opens the spool next asks on_doubt, and what nobody knows becomes DONE IN_DOUBT: a person finds out."""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from wangli import spool as kept_in
from wangli import wire
from wangli.errors import Invalid, SpoolFailed
from wangli.messages import door
from wangli.model import Delivery, Outcome, Status, instant
from wangli.peer import Peer
from wangli.spool import Claim, Kept, Spool

DONE_TYPE = "done.v1"
STATUS_TYPE = "status.v1"
STATUS_DONE_TYPE = "status.done.v1"
CLAIM_TYPE = "claim.v1"
AGAIN_AFTER = 5.0  # then a CLAIM without an answer is sent again, and a delivery that rests is tried again
RECENT_MOST = 1000
REASON_MAX = 400  # bytes of a reason in a header; the door cuts there too
NOBODY_KNOWS = "the process ended between calling the provider and keeping what came of it"

CODES = {
    kept_in.DELIVERED: wire.Code.DELIVERED,
    kept_in.UNDELIVERABLE: wire.Code.UNDELIVERABLE,
    kept_in.IN_DOUBT: wire.Code.IN_DOUBT,
}


@dataclass
class Calls:
    """The integrator's own functions; None: it has none."""

    on_deliver: Callable[[Delivery], Outcome | None] | None = None
    on_keep: Callable[[], None] | None = None
    on_status: Callable[[Status], None] | None = None
    on_doubt: Callable[[Delivery], bool | None] | None = None
    failures: list[BaseException] = field(default_factory=list)  # what they raised; the turn raises the first when it is over
    was_told: bool = False  # one of them was called since the last keep()

    def keep(self) -> bool:
        """The integrator makes durable what it did. False: it could not, and nothing of it counts."""
        was_told, self.was_told = self.was_told, False
        return not was_told or self.on_keep is None or self._try(self.on_keep)[0]

    def call(self, function: Callable[..., Any], *arguments: Any) -> tuple[bool, Any]:
        """(went well, what it returned)"""
        self.was_told = True
        return self._try(function, *arguments)

    def _try(self, function: Callable[..., Any], *arguments: Any) -> tuple[bool, Any]:
        try:
            return True, function(*arguments)
        except Exception as failure:  # noqa: BLE001  it is the integrator's, and leaves turn()
            self.failures.append(failure)
            return False, None


def _cut(text: str, most: int) -> str:
    return text.replace("\0", " ").encode("utf-8", "replace")[:most].decode("utf-8", "ignore")


def _delivery(head: Any, body: Any) -> Delivery:
    return Delivery(body.delivery_id, head.source_msg_id, head.channel, body.case_number, body.text, body.unit,
                    instant(body.replied_at_us), body.reply_address, body.what)


def _kept(outcome: Outcome, fence: int) -> Kept:
    what = kept_in.DELIVERED if outcome.is_delivered else kept_in.UNDELIVERABLE
    return Kept(what, _cut(outcome.reason, wire.TEXT_MAX), fence)


class Deliveries:
    def __init__(self, spool: Spool, peer: Peer, calls: Calls, with_claims: bool):
        self._spool = spool
        self._peer = peer
        self._calls = calls
        self._with_claims = with_claims
        self._asked: list[tuple[Any, str]] = []  # (header, delivery id) of what has an outcome in this turn
        self._ended: list[Claim] = []  # claims whose outcome is fresh
        self._due: dict[str, float] = {claim_id: 0.0 for claim_id in spool.claims}  # when an open claim is next looked at
        self._recent: deque[wire.Message] = deque(maxlen=RECENT_MOST)  # DONEs of claimed deliveries: nobody asks for them again
        self._again: dict[str, tuple[float, wire.Message]] = {}  # DONEs that the platform was too busy for
        self._states: OrderedDict[str, int] = OrderedDict()  # newest version told, by case number
        self._states_done: list[wire.Message] = []

    # --- in ---

    def take(self, message: wire.Message, now: float) -> None:
        """A DELIVER, GO, or the NACK of one of ours. What cannot be read is left unanswered: the platform counts that."""
        try:
            if message.kind == wire.Kind.GO:
                self._take_go(wire.body_read(door.Go, message.body), now)
            elif message.kind == wire.Kind.NACK:
                self._take_nack(message, now)
            elif message.head.type == STATUS_TYPE:
                self._take_status(message, wire.body_read(door.Status, message.body))
            else:
                self._take_delivery(message, wire.body_read(door.Deliver, message.body), now)
        except Invalid:
            return

    def _take_delivery(self, message: wire.Message, body: Any, now: float) -> None:
        delivery_id = body.delivery_id
        if not delivery_id or self._calls.on_deliver is None:
            return
        kept = self._spool.find_outcome(delivery_id)
        if kept is not None:
            self._asked.append((message.head, delivery_id))
        if kept is not None and not (self._with_claims and kept.what == kept_in.IN_DOUBT and kept.is_kept):
            return
        # One in doubt that is asked for again: either that word was lost, then the new claim is refused; or a person found out
        # that it was not delivered, then the new claim gets the next fence.
        if self._with_claims:
            self._claim(message, delivery_id, now)
            return
        went_well, outcome = self._calls.call(self._calls.on_deliver, _delivery(message.head, body))
        if went_well and outcome is not None:
            self._spool.add_outcome(delivery_id, _kept(outcome, 0))
            self._asked.append((message.head, delivery_id))

    def _take_status(self, message: wire.Message, body: Any) -> None:
        """Told at least once; one that is older than what was told is only answered."""
        if self._calls.on_status is None or not body.case_number:
            return
        head = message.head
        if body.version >= self._states.get(body.case_number, 0):
            status = Status(head.source_msg_id, head.channel, body.case_number, body.state, instant(body.at_us), body.version,
                            body.unit, instant(body.due_us))
            if not self._calls.call(self._calls.on_status, status)[0]:
                return
            self._states[body.case_number] = body.version
            self._states.move_to_end(body.case_number)
            if len(self._states) > 10 * RECENT_MOST:
                self._states.popitem(last=False)
        done = door.StatusDone(version=body.version).SerializeToString()
        self._states_done.append(wire.Message(wire.Kind.DONE, wire.head(
            id=head.id, type=STATUS_DONE_TYPE, to="analytics", reply_to=self._peer.instance, case_id=head.case_id,
            channel=head.channel, source_msg_id=head.source_msg_id, code=wire.Code.DELIVERED), done))

    def _take_nack(self, message: wire.Message, now: float) -> None:
        """Busy: again later. Anything else says that a claim is not ours; of a DONE, that the platform knows better."""
        head = message.head
        is_busy = head.code in (wire.Code.BUSY, wire.Code.NO_CONSUMER, wire.Code.UNKNOWN_TYPE)
        later = now + (min(head.retry_after_ms / 1000, 600.0) or AGAIN_AFTER)
        if head.type == CLAIM_TYPE:
            claim = self._spool.claims.get(head.id)
            if claim is None or claim.fence > 0:
                return
            if is_busy:
                self._due[claim.delivery_id] = later
            else:
                self._close(claim)
        elif head.type == DONE_TYPE and is_busy:
            for done in self._recent:
                if done.head.id == head.id:
                    self._again[head.id] = (later, done)

    # --- claims ---

    def _claim(self, message: wire.Message, delivery_id: str, now: float) -> None:
        if delivery_id in self._spool.claims:
            return  # under way; due says when it is looked at again
        claim = Claim(delivery_id, secrets.token_hex(16), message.head.SerializeToString(), message.body)
        self._spool.add_claim(claim)
        self._due[delivery_id] = now

    def _close(self, claim: Claim) -> None:
        self._spool.close_claim(claim)
        self._due.pop(claim.delivery_id, None)

    def _send_claim(self, claim: Claim, now: float) -> None:
        asked = wire.head_read(claim.header)
        body = door.Claim(delivery_id=claim.delivery_id, claim_id=claim.claim_id).SerializeToString()
        self._peer.send(wire.Message(wire.Kind.CLAIM, wire.head(
            id=claim.delivery_id, type=CLAIM_TYPE, to="reply", reply_to=self._peer.instance, case_id=asked.case_id,
            channel=asked.channel, source_msg_id=asked.source_msg_id), body))
        self._due[claim.delivery_id] = now + AGAIN_AFTER

    def _take_go(self, go: Any, now: float) -> None:
        claim = self._spool.claims.get(go.delivery_id)
        if claim is not None and go.fence > 0 and claim.fence == 0:
            self._call_provider(claim, go.fence, now)

    def _call_provider(self, claim: Claim, fence: int, now: float) -> None:
        if self._calls.on_deliver is None:
            return
        self._spool.claim_calling(claim, fence)
        delivery = _delivery(wire.head_read(claim.header), wire.body_read(door.Deliver, claim.body))
        went_well, outcome = self._calls.call(self._calls.on_deliver, delivery)
        self._due[claim.delivery_id] = now + AGAIN_AFTER
        if not went_well:
            self._due[claim.delivery_id] = now  # who raised in the middle of a call is in doubt like one who died
        elif outcome is None:
            self._spool.claim_rested(claim)
        else:
            self._end(claim, _kept(outcome, fence))

    def _end(self, claim: Claim, kept: Kept) -> None:
        self._spool.add_outcome(claim.delivery_id, kept)
        self._ended.append(claim)
        self._due.pop(claim.delivery_id, None)

    def _doubt(self, claim: Claim) -> None:
        was_delivered, went_well = None, True
        if self._calls.on_doubt is not None:
            delivery = _delivery(wire.head_read(claim.header), wire.body_read(door.Deliver, claim.body))
            went_well, was_delivered = self._calls.call(self._calls.on_doubt, delivery)
        if not went_well:
            return  # asked again later
        if was_delivered is None:
            self._end(claim, Kept(kept_in.IN_DOUBT, NOBODY_KNOWS, claim.fence))
        elif was_delivered:
            self._end(claim, Kept(kept_in.DELIVERED, "", claim.fence))
        else:
            self._spool.claim_rested(claim)  # the claim still is ours: it is called now
            self._due[claim.delivery_id] = 0.0

    def turn(self, now: float) -> None:
        """Claims that are due: sent (again), called again after a rest, asked about when in doubt."""
        if not self._peer.is_up:
            return
        for delivery_id, due in list(self._due.items()):
            if now < due:
                continue
            claim = self._spool.claims[delivery_id]
            self._due[delivery_id] = now + AGAIN_AFTER
            if claim.fence == 0:
                self._send_claim(claim, now)
            elif claim.is_calling:
                self._doubt(claim)
            else:
                self._call_provider(claim, claim.fence, now)
        for delivery_id, (due, done) in list(self._again.items()):
            if now >= due:
                del self._again[delivery_id]
                self._peer.send(done)

    # --- out ---

    def end(self, is_kept: bool) -> None:
        """First the integrator's own medium (is_kept: that went well), then our spool, then the word to the platform. SpoolFailed: no
        word was said."""
        asked, ended, states = self._asked, self._ended, self._states_done
        self._asked, self._ended, self._states_done = [], [], []
        if not is_kept:
            self._undo(ended)
            return
        try:
            self._spool.keep_outcomes()
        except SpoolFailed:
            self._undo(ended)
            raise
        for claim in ended:
            done = self._done(wire.head_read(claim.header), claim.delivery_id)
            if done is not None:
                self._recent.append(done)
            self._close(claim)
        for head, delivery_id in asked:
            self._done(head, delivery_id)
        for message in states:
            self._peer.send(message)

    def _undo(self, ended: list[Claim]) -> None:
        """What was done under a claim was done: it is in doubt until on_doubt says what the integrator's own medium holds."""
        self._spool.drop_outcomes()
        for claim in ended:
            self._due[claim.delivery_id] = time.monotonic() + 1.0

    def _done(self, asked: Any, delivery_id: str) -> wire.Message | None:
        kept = self._spool.find_outcome(delivery_id)
        if kept is None or not kept.is_kept:
            return None
        body = door.Done(delivery_id=delivery_id, done_at_us=time.time_ns() // 1000, reason=kept.reason, fence=kept.fence)
        done = wire.Message(wire.Kind.DONE, wire.head(
            id=delivery_id, type=DONE_TYPE, to="reply", reply_to=self._peer.instance, case_id=asked.case_id, channel=asked.channel,
            source_msg_id=asked.source_msg_id, code=CODES[kept.what], text=_cut(kept.reason, REASON_MAX)), body.SerializeToString())
        self._peer.send(done)
        return done

    def welcomed(self) -> None:
        """A new session: what was on its way may be lost."""
        for done in self._recent:
            self._peer.send(done)
        for delivery_id in self._due:
            self._due[delivery_id] = 0.0
