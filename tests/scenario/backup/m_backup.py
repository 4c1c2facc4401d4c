"""Backup, everything destroyed, restored on another data folder: the check is clean, every row is what it was, a contact opens, the
attachments are there byte for byte, a letter handed in again gets its old receipt, and no number is given a second time, not even one
that only the lost machine knew. No key is in the repository. What is missing, wrong or damaged is named, and leaves nothing behind."""

import base64
import datetime
import hashlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
import zlib

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests" / "lib"))
sys.path.insert(0, str(ROOT / "tests" / "scenario" / "sdk"))
BUILD = pathlib.Path(os.environ.get("WANGLI_BUILD", ROOT / "build" / "dev"))
PATHS = [str(ROOT / "sdk" / "python"), str(BUILD / "sdk" / "python")]
sys.path[:0] = PATHS
import letters  # noqa: E402
import nacl.exceptions  # noqa: E402
import nacl.public  # noqa: E402
from i_sdk import Client, png  # noqa: E402
from portal import Browser  # noqa: E402
from sdk_prefix import Prefix  # noqa: E402
from system import STREAM_SCHEMAS, System, free_port, until  # noqa: E402
from wangli import crypto  # noqa: E402

PASSPHRASE = "a horse, a battery, a staple"
CHANNEL = "hall"
BEGAN = time.monotonic()
GAP = 200000
# What has a life of its own while nothing happens: which markers wait, and when to look again.
RESTLESS = "('pending', 'marker', 'timer')"


class Backups:
    """The repository and the keys of a system, as an operator has them."""

    def __init__(self, s):
        self.s = s
        self.folder = s.folder / "elsewhere"
        self.folder.mkdir(mode=0o755)
        self.keys, self.passphrase = self.folder / "keys.sealed", self.folder / "passphrase"
        self.passphrase.write_text(PASSPHRASE + "\n")

    def restore(self, to, ok=(0,), *, repository="sealed", keys=None, passphrase=None, more=()):
        return to.wangli("restore", "--from", self.folder / repository, "--keys", keys or self.keys, "--passphrase-file",
                         passphrase or self.passphrase, "--port", to.port, *more, ok=ok)


def spool(s, name, first, last):
    """Hands letters in by a spool of that name; what all spools of that file were answered: letter → (number, code)."""
    receipts = s.folder / f"{name}.receipts"
    subprocess.run([sys.executable, pathlib.Path(__file__).with_name("spooler.py"), s.folder / f"spool-{name}",
                    f"tcp://127.0.0.1:{s.port + 1}", s.data / "keys", CHANNEL, receipts, str(first), str(last)],
                   env=dict(os.environ, PYTHONPATH=os.pathsep.join(PATHS)), check=True, timeout=120, stdin=subprocess.DEVNULL)
    return {line.split()[0]: tuple(line.split()[1:]) for line in receipts.read_text().splitlines()}


def attach(s, prefix, name, width=40):
    photo = s.folder / f"{name}.png"
    digest = png(photo, width)
    Client(s, prefix, "attach", "photos").run(photo, "image/png", digest, name, "路灯不亮", f"见照片（{name}）。")


def rows(s):
    """A digest of all rows of each table, apart from what lives by itself."""
    tables = [t for (t,) in s.sql("select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace "
                                  "where c.relkind = 'r' and n.nspname in ('intake', 'dispatch', 'reply', 'followup', 'analytics', "
                                  f"'portal', 'ref') and c.relname not in {RESTLESS} order by 1", "postgres")]
    assert len(tables) > 30, tables
    query = " union all ".join(f"select '{t}', count(*), md5(string_agg(x::text, chr(10) order by x::text)) from {t} as x" for t in tables)
    return {table: (int(n), digest) for table, n, digest in s.sql(query, "postgres")}


def objects(s):
    kept = s.data / "objects" / "objects"
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in kept.rglob("*") if p.is_file()}


def figures(s):
    shown = Browser(s).get("/api/overview").json["figures"]
    assert len(shown) > 5, shown
    return shown


