"""The road with its people. Each act of ./wangli case: once by the wrong role, once right, once more under the same command id, once in
the wrong state. Then replays that take every step: rated, redone, killed in the middle and run again; and one in which an article answers."""

import collections
import contextlib
import csv
import json
import os
import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lib"))
import letters  # noqa: E402
from system import System, until  # noqa: E402

STEPS = ("accept", "dispatch", "sign", "contact", "approve_lead", "approve_reviewer", "first_visit")
RATINGS = ["5", "", "满意", "3", "2", "", "很不满意"]
RESIDENCE = "公租房申请条件：请携带身份证、居住证和收入证明到街道办窗口办理。"


def show(s, number):
    return json.loads(s.wangli("case", number, "--json").stdout)


def until_state(s, number, state):
    until(30, f"{number} is {state}", lambda: show(s, number)["state"] == state)


def act(s, number, *words, code="DONE"):
    """Takes a step, or is answered with another code and exit 1; returns the answer."""
    done = s.wangli("case", number, *words, "--json", ok=(0 if code == "DONE" else 1,), timeout=120)
    answer = json.loads(done.stdout)
    assert answer["code"] == code, f"{words}: {done.text}"
    assert code == "DONE" or answer["text"] in done.stderr, done.text
    return answer


def entries(s, number, service):
    return [step["type"] for step in show(s, number)["steps"] if step["service"] == service]


def walk(s, number, words, right, wrong, again):
    """One act by the wrong role, right, repeated, and in the wrong state: only the right one leaves an entry, and only once."""
    service = act(s, number, *words, "--as", wrong, code="FORBIDDEN")["service"]
    before = entries(s, number, service)
    command = ("--as", right, "--command-id", f"test/{number}/{words[0]}/{len(before)}")
    first = act(s, number, *words, *command)
    after = entries(s, number, service)
    assert len(after) > len(before), f"{words[0]} left no entry"
    assert act(s, number, *words, *command)["seq"] == first["seq"], words
    act(s, number, *words, "--as", right, code=again)
    assert entries(s, number, service) == after, f"{words[0]} was done twice: {after}"


def wrong_use_is_told(s, number):
    bad = number[:-1] + str((int(number[-1]) + 1) % 10)
    for words, text in (((bad,), "check digit"), ((number, "jump"), "'jump'"), ((number, "refuse", "--reason", "other"), "--guidance"),
                        ((number, "sign", "--note", "x"), "--note"), ((number, "accept", "--as", "mayor/li"), "no such role")):
        done = s.wangli("case", *words, ok=(2,))
        assert text in done.stderr and not done.stdout, done.text
    assert "no case" in s.wangli("case", "CD9999999-7", ok=(1,)).stderr


def people_only(s):
    """Everything is left to people, and the knowledge base has an article."""
    s.sql(f"""insert into reply.kb_article (category, title, words, text, unit, valid_from, checked_at, actor, digest)
        values ('0401', '公租房申请', '公租房,申请/条件', '{RESIDENCE}', 'D16', '2000-01-01', now(), 'agent/test', sha256('x'))""",
          role="reply")
    road = s.folder / "road.csv"
    road.write_text("step,type,taken_by\n" + "".join(f"{step},*,people\n" for step in STEPS) + "answer,*,system\n")
    s.wangli("ref", "import", "--road", road)


@contextlib.contextmanager
def integrator(s, path):
    """An importer that stays: it takes what is to be delivered on its channel."""
    run = s.start("import", path, "--channel", "app", "--stay", "600")
    try:
        yield
    finally:
        run.send_signal(signal.SIGTERM)
        said, _ = run.communicate(timeout=60)
    assert run.returncode == 0, said


def until_visited(s, number):
    for _ in range(10):
        if "followup.visited.v1" in entries(s, number, "followup"):
            return
        s.wangli("clock", "advance", "--next")
    raise AssertionError("nobody asks the citizen")


