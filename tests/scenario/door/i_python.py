"""The Python library against the real system: letters with contact data get their receipts and intake has opened and stored what was sealed;
a changed letter of the same name is refused; the reply comes back, is told once, and its outcome closes the delivery."""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lib"))
from i_killed import Integrator, default_command  # noqa: E402
from system import System, until  # noqa: E402

COUNT = 5
REPLY = "您好，路灯已修复，感谢您的关心。"


def write_letters(path, body="春熙路中段的路灯坏了，请安排维修。"):
    path.write_text("".join(f"letter-{n}\t路灯不亮（{n}）\t{body}编号{n}。\n" for n in range(1, COUNT + 1)), encoding="utf-8")


def receipts(one):
    return dict(line.split(" ") for line in one.receipts.read_text().splitlines()) if one.receipts.exists() else {}


def letters_are_opened_by_intake(s, one):
    write_letters(one.letters)
    assert one.end(one.start(), "never")
    assert len(receipts(one)) == COUNT
    stored = s.one("select count(*) from intake.v_contact c join intake.v_submission m using (case_id) "
                   "where m.source = 'killed' and c.has_record and c.has_key")
    assert int(stored) == COUNT, stored
    assert int(s.one("select count(distinct epoch) from intake.contact", role="intake")) == 1, "one process, one epoch"


def another_content_is_refused(one):
    write_letters(one.letters, body="别的内容。")
    one.receipts.unlink()  # what it does not know any more it hands in again
    process = one.start()
    said, _ = process.communicate(timeout=120)
    assert process.returncode == 3 and said.count("refused, conflict") == COUNT, said


def same_content_gives_the_same_receipt(one, before):
    write_letters(one.letters)
    assert one.end(one.start(), "never")
    assert receipts(one) == before


def reply_comes_back_once(s, one):
    """Killed as soon as the reply is written down, then run again: told again or not, it is one delivery."""
    book = one.folder / "deliveries"
    one.command += ["--groups", "killed", "--deliveries", str(book)]
    process = one.start()
    try:
        for number in receipts(one).values():
            until(60, f"{number} is signed", lambda number=number: unit_of(s, number))
            s.wangli("case", number, "submit", "--text", REPLY, "--as", f"unit_officer/li@{unit_of(s, number)}")
        until(60, "the first reply", lambda: book.exists() and book.read_text())
    finally:
        process.kill()
        process.communicate()
    assert one.end(one.start(), "never")
    rows = {tuple(line.split("\t")) for line in book.read_text(encoding="utf-8").splitlines()}
    assert len(rows) == len({row[0] for row in rows}) == COUNT, rows
    assert {row[1] for row in rows} == set(receipts(one)) and {row[2] for row in rows} == {REPLY}, rows
    until(60, "each delivery is done once", lambda: s.sql("select count(*), count(distinct case_id) from reply.v_journal "
                                                          "where type = 'reply.delivered.v1'") == [[str(COUNT)] * 2])


def unit_of(s, number):
    """The unit that signed; "" when nobody has yet."""
    case = json.loads(s.wangli("case", number, "--json").stdout)
    return case["unit"]["code"] if any(step["type"] == "dispatch.signed.v1" for step in case["steps"]) else ""


def main():
    command = default_command()
    with System() as s:
        s.wangli("channel", "add", "killed")
        folder = s.folder / "integrator"
        folder.mkdir()
        one = Integrator(s, command, folder)
        letters_are_opened_by_intake(s, one)
        before = receipts(one)
        another_content_is_refused(one)
        same_content_gives_the_same_receipt(one, before)
        reply_comes_back_once(s, one)
        s.until_settled(120)
        assert all(i["ok"] for i in s.check()["invariants"])
        print(f"{COUNT} letters: sealed, opened, answered, delivered once", flush=True)


if __name__ == "__main__":
    main()
