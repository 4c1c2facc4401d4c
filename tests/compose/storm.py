#!/usr/bin/env python3
"""A system of docker-compose.yml from its start to the proof: healthy in time, the demo played, pages through nginx, scaled while letters
come in through the published port and others are replayed to their end, each container killed several times at random, containers
made anew with other addresses; then the backlog goes to 0, the history agrees with the database (0 lost, 0 doubled) and `check` is
clean. Prints a table of what it saw.

storm.py CLONE WORK COMPOSE…; WANGLI_SEED, WANGLI_KILLS, WANGLI_RATE, WANGLI_DEMO as tests/compose/run.sh says; the seed is printed."""

import collections
import datetime
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import letters  # noqa: E402
from engine import Engine, run  # noqa: E402
from system import STREAM_SCHEMAS, until  # noqa: E402

KILLS = int(os.environ.get("WANGLI_KILLS", "3"))
RATE = int(os.environ.get("WANGLI_RATE", "60"))
SEED = int(os.environ.get("WANGLI_SEED", random.randrange(1 << 30)))
SCALE = {"dispatch": 4, "bus": int(os.environ.get("WANGLI_BUSES", "2")), "edge": 2}
HEALTHY_WITHIN, SETTLED_WITHIN = 180, 60
REPLAYED = 40
MOVED_AGAIN = ["postgres", "bus", "edge", "portal", "intake", "proxy"]
seen = []


def note(what, value):
    print(f"  {what}: {value}", flush=True)
    seen.append((what, value))


def healthy(engine, seconds):
    try:
        until(seconds, "every container is healthy", lambda: engine.containers() and not engine.unhealthy())
    except AssertionError as e:
        raise AssertionError(f"{e}: {engine.unhealthy()}") from e


def scaled():
    return [word for service, n in SCALE.items() for word in ("--scale", f"{service}={n}")]


def start(engine):
    begin = time.monotonic()
    engine.compose("up", "-d", timeout=600)
    healthy(engine, HEALTHY_WITHIN)
    note("healthy after, seconds", round(time.monotonic() - begin))


def demo(engine):
    words = [os.environ["WANGLI_DEMO"]] if os.environ.get("WANGLI_DEMO") else []
    begin = time.monotonic()
    played = json.loads(engine.tools("demo", *words, "--json", timeout=1200).stdout.splitlines()[-1])
    states = [state for state, n in played["states"].items() if n > 0]
    note("demo appeals", f"{played['appeals']} in {len(states)} states, played in {time.monotonic() - begin:.0f} s")
    assert played["new"] == played["appeals"] and len(states) >= 8, played


def pages(engine):
    for page, word in (("/overview", b"<script"), ("/q", b"<script"), ("/api/overview", b'"figures"')):
        with urllib.request.urlopen(f"{engine.env['PAGES_URL']}{page}", timeout=10) as answer:
            body = answer.read()
        assert answer.status == 200 and word in body, (page, body[:300])
    note("pages through nginx", f"answer; cases in the overview: {json.loads(body)['figures']['all']}")


def quiet_logs(engine):
    """In a system that nobody has harmed every line is JSON, and none an error."""
    lines = 0
    for service, said in engine.logs():
        for line in said:
            event = json.loads(line)
            assert event["level"] != "error", f"{service}: {line}"
            lines += 1
    note("log lines, all JSON, none an error", lines)


