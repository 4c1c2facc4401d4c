"""`check` itself, tested by damage: one row of each table is deleted, doubled under another key, and altered column by column;
`check` must name it. What no proof can find is listed here with its reason, and a listed damage that is found after all fails too."""

import collections
import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lib"))
import letters  # noqa: E402
from system import SERVICES, System, until  # noqa: E402

SCHEMAS = ["intake", "dispatch", "reply", "followup", "analytics"]
END = "--end-of-answer--"

# An altered value of the same type; a NULL becomes something.
OTHER = {
    "int2": "coalesce({c}, 0) + 1",
    "int4": "coalesce({c}, 0) + 1",
    "int8": "coalesce({c}, 0) + 1",
    "bool": "not coalesce({c}, false)",
    "text": "coalesce({c}, '') || 'x'",
    "bytea": "case when octet_length({c}) > 0 then set_byte({c}, 0, get_byte({c}, 0) # 1) else '\\x01'::bytea end",
    "date": "coalesce({c}, '2019-01-01') + 1",
    "timestamptz": "coalesce({c}, '2019-01-01') + interval '1 hour'",
    "_text": "{c} || array['x']",
}

# What is not found, and why: "table what" → reason; `*` stands for all.
LOCK = "a counter for the optimistic lock: any value is right, and a wrong one costs one repeat"
NO_CASES = "analytics writes no journal: these stay at zero and mean nothing"
COPY = "when a service noted another one's fact, by its own clock; the owner's time is proved"
CALENDAR = "follows from calendar and plan, which may have changed since; proved by the golden due times"
SECRET = "check may not read contact data; a letter may come without; erased by law with its epoch"
WORDS = "check may not read what citizens wrote; the digest is proved, the text itself when it is read again"
RULED = "what an operator sets; there is nothing else that it could be compared with"
REPEAT = "kept for repeats only, 90 days; a row that is gone costs a refusal, not a second effect"
EMPTY = "nothing stands here once the system is at rest; I3 and I5 are proved by the kill test"
LEDGER = "what was applied is compared by wangli-migrate at each start, not by check"
BLIND = {
    "analytics.case_file alter seq": NO_CASES,
    "analytics.case_file alter head": NO_CASES,
    "analytics.case_file alter is_on_time": CALENDAR,
    "dispatch.case_file alter resolved_at": COPY,
    "dispatch.case_file alter closed_at": COPY,
    "dispatch.case_file alter is_provisional": CALENDAR,
    "dispatch.task alter co_units": RULED,
    "dispatch.task alter reason": RULED,
    "dispatch.task alter ref_version": RULED,
    "followup.case_file alter plan": CALENDAR,
    "followup.case_file alter planned": CALENDAR,
    "followup.case_file alter next_at": CALENDAR,
    "followup.case_file alter type": COPY,
    "followup.case_file alter rating": RULED,
    "followup.case_file alter delivered_at": COPY,
    "followup.visit alter means": RULED,
    "intake.case_file alter closed_at": COPY,
    "intake.channel_key *": RULED,
    "intake.contact *": SECRET,
    "intake.epoch *": SECRET,
    "intake.letter double": "a second row of a letter is an addition",
    "intake.letter alter title": WORDS,
    "intake.letter alter body": WORDS,
    "intake.letter alter written_at": WORDS,
    "intake.letter alter likes": WORDS,
    "reply.case_file alter replied_at": "as the unit dates it",
    "reply.case_file alter closed_at": COPY,
    "reply.command *": REPEAT,
    "reply.draft alter text": WORDS,
    "reply.draft alter text_digest": WORDS,
    "reply.draft alter actor": "the journal has the actor, under its hash",
}
for schema in SCHEMAS:
    BLIND[f"{schema}.migration *"] = LEDGER
    BLIND[f"{schema}.case_file alter version"] = LOCK
    BLIND.update({f"{schema}.{table} empty": EMPTY for table in ("pending", "timer", "command", "journal")})


def is_blind(damage):
    return damage in BLIND or damage.split(" ")[0] + " *" in BLIND


class Shell:
    """One psql that stays open, as the superuser."""

    def __init__(self, system):
        command = ["psql", "-X", "-q", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=0", system.conninfo("postgres")]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        text=True, encoding="utf-8")

    def run(self, statements):
        self.process.stdin.write(f"{statements}\n\\echo {END}\n")
        self.process.stdin.flush()
        lines = []
        for line in self.process.stdout:
            if line.strip() == END:
                return lines
            lines.append(line.rstrip("\n"))
        raise AssertionError("psql ended")

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=10)


