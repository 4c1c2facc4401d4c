"""Some thousand made-up cases of two months in analytics' tables, as the projection would hold them, without anybody's letter."""

import datetime
import random

TYPES = ["consult", "help", "help", "complaint", "complaint", "suggestion", "praise", "report"]
CHANNELS = ["hotline", "hotline", "hotline", "app", "app", "wechat", "mailbox", "weibo", "forum"]
CATEGORIES = ["0101", "0102", "0103", "0103", "0103", "0104", "0301", "0302", "0501", "0503", "0703", "0801", "0802", "0802", "1001",
              "1102", "1302", "1501", "2204"]
AREAS = ["510104", "510105", "510106", "510107", "510108", "510112", "510114", "510116", "", "", ""]
UNITS = ["510104", "510105", "510106", "510107", "510108", "510112", "D16", "D16", "D16", "D19", "D20", "D22", "D35", "D02"]
ZONE = datetime.timezone(datetime.timedelta(hours=8))
COLUMNS = """case_id, version, seq, head, seen_intake, seen_dispatch, seen_reply, seen_followup, state, intake_part, dispatch_part,
    reply_part, followup_part, redo, replies, round, rejects, visits, reply_wd, confidence, solved, satisfaction, contacted, flags,
    channel, klass, type, category, area, unit, received_day, received_at, accepted_at, dispatched_at, sign_due, signed_at,
    contact_due, contacted_at, resolve_due, resolved_at, replied_at, answered_at, rated_at, closed_at, refused_at"""


def midnight(day):
    return datetime.datetime.combine(day, datetime.time(), ZONE)


def cases(count, first_day, days, seed=1):
    """Dicts by column; times None where a case has not come so far."""
    rng = random.Random(seed)
    for n in range(count):
        c = dict.fromkeys((w.strip() for w in COLUMNS.split(",")))
        c.update(case_id=n + 1, version=1, seq=0, head=b"", seen_intake=2, seen_dispatch=3, seen_reply=4, seen_followup=2, redo=0,
                 replies=0, round=0, rejects=0, visits=0, reply_wd=-1, confidence=rng.randrange(30, 101), solved=0, satisfaction=0,
                 contacted=0, flags=0, klass="", channel=rng.choice(CHANNELS), type=rng.choice(TYPES),
                 category=rng.choice(CATEGORIES), area=rng.choice(AREAS), state=10, intake_part=1, dispatch_part=0, reply_part=0,
                 followup_part=0)
        day = first_day + datetime.timedelta(days=int(days * rng.random()))
        if day.weekday() >= 5 and rng.random() < 0.5:
            day -= datetime.timedelta(days=2)
        at = midnight(day) + datetime.timedelta(seconds=rng.randrange(86400))
        c["received_at"], c["received_day"] = at, day
        if rng.random() < 0.03:
            c.update(state=15, intake_part=3, refused_at=at + datetime.timedelta(hours=3))
        elif rng.random() < 0.97:
            go_on(c, rng, at + datetime.timedelta(hours=rng.randrange(1, 20)))
        yield c


def go_on(c, rng, at):
    """Accepted, and what becomes of it."""
    hour = datetime.timedelta(hours=1)
    c.update(state=20, intake_part=2, accepted_at=at)
    if c["type"] == "consult" and rng.random() < 0.4:
        c.update(state=60, reply_part=4, replies=1, flags=32, replied_at=at, answered_at=at, resolved_at=at, dispatch_part=3)
        rate(c, rng, at + 20 * hour, 0.9)
        return
    c["unit"] = rng.choice(UNITS)
    skill = 0.75 + 0.24 * (sum(map(ord, c["unit"])) * 7919 % 97) / 97
    at += hour
    due_day = at.date() + datetime.timedelta(days=rng.choice([5, 9, 21]))
    c.update(state=30, dispatch_part=1, dispatched_at=at, sign_due=midnight(at.date() + datetime.timedelta(days=2)),
             contact_due=midnight(at.date() + datetime.timedelta(days=3)), resolve_due=midnight(due_day))
    if rng.random() < 0.02:
        return
    on_time = rng.random() < skill
    c.update(state=40, dispatch_part=2, signed_at=at + (hour if on_time else 90 * hour), flags=c["flags"] | (2 if on_time else 0))
    if rng.random() < 0.9:
        c.update(contacted_at=c["signed_at"] + hour, flags=c["flags"] | (4 if on_time else 0))
    if rng.random() < 0.06:
        return
    on_time = rng.random() < skill
    late = datetime.timedelta(days=rng.choice([1, 2, 3, 12]))
    replied = c["resolve_due"] - rng.random() * (c["resolve_due"] - at) * 0.8 if on_time else c["resolve_due"] + late
    span = range(1, (replied.astimezone(ZONE).date() - at.date()).days + 1)
    c.update(state=60, dispatch_part=3, reply_part=4, replies=1, replied_at=replied, resolved_at=replied,
             answered_at=replied + hour, flags=c["flags"] | (8 if on_time else 0),
             reply_wd=sum((at.date() + datetime.timedelta(days=d)).weekday() < 5 for d in span))
    rate(c, rng, replied + 30 * hour, skill)


def rate(c, rng, at, skill):
    c.update(state=70, followup_part=1, visits=1)
    if rng.random() < 0.7:
        good = rng.random() < skill
        c.update(rated_at=at, solved=rng.choice([1, 1, 2]) if good else 3, satisfaction=rng.choice([3, 4, 5, 5]) if good else 2,
                 contacted=rng.choice([0, 1, 1, 2]))
        if not good and rng.random() < 0.5:
            c.update(redo=1, round=1)
    if rng.random() < 0.9:
        c.update(state=80, followup_part=3, closed_at=at + datetime.timedelta(hours=2))


def literal(value):
    if value is None:
        return "null"
    if isinstance(value, bytes):
        return "'\\x" + "00" * 32 + "'"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, datetime.datetime):
        return f"'{value.isoformat()}'"
    return f"'{value}'"


def script(rows):
    """SQL that fills the rows, and the cells from them."""
    names = [w.strip() for w in COLUMNS.split(",")]
    values = ",\n".join("(" + ", ".join(literal(c[n]) for n in names) + ")" for c in rows)
    return f"""set client_min_messages = warning;
truncate analytics.case_file, analytics.cell, analytics.figure;
insert into analytics.case_file ({COLUMNS}) values
{values};
insert into analytics.figure (day, unit, code, num, den, excl) select day, unit, code, sum(num), sum(den), sum(excl) from analytics.v_figure_case group by 1, 2, 3;
insert into analytics.cell (day, dim, key, sub, n) select received_day, 'channel', channel, '', count(*) from analytics.case_file group by 1, 3;
insert into analytics.cell (day, dim, key, sub, n) select received_day, 'unit', coalesce(unit, ''), '', count(*) from analytics.case_file group by 1, 3;
insert into analytics.cell (day, dim, key, sub, n) select received_day, 'place', category, area, count(*) from analytics.case_file group by 1, 3, 4;
insert into analytics.cell (day, dim, key, sub, n) select received_day, 'state', state_name, '', count(*) from analytics.v_case group by 1, 3;
"""
