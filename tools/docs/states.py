"""docs/states.md: every life cycle, state by state and step by step, with its picture; and the state that people see."""

import re

import tables
from markdown import HEAD, code, table

TITLES = {"intake": "intake 受理", "dispatch": "dispatch 派单", "reply": "reply 办理、审核、反馈", "followup": "followup 回访"}


def roles_of(expression):
    """The roles of a step, by their words; facts and the service's own steps have none but system."""
    known = {name: (word, zh) for name, word, zh in tables.rows("common/base/roles.def", "ROLE")}
    return [known[w] for w in re.findall(r"[A-Z][A-Z_]*[A-Z]", expression.replace("ROLE_BIT", "")) if w in known]


def roles_text(expression):
    return ", ".join(f"{word} {zh}" for word, zh in roles_of(expression)) or "–"


def columns_of(path, macro):
    """The names of a .def file's columns, which its first comment lists: MACRO(a, b, c)."""
    match = re.search(rf"{macro}\(([^)]*)\)", tables.read(path).split("*/")[0])
    return [c.strip() for c in match[1].split(",")]


class Life:
    def __init__(self, service):
        folder = f"services/{service}/{service}"
        self.service = service
        self.states = [(r[0], r[1], r[-1]) for r in tables.rows(f"{folder}_states.def", "STATE")]
        self.events = [(r[0], r[1], r[-1]) for r in tables.rows(f"{folder}_events.def", "EVENT")]
        self.steps = [(r[0], r[1], r[2], r[3], r[-1]) for r in tables.rows(f"{folder}_steps.def", "STEP")]
        self.timers = tables.rows(f"{folder}_timers.def", "TIMER")
        self.reasons = tables.rows(f"{folder}_reasons.def", "REASON")

    def complaints(self):
        found = []
        for what, rows in (("states", self.states), ("events", self.events), ("steps", self.steps)):
            if not rows:
                found.append(f"services/{self.service}/{self.service}_{what}.def is missing or empty")
        states, events = {s[0] for s in self.states}, {e[0] for e in self.events}
        for start, event, end, _, _ in self.steps:
            for name in (start, end):
                if name not in states:
                    found.append(f"{self.service}: step {start} × {event} names the unknown state {name}")
            if event not in events:
                found.append(f"{self.service}: step {start} × {event} names an unknown event")
        used = {s[1] for s in self.steps}
        found += [f"{self.service}: no step has the event {e}" for e in sorted(events - used)]
        reached = {s[2] for s in self.steps} | {"UNKNOWN"}
        found += [f"{self.service}: no step leads to {s}" for s in sorted(states - reached)]
        return found

    def picture(self):
        """Steps that change the state, one arrow a pair of states."""
        arrows = {}
        for start, event, end, _, _ in self.steps:
            if start != end:
                arrows.setdefault((start, end), []).append(event.lower().replace("_", " "))
        lines = ["```mermaid", "stateDiagram-v2", "    [*] --> UNKNOWN"]
        lines += [f"    {start} --> {end}: {', '.join(events)}" for (start, end), events in arrows.items()]
        lines += [f"    {s} --> [*]" for s, _, _ in self.states if s not in {a for a, _ in arrows} and s != "UNKNOWN"]
        return "\n".join(lines + ["```"]) + "\n"

    def page(self):
        out = [f"## {TITLES[self.service]}\n", self.picture(),
               table(["state", "number", "meaning"], [(code(n), number, meaning) for n, number, meaning in self.states]),
               "What can happen:\n",
               table(["event", "comes by", "the case is to"], [(code(n), source, meaning) for n, source, meaning in self.events]),
               "Which step is taken, and by whom; a pair that is missing is refused, and so is any other role:\n",
               table(["from", "event", "to", "roles", "why"],
                     [(code(a), code(e), code(b), roles_text(r), why) for a, e, b, r, why in self.steps])]
        if self.timers:
            out += ["Timers:\n", table(["timer", "due", "what it does"], [(code(t[0]), t[1], t[-1]) for t in self.timers])]
        if self.reasons:
            out += ["Reasons:\n", table(columns_of(f"services/{self.service}/{self.service}_reasons.def", "REASON"),
                                        [(code(r[0]), *r[1:]) for r in self.reasons])]
        return "\n".join(out)


def visible():
    folder = "services/analytics/analytics"
    states, parts = f"{folder}_states.def", f"{folder}_parts.def"
    return "\n".join([
        "## The state that people see\n",
        "Derived by analytics, in whatever order the events of the four services come: within one round (0: the first; n: the n-th "
        "redo) the state with the highest rank that any service speaks for.\n",
        table(columns_of(states, "STATE"), [[code(r[0]), *r[1:]] for r in tables.rows(states, "STATE")]),
        "How far each service is with a case, told from its own events alone, and for which state it speaks:\n",
        table(columns_of(parts, "PART"), [[*r[:3], code(r[3]) if r[3] != "UNKNOWN" else "none", *r[4:]]
                                          for r in tables.rows(parts, "PART")])])


def page():
    lives = [Life(s) for s in TITLES]
    out = [HEAD, "# States\n",
           "Each service keeps its own life cycle as a table in its core (law 7); nothing else changes a state. Roles are those of "
           "`common/base/roles.def`; `system` stands for facts of other services and for what a service does by itself. A step that "
           "the table does not have, or not for this role, is refused without effect, with the state, the rule and what is possible "
           "instead.\n",
           "Who takes the steps accept, answer, dispatch, sign, contact, approve_lead, approve_reviewer and first_visit – people or "
           "the system – is dated reference data (`ref.road`, deploy/cities/<city>/road.csv); the row that holds on the day of the "
           "decision counts.\n",
           visible()]
    out += [life.page() for life in lives]
    return "\n".join(out), [c for life in lives for c in life.complaints()]
