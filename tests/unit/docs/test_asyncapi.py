"""tools/docs/asyncapi.py: every drift between the tables in the code, the words and the guide is said, or changes the printed page (which the
lint test then finds). The real files are copied and one is changed at a time."""

import pathlib
import shutil
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tools" / "docs"))
import asyncapi  # noqa: E402
import asyncapi_words  # noqa: E402
import tables  # noqa: E402
import yaml_text  # noqa: E402

FILES = sorted({"common/wire/kinds.def", "common/wire/codes.def", "common/wire/wire_head.c", "proto/door.proto", "proto/envelope.proto",
                "proto/streams.def", asyncapi.PASSES, "docs/integrators.md"} | {path for _, path, _, _ in asyncapi_words.LIMITS})


class Drift(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root, tables.ROOT = tables.ROOT, pathlib.Path(self.folder.name)
        for name in FILES:
            path = tables.ROOT / name
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, path)

    def tearDown(self):
        tables.ROOT = self.root
        self.folder.cleanup()

    def change(self, name, old, new):
        path = tables.ROOT / name
        text = path.read_text(encoding="utf-8")
        self.assertEqual(text.count(old), 1, f"{name}: {old}")
        path.write_text(text.replace(old, new), encoding="utf-8")

    def complains(self, words):
        found = asyncapi.page()[1]
        self.assertTrue(any(words in one for one in found), f"{words!r} is not in {found}")

    def differs(self):
        self.assertNotEqual(asyncapi.page()[0], (ROOT / "docs/asyncapi.yaml").read_text(encoding="utf-8"))

    def test_the_files_as_they_are(self):
        text, found = asyncapi.page()
        self.assertEqual(found, [])
        self.assertEqual(text, (ROOT / "docs/asyncapi.yaml").read_text(encoding="utf-8"))

    def test_a_new_kind(self):
        self.change("common/wire/kinds.def", "KIND(BYE, 17,", 'KIND(HUSH, 18, false, "be quiet")\nKIND(BYE, 17,')
        self.complains("kind HUSH is described nowhere")
        self.complains("does not say `HUSH` 18")

    def test_a_kind_that_went(self):
        self.change("common/wire/kinds.def", "KIND(GO,", "KIND(GONE,")
        self.complains("there is no kind GO")

    def test_a_code_or_its_number(self):
        self.change("common/wire/codes.def", "CODE(IN_DOUBT, 15,", "CODE(IN_DOUBT, 16,")
        self.complains("does not say `IN_DOUBT` 16")
        self.differs()

    def test_a_tag(self):
        self.change("proto/door.proto", "string delivery_id = 1;    // the same each", "string delivery_id = 9;    // the same each")
        self.differs()

    def test_a_field_of_the_header(self):
        self.change("proto/envelope.proto", "string text = 24;", "string text = 24;\n  string tone = 25;")
        self.complains("wire_head.c has no limit for tone")
        self.differs()
        self.change("proto/envelope.proto", "string command_id = 14;", "string order_id = 14;")
        self.complains("needs command_id, which no header shows")

    def test_a_new_message_and_a_new_type(self):
        self.change("proto/door.proto", '// type "go.v1"', '// type "hush.v1"\nmessage Hush { int32 n = 1; }\n\n// type "go.v1"')
        self.complains("door.Hush is the body of no message")
        self.complains("its type hush.v1 is described nowhere")

    def test_the_doors_table(self):
        self.change(asyncapi.PASSES, 'PASS(CLAIM, "claim.v1", "reply", CASE)', 'PASS(CLAIM, "claim.v1", "followup", CASE)')
        self.complains("claim goes to followup, not to reply")
        self.change(asyncapi.PASSES, 'PASS(COMMAND, "object.put.v1", "media", COMMAND)', 'PASS(COMMAND, "object.cut.v1", "media", COMMAND)')
        self.complains("COMMAND object.cut.v1 is described nowhere")
        self.complains("objectPut: the door does not let it through")

    def test_what_the_door_asks_for(self):
        self.change(asyncapi.PASSES, 'PASS(SUBMIT, "submit.v1", "intake", LETTER)', 'PASS(SUBMIT, "submit.v1", "intake", CASE)')
        self.complains("submit: the door asks for case_id, source_msg_id")

    def test_a_limit(self):
        self.change("common/wire/wire.h", "#define WIRE_HEADER_MAX	    2048", "#define WIRE_HEADER_MAX	    3072")
        self.complains("does not say 3,072 (header_bytes)")
        self.differs()
        self.change("common/wire/wire.h", "#define WIRE_ELEMENTS_MAX ", "#define WIRE_PARTS_MAX ")
        self.complains("does not define WIRE_ELEMENTS_MAX")

    def test_the_guide(self):
        self.change("docs/integrators.md", "`PARKED` 10", "PARKED")
        self.complains("docs/integrators.md does not say `PARKED` 10")


class Text(unittest.TestCase):
    def test_mappings_lists_and_what_needs_quotes(self):
        value = {"a": {"b": [1, {"c": "d: #e", "f": True}], "no": None, "x y": {}}, "g": []}
        self.assertEqual(yaml_text.text(value),
                         'a:\n  b:\n    - 1\n    - c: "d: #e"\n      f: true\n  "no": null\n  "x y": {}\ng: []\n')


if __name__ == "__main__":
    unittest.main()
