#!/usr/bin/env python3
"""Fourteen years of real meetups: all registered, every refusal named, lists equal a plain loop."""
import csv
import datetime
import io
import json
import math
import re
import sys

from community import DATA, SKIPPED, Community

COLUMNS = ["external_id", "group", "title", "start", "duration", "mode", "venue", "city", "country",
           "latitude", "longitude", "url"]


def as_csv(columns, rows):
    out = io.StringIO()
    writer = csv.DictWriter(out, columns)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def group_rows(groups):
    for g in groups:
        yield {"slug": g["urlname"], "name": g["name"], "city": g["city"], "country": g["country"],
               "latitude": g["lat"], "longitude": g["lon"], "time_zone": g["timezone"]}


def meetup_rows(meetups):
    for m in meetups:
        yield {"external_id": m["id"], "group": m["group"], "title": m["title"],
               "start": m["start"], "duration": m["duration"],
               "mode": "online" if m["online"] else "offline",
               "venue": m.get("venue") or "", "city": m.get("city") or "",
               "country": m.get("country") or "", "url": m["url"],
               "latitude": "" if m.get("lat") is None else m["lat"],
               "longitude": "" if m.get("lon") is None else m["lon"]}


def counts(report):
    """{"created": n, …} of an import's closing lines."""
    found = re.findall(r"(\d+) (created|updated|unchanged|refused)", report.replace(",", ""))
    return {word: int(number) for number, word in found}


def metres(a, b):
    p, q = math.radians(a[0]), math.radians(b[0])
    d = math.radians(b[1] - a[1])
    h = math.sin((q - p) / 2) ** 2 + math.cos(p) * math.cos(q) * math.sin(d / 2) ** 2
    return 2 * 6371008.8 * math.asin(math.sqrt(h))


def check_imports(community, groups, meetups):
    good = {g["urlname"] for g in groups
            if re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", g["urlname"].lower())}
    told = [g["urlname"] for g in groups if g["urlname"] not in good or not g["urlname"].islower()]
    text = as_csv(["slug", "name", "city", "country", "latitude", "longitude", "time_zone"],
                  group_rows(groups))
    done = community.convene("groups", "import", "--format", "csv", "-", text=text, expect=None)
    report = done.stdout + done.stderr
    assert counts(report)["created"] == len(good), report
    for slug in told:
        assert slug in report, f"the group {slug}, refused or in lower case now, is not named"

    orphans = [m for m in meetups if m["group"] not in good]
    text = as_csv(COLUMNS, meetup_rows(meetups))
    done = community.convene("events", "import", "--publish", "--format", "csv", "-", text=text,
                             expect=1 if orphans else 0)
    report = done.stdout + done.stderr
    assert counts(report).get("created") == len(meetups) - len(orphans), report[-3000:]
    assert counts(report).get("refused") == len(orphans), report[-3000:]
    for m in orphans:
        assert m["id"] in report, f"the refused meetup {m['id']} is not named"

    done = community.convene("events", "import", "--publish", "--format", "csv", "-", text=text,
                             expect=1 if orphans else 0)
    again = counts(done.stdout + done.stderr)
    assert again.get("unchanged") == len(meetups) - len(orphans), again
    assert not again.get("created") and not again.get("updated"), again
    return [m for m in meetups if m["group"] in good]


def check_place(community, stored, center, km, year):
    """A list around a place in a year against a plain loop over the file."""
    want = sorted(
        (m["group"], m["id"]) for m in stored
        if m.get("lat") is not None and metres(center, (m["lat"], m["lon"])) <= km * 1000
        and f"{year}-01-01" <= datetime.datetime.fromisoformat(m["start"])
        .astimezone(datetime.timezone.utc).isoformat() < f"{year + 1}-01-01")
    events = community.json("events", "list", "--near", f"{center[0]},{center[1]}",
                            "--radius", f"{km}km", "--from", f"{year}-01-01T00:00:00Z",
                            "--to", f"{year + 1}-01-01T00:00:00Z", "--all", "--include-cancelled")
    events = events if isinstance(events, list) else events["events"]
    got = sorted(e["externalId"] for e in events)
    assert got == sorted(identity for _, identity in want), (center, year, len(got), len(want))
    starts = [e["startTime"] for e in events]
    assert starts == sorted(starts), "events are sorted by start"
    return len(want)


def check_places(community, stored):
    found = [check_place(community, stored, center, km, year) for center, km, year in [
        ((52.52, 13.405), 50, 2024),       # Berlin itself: nothing located that year
        ((52.52, 13.405), 500, 2024),      # and around it
        ((52.52, 13.405), 500, 2018),
        ((48.2082, 16.3738), 50, 2024),    # Vienna
        ((-34.6037, -58.3816), 100, 2019), # Buenos Aires
        ((51.5074, -0.1278), 50, 2019),    # London
        ((-36.85, 174.76), 500, 2019),     # Auckland, near the antimeridian
    ]]
    assert sum(found) > 30, found


def main(build):
    if not (DATA / "meetups.json").exists():
        print("the real meetups are not beside this checkout: skipped")
        return SKIPPED
    groups = json.loads((DATA / "meetup_groups.json").read_text())
    meetups = json.loads((DATA / "meetups.json").read_text())
    with Community(build, "--quiet") as community:
        stored = check_imports(community, groups, meetups)
        check_places(community, stored)
        assert community.stop() == 0, "the server stops cleanly"
    print(f"{len(stored)} of {len(meetups)} meetups stored, every refusal named, lists agree")
    return 0


sys.exit(main(sys.argv[1]))
