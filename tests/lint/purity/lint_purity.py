"""Purity: a core's object may need base, a few functions of libc that compute only, other cores,
and what compilers add. No clock, socket, file, database, log or malloc (law 6). Looks at the build tree named by WANGLI_BUILD."""
import json
import os
import subprocess
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import lint  # noqa: E402

LIBC = set("""memcpy memset memmove memcmp memchr strlen strcmp strncmp strchr snprintf bsearch""".split())
COMPILER = re.compile(
    r"__asan_|__ubsan_|__sanitizer_|__sancov_|__gcov_|__llvm_|__stack_chk_fail$|_GLOBAL_OFFSET_TABLE_$|__tls_get_addr$|"
    r"__(memcpy|memset|memmove|snprintf)_chk$|__snprintf_chk$|__isoc")


def symbols(path, kind):
    """Names of an object or archive that nm shows with `kind` (-u or --defined-only)."""
    out = subprocess.run(["nm", "-P", "-g", kind, str(path)], check=True, capture_output=True, text=True).stdout
    return {line.split()[0] for line in out.splitlines() if len(line.split()) >= 2}


def foreign(undefined, known):
    return sorted(name for name in undefined if name not in known | LIBC and not COMPILER.match(name))


def core_objects(root, build):
    """(source, object) of every core of the project that this build knows."""
    pairs = []
    for entry in json.loads((build / "compile_commands.json").read_text()):
        source = pathlib.Path(os.path.realpath(entry["file"]))
        is_own = root in source.parents and source.relative_to(root).parts[0] in lint.FOLDERS
        if is_own and source.name.endswith("_core.c"):
            command = entry["command"].split()
            pairs.append((source, pathlib.Path(entry["directory"]) / command[command.index("-o") + 1]))
    return sorted(set(pairs))


def check(root):
    build = pathlib.Path(os.environ.get("WANGLI_BUILD", ""))
    archive = build / "common" / "base" / "libbase.a"
    if not archive.exists() or not (build / "compile_commands.json").exists():
        print(f"skipped: WANGLI_BUILD ('{build}') names no finished build")
        sys.exit(lint.SKIP)
    pairs = core_objects(root, build)
    complaints = [lint.complaint(root, source, 1, "its object is not built")
                  for source, built in pairs if not built.exists()]
    pairs = [pair for pair in pairs if pair[1].exists()]
    base = symbols(archive, "--defined-only")
    cores = set().union(*[symbols(built, "--defined-only") for _, built in pairs]) if pairs else set()
    print(f"{len(pairs)} cores looked at")
    for source, built in pairs:
        for name in foreign(symbols(built, "-u"), base | cores):
            complaints.append(lint.complaint(root, source, 1, f"a core may not use {name}"))
    return complaints


def check_planted(root):
    """The same question asked of a small build of our own: base.c stands for base, the cores see its symbols."""
    complaints = []
    known = set()
    for source in sorted(root.rglob("*.c")):
        built = source.with_suffix(".o")
        subprocess.run(["cc", "-c", "-fno-builtin", str(source), "-o", str(built)], check=True)
        if source.stem == "base":
            known |= symbols(built, "--defined-only")
    for built in sorted(root.rglob("*_core.o")):
        complaints += [f"{built}: a core may not use {name}" for name in foreign(symbols(built, "-u"), known)]
    return complaints


BASE = {"base.c": "int str_eq(void) { return 1; }\n"}
PLANTS = [
    ("base only", BASE | {"x_core.c": "int str_eq(void); int f(void) { return str_eq(); }\n"}, None),
    ("computing libc", BASE | {"x_core.c": "#include <string.h>\nint f(char *a) { return memcmp(a, a, 9); }\n"}, None),
    ("clock", BASE | {"x_core.c": "#include <time.h>\nlong f(void) { return time(0); }\n"}, "may not use time"),
    ("malloc", BASE | {"x_core.c": "#include <stdlib.h>\nvoid *f(void) { return malloc(9); }\n"}, "may not use malloc"),
    ("log", BASE | {"x_core.c": "void log_write(void); void f(void) { log_write(); }\n"}, "may not use log_write"),
    ("environment", BASE | {"x_core.c": "#include <stdlib.h>\nchar *f(void) { return getenv(\"A\"); }\n"},
     "may not use getenv"),
    ("printing", BASE | {"x_core.c": "#include <stdio.h>\nvoid f(void) { printf(\"a%d\", 1); }\n"},
     "may not use printf"),
]

if __name__ == "__main__":
    lint.main(check_planted if "--self-test" in sys.argv else check, PLANTS)
