"""What `./wangli backup list` says, from what `pgbackrest info --output=json` knows: on standard input. --last: the newest in a few words."""

import datetime
import json
import sys


def when(seconds):
    return datetime.datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M:%S")


def mib(size):
    return f"{size / 2**20:.1f} MiB"


def row(backup):
    return {
        "label": backup["label"],
        "type": backup["type"],
        "started": when(backup["timestamp"]["start"]),
        "seconds": backup["timestamp"]["stop"] - backup["timestamp"]["start"],
        "database_bytes": backup["info"]["size"],
        "stored_bytes": backup["info"]["repository"]["delta"],
        "has_damaged_pages": bool(backup.get("error")),
    }


def main():
    stanzas = json.load(sys.stdin)
    rows = [row(b) for s in stanzas for b in s["backup"]]
    wal = [a["max"] for s in stanzas for a in s["archive"] if a["max"]]
    if "--json" in sys.argv:
        print(json.dumps({"backups": rows, "wal_until": wal[-1] if wal else None}))
        return
    if not rows:
        sys.exit("wangli: there is no backup yet" + "; " + "; ".join(s["status"]["message"] for s in stanzas))
    if "--last" in sys.argv:
        last = rows[-1]
        print(f"{last['type']} {last['label']}, {last['seconds']} s, {mib(last['database_bytes'])}, stored {mib(last['stored_bytes'])}")
        return
    for one in rows:
        print(f"{one['started']}  {one['type']:<5} {mib(one['database_bytes']):>12} {mib(one['stored_bytes']):>12} stored  {one['label']}"
              + ("  DAMAGED PAGES in the database" if one["has_damaged_pages"] else ""))
    print(f"WAL up to segment {wal[-1] if wal else 'none'}")


main()
