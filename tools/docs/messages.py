"""docs/messages.md: every message, who sends it, who takes it, what is in it."""

import re

import tables
from markdown import HEAD, code, codes, table

FILES = ("intake", "dispatch", "reply", "followup", "door", "operator")
TITLES = {
    "intake": "intake 受理", "dispatch": "dispatch 派单", "reply": "reply 办理与反馈", "followup": "followup 回访",
    "door": "Integrators and the door", "operator": "Operators and the door's own",
}
PASSED = re.compile(r"^(passed|pass)$")


class Facts:
    def __init__(self):
        self.streams = tables.streams()
        self.kinds = tables.rows("common/wire/kinds.def", "KIND")
        self.handlers = tables.handlers()
        self.acts = tables.acts()
        self.texts = tables.sources()
        self.messages = [m for f in FILES for m in tables.messages(f)]

    def kind(self, message, name):
        return tables.kind_of(name, message["comment"], self.streams)

    def senders(self, kind, name):
        if kind == "EVENT":
            return [name.split(".")[0]]
        who = {"SUBMIT": ["channel", "edge"], "RECEIPT": ["intake", "edge"], "DELIVER": ["reply", "edge"],
               "DONE": ["channel", "edge"]}
        if kind == "DELIVER" and name == "status.v1":
            return ["analytics", "edge"]
        if kind in who:
            return who[kind]
        named = [w for w in tables.named_in(name, self.texts) if not (w == "cli" and name in self.acts)]
        return ([self.acts[name]] if name in self.acts else []) + named

    def takers(self, kind, name):
        """[(who, how)]"""
        found = []
        for service, handler_kind, handler_type, function, flags in self.handlers:
            if handler_type == name and handler_kind == kind:
                how = "moves the cursor only" if PASSED.match(function) else ""
                if "is_lazy = true" in flags:
                    how = (how + ", may wait for the next message of its case").lstrip(", ")
                found.append((service, how))
        if not found:
            found = [("every service" if place == "common/kit" else place.split("/")[1], "")
                     for place in tables.compared_in(name, self.texts)]
        return found


def complaints(facts):
    """What the tables contradict: types that are no message's, events that a subscriber does not know."""
    known = {}
    for message in facts.messages:
        for name in message["types"]:
            known[name] = facts.kind(message, name)
    found = [f"services/{service} takes {kind} {name}, which no message of proto/ names"
             for service, kind, name, _, _ in facts.handlers if kind != "KIT_TIMER" and known.get(name) != kind]
    for name, kind in known.items():
        if kind != "EVENT":
            continue
        takers = {service for service, how in facts.takers(kind, name)}
        found += [f"services/{group} has no handler for {name}, though it subscribes to {name.split('.')[0]}"
                  for group in facts.streams[name.split(".")[0]] if group not in takers]
    return found


def envelope():
    header = tables.messages("envelope")[0]
    return table(["field", "type", "tag", "meaning"],
                 [(code(f["name"]), f["type"], f["tag"], f["comment"]) for f in header["fields"]])


def streams(facts):
    groups = sorted({g for gs in facts.streams.values() for g in gs})
    lines = [[code(p), *["●" if g in gs else "" for g in groups]] for p, gs in facts.streams.items()]
    return table(["events of ↓ go to →", *groups], lines)


def rights():
    lines = []
    for kind, sender, name, group, own in tables.rows("services/bus/bus_rights.def", "RIGHT"):
        lines.append((kind, "every service" if sender == "*" else sender, code(name) or "any", code(group) or "any",
                      "its own" if own == "true" else ""))
    return table(["kind", "sender (name of its key)", "type", "group", "producer"], lines)


def taken(facts, kind, name):
    takers = facts.takers(kind, name)
    by = {}
    for who, how in takers:
        by.setdefault(how, []).append(who)
    return "; ".join(", ".join(whos) + (f" ({how})" if how else "") for how, whos in by.items()) or "nobody"


def message(facts, one):
    out = [f"### {one['name']}\n"]
    lines = []
    for name in dict.fromkeys(one["types"]):
        kind = facts.kind(one, name)
        lines.append((code(name), kind or "", ", ".join(facts.senders(kind, name)), taken(facts, kind, name)))
    if lines:
        out.append(table(["type", "kind", "sent by", "taken by"], lines))
    if one["comment"] not in one["types"]:
        out.append(one["comment"] + "\n")
    if one["fields"]:
        out.append(table(["field", "type", "tag", "meaning"],
                         [(code(f["name"]), f["type"], f["tag"], f["comment"]) for f in one["fields"]]))
    elif lines:
        out.append("No fields.\n")
    return "\n".join(out)


def page():
    facts = Facts()
    out = [HEAD, "# Messages\n",
           "Every message is one kind of the list below, a header and a body. The header is `Header` of `proto/envelope.proto`; "
           "the body is the protobuf message that its `type` names. Fields are added, never reused or retyped. Events never hold "
           "a letter's text or contact data (law 13).\n",
           "## Kinds\n", table(["kind", "number", "needs credit", "meaning"], [
               (code(name), number, "yes" if credit == "true" else "", meaning) for name, number, credit, meaning in facts.kinds]),
           "## Codes of ACK, NACK, RESULT and DONE\n", table(["code", "number", "meaning"], [
               (code(name), number, meaning) for name, number, meaning in tables.rows("common/wire/codes.def", "CODE")]),
           "## The header\n", envelope(),
           "## Who listens to whom\n",
           "An event goes to every group of its producer's line, always all events of the producer (`proto/streams.def`). Beside "
           "these, reply addresses the groups `deliver/<channel>`, and analytics the groups `status/<channel>`.\n", streams(facts),
           "## Who may send what\n", "What no row allows is answered `FORBIDDEN` by the broker (`services/bus/bus_rights.def`).\n",
           rights()]
    for file in FILES:
        out.append(f"## {TITLES[file]}\n")
        out += [message(facts, m) for m in facts.messages if m["file"] == file]
    return "\n".join(out), complaints(facts)
