"""A channel in two replicas, and what it is told, through the door with real processes: both race for one lease, the holder is
killed -9, the other one has it when it has run out, and what the old one puts late is refused; a letter that asked for it is followed to
its end in rising versions, over a kill of analytics; while the channel was away only the newest was kept; another channel hears nothing."""

import collections
import json
import pathlib
import signal
import subprocess
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lib"))
from system import System, until  # noqa: E402

LEASE_MS = 4000
Answer = collections.namedtuple("Answer", "why version holder left value")


class Channel:
    """One replica, or what is left of it."""

    def __init__(self, s, channel, *groups):
        keys = s.data / "keys"
        self.lines = []
        self.process = subprocess.Popen(
            [sys.argv[1], f"tcp://127.0.0.1:{s.port + 1}", str(keys / "door.pub"), str(keys / "channels" / channel), *groups],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        threading.Thread(target=self.read, daemon=True).start()
        until(60, "the door welcomes the channel", lambda: "up" in self.lines)

    def read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def say(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")

    def ask(self, *words):
        before = len(self.answers())
        self.say(*words)
        until(30, f"an answer to {words}", lambda: len(self.answers()) > before)
        why, version, holder, left, value = self.answers()[before].removeprefix("answer ").split("|", 4)
        return Answer(why, int(version), holder, int(left), value)

    def answers(self):
        return [line for line in list(self.lines) if line.startswith("answer ")]

    def statuses(self):
        """[(case_id, source_msg_id, version, state)]"""
        found = [line.split()[1:] for line in list(self.lines) if line.startswith("status ")]
        return [(int(c), m, int(v), state) for c, m, v, state in found]

    def take(self, seconds, message, state):
        """Waits for that state of that letter and says that it was taken."""
        def newest():
            fit = [one for one in self.statuses() if one[1] == message]
            return fit[-1] if fit and fit[-1][3] == state else None
        one = until(seconds, f"{message} is {state}", newest)
        self.say("done", one[0], one[1], one[2])
        return one

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def close(self):
        self.process.stdin.close()
        assert self.process.wait(30) == 0


def replicas_race_for_a_lease(s):
    first, second = Channel(s, "mail"), Channel(s, "mail")
    for one, name in ((first, "one"), (second, "two")):
        one.say("lease", "leader", name, LEASE_MS)
    until(30, "both are answered", lambda: first.answers() and second.answers())
    won = [line.startswith("answer |") for line in (first.answers()[0], second.answers()[0])]
    assert sorted(won) == [False, True], (first.answers(), second.answers())
    holder, other, old, new = (first, second, "one", "two") if won[0] else (second, first, "two", "one")
    put = holder.ask("put", "leader", old, 0, "old")
    assert put.why == "" and put.version > 0, put
    refused = other.ask("put", "leader", new, put.version, "new")
    assert refused.why == "somebody else holds the lease" and refused.holder == old, refused
    holder.kill()
    got = until(30, "the other one has the lease", lambda: (lambda a: a if a.why == "" else None)(
        other.ask("lease", "leader", new, 60000)))
    assert got.holder == new and got.version == put.version, got
    late = Channel(s, "mail")
    refused = late.ask("put", "leader", old, put.version, "late")
    assert refused.why == "somebody else holds the lease" and refused.holder == new, refused
    assert other.ask("get", "leader").value == "old"
    shown = json.loads(s.wangli("channel", "state", "mail", "--json").stdout)["names"]
    assert [(one["name"], one["bytes"], one["holder"]) for one in shown] == [("leader", 3, new)], shown
    late.close()
    other.close()


def letter_is_followed_to_its_end(s):
    channel, stranger = Channel(s, "mail", "status/mail"), Channel(s, "forum", "status/forum")
    channel.say("submit", "L1")
    until(30, "the receipt", lambda: any(line.startswith("receipt L1") for line in channel.lines))
    number = next(line.split()[2] for line in channel.lines if line.startswith("receipt L1"))
    first = channel.take(60, "L1", "IN_PROGRESS")  # the system walks so far by itself
    versions = [one[2] for one in channel.statuses()]
    assert versions == sorted(versions), versions
    until(60, "it is told", lambda: s.one("select count(*) from analytics.v_pending") == "0")
    channel.close()  # away

    old = s.pid("analytics")
    s.kill("analytics")
    s.until_back("analytics", old)
    s.wangli("case", number, "submit", "--text", "路灯已经修好,感谢您的来信。")
    until(60, "people see it", lambda: s.one("select state_name from analytics.v_case") in ("REPLIED", "REPLY_REVIEW"))
    state = s.one("select state_name from analytics.v_case")
    assert s.one("select count(*) from analytics.v_pending") == "1"
    channel = Channel(s, "mail", "status/mail")
    second = channel.take(60, "L1", state)
    assert second[2] > first[2], (first, second)
    assert {one[3] for one in channel.statuses()} == {state}, channel.statuses()
    until(60, "it is told", lambda: s.one("select count(*) from analytics.v_pending") == "0")
    again = json.loads(s.wangli("rebuild", "analytics", "--json").stdout)
    assert again["ok"] and again["swapped"], again
    assert s.one("select told = version from analytics.v_status") == "t"
    assert s.one("select count(*) from analytics.v_pending") == "0"
    assert stranger.statuses() == [], stranger.statuses()
    channel.close()
    stranger.close()


def main():
    with System() as s:
        for name in ("mail", "forum"):
            s.wangli("channel", "add", name)
        replicas_race_for_a_lease(s)
        letter_is_followed_to_its_end(s)
        assert all(i["ok"] for i in s.check()["invariants"])


if __name__ == "__main__":
    main()
