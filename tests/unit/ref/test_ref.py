#!/usr/bin/env python3
"""Reference data: what wangli-ref refuses, each fault with file and line, and that a load is all or nothing."""

import importlib.machinery
import importlib.util
import pathlib
import shutil
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
CITY = ROOT / "deploy" / "cities" / "chengdu"


def load_tool():
    loader = importlib.machinery.SourceFileLoader("wangli_ref", str(ROOT / "tools" / "ref" / "wangli-ref"))
    spec = importlib.util.spec_from_loader("wangli_ref", loader)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


ref = load_tool()


class FolderTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        for sheet in ref.SHEETS:
            shutil.copy(CITY / sheet.file, self.folder)

    def faults(self):
        return [text.replace(f"{self.folder}/", "") for text in ref.read_folder(self.folder)[1]]

    def append(self, file, line):
        path = self.folder / file
        path.write_bytes(path.read_bytes() + line.encode() + b"\n")
        return path.read_bytes().count(b"\n")

    def test_city_as_delivered_is_sound(self):
        sheets, faults = ref.read_folder(CITY)
        self.assertEqual(faults, [])
        self.assertEqual({file: len(rows) for file, rows in sheets.items()},
                         {"taxonomy.csv": 141, "orgs.csv": 344, "dispatch.csv": 141, "groups.csv": 343, "sla.csv": 8,
                          "holidays.csv": 678, "words.csv": 3281, "typewords.csv": 247, "road.csv": 12})

    def test_bad_row_is_named_with_its_line(self):
        table = [
            ("taxonomy.csv", "12345,a,b,c,d", "code '12345': want a code of four digits"),
            ("taxonomy.csv", "0101,a,b,c,d", "code '0101' stands already in line 2"),
            ("taxonomy.csv", "2399,a,b,c", "4 fields, the header has 5"),
            ("taxonomy.csv", "2399,a,,c,d", "level1_en is empty"),
            ("taxonomy.csv", "2399,a, b,c,d", "level1_en '' b'': blanks at an end or control characters"),
            ("orgs.csv", "X1,a,b,4,510100,x", "level '4': want one of 1, 2, 3"),
            ("orgs.csv", "X1,a,b,2,999999,x", "parent_code '999999' is not in orgs.csv"),
            ("orgs.csv", "x1,a,b,2,510100,x", "code 'x1': want a code of digits and capitals"),
            ("dispatch.csv", "9999,a,D16,bureau", "taxonomy_code '9999' is not in taxonomy.csv"),
            ("groups.csv", "D999,a", "org_code 'D999' is not in orgs.csv"),
            ("sla.csv", "new,a,1wd,1wd,1wd,7 wd,0,-",
             'resolve_due \'7 wd\': want a limit such as "7wd", "24h", "30min", "0" or "-"'),
            ("sla.csv", "new,a,1wd,1wd,1wd,7wd,-1,-", "max_extension_wd '-1': want a number of days"),
            ("holidays.csv", "2026-02-30,off,a", "date '2026-02-30': want a date, YYYY-MM-DD"),
            ("holidays.csv", "2027-02-20,free,a", "kind 'free': want one of off, work"),
            ("words.csv", "9999,路灯,3", "taxonomy_code '9999' is not in taxonomy.csv"),
            ("words.csv", "0101,房,3", "word '房': want a word of two characters or more, without capitals"),
            ("words.csv", "0101,楼盘,0", "weight '0': want a weight from 1 to 100"),
            ("words.csv", "0101,商品房,3", "taxonomy_code word '0101 商品房' stands already in line 2"),
            ("typewords.csv", "Help,求助呀,3", "type 'Help': want a word of a-z and _"),
        ]
        for file, row, wanted in table:
            with self.subTest(row=row):
                whole = (self.folder / file).read_bytes()
                line = self.append(file, row)
                self.assertEqual(self.faults(), [f"{file}:{line}: {wanted}"])
                (self.folder / file).write_bytes(whole)

    def test_duty_of_absent_org_is_named(self):
        path = self.folder / "dispatch.csv"
        path.write_text(path.read_text(encoding="utf-8").replace("D16", "D99", 1), encoding="utf-8")
        self.assertEqual(self.faults(), ["dispatch.csv:2: policy_lead_org 'D99' is not in orgs.csv"])

    def test_all_faults_are_listed(self):
        self.append("sla.csv", "new,a,x,1wd,1wd,7wd,0,y")
        self.append("holidays.csv", "never,off,a")
        self.assertEqual(len(self.faults()), 3)

    def test_header_faults_are_named(self):
        table = [
            ("code,level1_zh,level1_en,level2_zh\n", "column 'level2_en' is missing"),
            ("code,level1_zh,level1_en,level2_zh,level2_en,colour\n", "unknown column 'colour'"),
            ("code,level1_zh,level1_en,level2_zh,level2_en,code\n", "column 'code' stands there twice"),
            ("", "no header line"),
        ]
        for header, wanted in table:
            with self.subTest(header=header):
                (self.folder / "taxonomy.csv").write_text(header, encoding="utf-8")
                self.assertEqual(self.faults(), [f"taxonomy.csv:1: {wanted}"])

    def test_missing_file_is_named_once(self):
        (self.folder / "orgs.csv").unlink()
        self.assertEqual(self.faults(), ["orgs.csv:0: No such file or directory"])

    def test_wrong_encoding_is_named_with_its_line(self):
        path = self.folder / "sla.csv"
        line = path.read_bytes().count(b"\n") + 1
        path.write_bytes(path.read_bytes() + "praise2,表扬,0,0,0,0,0,-\n".encode("gb18030"))
        self.assertEqual(self.faults(), [f"sla.csv:{line}: not UTF-8"])

    def test_broken_quoting_is_named_with_its_line(self):
        line = self.append("groups.csv", '"D01,x')
        self.assertEqual(len(self.faults()), 1)
        self.assertTrue(self.faults()[0].startswith(f"groups.csv:{line}: broken quoting"), self.faults())

    def test_mark_at_the_beginning_is_accepted(self):
        path = self.folder / "groups.csv"
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
        self.assertEqual(self.faults(), [])

    def test_periods_that_follow_each_other_are_accepted_and_overlapping_ones_named(self):
        rows = "type,name_zh,accept_due,sign_due,contact_due,resolve_due,max_extension_wd,followup_due,valid_from,valid_to\n" \
            "help,求助,1wd,1wd,1wd,7wd,7,3wd,,2025-01-01\n"
        path = self.folder / "sla.csv"
        path.write_text(rows + "help,求助,1wd,1wd,1wd,5wd,5,3wd,2025-01-01,\n", encoding="utf-8")
        self.assertEqual(self.faults(), [])
        path.write_text(rows + "help,求助,1wd,1wd,1wd,5wd,5,3wd,2024-12-31,\n", encoding="utf-8")
        self.assertEqual(self.faults(), ["sla.csv:3: type 'help' stands already in line 2"])

    def test_period_that_ends_before_it_begins_is_named(self):
        path = self.folder / "groups.csv"
        path.write_text("org_code,peer_group_zh,valid_from,valid_to\nD01,x,2025-01-01,2024-01-01\n", encoding="utf-8")
        self.assertEqual(self.faults(), ["groups.csv:2: valid_to 2024-01-01 is not after 2025-01-01"])


class CopyTest(unittest.TestCase):
    def test_backslash_and_tab_survive_copy(self):
        self.assertEqual(ref.copy_text("a\\b\tc\nd"), "a\\\\b\\tc\\nd")


if __name__ == "__main__":
    unittest.main()
