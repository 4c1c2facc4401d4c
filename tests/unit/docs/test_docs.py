"""tools/docs: lists in the code are read as they are, and what they contradict is said."""

import pathlib
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tools" / "docs"))
import messages  # noqa: E402
import metrics  # noqa: E402
import states  # noqa: E402
import tables  # noqa: E402

KINDS = 'KIND(EVENT, 4, true, "an event")\nKIND(COMMAND, 5, true, "a command")\nKIND(DONE, 10, true, "an outcome")\n'
TREE = {
    "common/wire/kinds.def": KINDS,
    "proto/streams.def": "/* STREAM(producer, group) */\nSTREAM(intake, reply)\nSTREAM(intake, dispatch)\n",
    "proto/envelope.proto": "message Header {\n  string id = 1;\n}\n",
    "proto/intake.proto": """// a file's own comment

// intake.taken.v1: it was taken,
// for good
message IntakeTaken {
  string by = 1;               // who | what
  repeated int32 n = 2;
  reserved 3;
}

// COMMAND intake.take.v1. Roles: agent.
message IntakeTake { }

message Part { bool is_big = 1; } // very
""",
    "services/reply/reply_handlers.c": """static const struct kit_handler h[] = {
	{ .kind = WIRE_EVENT, .type = "intake.taken.v1", .handle = passed, .is_lazy = true },
	/* { .kind = WIRE_EVENT, .type = "intake.never.v1", .handle = x }, */
	{ .kind = KIT_TIMER, .type = "visit", .handle = on_visit },
	{ 0 } };
""",
    "services/dispatch/dispatch_handlers.c": """const struct kit_handler h[] = {
	{ WIRE_EVENT,
		"intake.taken.v1", taken },
};
""",
    "services/intake/intake_handlers.c": '{ .kind = WIRE_COMMAND, .type = "intake.take.v1", .handle = take },',
    "services/edge/edge_bus.c": 'if (str_eq_c(msg->head.type, "keys.changed.v1")) ask(STR("intake.take.v1"));',
    "tools/acts/acts.def": 'ACT(TAKE, "take", "intake", "intake.take.v1", intake_take, AGENT, "it")\n',
}
LIFE = {
    "common/base/roles.def": 'ROLE(SYSTEM, "system", "系统")\nROLE(AGENT, "agent", "坐席")\nROLE(UNIT_LEAD, "unit_lead", "长")\n',
    "services/intake/intake_states.def": 'STATE(UNKNOWN, 0, "none")\nSTATE(TAKEN, 1, "it is, (\\"really\\"), here")\n',
    "services/intake/intake_events.def": 'EVENT(TAKE, "COMMAND intake.take.v1", "be taken")\n',
    "services/intake/intake_steps.def": 'STEP(UNKNOWN, TAKE, TAKEN,\n\tROLE_BIT(AGENT) | ROLE_BIT(UNIT_LEAD), DID(TAKE, 1), "one, "\n\t"two")\n',
}


