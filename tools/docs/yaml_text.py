"""Writes YAML that every reader of YAML 1.2 takes: mappings, lists, texts in double quotes (as JSON has them), numbers, booleans."""

import json
import re

PLAIN_KEY = re.compile(r"^[A-Za-z_$][\w.$-]*$")
AMBIGUOUS = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"}


def key(text):
    return text if PLAIN_KEY.match(text) and text.lower() not in AMBIGUOUS else json.dumps(text, ensure_ascii=False)


def lines(value, depth):
    """The lines of a mapping or list that is not empty."""
    pad = "  " * depth
    pairs = value.items() if isinstance(value, dict) else ((None, one) for one in value)
    for name, one in pairs:
        head = f"{pad}{key(name)}:" if name is not None else f"{pad}-"
        if isinstance(one, (dict, list)) and one:
            inner = list(lines(one, depth + 1))
            if name is None:  # the first line of what stands in a list goes behind its dash
                yield head + " " + inner[0].lstrip()
                yield from inner[1:]
            else:
                yield head
                yield from inner
        else:
            yield f"{head} {json.dumps(one, ensure_ascii=False)}"


def text(value):
    return "\n".join(lines(value, 0)) + "\n"
