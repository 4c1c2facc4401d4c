"""docs/metrics.md: what processes measure (Prometheus), and the figures of the business."""

import re

import tables
from markdown import HEAD, code, codes, table

COMPONENTS = (
    ("kit", "common/kit/kit_metrics.def", "Every service: intake, dispatch, reply, followup, analytics"),
    ("bus", "services/bus/bus_metrics.def", "The broker"),
    ("edge", "services/edge/edge_metrics.def", "The door"),
    ("webhook", "services/webhook/webhook_metrics.def", "Each webhook"),
    ("portal", "services/portal/portal_metrics.def", "The portal"),
    ("media", "services/media/media_metrics.def", "Attachments"),
    ("watch", "services/watch/watch_metrics.def", "Watch: the database, the machine and the city's cases"),
)


def full_name(component, name, kind, unit):
    return (f"wangli_{component}_" if component else "") + name + (f"_{unit}" if unit else "") + \
        ("_total" if kind == "COUNTER" else "")


def of_component(component, path):
    lines = []
    for name, kind, unit, labels, meaning in tables.rows(path, "METRIC"):
        lines.append((code(full_name(component, name, kind, unit)), kind.lower(),
                      codes(filter(None, labels.split(","))), meaning))
    return table(["metric", "type", "labels", "meaning"], lines)


FIGURES = "services/analytics/analytics_figures.def"
SHOWN = ("code", "zh", "en", "unit_zh", "dated_by", "numerator", "denominator", "exclusions", "source")


def figures(macro):
    """The columns by the names that the list itself gives them."""
    comment = tables.read(FIGURES).split("*/")[0]
    names = [n.strip() for n in re.search(rf"{macro}\(([^)]*)\)", comment)[1].split(",")]
    shown = [n for n in SHOWN if n in names]
    return table([n.removesuffix("_zh").replace("_", " ") for n in shown],
                 [[row[names.index(n)] for n in shown] for row in tables.rows(FIGURES, macro)])


def page():
    out = [HEAD, "# Metrics\n",
           "Every process answers `GET /metrics` in Prometheus' text format (0.0.4) where it answers `GET /health` (setting "
           "`HEALTH_LISTEN`). Every line has the label `service`: which process it is. Histograms in seconds have buckets from 0.0005 "
           "to 300, histograms of messages from 1 to 1000.\n"]
    for component, path, title in COMPONENTS:
        if (tables.ROOT / path).exists():
            out += [f"## {title}\n", of_component(component, path)]
    out += ["## Every process\n",
            table(["metric", "type", "labels", "meaning"],
                  [(code("wangli_build_info"), "gauge", code("version"), "1; the version of the program stands in its label")]),
            of_component("", "common/metrics/process_metrics.def")]
    out += ["## Figures of the business\n",
            "What analytics counts (`services/analytics/analytics_figures.def`); `./wangli report` prints them. A ratio without a "
            "denominator is \"no data\", not 0.\n", figures("FIGURE"),
            "Computed from these when somebody asks:\n", figures("DERIVED")]
    return "\n".join(out), []