def contact_of(s, name, vault):
    """The letter's contact, opened with a vault's secret."""
    record, sealed_key = s.sql("select encode(c.record, 'hex'), encode(e.sealed_key, 'hex') from intake.contact c join intake.epoch e "
                               "using (epoch) join intake.submission m using (case_id) "
                               f"where m.source = '{CHANNEL}' and m.source_msg_id = '{name}'", "postgres")[0]
    key = nacl.public.SealedBox(nacl.public.PrivateKey(vault)).decrypt(bytes.fromhex(sealed_key))
    return crypto.record_open(bytes.fromhex(record), name.encode(), key)


# --- the repository has no key in it ---

def unpacked(content):
    """A file of the repository and, as several may be packed one behind the other, each gzip member in it."""
    yield content
    at = content.find(b"\x1f\x8b\x08")
    while at >= 0:
        one = zlib.decompressobj(31)
        try:
            yield one.decompress(content[at:])
        except zlib.error:
            at = content.find(b"\x1f\x8b\x08", at + 3)
            continue
        at = content.find(b"\x1f\x8b\x08", len(content) - len(one.unused_data)) if one.unused_data else -1


def secrets_of(s):
    """Every secret in DATA/keys in the shapes it could travel in."""
    found = {}
    for path in (s.data / "keys").rglob("*"):
        if not path.is_file() or path.suffix == ".pub":
            continue
        text = path.read_text().strip()
        raw = crypto.z85_read(text, path.name) if len(text) == 40 else base64.b64decode(text)
        found[path.name] = [text.encode(), raw, raw.hex().encode(), base64.b64encode(raw)]
    assert {"vault", "operator", "bus.key", "door.key", "querycode", CHANNEL} <= found.keys(), found.keys()
    return found


def occurs_in(repository, needles):
    found = set()
    for path in repository.rglob("*"):
        if path.is_file():
            for content in unpacked(path.read_bytes()):
                found |= {needle for needle in needles if needle in content}
    return found


def no_key_is_in_the_repository(s, backups):
    """Looked for where nothing is encrypted; what must be there is found, so the search finds."""
    s.wangli("backup", "--to", backups.folder / "plain", "--plain")
    known = "春熙路中段的路灯坏了".encode()
    secrets = [needle for shapes in secrets_of(s).values() for needle in shapes]
    found = occurs_in(backups.folder / "plain", [known, *secrets])
    assert found == {known}, f"{len(found) - (known in found)} keys are in the repository; the letters: {known in found}"
    assert "测试人3".encode() not in b"".join(c for p in (backups.folder / "plain").rglob("*") if p.is_file() for c in unpacked(p.read_bytes()))


# --- the end of a machine ---

def processes(s):
    """Those that name the data folder in their words, or work in it: its own and nobody else's."""
    data = os.path.realpath(s.data)
    for proc in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            words, folder = (proc / "cmdline").read_bytes().decode(errors="replace"), os.path.realpath(proc / "cwd")
        except OSError:
            continue
        if f"{data}/" in words or folder.startswith(f"{data}/"):
            yield int(proc.name)


def destroy(s):
    def killed():
        alive = list(processes(s))
        for pid in alive:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        return not alive

    run = next(line[4:] for line in (s.data / "system.conf").read_text().splitlines() if line.startswith("RUN="))
    until(30, "everything is dead", killed)
    shutil.rmtree(os.path.realpath(s.data))
    shutil.rmtree(run, ignore_errors=True)


# --- what is refused ---

def is_empty(to):
    return not to.data.exists() or not any(to.data.iterdir())


def refused(to, backups, words, **how):
    done = backups.restore(to, ok=range(1, 256), **how)
    assert words in done.stderr, done.text
    assert is_empty(to) and not list(processes(to)), "something was left behind"


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def largest(folder):
    return max((p for p in folder.rglob("*") if p.is_file()), key=lambda p: p.stat().st_size)