class Load:
    """wangli-history in a container of the machine's own network: an integrator, who knows the published port and nothing else."""

    def __init__(self, engine, work):
        self.engine = engine
        self.folder = pathlib.Path(work) / "history"
        self.folder.mkdir()
        self.name = f"{engine.project}-load"
        engine.tools("channel", "add", "app")
        (self.folder / "key").write_text(engine.compose(
            "exec", "-T", "tools", "cat", "/var/lib/wangli/keys/channels/app").stdout, encoding="utf-8")
        secrets = pathlib.Path(engine.env["WANGLI_SECRETS"])
        for public in ("door.pub", "vault.pub"):
            shutil.copy(secrets / public, self.folder)
        for path in (self.folder, self.folder / "key"):
            os.chown(path, 8311, 8311)

    def start(self):
        environment = {"DOOR_ADDRESS": self.engine.env["DOOR_TOLD"], "DOOR_SERVER_KEY_FILE": "/history/door.pub",
                       "VAULT_PUBLIC_KEY_FILE": "/history/vault.pub", "CHANNEL_KEY_FILE": "/history/key"}
        run("docker", "run", "-d", "--name", self.name, "--label", self.engine.label, "--network", "host", "--read-only",
            "-v", f"{self.folder}:/history", *(word for pair in environment.items() for word in ("-e", "=".join(pair))),
            self.engine.image, "wangli-history", "run", "--folder", "/history/data", "--channel", "app", "--rate", RATE,
            "--seed", SEED % 1000 + 1, "--count", 1000000)

    def size(self):
        log = self.folder / "data" / "history"
        return log.stat().st_size if log.exists() else 0

    def moves(self, by_bytes, seconds):
        """Whether the history grows by so much in time; what stands still while things are down is no failure."""
        goal = self.size() + by_bytes
        try:
            until(seconds, "the load moves", lambda: self.size() >= goal)
        except AssertionError:
            state = json.loads(run("docker", "inspect", self.name).stdout)[0]["State"]
            assert state["Running"], f"the load ended: {run('docker', 'logs', self.name).stdout[-2000:]}"
            return False
        return True

    def stop(self):
        run("docker", "stop", "-t", "120", self.name)
        said = run("docker", "logs", self.name)
        return (said.stdout + said.stderr).strip().splitlines()[-1]

    def verify(self):
        done = self.engine.compose(
            "run", "--rm", "-T", "-v", f"{self.folder}:/history:ro", "tools", "bash", "-c",
            "PG_CONNINFO=$(cat /run/secrets/pg_wl_check) wangli-history verify --folder /history/data --channel app --json",
            ok=(0, 1), timeout=600)
        return json.loads(done.stdout.strip().splitlines()[-1]), done.stderr


class Replay:
    """Letters with replies, played to their end by the steps of people on the simulated clock: commands are under way when kills fall."""

    def __init__(self, engine, work):
        self.engine = engine
        self.folder = pathlib.Path(work) / "replay"
        self.folder.mkdir()
        now = datetime.datetime.fromisoformat(engine.sql(
            "select to_char((now() + shift) at time zone 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI:SS') from ref.clock"))
        self.rows = letters.write(self.folder / "replay.csv", REPLAYED, seed=SEED, start=now + datetime.timedelta(days=1), prefix="R")
        self.process = None

    def words(self):
        return [*self.engine.command, "run", "--rm", "-T", "-v", f"{self.folder}:/replay:ro", "tools", "wangli", "import",
                "/replay/replay.csv", "--channel", "forum", "--replay", "--json"]

    def start(self):
        with open(self.folder / "said", "wb") as said:
            self.process = subprocess.Popen(self.words(), cwd=self.engine.folder, stdin=subprocess.DEVNULL, stdout=said,
                                            stderr=subprocess.STDOUT)

    def finish(self):
        """The importer may give up while the database is away; run again it goes on."""
        until(300, "the replay under way has ended", lambda: self.process.poll() is not None)
        note("replay during the kills ended with exit code", self.process.returncode)
        for _ in range(20):
            done = run(*self.words(), cwd=self.engine.folder, ok=range(256), timeout=300)
            if done.returncode == 0:
                break
        played = json.loads(done.stdout.splitlines()[-1])
        note("replay", f"{played['closed']} of {len(self.rows)} letters closed, {played['delivered']} replies delivered")
        assert played["closed"] == len(self.rows), done.stdout + done.stderr


def storm(engine, load, rng):
    """Until each container has been killed KILLS times; one that fell behind is chosen like any other."""
    killed, stood_still = collections.Counter(), 0
    names = {one["Name"].lstrip("/"): one for one in engine.containers().values()}
    begin = time.monotonic()
    while names and any(killed[name] < KILLS for name in names):
        stood_still += not load.moves(rng.randrange(500, 6000), seconds=10)
        victim = rng.choice(sorted(name for name in names if killed[name] < KILLS))
        killed[victim] += engine.kill(names[victim])
    by_service = collections.Counter()
    for name, n in killed.items():
        by_service[engine.service(names[name])] += n
    note("kills", f"{sum(killed.values())} of {len(names)} containers in {time.monotonic() - begin:.0f} s, each {KILLS} times: "
         + ", ".join(f"{service} {n}" for service, n in sorted(by_service.items())))
    note("waits of 10 s without progress meanwhile", stood_still)


