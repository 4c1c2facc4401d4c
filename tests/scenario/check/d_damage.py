"""`check` itself, tested by damage: of each table, for cases in each state, a row is deleted, doubled under another key, altered
column by column, and one is made up; `check` must name it. What no proof can find is listed here with its reason, and a listed
damage that is always found after all fails too.

Each damage is done in a transaction that asks the proofs and is rolled back (check_probe); some are committed, for wangli-check."""

import collections
import concurrent.futures
import json
import os
import pathlib
import queue
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lib"))
import letters  # noqa: E402
from claimer import IN_DOUBT, Claimer  # noqa: E402
from system import ROOT, SERVICES, System, until  # noqa: E402

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
    "_int4": "{c} || 7",
    "_int8": "{c} || 7::int8",
}

NO_CASE = 999_999_999_999

# A row made up of nothing: it belongs to no case.
MADE_UP = {
    "int2": "7", "int4": "7", "int8": "7", "bool": "true", "text": "'made up'", "date": "'2020-02-02'",
    "bytea": "'\\x00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff'", "timestamptz": "'2020-02-02 08:00+08'",
    "_text": "array['made up']", "_int4": "array[7]", "_int8": f"array[{NO_CASE}]", "interval": "'1 hour'",
}
PROBES = 2
PROBE = pathlib.Path(os.environ["WANGLI_BUILD"]) / "tests" / "scenario" / "check" / "check_probe"

# What is not found, and why: "table what" or, of cases in one state only, "table what @STATE" → reason; `*` stands for all.
LOCK = "a counter for the optimistic lock: any value is right, and a wrong one costs one repeat"
COPY = "when a service noted another one's fact, by its own clock; the owner's time is proved"
CALENDAR = "follows from calendar and plan, which may have changed since; proved by the golden due times"
SECRET = "check may not read contact data; a letter may come without; erased by law with its epoch"
WORDS = "check may not read what citizens wrote; the digest is proved, the text itself when it is read again"
RULED = "what an operator sets; there is nothing else that it could be compared with"
REPEATED = "the name of the command that wrote it, for its repeat; not under the hash, and any other name costs a refusal"
REPEAT = "kept for repeats only, 90 days; a row that is gone costs a refusal, not a second effect"
EMPTY = "nothing stands here once the system is at rest; I3 and I5 are proved by the kill test"
SUGGESTED = "which article would do is nobody's word until the letter is accepted; the entry then has it"
LEASE = "when it is tried again, in real time: any value is right, and a wrong one costs a wait"
IN_VAIN = "how often it was sent in vain: a guess at the message's fault, which costs a setting aside too soon or too late at worst"
PERIOD = "so much after the entry that it waits since; how much is a setting of reply's, which check does not know"
OWN = "an integrator's own, sealed by him; nobody else knows it"
UNASKED = "no letter of this system brought or asked for any; i_objects and h_state_status look at some that did"
WIDTH = "how wide the next part of a table is: any width is right"
LEDGER = "what was applied is compared by wangli-migrate at each start, not by check"
BLIND = {
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
    "followup.case_file alter delivered_at": COPY,
    "followup.timer alter claimed_until": LEASE,
    "followup.visit alter means": RULED,
    "followup.visit alter remark": WORDS,
    "intake.case_file alter closed_at": COPY,
    "intake.channel_key *": RULED,
    "intake.channel_state *": OWN,
    "intake.attachment empty": UNASKED,
    "analytics.status empty": UNASKED,
    "intake.contact *": SECRET,
    "intake.epoch *": SECRET,
    "intake.letter double": "a second row of a letter is an addition",
    "intake.letter alter title": WORDS,
    "intake.letter alter body": WORDS,
    "intake.letter alter written_at": WORDS,
    "intake.letter alter likes": WORDS,
    "intake.refusal alter sentence": WORDS,
    "intake.case_file alter kb_article @RECEIVED": SUGGESTED,
    "intake.case_file alter kb_article @NOT_ACCEPTED": SUGGESTED,
    "reply.kb_article *": RULED,
    "reply.kb_article empty": RULED,
    "reply.case_file alter replied_at": "as the unit dates it",
    "reply.case_file alter closed_at": COPY,
    "reply.command *": REPEAT,
    "reply.draft alter text": WORDS,
    "reply.pending alter attempts": LEASE,
    "reply.pending alter next_at": LEASE,
    "reply.pending alter sends": IN_VAIN,
    "reply.pending alter faults": IN_VAIN,
    "reply.rejection alter reason": WORDS,
    "reply.timer alter claimed_until": LEASE,
    "reply.timer alter due_at": PERIOD,
    "reply.verification alter note": WORDS,
}
for schema in SCHEMAS:
    BLIND[f"{schema}.migration *"] = LEDGER
    BLIND[f"{schema}.partitioning *"] = WIDTH
    BLIND[f"{schema}.case_file alter version"] = LOCK
    BLIND[f"{schema}.journal alter command_id"] = REPEATED
    BLIND.update({f"{schema}.{table} empty": EMPTY for table in ("pending", "batch_marker", "timer", "command", "journal", "parked")})


