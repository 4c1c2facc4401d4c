"""What a release has written is read by this one to the same meaning, and what this one writes by that release: every message of each
release's corpus, by Google's protobuf against the proto files of both, and by our own decoder, which must find in a message all that
it packs again (reader). A type that was retyped, renumbered or dropped shows here."""

import json
import pathlib
import subprocess
import sys
import tempfile

from protos import Protos, fill, known, meaning

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]


def old_is_read(new, corpus, means):
    for name, wanted in means.items():
        assert name in new.messages, f"{corpus.name}: {name} is gone"
        message = new.messages[name].FromString((corpus / f"{name}.bin").read_bytes())
        assert meaning(message) == wanted, f"{corpus.name}: {name} means something else now"
        assert not message.UnknownFields(), f"{corpus.name}: {name} has fields that are gone"
    return len(means)


def new_is_read(new, old):
    for name, kind in old.messages.items():
        full = fill(new.messages[name]())
        message = kind.FromString(full.SerializeToString(deterministic=True))
        wanted = known(meaning(full), kind())
        assert meaning(message) == wanted, f"{name} of today means something else to a program of then"
    return len(old.messages)


def packed_again(reader, folder, names):
    said = subprocess.run([reader, folder, *names], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr
    return said.stdout.strip()


def main():
    reader = sys.argv[1]
    releases = sorted(path for path in HERE.iterdir() if (path / "meaning.json").exists())
    assert releases
    with Protos(ROOT / "proto") as new, tempfile.TemporaryDirectory(prefix="wangli-corpus-") as today:
        for name, kind in new.messages.items():
            (pathlib.Path(today) / f"{name}.bin").write_bytes(fill(kind()).SerializeToString(deterministic=True))
        print(f"today: {packed_again(reader, today, sorted(new.messages))}")
        for corpus in releases:
            means = json.loads((corpus / "meaning.json").read_text())
            with Protos(HERE.parent / "proto" / corpus.name) as old:
                assert set(means) == set(old.messages), f"{corpus.name}: the corpus is not whole"
                print(f"{corpus.name}: {old_is_read(new, corpus, means)} read by today's, {new_is_read(new, old)} of today's read by it, "
                      f"{packed_again(reader, corpus, sorted(means))}")


if __name__ == "__main__":
    main()
