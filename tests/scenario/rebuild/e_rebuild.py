"""The projection made anew under load: no row differs, the new tables take the old ones' place while letters go on coming; killed
in the middle it leaves nothing that the next run minds; a planted difference is found, named and gone."""

import json
import os
import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lib"))
import letters  # noqa: E402
from load import Load  # noqa: E402
from system import System, until  # noqa: E402

TABLES = "select c.oid::text from pg_class c where c.oid in ('analytics.case_file'::regclass, 'analytics.cell'::regclass, " \
    "'analytics.figure'::regclass) order by 1"


def rebuild(s, *options, ok=(0,)):
    return json.loads(s.wangli("rebuild", "analytics", "--json", *options, ok=ok, timeout=120).stdout)


def under_load(s, load):
    for _ in range(3):
        load.until_moved(20000, 60)
        before = s.sql(TABLES)
        done = rebuild(s)
        assert done["ok"] and done["swapped"] and done["differing"] == 0 and done["cells_differing"] == 0, done
        assert not {t[0] for t in before} & {t[0] for t in s.sql(TABLES)}, "the tables are still the old ones"
        # the service writes into the new ones
        at = int(s.one("select count(*) from analytics.v_case"))
        until(60, "analytics goes on", lambda: int(s.one("select count(*) from analytics.v_case")) > at)


def killed(s, load):
    """At several moments: the shadow has been made; some of it is written; wherever it is some time later."""
    # one statement each: the rebuild may end, and its shadow go, between any two
    moments = [
        "select to_regclass('analytics_shadow.case_file') is not null",
        "select coalesce(pg_relation_size(to_regclass('analytics_shadow.case_file')), 0) > 0",
    ]
    for moment in moments:
        run = s.start("rebuild", "analytics")
        until(60, "the rebuild has come so far", lambda: run.poll() is not None or s.one(moment, "postgres") == "t")
        if run.poll() is None:
            os.killpg(run.pid, signal.SIGKILL)
        run.wait()
    load.until_moved(5000, 60)
    done = rebuild(s)
    assert done["ok"] and done["swapped"], done


def planted(s):
    before = [r[0] for r in s.sql("select case_id from analytics.v_case order by case_id limit 3")]
    altered, gone, stray = before[0], before[1], "999999999"
    s.sql(f"update analytics.case_file set unit = 'NOBODY' where case_id = {altered}", "postgres")
    s.sql(f"delete from analytics.case_file where case_id = {gone}", "postgres")
    s.sql("update analytics.figure set num = num + 1 where code = 'M28' and day = (select min(day) from analytics.figure "
          "where code = 'M28')", "postgres")
    s.sql(f"create temp table one as select * from analytics.case_file where case_id = {before[2]}; "
          f"update one set case_id = {stray}; insert into analytics.case_file select * from one", "postgres")
    looked = rebuild(s, "--compare-only", ok=(1,))
    done = rebuild(s, ok=(1,))
    for found in (looked, done):
        said = {o["id"]: o["what"] for o in found["offending"]}
        assert found["differing"] == 3 and found["cells_differing"] >= 1, found
        assert said[altered] == "unit" and said[gone] == "no row" and "no journal" in said[stray], found
        assert any(i.startswith("figure") and "M28" in i for i in said), found
    assert not looked["swapped"] and done["swapped"]
    again = rebuild(s)
    assert again["ok"], again


def refusals(s):
    for words in ((), ("intake",), ("analytics", "--fast")):
        done = s.wangli("rebuild", *words, ok=(1, 2))
        assert "rebuild analytics" in done.text or "only analytics" in done.text, done.text


def main():
    with System() as s:
        path = s.folder / "letters.csv"
        letters.write(path, 20, seed=3)
        s.wangli("import", path, "--channel", "app", "--replay", timeout=300)
        load = Load(s, channel="forum", rate=80).start()
        under_load(s, load)
        killed(s, load)
        load.stop()
        s.until_settled(60)
        planted(s)
        refusals(s)
        assert s.check()["ok"]


main()
