"""docs/asyncapi.yaml: the door as an integrator sees it, AsyncAPI 3.0. Printed from the tables in the code and the words in
asyncapi_words.py; complaints() says where the two contradict each other."""

import re

import tables
import yaml_text
from asyncapi_words import CHANNELS, INSIDE_FIELDS, INSIDE_KINDS, INSIDE_MESSAGES, LIMITS, MESSAGES, OPERATIONS

HEAD = "# Printed by tools/docs/update.sh from the tables in the code. Do not edit: a lint test compares.\n"
PASSES = "services/edge/edge_passes.def"
NEEDED = {"LETTER": {"source_msg_id"}, "OUTCOME": {"source_msg_id", "case_id", "code"}, "CASE": {"source_msg_id", "case_id"},
          "COMMAND": {"command_id"}}
SCALARS = {
    "string": {"type": "string"}, "bool": {"type": "boolean"},
    "int32": {"type": "integer", "format": "int32"}, "int64": {"type": "integer", "format": "int64"},
    "bytes": {"type": "string", "contentEncoding": "base64"},
}


def limit(path, macro):
    """What a #define says: a text, or a number out of numbers (also in SPAN_S)."""
    match = re.search(rf"^#define {macro}\s+([^\n/]+)", tables.read(path), re.MULTILINE)
    if match is None:
        return None
    value = match[1].strip()
    if value.startswith('"'):
        return value.strip('"')
    value = re.sub(r"^SPAN_S", "", value)
    return eval(value, {"__builtins__": {}}) if re.fullmatch(r"[\d\s*()+]+", value) else None  # digits and signs alone


def header_limits():
    """{field: bytes at most} as the codec of headers has it."""
    text = tables.read("common/wire/wire_head.c")
    most = {"NAME": limit("common/wire/wire.h", "WIRE_NAME_MAX"), "ID": limit("common/wire/wire.h", "WIRE_TEXT_ID_MAX")}
    found = {m[2]: most[m[1]] for m in re.finditer(r"\[\d+\] = (NAME|ID)\((\w+)\)", text)}
    text_max = limit("common/wire/wire_head.c", "TEXT_MAX")
    found.update({m[1]: text_max for m in re.finditer(r'\[\d+\] = \{ "(\w+)", FIELD_TEXT,[^}]*TEXT_MAX \}', text)})
    return found


class Facts:
    def __init__(self):
        self.kinds = {name: (int(number), credit == "true", meaning)
                      for name, number, credit, meaning in tables.rows("common/wire/kinds.def", "KIND")}
        self.codes = [(name, int(number), meaning) for name, number, meaning in tables.rows("common/wire/codes.def", "CODE")]
        self.passes = tables.rows(PASSES, "PASS")
        self.header = tables.messages("envelope")[0]
        self.bodies = {f"{m['file']}.{m['name']}": m for f in ("envelope", "door") for m in tables.messages(f) if m["name"] != "Header"}


# --- the schemas ---

def field_schema(field, bodies):
    kind = field["type"].removeprefix("repeated ")
    if kind in SCALARS:
        schema = dict(SCALARS[kind])
    else:
        owner = next(name for name in bodies if name.split(".")[1] == kind)
        schema = {"$ref": f"#/components/schemas/{owner.split('.')[1]}"}
    if field["type"].startswith("repeated "):
        schema = {"type": "array", "items": schema}
    if "$ref" in schema:
        schema = {"allOf": [schema]}
    if field["comment"]:
        schema["description"] = field["comment"]
    schema["x-protobuf"] = {"tag": field["tag"], "type": field["type"]}
    return schema


def body_schema(body, bodies):
    return {"type": "object", "description": body["comment"] or body["name"],
            "x-protobuf": {"file": f"proto/{body['file']}.proto", "message": f"wangli.{body['name']}"},
            "properties": {f["name"]: field_schema(f, bodies) for f in body["fields"]}}


