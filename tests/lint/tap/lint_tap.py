"""./wangli tap: somebody has decided on every field of every message what is shown of it (tap_shown.def), texts of people are
never shown, and every type that a message has is known (tap_types.def)."""
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import lint  # noqa: E402

SHOWN = pathlib.Path("tools/tap/tap_shown.def")
TYPES = pathlib.Path("tools/tap/tap_types.def")
MESSAGE = re.compile(r"message (\w+) \{(.*?)\}", re.DOTALL)
FIELD = re.compile(r"(\w+) = \d+;")
SHOWN_ROW = re.compile(r"^FIELD\((\w+), (\w+), (SHOW|MASK|SIZE)\)$", re.MULTILINE)
TYPES_ROW = re.compile(r'^TYPE\((\w+), "([^"]+)", (\w+)\)$', re.MULTILINE)
NAMED = re.compile(r'"([a-z_]+(?:\.[a-z_]+)+\.v\d+|submit\.v1|receipt\.v1|deliver\.v1|done\.v1|claim\.v1|go\.v1|status\.v1)"')
# What these hold is somebody's words, wherever the field stands.
WORDS = {"title", "body", "text", "note", "remark", "guidance", "phone", "address", "account", "words", "query_code", "record",
         "sealed_key", "reply_address", "source_msg_id", "ticket", "value", "right"}
WORDS_SHOWN = {("KbPut", "title"), ("KbPut", "words"), ("ChannelKey", "words")}  # articles are public


def messages(root):
    for path in sorted((root / "proto").glob("*.proto")):
        text = re.sub(r"//[^\n]*", "", lint.read(path))
        for name, body in MESSAGE.findall(text):
            yield path, name, FIELD.findall(body)


def snake(name):
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()


def check(root):
    complaints = []
    rows = {(m, f): how for m, f, how in SHOWN_ROW.findall(lint.read(root / SHOWN))}
    fields = {(name, field) for _, name, found in messages(root) for field in found}
    for name, field in sorted(fields - set(rows)):
        complaints.append(f"{SHOWN}: nobody has decided on {name}.{field}: FIELD({name}, {field}, SHOW|MASK|SIZE)")
    for name, field in sorted(set(rows) - fields):
        complaints.append(f"{SHOWN}: {name}.{field} is no field")
    for (name, field), how in sorted(rows.items()):
        if field in WORDS and how == "SHOW" and (name, field) not in WORDS_SHOWN:
            complaints.append(f"{SHOWN}: {name}.{field} is what people write, or opens something: MASK or SIZE")
    names = {snake(name) for _, name, _ in messages(root)}
    types = TYPES_ROW.findall(lint.read(root / TYPES))
    for _, kind, message in types:
        if message not in names:
            complaints.append(f"{TYPES}: {kind}: there is no message {message}")
    known = {kind for _, kind, _ in types} | {"acks.v1", "tap.v1"}
    for path in lint.files(root, {".c", ".h", ".def"}, ("services", "common", "sdk")):
        for match in NAMED.finditer(lint.without_comments(lint.read(path), keep_texts=True)):
            if match[1] not in known:
                known.add(match[1])
                complaints.append(f"{TYPES}: {match[1]} of {path.relative_to(root)} is not there")
    return complaints


def tree(shown="FIELD(One, id, SHOW)\nFIELD(One, body, MASK)\n", types='TYPE(EVENT, "a.one.v1", one)\n', source='"a.one.v1"'):
    return {"proto/a.proto": "// a.one.v1\nmessage One { int64 id = 1; string body = 2; } // message Not { int32 x = 1; }\n",
            "tools/tap/tap_shown.def": shown, "tools/tap/tap_types.def": types, "services/a/a.c": f"char *t = {source};\n"}


PLANTS = [
    ("good", tree(), None),
    ("undecided", tree("FIELD(One, id, SHOW)\n"), "nobody has decided on One.body"),
    ("left over", tree("FIELD(One, id, SHOW)\nFIELD(One, body, SIZE)\nFIELD(Two, id, SHOW)\n"), "Two.id is no field"),
    ("words shown", tree("FIELD(One, id, SHOW)\nFIELD(One, body, SHOW)\n"), "is what people write"),
    ("no message", tree(types='TYPE(EVENT, "a.one.v1", two)\n'), "there is no message two"),
    ("unknown type", tree(source='"a.two.v1"'), "a.two.v1 of services/a/a.c is not there"),
]

if __name__ == "__main__":
    lint.main(check, PLANTS)
