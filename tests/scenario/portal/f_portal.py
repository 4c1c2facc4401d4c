"""The portal over real processes: pages and their policy, letters by number and code, tries and pauses, acts and their tokens,
live figures, lists of cases, rating to the end, refusals, reports, and coming back from kill -9."""

import contextlib
import gzip
import os
import pathlib
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lib"))
import letters  # noqa: E402
from portal import Browser, Stream, query_code, wrong_code  # noqa: E402
from system import System, until  # noqa: E402

FRESH_SECONDS = 2.0
RATING = {"id": "abcdef123456", "solved": "yes", "satisfaction": 5, "contacted": "yes", "remark": "谢谢"}


def submit(s, count, seed, prefix, channel="app", rows=None):
    """Letters through the door; their case ids, oldest first."""
    path = s.folder / f"{prefix}.csv"
    if rows is None:
        letters.write(path, count, seed=seed, with_reply=False, prefix=prefix)
    else:
        path.write_text("external_id,title,body\n" + "".join(f'{prefix}{n + 1},"{t}","{b}"\n' for n, (t, b) in enumerate(rows)))
    s.wangli("import", path, "--channel", channel, timeout=300)
    found = s.sql(f"select case_id from intake.v_submission where source_msg_id like '{prefix}%' order by case_id")
    return [int(row[0]) for row in found]


def number(browser, case_id):
    found = [c for c in browser.get(f"/api/cases?before={case_id + 1}").json["cases"] if c["id"] == str(case_id)]
    return found[0]["no"]


def opened(s, case_id):
    """A browser that has opened the case, and the case's number."""
    browser = Browser(s)
    no = until(30, "analytics knows the case", lambda: in_list(browser, case_id) and number(browser, case_id))
    answer = browser.post("/api/q", {"no": no, "code": query_code(s, case_id)})
    assert answer.status == 200, answer.body
    assert answer.json == {"no": no}
    return browser, no


def in_list(browser, case_id):
    return any(c["id"] == str(case_id) for c in browser.get(f"/api/cases?before={case_id + 1}").json["cases"])


@contextlib.contextmanager
def setting(s, **values):
    """Settings of the portal for a while; it is healthy again before and after."""
    for name, value in values.items():
        s.set_environment("portal", name, value)
    until(30, "the portal is ready", lambda: is_ready(s))
    yield
    for name in values:
        s.set_environment("portal", name, None)
    until(30, "the portal is ready", lambda: is_ready(s))


def is_ready(s):
    try:
        return Browser(s).get("/health").status == 200
    except OSError:
        return False


