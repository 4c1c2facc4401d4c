"""Messages of a release are read by the next one, and the next one's by it: today's proto files may add to the released ones in
tests/upgrade/proto/<version>, nothing else. No message, field or value goes away, changes its number, type or name; a number never used
again; the first value of an enum is 0 and ends with UNSPECIFIED; no message is its own part (protobuf-c has no bound of depth)."""
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import lint  # noqa: E402

TODAY = pathlib.Path("proto")
RELEASED = pathlib.Path("tests/upgrade/proto")
BLOCK = re.compile(r"\b(message|enum)\s+(\w+)\s*\{([^{}]*)\}")
FIELD = re.compile(r"(?:(repeated|optional)\s+)?([\w.]+)\s+(\w+)\s*=\s*(\d+)\s*(?:\[[^\]]*\])?\s*;")
VALUE = re.compile(r"(\w+)\s*=\s*(-?\d+)\s*;")
RESERVED = re.compile(r"\breserved\b[^;]*;")


def parse(path):
    """{(kind, message): {number: (what it is, line)}} of one file, and the complaints about what cannot be read."""
    text = lint.without_comments(lint.read(path), keep_texts=True)
    found, rest = {}, text
    for block in BLOCK.finditer(text):
        kind, name, inner = block.groups()
        members = found.setdefault((kind, name), {})
        inner = RESERVED.sub(lambda match: lint.blank(match[0]), inner)
        for match in (FIELD if kind == "message" else VALUE).finditer(inner):
            *what, number = match.groups()
            line = lint.line_of(text, block.start(3) + match.start())
            members.setdefault(int(number), []).append((" ".join(word for word in what if word), line))
        left = (FIELD if kind == "message" else VALUE).sub("", inner).strip()
        if left:
            found.setdefault("unread", []).append((lint.line_of(text, block.start(3)), f"cannot read {left.split()[0]!r} in {name}"))
    rest = BLOCK.sub("", rest)
    for line in re.findall(r"\b(?:message|enum|oneof|extend)\b.*", rest):
        found.setdefault("unread", []).append((1, f"cannot read '{line}'"))
    return found


def alone(root, path, messages):
    """What holds for a file by itself."""
    for line, what in messages.get("unread", []):
        yield lint.complaint(root, path, line, what)
    for key, members in messages.items():
        if key == "unread":
            continue
        kind, name = key
        for number, uses in members.items():
            if len(uses) > 1:
                yield lint.complaint(root, path, uses[1][1], f"{name}: number {number} is used twice")
        if kind == "enum":
            first = members.get(0, [("", 1)])[0]
            if not first[0].endswith("UNSPECIFIED"):
                yield lint.complaint(root, path, first[1], f"{name}: value 0 is not …UNSPECIFIED")


def against(root, path, messages, version, old):
    """What of a released file is not there as it was."""
    for key, members in old.items():
        if key == "unread":
            continue
        if key not in messages:
            yield lint.complaint(root, path, 1, f"{key[1]} of {version} is gone")
            continue
        for number, uses in members.items():
            now = messages[key].get(number)
            if now is None:
                yield lint.complaint(root, path, 1, f"{key[1]}: number {number} ({uses[0][0]}) of {version} is gone")
            elif now[0][0] != uses[0][0]:
                yield lint.complaint(root, path, now[0][1], f"{key[1]}: number {number} was '{uses[0][0]}' in {version}")


def recursion(root, path, messages):
    """A message that reaches itself."""
    parts = {key[1]: {word for uses in members.values() for word in uses[0][0].split()[:-1]}
             for key, members in messages.items() if key != "unread" and key[0] == "message"}
    for name in parts:
        seen, todo = set(), [name]
        while todo:
            for part in parts.get(todo.pop(), ()):
                if part == name:
                    yield lint.complaint(root, path, 1, f"{name} is its own part")
                    todo = []
                    break
                if part in parts and part not in seen:
                    seen.add(part)
                    todo.append(part)


def check(root):
    result = []
    today = {path.name: (path, parse(path)) for path in sorted((root / TODAY).glob("*.proto"))}
    for path, messages in today.values():
        result += [*alone(root, path, messages), *recursion(root, path, messages)]
    released = sorted((root / RELEASED).glob("*/*.proto"))
    if not today or not released:
        return result + [f"{RELEASED}:1: no proto files to compare"]
    for old in released:
        if old.name not in today:
            result.append(lint.complaint(root, old, 1, f"{TODAY}/{old.name} is gone"))
            continue
        path, messages = today[old.name]
        result += against(root, path, messages, old.parent.name, parse(old))
    return result


OLD = "message A {\n  string a = 1;\n  repeated B b = 2;\n}\nmessage B { int32 n = 1; }\nenum E { E_UNSPECIFIED = 0; E_X = 1; }\n"


def tree(today):
    return {"proto/x.proto": today, str(RELEASED / "v1/x.proto"): OLD}


PLANTS = [
    ("same", tree(OLD), None),
    ("added", tree(OLD.replace("repeated B b = 2;", "repeated B b = 2; bytes c = 3; // new").replace("E_X = 1;", "E_X = 1; E_Y = 2;")), None),
    ("field gone", tree(OLD.replace("string a = 1;", "")), "number 1 (string a) of v1 is gone"),
    ("reserved is gone too", tree(OLD.replace("string a = 1;", "reserved 1;")), "number 1 (string a) of v1 is gone"),
    ("retyped", tree(OLD.replace("string a", "bytes a")), "number 1 was 'string a' in v1"),
    ("reused", tree(OLD.replace("string a = 1;", "string z = 1; string a = 3;")), "was 'string a'"),
    ("renumbered", tree(OLD.replace("n = 1", "n = 2")), "number 1 (int32 n) of v1 is gone"),
    ("no longer repeated", tree(OLD.replace("repeated B", "B")), "was 'repeated B b'"),
    ("twice", tree(OLD.replace("int32 n = 1;", "int32 n = 1; int32 m = 1;")), "used twice"),
    ("message gone", tree(OLD.replace("message B { int32 n = 1; }", "")), "B of v1 is gone"),
    ("enum without UNSPECIFIED", tree(OLD + "enum F { F_A = 0; }\n"), "not …UNSPECIFIED"),
    ("file gone", {"proto/y.proto": OLD, str(RELEASED / "v1/x.proto"): OLD}, "x.proto is gone"),
    ("recursive", tree(OLD.replace("int32 n = 1;", "int32 n = 1; A a = 2;")), "its own part"),
    ("not understood", tree(OLD + "message C { oneof q { string a = 1; } }\n"), "cannot read"),
    ("nothing released", {"proto/x.proto": OLD}, "no proto files"),
]

if __name__ == "__main__":
    lint.main(check, PLANTS)