def tables(shell):
    """{table: [(column, type)]} and {table: [columns of its key]}"""
    names = ", ".join(f"'{s}'" for s in SCHEMAS)
    columns, keys = collections.defaultdict(list), collections.defaultdict(list)
    for line in shell.run(f"""select n.nspname || '.' || c.relname, a.attname, t.typname, coalesce(a.attnum = any (i.indkey), false)
            from pg_class c join pg_namespace n on n.oid = c.relnamespace
            join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            join pg_type t on t.oid = a.atttypid left join pg_index i on i.indrelid = c.oid and i.indisprimary
            where n.nspname in ({names}) and c.relkind = 'r' order by 1, a.attnum;"""):
        table, column, kind, is_key = line.split("\t")
        columns[table].append((column, kind))
        if is_key == "t":
            keys[table].append(column)
    return columns, keys


def damages(table, columns, keys):
    """(what, statement) for the first row by key, a row of a case that is closed."""
    row = f"ctid = (select ctid from {table} order by {', '.join(keys)} limit 1)"
    kinds = dict(columns)
    yield "delete", f"delete from {table} where {row};"
    last = keys[-1]
    # far away from what is there, so that the key is free
    other = f"{last} + 1000" if kinds[last] in ("int2", "int4", "int8", "date") else OTHER[kinds[last]].format(c=last)
    values = ", ".join(other if c == last else c for c, _ in columns)
    yield "double", f"insert into {table} select {values} from {table} where {row};"
    for column, kind in columns:
        value = f"{column} + 1000" if column in keys and kind.startswith("int") else OTHER[kind].format(c=column)
        yield f"alter {column}", f"update {table} set {column} = {value} where {row};"


def offended(system):
    done = subprocess.run([system.data / "app" / "bin" / "wangli-check", "--json"], capture_output=True, text=True, timeout=60,
                          env=dict(system.env, PG_CONNINFO=system.conninfo("wl_check")), check=False)
    assert done.returncode in (0, 1), done.stderr
    return [i["name"] for i in json.loads(done.stdout)["invariants"] if not i["ok"]]


def try_all(system, shell):
    found, missed = {}, []
    columns, keys = tables(shell)
    for table in columns:
        if shell.run(f"select count(*) from {table};") == ["0"]:
            missed.append(f"{table} empty")
            continue
        shell.run(f"create temp table copy as select * from {table};")
        for what, statement in damages(table, columns[table], keys[table]):
            said = shell.run(statement)
            assert not said or "constraint" in said[0], f"{statement}\n{said}"
            by = ["the database"] if said else offended(system)
            shell.run(f"begin; delete from {table}; insert into {table} select * from copy; commit;")
            if by:
                found[f"{table} {what}"] = by
            else:
                missed.append(f"{table} {what}")
        shell.run("drop table copy;")
    assert offended(system) == [], "what was damaged is not whole again"
    return found, missed


def prepare(system):
    path = system.folder / "letters.csv"
    rows = letters.write(path, 20, seed=11)
    system.wangli("channel", "add", "app")
    system.wangli("import", path, "--channel", "app", "--replay", timeout=300)
    more = system.folder / "open.csv"
    letters.write(more, 5, seed=12, prefix="O", with_reply=False)
    system.wangli("import", more, "--channel", "app", timeout=120)
    system.until_settled(20)
    assert len(rows) == 20 and offended(system) == []
    # nobody may mend, or stumble over, what is broken on purpose
    for service in SERVICES:
        subprocess.run(["sv", "-w", "20", "down", system.data / "service" / service], check=True, stdout=subprocess.DEVNULL)


def main():
    with System() as system:
        prepare(system)
        shell = Shell(system)
        found, missed = try_all(system, shell)
        shell.close()
        print(f"{len(found)} damages found, {len(missed)} cannot be")
        silent = [m for m in missed if not is_blind(m)]
        stale = [b for b in BLIND if b in found]
        assert not silent, "check does not see:\n" + "\n".join(silent)
        assert not stale, "check sees, though it is listed as blind:\n" + "\n".join(stale)


main()
