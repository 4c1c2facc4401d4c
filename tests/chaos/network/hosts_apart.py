"""The system on four hosts (tests/lib/hosts.py): database, services, broker, integrator. Under load the network between them is slow and
loses, doubles and reorders packets; then it lets nothing through in one direction, between services and broker, services and database,
integrator and door. Nothing is lost, nothing doubled, no process needs a restart.

WANGLI_SEED says which direction of each pair and which packets; the seed is printed. With WANGLI_LONG both directions, 35 s each."""

import os
import pathlib
import random
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lib"))
from hosts import Network, database_listens, place, refuse_to_run  # noqa: E402
from load import Load  # noqa: E402
from recovery import Trial  # noqa: E402
from system import SERVICES, System, skip, until  # noqa: E402

SEED = int(os.environ.get("WANGLI_SEED", random.randrange(1 << 30)))
IS_LONG = bool(os.environ.get("WANGLI_LONG"))
WITH_DATABASE = ("intake", "dispatch", "reply", "followup", "analytics", "portal")
PAIRS = [("services", "broker"), ("services", "database"), ("integrator", "services")]
BAD = {"lost": 2, "doubled": 2, "late": 10, "delay_s": 0.02, "jitter_s": 0.01}
BAD_FOR = 60 if IS_LONG else 8
CUT_FOR = 35 if IS_LONG else 6


def restart(s, services):
    """Each waits for its processes to end, so that none is there twice; the database first."""
    for service in services:
        subprocess.run(["sv", "-w", "30", "restart", s.data / "service" / service], check=True, stdout=subprocess.DEVNULL)
        if service == "postgres":
            until(30, "the database answers", s.database_answers)


def apart(s, net):
    """Everything to its host. What reads and measures stays beside the database's socket: it is no part of the trial."""
    bus = f"tcp://{net['broker'].address}:7000"
    s.speaks_as = "watch"
    place(s, "postgres", net["database"])
    database_listens(s, net["database"])
    place(s, "bus", net["broker"], BUS_LISTEN=bus)
    for service in WITH_DATABASE:
        place(s, service, net["services"], BUS_ADDRESS=bus,
              PG_CONNINFO=f"host={net['database'].address} dbname=wangli user=wl_{service}")
    place(s, "media", net["services"], BUS_ADDRESS=bus)
    place(s, "edge", net["services"], BUS_ADDRESS=bus, DOOR_LISTEN=f"tcp://{net['services'].address}:7001")
    restart(s, ["postgres", *SERVICES])
    until(60, "the system is healthy", lambda: s.status()["is_healthy"])


def cut(trial, net, source, target):
    """Nothing from source arrives at target, everything the other way round does."""
    net.set(source, target, lost=100)
    before = net.counts["lost"]
    time.sleep(CUT_FOR)
    assert net.counts["lost"] > before, "nothing was sent that way"
    net.heal()
    trial.recovered(f"{source} to {target} cut for {CUT_FOR} s")


def main():
    why = refuse_to_run()
    if why:
        skip(why)
    print(f"seed {SEED} (WANGLI_SEED)", flush=True)
    rng = random.Random(SEED)
    with Network("database", "services", "broker", "integrator", seed=SEED) as net, System() as s:
        load = Load(s, rate=100, seed=SEED % 1000 + 1, patience=120)
        load.move(net["integrator"], f"tcp://{net['services'].address}:7001")
        apart(s, net)
        trial = Trial(s, SEED, load=load)
        for one in net.hosts:
            for other in net.hosts:
                net.set(one, other, **BAD)
        receipts = load.receipts()
        time.sleep(BAD_FOR)
        print(f"a bad network for {BAD_FOR} s: {load.receipts() - receipts} receipts; packets {net.counts}", flush=True)
        assert load.receipts() > receipts and all(net.counts.values())
        net.heal()
        trial.recovered(f"a bad network for {BAD_FOR} s")
        for pair in PAIRS:
            for way in [pair, pair[::-1]] if IS_LONG else [rng.choice([pair, pair[::-1]])]:
                cut(trial, net, *way)
        trial.end()


main()
