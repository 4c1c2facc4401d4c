"""An integrator in Node.js, written from docs/integrators.md, docs/asyncapi.yaml and the protos alone (sdk/node), at a real system: its
first receipt; repeats and conflicts; BUSY kept; a letter worked to its reply, delivered, its outcome said again when it was lost; a door that dies; the mistakes that the guide names."""

import json
import os
import pathlib
import queue
import re
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from system import ROOT, System, until  # noqa: E402

PACKAGES = pathlib.Path(os.environ["WANGLI_BUILD"]) / "integrator"
RATE, LETTERS = 5, 20
KILLED, KILLS = 100, 5


class Node:
    """The driven sample. Events are waited for by name, in any order; each is taken once."""

    def __init__(self, s, channel, spool):
        info = json.loads(s.wangli("channel", "info", "--json").stdout)
        options = {"address": info["door_address"], "doorKey": info["door_key"], "vaultKey": info["vault_key"], "channel": channel,
                   "secretKey": (s.data / "keys" / "channels" / channel).read_text().strip(), "spool": str(s.folder / spool),
                   "window": 1}  # one delivery that is not given back by CREDIT, and none comes any more
        self.process = subprocess.Popen(["node", PACKAGES / "tests" / "road.mjs", json.dumps(options)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.lines = queue.Queue()
        self.seen = []
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.lines.put(json.loads(line))

    def do(self, what, **rest):
        self.process.stdin.write(json.dumps({"do": what, **rest}, ensure_ascii=False) + "\n")
        self.process.stdin.flush()

    def wait(self, event, seconds=30, **match):
        def fits(one):
            return one["event"] == event and all(one.get(name) == value for name, value in match.items())

        end = time.monotonic() + seconds
        while True:
            found = next((one for one in self.seen if fits(one)), None)
            if found is not None:
                self.seen.remove(found)
                return found
            assert not any(one["event"] == "failed" for one in self.seen), self.seen
            try:
                self.seen.append(self.lines.get(timeout=max(0.0, end - time.monotonic())))
            except queue.Empty:
                raise AssertionError(f"no {event} {match} within {seconds} s; seen: {self.seen}") from None

    def counts(self):
        self.do("counts")
        return self.wait("counts")

    def close(self):
        if self.process.poll() is None:
            self.do("close")
            self.process.wait(timeout=20)

    def kill(self):
        self.process.kill()
        self.process.wait(timeout=20)


def letter(n, **more):
    return {"source_msg_id": f"node-{n}", "title": "春熙路的路灯不亮", "body": f"十字路口东侧的三盏路灯坏了一周，请派人看看。第{n}封", "area": "锦江区",
            "written_at_us": 1555000000000000 + n, "likes": 3, "reply_address": f"app:{n}",
            "contact": {"name": "王芳", "phone": "13800000000", "address": "春熙路1号", "account": "wf"}, **more}


def the_ten_minutes(s):
    """The example as the guide has it; again: the same letter, the same number."""
    info = json.loads(s.wangli("channel", "info", "--json").stdout)
    command = ["node", PACKAGES / "sdk-node" / "example.mjs", "--address", info["door_address"], "--door-key", info["door_key"],
               "--vault-key", info["vault_key"], "--key-file", s.data / "keys" / "channels" / "node", "--channel", "node",
               "--spool", s.folder / "example"]
    said = [subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout for _ in range(2)]
    assert re.fullmatch(r"received CD\d{7}-\d, query code \d{6}\n", said[0]), said
    assert said[1] == said[0].replace("\n", ", had been received before\n"), said


def killed_again_and_again_each_letter_is_one_case(s, node):
    """Whoever hands letters in does not know which of them were durable when the process was killed, and hands all in again."""
    ids = [f"node-{n}" for n in range(1000, 1000 + KILLED)]
    for round_ in range(KILLS):
        for n in range(1000, 1000 + KILLED):
            node.do("submit", letter=letter(n))
        for name in ids[round_ * KILLED // KILLS:(round_ + 1) * KILLED // KILLS]:
            node.wait("receipt", id=name)
        node.kill()
        node = Node(s, "node", "spool")
    for n in range(1000, 1000 + KILLED):
        node.do("submit", letter=letter(n))
    numbers = [node.wait("receipt", id=name, seconds=60)["case_number"] for name in ids]
    assert len(set(numbers)) == KILLED, numbers
    found = s.one("select count(*) || '/' || count(distinct source_msg_id) from intake.v_submission where source_msg_id ~ '^node-1[0-9]{3}$'")
    assert found == f"{KILLED}/{KILLED}", found
    return node


def first_receipt(s, node):
    node.do("submit", letter=letter(1))
    got = node.wait("receipt", id="node-1", seconds=60)
    assert got["is_digest_ours"], "the platform opened another contact, or holds another letter"
    assert not got["is_repeat"] and len(got["query_code"]) == 6, got
    assert s.one("select channel from intake.v_case where source_msg_id = 'node-1'") == "node"
    return got


def a_repeat_gives_the_same_receipt(node, first):
    node.do("submit", letter=letter(1))  # sealed anew: other bytes, the same content
    again = node.wait("receipt", id="node-1")
    assert again["is_repeat"], again
    assert {**again, "is_repeat": False} == first, (first, again)


def other_content_is_a_conflict(node):
    for change in ({"body": "别的内容"}, {"contact": {"name": "李四"}}):
        node.do("submit", letter=letter(1, **change))
        assert node.wait("refused", id="node-1")["refused"] == "CONFLICT"


def what_is_wrong_is_refused_with_words(node):
    node.do("submit", letter=letter(2, title=""))
    refused = node.wait("refused", id="node-2")
    assert refused["refused"] == "INVALID" and "title" in refused["text"], refused


def busy_is_kept(s, node):
    loaded = s.keys_loaded()
    s.wangli("channel", "quota", "node", str(RATE))
    until(40, "the door has the quota", lambda: s.keys_loaded() >= loaded + 2)  # intake's hint and the operator's, one question each
    before = node.counts()
    begun = time.monotonic()
    for n in range(100, 100 + LETTERS):
        node.do("submit", letter=letter(n))
    for n in range(100, 100 + LETTERS):
        node.wait("receipt", id=f"node-{n}", seconds=60)
    took = time.monotonic() - begun
    after = node.counts()
    assert after["busy"] > before["busy"], after
    assert took > (LETTERS - 2 * RATE) / RATE, f"{LETTERS} letters in {took:.1f} s"
    tries = after["sent"] - before["sent"]
    # All letters wait, and then begin one at a time: they do not all try for each token (that were some 130 tries).
    assert tries <= 4 * LETTERS, f"{tries} tries: BUSY is not kept"
    print(f"{LETTERS} letters at {RATE}/s: {took:.1f} s, {tries} sent, {after['busy'] - before['busy']} times BUSY")
    s.wangli("channel", "quota", "node", "default")


def answer(s, number):
    done = s.wangli("case", number, "submit", "--text", "您好，三盏路灯都换了新灯，昨晚已经亮了。", "--json", ok=(0, 1))
    return done.returncode == 0


def a_reply_is_delivered(s, node, first):
    number = first["case_number"]
    node.do("outcomes", next=[None])  # not now: it comes again
    node.do("lose_done")  # and so does what was done and not heard of
    until(60, "the unit may answer", lambda: answer(s, number))
    refused = node.wait("deliver", seconds=60, case_number=number)
    assert refused["outcome"] is None, refused
    taken = node.wait("deliver", seconds=120, case_number=number)
    assert taken["delivery_id"] == refused["delivery_id"], (refused, taken)
    assert "换了新灯" in taken["text"] and taken["what"] == "reply" and taken["reply_address"] == "app:1", taken
    until(60, "the case shows it as delivered",
          lambda: s.one("select r.state_name from reply.v_case r join intake.v_case i using (case_id) where i.source_msg_id = 'node-1'") == "DELIVERED")
    steps = json.loads(s.wangli("case", number, "--json").stdout)["steps"]
    assert "reply.delivered.v1" in [step["type"] for step in steps], steps
    assert node.counts()["repeats_of_outcomes"] >= 1, "the outcome was lost and not said again"
    assert not any(one["event"] == "deliver" for one in node.seen), "handed over twice"


def a_letter_outlives_its_process_and_the_door(s, node):
    """Spooled while the door is away; the process dies; another one hands it in when the door is back."""
    old = s.pid("edge")
    assert s.stop_service("edge")
    node.do("submit", letter=letter(3))
    until(20, "the letter is in the spool", lambda: "node-3" in (s.folder / "spool" / "spool.jsonl").read_text())
    node.kill()
    heir = Node(s, "node", "spool")
    s.start_service("edge")
    s.until_back("edge", old)
    until(60, "the heir has its answer", lambda: s.one("select count(*) from intake.v_case where source_msg_id = 'node-3'") == "1")
    until(60, "and took it out of its spool", lambda: '{"answered":"node-3"}' in (s.folder / "spool" / "spool.jsonl").read_text())
    return heir


def every_mistake_gets_what_the_guide_says(s):
    s.wangli("channel", "add", "one")
    s.wangli("channel", "add", "two", "--channels", "two-a,two-b")
    info = json.loads(s.wangli("channel", "info", "--json").stdout)
    keys = {name: (s.data / "keys" / "channels" / name).read_text().strip() for name in ("one", "two")}
    options = {"address": info["door_address"], "doorKey": info["door_key"], "vaultKey": info["vault_key"], "keys": keys}
    run = subprocess.Popen(["node", PACKAGES / "tests" / "mistakes.mjs", ROOT / "docs" / "integrators.md", json.dumps(options)],
                           stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    word = run.stdout.readline()
    if word == "revoke\n":
        s.wangli("channel", "revoke", "one")
    said = word + run.communicate("revoked\n", timeout=120)[0]
    assert run.returncode == 0 and said == "revoke\ndone\n", said


class Watched(System):
    def keys_loaded(self):
        return sum(text.count('"keys_loaded"') for path, text in self.logs() if path.parent.name == "edge")

    def stop_service(self, service):
        return subprocess.run(["sv", "-w", "20", "down", self.data / "service" / service], check=False, capture_output=True).returncode == 0

    def start_service(self, service):
        subprocess.run(["sv", "up", self.data / "service" / service], check=True, capture_output=True)


def main():
    with Watched() as s:
        s.wangli("channel", "add", "node")
        the_ten_minutes(s)
        node = Node(s, "node", "spool")
        try:
            first = first_receipt(s, node)
            a_repeat_gives_the_same_receipt(node, first)
            other_content_is_a_conflict(node)
            what_is_wrong_is_refused_with_words(node)
            a_reply_is_delivered(s, node, first)
            busy_is_kept(s, node)
            node = killed_again_and_again_each_letter_is_one_case(s, node)
            node = a_letter_outlives_its_process_and_the_door(s, node)
        finally:
            node.close()
        every_mistake_gets_what_the_guide_says(s)
        assert all(i["ok"] for i in s.check()["invariants"])


main()
