"""./wangli up --demo on some appeals of each plan: killed in the middle and run again it comes to its end, every case stands where its
plan says, all invariants hold, and once more changes nothing. A system that is no demo does not become one."""

import csv
import json
import os
import pathlib
import signal
import sys
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lib"))
from system import ROOT, System, until  # noqa: E402

COUNT = 68  # four of each plan
# where people see a case of that plan at the end
STATES = {
    "wait": "RECEIVED", "refuse": "NOT_ACCEPTED", "accept": "ACCEPTED", "unsigned": "DISPATCHED", "sign": "IN_PROGRESS",
    "contact": "IN_PROGRESS", "submit": "REPLY_REVIEW", "lead": "REPLY_REVIEW", "reject": "IN_PROGRESS", "replied": "REPLIED",
    "follow": "FOLLOW_UP", "rated": "CLOSED", "silent": "CLOSED", "redo": "IN_PROGRESS", "redo_rated": "CLOSED",
    "unsatisfied": "CLOSED", "direct": "CLOSED",
}
# those that a holiday of many days may keep from their end
MAY_BE_LATE = {"follow", "rated", "silent", "redo", "redo_rated", "unsatisfied", "direct"}


class Demo(System):
    """Comes up by hand: the demo is played by `up` itself."""

    def __enter__(self):
        return self

    def up(self, ok=(0,)):
        return self.wangli("up", f"--demo={COUNT}", "--port", str(self.port), "--json", ok=ok, timeout=900)


def rows():
    with open(ROOT / "deploy" / "demo" / "appeals.csv", newline="", encoding="utf-8") as file:
        return {row["external_id"]: row for row in csv.DictReader(file)}


def summary(done):
    return next(json.loads(line) for line in done.stdout.splitlines() if line.startswith("{"))


def killed_in_the_middle(s):
    run = s.start("up", f"--demo={COUNT}", "--port", str(s.port))
    until(600, "the system is made", lambda: run.poll() is not None or (s.data / "system.conf").exists())
    query = "select count(*) from intake.v_case"
    until(300, "some letters are in", lambda: run.poll() is not None or (s.database_answers() and int(s.one(query)) >= 20))
    assert run.poll() is None, run.stdout.read()
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    assert int(s.one(query)) < COUNT


def every_plan_has_come_to_its_end(s, first):
    assert first["appeals"] == COUNT and first["went_another_way"] == 0, first
    appeals = rows()
    got = s.sql("select c.source_msg_id, a.state_name, c.type, c.category from intake.v_case c join analytics.v_case a using (case_id)")
    assert len(got) == COUNT, len(got)
    plans = {appeals[name]["plan"] for name, *_ in got}
    assert plans == set(STATES), plans
    for name, state, kind, category in got:
        row = appeals[name]
        if row["plan"] not in MAY_BE_LATE:
            assert state == STATES[row["plan"]], f"{name} ({row['plan']}): {state}"
        if row["plan"] not in ("wait", "refuse") and row["type"] not in ("livelihood_urgent", "emergency_risk"):
            assert (kind, category) == (row["type"], row["category"]), f"{name}: {kind} {category}"
    late = [f"{name} ({appeals[name]['plan']}): {state}" for name, state, *_ in got if state != STATES[appeals[name]["plan"]]]
    assert len(late) <= 8, late
    assert sum(first["states"].values()) == COUNT and len(first["states"]) >= 8, first
    assert first["direct"] == 4 and first["reports"] > 0, first
    assert all(sample["number"].startswith("CD") and len(sample["code"]) == 6 for sample in first["samples"]), first
    assert len(first["samples"]) == 10, first


def texts_are_those_of_the_file(s):
    """The replies that were delivered, the sentence of the first contact, the guidance of a refusal."""
    appeals = rows()
    for name, guidance in s.sql("select c.source_msg_id, f.guidance from intake.v_case c join intake.v_refusal f using (case_id)"):
        assert guidance == appeals[name]["guidance"], name
    for name, n, chars in s.sql("select c.source_msg_id, d.n, d.text_chars from intake.v_case c join reply.v_draft d using (case_id) "
                                "where c.kb_article = 0 or d.n > 1"):
        row = appeals[name]
        if row["plan"] != "direct":
            assert int(chars) == len(row["reply2" if n == "2" else "reply"]), f"{name}/{n}"


def the_last_day_is_today(s):
    ends = s.one("select (now() + c.shift) at time zone 'Asia/Shanghai' from ref.clock c")
    day = s.one("select min((c.received_at at time zone 'Asia/Shanghai')::date) + 35 from intake.v_case c")
    first_row = min(int(row["day"]) for row in rows().values())
    assert first_row == 0 and ends.startswith(f"{day} 18:"), (ends, day)


def journals(s):
    return s.sql("select 'i', count(*), sum(seq) from intake.v_journal union all select 'd', count(*), sum(seq) from dispatch.v_journal "
                 "union all select 'r', count(*), sum(seq) from reply.v_journal union all select 'f', count(*), sum(seq) from followup.v_journal "
                 "union all select 'v', n, 0 from ref.version order by 1")


def overview_and_month_tell_one_rate(s):
    with urllib.request.urlopen(f"http://127.0.0.1:{s.port}/api/overview", timeout=10) as answer:
        figures = json.load(answer)["figures"]
    today = "(select (now() + shift) at time zone 'Asia/Shanghai' from ref.clock)"
    month = s.sql(f"select sum(num)::int8, sum(den)::int8 from analytics.v_figure where code = 'M12' "
                  f"and day >= date_trunc('month', {today})::date and day < {today}::date")[0]
    assert (str(figures["on_time"]), str(figures["due"])) == tuple(v or "0" for v in month), (figures, month)


def played_again_changes_nothing(s, first):
    before = journals(s)
    again = summary(s.up())
    assert journals(s) == before
    assert (again["states"], again["samples"]) == (first["states"], first["samples"]), again
    assert again["new"] == 0, again


def another_system_is_no_demo(s):
    with System(road="auto") as other:
        done = other.wangli("up", "--demo", ok=(1,))
        assert "is no demo" in done.text, done.text
        done = s.wangli("up", "--demo", "--clock", "real", ok=(1,))
        assert "simulated" in done.text, done.text
        done = s.wangli("up", "--demo=x", ok=(1,))
        assert "--demo=N" in done.text, done.text


def main():
    with Demo() as s:
        killed_in_the_middle(s)
        first = summary(s.up())
        every_plan_has_come_to_its_end(s, first)
        texts_are_those_of_the_file(s)
        the_last_day_is_today(s)
        s.check()
        overview_and_month_tell_one_rate(s)
        played_again_changes_nothing(s, first)
        another_system_is_no_demo(s)


if __name__ == "__main__":
    main()
