"""Working days and due times from the city's CSV files alone: an independent calculation to hold the platform's against. Shares nothing
with the code under test but the files."""

import csv
import datetime
import pathlib

CITY = pathlib.Path(__file__).resolve().parents[2] / "deploy" / "cities" / "chengdu"
DAY = datetime.timedelta(days=1)
MINUTES = {"min": 1, "h": 60}


def rows_of(name):
    with open(CITY / name, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


class Calendar:
    """Monday to Friday, but for the days of holidays.csv, in both directions of 调休."""

    def __init__(self):
        self.overrides = {datetime.date.fromisoformat(row["date"]): row["kind"] == "work" for row in rows_of("holidays.csv")}
        self.limits = {row["type"]: row for row in rows_of("sla.csv")}

    def is_work(self, day):
        return self.overrides.get(day, day.weekday() < 5)

    def between(self, first, last):
        """Working days in (first, last]."""
        return sum(self.is_work(first + DAY * n) for n in range(1, (last - first).days + 1))

    def due(self, start, limit):
        """When a limit that begins to run at `start` (Shanghai) ends; None: there is none. Days end at 24:00."""
        if limit == "-":
            return None
        if not limit.endswith("wd"):
            unit = next((u for u in MINUTES if limit.endswith(u)), None)
            return start + datetime.timedelta(minutes=int(limit.removesuffix(unit)) * MINUTES[unit] if unit else 0)
        day, left = start.date(), int(limit.removesuffix("wd"))
        while left > 0:
            day += DAY
            left -= self.is_work(day)
        return datetime.datetime.combine(day + DAY, datetime.time())
