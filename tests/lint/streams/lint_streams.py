"""Who subscribes to whom is one table, proto/streams.def; the view v_stream of the kit's migrations, which tells the database who is
meant by the marker '*', says the same. The last migration that makes the view counts."""
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import lint  # noqa: E402

STREAMS = pathlib.Path("proto/streams.def")
MIGRATIONS = pathlib.Path("common/kit/sql/migrations")
STREAM = re.compile(r"^STREAM\((\w+), (\w+)\)", re.MULTILINE)
VIEW = re.compile(r"create (?:or replace )?view v_stream as(.*?);", re.DOTALL)
PAIR = re.compile(r"\('(\w+)', '(\w+)'\)")


def check(root):
    wanted = set(STREAM.findall(lint.read(root / STREAMS)))
    made = None
    for path in sorted((root / MIGRATIONS).glob("*.sql")):
        view = VIEW.search(lint.read(path))
        if view:
            made = path, set(PAIR.findall(view[1]))
    if made is None:
        return [f"{MIGRATIONS}:1: no migration makes v_stream"]
    path, pairs = made
    return [lint.complaint(root, path, 1, f"{a} to {b} stands in v_stream or in streams.def, not in both")
            for a, b in sorted(wanted ^ pairs)]


def tree(pairs):
    return {str(STREAMS): "STREAM(a, b)\nSTREAM(b, c)\n",
            str(MIGRATIONS / "0002_x.sql"): f"create view v_stream as\nselect 1 from (values {pairs}) s;\n"}


PLANTS = [
    ("same", tree("('a', 'b'), ('b', 'c')"), None),
    ("one less", tree("('a', 'b')"), "b to c stands"),
    ("one more", tree("('a', 'b'), ('b', 'c'), ('a', 'c')"), "a to c stands"),
    ("none", {str(STREAMS): "STREAM(a, b)\n"}, "no migration makes"),
]

if __name__ == "__main__":
    lint.main(check, PLANTS)
