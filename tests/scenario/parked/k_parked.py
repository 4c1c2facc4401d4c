"""What poisons its consumer, in a whole system (law 12): a letter that dispatch refuses, one that ends dispatch again and again, one that
analytics refuses. The others go on, each is set aside after its sends and waits with an owner and a due time, `check` agrees, and a person
has it tried again by a mended program, or skips it with a reason."""

import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lib"))
import letters  # noqa: E402
from system import System, until  # noqa: E402

PATIENCE = 120
HASTY = {"PARK_AFTER": "3", "LEASE": "300ms", "RETRY_MOST": "500ms"}
PRODUCERS = ("intake", "dispatch", "reply", "followup")


class Town:
    """Letters come in one by one; who is planted as poison is known by its case."""

    def __init__(self, system):
        self.system = system
        self.files = 0

    def letters(self, count):
        self.files += 1
        path, prefix = self.system.folder / f"town{self.files}.csv", f"T{self.files}-"
        letters.write(path, count, seed=700 + self.files, with_reply=False, prefix=prefix)
        self.system.wangli("import", path, "--channel", "app", timeout=120)
        return [int(row[0]) for row in self.system.sql(
            f"select case_id from intake.v_case where source_msg_id like '{prefix}%' order by case_id")]

    def poison(self, service, plant):
        """One letter comes while the service is down; it then starts with a plant for its case."""
        self.sv("down", service)
        case_id = self.letters(1)[0]
        (self.system.data / "service" / service / "env" / "WANGLI_PLANT").write_text(f"{plant}:{case_id}\n")
        self.sv("up", service)
        return case_id

    def mend(self, service):
        (self.system.data / "service" / service / "env" / "WANGLI_PLANT").unlink()
        for word in ("down", "up"):
            self.sv(word, service)

    def sv(self, word, service):
        subprocess.run(["sv", "-w", "30", word, self.system.data / "service" / service], check=True, stdout=subprocess.DEVNULL)

    def parked(self, *words):
        return json.loads(self.system.wangli("parked", "list", *words, "--json").stdout)["parked"]

    def until_parked(self, service, case_id, meanwhile=lambda: None):
        def look():
            meanwhile()
            return [e for e in self.parked() if e["case_id"] == str(case_id) and e["service"] == service]
        return until(PATIENCE, f"{service} has set case {case_id} aside", look)

    def until_taken(self, service, case_ids):
        ids = ", ".join(map(str, case_ids))
        until(PATIENCE, f"{service} has {ids}", lambda: self.system.one(
            f"select count(*) from {service}.v_case where case_id in ({ids})") == str(len(case_ids)))


def offended(system):
    """By which invariants, with exit 1."""
    return [i["name"] for i in system.check(ok=(1,))["invariants"] if not i["ok"]]


def damage(system, statement, undo):
    system.sql(statement, "postgres")
    found = offended(system)
    system.sql(undo, "postgres")
    assert "I3" in found or "I5" in found, f"{statement}: {found}"
    system.check()


def refused_letter_waits_and_is_taken_by_the_mended_program(town):
    system = town.system
    case_id = town.poison("dispatch", "poison")
    town.until_taken("dispatch", town.letters(5))
    first = town.until_parked("dispatch", case_id)[0]
    assert (first["producer"], first["seq"], first["owner"]) == ("intake", 1, "operator"), first
    assert "planted" in first["why"] and first["due_at"] > first["parked_at"], first
    system.until_settled(PATIENCE)
    system.check()
    shown = system.wangli("parked", "show", case_id, "intake", 1, "--body", system.folder / "body").stdout
    assert "planted" in shown and "intake.received.v1" in shown, shown
    assert (system.folder / "body").stat().st_mode & 0o777 == 0o600
    for column, value in (("owner", "''"), ("seq", "seq + 5"), ("body_digest", "'x'"), ("type", "'other'"), ("state", "2, done_at = at")):
        damage(system, f"create table public.copy as select * from dispatch.parked; update dispatch.parked set {column} = {value}",
               "begin; delete from dispatch.parked; insert into dispatch.parked select * from public.copy; drop table public.copy; commit")
    damage(system, "create table public.copy as select * from dispatch.parked; delete from dispatch.parked",
           "begin; insert into dispatch.parked select * from public.copy; drop table public.copy; commit")
    again = system.wangli("parked", "retry", case_id, "intake", ok=(1,)).text
    assert "0 applied; 1 waits" in again and "planted" in again, again
    assert system.one("select count(*) from dispatch.v_case where case_id = " + str(case_id)) == "0"
    town.mend("dispatch")
    assert "nothing waits" in system.wangli("parked", "retry", case_id, "intake").stdout
    town.until_taken("dispatch", [case_id])
    assert town.parked() == []
    again = system.wangli("parked", "retry", case_id, "intake", ok=(1,)).text
    assert "nothing like that" in again, again
    system.until_settled(PATIENCE)
    system.check()


def letter_that_ends_the_process_holds_up_nobody_for_long(town):
    case_id = town.poison("dispatch", "crash")
    others = []
    town.until_parked("dispatch", case_id, lambda: others.extend(town.letters(1)))
    town.until_taken("dispatch", others)
    print(f"{len(others)} other letters meanwhile")
    town.system.until_settled(PATIENCE)
    town.system.check()
    town.mend("dispatch")
    assert "nothing waits" in town.system.wangli("parked", "retry", case_id, "intake").stdout
    town.until_taken("dispatch", [case_id])
    town.system.check()


def letter_that_is_skipped_keeps_reason_and_owner(town):
    system = town.system
    case_id = town.poison("analytics", "poison")
    town.until_parked("analytics", case_id)
    system.until_settled(PATIENCE)
    system.check()
    town.mend("analytics")
    for producer in sorted({e["producer"] for e in town.parked()}):  # each stream is set aside by itself
        words = ("parked", "skip", case_id, producer)
        first = min(e["seq"] for e in town.parked() if e["producer"] == producer)
        no = system.wangli(*words, first, ok=(2,)).text
        assert "--reason" in no, no
        no = system.wangli(*words, first, "--reason", "x", "--as", "reviewer/wang", ok=(1,)).text
        assert "FORBIDDEN" in no, no
        system.wangli(*words, first, "--reason", "counted by hand", "--as", "supervisor/he")
    until(PATIENCE, "nothing waits", lambda: town.parked() == [])
    kept = [e for e in town.parked("--all") if e["state"] == "SKIPPED"]
    assert kept and all((e["owner"], e["reason"]) == ("supervisor/he", "counted by hand") for e in kept), kept
    system.until_settled(PATIENCE)
    system.check()


def main():
    with System() as system:
        system.wangli("channel", "add", "app")
        for service in PRODUCERS:
            for name, value in HASTY.items():
                (system.data / "service" / service / "env" / name).write_text(value + "\n")
            old = system.pid(service)
            system.kill(service)
            system.until_back(service, old)
        town = Town(system)
        assert town.parked() == []
        for test in (refused_letter_waits_and_is_taken_by_the_mended_program, letter_that_ends_the_process_holds_up_nobody_for_long,
                     letter_that_is_skipped_keeps_reason_and_owner):
            test(town)
            print(f"ok: {test.__name__}", flush=True)


main()
