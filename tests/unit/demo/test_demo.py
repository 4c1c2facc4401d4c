#!/usr/bin/env python3
"""The demo's appeals: a city must be seen in them, whoever reads, and every plan must be playable."""

import collections
import csv
import itertools
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
DEMO = ROOT / "deploy" / "demo"
CITY = ROOT / "deploy" / "cities" / "chengdu"

COLUMNS = ["external_id", "channel", "day", "time_of_day", "user", "title", "body", "area", "likes", "type", "category", "plan",
           "reason", "guidance", "note", "reply_after", "reply", "objection", "rating", "reply2", "rating2", "attachments"]
CHANNELS = {"mailbox", "forum", "hotline", "app", "weibo", "wechat", "media", "mail"}
TODAY = 35
RATING = re.compile(r"(yes|partly|no)/[1-5](/.+)?")
# plan: the columns that it needs, of those in PLANNED
PLANS = {
    "wait": [], "refuse": ["reason", "guidance"], "accept": [], "unsigned": [], "sign": [], "contact": ["note"],
    "submit": ["reply"], "lead": ["reply"], "reject": ["reply", "objection"], "replied": ["reply"], "follow": ["reply"],
    "rated": ["reply", "rating"], "silent": ["reply"], "redo": ["reply", "rating"],
    "redo_rated": ["reply", "rating", "reply2", "rating2"], "unsatisfied": ["reply", "rating", "reply2", "rating2"], "direct": [],
}
PLANNED = ["reason", "guidance", "reply", "objection", "rating", "reply2", "rating2"]


