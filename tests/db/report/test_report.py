"""The month's report on made-up cases: every figure equals what is counted here from the same cases, by another way; ranking follows
its rules; the files open; a month without data, bad months and formats say so. Run by tests/with_postgres.sh."""

import collections
import csv
import datetime
import html.parser
import os
import pathlib
import subprocess
import sys
import tempfile
import xml.dom.minidom
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import seed  # noqa: E402

PG = os.environ["WANGLI_TEST_PG"]
PROGRAM = pathlib.Path(os.environ["WANGLI_BUILD"]) / "tools" / "report" / "wangli-report"
SEPTEMBER, OCTOBER = datetime.date(2026, 9, 1), datetime.date(2026, 10, 1)
DIRECT, SIGN, CONTACT, ON_TIME = 32, 2, 4, 8
ASIDE = ("consult", "suggestion", "praise")


def sql(text):
    return subprocess.run(["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", PG + " user=postgres"], input=text, text=True,
                          check=True, capture_output=True).stdout.strip()


def report(folder, *words, ok=0):
    done = subprocess.run([PROGRAM, *words, "--out", folder], text=True, capture_output=True, check=False,
                          env=dict(os.environ, PG_CONNINFO=PG + " user=wl_check"))
    assert done.returncode == ok, f"{words}: exit {done.returncode}\n{done.stdout}{done.stderr}"
    return done


def day_of(at, is_due=False):
    if is_due:
        at = at - datetime.timedelta(microseconds=1)
    return at.astimezone(seed.ZONE).date()


def counted(cases, begin, end):
    """{(code, unit or ''): [num, den, excl]} of a month, from the cases alone; '' is the city."""
    sums = collections.defaultdict(lambda: [0, 0, 0])

    def add(case, code, at, num, den=1, excl=0, is_due=False):
        if at is None or not begin <= day_of(at, is_due) < end:
            return
        for unit in {"", case["unit"] or ""}:
            for i, n in enumerate((num, den, excl)):
                sums[code, unit][i] += int(n or 0)

    for c in cases:
        sent = c["dispatched_at"] is not None
        add(c, "M03", c["accepted_at"], bool(c["flags"] & DIRECT) and not sent)
        add(c, "M05", c["sign_due"], c["signed_at"] and c["flags"] & SIGN > 0, is_due=True)
        add(c, "M08", c["contact_due"], c["contacted_at"] and c["flags"] & CONTACT > 0, is_due=True)
        heard = c["contacted"] == 1 or c["contacted"] == 0 and c["contacted_at"] is not None
        add(c, "M09", c["rated_at"], sent and heard, sent, not sent)
        aside = c["type"] in ASIDE
        add(c, "M10", c["rated_at"], c["solved"] == 1 and not aside, not aside, aside)
        add(c, "M11", c["rated_at"], c["satisfaction"] >= 3)
        add(c, "M12", c["resolve_due"], c["resolved_at"] and c["flags"] & ON_TIME > 0, is_due=True)
        add(c, "M13", c["dispatched_at"], c["replied_at"] is not None)
        add(c, "M15", c["replied_at"], c["redo"] > 0)
        add(c, "M16", c["closed_at"], c["redo"] == 0)
        add(c, "M18", c["replied_at"], max(c["reply_wd"], 0), c["reply_wd"] >= 0, c["reply_wd"] < 0)
        add(c, "M28", c["answered_at"], 1, 0)
        add(c, "M29", c["dispatched_at"], 1, 0)
        add(c, "M27", c["received_at"], 1, 0)
    late = sums["M12", ""]
    sums["M19", ""] = [late[1] - late[0], 0, 0]
    return sums


def figures_read(path):
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def number(text):
    return int(text) if text else 0


