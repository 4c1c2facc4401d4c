"""SQL of services and kit: lower case, only statements that a sharded engine takes too (law 5),
own schema only (law 8)."""
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import lint  # noqa: E402

KEYWORDS = set("""all alter and array as asc between by case cast coalesce commit conflict constraint create cross
    default delete desc distinct do drop else end except exists false for foreign from full function grant group having
    if in index inner insert intersect into is join key language left like limit not nothing null offset on or order
    outer over partition primary procedure references returning returns revoke right schema select set sequence table
    then to trigger true truncate type union unique unnest update using values view when where with""".split())
FORBIDDEN = [
    (r"\bfor\s+(no\s+key\s+)?update\b|\bfor\s+(key\s+)?share\b", "locks rows: write versioned instead"),
    (r"\bskip\s+locked\b", "skip locked"),
    (r"\bmerge\s+into\b", "merge"),
    (r"\bcreate\s+(or\s+replace\s+)?(constraint\s+|event\s+)?trigger\b", "a trigger"),
    (r"\bpg_(try_)?advisory_\w+", "an advisory lock"),
    (r"\bselect\s+(all\s+|distinct\s+)?(\w+\.)?\*", "select *: name the columns"),
    (r"\breturning\s+(\w+\.)?\*", "returning *: name the columns"),
]
NOISE = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:''|[^'])*'|\"(?:\"\"|[^\"])*\"", re.DOTALL)
DUMP = "schema.sql"  # written by pg_dump, compared by a test: not ours to style
SCHEMAS = {"intake", "dispatch", "reply", "followup", "analytics", "portal", "ref", "public", "information_schema"}
# A qualified name where only a relation, type or function can stand. "from" also stands in extract() and distinct from.
RELATION = re.compile(
    r"(?<!distinct )\b(from|join|into|update|table|view|references|function|sequence|using|exists|only)\s+"
    r"([a-z_]\w*)\.([a-z_]\w*)")
INDEXED = re.compile(r"\b(create\s+(?:unique\s+)?index\b[^;(]*?\bon)\s+([a-z_]\w*)\.([a-z_]\w*)")
CALLED = re.compile(r"()\b([a-z_]\w*)\.([a-z_]\w*)\s*\(")
CREATED = re.compile(
    r"\b(?:create|alter|drop)\s+(?:or\s+replace\s+|unique\s+|unlogged\s+|materialized\s+)*"
    r"(?:table|view|function|procedure|sequence|type|index|domain)\s+(?:if\s+(?:not\s+)?exists\s+)?"
    r"([a-z_]\w*)\.([a-z_]\w*)")
EXTRACT = re.compile(r"\b(extract|substring|trim|overlay)\s*\([^()]*?\bfrom\b")


def owner_of(path):
    """The schema that the file's statements run in; None for the kit, which runs in any."""
    parts = path.parts
    return parts[1] if parts[0] == "services" else None


def sql_files(root):
    found = [path for path in lint.files(root, {".sql"}, ("services",))
             if path.relative_to(root).parts[2:3] == ("sql",) and path.name != DUMP]
    return found + lint.files(root, {".sql"}, ("common/kit/sql",))


def names_complaints(code, owner):
    """(offset, text) for each qualified name that is neither own, ref, pg_catalog nor a published view."""
    code = EXTRACT.sub(lambda match: lint.blank(match[0]), code)
    for pattern in (RELATION, INDEXED, CALLED):
        for match in pattern.finditer(code):
            schema, name = match[2], match[3]
            is_known = schema in SCHEMAS
            if pattern is CALLED and not is_known:
                continue
            if schema in (owner, "ref", "pg_catalog") or name.startswith("v_"):
                continue
            yield match.start(2), f"'{schema}.{name}' is no own name, no reference data and no published view"


def created_complaints(code, owner):
    for match in CREATED.finditer(code):
        if match[1] != owner:
            yield match.start(1), f"'{match[1]}.{match[2]}' is made or changed outside the own schema"


def check(root):
    complaints = []
    for path in sql_files(root):
        raw = lint.read(path)
        code = NOISE.sub(lambda match: lint.blank(match[0]), raw)
        found = [(match.start(), f"'{match[0]}': keywords are in lower case")
                 for match in re.finditer(r"\b[A-Za-z]+\b", code)
                 if match[0] != match[0].lower() and match[0].lower() in KEYWORDS]
        low = code.lower()
        for pattern, what in FORBIDDEN:
            found += [(match.start(), what) for match in re.finditer(pattern, low)]
        owner = owner_of(path.relative_to(root))
        found += names_complaints(low, owner)
        found += created_complaints(low, owner)
        complaints += [lint.complaint(root, path, lint.line_of(code, offset), what) for offset, what in sorted(found)]
    return complaints


def one(text, path="services/intake/sql/intake.sql"):
    return {path: text}


PLANTS = [
    ("clean", one("-- Select * for update\nselect f.a, count(*) from case_file f join ref.org o on o.a = f.a\n"
                  "where f.t is distinct from o.t and f.d = extract(epoch from o.at) and f.x = 'FOR UPDATE'\n"
                  "on conflict (a) do update set a = excluded.a returning a;\n"), None),
    ("published view", one("select v.a from dispatch.v_task v;"), None),
    ("own schema", one("select l.a from intake.letter l;"), None),
    ("tree without SQL", {}, None),
    ("a dump", one("SELECT A;", "services/intake/sql/schema.sql"), None),
    ("upper case", one("SELECT a from b;"), "lower case"),
    ("for update", one("select a from b for update;"), "locks rows"),
    ("for share", one("select a from b for key\nshare;"), "locks rows"),
    ("skip locked", one("select a from b skip locked;"), "skip locked"),
    ("merge", one("merge into a using b on true;"), "merge"),
    ("trigger", one("create or replace trigger t after insert on a execute function f();"), "trigger"),
    ("advisory lock", one("select pg_try_advisory_lock(1);"), "advisory"),
    ("select star", one("select distinct t.* from t;"), "select *"),
    ("returning star", one("delete from t returning *;"), "returning *"),
    ("other's table", one("select t.a from dispatch.task t;"), "dispatch.task"),
    ("other's table joined", one("select t.a from x join dispatch.task t on true;"), "dispatch.task"),
    ("other's function", one("select dispatch.task_make(1);"), "dispatch.task_make"),
    ("unknown schema", one("select t.a from elsewhere.thing t;"), "elsewhere.thing"),
    ("index on other's", one("create index i on reply.draft (a);", "services/intake/sql/migrations/0001_a.sql"),
     "reply.draft"),
    ("made elsewhere", one("create table ref.extra (a int8);", "services/intake/sql/migrations/0001_a.sql"),
     "outside the own schema"),
    ("made at home", one("create table intake.extra (a int8);", "services/intake/sql/migrations/0001_a.sql"), None),
    ("kit names a schema", one("insert into intake.journal (a) values (1);", "common/kit/sql/kit.sql"),
     "intake.journal"),
    ("kit makes in a schema", one("create table intake.x (a int8);", "common/kit/sql/migrations/0001_kit.sql"),
     "outside the own schema"),
]

if __name__ == "__main__":
    lint.main(check, PLANTS)