class Tree(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root, tables.ROOT = tables.ROOT, pathlib.Path(self.folder.name)

    def tearDown(self):
        tables.ROOT = self.root
        self.folder.cleanup()

    def lay(self, tree):
        for name, text in tree.items():
            path = tables.ROOT / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")


class Rows(Tree):
    def test_arguments_with_commas_quotes_and_brackets(self):
        self.lay(LIFE)
        self.assertEqual(tables.rows("services/intake/intake_steps.def", "STEP"), [
            ["UNKNOWN", "TAKE", "TAKEN", "ROLE_BIT(AGENT) | ROLE_BIT(UNIT_LEAD)", "DID(TAKE, 1)", "one, two"]])
        self.assertEqual(tables.rows("services/intake/intake_states.def", "STATE")[1][2], 'it is, ("really"), here')

    def test_comments_are_no_rows(self):
        self.lay(TREE)
        self.assertEqual(tables.streams(), {"intake": ["reply", "dispatch"]})

    def test_missing_file_has_no_rows(self):
        self.assertEqual(tables.rows("nowhere.def", "ROW"), [])


class Proto(Tree):
    def test_message_with_its_comment_fields_and_types(self):
        self.lay(TREE)
        taken, take, part = tables.messages("intake")
        self.assertEqual((taken["name"], taken["types"]), ("IntakeTaken", ["intake.taken.v1"]))
        self.assertEqual(taken["comment"], "intake.taken.v1: it was taken, for good")
        self.assertEqual([(f["name"], f["type"], f["tag"], f["comment"]) for f in taken["fields"]],
                         [("by", "string", 1, "who | what"), ("n", "repeated int32", 2, "")])
        self.assertEqual((take["types"], take["fields"]), (["intake.take.v1"], []))
        self.assertEqual(part["fields"][0]["comment"], "very")


    def test_kind_of_a_type_alone_and_in_a_list(self):
        self.lay(TREE)
        comment = "COMMANDs a.get.v1, a.put.v1 to intake. intake.taken.v1"
        self.assertEqual([tables.kind_of(t, comment, {"intake": []}) for t in ("a.get.v1", "a.put.v1", "intake.taken.v1", "a.no.v1")],
                         ["COMMAND", "COMMAND", "EVENT", None])


class Messages(Tree):
    def setUp(self):
        super().setUp()
        self.files, messages.FILES = messages.FILES, ("intake",)

    def tearDown(self):
        messages.FILES = self.files
        super().tearDown()

    def test_who_sends_and_who_takes(self):
        self.lay(TREE)
        facts = messages.Facts()
        self.assertEqual(messages.complaints(facts), [])
        self.assertEqual(messages.taken(facts, "EVENT", "intake.taken.v1"),
                         "dispatch; reply (moves the cursor only, may wait for the next message of its case)")
        self.assertEqual(messages.taken(facts, "COMMAND", "intake.take.v1"), "intake")
        self.assertEqual(messages.taken(facts, "COMMAND", "keys.changed.v1"), "edge")
        self.assertEqual(facts.senders("COMMAND", "intake.take.v1"), ["cli (`wangli case NO take`)", "edge"])
        self.assertEqual(facts.senders("EVENT", "intake.taken.v1"), ["intake"])

    def test_subscriber_without_a_handler_is_named(self):
        self.lay({**TREE, "services/dispatch/dispatch_handlers.c": ""})
        self.assertEqual(messages.complaints(messages.Facts()),
                         ["services/dispatch has no handler for intake.taken.v1, though it subscribes to intake"])

    def test_handler_of_no_message_is_named(self):
        self.lay({**TREE, "services/followup/f.c": '{ .kind = WIRE_EVENT, .type = "intake.gone.v1", .handle = x }'})
        self.assertEqual(messages.complaints(messages.Facts()),
                         ["services/followup takes EVENT intake.gone.v1, which no message of proto/ names"])

    def test_command_taken_as_an_event_is_named(self):
        self.lay({**TREE, "services/followup/f.c": '{ .kind = WIRE_EVENT, .type = "intake.take.v1", .handle = x }'})
        self.assertEqual(len(messages.complaints(messages.Facts())), 1)


class Lives(Tree):
    def test_steps_roles_and_picture(self):
        self.lay(LIFE)
        life = states.Life("intake")
        self.assertEqual(life.complaints(), [])
        self.assertEqual(states.roles_text(life.steps[0][3]), "agent 坐席, unit_lead 长")
        self.assertIn("    UNKNOWN --> TAKEN: take\n    TAKEN --> [*]\n", life.picture())
        self.assertIn("| `UNKNOWN` | `TAKE` | `TAKEN` | agent 坐席, unit_lead 长 | one, two |", life.page())

    def test_contradictions_are_named(self):
        rows = {
            'STEP(UNKNOWN, TAKE, GONE, 0, "x")\n': ["intake: step UNKNOWN × TAKE names the unknown state GONE",
                                                     "intake: no step leads to TAKEN"],
            'STEP(UNKNOWN, GIVE, TAKEN, 0, "x")\n': ["intake: step UNKNOWN × GIVE names an unknown event",
                                                     "intake: no step has the event TAKE"],
            "": ["services/intake/intake_steps.def is missing or empty", "intake: no step has the event TAKE",
                 "intake: no step leads to TAKEN"],
        }
        for text, wanted in rows.items():
            self.lay({**LIFE, "services/intake/intake_steps.def": text})
            self.assertEqual(states.Life("intake").complaints(), wanted)


class Metrics(unittest.TestCase):
    def test_names_are_those_of_the_text_format(self):
        self.assertEqual(metrics.full_name("kit", "batch_phase", "HISTOGRAM", "seconds"), "wangli_kit_batch_phase_seconds")
        self.assertEqual(metrics.full_name("bus", "sent", "COUNTER", ""), "wangli_bus_sent_total")
        self.assertEqual(metrics.full_name("", "process_cpu", "COUNTER", "seconds"), "process_cpu_seconds_total")


if __name__ == "__main__":
    unittest.main()
