"""./wangli channel check on a real system: every mistake gets what is documented, the documents name the same rows, nothing is left behind but
its letters; with a key that may more than it says, it notices the wrong answers and says so."""

import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lib"))
from system import ROOT, System  # noqa: E402


def documented():
    """{name: what must come back} of docs/channel-check.md"""
    rows = {}
    for line in (ROOT / "docs" / "channel-check.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 3 and re.match(r"[a-z0-9_]+( \(own key only\))?$", cells[0]) and cells[0] != "name":
            rows[cells[0].split(" ")[0]] = cells[2]
    return rows


def all_is_as_documented(s):
    said = json.loads(s.wangli("channel", "check", "--json").stdout)
    assert said["ok"] and said["differ"] == 0 and said["left_out"] == 0, said
    assert {row["name"]: row["want"] for row in said["mistakes"]} == documented()
    assert all(row["got"] == row["want"] and row["verdict"] == "ok" for row in said["mistakes"]), said
    return said["case"]


def the_table_is_for_people(s, case):
    """Run again: the same letters, so no new cases; and its keys are revoked."""
    before = s.one("select count(*) from intake.v_case")
    said = s.wangli("channel", "check").stdout
    assert f"{len(documented())} as documented, 0 differ, 0 left out" in said and case in said, said
    assert "left by an earlier check" in said, said
    assert s.one("select count(*) from intake.v_case") == before
    keys = json.loads(s.wangli("channel", "list", "--json").stdout)["keys"]
    assert {key["source"] for key in keys} == {"sandbox", "sandbox-other"}, keys
    assert all(key["is_revoked"] for key in keys), keys
    assert all("quota_per_s" not in key for key in keys), keys


def a_wrong_answer_is_noticed(s):
    """A key that has the channel which the check believes to be foreign: taken is wrong there."""
    s.wangli("channel", "add", "greedy", "--channels", "greedy,forum")
    key = s.data / "keys" / "channels" / "greedy"
    said = json.loads(s.wangli("channel", "check", "--key-file", str(key), "--channel", "greedy", "--foreign", "forum", "--json",
                               ok=(1,)).stdout)
    assert not said["ok"] and said["differ"] == 2, said
    wrong = {row["name"]: row["got"] for row in said["mistakes"] if row["verdict"] == "DIFFERS"}
    assert wrong == {"foreign_channel": "RECEIPT", "foreign_group": "WELCOME"}, wrong
    assert {row["name"] for row in said["mistakes"] if row["verdict"] == "left out"} == {
        "done_of_foreign_case", "before_retry_time", "revoked_session", "revoked_key"}, said
    said = s.wangli("channel", "check", "--key-file", str(key), "--channel", "greedy", "--foreign", "forum", ok=(1,)).stdout
    assert "DIFFERS   foreign_channel" in said and "wanted: NACK FORBIDDEN" in said, said


def what_cannot_be_played_is_said(s):
    done = s.wangli("channel", "check", "--key-file", "/nowhere", "--channel", "app", ok=(2,))
    assert "/nowhere" in done.stderr, done.text
    done = s.wangli("channel", "check", "--channel", "app", ok=(2,))
    assert "belong together" in done.stderr, done.text


def main():
    with System() as s:
        case = all_is_as_documented(s)
        the_table_is_for_people(s, case)
        a_wrong_answer_is_noticed(s)
        what_cannot_be_played_is_said(s)
        assert all(i["ok"] for i in s.check()["invariants"])


if __name__ == "__main__":
    main()
