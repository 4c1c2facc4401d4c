"""Outgoing webhooks on a real system, from letter to POST and back: a strict subscriber that misbehaves gets every delivery at least once,
signed, byte for byte the same each time, over kill -9 of the webhook's process; the case is told the outcome once. Nothing is sent to an
address that is not public, whatever it is called. Dead letters are kept and replayed, secrets rotated with overlap, the log tells no text."""

import datetime
import json
import pathlib
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lib"))
from subscriber import Subscriber  # noqa: E402
from system import System, until  # noqa: E402

GUIDANCE = "请向该市热线反映"
SOON = ("--set", "TIMEOUT=1s", "--set", "RETRY_FIRST=100ms", "--set", "RETRY_MOST=500ms")


def number_of(case_id):
    digits = f"{case_id:07d}"
    total = 0
    for i, c in enumerate(reversed(digits)):
        d = int(c) * (2 if i % 2 == 0 else 1)
        total += d - 9 if d > 9 else d
    return f"CD{digits}-{(10 - total % 10) % 10}"


def letters(s, channel, first, n):
    """Hands in n letters; their case numbers."""
    path = s.folder / f"{channel}-{first}.csv"
    path.write_text("external_id,title,body\n" + "".join(
        f"{channel}-{first + i},路灯不亮{first + i},第{first + i}盏路灯坏了三天没有人修\n" for i in range(n)))
    s.wangli("import", str(path), "--channel", channel)
    rows = s.sql(f"select case_id from intake.v_case where channel = '{channel}' order by case_id")
    return [number_of(int(row[0])) for row in rows][-n:]


def refuse(s, number):
    """A refusal is delivered at once."""
    s.wangli("case", number, "refuse", "--reason", "outside_city", "--guidance", GUIDANCE)


def told(s, number, what="reply.notified.v1"):
    digits = int(number[2:-2])
    return int(s.one(f"select count(*) from reply.v_journal where case_id = {digits} and type = '{what}'"))


def add(s, name, subscriber, *more):
    said = s.wangli("webhook", "add", name, subscriber.url, "--set", "INSECURE_HTTP=true", "--set", f"PORTS={subscriber.port}",
                    "--set", "ALLOW_NETS=127.0.0.0/8", *more).stdout
    secret = said.split()[-1]
    assert secret.startswith("whsec_") and len(secret) >= 40, said
    subscriber.secrets = [secret]
    return secret


def listed(s, name):
    rows = json.loads(s.wangli("webhook", "list", "--json").stdout)["webhooks"]
    return next((row for row in rows if row["channel"] == name), None)


def metric(s, name, what):
    """One figure of GET /metrics."""
    text = s.metrics(f"webhook-{name}")
    return float(next(line for line in text.splitlines() if line.startswith(f"wangli_webhook_{what}")).split()[-1])


def tries(s, name):
    return json.loads(s.wangli("webhook", "log", name, "-n", "100000", "--json").stdout)["tries"]


def nothing_private_is_spoken_to(s):
    with Subscriber() as trap:
        done = s.wangli("webhook", "add", "closed", trap.url, ok=(1,))
        assert "must begin with https://" in done.stderr, done.text
        assert not (s.data / "webhook" / "closed").exists() and not (s.data / "service" / "webhook-closed").exists()
        for i, host in enumerate(("127.0.0.1", "localhost", "[::1]", "0.0.0.0", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1")):
            s.wangli("webhook", "add", f"closed{i}", f"http://{host}:{trap.port}/", "--set", "INSECURE_HTTP=true", "--set",
                     f"PORTS={trap.port}")
            done = s.wangli("webhook", "test", f"closed{i}", ok=(1,))
            assert "the address is not allowed" in done.stdout, f"{host}: {done.text}"
            s.wangli("webhook", "remove", f"closed{i}")
        assert trap.came == [], trap.came


def tls_is_verified(s):
    if shutil.which("openssl") is None:
        print("tls_is_verified: left out, no openssl here", flush=True)
        return
    paths = {}
    for name, subject in (("right", "IP:127.0.0.1"), ("other", "DNS:example.org")):
        paths[name] = (s.folder / f"{name}.pem", s.folder / f"{name}.key")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test", "-addext",
                        f"subjectAltName={subject}", "-out", paths[name][0], "-keyout", paths[name][1]], check=True, capture_output=True)
    for channel, served, trusted, is_taken in (("tls1", "right", None, False), ("tls2", "other", "other", False),
                                               ("tls3", "right", "right", True)):
        with Subscriber(certificate=paths[served]) as subscriber:
            more = ("--set", f"CA_FILE={paths[trusted][0]}") if trusted else ()
            subscriber.secrets = [s.wangli("webhook", "add", channel, subscriber.url, "--set", f"PORTS={subscriber.port}", "--set",
                                           "ALLOW_NETS=127.0.0.0/8", *more).stdout.split()[-1]]
            said = s.wangli("webhook", "test", channel, ok=(0 if is_taken else 1,)).stdout
            assert ("taken, HTTP 200" in said) == is_taken and bool(subscriber.came) == is_taken, f"{channel}: {said}"
            print(channel, said.strip(), flush=True)
            s.wangli("webhook", "remove", channel)


