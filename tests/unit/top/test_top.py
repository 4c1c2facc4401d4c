"""What ./wangli top computes from two looks at a process: rates, ratios, quantiles; and how it writes numbers."""

import importlib.util
import pathlib

PATH = pathlib.Path(__file__).resolve().parents[3] / "deploy/script/top.py"
spec = importlib.util.spec_from_file_location("top", PATH)
top = importlib.util.module_from_spec(spec)
spec.loader.exec_module(top)

INF = float("inf")


def close(a, b):
    return a == b or (a is not None and b is not None and abs(a - b) < 1e-9)


def quantiles_are_within_their_bucket():
    even = [(1.0, 50), (2.0, 100), (INF, 100)]
    for buckets, q, wanted in ((even, 0.5, 1.0), (even, 0.75, 1.5), (even, 1, 2.0), ([(1.0, 0), (INF, 4)], 0.5, 1.0),
                               ([(1.0, 0), (INF, 0)], 0.5, None), ([], 0.5, None), ([(0.5, 1), (INF, 1)], 0.5, 0.25)):
        got = top.quantile(buckets, q)
        assert close(got, wanted), (buckets, q, got, wanted)


def pairs_tell_what_happened_between():
    before = top.Figures('a_total{service="s",k="x"} 10\na_total{service="s",k="y"} 5\nn_count{service="s"} 2\n', 100.0)
    now = top.Figures('a_total{service="s",k="x"} 30\na_total{service="s",k="y"} 5\nn_count{service="s"} 6\nb_total{service="s"} 8\n', 102.0)
    pair = top.Pair(before, now)
    for got, wanted in ((pair.rate("a_total"), 10.0), (pair.rate("a_total", k="y"), 0.0), (pair.rate("b_total"), 4.0),
                        (pair.rate("c_total"), None), (pair.ratio("a_total", "n_count"), 5.0), (pair.ratio("a_total", "c_total"), None),
                        (top.Pair(None, now).rate("a_total"), None), (top.Pair(before, None).rate("a_total"), None),
                        (top.Pair(now, before).rate("a_total"), None)):  # it began anew
        assert close(got, wanted), (got, wanted)


def labels_may_hold_quotes_and_commas():
    figures = top.Figures('a{k="x,\\"y\\"",s="t"} 1.5e3\n# a{k="no"} 7\n', 0)
    assert figures.total("a", s="t") == 1500 and figures.total("a", k="no") is None


def numbers_are_short():
    for got, wanted in ((top.size(None), "-"), (top.size(512), "512B"), (top.size(1536 * 1024), "1.5M"), (top.size(5 << 40), "5120G"),
                        (top.span(None), "-"), (top.span(0.0194), "19ms"), (top.span(75), "75s"), (top.span(600), "10min"),
                        (top.span(86400), "24h"), (top.span(864000), "10d"), (top.number(1234.5, 1), "1,234.5"), (top.number(None), "-")):
        assert got == wanted, (got, wanted)


for test in (quantiles_are_within_their_bucket, pairs_tell_what_happened_between, labels_may_hold_quotes_and_commas, numbers_are_short):
    test()
    print("ok", test.__name__)
