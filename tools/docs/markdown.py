"""What the printers share: tables and the head of a printed page."""

HEAD = "<!-- Printed by tools/docs/update.sh from the tables in the code. Do not edit: a lint test compares. -->\n"


def cell(text):
    return str(text).replace("|", "\\|").replace("\n", " ").strip()


def table(titles, lines):
    out = ["| " + " | ".join(titles) + " |", "|" + "---|" * len(titles)]
    out += ["| " + " | ".join(cell(c) for c in line) + " |" for line in lines]
    return "\n".join(out) + "\n"


def code(text):
    return f"`{text}`" if text else ""


def codes(texts, joint=", "):
    return joint.join(code(t) for t in texts)
