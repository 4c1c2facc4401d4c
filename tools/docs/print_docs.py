#!/usr/bin/env python3
"""print_docs.py [--write | --check]: the printed pages of docs/, from the tables in the code. --write puts them there; --check says
where the committed ones differ, and what the tables contradict."""

import difflib
import sys

import asyncapi
import messages
import metrics
import states
import tables

PAGES = {"docs/messages.md": messages.page, "docs/states.md": states.page, "docs/metrics.md": metrics.page,
         "docs/asyncapi.yaml": asyncapi.page}
SHOWN = 20


def main():
    wrong = []
    for name, page in PAGES.items():
        text, complaints = page()
        wrong += complaints
        path = tables.ROOT / name
        if "--write" in sys.argv:
            path.write_text(text, encoding="utf-8")
            continue
        there = path.read_text(encoding="utf-8") if path.exists() else ""
        if there != text:
            diff = list(difflib.unified_diff(there.splitlines(), text.splitlines(), name, "what the tables say", lineterm="", n=0))
            wrong.append(f"{name} is not what the tables say; tools/docs/update.sh prints it anew:\n" + "\n".join(diff[:SHOWN]))
    for one in wrong:
        print(one)
    sys.exit(1 if wrong else 0)


main()