def pages_and_their_policy(s):
    browser = Browser(s)
    home = browser.get("/")
    assert home.status == 302 and home.headers["location"] == "/overview"
    for path in ("/overview", "/q", "/q/CD0000001-8", "/cases?metric=open"):
        page = browser.get(path)
        assert page.status == 200 and page.headers["content-type"].startswith("text/html"), (path, page.status)
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
        assert page.headers["x-content-type-options"] == "nosniff" and page.headers["referrer-policy"] == "no-referrer"
    text = browser.get("/overview").body.decode()
    script = text.split('src="/assets/')[1].split('"')[0]
    plain = browser.get(f"/assets/{script}")
    packed = browser.get(f"/assets/{script}", {"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip" and gzip.decompress(packed.body) == plain.body
    assert "immutable" in plain.headers["cache-control"] and "immutable" not in browser.get("/q").headers["cache-control"]
    assert browser.get(f"/assets/{script}", {"If-None-Match": plain.headers["etag"]}).status == 304
    assert browser.get("/nothing").error == "not_found"
    assert browser.get("/assets/../../etc/passwd").status == 404
    assert browser.post("/overview", {}).error == "wrong_method"
    assert browser.get("/api/q").error == "wrong_method"
    assert browser.post("/api/q", "x" * 20000).status == 413
    english = browser.get("/nothing", {"Accept-Language": "en"})
    assert english.json["error"]["text"] == "Not found"


def a_letter_is_opened_by_its_code(s, case_id):
    browser, no = opened(s, case_id)
    cookie = browser.cookies[(f"/api/q/{no}", "wl_letter")]
    letter = browser.get(f"/api/q/{no}")
    assert letter.status == 200 and letter.headers["cache-control"] == "no-store"
    said = letter.json
    assert said["no"] == no and not said["report"]
    assert [step["type"] for step in said["steps"]][:3] == ["intake.received.v1", "intake.accepted.v1", "dispatch.dispatched.v1"]
    assert said["unit"]["zh"] and said["chip"]["stage"] in ("ok", "half", "near") and said["chip"]["answer"]
    assert "li" not in {step.get("role") for step in said["steps"]}
    # Nobody without the cookie, with one that was changed, or with the cookie of another case.
    assert Browser(s).get(f"/api/q/{no}").error == "no_grant"
    for forged in (cookie[:-1] + ("0" if cookie[-1] != "0" else "1"), cookie.replace(f"={case_id}.", f"={case_id + 1}.")):
        assert Browser(s).get(f"/api/q/{no}", {"Cookie": forged}).error == "no_grant"
    assert Browser(s).get(f"/api/q/{no}/events").error == "no_grant"
    return browser, no, cookie


def a_wrong_code_reads_like_an_unknown_number(s, case_id, no):
    browser = Browser(s)
    wrong = browser.post("/api/q", {"no": no, "code": wrong_code(query_code(s, case_id))})
    unknown = browser.post("/api/q", {"no": "CD9999999-3", "code": "123456"})
    no_number = browser.post("/api/q", {"no": "CD9999999-4", "code": "123456"})
    assert wrong.status == unknown.status == no_number.status == 404, (wrong.body, unknown.body, no_number.body)
    assert wrong.body == unknown.body == no_number.body
    assert "set-cookie" not in wrong.headers
    assert browser.post("/api/q", {"no": no, "code": "12"}).error == "no_such_letter"
    assert browser.post("/api/q", "{").error == "bad_request"
    assert browser.post("/api/q", '{"no":"a","no":"b"}').error == "bad_request"


def five_tries_then_a_pause(s, case_id, no):
    code = query_code(s, case_id)
    with setting(s, TRIES_ADDRESS="1000", TRIES_PAUSE="15min"):
        browser = Browser(s)
        right = browser.post("/api/q", {"no": no, "code": code})  # forgets what was tried before
        assert right.status == 200, right.body
        for _ in range(5):
            assert browser.post("/api/q", {"no": no, "code": wrong_code(code)}).error == "no_such_letter"
        assert browser.post("/api/q", {"no": no, "code": wrong_code(code)}).error == "locked_out"
        # The right one waits too, and a new process knows of the pause.
        old = s.pid("portal")
        assert s.kill("portal")
        s.until_back("portal", old)
        until(30, "the portal is ready", lambda: is_ready(s))
        assert browser.post("/api/q", {"no": no, "code": code}).error == "locked_out"
    forget_tries(s)
    # An address has a pause of its own, whatever numbers it tries.
    with setting(s, TRIES="100", TRIES_ADDRESS="5", TRIES_PAUSE="2s"):
        answers = [Browser(s).post("/api/q", {"no": f"CD{n:07d}-0", "code": "123456"}).error for n in range(8)]
        assert answers.count("locked_out") >= 3, answers
        until(20, "the pause of the address is over",
              lambda: Browser(s).post("/api/q", {"no": "CD0000009-0", "code": "123456"}).error != "locked_out")
    forget_tries(s)


def forget_tries(s):
    s.sql("delete from portal.attempt", role="postgres")


def acts_of_other_sites_are_refused(s, browser, no):
    token = browser.get(f"/api/q/{no}").json["token"]
    rate = f"/api/q/{no}/rate"
    assert browser.post("/api/q", {"no": no, "code": "123456"}, {"Origin": "http://other.example"}).error == "foreign"
    assert browser.post("/api/q", {"no": no, "code": "123456"}, {"Content-Type": "text/plain"}).error == "foreign"
    assert browser.post(rate, RATING).error == "foreign"
    assert browser.post(rate, RATING, {"X-Wangli-Token": token[:-1] + "x"}).error == "foreign"
    assert browser.post(rate, RATING, {"X-Wangli-Token": token, "Origin": "null"}).error == "foreign"
    assert Browser(s).post(rate, RATING, {"X-Wangli-Token": token}).error == "no_grant"
    for wrong in ({"solved": "maybe"}, {"satisfaction": 6}, {"remark": "长" * 501}, {"id": "x"}):
        assert browser.post(rate, {**RATING, **wrong}, {"X-Wangli-Token": token}).error == "bad_request", wrong
    # Not asked yet: the service says what is possible instead.
    refused = browser.post(rate, RATING, {"X-Wangli-Token": token})
    assert refused.error == "refused" and refused.json["error"]["detail"], refused.body


def figures_are_fresh_and_asked_for_once_a_second(s):
    streams = [Stream(s, "/api/overview/events") for _ in range(25)]
    try:
        until(10, "every stream has the figures", lambda: all(stream.last("overview") for stream in streams))
        before = streams[0].last("overview")[1]["figures"]
        asked = s.health("portal")["refreshes"]
        begun = time.monotonic()
        submit(s, 3, 31, "live")
        done = time.monotonic()
        for stream in streams:
            until(10, "the figures have grown", lambda: stream.last("overview")[1]["figures"]["all"] == before["all"] + 3)
        late = max(stream.last("overview")[2] - done for stream in streams)
        assert late <= FRESH_SECONDS, f"{late:.2f} s after the receipts"
        until(10, "some seconds of streaming", lambda: time.monotonic() - begun > 4)
        assert s.health("portal")["watching"] == 25
        questions = s.health("portal")["refreshes"] - asked
        assert questions <= time.monotonic() - begun + 1, f"{questions} questions in {time.monotonic() - begun:.1f} s"
    finally:
        for stream in streams:
            stream.close()
    until(30, "streams of readers that went away are gone", lambda: s.health("portal")["watching"] == 0)
    quiet = s.health("portal")["refreshes"]
    begun = time.monotonic()
    until(10, "a while without readers", lambda: time.monotonic() - begun > 2)
    assert s.health("portal")["refreshes"] == quiet, "nobody looks and the database is asked"
    figures = Browser(s).get("/api/overview").json["figures"]
    assert figures["all"] == int(s.one("select count(*) from analytics.v_case where received_at is not null"))
    assert sum(one["all"] for one in figures["states"]) == figures["all"]
    assert sum(one["all"] for one in figures["channels"]) == figures["all"]


def a_letter_tells_its_page_of_changes(s, browser, no, case_id):
    letter = browser.get(f"/api/q/{no}").json
    stream = Stream(s, f"/api/q/{no}/events?version={letter['version']}", browser)
    try:
        assert stream.status == 200
        until(10, "it watches", lambda: stream.last("watching"))
        assert stream.last("changed") is None
        s.wangli("case", no, "submit", "--text", "您好，已经修好。")
        until(10, "the page hears of it", lambda: stream.last("changed"))
    finally:
        stream.close()
    until(10, "the answer is there", lambda: browser.get(f"/api/q/{no}").json.get("reply") == "您好，已经修好。")


def rated_to_the_end(s, browser, no):
    one = s.folder / "taker.csv"
    letters.write(one, 1, seed=9, with_reply=False, prefix="TK")
    taker = s.start("import", one, "--channel", "app", "--stay", "150")  # an integrator who stays and takes the answer
    try:
        until(120, "the answer went out", lambda: "reply.delivered.v1" in types_of(browser, no))
    finally:
        os.killpg(taker.pid, signal.SIGTERM)
        taker.wait(timeout=60)
    until(60, "somebody asked", lambda: browser.get(f"/api/q/{no}").json["can_rate"] or advance(s))
    token = browser.get(f"/api/q/{no}").json["token"]
    done = browser.post(f"/api/q/{no}/rate", RATING, {"X-Wangli-Token": token})
    assert done.status == 200, done.body
    again = browser.post(f"/api/q/{no}/rate", RATING, {"X-Wangli-Token": token})
    assert again.status == 200, again.body  # the same act under the same id
    letter = browser.get(f"/api/q/{no}").json
    rated = [step for step in letter["steps"] if step["type"] == "followup.rated.v1"]
    assert len(rated) == 1 and rated[0]["solved"] == "yes" and rated[0]["role"] == "citizen", rated
    assert letter["closed"] and not letter["can_rate"]
    other = browser.post(f"/api/q/{no}/rate", {**RATING, "id": "fedcba654321"}, {"X-Wangli-Token": token})
    assert other.error == "refused", other.body


def types_of(browser, no):
    return [step["type"] for step in browser.get(f"/api/q/{no}").json["steps"]]


def advance(s):
    s.wangli("clock", "advance", "--next")
    return False


def a_report_shows_no_unit(s):
    case_id, = submit(s, 1, 1, "rep", rows=[("举报市城管委某工作人员收受好处", "我要举报市城市管理委员会的工作人员收受贿赂，请查处。")])
    assert s.one(f"select klass from intake.v_case where case_id = {case_id}") == "report"
    browser, no = opened(s, case_id)
    until(30, "it is with a unit", lambda: any(x["type"] == "dispatch.dispatched.v1" for x in browser.get(f"/api/q/{no}").json["steps"]))
    letter = browser.get(f"/api/q/{no}").json
    assert letter["report"]
    shown = str(letter)
    for hidden in ("unit", "area", "category", "by", "with"):
        assert hidden not in letter and all(hidden not in step for step in letter["steps"]), (hidden, shown)
    listed = next(c for c in browser.get(f"/api/cases?before={case_id + 1}").json["cases"] if c["id"] == str(case_id))
    assert listed["report"] and "unit" not in listed and "category" not in listed, listed


def lists_are_paged_and_whole(s):
    submit(s, 60, 77, "list", channel="forum")
    browser = Browser(s)
    until(30, "analytics knows them", lambda: s.one("select count(*) from analytics.v_case where channel = 'forum'") == "60")
    seen, before = [], ""
    while True:
        page = browser.get(f"/api/cases?channel=forum{before}").json
        seen += [case["id"] for case in page["cases"]]
        if "next_before" not in page:
            break
        assert len(page["cases"]) == 50
        before = f"&before={page['next_before']}"
    assert len(seen) == len(set(seen)) == 60 and seen == sorted(seen, key=int, reverse=True)
    for metric in ("all", "open", "overdue", "due_soon", "answered", "closed", "on_time", "due", "late", "dispatched", "M12"):
        assert browser.get(f"/api/cases?metric={metric}").status == 200, metric
    figures = browser.get("/api/overview").json["figures"]
    count = 0
    path = "/api/cases?metric=open"
    while path:
        page = browser.get(path).json
        count += len(page["cases"])
        path = f"/api/cases?metric=open&before={page['next_before']}" if "next_before" in page else ""
    assert count == figures["open"], (count, figures["open"])
    for wrong in ("metric=none", "month=2026-13", "unit=a%27b", "limit=5", "day=2026-11-01&month=2026-11"):
        answer = browser.get(f"/api/cases?{wrong}")
        assert answer.error == "bad_request" and answer.json["error"]["detail"], wrong
    assert browser.get("/api/cases?unit=%00").error == "bad_request"


def visits_are_counted(s):
    def counted():
        rows = s.sql("select sum(sessions), sum(views) from portal.v_visit_day")
        return tuple(int(value or 0) for value in rows[0])

    with setting(s, LOG_LEVEL="info"):  # what was counted before is written at its end
        sessions, views = counted()
        one, two = Browser(s), Browser(s)
        for browser in (one, one, two, one):
            assert browser.get("/overview").status == 200
        one.get("/api/overview")
        until(20, "the visits are written", lambda: counted() == (sessions + 2, views + 4))
    assert {pair for (_, name), pair in one.cookies.items() if name == "wl_day"} == \
        {pair for (_, name), pair in two.cookies.items() if name == "wl_day"}, "the cookie tells browsers apart"


def comes_back_and_says_when_it_cannot(s, cookie, no):
    stream = Stream(s, "/api/overview/events")
    old = s.pid("portal")
    assert s.kill("portal")
    until(30, "the stream ends", lambda: not stream.is_open)
    s.until_back("portal", old)
    until(30, "the portal is ready", lambda: is_ready(s))
    assert Browser(s).get(f"/api/q/{no}", {"Cookie": cookie}).status == 200  # the cookie outlives the process
    again = Stream(s, "/api/overview/events")
    until(10, "a new stream has the figures", lambda: again.last("overview"))
    assert s.kill("postgres")
    until(20, "readers hear that it is stale", lambda: again.last("stale"))
    until(60, "figures come again", lambda: again.events[-1][0] in ("overview", "fresh"))
    until(60, "all is well", lambda: s.status()["is_healthy"])
    again.close()


def a_refusal_says_where_to_turn():
    with System(road="people") as s:
        case_id, = submit(s, 1, 5, "ref")
        no = until(30, "analytics knows the case", lambda: in_list(Browser(s), case_id) and number(Browser(s), case_id))
        s.wangli("case", no, "refuse", "--reason", "litigation", "--guidance", "请联系承办法官，或拨 12368。")
        browser, no = opened(s, case_id)
        letter = browser.get(f"/api/q/{no}").json
        assert letter["refused"] and letter["refusal"]["guidance"] == "请联系承办法官，或拨 12368。", letter
        assert letter["refusal"]["sentence"] and letter["steps"][-1]["reason"] == "litigation", letter["steps"]
        assert "chip" not in letter and not letter["can_rate"]


def main():
    with System() as s:
        pages_and_their_policy(s)
        case_id, second, *_ = submit(s, 4, 11, "open")
        browser, no, cookie = a_letter_is_opened_by_its_code(s, case_id)
        a_wrong_code_reads_like_an_unknown_number(s, case_id, no)
        forget_tries(s)
        five_tries_then_a_pause(s, second, number(browser, second))
        acts_of_other_sites_are_refused(s, browser, no)
        figures_are_fresh_and_asked_for_once_a_second(s)
        a_letter_tells_its_page_of_changes(s, browser, no, case_id)
        rated_to_the_end(s, browser, no)
        a_report_shows_no_unit(s)
        lists_are_paged_and_whole(s)
        visits_are_counted(s)
        comes_back_and_says_when_it_cannot(s, cookie, no)
    a_refusal_says_where_to_turn()


if __name__ == "__main__":
    main()
