"""An operator watches a system at work: ./wangli top as a document, as text and on a terminal, ./wangli tap on what passes."""

import csv
import json
import os
import pathlib
import pty
import re
import select
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lib"))
import letters  # noqa: E402
from system import ROOT, SERVICES, System, until  # noqa: E402

LETTERS = 3000
SCREENS = 3
PATIENCE = 30


def top_json(s):
    return json.loads(s.wangli("top", "--once", "--json").stdout)


def row_of(shown, name):
    return next(row for row in shown["processes"] if row["process"] == name)


def top_at_rest(s):
    shown = top_json(s)
    assert sorted(row["process"] for row in shown["processes"]) == sorted(SERVICES), shown
    for row in shown["processes"]:
        assert row["answers"] and row["ready"] and row["pid"] == s.pid(row["process"]), row
        assert row["memory_bytes"] > 1 << 20 and row["cpu_percent"] >= 0, row
    assert shown["database"]["up"] == 1 and shown["database"]["connections"] >= 7, shown["database"]
    assert shown["cases"]["parked"] == 0 and shown["door"]["letters_per_s"] == 0, shown
    text = s.wangli("top", "--every", "0.2").stdout  # no terminal: printed once
    assert "\x1b" not in text and text.count("\n") > len(SERVICES), text
    assert "ready" in text and "NOT READY" not in text, text
    assert "--every wants" in s.wangli("top", "--every", "0", ok=(2,)).text


def top_while_letters_flow(s, path):
    """Rates between two looks, while the importer submits."""
    importer = s.start("import", path, "--channel", "app")

    def busy():
        shown = top_json(s)
        return shown if (shown["door"]["receipts_per_s"] or 0) > 0 and row_of(shown, "intake")["messages_per_s"] else None
    shown = until(PATIENCE, "letters are seen on their way", busy)
    assert 0 < shown["door"]["receipt_p50_s"] <= shown["door"]["receipt_p99_s"] < 30, shown["door"]
    intake = row_of(shown, "intake")
    assert intake["batch_messages"] >= 1 and intake["batch_ms"] > 0, intake
    assert importer.wait(120) == 0, importer.stdout.read()
    s.until_settled(60)


def top_shows_who_is_away(s):
    pid = s.pid("followup")
    s.kill("followup", signal.SIGSTOP)
    try:
        shown = top_json(s)
        assert row_of(shown, "followup")["answers"] is False, row_of(shown, "followup")
        assert row_of(shown, "reply")["answers"] is True
        assert re.search(r"^followup +\d+ +- +- +no answer", s.wangli("top", "--once").stdout, re.MULTILINE)
    finally:
        os.kill(pid, signal.SIGCONT)


def top_on_a_terminal(s):
    """Redraws each time, leaves the terminal as it was, and q ends it."""
    leader, follower = pty.openpty()
    child = subprocess.Popen([str(ROOT / "wangli"), "top", "--data", str(s.data), "--every", "0.2"], stdin=follower, stdout=follower,
                             stderr=follower, env=dict(s.env, TERM="xterm", COLUMNS="200", LINES="40"))
    os.close(follower)
    seen = b""

    def read_until(what, condition):
        nonlocal seen
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end, f"not seen: {what}\n{seen[-2000:]!r}"
            if select.select([leader], [], [], 1)[0]:
                try:
                    seen += os.read(leader, 65536)
                except OSError:  # the other end is closed
                    return
    read_until("screens", lambda: seen.count(b"\x1b[H") >= SCREENS)
    assert seen.startswith(b"\x1b[?1049h"), seen[:100]
    assert b"\r\nintake " in seen.replace(b"\x1b[K", b"")
    os.write(leader, b"xq")
    read_until("the end", lambda: b"\x1b[?1049l" in seen)
    assert child.wait(PATIENCE) == 0
    os.close(leader)


def tap_shows_and_masks(s, path):
    """What passes while letters come in, and no word of them."""
    tapped = {}
    command = [str(ROOT / "wangli"), "tap", "--data", str(s.data)]
    for kind in ("SUBMIT", "RECEIPT", "EVENT"):
        tapped[kind] = subprocess.Popen([*command, "--kind", kind, "--count", "20"], env=s.env, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
    for child in tapped.values():
        assert "looking" in child.stderr.readline()
    s.wangli("import", path, "--channel", "app", timeout=120)
    said = {kind: child.communicate(timeout=60)[0] for kind, child in tapped.items()}
    texts = [value for row in csv.DictReader(path.open(encoding="utf-8")) for value in (row["title"], row["body"]) if len(value) > 3]
    for kind, text in said.items():
        lines = [json.loads(line) for line in text.splitlines()]
        assert len(lines) == 20 and {line["kind"] for line in lines} == {kind}, (kind, text)
        assert not any(words in text for words in texts), f"a letter's words stand in {kind}"
    letter = json.loads(said["SUBMIT"].splitlines()[0])
    assert letter["header"]["channel"] == "app" and letter["body"]["title"]["bytes"] > 0, letter
    assert set(letter["body"]["contact"]["record"]) == {"bytes"}, letter
    receipt = json.loads(said["RECEIPT"].splitlines()[0])
    assert receipt["body"]["case_number"].startswith("CD") and set(receipt["body"]["query_code"]) == {"bytes"}, receipt
    log = (s.data / "log" / "bus" / "current").read_text()
    events = [json.loads(line) for line in log.splitlines() if '"tap_' in line]
    began = [event for event in events if event["event"] == "tap_began"]
    assert {event["kind"] for event in began} == set(tapped) and all(event["by"] for event in began), began
    until(PATIENCE, "the ends are logged", lambda: (s.data / "log" / "bus" / "current").read_text().count('"tap_ended"') == 3)
    assert "does not know" in s.wangli("tap", "--colour", "red", ok=(2,)).text
    assert "--case" in s.wangli("tap", "--case", "CD12", ok=(2,)).text


def main():
    with System(clock="real") as s:
        s.wangli("channel", "add", "app")
        first, second = s.folder / "first.csv", s.folder / "second.csv"
        letters.write(first, LETTERS, seed=31)
        letters.write(second, 60, seed=32, prefix="U")
        top_at_rest(s)
        top_while_letters_flow(s, first)
        top_shows_who_is_away(s)
        top_on_a_terminal(s)
        tap_shows_and_masks(s, second)


main()
