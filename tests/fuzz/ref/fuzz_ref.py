#!/usr/bin/env python3
"""Any bytes as reference data of a city: wangli-ref names each fault with file and line, and what it finds sound becomes a load script in which
every row stands on a line of its own with all its columns. Mutations of a small sound city, by a seed that is printed (WANGLI_SEED)."""

import importlib.machinery
import importlib.util
import os
import pathlib
import random
import re
import shutil
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
CITY = {
    "taxonomy.csv": "code,level1_zh,level1_en,level2_zh,level2_en\n0101,一,one,一一,oneone\n0102,一,one,一二,onetwo\n",
    "orgs.csv": "code,name_zh,name_en,level,parent_code,kind\nC,城市,City,1,,city\nD1,一区,First,2,C,district\n",
    "dispatch.csv": "taxonomy_code,level2_zh,policy_lead_org,handling_level\n0101,一一,D1,district\n",
    "groups.csv": "org_code,peer_group_zh\nD1,区\n",
    "sla.csv": "type,name_zh,accept_due,sign_due,contact_due,resolve_due,max_extension_wd,followup_due\nhelp,求助,1wd,24h,30min,7wd,5,-\n",
    "holidays.csv": "date,kind,name\n2026-10-01,off,国庆\n",
    "words.csv": "taxonomy_code,word,weight,valid_from,valid_to\n0101,停车,20,2020-01-01,\n0101,停车,30,2019-01-01,2020-01-01\n",
    "typewords.csv": "type,word,weight\nhelp,请求,9\n",
    "road.csv": "step,type,taken_by\naccept,*,system\n",
}
PIECES = [b'"', b",", b"\n", b"\r\n", b"\r", b"\t", b"\\.", b"\\N", b"\\", b"'", b"\0", b"\xef\xbb\xbf", b"\xff", b"\xe2\x80\xa8", b" ", b"-", b"0", b"9999-12-31",
          b"valid_from", b"'; drop table ref.org; --", "网".encode(), b"x" * 140000]
FAULT = re.compile(r"^[^:]+\.csv:\d+: .", re.S)


def load_tool():
    loader = importlib.machinery.SourceFileLoader("wangli_ref", str(ROOT / "tools" / "ref" / "wangli-ref"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("wangli_ref", loader))
    loader.exec_module(module)
    return module


def mutated(rng, data):
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        at = rng.randrange(len(data) + 1)
        end = min(len(data), at + rng.choice((0, 1, 1, 2, 20)))
        lines = data.split(b"\n")
        data = rng.choice((
            lambda: data[:at] + rng.choice(PIECES) + data[at:],
            lambda: data[:at] + rng.choice(PIECES[:-1]) + data[end:],
            lambda: data[:at] + data[end:],
            lambda: data[:at] + bytes([rng.randrange(256)]) + data[at + 1:],
            lambda: b"\n".join(lines + [rng.choice(lines)]),
            lambda: b"\n".join([line if rng.randrange(4) else b"" for line in lines])))()
    return data


def script_check(ref, sheets):
    """The load script holds each sheet's rows and nothing between them."""
    script = ref.load_script(sheets).split("\n")
    for sheet in ref.SHEETS:
        loaded = [column for column in sheet.columns + ref.PERIOD if column.table_name]
        begin = next(i for i, line in enumerate(script) if line.startswith(f"copy stage_{sheet.table} ("))
        rows = script[begin + 1:begin + 1 + len(sheets[sheet.file])]
        assert script[begin + 1 + len(rows)] == "\\.", f"{sheet.file}: the rows end elsewhere"
        for row in rows:
            assert row.count("\t") == len(loaded) - 1 and row != "\\." and "\r" not in row and "\0" not in row, f"{sheet.file}: {row!r}"


def try_one(ref, rng, folder):
    """True: found sound."""
    file = rng.choice(sorted(CITY))
    (folder / file).write_bytes(mutated(rng, CITY[file].encode()))
    sheets, faults = ref.read_folder(folder)
    for fault in faults:
        assert FAULT.match(fault.replace(f"{folder}/", "")), f"no place in {fault!r}"
    if not faults:
        script_check(ref, sheets)
    (folder / file).write_text(CITY[file])
    return not faults


def main():
    seed = int(os.environ.get("WANGLI_SEED", time.time_ns() % 1000000000))
    seconds = 600 if os.environ.get("WANGLI_LONG") else 5
    ref = load_tool()
    folder = pathlib.Path(tempfile.mkdtemp(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None))
    rng, tries, sound, end = random.Random(seed), 0, 0, time.monotonic() + seconds
    print(f"seed {seed}")
    try:
        for file, text in CITY.items():
            (folder / file).write_text(text)
        assert ref.read_folder(folder)[1] == [], "the city to begin with is not sound"
        while time.monotonic() < end:
            tries += 1
            sound += try_one(ref, rng, folder)
        print(f"{tries} tries, {sound} of them sound")
        assert sound > tries / 100, "hardly any was sound: the load script was not looked at"
    except BaseException:
        print(f"after {tries} tries; the files: {folder}", file=sys.stderr)
        raise
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
