"""Claims of the Python library against the real reply: the provider is called after GO and once; who was killed while he called it says that
he is in doubt, and what a person then finds out is done under the next fence."""

import os
import pathlib
import signal
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lib"))
from i_killed import BUILD, ROOT, default_command  # noqa: E402
from i_python import unit_of  # noqa: E402
from system import System, skip, until  # noqa: E402

CHANNEL = "paid"
REPLY = "您好，已处理。"
# claims.py SPOOL CALLS DIES: an integrator whose provider must not be called twice; with DIES it dies while it calls.
PROGRAM = """
import os, signal, sys
import wangli
address, door, own, vault, spool, calls, dies, name = sys.argv[1:]
text = lambda path: open(path).read()

def on_deliver(delivery):
    with open(calls, "a") as file:
        file.write(delivery.delivery_id + "\\n")
    if dies == "dies":
        os.kill(os.getpid(), signal.SIGKILL)
    return wangli.DELIVERED

with wangli.Client(address, text(door), text(own), wangli.key_read(text(vault)), spool, "paid", groups=["paid"], claims=True,
                   on_receipt=lambda receipt: print(receipt.case_number, flush=True), on_deliver=on_deliver) as client:
    if name:
        client.submit(wangli.Letter(name, "路灯不亮", "春熙路的路灯坏了，请维修。"))
    while True:
        client.turn(0.2)
"""


class Paid:
    """One spool and what its provider was asked to do."""

    def __init__(self, s, python):
        self.s, self.python = s, python
        self.folder = s.folder / "paid"
        self.folder.mkdir()
        self.calls = self.folder / "calls"
        (self.folder / "claims.py").write_text(PROGRAM, encoding="utf-8")
        self.process = None

    def start(self, dies="", name=""):
        keys = self.s.data / "keys"
        words = [self.python, self.folder / "claims.py", f"tcp://127.0.0.1:{self.s.port + 1}", keys / "door.pub", keys / "channels" / CHANNEL,
                 keys / "vault.pub", self.folder / "spool", self.calls, dies, name]
        env = dict(os.environ, PYTHONPATH=os.pathsep.join([str(ROOT / "sdk" / "python"), str(BUILD / "sdk" / "python")]))
        self.process = subprocess.Popen(list(map(str, words)), env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)

    def end(self):
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
        self.process = None

    def called(self):
        return self.calls.read_text().splitlines() if self.calls.exists() else []

    def answered(self, name):
        """The number of a letter that waits for its delivery."""
        self.start(name=name)
        number = self.process.stdout.readline().strip()
        self.end()
        unit = until(60, "it is signed", lambda: unit_of(self.s, number))
        self.s.wangli("case", number, "submit", "--text", REPLY, "--as", f"unit_officer/li@{unit}")
        return number


def entries(s, number):
    """Reply's entries about deliveries of that case, in order."""
    case_id = int(number[2:-2])
    rows = s.sql(f"select type from reply.v_journal where case_id = {case_id} order by seq", role="wl_check")
    return [row[0] for row in rows if row[0] in ("reply.sending.v1", "reply.in_doubt.v1", "reply.delivered.v1")]


def provider_is_called_once(s, one):
    number = one.answered("a")
    one.start()
    until(60, "it is delivered", lambda: entries(s, number) == ["reply.sending.v1", "reply.delivered.v1"])
    one.end()
    assert len(one.called()) == 1, one.called()


def killed_while_calling_is_in_doubt(s, one):
    number = one.answered("b")
    before = len(one.called())
    one.start(dies="dies")
    one.process.wait(timeout=60)
    assert one.process.returncode == -signal.SIGKILL
    one.end()
    assert len(one.called()) == before + 1
    one.start()
    until(60, "it says that it is in doubt", lambda: entries(s, number) == ["reply.sending.v1", "reply.in_doubt.v1"])
    assert len(one.called()) == before + 1, "called again without anybody's word"
    s.wangli("case", number, "verify", "--note", "平台后台没有这条", "--delivery", one.called()[-1])
    until(60, "it is delivered under the next fence", lambda: entries(s, number)[2:] == ["reply.sending.v1", "reply.delivered.v1"])
    one.end()
    assert one.called()[before:] == [one.called()[before]] * 2, one.called()


def main():
    if any(line.startswith("| `claim.v1` |") and "| nobody |" in line for line in (ROOT / "docs" / "messages.md").read_text().splitlines()):
        skip("docs/messages.md: nobody takes claim.v1")
    python = default_command()[0]
    with System() as s:
        s.wangli("channel", "add", CHANNEL)
        one = Paid(s, python)
        try:
            provider_is_called_once(s, one)
            killed_while_calling_is_in_doubt(s, one)
        finally:
            one.end()
        s.until_settled(120)
        assert all(i["ok"] for i in s.check()["invariants"])
        print("claimed, called once, in doubt, found out, called under the next fence", flush=True)


if __name__ == "__main__":
    main()
