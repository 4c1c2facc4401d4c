"""The month's report of a system that answered letters: what came, when it was answered and how long that took equal what the file of letters
says, counted here with the city's calendar."""

import collections
import csv
import datetime
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lib"))
import letters  # noqa: E402
from system import ROOT, System  # noqa: E402


def calendar():
    with open(ROOT / "deploy/cities/chengdu/holidays.csv", newline="", encoding="utf-8-sig") as file:
        return {datetime.date.fromisoformat(r["date"]): r["kind"] == "work" for r in csv.DictReader(file)}


def working_days(special, begin, end):
    """After the day `begin` up to the day `end`."""
    days = (begin + datetime.timedelta(days=n + 1) for n in range((end - begin).days))
    return sum(special.get(d, d.weekday() < 5) for d in days)


def expected(rows):
    """{month: [received, answered, working days]}; a letter is dispatched on the day it comes, a reply counts in its own month."""
    special = calendar()
    months = collections.defaultdict(lambda: [0, 0, 0])
    for row in rows:
        came, replied = (datetime.datetime.fromisoformat(row[k]).date() for k in ("time", "reply_time"))
        months[came.strftime("%Y-%m")][0] += 1
        months[replied.strftime("%Y-%m")][1] += 1
        months[replied.strftime("%Y-%m")][2] += working_days(special, came, replied)
    return months


def city(path):
    with open(path, newline="", encoding="utf-8-sig") as file:
        return {r["指标代码"]: r for r in csv.DictReader(file) if r["层级"] == "全市"}


def figures_equal_the_file(s, rows):
    months = expected(rows)
    assert len(months) >= 2
    for month, (received, answered, days) in months.items():
        said = s.wangli("report", "month", month, "--format", "html,xlsx,csv", "--out", s.folder / "r").stdout.split()
        assert [pathlib.Path(p).name for p in said] == [f"report-{month}{e}" for e in
                                                        (".html", "-figures.csv", "-cases.csv", ".xlsx")], said
        got = city(s.folder / "r" / f"report-{month}-figures.csv")
        assert int(got["M27"]["分子"]) == received, (month, got["M27"])
        assert [int(got["M18"][k]) for k in ("分子", "分母")] == [days, answered], (month, got["M18"], days, answered)
        assert int(got["M28"]["分子"]) == answered, (month, got["M28"])
        if answered:
            assert got["M18"]["数值"] == f"{days / answered:.2f}"
        # three silent visits are no answer
        assert got["M11"]["数值"] == "无数据", got["M11"]


def refusals(s):
    for words, part in [(("month", "2019-3"), "YYYY-MM"), (("month",), "usage"), (("year", "2019"), "usage"),
                        (("month", "2019-03", "--format", "doc"), "html, xlsx, csv")]:
        done = s.wangli("report", *words, ok=(1, 2))
        assert part in done.text, done.text


def main():
    with System() as s:
        path = s.folder / "letters.csv"
        rows = letters.write(path, 60, seed=21, start=datetime.datetime(2019, 3, 20, 9, 0))  # over a holiday and into April
        s.wangli("import", path, "--channel", "app", "--replay", timeout=300)
        figures_equal_the_file(s, rows)
        refusals(s)


main()