def a_case_is_walked_by_hand(s, path, number):
    until_state(s, number, "RECEIVED")
    assert show(s, number)["owner"]["roles"] == ["agent", "reviewer"]
    wrong_use_is_told(s, number)
    walk(s, number, ("accept", "--type", "help", "--note", "我们在看"), "agent/li", "unit_officer/li@D16", "REFUSED")
    until_state(s, number, "ACCEPTED")
    walk(s, number, ("dispatch", "--unit", "D16"), "dispatcher/li", "agent/li", "REFUSED")
    until_state(s, number, "DISPATCHED")
    case = show(s, number)
    assert case["unit"]["code"] == "D16" and {"accept", "sign", "contact", "resolve"} == set(case["due"]), case
    act(s, number, "sign", "--as", "unit_officer/li@D20", code="FORBIDDEN")
    walk(s, number, ("sign",), "unit_officer/li", "unit_lead/li", "REFUSED")
    until_state(s, number, "IN_PROGRESS")
    walk(s, number, ("contact", "--note", "已电话联系", "--means", "phone"), "unit_officer/li", "agent/li", "REFUSED")
    walk(s, number, ("submit", "--text", "第一稿"), "unit_officer/li", "reviewer/li", "REFUSED")
    until_state(s, number, "REPLY_REVIEW")
    act(s, number, "approve", "--as", "unit_lead/li", code="FORBIDDEN")  # her own draft
    walk(s, number, ("reject", "--reason", "没有说清楚"), "unit_lead/wang", "unit_officer/wang", "REFUSED")
    until_state(s, number, "IN_PROGRESS")
    text = s.folder / "reply.txt"
    text.write_text("第二稿", encoding="utf-8")
    act(s, number, "submit", "--file", text, "--as", "unit_officer/li")
    walk(s, number, ("approve", "--draft", "2"), "unit_lead/wang", "unit_officer/wang", "FORBIDDEN")
    assert show(s, number)["owner"]["roles"] == ["reviewer"]
    walk(s, number, ("approve",), "reviewer/zhao", "unit_lead/zhao", "REFUSED")
    with integrator(s, path):
        until_state(s, number, "FOLLOW_UP")
    rate = ("rate", "--solved", "yes", "--satisfaction", "5", "--contacted", "--remark", "谢谢")
    act(s, number, *rate, code="REFUSED")  # nobody has asked yet
    until_visited(s, number)
    walk(s, number, rate, "citizen/anybody", "unit_officer/li", "REFUSED")
    until_state(s, number, "CLOSED")
    told = s.wangli("case", number).stdout
    for word in ("已办结", "受理  agent/li  “我们在看”", "签收  unit_officer/li@D16", "退回修改  unit_lead/wang@D16", "评价  citizen/anybody"):
        assert word in told, f"{word} is missing in:\n{told}"


def a_letter_is_refused(s, path, number):
    words = ("refuse", "--reason", "litigation", "--guidance", "请向人民法院提起诉讼")
    walk(s, number, words, "reviewer/wang", "agent/li", "REFUSED")
    act(s, number, "accept", "--as", "agent/li", code="REFUSED")
    with integrator(s, path):
        until(60, "the citizen is told", lambda: "reply.notified.v1" in entries(s, number, "reply"))
    assert show(s, number)["state"] == "NOT_ACCEPTED"
    assert ["请向人民法院提起诉讼" in d["text"] for d in deliveries(s, "app") if d["case_number"] == number] == [True]


def two_at_once(s, number, *words):
    """Two agents take the same step in the same moment: it is done once, and the other one is told."""
    runs = [s.start("case", number, *words, "--as", f"agent/{name}", "--json") for name in ("li", "wang")]
    said = [run.communicate(timeout=120)[0].splitlines() for run in runs]
    codes = sorted(json.loads(line)["code"] for lines in said for line in lines if line.startswith("{"))
    assert codes == ["DONE", "REFUSED"] and sorted(run.returncode for run in runs) == [0, 1], codes
    assert entries(s, number, "intake").count("intake.accepted.v1") == 1


def a_consult_is_answered_by_hand(s, path, number):
    two_at_once(s, number, "accept", "--type", "consult", "--no-article")
    until_state(s, number, "ACCEPTED")
    article = s.one("select max(id) from reply.v_kb_article")
    walk(s, number, ("answer", "--article", article), "agent/li", "unit_officer/li@D16", "REFUSED")
    with integrator(s, path):
        until_state(s, number, "FOLLOW_UP")
    assert [d["text"] for d in deliveries(s, "app") if d["case_number"] == number] == [RESIDENCE]


