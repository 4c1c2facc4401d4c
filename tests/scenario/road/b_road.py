"""The thin road from the command line: letters go in, are answered, delivered, followed up and closed; run again nothing is
new; killed in the middle the end is the same; bad rows are named and kept aside."""

import csv
import json
import os
import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lib"))
import letters  # noqa: E402
from load import Load  # noqa: E402
from system import System, until  # noqa: E402


def deliveries(s, channel):
    with open(s.data / "import" / channel / "deliveries.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def summary(done):
    return json.loads(done.stdout)


def assert_delivered(s, channel, rows):
    got = deliveries(s, channel)
    assert len(got) == len(rows), f"{len(got)} deliveries of {len(rows)}"
    texts = {d["external_id"]: d["text"] for d in got}
    assert len(texts) == len(rows), "an external_id was delivered twice"
    for row in rows:
        assert texts[row["external_id"]] == row["reply"], f"{row['external_id']}: the text differs"


def replay_whole(s):
    path = s.folder / "a.csv"
    rows = letters.write(path, 40, seed=7)
    first = summary(s.wangli("import", path, "--channel", "app", "--replay", "--json", timeout=600))
    assert first["submitted"] == 40 and first["receipts"] == 40 and first["closed"] == 40, first
    assert_delivered(s, "app", rows)
    again = summary(s.wangli("import", path, "--channel", "app", "--replay", "--json", timeout=600))
    assert again["new"] == 0 and again["closed"] == 40, again
    assert_delivered(s, "app", rows)


def replay_killed_in_the_middle(s):
    path = s.folder / "b.csv"
    rows = letters.write(path, 60, seed=8, prefix="K")
    run = s.start("import", path, "--channel", "forum", "--replay")
    query = "select count(*) from intake.v_submission where source_msg_id like 'K%'"
    until(120, "some letters are in", lambda: run.poll() is not None or 10 <= int(s.one(query)))
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    done = summary(s.wangli("import", path, "--channel", "forum", "--replay", "--json", timeout=600))
    assert done["closed"] == 60, done
    assert int(s.one(query)) == 60
    assert_delivered(s, "forum", rows)


def bad_rows_are_named(s):
    path = s.folder / "bad.csv"
    good = "G1,路灯不亮,春熙路的路灯坏了\n"
    path.write_bytes(
        "external_id,title,body,extra\n".encode()
        + good.encode()
        + "E1,没有正文,\n".encode()
        + b"E2,\xff\xfe,bytes that are not UTF-8\n"
        + "E3,控制字符,坏\x01的\n".encode()
        + "G1,路灯不亮,另外的内容\n".encode()
        + ("E4,太长," + "长" * 360000 + "\n").encode()
        + 'E5,"broken" quoting,x\n'.encode()
        + "G2,井盖松动,建设路路口的井盖松了\n".encode()
    )
    done = s.wangli("import", path, "--channel", "app", ok=(3,))
    for line, word in [(3, "body"), (4, "UTF-8"), (5, "control"), (6, "external_id"), (7, "body"), (8, "quot")]:
        assert any(f":{line}:" in t and word.lower() in t.lower() for t in done.text.splitlines()), \
            f"line {line} ({word}) is not named in:\n{done.text}"
    assert int(s.one("select count(*) from intake.v_submission where source_msg_id in ('G1','G2')")) == 2
    rejected = list(pathlib.Path(s.data).glob("import/app/*rejected*"))
    assert rejected, "no reject file"
    missing = s.folder / "missing.csv"
    missing.write_text("external_id,title\n1,x\n")
    done = s.wangli("import", missing, "--channel", "app", ok=(1, 2))
    assert "body" in done.text and "column" in done.text.lower(), done.text


def rejected_rows_mended_go_in(s):
    """The reject file of bad_rows_are_named, mended as a person would: with its columns line and reason, imported as it is."""
    path = s.data / "import/app/bad.rejected.csv"
    csv.field_size_limit(4 << 20)
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["line"] for row in rows] == ["3", "4", "5", "6", "7", "8"], rows
    still_bad = rows[3]  # G1 is in with other content
    for n, row in enumerate(rows):
        if row is not still_bad:
            row.update(external_id=f"M{n}", title="改好了", body="这一行改好了")
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    first = summary(s.wangli("import", path, "--channel", "app", "--json", ok=(3,)))
    assert (first["new"], first["rejected"], first["ignored_columns"]) == (5, 1, "extra"), first
    again = summary(s.wangli("import", path, "--channel", "app", "--json", ok=(3,)))
    assert (again["new"], again["repeated"]) == (0, 5), again
    assert int(s.one("select count(*) from intake.v_submission where source_msg_id like 'M%'")) == 5


def gb18030_is_read_and_its_rejects_are_utf8(s):
    path = s.folder / "gb.csv"
    path.write_bytes("external_id,title,body\nB1,路灯不亮,春熙路的路灯坏了𠮷\nB2,没有正文,\n".encode("gb18030"))
    done = s.wangli("import", path, "--channel", "app", "--json", ok=(3,))
    assert summary(done)["charset"] == "GB18030" and summary(done)["new"] == 1 and "GB18030" in done.stderr, done.text
    got = (s.data / "import/app/gb.rejected.csv").read_text(encoding="utf-8")
    assert "没有正文" in got, got
    path.write_bytes("external_id,title,body\nB3,路灯不亮,".encode("gb18030") + b"\xff\xff\n")
    done = s.wangli("import", path, "--channel", "app", ok=(1,))
    assert "line 2, byte 13: neither UTF-8 nor GB18030" in done.text, done.text


def other_content_under_a_known_id(s):
    path = s.folder / "conflict.csv"
    path.write_text("external_id,title,body\nT1,另一个标题,另外的正文\n", encoding="utf-8")
    done = s.wangli("import", path, "--channel", "app", ok=(3,))
    assert ":2:" in done.text and "T1" in done.text, done.text


def load_told_to_end_waits_for_its_answers(s):
    load = Load(s, channel="load").start()
    until(30, "letters are answered", lambda: "ok\t" in load.log.read_bytes().decode(errors="replace") if load.log.exists() else False)
    assert s.kill("intake", signal.SIGSTOP)
    assert load.until_moved(5000, 30), "the load stands still"
    load.process.send_signal(signal.SIGTERM)
    s.kill("intake", signal.SIGCONT)
    said, _ = load.process.communicate(timeout=60)
    assert load.process.returncode == 0 and "unanswered 0" in said, said
    assert "unknown 0," in load.verify(), said


def main():
    with System() as s:
        second = s.wangli("up", timeout=600)
        assert "nothing changed" in second.text, second.text
        replay_whole(s)
        replay_killed_in_the_middle(s)
        bad_rows_are_named(s)
        rejected_rows_mended_go_in(s)
        gb18030_is_read_and_its_rejects_are_utf8(s)
        other_content_under_a_known_id(s)
        load_told_to_end_waits_for_its_answers(s)
        s.until_settled(10)
        assert all(i["ok"] for i in s.check()["invariants"])
        states = s.sql("select state, count(*) from intake.v_case group by state")
        print("states:", states)


main()
