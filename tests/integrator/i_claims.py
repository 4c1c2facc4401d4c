"""Claims and an integrator's own state, played by a Node.js program that was written from docs/integrators.md: a claim, its repeat, a rival's,
one in doubt that a person settles; values, versions, leases."""

import json
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from system import ROOT, System, skip, until  # noqa: E402

PACKAGES = pathlib.Path(os.environ["WANGLI_BUILD"]) / "integrator"


def state(s, number):
    return s.one(f"select state_name from reply.v_case where case_id = {int(number[2:9])}")


def answer(s, number):
    until(60, "the unit may answer",
          lambda: s.wangli("case", number, "submit", "--text", "您好，路灯修好了。", "--json", ok=(0, 1)).returncode == 0)


def verify(s, number):
    until(30, "it is in doubt", lambda: state(s, number) == "IN_DOUBT")
    s.wangli("case", number, "verify", "--note", "短信平台没有收到")


def delivered(s, number):
    until(30, "it is delivered", lambda: state(s, number) == "DELIVERED")


def main():
    handlers = (ROOT / "services/reply/reply_handlers.c").read_text() + (ROOT / "services/intake/intake_handlers.c").read_text()
    if "claim.v1" not in handlers or "state.put.v1" not in handlers:
        skip("this source has no claims or no state store")
    people = {"answer": answer, "verify": verify, "delivered": delivered, "end": lambda s, number: None}
    with System() as s:
        s.wangli("channel", "add", "sms")
        info = json.loads(s.wangli("channel", "info", "--json").stdout)
        options = {"address": info["door_address"], "doorKey": info["door_key"], "key": (s.data / "keys/channels/sms").read_text().strip()}
        with subprocess.Popen(["node", PACKAGES / "tests" / "claims.mjs", json.dumps(options)], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True) as run:
            asked = []
            for line in run.stdout:
                one = json.loads(line)
                asked.append(one["what"])
                people[one["what"]](s, one["number"])
                run.stdin.write("\n")
                run.stdin.flush()
        assert run.returncode == 0 and asked[-1] == "end", asked
        assert all(i["ok"] for i in s.check()["invariants"])


main()