def header_schema(facts):
    most = header_limits()
    properties = {}
    for field in facts.header["fields"]:
        if field["name"] in INSIDE_FIELDS:
            continue
        properties[field["name"]] = field_schema(field, facts.bodies)
        if field["name"] in most:
            properties[field["name"]]["x-bytes-max"] = most[field["name"]]
    properties["code"]["enum"] = [number for _, number, _ in facts.codes]
    return {"type": "object", "description": "Header of proto/envelope.proto. Fields that are not set are left out; unknown ones are passed over.",
            "x-protobuf": {"file": "proto/envelope.proto", "message": "wangli.Header"}, "properties": properties}


# --- the document ---

def correlation(one):
    same = one.get("same")
    if same is None:
        return None
    place = "header" if same in ("source_msg_id", "command_id", "id") else "payload"
    return {"location": f"$message.{place}#/{same}", "description": "The same in what is answered and in its answer."}


def message(one, facts):
    number, needs_credit, _ = facts.kinds[one["kind"]]
    narrow = {"required": one["needs"]} if one["needs"] else {}
    if one["type"]:
        narrow["properties"] = {"type": {"const": one["type"]}}
    out = {"title": " ".join(filter(None, (one["kind"], one["type"]))), "summary": one["says"], "contentType": "application/x-protobuf",
           "headers": {"type": "object", "allOf": [{"$ref": "#/components/schemas/Header"}] + ([narrow] if narrow else [])},
           "payload": {"$ref": f"#/components/schemas/{one['body'].split('.')[1]}"} if one["body"]
           else {"type": "object", "maxProperties": 0, "description": "no body"},
           "x-kind": {"name": one["kind"], "number": number, "needs_credit": needs_credit}}
    if correlation(one):
        out["correlationId"] = correlation(one)
    return out


def channel(one):
    out = {"address": one["address"], "description": one["says"],
           "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in one["messages"]}}
    if one["address"] and "{channel}" in one["address"]:
        out["parameters"] = {"channel": {"description": "one of the channels that the key has rights for (./wangli channel add)"}}
    return out


def refs(channel_name, names):
    return [{"$ref": f"#/channels/{channel_name}/messages/{name}"} for name in names]


def operation(one):
    out = {"action": one["action"], "channel": {"$ref": f"#/channels/{one['channel']}"}, "summary": one["says"],
           "messages": refs(one["channel"], one["messages"])}
    if "reply" in one:
        to, names = one["reply"]
        out["reply"] = {"channel": {"$ref": f"#/channels/{to}"}, "messages": refs(to, names)}
    return out


def document(facts):
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Wangli 网理: the integrators' door", "version": "1.0.0",
            "description": "What a program that hands letters to the platform sends and gets; actions are the integrator's. docs/integrators.md says "
                           "how, from the key to the first receipt; docs/cloudevents.md how a message reads as a CloudEvent. Bodies and headers are "
                           "protobuf (proto/door.proto, proto/envelope.proto); the schemas here are the same fields in JSON, x-protobuf has their tags.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/x-protobuf",
        "servers": {"door": {
            "host": "{host}:{port}", "protocol": "zmtp", "protocolVersion": "3.1",
            "description": "ROUTER with CURVE; the integrator connects a DEALER. Two frames a message: WL1 and a batch (x-limits). "
                           "The platform's operator prints host, port and keys with ./wangli channel info.",
            "variables": {"host": {"description": "as the operator says"}, "port": {"default": "8312", "description": "the platform's port and one"}},
            "security": [{"$ref": "#/components/securitySchemes/curve"}]}},
        "channels": {name: channel(one) for name, one in CHANNELS.items()},
        "operations": {name: operation(one) for name, one in OPERATIONS.items()},
        "components": {
            "securitySchemes": {"curve": {"type": "asymmetricEncryption",
                                          "description": "CURVE (ZeroMQ RFC 26): the door's public key and the integrator's pair, Z85 of 40 characters."}},
            "messages": {name: message(one, facts) for name, one in MESSAGES.items()},
            "schemas": {"Header": header_schema(facts),
                        **{b["name"]: body_schema(b, facts.bodies) for b in facts.bodies.values() if b["name"] not in INSIDE_MESSAGES}}},
        "x-limits": {name: {"value": limit(path, macro), "meaning": meaning} for name, path, macro, meaning in LIMITS},
        "x-kinds": {name: {"number": number, "needs_credit": credit, "meaning": meaning}
                    for name, (number, credit, meaning) in facts.kinds.items() if name not in INSIDE_KINDS},
        "x-codes": {name: {"number": number, "meaning": meaning} for name, number, meaning in facts.codes},
    }


