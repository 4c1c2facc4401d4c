"""Floors: who may include whom (ARCHITECTURE.md). The compiler sees this too, by the include paths that a target gets;
the lint also sees what a target could reach through others, and names the floor."""
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import lint  # noqa: E402

# Folder of an adapter → the prefixes of its one library.
LIBRARIES = {
    "bus": ("zmq",), "loop": ("zmq",), "db": ("libpq-fe.h", "libpq/", "catalog/"), "wire": ("protobuf-c/",),
    "json": ("jansson",), "http": ("microhttpd",), "crypto": ("sodium",), "os": ("zlib",), "image": ("vips/",), "log": (), "config": (),
    "metrics": (), "sandbox": ("seccomp",), "fetch": ("curl/",),
}
ADAPTERS = set(LIBRARIES)
COMMON = ADAPTERS | {"base", "peer", "object", "kit"}
FLOORS = {
    "common/base": {"base"},
    "common/peer": {"base", "bus", "wire", "os", "loop", "peer", "proto"},
    "common/object": {"base", "crypto", "wire", "object", "proto"},
    "common/kit": COMMON | {"proto"},
    "sdk": {"base", "bus", "wire", "peer", "crypto", "os", "loop", "proto", "sdk"},
    "services": COMMON | {"proto"},
    # the projection of analytics: what compares it and makes it anew must be the same code
    "tools": COMMON | {"proto", "sdk", "analytics"},
    # integrators of our own: no kit, no database, and the bus only through the SDK
    "services/webhook": {"base", "os", "log", "config", "loop", "http", "metrics", "json", "crypto", "fetch", "sdk"},
}
FLOORS.update({f"common/{name}": {"base", name} for name in ADAPTERS})
FLOORS["common/wire"] = {"base", "wire", "proto"}

LIBC = set("""aio arpa/inet assert ctype dirent dlfcn elf endian errno fcntl fenv fnmatch ftw getopt glob grp ifaddrs
    inttypes limits locale math netdb netinet/in netinet/tcp poll pthread pwd sched semaphore setjmp signal
    spawn stdalign stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string strings sysexits syslog
    termios threads time uchar unistd wchar wctype""".split())
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)


def is_libc(name):
    return name.startswith(("sys/", "linux/")) or name.removesuffix(".h") in LIBC


def floor_of(parts):
    """The floor's name and the folder that is the file's own."""
    if parts[0] == "common":
        return "/".join(parts[:2]), parts[1]
    if "/".join(parts[:2]) in FLOORS:
        return "/".join(parts[:2]), parts[1]
    return parts[0], parts[1] if len(parts) > 2 else ""


def is_core(path):
    return path.stem.endswith("_core")


def system_fault(parts, path, name):
    """Complaint about <name>, or None."""
    floor, own = floor_of(parts)
    if is_libc(name) or floor == "tools":
        return None
    if parts[:3] == ("sdk", "c", "examples"):
        return None if name == "wangli.h" else f"an example of the SDK sees <wangli.h> only, not <{name}>"
    if parts[:2] == ("common", "base"):
        return None if (path.name, name) == ("map.c", "uthash.h") else f"base is libc only, not <{name}>"
    if own in LIBRARIES and parts[0] == "common":
        return None if name.startswith(LIBRARIES[own]) else f"adapter {own} may not use <{name}>"
    return f"{floor} reaches libraries through adapters only, not <{name}>"


def own_file_fault(path, name):
    if name.endswith("_sql.h") or (path.parent / name).exists() :
        return None
    return f"'{name}' is no file of this folder"


def core_fault(name):
    if name.startswith("base/") or name.endswith(".def"):
        return None
    return None if name.endswith("_core.h") else f"a core sees base and cores only, not '{name}'"


def quoted_fault(root, parts, path, name):
    floor, own = floor_of(parts)
    if parts == ("sdk", "c", "wangli.h"):
        return f"wangli.h is libc only, not '{name}'"
    if parts[:3] == ("sdk", "c", "examples") and "/" in name:
        return f"an example of the SDK sees <wangli.h> only, not '{name}'"
    if ".." in name:
        return f"'{name}': a folder does not reach into another"
    if is_core(path):
        fault = core_fault(name)
        if fault:
            return fault
    if "/" not in name:
        return own_file_fault(path, name)
    top = name.split("/")[0]
    allowed = FLOORS.get(floor)
    if allowed is None:
        return f"{floor} is no known floor: add it to the table of this lint"
    if parts[0] == "tools" and (top == own or (root / "tools" / top).is_dir()):
        return None
    return None if top in allowed else f"{floor} may not include '{name}'"


