"""The pages in Debian's Chromium over a running system: see web/test/pages.mjs. WANGLI_SHOTS=FOLDER keeps the pictures."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import letters  # noqa: E402
from portal import Browser, number_of, query_code  # noqa: E402
from system import ROOT, System, skip, until  # noqa: E402


def ids(s, prefix):
    return [int(row[0]) for row in s.sql(f"select case_id from intake.v_submission where source_msg_id like '{prefix}%' order by case_id")]


def letter(s, case_id):
    return {"no": number_of(s, case_id), "code": query_code(s, case_id)}


def seed(s):
    """Letters that were answered and closed, and letters in hand; one that waits for its rating."""
    closed = s.folder / "closed.csv"
    letters.write(closed, 60, seed=3)
    s.wangli("import", closed, "--channel", "app", "--replay", timeout=600)
    opened = s.folder / "opened.csv"
    letters.write(opened, 40, seed=5, with_reply=False, prefix="U")
    s.wangli("import", opened, "--channel", "app", timeout=300)
    s.wangli("clock", "advance", "--by", "9d", timeout=300)
    s.wangli("import", opened, "--channel", "hotline", timeout=300)
    rated, still = ids(s, "U")[:2]
    s.wangli("case", number_of(s, rated), "submit", "--text", "您好，三盏路灯都换了新灯，昨晚已经亮了。\n如再有问题，请联系我们。")
    taker = s.start("import", opened, "--channel", "app", "--stay", "150")  # an integrator who stays and takes the answer
    try:
        until(120, "the answer went out", lambda: s.one(f"select state_name from reply.v_case where case_id = {rated}") == "DELIVERED")
    finally:
        os.killpg(taker.pid, signal.SIGTERM)
        taker.wait(timeout=60)
    until(60, "somebody asked", lambda: s.one(f"select count(*) from followup.v_visit where case_id = {rated}") != "0"
          or s.wangli("clock", "advance", "--next") is None)
    return {"open": letter(s, still), "rate": letter(s, rated), "closed": letter(s, ids(s, "T")[0])}


def main():
    chromium = shutil.which("chromium")
    if chromium is None:
        skip("chromium is not installed (deploy/packages/web.list)")
    with System() as s:
        s.set_environment("portal", "TRIES_ADDRESS", "1000")
        s.set_environment("portal", "TRIES", "100")
        until(30, "the portal is ready", lambda: s.status()["is_healthy"] and Browser(s).get("/health").status == 200)
        facts = s.folder / "facts.json"
        facts.write_text(json.dumps({**seed(s), "pid": s.pid("portal")}))
        shots = os.environ.get("WANGLI_SHOTS", str(s.folder / "shots"))
        done = subprocess.run(["node", ROOT / "build" / "web" / "test" / "pages.mjs", f"http://127.0.0.1:{s.port}", shots, facts],
                              env=dict(os.environ, CHROMIUM=chromium), check=False, timeout=700)
        assert done.returncode == 0, "see above"


if __name__ == "__main__":
    main()
