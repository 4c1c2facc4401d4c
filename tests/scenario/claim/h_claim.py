"""A channel whose provider must not be called twice, at the door of a whole system: claims survive a reply that is killed before and
after its commit, each claim is written once, doubt ends by a late word or by what a person finds out, and `check` agrees throughout."""

import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lib"))
import letters  # noqa: E402
from claimer import DELIVERED, IN_DOUBT, Claimer  # noqa: E402
from portal import Browser, number_of, query_code  # noqa: E402
from system import System, until  # noqa: E402

NAME = "claim-of-replica-one"


class Lock:
    """Keeps reply from appending to its journal, so that a test can be there between deciding and commit."""

    def __init__(self, system):
        self.psql = subprocess.Popen(["psql", "-X", "-q", "-A", "-t", system.conninfo("postgres")], stdin=subprocess.PIPE,
                                     stdout=subprocess.PIPE, text=True)
        self.run("begin; lock table reply.journal in share row exclusive mode;")

    def run(self, statements):
        self.psql.stdin.write(f"{statements}\n\\echo done\n")
        self.psql.stdin.flush()
        while self.psql.stdout.readline().strip() != "done":
            pass

    def release(self):
        self.run("rollback;")
        self.psql.stdin.close()
        self.psql.wait(timeout=10)


def state(s, case_id):
    return s.one("select c.state_name || ' ' || c.fence || ' ' || coalesce((select string_agg(t.name, ',') from reply.v_timer t "
                 f"where t.case_id = c.case_id), 'no timer') from reply.v_case c where c.case_id = {case_id}")


def until_state(s, case_id, want):
    until(60, f"case {case_id} is {want}", lambda: state(s, case_id) == want)


def entries(s, case_id):
    return s.one(f"select string_agg(replace(type, 'reply.', ''), ' ' order by seq) from reply.v_journal where case_id = {case_id}")


def claims(s):
    """{what became of claims: how often}, since reply was started; without those that were asked for again."""
    found = re.findall(r'^wangli_kit_claims_total\{.*\bclaim="([^"]*)".*\} (\S+)$', s.metrics("reply"), re.MULTILINE)
    return {claim: float(n) for claim, n in found if float(n) > 0 and claim != "repeated"}


def waits_for_the_lock(s):
    return s.one("select count(*) from pg_stat_activity where usename = 'wl_reply' and wait_event_type = 'Lock'", "postgres") == "1"


def assert_ok(s):
    assert [i["name"] for i in s.check()["invariants"] if not i["ok"]] == []


def killed_before_the_commit(s, channel, case_id):
    """Nothing has happened yet; whether the database then commits what it had been sent or not, there is one claim, and its name gets GO."""
    delivery = channel.deliver(case_id)
    lock = Lock(s)
    channel.claim(case_id, delivery, NAME)
    until(30, "reply is about to commit", lambda: waits_for_the_lock(s))
    old = s.pid("reply")
    assert s.kill("reply")
    s.until_back("reply", old)
    assert channel.said(f"GO {case_id} ") == []
    assert state(s, case_id) == "REPLIED 0 no timer"
    lock.release()
    assert channel.claim_until_go(case_id, delivery, NAME) == 1
    until_state(s, case_id, "SENDING 1 claim")
    assert entries(s, case_id).count("sending.v1") == 1
    channel.done(case_id, delivery, DELIVERED, 1)
    until_state(s, case_id, "DELIVERED 1 no timer")