def check(root):
    complaints = []
    for path in lint.files(root, {".c", ".h", ".def"}):
        text = lint.without_comments(lint.read(path), keep_texts=True)
        parts = path.relative_to(root).parts
        for match in INCLUDE.finditer(text):
            kind, name = match.groups()
            fault = system_fault(parts, path, name) if kind == "<" else quoted_fault(root, parts, path, name)
            if fault:
                complaints.append(lint.complaint(root, path, lint.line_of(text, match.start(2)), fault))
    return complaints


PLANTS = [
    ("clean", {"common/db/db.c": '#include "db/db.h"\n#include <libpq-fe.h>\n#include "base/str.h"\n'}, None),
    ("in a comment", {"common/base/a.c": '/* #include "os/os.h" */\n'}, None),
    ("empty tree", {}, None),
    ("base sees an adapter", {"common/base/a.c": '#include "os/os.h"\n'}, "common/base may not include"),
    ("base sees a library", {"common/base/a.c": "#include <zmq.h>\n"}, "base is libc only"),
    ("uthash outside the map", {"common/base/a.c": "#include <uthash.h>\n"}, "base is libc only"),
    ("adapter sees adapter", {"common/db/db.c": '#include "log/log.h"\n'}, "common/db may not include"),
    ("adapter's second library", {"common/db/db.c": "#include <jansson.h>\n"}, "adapter db may not use"),
    ("library in a plain adapter", {"common/os/os.c": "#include <zmq.h>\n"}, "adapter os may not use"),
    ("peer sees db", {"common/peer/p.c": '#include "db/db.h"\n'}, "common/peer may not include"),
    ("kit sees a library", {"common/kit/k.c": "#include <libpq-fe.h>\n"}, "through adapters only"),
    ("service sees service", {"services/reply/a.c": '#include "intake/b.h"\n'}, "services may not include"),
    ("service climbs", {"services/reply/a.c": '#include "../intake/b.h"\n'}, "does not reach into another"),
    ("service sees stranger", {"services/reply/a.c": '#include "other.h"\n'}, "no file of this folder"),
    ("service sees own", {"services/reply/a.c": '#include "b.h"\n', "services/reply/b.h": ""}, None),
    ("service sees a library", {"services/reply/a.c": "#include <zmq.h>\n"}, "through adapters only"),
    ("core sees kit", {"services/reply/a_core.c": '#include "kit/kit.h"\n'}, "a core sees base"),
    ("core sees store", {"services/reply/a_core.h": '#include "a_store.h"\n', "services/reply/a_store.h": ""},
     "a core sees base"),
    ("tool sees a service", {"tools/check/a.c": '#include "intake/b.h"\n'}, "tools may not include"),
    ("tool sees the projection", {"tools/check/a.c": '#include "analytics/b.h"\n'}, None),
    ("sdk sees kit", {"sdk/c/a.c": '#include "kit/kit.h"\n'}, "sdk may not include"),
    ("example sees the public header", {"sdk/c/examples/a.c": "#include <stdio.h>\n#include <wangli.h>\n"}, None),
    ("example sees a library", {"sdk/c/examples/a.c": "#include <zmq.h>\n"}, "sees <wangli.h> only"),
    ("example sees the inside", {"sdk/c/examples/a.c": '#include "sdk/wangli_inside.h"\n'}, "sees <wangli.h> only"),
    ("public header sees ours", {"sdk/c/wangli.h": '#include "base/str.h"\n'}, "wangli.h is libc only"),
    ("webhook sees the SDK", {"services/webhook/a.c": '#include "sdk/wangli.h"\n'}, None),
    ("webhook sees the kit", {"services/webhook/a.c": '#include "kit/kit.h"\n'}, "services/webhook may not include"),
    ("webhook sees the bus", {"services/webhook/a.c": '#include "bus/bus.h"\n'}, "services/webhook may not include"),
    ("floor unknown", {"common/util/a.c": '#include "base/str.h"\n'}, "no known floor"),
]

if __name__ == "__main__":
    lint.main(check, PLANTS)