def figures_are_those_counted(cases, folder):
    want = counted(cases, OCTOBER, datetime.date(2026, 11, 1))
    rows = figures_read(folder / "report-2026-10-figures.csv")
    city = {r["指标代码"]: r for r in rows if r["层级"] == "全市"}
    for code in ("M03", "M05", "M08", "M09", "M10", "M11", "M12", "M13", "M15", "M16", "M18", "M19", "M27", "M28", "M29"):
        got = [number(city[code][k]) for k in ("分子", "分母", "不计")]
        assert got == want[code, ""], f"{code}: {got}, want {want[code, '']}"
    n, d, _ = want["M12", ""]
    assert city["M12"]["数值"] == f"{100 * n / d:.1f}%" and city["M12"]["计量"] == "%"
    n, d, _ = want["M18", ""]
    assert city["M18"]["数值"] == f"{n / d:.2f}"
    n_units = 0
    for r in rows:
        if r["层级"] == "单位" and r["指标代码"] not in ("M03", "M28"):
            got = [number(r[k]) for k in ("分子", "分母", "不计")]
            assert got == want[r["指标代码"], r["单位代码"]], r
            n_units += 1
    assert n_units > 60, n_units


def cases_lead_to_their_figures(cases, folder):
    """Each figure has exactly its cases, by number."""
    want = counted(cases, OCTOBER, datetime.date(2026, 11, 1))
    by_code = collections.defaultdict(list)
    for r in figures_read(folder / "report-2026-10-cases.csv"):
        by_code[r["指标代码"]].append(r)
    for code in ("M05", "M10", "M12", "M18", "M27", "M28"):
        num, den, excl = want[code, ""]
        rows = by_code[code]
        assert len({r["件号"] for r in rows}) == len(rows) == max(den + excl, num if den + excl == 0 else 0), code
        assert sum(int(r["数值"]) for r in rows) == num, code
        assert sum(r["计入"] == "不计" for r in rows) == excl, code
        assert all(r["件号"].startswith("CD") for r in rows)


class Page(html.parser.HTMLParser):
    """Tags that close, links, texts."""

    def __init__(self, text):
        super().__init__()
        self.open, self.links, self.text, self.loads = [], [], [], []
        self.feed(text)
        self.close()
        assert not self.open, f"not closed: {self.open}"

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.loads += [v for k, v in attrs.items() if k == "src" or k == "href" and tag != "a"]
        if tag == "a":
            self.links.append(attrs["href"])
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-3:]}"
        self.open.pop()

    def handle_data(self, data):
        if "style" not in self.open:
            self.text.append(data)


def page_is_whole(cases, folder):
    text = (folder / "report-2026-10.html").read_text(encoding="utf-8")
    page = Page(text)
    said = "".join(page.text)
    want = counted(cases, OCTOBER, datetime.date(2026, 11, 1))
    assert not page.loads and "url(" not in text and "@import" not in text, "it is not self-contained"
    n, d, _ = want["M12", ""]
    assert f"{n:,}/{d:,}" in said and f"{100 * n / d:.1f}%" in said
    assert "2026年10月办理情况月报" in said and "@page" in text and "A4" in text
    assert len(page.links) > 100 and all(link.startswith("http://city.example/cases?month=2026-10&") for link in page.links)
    assert any("unit=D16" in link for link in page.links) and any("category=" in link for link in page.links)
    assert "无数据" in said  # nobody counts visits here
    order = ["中心城区", "市级部门(诉求量大)"]
    assert all(group in said for group in order)
    assert "&lt;b&gt;坏&amp;名" in text and "<b>坏" not in text, "a name is not escaped"


def ranking_follows_its_rules(folder):
    book = zipfile.ZipFile(folder / "report-2026-10.xlsx")
    names = xml.dom.minidom.parseString(book.read("xl/workbook.xml")).getElementsByTagName("sheet")
    sheets = [s.getAttribute("name") for s in names]
    assert sheets == ["封面", "指标", "排名", "每日", "渠道", "诉求类型", "事项", "区域", "件号清单"], sheets
    rows = sheet_rows(book, sheets.index("排名") + 1)
    by_group = collections.defaultdict(list)
    for r in rows[1:]:
        by_group[r[0]].append(r)
    few = [r for r in rows[1:] if r[1] == "样本少"]
    assert few and all(float(r[8]) < 20 for r in few), "who has too few is not ranked"
    for group, members in by_group.items():
        ranked = [r for r in members if r[1] not in ("样本少", "不排名")]
        assert [float(r[1]) for r in ranked] == [i + 1.0 for i in range(len(ranked))], group
        assert all(float(r[8]) >= 20 for r in ranked)
        keys = [float(r[6]) for r in ranked]
        assert keys == sorted(keys, reverse=True), group
        assert members[:len(ranked)] == ranked, "the ranked stand first"
        assert all(float(r[6]) <= float(r[5]) + 0.001 for r in ranked), "a lower bound is above its rate"
    assert len(sheet_rows(book, sheets.index("件号清单") + 1)) == len(figures_read(folder / "report-2026-10-cases.csv")) + 1