def made_anew(engine, load):
    """Removed and made again, with strangers on the addresses they had."""
    before = {name: set() for name in MOVED_AGAIN}
    for one in engine.containers().values():
        if engine.service(one) in before:
            before[engine.service(one)] |= engine.addresses(one)
    engine.compose("rm", "-f", "-s", *MOVED_AGAIN, timeout=600)
    for network in ("inside", "outside"):
        for _ in range(sum(map(len, before.values()))):
            run("docker", "run", "-d", "--label", engine.label, "--network", f"{engine.project}_{network}", "--read-only",
                engine.image, "sleep", "infinity")
    begin = time.monotonic()
    engine.compose("up", "-d", *scaled(), timeout=600)
    healthy(engine, HEALTHY_WITHIN)
    assert load.moves(2000, seconds=60), "no letter gets through since the containers were made anew"
    note("made anew, healthy and receipts again after, seconds", round(time.monotonic() - begin))
    after = {name: set() for name in before}
    for one in engine.containers().values():
        if engine.service(one) in after:
            after[engine.service(one)] |= engine.addresses(one)
    for name, addresses in after.items():
        assert addresses and not addresses & before[name], f"{name} has an old address: {before[name]} → {addresses}"
    note("with other addresses", ", ".join(f"{name} {len(addresses)}" for name, addresses in sorted(after.items())))


def pending(engine, condition):
    union = " union all ".join(f"select count(*) as n from {schema}.v_pending where grp {condition}" for schema in STREAM_SCHEMAS)
    return int(engine.sql(f"select sum(n) from ({union}) as p"))


def proof(engine, load):
    note("the load", load.stop())
    stopped = time.monotonic()
    until(SETTLED_WITHIN, "no marker is left", lambda: pending(engine, "not like 'deliver/%'") == 0)
    note("backlog 0 after, seconds", round(time.monotonic() - stopped, 1))
    # Replies wait for their channels, and nobody plays those of the demo here.
    note("deliveries that wait for a channel", pending(engine, "like 'deliver/%'"))
    figures, said = load.verify()
    note("history", figures)
    checked = json.loads(engine.tools("check", "--json", ok=(0, 1), timeout=600).stdout)
    bad = [one for one in checked["invariants"] if not one["ok"]]
    note("check", "clean" if not bad else bad)
    assert figures["violations"] == 0 and figures["ok"] > 0, said
    assert not bad, bad


def memory(engine):
    ids = list(engine.containers())
    lines = run("docker", "stats", "--no-stream", "--format", "{{.Name}} {{.MemUsage}}", *ids).stdout.splitlines()
    note("memory at the end", "; ".join(sorted(line.removeprefix(engine.project + "_") for line in lines)))


def main():
    engine = Engine(sys.argv[1], sys.argv[3:])
    rng = random.Random(SEED)
    print(f"seed {SEED}, {KILLS} kills each (WANGLI_SEED, WANGLI_KILLS)", flush=True)
    start(engine)
    demo(engine)
    pages(engine)
    # From here on letters walk to their end by themselves, or the load would end at the first desk.
    engine.tools("ref", "import", "--road", "/usr/local/share/wangli/deploy/roads/auto.csv")
    quiet_logs(engine)
    load = Load(engine, sys.argv[2])
    load.start()
    assert load.moves(2000, seconds=30), "no letter gets through"
    engine.compose("up", "-d", *scaled(), timeout=600)
    healthy(engine, HEALTHY_WITHIN)
    note("scaled to", ", ".join(f"{service} {n}" for service, n in SCALE.items()))
    replay = Replay(engine, sys.argv[2])
    replay.start()
    storm(engine, load, rng)
    healthy(engine, HEALTHY_WITHIN)
    made_anew(engine, load)
    replay.finish()
    proof(engine, load)
    pages(engine)
    memory(engine)
    print("--- what was seen")
    for what, value in seen:
        print(f"{what:55} {value}")


if __name__ == "__main__":
    try:
        main()
    except subprocess.TimeoutExpired as e:
        sys.exit(f"took too long: {e}")
