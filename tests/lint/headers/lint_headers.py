"""Headers: each compiles alone, with the include paths that the sources of its folder get in the
build of WANGLI_BUILD."""
import concurrent.futures
import json
import os
import shlex
import subprocess
import tempfile
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import lint  # noqa: E402

TAKES_VALUE = {"-I", "-isystem", "-D"}


def flags_of(command):
    """The -I, -isystem, -D and -std of a compiler call, each with its value."""
    words = shlex.split(command)
    kept = []
    for at, word in enumerate(words):
        if word in TAKES_VALUE:
            kept.append((word, words[at + 1]))
        elif word.startswith(("-I", "-D", "-std=")):
            kept.append((word,))
    return kept


def folder_flags(build):
    """Folder of sources → flags. Every source of a folder adds its paths: a core sees less than an edge."""
    folders = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        folder = pathlib.Path(os.path.realpath(entry["file"])).parent
        folders.setdefault(folder, {}).update(dict.fromkeys(flags_of(entry["command"])))
    return {folder: [word for flag in flags for word in flag] for folder, flags in folders.items()}


def compile_alone(header, flags):
    """The compiler's first complaint, or None. Twice, for the guard."""
    with tempfile.NamedTemporaryFile("w", suffix=".c") as source:
        source.write(f'#include "{header}"\n#include "{header}"\n')
        source.flush()
        done = subprocess.run(["gcc", "-fsyntax-only", "-Wall", "-Werror", "-D_GNU_SOURCE", *flags, source.name],
                              capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return None
    errors = [line for line in done.stderr.splitlines() if "error:" in line]
    return errors[0] if errors else "does not compile"


def check_with(root, folders):
    headers = lint.files(root, {".h"})
    known = [header for header in headers if header.parent in folders]
    for header in headers:
        if header.parent not in folders:
            print(f"{header.relative_to(root)}: its folder is in no target yet, not looked at")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        faults = list(pool.map(lambda header: compile_alone(header, folders[header.parent]), known))
    print(f"{len(known)} headers looked at")
    return [lint.complaint(root, header, 1, fault) for header, fault in zip(known, faults) if fault]


def check(root):
    build = pathlib.Path(os.environ.get("WANGLI_BUILD", ""))
    if not (build / "compile_commands.json").exists():
        print(f"skipped: WANGLI_BUILD ('{build}') names no configured build")
        sys.exit(lint.SKIP)
    return check_with(root, folder_flags(build))


def check_planted(root):
    return check_with(root, {header.parent: ["-std=gnu11"] for header in lint.files(root, {".h"})})


GUARD = "#ifndef A_H\n#define A_H\n"
PLANTS = [
    ("complete", {"common/a/a.h": GUARD + "#include <stddef.h>\nstruct a { size_t n; };\n#endif\n"}, None),
    ("needs another", {"common/a/a.h": GUARD + "struct a { size_t n; };\n#endif\n"}, "size_t"),
    ("no guard", {"common/a/a.h": "struct a { int n; };\n"}, "redefinition"),
]

if __name__ == "__main__":
    lint.main(check_planted if "--self-test" in sys.argv else check, PLANTS)