def deliveries(s, channel):
    with open(s.data / "import" / channel / "deliveries.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def rated_letters(path, count, seed, prefix):
    rows = letters.write(path, count, seed=seed, prefix=prefix)
    for n, row in enumerate(rows):
        row["manyidu"] = RATINGS[n % len(RATINGS)]
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return rows


def reason_of(row, kind):
    if row["manyidu"] in ("5", "满意", "3"):
        return "rated"
    if row["manyidu"]:
        return "unsatisfied"
    return "auto" if kind == "praise" else "no_answer"


def assert_replayed(s, channel, rows):
    """Each case closed for the reason that its rating gives, redone once where that is due, every step taken once."""
    got = {row[0]: row[1:] for row in s.sql(f"""select u.source_msg_id, a.type, f.reason, f.redo, a.case_id
        from intake.v_submission u join analytics.v_case a using (case_id) join followup.v_case f using (case_id)
        where a.channel = '{channel}'""")}
    assert len(got) == len(rows)
    texts = collections.Counter((d["external_id"], d["text"]) for d in deliveries(s, channel))
    redone = 0
    for row in rows:
        kind, reason, redo, _ = got[row["external_id"]]
        is_redone = row["manyidu"] in ("2", "很不满意") and kind not in ("consult", "praise")
        assert (reason, int(redo)) == (reason_of(row, kind), int(is_redone)), (row["external_id"], got[row["external_id"]])
        assert texts[row["external_id"], row["reply"]] == 1 + is_redone, row["external_id"]
        redone += is_redone
    assert sum(texts.values()) == len(rows) + redone, "an answer that is not the file's went out"
    assert redone > 0
    ids = ",".join(value[3] for value in got.values())
    taken = dict(s.sql(f"""select type || ' ' || actor, count(*) from (select case_id, type, actor from intake.v_journal
        union all select case_id, type, actor from dispatch.v_journal union all select case_id, type, actor from reply.v_journal) as j
        where case_id in ({ids}) and actor like '%/%' group by 1""".replace("|| actor", "|| split_part(actor, '@', 1)")))
    want = {"intake.accepted.v1 reviewer/replay": 0, "dispatch.dispatched.v1 dispatcher/replay": 0,
            "dispatch.signed.v1 unit_officer/replay": 0, "dispatch.contacted.v1 unit_officer/replay": 0,
            "reply.submitted.v1 unit_officer/replay": redone, "reply.approved.v1 unit_lead/replay-lead": redone,
            "reply.approved.v1 reviewer/replay-review": redone}
    assert {k: int(v) for k, v in taken.items()} == {k: len(rows) + more for k, more in want.items()}, taken


def replay(s, path, channel):
    done = s.wangli("import", path, "--channel", channel, "--map", "rating=manyidu", "--replay", "--json", timeout=600)
    return json.loads(done.stdout)


def a_replay_takes_every_step(s):
    path = s.folder / "rated.csv"
    rows = rated_letters(path, 21, 5, "R")
    first = replay(s, path, "wechat")
    assert first["new"] == first["replies"] == first["closed"] == len(rows) and first["answered_directly"] == 0, first
    assert_replayed(s, "wechat", rows)
    again = replay(s, path, "wechat")
    assert again["new"] == 0 and again["closed"] == len(rows), again
    assert_replayed(s, "wechat", rows)


def a_killed_replay_goes_on(s):
    path = s.folder / "killed.csv"
    rows = rated_letters(path, 35, 6, "K")
    run = s.start("import", path, "--channel", "forum", "--map", "rating=manyidu", "--replay")
    query = """select count(*) from reply.v_journal j join intake.v_submission u using (case_id)
        where u.source_msg_id like 'K%' and j.type = 'reply.approved.v1'"""
    until(120, "some replies are approved", lambda: run.poll() is not None or int(s.one(query)) >= 7)
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    done = replay(s, path, "forum")
    assert done["closed"] == done["receipts"] == len(rows), done
    assert_replayed(s, "forum", rows)


def an_article_may_answer(s):
    """Where the system accepts, a consult is answered with the article and not with the file's reply, and the summary says so."""
    path = s.folder / "auto.csv"
    rows = letters.write(path, 24, seed=11, prefix="A")
    people_only(s)
    s.wangli("ref", "import", "--road", pathlib.Path(__file__).resolve().parents[3] / "deploy/roads/auto.csv")
    done = json.loads(s.wangli("import", path, "--channel", "app", "--replay", "--json", timeout=600).stdout)
    replies = {row["external_id"]: row["reply"] for row in rows}
    direct = [d["external_id"] for d in deliveries(s, "app") if d["text"] != replies[d["external_id"]]]
    assert done["answered_directly"] == len(direct) > 0, done
    assert done["closed"] == len(rows) and done["replies"] == len(rows) - len(direct), done


def main():
    with System(road="people") as s:
        people_only(s)
        path = s.folder / "three.csv"
        letters.write(path, 3, seed=4, with_reply=False, prefix="H")
        s.wangli("import", path, "--channel", "app")
        numbers = [f"{row[0]}" for row in s.sql("select case_id from intake.v_submission order by source_msg_id")]
        walked, refused, answered = map(number_of, numbers)
        a_case_is_walked_by_hand(s, path, walked)
        a_letter_is_refused(s, path, refused)
        a_consult_is_answered_by_hand(s, path, answered)
        s.until_settled(30)
        assert all(i["ok"] for i in s.check()["invariants"])
    with System(road="people") as s:
        people_only(s)
        a_replay_takes_every_step(s)
        a_killed_replay_goes_on(s)
        s.until_settled(30)
        assert all(i["ok"] for i in s.check()["invariants"])
    with System(road="people") as s:
        an_article_may_answer(s)
        assert all(i["ok"] for i in s.check()["invariants"])


def number_of(case_id):
    """The number for people: the prefix, seven digits at least, Luhn's check digit."""
    digits = case_id.zfill(7)
    total = 0
    for n, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if n % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return f"CD{digits}-{(10 - total % 10) % 10}"


main()