def damage_is_named(s, backups):
    for folder, words in (("pg/backup", "checksum"), ("objects", "attachments")):
        path = largest(backups.folder / "sealed" / folder)
        flip(path)
        done = s.wangli("backup", "check", ok=range(1, 256))
        assert words in done.stderr and ("damaged" in done.stderr), done.text
        flip(path)


def bad_restores(to, backups):
    wrong = backups.folder / "wrong"
    wrong.write_text("another passphrase altogether")
    refused(to, backups, "the passphrase is wrong", passphrase=wrong)
    refused(to, backups, "cannot read the keys", keys=backups.folder / "none")
    refused(to, backups, "is no repository", repository="passphrase")
    refused(to, backups, "their vault does not open the contacts", keys=other_keys(backups))
    subprocess.run(["cp", "-a", backups.folder / "sealed", backups.folder / "damaged"], check=True)
    flip(largest(backups.folder / "damaged" / "pg" / "backup"))
    refused(to, backups, "the repository is damaged: invalid", repository="damaged")
    shutil.rmtree(backups.folder / "damaged")
    to.data.mkdir(exist_ok=True)
    (to.data / "mine").write_text("not yours")
    done = backups.restore(to, ok=range(1, 256))
    assert "is not empty" in done.stderr and (to.data / "mine").exists(), done.text
    (to.data / "mine").unlink()


def other_keys(backups):
    """The same file with another vault in it."""
    keys, folder = BUILD / "tools" / "keys" / "wangli-keys", backups.folder / "other"
    folder.mkdir()
    subprocess.run([keys, "open", backups.keys, folder / "tar", backups.passphrase], check=True)
    subprocess.run(["tar", "-C", folder, "-xf", folder / "tar"], check=True)
    (folder / "keys" / "vault").unlink()
    subprocess.run([keys, "vault", folder / "keys" / "vault"], check=True)
    subprocess.run(["tar", "-C", folder, "-cf", folder / "tar", "keys"], check=True)
    subprocess.run([keys, "seal", folder / "tar", folder / "sealed", backups.passphrase], check=True)
    return folder / "sealed"


# --- the whole way ---

def work(s, prefix):
    """Letters in different states: closed by the replay, replied, signed, with contact, with a photo."""
    path = s.folder / "letters.csv"
    letters.write(path, 12, seed=5)
    s.wangli("import", path, "--channel", "app", "--replay")
    s.wangli("channel", "add", CHANNEL)
    receipts = spool(s, "before", 1, 8)
    attach(s, prefix, "P1")
    for number in [receipts[f"s{n}"][0] for n in (1, 2)]:
        unit = until(60, "it is signed", lambda number=number: unit_of(s, number))
        s.wangli("case", number, "submit", "--text", "您好，路灯已修复。", "--as", f"unit_officer/li@{unit}")


def waiting(s):
    union = " union all ".join(f"select grp from {schema}.v_pending" for schema in STREAM_SCHEMAS)
    return int(s.one(f"select count(*) from ({union}) as p where grp not like 'deliver/%'"))


def unit_of(s, number):
    case = json.loads(s.wangli("case", number, "--json").stdout)
    return case["unit"]["code"] if case["state"] == "IN_PROGRESS" else None


def backed_up(s, prefix, backups):
    s.wangli("backup", "--to", backups.folder / "sealed")
    asked = s.wangli("backup", "list")
    assert "full" in asked.stdout, asked.text
    moment = datetime.datetime.now(datetime.timezone.utc)
    spool(s, "before", 9, 12)
    s.wangli("backup")
    spool(s, "before", 13, 14)
    attach(s, prefix, "P2", width=41)  # only its WAL takes it along
    listed = json.loads(s.wangli("backup", "list", "--json").stdout)["backups"]
    assert [b["type"] for b in listed] == ["full", "incr"] and listed[1]["stored_bytes"] < listed[0]["stored_bytes"], listed
    s.wangli("backup", "keys", "--to", backups.keys, "--passphrase-file", backups.passphrase)
    until(60, "no marker is left but those of replies that nobody takes", lambda: waiting(s) == 0)
    damage_is_named(s, backups)
    said = s.wangli("backup", "check").text
    assert "complete up to" in said and "NOT IN IT" not in said, said
    return moment


