"""The door, keys and quotas, with real processes: a key is changed for another one while letters flow and nothing is refused or
lost; a revoked key is refused at once on its open session; a key ends by itself when its overlap is over; who hands in more than
its quota is told BUSY and gets all of it through in the end, and its neighbour does not notice."""

import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lib"))
from load import Load  # noqa: E402
from system import System, until  # noqa: E402

REFUSED_WITHIN = 1.0
LETTER_BYTES = 150  # of the history, roughly: an invoke and a receipt


def counts(s):
    return s.health("edge")["counts"]


def over_quota(s):
    """{source: letters that were told BUSY}"""
    found = re.findall(r'^wangli_edge_quota_refused_total\{.*\bsource="([^"]*)".*\} (\S+)$', s.metrics("edge"), re.MULTILINE)
    return {source: float(n) for source, n in found if float(n) > 0}


def keys_loaded(s):
    return sum(text.count('"keys_loaded"') for path, text in s.logs() if path.parent.name == "edge")


def keys(s, source):
    return [key for key in json.loads(s.wangli("channel", "list", "--json").stdout)["keys"] if key["source"] == source]


def change(s, *args):
    """A change of keys, and the door knows it: intake's hint and the operator's come after the commit, and each is one question."""
    before = keys_loaded(s)
    done = s.wangli("channel", *args)
    until(40, "the door has the keys", lambda: keys_loaded(s) >= before + 2)
    return done


def refusal(s, *args):
    done = s.wangli("channel", *args, ok=range(1, 256))
    lines = done.stderr.splitlines()
    assert len(lines) == 1, lines
    return lines[0]


def begin(s, channel, rate, prefix="letter", **more):
    """A load with a folder and letters of its own; its key is the one that is the channel's now."""
    load = Load(s, channel=channel, rate=rate, **more)
    load.folder = s.folder / f"history-{channel}-{prefix}"
    load.folder.mkdir(exist_ok=True)
    load.log = load.folder / "history"
    load.arguments = ["--folder", str(load.folder), "--channel", channel, "--rate", str(rate), "--prefix", prefix]
    load.start()
    assert load.until_moved(10 * LETTER_BYTES, 60), f"no receipts for {channel}"
    return load


def finish(s, load):
    """Every letter that was handed in has its receipt, under whatever key, and the database agrees."""
    load.stop()
    load.count = 1  # no new ones
    load.start()
    said, _ = load.process.communicate(timeout=120)
    assert re.search(r"\brefused 0, unanswered 0\b", said), said
    words = [line.split("\t")[0] for line in load.log.read_text(errors="replace").splitlines()]
    assert sum("refused" in word for word in words) == 0, "a letter was refused for good"
    print(load.channel, load.verify(), flush=True)


def key_is_rotated_while_letters_flow(s):
    old = begin(s, "app", 40, prefix="old")
    first = keys(s, "app")[0]["key"]
    before = counts(s)
    change(s, "rotate", "app")
    assert (s.data / "keys" / "channels" / "app.old").exists()
    new = begin(s, "app", 40, prefix="new")
    assert old.until_moved(20 * LETTER_BYTES, 60), "the old key does not work beside the new one"
    after = counts(s)
    assert [after[n] - before[n] for n in ("refused", "forbidden", "unknown_keys")] == [0, 0, 0], (before, after)
    assert [key["is_revoked"] for key in keys(s, "app")] == [False, False]

    line = refusal(s, "rotate", "app")
    assert "has 2 keys already" in line, line
    assert not (s.data / "keys" / "channels" / "app.next").exists()

    s.wangli("channel", "revoke", first)
    until(REFUSED_WITHIN, "the old key is refused on its open session", lambda: counts(s)["forbidden"] > after["forbidden"])
    listed = {key["key"]: key for key in keys(s, "app")}
    assert listed[first]["is_revoked"] and "revoked_at" in listed[first], listed
    assert [key["is_revoked"] for key in listed.values()].count(False) == 1, listed
    assert new.until_moved(20 * LETTER_BYTES, 60), "the new key does not work any more"
    finish(s, new)
    finish(s, old)


def what_is_wrong_is_said_in_plain_words(s):
    revoked = next(key["key"] for key in keys(s, "app") if key["is_revoked"])
    for args, words in (
        (("revoke", "nobody"), "no channel 'nobody'"),
        (("revoke", "zzzzzzzzzz"), "no channel and no key 'zzzzzzzzzz'"),
        (("revoke", revoked), "is revoked already"),
        (("rotate", "nobody"), "no channel 'nobody'"),
        (("rotate", "app", "--overlap", "soon"), "--overlap 'soon'"),
        (("quota", "nobody", "5"), "no channel 'nobody'"),
        (("quota", "app", "none"), "want a whole number from 1"),
        (("quota", "app", "5", "9999999"), "want figures up to 1000000"),
    ):
        line = refusal(s, *args)
        assert words in line, line
    assert not (s.data / "keys" / "channels" / "nobody.next").exists()


def who_hands_in_too_much_waits_and_the_neighbour_does_not(s):
    s.wangli("channel", "add", "slow")
    change(s, "quota", "slow", "5")
    assert [(key["quota_per_s"], key["quota_burst"]) for key in keys(s, "slow")] == [(5, 5)]
    neighbour = begin(s, "forum", 40)
    before = counts(s)
    load = Load(s, channel="slow", rate=0, count=40).start()
    said, _ = load.process.communicate(timeout=120)
    assert "ok 40, refused 0, unanswered 0" in said, said
    after = counts(s)
    assert after["over_quota"] - before["over_quota"] > 0, after
    assert after["refused"] - before["refused"] == after["over_quota"] - before["over_quota"], (before, after)
    assert set(over_quota(s)) == {"slow"}, over_quota(s)
    print("slow", load.verify(), f"BUSY said {after['over_quota']} times", flush=True)
    finish(s, neighbour)

    change(s, "quota", "slow", "default")
    assert "quota_per_s" not in keys(s, "slow")[0]


def key_ends_when_its_overlap_is_over(s):
    load = begin(s, "brief", 40)
    before = counts(s)
    change(s, "rotate", "brief", "--overlap", "5s")
    until(30, "the old key is refused", lambda: counts(s)["refused"] + counts(s)["forbidden"] > before["refused"] + before["forbidden"])
    until(30, "it is listed as revoked", lambda: [key["is_revoked"] for key in keys(s, "brief")].count(True) == 1)
    finish(s, load)  # what the old key could not hand in any more waited for the new one

    s.wangli("channel", "revoke", "brief")
    assert all(key["is_revoked"] for key in keys(s, "brief"))
    line = refusal(s, "add", "brief")
    assert "is revoked and does not come back" in line, line


def main():
    with System() as s:
        key_is_rotated_while_letters_flow(s)
        what_is_wrong_is_said_in_plain_words(s)
        who_hands_in_too_much_waits_and_the_neighbour_does_not(s)
        key_ends_when_its_overlap_is_over(s)
        assert all(i["ok"] for i in s.check()["invariants"])


if __name__ == "__main__":
    main()
