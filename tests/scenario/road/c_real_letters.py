"""Real appeals through the road with its people, where ../shared/data has them: a part of the replies file by default, all of it with
WANGLI_LONG=1. Due times and 平均回复周期 are held against a calculation from the file and the calendar alone. Nothing of their text is
printed."""

import csv
import datetime
import json
import os
import pathlib
import re
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lib"))
from calendar_of import Calendar, rows_of  # noqa: E402
from system import SHARED, System, skip, until  # noqa: E402

REPLIES = SHARED / "data" / "teddy_a4_replies.dev.csv"
LETTERS = SHARED / "data" / "teddy_a3.csv"
PART = None if os.environ.get("WANGLI_LONG") else 200
STEPS = {  # of road.csv: the entry that it leaves, and whose it is in a replay
    "accept": ("intake.accepted.v1", "reviewer"),
    "sign": ("dispatch.signed.v1", "unit_officer"),
    "contact": ("dispatch.contacted.v1", "unit_officer"),
    "approve_lead": ("reply.approved.v1", "unit_lead"),
    "approve_reviewer": ("reply.approved.v1", "reviewer"),
}
SECONDS = datetime.timedelta(seconds=10)  # between the letter's second and the step that counts from it


def part_of(path, out, part):
    """The first rows of a file under the same header; the whole file where part is None."""
    with open(path, newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        rows = [row for n, row in enumerate(reader) if part is None or n < part]
        with open(out, "w", newline="", encoding="utf-8") as to:
            writer = csv.DictWriter(to, fieldnames=reader.fieldnames)
            writer.writeheader()
            writer.writerows(rows)
    return rows


def moment(text):
    """A time of the file or of the database, both in Shanghai; None for none."""
    return datetime.datetime(*map(int, re.findall(r"\d+", text)[:6])) if text else None


def due_times_are_the_calendars(s, rows, calendar):
    """Every letter's four due times, from its time in the file and the limits of its type."""
    letters = {row["msg_id"]: moment(row["time"]) for row in rows}
    shanghai = "to_char({} at time zone 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI:SS')"
    columns = ", ".join(shanghai.format(f"a.{name}_due") for name in ("accept", "sign", "contact", "resolve"))
    got = s.sql(f"""select u.source_msg_id, a.type, {columns} from analytics.v_case a join intake.v_submission u using (case_id)""")
    assert len(got) == len(rows), (len(got), len(rows))
    for external_id, kind, *dues in got:
        for name, due in zip(("accept", "sign", "contact", "resolve"), dues, strict=True):
            limit = calendar.limits[kind][f"{name}_due"]
            want, due = calendar.due(letters[external_id], limit), moment(due)
            exact = limit.endswith("wd") or want is None
            assert due == want if exact else want <= due <= want + SECONDS, f"{external_id} ({kind}, {limit}): {name} due {due}, want {want}"


def mean_reply_time_is_the_calendars(s, rows, calendar):
    """M18: working days from dispatch to reply, summed over all cases, and how many there are."""
    want = sum(calendar.between(moment(r["time"]).date(), moment(r["reply_time"]).date()) for r in rows)
    got = s.sql("select sum(f.num), sum(f.den) from analytics.v_figure f where f.code = 'M18'")[0]
    assert list(map(int, got)) == [want, len(rows)], f"M18: {got}, want {want} of {len(rows)}"
    print(f"平均回复周期 {want / len(rows):.4f} working days over {len(rows)}")


def every_step_has_its_person(s):
    """Each step that road.csv leaves to people was taken by them, in each case; the others by the system."""
    road = {(row["step"], row["type"]): row["taken_by"] for row in rows_of("road.csv")}
    types = s.sql("select type, count(*) from analytics.v_case group by 1")
    taken = dict(s.sql("""select type || ' ' || split_part(actor, '/', 1), count(*) from (
        select type, actor from intake.v_journal union all select type, actor from dispatch.v_journal
        union all select type, actor from reply.v_journal) as j group by 1"""))
    for step, (entry, role) in STEPS.items():
        want = sum(int(n) for kind, n in types if road.get((step, kind), road[step, "*"]) == "people")
        assert int(taken.get(f"{entry} {role}", 0)) == want, f"{step}: {taken}, want {want} by {role}"


def killed_in_the_middle(s, args, n_approved):
    """What the same command, run again, then has to end is what every check below holds against the file."""
    run = s.start(*args)
    query = "select count(distinct j.case_id) from reply.v_journal j where j.type = 'reply.approved.v1'"
    until(1500, "half of the replies are approved", lambda: run.poll() is not None or int(s.one(query)) >= n_approved)
    assert run.poll() is None, "the replay was over before it was killed"
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()


def replies_are_replayed(s):
    rows = part_of(REPLIES, s.folder / "replies.csv", PART)
    args = ("import", s.folder / "replies.csv", "--channel", "app", "--map", "external_id=msg_id", "--replay", "--json")
    killed_in_the_middle(s, args, len(rows) // 2)
    begun = time.monotonic()
    first = json.loads(s.wangli(*args, timeout=1500).stdout)
    print(f"{len(rows)} letters replayed, the second half in {time.monotonic() - begun:.1f} s")
    assert first["receipts"] == first["closed"] == first["replies"] == len(rows), first
    with open(s.data / "import/app/deliveries.csv", newline="", encoding="utf-8") as file:
        got = {row["external_id"]: row["text"] for row in csv.DictReader(file)}
    wrong = [r["msg_id"] for r in rows if got.get(r["msg_id"]) != r["reply"]]
    assert len(got) == len(rows) and not wrong, f"{len(got)} delivered, other text: {wrong[:5]}"
    every_step_has_its_person(s)
    calendar = Calendar()
    due_times_are_the_calendars(s, rows, calendar)
    mean_reply_time_is_the_calendars(s, rows, calendar)
    again = json.loads(s.wangli(*args, timeout=600).stdout)
    assert again["new"] == 0 and again["closed"] == len(rows), again
    every_step_has_its_person(s)


def many_letters_find_their_unit(s):
    more = part_of(LETTERS, s.folder / "letters.csv", None if PART is None else 2 * PART)
    done = json.loads(s.wangli("import", s.folder / "letters.csv", "--channel", "forum", "--map", "external_id=msg_id",
                               "--json", timeout=600).stdout)
    assert done["receipts"] == len(more), done
    s.until_settled(30)
    without = s.one("""select count(*) from intake.v_case i left join dispatch.v_case d using (case_id)
        where i.channel = 'forum' and (coalesce(d.unit, '') = '' or d.resolve_due is null)""")
    assert int(without) == 0, f"{without} letters without a unit or a due time"
    general = s.one("select count(*) from dispatch.v_case d join intake.v_case i using (case_id) where i.channel = 'forum' and d.unit = 'D35'")
    print(f"general desk: {general} of {len(more)}")


def main():
    if not REPLIES.exists() or not LETTERS.exists():
        skip(f"no real appeals at {SHARED / 'data'}")
    with System(road="people") as s:
        replies_are_replayed(s)
        assert all(i["ok"] for i in s.check()["invariants"])
    with System() as s:
        many_letters_find_their_unit(s)
        assert all(i["ok"] for i in s.check()["invariants"])


main()
