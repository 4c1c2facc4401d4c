#!/usr/bin/env python3
"""What `./wangli up --demo` promises, asked of the running demo: enough appeals in enough states, again nothing new, the two
pages answer, the month's report is there. Prints what it saw; exit code 1 when something is missing. Options (--data DIR) go to every command."""

import json
import pathlib
import re
import subprocess
import sys
import urllib.request

WANGLI = pathlib.Path(__file__).resolve().parents[2] / "wangli"
APPEALS, STATES = 400, 8


def wangli(*words):
    done = subprocess.run([WANGLI, *words, *sys.argv[1:]], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"wangli {' '.join(words)}: exit code {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def main():
    again = wangli("up", "--demo")
    found = re.search(r"http://[0-9.:]+", again)
    address = found.group() if found else sys.exit("no address was printed:\n" + again)
    demo = json.loads(next(line for line in wangli("up", "--demo", "--json").splitlines() if line.startswith("{")))
    shown = {state: n for state, n in demo["states"].items() if n > 0}
    print(f"{address}: {demo['appeals']} appeals, {demo['new']} of them new, in {len(shown)} states: {shown}")
    assert demo["appeals"] >= APPEALS and demo["new"] == 0, demo
    assert len(shown) >= STATES, shown
    for page in ("/overview", "/q"):
        with urllib.request.urlopen(address + page, timeout=10) as answer:
            body = answer.read()
            assert answer.status == 200 and b"<script" in body, page
            print(f"{page}: {len(body)} bytes")
    month = re.search(r"report month ([0-9]{4}-[0-9]{2})", again).group(1)
    report = wangli("report", "month", month, "--format", "html,xlsx,csv")
    print(report)
    files = [pathlib.Path(p) for p in re.findall(r"/\S+\.(?:html|xlsx|csv)", report)]
    assert {p.suffix for p in files} == {".html", ".xlsx", ".csv"} and all(p.stat().st_size > 1000 for p in files), files


main()