# --- what the words and the tables do not agree on ---

def of_kinds(facts):
    described = {one["kind"] for one in MESSAGES.values()}
    for name in facts.kinds:
        if name not in described and name not in INSIDE_KINDS:
            yield f"kind {name} is described nowhere"
    for name in sorted(described - set(facts.kinds)):
        yield f"there is no kind {name}"


def of_bodies(facts):
    described = {one["body"] for one in MESSAGES.values()}
    inner = {f["type"].removeprefix("repeated ") for body in facts.bodies.values() for f in body["fields"]} | {"ContactPlain"}
    for name, body in facts.bodies.items():
        if name not in described and body["name"] not in inner and body["name"] not in INSIDE_MESSAGES:
            yield f"{name} is the body of no message"
    for name in sorted(filter(None, described - set(facts.bodies))):
        yield f"there is no message {name}"
    types = {one["type"] for one in MESSAGES.values()}
    for name, body in facts.bodies.items():
        yield from (f"{name}: its type {t} is described nowhere" for t in body["types"] if t not in types)


def of_header(facts):
    fields = {f["name"] for f in facts.header["fields"]}
    for name in sorted(INSIDE_FIELDS - fields):
        yield f"the header has no field {name}"
    for name, one in MESSAGES.items():
        yield from (f"{name} needs {field}, which no header shows" for field in one["needs"] if field not in fields - INSIDE_FIELDS)
    texts = {f["name"] for f in facts.header["fields"] if f["type"] == "string"}
    for name in sorted(texts - set(header_limits())):
        yield f"common/wire/wire_head.c has no limit for {name}"


def of_passes(facts):
    """Every row of the door's table is described with its group and what it asks for, and nothing else is sent to a group."""
    groups = {name: CHANNELS[c]["address"] for c in CHANNELS for name in CHANNELS[c]["messages"]}
    sent = {name: one for name, one in MESSAGES.items() if one["out"] and one["type"]}
    seen = set()
    for kind, kind_type, group, ask in facts.passes:
        fits = [n for n, one in sent.items() if one["kind"] == kind and kind_type in ("", one["type"]) and n not in seen]
        if not fits:
            yield f"{PASSES}: {kind} {kind_type} is described nowhere"
        for name in fits:
            seen.add(name)
            if groups[name] != group:
                yield f"{name} goes to {group}, not to {groups[name]}"
            if not NEEDED[ask] <= set(sent[name]["needs"]):
                yield f"{name}: the door asks for {', '.join(sorted(NEEDED[ask]))}"
    yield from (f"{name}: the door does not let it through" for name in sent if name not in seen)


def of_guide(facts):
    """docs/integrators.md names every code and every limit with its number."""
    guide = (tables.ROOT / "docs/integrators.md").read_text(encoding="utf-8")
    for name, number, _ in facts.codes:
        if f"`{name}` {number}" not in guide:
            yield f"docs/integrators.md does not say `{name}` {number}"
    for name, (number, _, _) in facts.kinds.items():
        if name not in INSIDE_KINDS and f"`{name}` {number}" not in guide:
            yield f"docs/integrators.md does not say `{name}` {number}"
    for name, path, macro, _ in LIMITS:
        value = limit(path, macro)
        if value is None:
            yield f"{path} does not define {macro}"
        elif not re.search(rf"(?<![\d,]){re.escape(f'{value:,}' if isinstance(value, int) else value)}(?![\d,]*\d)", guide):
            yield f"docs/integrators.md does not say {value:,} ({name})" if isinstance(value, int) else f"docs/integrators.md does not say {value}"


def complaints(facts):
    return ["docs/asyncapi.yaml: " + one for check in (of_kinds, of_bodies, of_header, of_passes, of_guide) for one in check(facts)]


def page():
    facts = Facts()
    found = complaints(facts)
    return ("" if any("there is no" in one for one in found) else HEAD + yaml_text.text(document(facts))), found
