"""Reads the tables in the code: X-macro lists (.def), protobuf files, tables of handlers. No compiler: the lists are plain
calls of one macro a row, and tests/lint holds them to it."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
SERVICES = ("intake", "dispatch", "reply", "followup", "analytics")
TYPE = re.compile(r"\b[a-z_]+(?:\.[a-z_]+)*\.v[0-9]+\b")


def read(path):
    return (ROOT / path).read_text(encoding="utf-8")


def without_comments(text):
    return re.sub(r"/\*.*?\*/", " ", text, flags=re.DOTALL)


def arguments(text, at):
    """The arguments of a call whose '(' stands at text[at], as they are written."""
    found, depth, begin, i = [], 0, at + 1, at
    while True:
        c = text[i]
        if c == '"':
            i += 1
            while text[i] != '"':
                i += 2 if text[i] == "\\" else 1
        elif c in "([{":
            depth += 1
        elif c in ")]}":
            depth -= 1
            if depth == 0:
                found.append(text[begin:i].strip())
                return found
        elif c == "," and depth == 1:
            found.append(text[begin:i].strip())
            begin = i + 1
        i += 1


def unquoted(argument):
    """A C text (also one of several pieces) without its quotes; anything else as it is."""
    pieces = re.findall(r'"((?:[^"\\]|\\.)*)"', argument)
    return "".join(pieces).replace('\\"', '"').replace("\\\\", "\\") if argument.startswith('"') else argument


def rows(path, macro):
    """The rows of a .def file: lists of arguments. [] when there is no such file."""
    if not (ROOT / path).exists():
        return []
    text = without_comments(read(path))
    found = []
    for match in re.finditer(rf"^{macro}\(", text, re.MULTILINE):
        found.append([unquoted(a) for a in arguments(text, match.end() - 1)])
    return found


def streams():
    """{producer: [groups]} in the order of streams.def."""
    found = {}
    for producer, group in rows("proto/streams.def", "STREAM"):
        found.setdefault(producer, []).append(group)
    return found


# --- proto ---

MESSAGE = re.compile(r"((?:^//[^\n]*\n)*)^message (\w+) \{(.*?)\}([^\n]*)$", re.MULTILINE | re.DOTALL)
FIELD = re.compile(r"(repeated )?([\w.]+) (\w+) = (\d+);[ \t]*(?://[ \t]*([^\n]*))?")


def messages(name):
    """The messages of proto/<name>.proto: dicts of name, comment, fields (name, type, tag, comment), types it is the body of."""
    found = []
    for match in MESSAGE.finditer(read(f"proto/{name}.proto")):
        comment = " ".join(line.removeprefix("//").strip() for line in match[1].splitlines())
        behind = match[4].strip().removeprefix("//").strip()
        fields = [{"name": f[3], "type": (f[1] or "") + f[2], "tag": int(f[4]), "comment": f[5] or ""}
                  for f in FIELD.finditer(match[3])]
        if behind and fields:
            fields[-1]["comment"] = behind
        found.append({"file": name, "name": match[2], "comment": comment, "fields": fields, "types": TYPE.findall(comment)})
    return found


def kind_of(message_type, comment, producers):
    """The kind of message that has this type: the word before it (or before its list) says COMMAND, DELIVER or DONE, the type's own word is a kind, else it is an event."""
    said = re.search(rf"\b(COMMAND|DELIVER|DONE)(?: |s (?:[\w.]+, (?:and )?)*){re.escape(message_type)}\b", comment)
    if said:
        return said[1]
    first = message_type.split(".")[0]
    if first.upper() in {k[0] for k in rows("common/wire/kinds.def", "KIND")}:
        return first.upper()
    return "EVENT" if first in producers else None


# --- handlers ---

EVENTS_OF_ANALYTICS = "services/analytics/analytics_events.def"
HANDLER = re.compile(r"\{\s*(?:\.kind = )?(WIRE_\w+|KIT_TIMER),\s*(?:\.type = )?\"([^\"]+)\",\s*(?:\.handle = )?(\w+)((?:,\s*\.\w+ = \w+)*),?\s*\}")


def handlers():
    """[(service, kind, type, function, flags)] of all services' tables; analytics makes its own from a list."""
    found = [("analytics", "EVENT", row[0], "take", "is_lazy = true") for row in rows(EVENTS_OF_ANALYTICS, "EVENT")]
    found += [("analytics", "EVENT", row[0], "passed", "is_lazy = true") for row in rows(EVENTS_OF_ANALYTICS, "PASSED")]
    for service in SERVICES:
        for path in sorted((ROOT / "services" / service).glob("*.c")):
            for match in HANDLER.finditer(without_comments(read(path))):
                found.append((service, match[1].removeprefix("WIRE_"), match[2], match[3], match[4]))
    return found


def sources():
    """{path: text} of all programs, for who names a type."""
    found = {}
    for folder in ("services", "common", "tools", "sdk"):
        for path in sorted((ROOT / folder).rglob("*")):
            if "node_modules" in path.parts or path.parent == ROOT / "tools" / "docs":  # tools/docs names types to describe them
                continue
            if path.suffix in (".c", ".def", ".py", ".ts", ".vue"):
                found[path.relative_to(ROOT)] = without_comments(path.read_text(encoding="utf-8"))
    return found


def compared_in(message_type, texts):
    """Folders that take this type without a table of handlers."""
    pattern = re.compile(rf"str_eq_c\([^()\"]*\"{re.escape(message_type)}\"\)")
    return sorted({"/".join(p.parts[:2]) for p, text in texts.items() if pattern.search(text)})


def acts():
    """{type of a command: how people at the command line take the step}."""
    return {row[3]: f"cli (`wangli case NO {row[1]}`)" for row in rows("tools/acts/acts.def", "ACT")}


def named_in(message_type, texts):
    """Who names this type to send it: as a text that is neither compared nor in a table of handlers."""
    found = set()
    for path, text in texts.items():
        rest = HANDLER.sub("", text)
        rest = re.sub(rf"str_eq_c\([^()\"]*\"{re.escape(message_type)}\"\)", "", rest)
        if f'"{message_type}"' in rest and path.suffix != ".def":
            found.add({"tools": "cli", "sdk": "channel"}.get(path.parts[0], path.parts[1]))
    return sorted(found)