def read(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def grams(text):
    text = re.sub(r"\s", "", text)
    return {text[i:i + 5] for i in range(len(text) - 4)}


def words_stand(words, text):
    return all(any(word in text for word in part.split("/")) for part in words.split(","))


class AppealsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.rows = read(DEMO / "appeals.csv")
        cls.articles = read(CITY / "kb.csv")
        cls.orgs = {row["code"]: row for row in read(CITY / "orgs.csv")}
        cls.reasons = set(re.findall(r'^REASON\(\w+, "(\w+)"', (ROOT / "services/intake/intake_reasons.def").read_text("utf-8"), re.M))

    def each(self, column):
        return collections.Counter(row[column] for row in self.rows)

    def test_columns_are_those_the_tool_knows(self):
        self.assertEqual(list(self.rows[0]), COLUMNS)

    def test_a_city_is_seen(self):
        self.assertGreaterEqual(len(self.rows), 420)
        self.assertEqual(set(self.each("channel")), CHANNELS)
        self.assertEqual(set(self.each("type")), {row["type"] for row in read(CITY / "sla.csv")})
        self.assertEqual(set(self.each("plan")), set(PLANS))
        self.assertGreaterEqual(len(self.each("category")), 100)
        units = {row["code"] for row in self.orgs.values() if row["level"] == "2" and row["code"].startswith("510")}
        self.assertEqual(set(self.each("area")) - {""}, units)
        streets = {row["name_zh"] for row in self.orgs.values() if row["level"] == "3"}
        text = "\n".join(row["title"] + row["body"] for row in self.rows)
        self.assertGreaterEqual(sum(name in text for name in streets), 100)

    def test_codes_exist(self):
        categories = {row["code"] for row in read(CITY / "taxonomy.csv")}
        self.assertEqual([row["external_id"] for row in self.rows if row["category"] not in categories], [])
        self.assertEqual([row["external_id"] for row in self.rows if row["area"] and row["area"] not in self.orgs], [])
        self.assertEqual([row["external_id"] for row in self.rows if row["reason"] and row["reason"] not in self.reasons], [])
        self.assertEqual({row["reason"] for row in self.rows} - {""}, self.reasons)

    def test_named_place_lies_in_the_row_s_area(self):
        homes = collections.defaultdict(set)
        for org in self.orgs.values():
            if org["code"].startswith("510") and org["level"] in "23":
                homes[org["name_zh"]].add(org["code"] if org["level"] == "2" else org["parent_code"])
        for row in self.rows:
            if not row["area"]:
                continue
            found = [name for name in homes if name in row["title"] + row["body"]]
            wrong = [name for name in found if row["area"] not in homes[name] and
                     not any(name != other and name in other for other in found)]
            self.assertEqual(wrong, [], row["external_id"])

    def test_lengths(self):
        for row in self.rows:
            self.assertTrue(15 <= len(row["body"]) <= 600, row["external_id"])
            self.assertTrue(3 <= len(row["title"]) <= 50, row["external_id"])
            self.assertLessEqual(len(row["note"]), 24, row["external_id"])
            self.assertLessEqual(len(row["guidance"]), 500, row["external_id"])
            self.assertTrue(row["user"], row["external_id"])
        lengths = sorted(len(row["body"]) for row in self.rows)
        self.assertLess(lengths[0], 25)
        self.assertGreater(lengths[-1], 400)

    def test_everybody_speaks_for_himself(self):
        for column, size in (("external_id", len(self.rows)), ("title", len(self.rows)), ("user", len(self.rows))):
            self.assertEqual(len(self.each(column)), size, column)
        for column in ("body", "reply", "guidance"):
            texts = [(row["external_id"], grams(row[column])) for row in self.rows if row[column]]
            near = [(a, b) for (a, x), (b, y) in itertools.combinations(texts, 2) if x and len(x & y) * 4 >= len(x | y)]
            self.assertEqual(near, [], column)

    def test_no_numbers_of_people(self):
        for row in self.rows:
            text = re.sub(r"[\s-]", "", "".join(row.values()))
            self.assertIsNone(re.search(r"1[3-9]\d{9}|\d{15}", text), row["external_id"])

    def test_each_plan_has_what_it_needs_and_nothing_else(self):
        for row in self.rows:
            self.assertEqual([column for column in PLANS[row["plan"]] if not row[column]], [], row["external_id"])
            given = {column for column in PLANNED if row[column]}
            allowed = set(PLANS[row["plan"]]) | ({"rating"} if row["plan"] == "direct" else set())
            self.assertEqual(given - allowed, set(), row["external_id"])
            self.assertEqual(bool(row["reply"]), bool(row["reply_after"]), row["external_id"])

    def test_ratings_lead_where_the_plan_says(self):
        def is_content(rating):
            return rating[0] != "n" and int(rating.split("/")[1]) >= 3
        for row in self.rows:
            for column in ("rating", "rating2"):
                self.assertTrue(not row[column] or RATING.fullmatch(row[column]), row["external_id"])
            wanted = {"rated": (True, None), "direct": (True, None), "redo": (False, None), "redo_rated": (False, True),
                      "unsatisfied": (False, False)}.get(row["plan"], (None, None))
            got = tuple(is_content(row[column]) if row[column] else None for column in ("rating", "rating2"))
            self.assertIn(got, {wanted, (None, None)} if row["plan"] == "direct" else {wanted}, row["external_id"])

    def test_times(self):
        for row in self.rows:
            self.assertTrue(0 <= int(row["day"]) <= TODAY, row["external_id"])
            self.assertRegex(row["time_of_day"], r"^([01]\d|2[0-3]):[0-5]\d$")
            self.assertRegex(row["reply_after"], r"^(\d{1,2}(wd|h))?$")
            self.assertRegex(row["likes"], r"^\d{1,3}$")
        order = [(int(row["day"]), row["time_of_day"]) for row in self.rows]
        self.assertEqual(order, sorted(order))

    def test_reports_name_no_company(self):
        named = re.compile(r"(?<![某家个的])(?:[一-龥]{2,6})(?:有限公司|股份公司|集团)")
        for row in self.rows:
            if row["type"] == "report":
                self.assertIsNone(named.search(row["title"] + row["body"]), row["external_id"])

    def test_direct_answers_have_their_article(self):
        for row in self.rows:
            text = row["title"] + "\n" + row["body"]
            if row["plan"] == "direct":
                found = [a["title"] for a in self.articles if words_stand(a["words"], text)]
                self.assertEqual((row["type"], len(found)), ("consult", 1), (row["external_id"], found))


if __name__ == "__main__":
    unittest.main()