def a_subscriber_that_misbehaves_gets_all_once_it_behaves(s):
    with Subscriber() as trap:
        faults = [500, "reset", "loris", "hang", ("redirect", trap.url), ("later", 1), 404, 200, "giant"]
        which = {}

        def plan(event, nth):
            if event["type"] == "ping.v1" or nth > 1:
                return 200
            return faults[which.setdefault(event["id"], len(which)) % len(faults)]

        with Subscriber(plan) as subscriber:
            add(s, "hook", subscriber, *SOON)
            assert "taken, HTTP 200" in s.wangli("webhook", "test", "hook").stdout
            numbers = letters(s, "hook", 1, len(faults))
            for number in numbers:
                refuse(s, number)
            until(90, "every delivery is taken", lambda: {f"{n}/0" for n in numbers} <= subscriber.ids())
            until(120, "every case is told", lambda: all(told(s, n) == 1 for n in numbers))
            until(60, "no marker is left", lambda: s.pending() == 0)
            assert subscriber.wrong == [], subscriber.wrong
            assert trap.came == [], "a redirect was followed"
            event = next(event for event, *_ in subscriber.came if event["id"] == f"{numbers[0]}/0")
            assert event["type"] == "deliver.v1" and event["source"] == "/wangli/hook" and event["subject"] == "hook-1", event
            assert event["data"]["what"] == "refusal" and GUIDANCE in event["data"]["text"], event
            outcomes = [line["outcome"] for line in tries(s, "hook")]
            assert outcomes.count("again") >= 7 and outcomes.count("dead") == 0, outcomes
            assert listed(s, "hook")["backlog"] == 0
            kept = {"again": None, "taken": None}
            for line in tries(s, "hook"):
                if line["id"] == next(id for id, fault in which.items() if faults[fault % len(faults)] == ("later", 1)):
                    kept[line["outcome"]] = datetime.datetime.fromisoformat(line["at"])
            assert (kept["taken"] - kept["again"]).total_seconds() >= 0.95, "Retry-After was not kept"
            for path in (s.data / "webhook" / "hook" / "state").glob("delivery.log*"):
                text = path.read_text()
                assert GUIDANCE not in text and "token" not in text, "the log tells what it should not"
            s.wangli("webhook", "remove", "hook")
    assert listed(s, "hook") is None


def a_letter_is_answered_by_people_and_posted(s):
    """From letter to webhook and `delivered`: whoever has the case takes the next step."""
    text = "您好，路灯已经修好。"
    with Subscriber() as subscriber:
        add(s, "full", subscriber, *SOON)
        number = letters(s, "full", 1, 1)[0]

        def step():
            case = json.loads(s.wangli("case", number, "--json").stdout)
            lead = "unit_lead" in case["owner"]["roles"] if case.get("owner") else False
            words = {"RECEIVED": ("accept", "--as", "agent/li"), "ACCEPTED": ("dispatch", "--unit", "D16", "--as", "dispatcher/li"),
                     "DISPATCHED": ("sign", "--as", "unit_officer/li"),
                     "IN_PROGRESS": ("submit", "--text", text, "--as", "unit_officer/li"),
                     "REPLY_REVIEW": ("approve", "--as", "unit_lead/wang" if lead else "reviewer/zhao")}.get(case["state"])
            if words:
                s.wangli("case", number, *words, ok=(0, 1))
            return told(s, number, "reply.delivered.v1") == 1

        until(180, "the case is delivered", step)
        posted = [event for event, *_ in subscriber.came if event["type"] == "deliver.v1"]
        assert [(e["data"]["what"], e["data"]["text"], e["data"]["case_number"]) for e in posted] == [("reply", text, number)], posted
        assert subscriber.wrong == [], subscriber.wrong
        s.wangli("webhook", "remove", "full")


def killed_at_any_moment_nothing_is_lost_and_the_case_is_told_once(s):
    seen = []

    def plan(event, nth):
        seen.append(event["id"])
        if len(seen) % 3 == 0:
            return 500
        time.sleep(0.05 * (len(seen) % 4))  # so that kills meet calls under way
        return 200

    with Subscriber(plan) as subscriber:
        add(s, "storm", subscriber, *SOON)
        numbers = letters(s, "storm", 1, 12)
        kills = 0
        for i, number in enumerate(numbers):
            refuse(s, number)
            if i % 2:  # with a call under way, or with an answer that was just given; otherwise wherever it is just then
                before = len(seen)
                until(60, "a POST comes", lambda: len(seen) > before or {f"{n}/0" for n in numbers[:i + 1]} <= subscriber.ids())
            until(60, "it runs", lambda: s.pid("webhook-storm"))
            kills += s.kill("webhook-storm", signal.SIGKILL)
        for _ in range(6):
            kills += s.kill("webhook-storm", signal.SIGKILL)
            until(60, "it runs", lambda: s.pid("webhook-storm"))
        assert kills >= 12, kills
        until(120, "every delivery is taken", lambda: {f"{n}/0" for n in numbers} <= subscriber.ids())
        until(200, "every case is told", lambda: all(told(s, n) == 1 for n in numbers))
        until(60, "no marker is left", lambda: s.pending() == 0)
        assert all(told(s, n) == 1 for n in numbers)
        assert subscriber.wrong == [], subscriber.wrong
        posts = {n: subscriber.times(f"{n}/0") for n in numbers}
        print(f"{kills} kills, {sum(posts.values())} POSTs for {len(numbers)} deliveries", flush=True)
        s.wangli("webhook", "remove", "storm")


