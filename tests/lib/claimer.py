"""A channel that claims its deliveries by hand (tests/scenario/claim/claim_peer.c), as a child that is spoken to by lines."""

import os
import pathlib
import subprocess
import threading

from system import until

PROGRAM = pathlib.Path(os.environ["WANGLI_BUILD"]) / "tests" / "scenario" / "claim" / "claim_peer"
DELIVERED, UNDELIVERABLE, IN_DOUBT = 13, 14, 15


class Claimer:
    def __init__(self, system, channel, name="app/by-hand"):
        env = dict(system.env, DOOR_ADDRESS=f"tcp://127.0.0.1:{system.port + 1}",
                   DOOR_SERVER_KEY_FILE=str(system.data / "keys" / "door.pub"),
                   CHANNEL_KEY_FILE=str(system.data / "keys" / "channels" / channel))
        self.process = subprocess.Popen([PROGRAM, channel, name], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.lines = []
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        until(30, "the channel is up", lambda: "UP" in self.lines)

    def read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def said(self, words):
        """What came that begins with these words, oldest first."""
        return [line for line in list(self.lines) if line.startswith(words)]

    def forget(self):
        self.lines.clear()

    def until_said(self, words, seconds=60):
        return until(seconds, f"'{words}' comes", lambda: self.said(words))[0]

    def deliver(self, case_id):
        """The name of its delivery."""
        return self.until_said(f"DELIVER {case_id} ").split(" ")[2]

    def claim(self, case_id, delivery, claim_id):
        self.tell(f"claim {case_id} {delivery} {claim_id}")

    def claim_until_go(self, case_id, delivery, claim_id, seconds=60):
        """Asks again and again, as a client must; the fence."""
        def asked():
            self.claim(case_id, delivery, claim_id)
            return self.said(f"GO {case_id} {delivery} ")
        return int(until(seconds, f"GO for {case_id}", asked)[0].split(" ")[3])

    def done(self, case_id, delivery, code, fence):
        self.tell(f"done {case_id} {delivery} {code} {fence}")

    def tell(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def close(self):
        self.process.stdin.close()
        assert self.process.wait(timeout=30) == 0