def killed_after_the_commit(s, channel, case_id):
    """The bus goes down with it, so that GO is lost for certain; the same name gets the same GO, another one does not."""
    delivery = channel.deliver(case_id)
    lock = Lock(s)
    channel.claim(case_id, delivery, NAME)
    until(30, "reply is about to commit", lambda: waits_for_the_lock(s))
    old_bus, old_reply = s.pid("bus"), s.pid("reply")
    assert s.kill("bus")
    lock.release()
    until_state(s, case_id, "SENDING 1 claim")
    assert s.kill("reply")
    s.until_back("bus", old_bus)
    s.until_back("reply", old_reply)
    assert channel.claim_until_go(case_id, delivery, NAME) == 1
    channel.claim(case_id, delivery, "claim-of-replica-two")
    assert "claimed already" in channel.until_said(f"NACK {case_id} CONFLICT")
    assert entries(s, case_id).count("sending.v1") == 1
    assert_ok(s)
    # the claimer itself dies and comes back: DELIVER goes on being sent, and the name is in its spool
    channel.close()
    again = Claimer(s, "app", "app/restarted")
    assert again.deliver(case_id) == delivery
    assert again.claim_until_go(case_id, delivery, NAME) == 1
    again.done(case_id, delivery, DELIVERED, 1)
    until_state(s, case_id, "DELIVERED 1 no timer")
    return again


def citizen_sees(s, case_id):
    """The steps of her letter."""
    browser, no = Browser(s), number_of(s, case_id)
    assert browser.post("/api/q", {"no": no, "code": query_code(s, case_id)}).status == 200
    return [step["type"] for step in browser.get(f"/api/q/{no}").json["steps"]]


def doubt_is_somebodys_and_ends(s, channel, case_ids):
    late, found, resent = case_ids
    names = {case_id: channel.deliver(case_id) for case_id in case_ids}
    for case_id, delivery in names.items():
        assert channel.claim_until_go(case_id, delivery, NAME) == 1
    channel.done(late, names[late], IN_DOUBT, 1)
    until_state(s, late, "IN_DOUBT 1 verify")
    s.wangli("clock", "advance", "--by", "11min")
    for case_id in (found, resent):
        until_state(s, case_id, "IN_DOUBT 1 verify")
    assert_ok(s)
    assert any('"delivery_in_doubt"' in text for path, text in s.logs() if path.parent.name == "reply")
    shown = s.wangli("case", number_of(s, found)).stdout
    assert "待核实" in shown and "verify" in shown, shown
    assert s.one(f"select state_name from analytics.v_case where case_id = {found}") == "REPLIED"

    channel.done(late, names[late], DELIVERED, 1)
    until_state(s, late, "DELIVERED 1 no timer")
    s.wangli("case", number_of(s, found), "verify", "--delivered", "--note", "平台后台显示已送达")
    until_state(s, found, "DELIVERED 1 no timer")
    steps = citizen_sees(s, found)
    assert "reply.delivered.v1" in steps and not {"reply.sending.v1", "reply.in_doubt.v1"} & set(steps), steps
    channel.forget()
    s.wangli("case", number_of(s, resent), "verify", "--note", "平台后台没有这条", "--as", "reviewer/wang")
    assert channel.deliver(resent) == names[resent]
    assert channel.claim_until_go(resent, names[resent], "claim-of-replica-two") == 2
    # the provider had taken the first one after all: the citizen has it, perhaps twice, and that is told
    channel.done(resent, names[resent], DELIVERED, 1)
    until_state(s, resent, "DELIVERED 2 no timer")
    assert any('"delivery_double"' in text for path, text in s.logs() if path.parent.name == "reply")
    assert claims(s) == {"granted": 4, "doubted": 3, "resent": 1, "double": 1}, claims(s)


def main():
    with System() as s:
        s.wangli("channel", "add", "app")
        path = s.folder / "letters.csv"
        letters.write(path, 5, seed=7)
        s.wangli("import", path, "--channel", "app")
        cases = [int(row[0]) for row in s.sql("select case_id from intake.v_case order by case_id")]
        for case_id in cases:
            until(60, f"reply has {case_id} in hand", lambda c=case_id: state(s, c) == "OPEN 0 no timer")
            s.wangli("case", number_of(s, case_id), "submit", "--text", "已核实处理。", "--as", "unit_officer/li")
        channel = Claimer(s, "app")
        killed_before_the_commit(s, channel, cases[0])
        channel = killed_after_the_commit(s, channel, cases[1])
        doubt_is_somebodys_and_ends(s, channel, cases[2:])
        s.until_settled(60)
        assert_ok(s)
        channel.close()


if __name__ == "__main__":
    main()