def dead_letters_are_kept_told_and_replayed(s):
    is_well = []

    def plan(event, nth):
        if is_well or event["type"] == "ping.v1":
            return 200
        return 410 if event["subject"] == "dead-2" else 500

    with Subscriber(plan) as subscriber:
        first = add(s, "dead", subscriber, *SOON, "--set", "RETRY_AGE=3s")
        numbers = letters(s, "dead", 1, 2)
        for number in numbers:
            refuse(s, number)
        with Subscriber() as other:  # a neighbour that is well does not wait for one that is not
            add(s, "well", other, *SOON)
            number = letters(s, "well", 1, 1)[0]
            refuse(s, number)
            until(15, "the neighbour has its delivery", lambda: f"{number}/0" in other.ids())
            until(60, "the neighbour's case is told", lambda: told(s, number) == 1)
            s.wangli("webhook", "remove", "well")
        until(60, "both are dead letters", lambda: listed(s, "dead")["dead"] == 2)
        assert metric(s, "dead", "dead_letters") == 2 and metric(s, "dead", "died_total") == 2
        until(120, "the cases are told", lambda: all(told(s, n, "reply.unnotified.v1") == 1 for n in numbers))
        assert subscriber.times(f"{numbers[0]}/0") > 1 and subscriber.times(f"{numbers[1]}/0") == 1, subscriber.came
        assert subscriber.ids() == set()
        is_well.append(True)
        s.wangli("webhook", "replay", "dead")
        until(30, "the dead letters are taken", lambda: subscriber.ids() == {f"{n}/0" for n in numbers})
        until(30, "there are none left", lambda: listed(s, "dead")["dead"] == 0)

        # a span of time: what was taken comes once more, the same
        before = subscriber.times(f"{numbers[0]}/0")
        s.wangli("webhook", "replay", "dead", "--since", "2020-01-01")
        until(30, "it came again", lambda: subscriber.times(f"{numbers[0]}/0") == before + 1)
        assert all(told(s, n, "reply.unnotified.v1") == 1 and told(s, n) == 0 for n in numbers)

        # two secrets sign while the overlap lasts
        second = s.wangli("webhook", "rotate", "dead", "--overlap", "1h").stdout.split()[-1]
        assert second != first
        for secrets in ([first], [second]):
            subscriber.secrets = secrets
            assert "taken" in s.wangli("webhook", "test", "dead").stdout
        third = s.wangli("webhook", "rotate", "dead", "--overlap", "1s").stdout.split()[-1]
        until(30, "the old secret is over", lambda: time.time() > int((s.data / "webhook" / "dead" / "old.until").read_text()))
        subscriber.secrets = [third]
        assert "taken" in s.wangli("webhook", "test", "dead").stdout
        subscriber.secrets = [second]
        assert "HTTP 401" in s.wangli("webhook", "test", "dead", ok=(1,)).stdout
        assert len(subscriber.wrong) == 1, subscriber.wrong

        # it comes back with the system
        s.wangli("down")
        s.wangli("up")
        subscriber.secrets = [third]
        until(30, "it is up", lambda: listed(s, "dead")["status"] == "ok")
        assert "taken" in s.wangli("webhook", "test", "dead").stdout
        s.wangli("webhook", "remove", "dead")
        assert any((s.data / "webhook-removed").glob("dead.*/journal"))
        keys = json.loads(s.wangli("channel", "list", "--json").stdout)["keys"]
        assert any(key["source"] == "dead" for key in keys)
        assert all(key["is_revoked"] for key in keys if key["source"] == "dead"), keys


def main():
    with System(clock="real", road="people") as s:
        nothing_private_is_spoken_to(s)
        tls_is_verified(s)
        a_subscriber_that_misbehaves_gets_all_once_it_behaves(s)
        a_letter_is_answered_by_people_and_posted(s)
        killed_at_any_moment_nothing_is_lost_and_the_case_is_told_once(s)
        dead_letters_are_kept_told_and_replayed(s)
        assert all(i["ok"] for i in s.check()["invariants"])


if __name__ == "__main__":
    main()
