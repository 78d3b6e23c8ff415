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
            if re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", g["urlname"])}
    bad_groups = [g["urlname"] for g in groups if g["urlname"] not in good]
    text = as_csv(["slug", "name", "city", "country", "latitude", "longitude", "time_zone"],
                  group_rows(groups))
    done = community.convene("groups", "import", "--format", "csv", "-", text=text, expect=None)
    report = done.stdout + done.stderr
    assert counts(report)["created"] == len(good), report
    for slug in bad_groups:
        assert slug in report, f"the refused group {slug} is not named"

    orphans = [m for m in meetups if m["group"] not in good]
    text = as_csv(COLUMNS, meetup_rows(meetups))
    done = community.convene("events", "import", "--publish", "--format", "csv", "-", text=text,
                             expect=1)
    report = done.stdout + done.stderr
    assert counts(report).get("created") == len(meetups) - len(orphans), report[-3000:]
    assert counts(report).get("refused") == len(orphans), report[-3000:]
    for m in orphans:
        assert m["id"] in report, f"the refused meetup {m['id']} is not named"

    done = community.convene("events", "import", "--publish", "--format", "csv", "-", text=text,
                             expect=1)
    again = counts(done.stdout + done.stderr)
    assert again.get("unchanged") == len(meetups) - len(orphans), again
    assert not again.get("created") and not again.get("updated"), again
    return [m for m in meetups if m["group"] in good]


def check_berlin(community, stored):
    center = (52.52, 13.405)
    want = sorted(
        m["id"] for m in stored
        if m.get("lat") is not None and metres(center, (m["lat"], m["lon"])) <= 50_000
        and "2024-01-01" <= datetime.datetime.fromisoformat(m["start"])
        .astimezone(datetime.timezone.utc).isoformat() < "2025-01-01")
    events = community.json("events", "list", "--near", "52.52,13.405", "--radius", "50km",
                            "--from", "2024-01-01", "--to", "2025-01-01", "--all",
                            "--include-cancelled")
    events = events if isinstance(events, list) else events["events"]
    assert want, "the data has meetups near Berlin in 2024"
    assert sorted(e["externalId"] for e in events) == want, (len(events), len(want))
    starts = [e["startTime"] for e in events]
    assert starts == sorted(starts), "events are sorted by start"


def main(build):
    if not (DATA / "meetups.json").exists():
        print("the real meetups are not beside this checkout: skipped")
        return SKIPPED
    groups = json.loads((DATA / "meetup_groups.json").read_text())
    meetups = json.loads((DATA / "meetups.json").read_text())
    with Community(build, "--quiet") as community:
        stored = check_imports(community, groups, meetups)
        check_berlin(community, stored)
        assert community.stop() == 0, "the server stops cleanly"
    print(f"{len(stored)} of {len(meetups)} meetups stored, every refusal named, lists agree")
    return 0


sys.exit(main(sys.argv[1]))
