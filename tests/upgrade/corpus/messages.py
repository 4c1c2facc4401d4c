"""messages.py PROTOFOLDER OUT: a row for each message, MESSAGE(Name, descriptor), as protobuf-c names them."""

import pathlib
import re
import sys


def snake(name):
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def main():
    rows, files = [], []
    for path in sorted(pathlib.Path(sys.argv[1]).glob("*.proto")):
        files.append(f'#include "proto/{path.stem}.pb-c.h"')
        for name in re.findall(r"^message (\w+)", path.read_text(), re.M):
            rows.append(f"MESSAGE({name}, wangli__{snake(name)}__descriptor)")
    out = pathlib.Path(sys.argv[2])
    (out / "corpus_headers.inc").write_text("\n".join(files) + "\n")
    (out / "corpus_messages.inc").write_text("\n".join(rows) + "\n")


if __name__ == "__main__":
    main()