def restored_is_what_was(b, was):
    now = rows(b)
    changed = {t: (was["rows"][t], now.get(t)) for t in was["rows"] if now.get(t) != was["rows"][t]}
    assert not changed, changed
    assert figures(b) == was["figures"], (figures(b), was["figures"])
    assert objects(b) == was["objects"] and len(was["objects"]) == 2 and all(n == d for n, d in objects(b).items())
    vault = base64.b64decode((b.data / "keys" / "vault").read_text())
    assert "测试人3".encode() in contact_of(b, "s3", vault) and b"13800000003" in contact_of(b, "s3", vault)
    try:
        contact_of(b, "s3", os.urandom(32))
    except nacl.exceptions.CryptoError:
        pass
    else:
        raise AssertionError("a contact opens without the vault's key")


def numbers_go_on(b, was, lost):
    """The same receipts for what was kept; new numbers for what was lost and for what is new."""
    count = b.one("select count(*) from intake.v_submission")
    again = spool(b, "again", 1, 14)
    assert again == {k: v for k, v in was["receipts"].items() if k in again} and len(again) == 14, (again, was["receipts"])
    assert b.one("select count(*) from intake.v_submission") == count
    new = spool(b, "new", 15, 20)
    given = {number for number, _ in {**was["receipts"], **lost}.values()}
    assert not given & {number for number, _ in new.values()}, (given, new)
    least = int(b.one("select min(case_id) from intake.v_submission where source_msg_id in ('s15', 's16', 's20')"))
    assert least > GAP, least
    assert b.check()["ok"]


def at_a_time(c, backups, moment, was):
    """A moment between two backups' letters: what came later is not there, and its numbers stay unused."""
    done = backups.restore(c, more=("--time", moment.isoformat()))
    assert "Restored" in done.stdout, done.text
    ids = [r[0] for r in c.sql(f"select source_msg_id from intake.v_submission where source = '{CHANNEL}' order by case_id")]
    assert sorted(ids) == [f"s{n}" for n in range(1, 9)], ids
    later = spool(c, "later", 9, 9)
    assert later["s9"][0] not in {number for number, _ in was["receipts"].values()}, later
    assert c.check()["ok"]
    # a drill must not write where the living system does
    done = c.wangli("backup", "--to", backups.folder / "sealed", ok=(1,))
    assert "is written by the system at" in done.stderr, done.text


def another(home, name):
    """A system to be, beside the first one's folder."""
    s = System()
    s.folder.rmdir()
    s.folder, s.data = home.folder, home.folder / name
    return s


def stage(name):
    print(f"{time.monotonic() - BEGAN:5.1f} s  {name}", flush=True)


def main():
    home = System()
    systems = [home, another(home, "restored"), another(home, "earlier")]
    try:
        home.__enter__()
        stage("it runs")
        prefix = Prefix(os.environ.get("WANGLI_BUILD", BUILD), home.folder)
        backups = Backups(home)
        work(home, prefix)
        stage("letters in several states")
        no_key_is_in_the_repository(home, backups)
        stage("no key in the repository")
        moment = backed_up(home, prefix, backups)
        stage("backups, and damage named")
        was = {"rows": rows(home), "figures": figures(home), "objects": objects(home), "receipts": spool(home, "before", 13, 14)}
        lost = spool(home, "lost", 15, 17)  # nothing but the machine knows of these
        destroy(home)
        stage("destroyed")
        bad_restores(systems[1], backups)
        stage("bad restores refused")
        backups.restore(systems[1])
        stage("restored")
        restored_is_what_was(systems[1], was)
        numbers_go_on(systems[1], was, lost)
        stage("as it was, and goes on")
        at_a_time(systems[2], backups, moment, was)
        stage("and as it was at a time before")
        for s in systems[1:]:
            s.down()
            s.assert_clean_logs()
    except BaseException:
        for s in systems:
            s.show_logs()
        raise
    finally:
        for s in systems:
            s.close()


if __name__ == "__main__":
    main()
