"""Write `zones.csv` and `transitions.csv` from the IANA time zone database, which is in the public domain.

Run it with the `tzdata` package installed (pandas brings it): `python notebooks/data/timezones/make.py`.
"""

import csv
import re
import zoneinfo
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path

import tzdata

FIRST, LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC)
HERE = Path(__file__).parent


def zones():
    """Name, country code, latitude and longitude (degrees) of every zone that a place stands for."""
    table = resources.files(tzdata).joinpath("zoneinfo/zone.tab").read_text(encoding="utf-8")
    for line in table.splitlines():
        if not line.startswith("#"):
            country, place, name, *_ = line.split("\t")
            latitude, longitude = (degrees(part) for part in re.findall(r"[+-]\d+", place))
            yield name, country, latitude, longitude


def degrees(text):
    """Degrees of `+DDMM`, `+DDDMM`, `+DDMMSS` or `+DDDMMSS`."""
    digits, seconds = (text[1:-2], text[-2:]) if len(text) > 6 else (text[1:], "0")
    value = int(digits[:-2]) + int(digits[-2:]) / 60 + int(seconds) / 3600
    return round(-value if text[0] == "-" else value, 4)


def transitions(name):
    """When the offset from UTC changed (to the second), and from what to what (minutes)."""
    zone = zoneinfo.ZoneInfo(name)
    day, before = FIRST, offset(zone, FIRST)
    while day < LAST:
        following = day + timedelta(days=1)
        after = offset(zone, following)
        if after != before:
            yield f"{moment(zone, day, following, after):%Y-%m-%dT%H:%M:%SZ}", before, after
        day, before = following, after


def moment(zone, low, high, after):
    """The first second of an interval that has the offset of its end."""
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=int((high - low).total_seconds()) // 2)
        low, high = (low, middle) if offset(zone, middle) == after else (middle, high)
    return high


def offset(zone, when):
    return round(when.astimezone(zone).utcoffset().total_seconds() / 60)


def write(name, header, rows):
    with (HERE / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


if __name__ == "__main__":
    zoneinfo.reset_tzpath(())  # the package, not the system
    found = sorted(zones())
    write("zones.csv", ["zone", "country", "latitude", "longitude"], found)
    rows = ((name, *row) for name, *_ in found for row in transitions(name))
    write("transitions.csv", ["zone", "utc", "before", "after"], rows)
