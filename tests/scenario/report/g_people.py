"""What analytics shows of cases that people work on: the visible state after each step, the figures at the end, the report of the month; and
the projection is what the journals say, with redo, rejected draft and refusal in them."""

import csv
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lib"))
import letters  # noqa: E402
from system import System, until  # noqa: E402

ROAD = "step,type,taken_by\n" + "".join(f"{step},*,people\n" for step in
                                        ("accept", "answer", "dispatch", "sign", "contact", "approve_lead", "approve_reviewer")) \
    + "first_visit,*,system\n"


class Case:
    """One case, its steps, and what is seen after each."""

    def __init__(self, system, case_id, number):
        self.system, self.id, self.number = system, case_id, number

    def shows(self, state, **facts):
        until(30, f"{self.id} shows {state}, but {self.look('state_name')}", lambda: self.look("state_name") == state)
        for name, want in facts.items():
            until(30, f"{self.id}: {name} {want}, but {self.look(name)}", lambda n=name, w=want: self.look(n) == w)

    def look(self, column):
        rows = self.system.sql(f"select {column}::text from analytics.v_case where case_id = {self.id}")
        return rows[0][0] if rows else ""

    def act(self, word, *options, by=None):
        """As soon as the service has heard of what went before."""
        unit = self.look("unit")
        who = ("--as", by.replace("UNIT", unit)) if by else ()
        until(30, f"{word} {self.id}", lambda: self.system.wangli("case", self.number, word, *who, *options,
                                                                 ok=(0, 1)).returncode == 0)

    def to_hand(self):
        self.shows("RECEIVED")
        self.act("accept")
        self.shows("ACCEPTED")
        self.act("dispatch")
        self.shows("DISPATCHED")
        self.act("sign")
        self.shows("IN_PROGRESS", is_sign_on_time="true")
        self.act("contact", "--note", "已电话联系", "--means", "phone")
        self.shows("IN_PROGRESS", is_contact_on_time="true")

    def draft(self):
        self.act("submit", "--text", f"您好，第{self.id}件已核实处理。", by="unit_officer/li@UNIT")
        self.shows("REPLY_REVIEW")

    def approved(self):
        self.act("approve", by="unit_lead/zhao@UNIT")
        self.shows("REPLY_REVIEW")
        self.act("approve", by="reviewer/wang")
        self.shows("REPLIED")

    def rate(self, solved, satisfaction):
        self.act("rate", "--solved", solved, "--satisfaction", satisfaction, "--contacted", "--remark", "测试")


def number_of(system, case_id):
    digits = f"{case_id:07d}"
    total = sum(sum(divmod(int(d) * 2, 10)) if place % 2 == 0 else int(d) for place, d in enumerate(reversed(digits)))
    return f"CD{digits}-{-total % 10}"


def deliver(system, folder):
    """The channel comes for what waits for it, with one more letter."""
    folder.n = getattr(folder, "n", 0) + 1
    path = system.folder / f"more{folder.n}.csv"
    letters.write(path, 1, seed=50 + folder.n, with_reply=False, prefix=f"D{folder.n}-")
    system.wangli("import", path, "--channel", "app", timeout=120)


class Counter:
    n = 0


def told(*cases):
    """How far reply is with each (analytics_parts.def)."""
    return [case.look("reply_part") for case in cases]


def walk(system, cases, counter):
    content, redone, refused, waiting = cases
    for case in (content, redone):
        case.to_hand()
        case.draft()
    redone.act("reject", "--reason", "请补充处理结果", by="unit_lead/zhao@UNIT")
    redone.shows("IN_PROGRESS", rejects="1")
    redone.draft()
    for case in (content, redone):
        case.approved()
    refused.act("refuse", "--reason", "outside_city", "--guidance", "请向市外主管部门反映")
    refused.shows("NOT_ACCEPTED", refusal="outside_city")
    until(120, "all are delivered", lambda: deliver(system, counter) or told(content, redone) == ["4", "4"])
    refused.shows("NOT_ACCEPTED")
    content.shows("FOLLOW_UP")
    redone.shows("FOLLOW_UP")
    content.rate("yes", 5)
    content.shows("CLOSED", solved="yes", satisfaction="5", reason="rated")
    redone.rate("no", 1)
    redone.shows("IN_PROGRESS", redo="1")
    redone.draft()
    redone.approved()
    until(60, "it is delivered again", lambda: deliver(system, counter) or redone.look("state_name") == "FOLLOW_UP")
    redone.rate("partly", 2)
    redone.shows("CLOSED", solved="partly", reason="unsatisfied", round="1", replies="2")
    waiting.shows("RECEIVED")


def month_says_so(system):
    month = system.one("select to_char((now() + c.shift) at time zone 'Asia/Shanghai', 'YYYY-MM') from ref.clock c")
    system.wangli("report", "month", month, "--format", "csv", "--out", system.folder / "r")
    with open(system.folder / "r" / f"report-{month}-figures.csv", newline="", encoding="utf-8-sig") as file:
        city = {r["指标代码"]: (r["分子"], r["分母"]) for r in csv.DictReader(file) if r["层级"] == "全市"}
    assert city["M11"] == ("1", "2") and city["M15"] == ("1", "2") and city["M16"] == ("1", "2"), city
    assert city["M09"] == ("2", "2") and city["M13"] == ("2", "2") and city["M28"][0] == "2", city


def main():
    with System(road="people") as s:
        road = s.folder / "road.csv"
        road.write_text(ROAD)
        s.wangli("ref", "import", "--road", road)
        path = s.folder / "letters.csv"
        # complaints alone: what is no consult is done again
        rows = letters.write(path, 4, seed=33, with_reply=False)
        for row in rows:
            row.update(title="拖欠工资请求帮助", body=f"老板一直拖欠我们的工资，请帮帮我们（{row['external_id']}）。")
        with open(path, "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, fieldnames=list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        s.wangli("import", path, "--channel", "app", timeout=120)
        ids = [int(r[0]) for r in s.sql("select case_id from intake.v_case order by case_id")]
        walk(s, [Case(s, i, number_of(s, i)) for i in ids[:4]], Counter())
        s.until_settled(60)
        month_says_so(s)
        done = json.loads(s.wangli("rebuild", "analytics", "--json").stdout)
        assert done["ok"] and done["swapped"], done
        proved = {i["name"]: i["ok"] for i in s.check(ok=(0, 1))["invariants"]}
        assert proved["I3"] and proved["I8"], proved


main()
