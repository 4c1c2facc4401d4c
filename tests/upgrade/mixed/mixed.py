"""A rolling upgrade under load, from the last release to this tree: a system of old programs with people's steps and letters coming in is
taken over by `./wangli up --pace`, one process after the other, while hours of business time pass (months with the replay that goes on
afterwards) and more letters come in than in an hour of a great city. In between old and new programs of different services speak to each
other, and for dispatch an old and a new one work side by side. Nothing is set aside, nothing stays unknown, nothing is lost or doubled, and
`check` holds.

The old release comes from this repository's history; where that is not there, the test is left out. WANGLI_PACE_SECONDS: between two
processes (20); WANGLI_RATE: letters a second."""

import os
import pathlib
import shutil
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lib"))
import letters  # noqa: E402
from load import Load, replay_to_the_end  # noqa: E402
from system import ROOT, STREAM_SCHEMAS, System, skip, until  # noqa: E402

OLD = ("v0.4.0", "abe538e")  # the tag, and what it stands for where tags were not fetched
PACE = os.environ.get("WANGLI_PACE_SECONDS", "20")
OLD_PROCESSES = ["bus", "intake", "dispatch", "reply", "followup", "analytics", "edge", "media", "portal"]
LETTERS = 250
RATE = int(os.environ.get("WANGLI_RATE", "6"))  # a second; simulated time steps on only while nothing is pending
HOUR_OF_LOAD = 532  # letters: Chengdu had 4.66 million contacts in 2020


def old_commit():
    for name in OLD:
        done = subprocess.run(["git", "-C", ROOT, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}"], capture_output=True, text=True,
                              check=False)
        if done.returncode == 0:
            return done.stdout.strip()
    return None


def old_sources(s, commit):
    folder = s.folder / "old"
    folder.mkdir()
    archive = subprocess.run(["git", "-C", ROOT, "archive", commit], check=True, capture_output=True).stdout
    subprocess.run(["tar", "-x", "-C", folder], input=archive, check=True)
    return folder


def old_up(s, old):
    """The release as it was installed then."""
    env = dict(s.env, WANGLI_PRESET="release")
    done = subprocess.run([old / "wangli", "up", "--data", s.data, "--port", str(s.port), "--clock", "simulated", "--road", "people"], env=env,
                          capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=1800, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    s.data = pathlib.Path(os.path.realpath(s.data))


def beside(s):
    """A second dispatch of the old release; the new `up` ends it at its very end."""
    home = s.data / "service" / "dispatch"
    second = s.data / "service" / "dispatch-9"
    made = s.folder / "dispatch-9"
    shutil.copytree(home, made, ignore=shutil.ignore_patterns("supervise", "pid", "started"))
    (made / "env" / "HEALTH_LISTEN").write_text((home / "env" / "HEALTH_LISTEN").read_text().replace("dispatch.health", "dispatch-9.health"))
    (s.data / "log" / "dispatch-9").mkdir(mode=0o755)
    shutil.copystat(s.data / "log" / "dispatch", s.data / "log" / "dispatch-9")
    owner = (s.data / "log" / "dispatch").stat()
    os.chown(s.data / "log" / "dispatch-9", owner.st_uid, owner.st_gid)
    (made / "log" / "run").write_text((made / "log" / "run").read_text().replace(str(s.data / "log" / "dispatch"), str(s.data / "log" / "dispatch-9")))
    shutil.move(made, second)
    until(30, "an old dispatch runs beside", lambda: s.pid("dispatch-9"))


def program_of(s, service):
    try:
        return pathlib.Path(os.readlink(f"/proc/{s.pid(service)}/exe")).parts[-3]  # apps/<digest>/bin/wangli-…
    except OSError:
        return None


def watch(s, upgrade, began):
    """What ran together while it lasted: sets of (service, release) pairs."""
    seen = set()
    while upgrade.poll() is None:
        mix = frozenset(name for name in [*OLD_PROCESSES, "dispatch-9"] if program_of(s, name) == began)
        if mix not in seen:
            print(f"  old still: {' '.join(sorted(mix)) or 'none'}", flush=True)
        seen.add(mix)
        s.wangli("clock", "advance", "--by", "10min", ok=range(256))  # timers come due in every mix
        time.sleep(0.5)
    return seen


def business_seconds(s):
    return float(s.one("select extract(epoch from clock_timestamp() + shift) from ref.clock"))


def main():
    commit = old_commit()
    if commit is None:
        skip(f"no {OLD[0]} in this repository's history")
    s = System(clock="simulated", road="people")
    try:
        old_up(s, old_sources(s, commit))
        began = program_of(s, "dispatch")
        rows = letters.write(s.folder / "replay.csv", LETTERS, seed=7, prefix="R")
        load = Load(s, rate=RATE).start()
        replay = s.start("import", s.folder / "replay.csv", "--channel", "forum", "--replay")
        load.until_moved(2000, seconds=60)
        beside(s)
        first, before = business_seconds(s), load.receipts()
        upgrade = s.start("up", "--pace", PACE)
        mixes = watch(s, upgrade, began)
        assert upgrade.returncode == 0, upgrade.stdout.read()[-3000:]
        assert any("dispatch-9" in mix and "dispatch" not in mix for mix in mixes), "no old dispatch worked beside a new one"
        assert all(program_of(s, name) not in (None, began) for name in OLD_PROCESSES)
        passed, taken = business_seconds(s) - first, load.receipts() - before
        print(f"upgraded in {len(mixes)} steps; {passed / 3600:.1f} hours of business time and {taken} letters meanwhile", flush=True)
        assert passed >= 3600 and taken >= HOUR_OF_LOAD, "the mix did not last for an hour of load"
        print(load.stop().strip().splitlines()[-1], flush=True)
        until(900, "the replay that began before has ended", lambda: replay.poll() is not None)
        done = replay_to_the_end(s, s.folder / "replay.csv", seconds=900)
        assert done["closed"] == len(rows), done
        s.until_settled(30)
        print(load.verify().splitlines()[-1], flush=True)
        said = s.wangli("rebuild", "analytics", "--compare-only").text  # old programs' entries, read by new ones
        print(said.strip().splitlines()[-1], flush=True)
        parked = {schema: int(s.one(f"select count(*) from {schema}.v_parked")) for schema in (*STREAM_SCHEMAS, "analytics")}
        assert not any(parked.values()), parked
        bad = [i for i in s.check()["invariants"] if not i["ok"]]
        assert not bad, bad
        s.down()
        s.assert_clean_logs()
    except BaseException:
        s.show_logs()
        raise
    finally:
        s.close()


main()