def sheet_rows(book, number_of_sheet):
    """Rows as lists of texts."""
    sheet = xml.dom.minidom.parseString(book.read(f"xl/worksheets/sheet{number_of_sheet}.xml"))
    rows = []
    for row in sheet.getElementsByTagName("row"):
        cells = {}
        for cell in row.getElementsByTagName("c"):
            value = "".join(n.firstChild.data for t in ("v", "t") for n in cell.getElementsByTagName(t) if n.firstChild)
            cells["".join(ch for ch in cell.getAttribute("r") if ch.isalpha())] = value
        rows.append([cells.get(chr(ord("A") + i), "") for i in range(16)])
    return rows


def running_month_counts_what_is_due(cases, folder):
    """In the middle of October, a matter that is due later is neither on time nor late yet."""
    sql("update ref.clock set shift = '2026-10-12 09:00+08'::timestamptz - now()")
    report(folder, "month", "2026-10", "--format", "csv,html")
    want = counted(cases, OCTOBER, datetime.date(2026, 10, 12))
    city = {r["指标代码"]: r for r in figures_read(folder / "report-2026-10-figures.csv") if r["层级"] == "全市"}
    for code in ("M05", "M08", "M12"):
        assert [number(city[code][k]) for k in ("分子", "分母", "不计")] == want[code, ""], code
    assert "本月未结束" in (folder / "report-2026-10.html").read_text(encoding="utf-8")
    sql("update ref.clock set shift = '2026-11-05 09:00+08'::timestamptz - now()")


def empty_months_say_so(folder):
    done = report(folder, "month", "2031-01", "--format", "html,xlsx,csv")
    assert "no data" in done.stderr
    said = "".join(Page((folder / "report-2031-01.html").read_text(encoding="utf-8")).text)
    assert "2031年1月没有数据" in said and "100" not in said
    city = {r["指标代码"]: r for r in figures_read(folder / "report-2031-01-figures.csv")}
    assert city["M12"]["数值"] == "无数据" and city["M27"]["数值"] == "0"
    assert zipfile.ZipFile(folder / "report-2031-01.xlsx").testzip() is None


def refusals_are_clear(folder):
    for words, part in [(("month", "2026-13"), "want YYYY-MM"), (("month", "October"), "want YYYY-MM"), (("month",), "want YYYY-MM"),
                        (("week", "2026-10"), "usage"), (("month", "2026-10", "--format", "pdf"), "want html, xlsx, csv"),
                        (("month", "2026-10", "--format", ""), "want html, xlsx, csv"),
                        (("month", "2026-10", "--colour", "red"), "does not know '--colour'")]:
        done = report(folder, *words, ok=2)
        assert part in done.stderr and done.stderr.count("\n") == 1, done.stderr
    (folder / "file").write_text("")
    done = subprocess.run([PROGRAM, "month", "2026-10", "--out", folder / "file" / "x"], text=True, capture_output=True, check=False,
                          env=dict(os.environ, PG_CONNINFO=PG + " user=wl_check"))
    assert done.returncode == 2 and "file" in done.stderr, done.stderr


def main():
    cases = list(seed.cases(2500, SEPTEMBER, 61, seed=11))
    few = [c for c in cases if c["unit"] == "D02"]
    for c in few[15:]:  # too few to be ranked
        c["unit"] = "D16"
    sql(seed.script(cases))
    sql("update ref.clock set shift = '2026-11-05 09:00+08'::timestamptz - now(); "
        "update ref.org set name_zh = '<b>坏&名' where code = '510106'")
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        done = report(folder, "month", "2026-10", "--format", "html,xlsx,csv", "--base", "http://city.example")
        assert len(done.stdout.splitlines()) == 4
        figures_are_those_counted(cases, folder)
        cases_lead_to_their_figures(cases, folder)
        page_is_whole(cases, folder)
        ranking_follows_its_rules(folder)
        running_month_counts_what_is_due(cases, folder)
        empty_months_say_so(folder)
        refusals_are_clear(folder)
    print("report: figures, cases, page, ranking, running and empty months, refusals")


main()