def is_blind(damage, state):
    return any(d in BLIND for d in (damage, f"{damage} @{state}", damage.split(" ")[0] + " *"))


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


class Probe:
    """check_probe: one damage in, what it offends out."""

    def __init__(self, system):
        self.process = subprocess.Popen([PROBE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8",
                                        env=dict(system.env, PG_CONNINFO=system.conninfo("postgres")))

    def ask(self, statement):
        self.process.stdin.write(statement + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline().strip()
        assert line, f"check_probe ended at {statement}"
        return line

    def close(self):
        self.process.stdin.close()
        assert self.process.wait(timeout=30) == 0


def tables(shell):
    """{table: [(column, type)]} and {table: [columns of its key]}"""
    names = ", ".join(f"'{s}'" for s in SCHEMAS)
    columns, keys = collections.defaultdict(list), collections.defaultdict(list)
    for line in shell.run(f"""select n.nspname || '.' || c.relname, a.attname, t.typname, coalesce(a.attnum = any (i.indkey), false)
            from pg_class c join pg_namespace n on n.oid = c.relnamespace
            join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            join pg_type t on t.oid = a.atttypid left join pg_index i on i.indrelid = c.oid and i.indisprimary
            where n.nspname in ({names}) and c.relkind in ('r', 'p') and not c.relispartition order by 1, a.attnum;"""):
        table, column, kind, is_key = line.split("\t")
        columns[table].append((column, kind))
        if is_key == "t":
            keys[table].append(column)
    return columns, keys


def samples(shell, table, columns, keys):
    """[(state, ctid)]: of cases in each state the table's first and last row; of a table without cases the first one."""
    order = ", ".join(keys)
    if "case_id" not in dict(columns):
        return [("", line) for line in shell.run(f"select ctid from {table} order by {order} limit 1;")]
    found = []
    forward, backward = ", ".join(f"t.{k}" for k in keys), ", ".join(f"t.{k} desc" for k in keys)
    for line in shell.run(f"""select coalesce(a.state_name, 'UNKNOWN'), x.first, x.last from (
            select t.case_id, (array_agg(t.ctid order by {forward}))[1] as first, (array_agg(t.ctid order by {backward}))[1] as last,
                row_number() over (partition by min(coalesce(v.state_name, 'UNKNOWN')) order by t.case_id) as place
            from {table} t left join analytics.v_case v on v.case_id = t.case_id group by t.case_id) x
            left join analytics.v_case a on a.case_id = x.case_id where x.place = 1;"""):
        state, first, last = line.split("\t")
        found += [(state, ctid) for ctid in dict.fromkeys((first, last))]
    return found


def damages(table, columns, keys, ctid):
    """(what, statement) of one row."""
    row = f"ctid = '{ctid}'"
    kinds = dict(columns)
    yield "delete", f"delete from {table} where {row}"
    last = keys[-1]
    # far away from what is there, so that the key is free
    other = f"{last} + 1000" if kinds[last] in ("int2", "int4", "int8", "date") else OTHER[kinds[last]].format(c=last)
    values = ", ".join(other if c == last else c for c, _ in columns)
    yield "double", f"insert into {table} select {values} from {table} where {row}"
    for column, kind in columns:
        value = f"{column} + 1000" if column in keys and kind.startswith("int") else OTHER[kind].format(c=column)
        yield f"alter {column}", f"update {table} set {column} = {value} where {row}"


def made_up(table, columns):
    values = ", ".join(str(NO_CASE) if c == "case_id" else MADE_UP[k] for c, k in columns)
    return "make up", f"insert into {table} ({', '.join(c for c, _ in columns)}) values ({values})"


def offended(system):
    done = subprocess.run([system.data / "app" / "bin" / "wangli-check", "--json"], capture_output=True, text=True, timeout=60,
                          env=dict(system.env, PG_CONNINFO=system.conninfo("wl_check")), check=False)
    assert done.returncode in (0, 1), done.stderr
    return [i["name"] for i in json.loads(done.stdout)["invariants"] if not i["ok"]]


def jobs_of(shell):
    """{table: [(state, what, statement)]}; and the tables without a row."""
    columns, keys = tables(shell)
    jobs, empty = {}, []
    for table in columns:
        rows = samples(shell, table, columns[table], keys[table])
        jobs[table] = [("", *made_up(table, columns[table]))]
        jobs[table] += [(state, *damage) for state, ctid in rows for damage in damages(table, columns[table], keys[table], ctid)]
        if not rows:
            empty.append(f"{table} empty")
    return jobs, empty


def try_all(system, jobs):
    """{damage: {state: what offends it}}; two at a time, each with tables of its own, so that nobody waits for a row."""
    todo = queue.SimpleQueue()
    for table in sorted(jobs, key=lambda t: -len(jobs[t])):
        todo.put(table)

    def work():
        probe, results = Probe(system), []
        while True:
            try:
                table = todo.get_nowait()
            except queue.Empty:
                probe.close()
                return results
            results += [(f"{table} {what}", state, probe.ask(statement)) for state, what, statement in jobs[table]]

    found = collections.defaultdict(dict)
    with concurrent.futures.ThreadPoolExecutor(PROBES) as pool:
        for future in [pool.submit(work) for _ in range(PROBES)]:
            for damage, state, by in future.result():
                assert not by.startswith("database") or "constraint" in by, f"{damage}: {by}"
                # of several rows in one state, the one that nobody sees counts
                if found[damage].get(state) != "nothing":
                    found[damage][state] = by
    return found


def assert_committed_is_seen(system, shell, jobs, found):
    """wangli-check itself, as wl_check, over what is really there: the first damage that is seen, of each table."""
    for table, of_table in jobs.items():
        for state, what, statement in of_table:
            by = found[f"{table} {what}"].get(state, "nothing")
            if by == "nothing" or by.startswith("database"):
                continue
            shell.run(f"create temp table copy as select * from {table}; {statement};")
            assert by in offended(system), f"{statement}: check_probe says {by}"
            shell.run(f"begin; delete from {table}; insert into {table} select * from copy; commit; drop table copy;")
            break
    assert offended(system) == [], "what was damaged is not whole again"


def judge(found, empty):
    silent, stale = [e for e in empty if not is_blind(e, "")], []
    for damage, states in sorted(found.items()):
        missed = [s for s, by in states.items() if by == "nothing"]
        silent += [f"{damage} @{s}".rstrip(" @") for s in missed if not is_blind(damage, s)]
        if damage in BLIND and not missed:
            stale.append(damage)
        stale += [f"{damage} @{s}" for s in states if f"{damage} @{s}" in BLIND and s not in missed]
    assert not silent, "check does not see:\n" + "\n".join(silent)
    assert not stale, "check sees, though it is listed as blind:\n" + "\n".join(stale)


# --- a system with a case in every state ---

PEOPLE = """step,type,taken_by
accept,*,people
answer,*,system
dispatch,*,people
sign,*,people
contact,*,people
approve_lead,*,people
approve_reviewer,*,people
first_visit,*,system
"""
OFFICER, LEAD, REVIEWER = "unit_officer/li", "unit_lead/zhao", "reviewer/wang"


class Play:
    """Takes cases along the road of people, as the command line lets an operator do."""

    def __init__(self, system, shell):
        self.system = system
        self.shell = shell
        self.files = 0

    def file_of(self, count):
        """A file of new letters, and what its external ids begin with."""
        self.files += 1
        path, prefix = self.system.folder / f"play{self.files}.csv", f"P{self.files}-"
        letters.write(path, count, seed=100 + self.files, with_reply=False, prefix=prefix)
        return path, prefix

    def letters(self, count):
        """Submits new letters; their case ids."""
        path, prefix = self.file_of(count)
        self.system.wangli("import", path, "--channel", "app", timeout=120)
        return [int(line) for line in self.shell.run(
            f"select case_id from intake.v_case where source_msg_id like '{prefix}%' order by case_id;")]

    def one(self, case_id, view, column):
        return "".join(self.shell.run(f"select {column} from {view} where case_id = {case_id};"))

    def act(self, case_id, *words, ok=(0,)):
        return self.system.wangli("case", case_number(case_id), *words, ok=ok)

    def until(self, case_id, service, state):
        until(30, f"case {case_id} is {state} in {service}", lambda: self.one(case_id, f"{service}.v_case", "state_name") == state)

    def until_signed_is_known(self, case_id):
        until(30, f"reply knows the unit of {case_id}", lambda: self.one(case_id, "reply.v_case", "state_name") == "OPEN")

    # each step begins where the one before ends

    def accept(self, case_id):
        self.act(case_id, "accept", "--type", "help")  # is given back once; a consult never is
        self.until(case_id, "dispatch", "ACCEPTED")

    def dispatch(self, case_id):
        self.accept(case_id)
        self.act(case_id, "dispatch")
        self.until(case_id, "dispatch", "DISPATCHED")

    def sign(self, case_id):
        self.dispatch(case_id)
        self.act(case_id, "sign")
        self.until_signed_is_known(case_id)

    def contact(self, case_id):
        self.sign(case_id)
        self.act(case_id, "contact", "--note", "已电话联系", "--means", "phone")

    def submit(self, case_id):
        self.contact(case_id)
        self.act(case_id, "submit", "--text", f"您好，第{case_id}件已核实处理。", "--as", OFFICER)

    def approve_lead(self, case_id):
        self.submit(case_id)
        self.act(case_id, "approve", "--as", LEAD)

    def reject(self, case_id):
        self.submit(case_id)
        self.act(case_id, "reject", "--reason", "请补充处理结果", "--as", LEAD)

    def approve(self, case_id):
        self.approve_lead(case_id)
        self.act(case_id, "approve", "--as", REVIEWER)

    def answered_again(self, case_id):
        self.until_signed_is_known(case_id)
        self.act(case_id, "submit", "--text", f"您好，第{case_id}件已重新办理。", "--as", OFFICER)
        self.act(case_id, "approve", "--as", LEAD)
        self.act(case_id, "approve", "--as", REVIEWER)

    def rate(self, case_id, solved, satisfaction):
        self.act(case_id, "rate", "--solved", solved, "--satisfaction", satisfaction, "--contacted", "--remark", "测试")

    def answer(self, case_id):
        """A consult, by an agent with an article of the knowledge base; no unit ever has it."""
        article = self.shell.run("select min(id) from reply.v_kb_article;")[0]
        self.act(case_id, "accept", "--type", "consult", "--no-article")
        self.until(case_id, "dispatch", "ACCEPTED")
        self.act(case_id, "answer", "--article", article)
        self.until(case_id, "dispatch", "RESOLVED")

    def refuse(self, case_id):
        self.act(case_id, "refuse", "--reason", "outside_city", "--guidance", "请向市外主管部门反映")
        self.until(case_id, "reply", "NOTICE")

    def deliver(self, *case_ids):
        """The channel is there until these were handed over."""
        open_ones = ", ".join(map(str, case_ids))
        query = f"select count(*) from reply.v_case where case_id in ({open_ones}) and state_name in ('REPLIED', 'NOTICE');"
        channel = self.system.start("import", self.file_of(1)[0], "--channel", "app", "--stay", "600")
        until(60, f"{open_ones} were delivered", lambda: self.shell.run(query) == ["0"])
        channel.terminate()
        said, _ = channel.communicate(timeout=60)
        assert channel.returncode == 0 or "interrupted" in said, said  # its own letter may still be under way

    def claims(self, sending, doubtful, verified):
        """A channel that must not call its provider twice: claimed for the second time, in doubt, and delivered as a person found."""
        for case_id in (sending, doubtful, verified):
            self.approve(case_id)
        channel = Claimer(self.system, "app")
        for case_id in (sending, doubtful, verified):
            delivery = channel.deliver(case_id)
            channel.claim_until_go(case_id, delivery, f"claim-number-one-of-{case_id}")
            channel.done(case_id, delivery, IN_DOUBT, 1)
            self.until(case_id, "reply", "IN_DOUBT")
        self.act(verified, "verify", "--delivered", "--note", "平台后台显示已送达")
        self.act(sending, "verify", "--note", "平台后台没有这条")
        channel.forget()
        assert channel.claim_until_go(sending, channel.deliver(sending), f"claim-number-two-of-{sending}") == 2
        channel.close()


def case_number(case_id):
    """CD0421786-3: seven digits and Luhn's check digit."""
    digits = f"{case_id:07d}"
    total = 0
    for place, digit in enumerate(map(int, reversed(digits))):
        total += sum(divmod(digit * 2, 10)) if place % 2 == 0 else digit
    return f"CD{digits}-{-total % 10}"


def play(system, shell):
    """A case or two in each state; who is left waiting is named last."""
    system.wangli("kb", "import", ROOT / "deploy" / "cities" / "chengdu" / "kb.csv")
    system.wangli("ref", "import", "--road", put(system.folder / "people.csv", PEOPLE))
    on = Play(system, shell)
    received, refused, notice, accepted, dispatched, signed, contacted, submitted, lead, rejected, sending, replied, *rest = on.letters(22)
    following, redoing, again, satisfied, second, twice, direct, direct_waits, doubtful, verified = rest
    for step, case_id in ((on.accept, accepted), (on.dispatch, dispatched), (on.sign, signed), (on.contact, contacted),
                          (on.submit, submitted), (on.approve_lead, lead), (on.reject, rejected), (on.refuse, refused)):
        step(case_id)
    for case_id in (following, redoing, again, satisfied, second, twice):
        on.approve(case_id)
    on.answer(direct)
    on.deliver(refused, following, redoing, again, satisfied, second, twice, direct)
    for case_id in (following, redoing, again, satisfied, second, twice):
        on.until(case_id, "followup", "FOLLOWING")
    on.rate(satisfied, "yes", 5)
    for case_id in (redoing, again, second, twice):
        on.rate(case_id, "no", 1)
        on.until_signed_is_known(case_id)
    on.act(again, "submit", "--text", "您好，已重新办理。", "--as", OFFICER)
    for case_id in (second, twice):
        on.answered_again(case_id)
    on.deliver(second, twice)
    for case_id in (second, twice):
        on.until(case_id, "followup", "FOLLOWING")
    on.rate(twice, "no", 2)
    on.approve(replied)
    on.answer(direct_waits)
    on.claims(sending, doubtful, verified)
    on.refuse(notice)
    assert on.one(received, "intake.v_case", "state_name") == "RECEIVED"


def put(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def prepare(system, shell):
    path = system.folder / "letters.csv"
    letters.write(path, 8, seed=11)
    system.wangli("channel", "add", "app")
    system.wangli("import", path, "--channel", "app", "--replay", timeout=300)
    play(system, shell)
    until(30, "only deliveries are under way", lambda: system.one(
        "select count(*) from (" + " union all ".join(
            f"select grp from {s}.v_pending where grp not like 'deliver/%'" for s in SCHEMAS) + ") p") == "0")
    assert offended(system) == []
    # nobody may mend, or stumble over, what is broken on purpose
    for service in SERVICES:
        subprocess.run(["sv", "-w", "20", "down", system.data / "service" / service], check=True, stdout=subprocess.DEVNULL)


def main():
    begin = time.monotonic()
    with System() as system:
        shell = Shell(system)
        prepare(system, shell)
        print(f"{time.monotonic() - begin:.0f} s: the system is ready")
        jobs, empty = jobs_of(shell)
        found = try_all(system, jobs)
        n = sum(len(states) for states in found.values())
        states = sorted({s for states in found.values() for s in states if s})
        print(f"{time.monotonic() - begin:.0f} s: {len(found)} damages in {len(states)} states, {n} in all; cases were {', '.join(states)}")
        judge(found, empty)
        assert_committed_is_seen(system, shell, jobs, found)
        shell.close()


main()
