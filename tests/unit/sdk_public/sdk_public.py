"""libwangli as it is installed: what it shows is what wangli.h says, no more and no less; what of others it needs; the header
alone as strict C and as C++; the examples by pkg-config alone; the manual has all functions."""

import os
import pathlib
import re
import shutil
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lib"))
from sdk_prefix import ROOT, STRICT, Prefix, run  # noqa: E402

OTHERS = {"libzmq.so.5", "libsodium.so.23", "libprotobuf-c.so.1", "libz.so.1", "libc.so.6"}
COMPILERS_OWN = re.compile(r"lib(asan|ubsan|gcc_s|gcov|m|pthread)\.so|ld-linux")


def functions_of_header(prefix):
    return set(re.findall(r"^WANGLI_EXPORT [^;(]*?\b(wangli_\w+)\(", prefix.header.read_text(), re.MULTILINE))


def shown(prefix):
    lines = run("nm", "-D", "--defined-only", prefix.library / "libwangli.so").splitlines()
    symbols = [line.split()[-2:] for line in lines]
    return {name.split("@")[0] for kind, name in symbols if kind != "A"}


def shows_what_the_header_says(prefix):
    want = functions_of_header(prefix)
    assert len(want) >= 8, want
    assert shown(prefix) == want, (sorted(shown(prefix) - want), sorted(want - shown(prefix)))


def needs_what_is_documented(prefix):
    dynamic = run("readelf", "-d", prefix.library / "libwangli.so")
    assert re.search(r"SONAME.*\[libwangli\.so\.1\]", dynamic), dynamic
    needed = {name for name in re.findall(r"NEEDED.*\[(.*)\]", dynamic) if not COMPILERS_OWN.match(name)}
    assert needed == OTHERS, needed


def private_libraries_are_named(prefix):
    assert "-lwangli" in prefix.flags("--libs")
    assert not any("zmq" in flag for flag in prefix.flags("--libs", "--cflags"))
    for name in ("-lzmq", "-lsodium", "-lprotobuf-c", "-lz"):
        assert name in prefix.flags("--static", "--libs"), name
    assert str(ROOT) not in prefix.pc.read_text(), "the .pc file knows this tree"


def header_compiles_alone(prefix, folder):
    source = folder / "alone.c"
    source.write_text("#include <wangli.h>\n#include <wangli.h>\nint main(void) { return 0; }\n")
    run(prefix.compiler, *STRICT, "-fsyntax-only", f"-I{prefix.header.parent}", source)
    includes = set(re.findall(r"#\s*include\s*(\S+)", prefix.header.read_text()))
    assert includes == {"<stdbool.h>", "<stddef.h>", "<stdint.h>", "<string.h>"}, includes


def header_compiles_as_cpp(prefix, folder):
    compiler = shutil.which("g++")
    if compiler is None:
        print("SKIP of one part: no g++ here, the header is not compiled as C++", flush=True)
        return
    source = folder / "alone.cpp"
    source.write_text(
        "#include <wangli.h>\nint main() { wangli_letter letter; wangli_letter_init(&letter); "
        'letter.title = wangli_text_from_c("x"); return letter.title.n == 1 ? 0 : wangli_version()[0]; }\n')
    flags = prefix.flags("--cflags", "--libs")
    run(compiler, "-std=c++11", "-Wall", "-Wextra", "-Werror", "-pedantic", *prefix.sanitizer, source, *flags, "-o",
        folder / "alone")
    run(folder / "alone", env=prefix.env())


def manual_has_all(prefix):
    pages = prefix.folder / "share" / "man" / "man3"
    text = (pages / "wangli.3").read_text()
    assert "@" not in re.sub(r"\S+@\S+\.\S+", "", text), "a place that was not filled"
    for function in functions_of_header(prefix):
        assert f".SS {function}()" in text, function
        assert (pages / f"{function}.3").read_text() == ".so man3/wangli.3\n", function


def main():
    with tempfile.TemporaryDirectory(prefix="wangli-sdk-") as name:
        folder = pathlib.Path(name)
        prefix = Prefix(os.environ["WANGLI_BUILD"], folder)
        shows_what_the_header_says(prefix)
        needs_what_is_documented(prefix)
        private_libraries_are_named(prefix)
        header_compiles_alone(prefix, folder)
        header_compiles_as_cpp(prefix, folder)
        manual_has_all(prefix)
        for example in ("attach", "submit", "integrator"):
            prefix.example(example, folder)


if __name__ == "__main__":
    main()
