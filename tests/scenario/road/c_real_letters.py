"""Real appeals through the road, where ../shared/data has them: a part of the replies file by default, all of it with
WANGLI_LONG=1. Nothing of their text is printed."""

import csv
import json
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lib"))
from system import SHARED, System, skip  # noqa: E402

REPLIES = SHARED / "data" / "teddy_a4_replies.dev.csv"
LETTERS = SHARED / "data" / "teddy_a3.csv"
PART = None if os.environ.get("WANGLI_LONG") else 200


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


def main():
    if not REPLIES.exists() or not LETTERS.exists():
        skip(f"no real appeals at {SHARED / 'data'}")
    with System() as s:
        replies = part_of(REPLIES, s.folder / "replies.csv", PART)
        args = ("import", s.folder / "replies.csv", "--channel", "app", "--map", "external_id=msg_id", "--replay", "--json")
        first = json.loads(s.wangli(*args, timeout=1000).stdout)
        assert first["receipts"] == first["closed"] == len(replies), first
        with open(s.data / "import/app/deliveries.csv", newline="", encoding="utf-8") as file:
            got = {row["external_id"]: row["text"] for row in csv.DictReader(file)}
        wrong = [r["msg_id"] for r in replies if got.get(r["msg_id"]) != r["reply"]]
        assert len(got) == len(replies) and not wrong, f"{len(got)} delivered, other text: {wrong[:5]}"
        again = json.loads(s.wangli(*args, timeout=600).stdout)
        assert again["new"] == 0, again

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
        assert all(i["ok"] for i in s.check()["invariants"])


main()
