#!/usr/bin/env python3
"""The city's articles: known categories and units, words that reply takes, no article twice, nobody's telephone number."""

import csv
import pathlib
import re
import unittest

CITY = pathlib.Path(__file__).resolve().parents[3] / "deploy" / "cities" / "chengdu"
# hotlines of the public and numbers of rules may stand in an answer; a person's telephone may not
PERSONAL = re.compile(r"1[3-9][0-9]{9}|0[0-9]{2,3}-?[0-9]{7,8}")


def rows(name):
    with open(CITY / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class Articles(unittest.TestCase):
    def setUp(self):
        self.articles = rows("kb.csv")

    def test_there_are_many_and_none_twice(self):
        keys = [(a["category"], a["title"]) for a in self.articles]
        self.assertGreaterEqual(len(keys), 60)
        self.assertEqual(len(keys), len(set(keys)))

    def test_categories_and_units_are_the_citys(self):
        codes, units = {r["code"] for r in rows("taxonomy.csv")}, {r["code"] for r in rows("orgs.csv")}
        for article in self.articles:
            self.assertIn(article["category"], codes, article["title"])
            self.assertIn(article["unit"], units, article["title"])

    def test_words_are_parts_of_alternatives(self):
        for article in self.articles:
            parts = [part.split("/") for part in article["words"].split(",")]
            self.assertGreaterEqual(len(parts), 2, f"{article['title']}: one part alone fits too many letters")
            for word in (w for part in parts for w in part):
                self.assertTrue(len(word) >= 2 and word == word.strip(), f"{article['title']}: '{word}'")

    def test_texts_answer_and_name_nobody(self):
        for article in self.articles:
            self.assertTrue(60 <= len(article["text"]) <= 1000, article["title"])
            self.assertIsNone(PERSONAL.search(article["text"]), article["title"])
            self.assertLessEqual(len(article["title"]), 100)


if __name__ == "__main__":
    unittest.main()
