#!/usr/bin/env python3
"""Lists of real meetups, conferences and calendars equal a plain loop over their files, whatever the
filters, and walks through pages hold while a writer keeps changing events."""
import bisect
import csv
import datetime
import functools
import io
import json
import math
import random
import re
import subprocess
import sys
import threading
import time
import unicodedata

import calendar_model
from community import DATA, SKIPPED, Community

COMBINATIONS = 1000
WALKS = 8
CITIES = ["Berlin", "München", "Wien", "London", "Paris", "New York", "Köln", "Zürich", "Lisboa",
          "Buenos Aires", "Melbourne", "Toronto", "Amsterdam", "Nairobi", "Stockholm", "Prague",
          "Warszawa", "Bangalore", "東京", "København"]
COLUMNS = ["external_id", "group", "title", "start", "duration", "mode", "venue", "city", "country",
           "latitude", "longitude", "topics", "language", "capacity"]
UTC = datetime.timezone.utc
# Its zone has a name that nobody knows, and rules of 1985, by which no zone is found.
REFUSED = "Event in 1985 (old rule)"


def metres(a, b):
    p, q = math.radians(a[0]), math.radians(b[0])
    d = math.radians(b[1] - a[1])
    h = math.sin((q - p) / 2) ** 2 + math.cos(p) * math.cos(q) * math.sin(d / 2) ** 2
    return 2 * 6371008.8 * math.asin(math.sqrt(min(h, 1)))


# Text, by the rules of base/text.h and base/tokens.h, written anew.

STROKES = str.maketrans({"ø": "o", "đ": "d", "ł": "l", "ı": "i"})


def fold(text):
    text = unicodedata.normalize("NFKC", text).casefold()
    text = "".join(c for c in unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text))
                   if unicodedata.category(c)[0] != "M" and c not in "\u200b\u200c\u200d\ufeff\u00ad")
    return unicodedata.normalize("NFC", text).translate(STROKES)


def in_run(c):
    return ord(c) >= 0xe00 and any(lo <= ord(c) <= hi for lo, hi in [
        (0x3040, 0x30ff), (0x3400, 0x4dbf), (0x4e00, 0x9fff), (0xac00, 0xd7a3), (0xf900, 0xfaff),
        (0x20000, 0x3ffff), (0xe00, 0xeff), (0x1000, 0x109f), (0x1780, 0x17ff)])


def pieces(folded):
    """Words and runs, as (text, is a run, whether something follows)."""
    found, at = [], 0
    while at < len(folded):
        if unicodedata.category(folded[at])[0] not in "LMN":
            at += 1
            continue
        end, run = at, in_run(folded[at])
        while (end < len(folded) and unicodedata.category(folded[end])[0] in "LMN"
               and in_run(folded[end]) == run):
            end += 1
        if end == at + 1 and not run:
            signs = 0
            while signs < 2 and end < len(folded) and folded[end] in "+#":
                end, signs = end + 1, signs + 1
        found.append((folded[at:end], run, end < len(folded)))
        at = end
    return found


@functools.cache  # names of groups, venues and cities come again and again
def tokens_of(text):
    found = set()
    for piece, run, _ in pieces(fold(text)):
        if run:
            found.update(piece)
            found.update(a + b for a, b in zip(piece, piece[1:]))
        else:
            found.add(piece)
    return found


def tokens(texts):
    return set().union(*map(tokens_of, texts))


def asked(text):
    """What a search asks for: (token, whether it is a beginning)."""
    wanted = []
    for piece, run, followed in pieces(fold(text)):
        if run and len(piece) > 1:
            wanted += [(a + b, False) for a, b in zip(piece, piece[1:])]
        else:
            wanted.append((piece, not run and not followed and len(piece) >= 3))
    return wanted


# The files, as rows of one kind.

def read_rows(groups, meetups, conferences, places):
    names = {g["urlname"]: g["name"] for g in groups}
    known = {(p["city"], p["country"]): p for p in places}
    for m in meetups:
        if m["group"] in names:
            yield {"external_id": m["id"], "group": m["group"], "title": m["title"],
                   "start": datetime.datetime.fromisoformat(m["start"]).astimezone(UTC),
                   "start_text": m["start"], "duration": m["duration"],
                   "mode": "online" if m["online"] else "offline", "venue": m.get("venue") or "",
                   "city": m.get("city") or "", "country": m.get("country") or "",
                   "at": None if m.get("lat") is None else (m["lat"], m["lon"]), "topics": [],
                   "language": "", "group_name": names[m["group"]]}
    for i, c in enumerate(conferences):
        place = known.get((c.get("city"), c.get("country")))
        start = datetime.datetime.fromisoformat(c["startDate"] + "T09:00:00+00:00")
        mode = "mixed" if c["online"] and c.get("city") else "online" if c["online"] else "offline"
        yield {"external_id": f"c{i}", "group": "conferences", "title": c["name"][:200],
               "start": start, "start_text": c["startDate"] + "T09:00:00Z", "duration": "PT8H",
               "mode": mode, "venue": "", "city": c.get("city") or "",
               "country": place["cc"].lower() if place else "",
               # Of every other one the server has to know where the city is.
               "at": (place["lat"], place["lon"]) if place and i % 2 else None,
               "topics": c["topics"], "group_name": "Tech conferences",
               "language": re.split("[,; ]", c.get("locales", ""))[0].lower()}


def as_csv(columns, rows):
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def as_imported(row):
    at = row["at"] or ("", "")
    return dict(row, start=row["start_text"], latitude=at[0], longitude=at[1],
                topics=";".join(row["topics"]))


def read_calendars(now):
    """The calendars' files with the rows that an independent reading gives, each in its group."""
    for i, file in enumerate(sorted((DATA / "ics" / "real").glob("*.ics"))):
        rows, n_series = calendar_model.read(file.read_bytes().decode("utf-8-sig"), now)
        group = {"slug": f"calendar-{i}", "name": f"Calendar {i}", "time_zone": "UTC"}
        yield file, group, n_series, [
            dict(row, group=group["slug"], group_name=group["name"], city="", at=None, language="")
            for row in rows if row["title"] != REFUSED]


def load_calendars(community, calendars):
    for file, group, _, _ in calendars:
        done = community.convene("events", "import", file, "--group", group["slug"], "--publish",
                                 expect=None)
        assert done.returncode == 0 or (REFUSED in done.stdout and " 1 refused" in done.stdout), done


def name_occurrences(shown, calendars):
    """Finds the stored events of the calendars' rows; there are no others, and each once."""
    groups = {group["name"]: group["slug"] for _, group, _, _ in calendars}
    found = {}
    for event in shown.values():
        if event["groupName"] in groups:
            start = datetime.datetime.fromisoformat(event["startTime"].replace("Z", "+00:00"))
            key = (groups[event["groupName"]], start, event["title"])
            assert key not in found, key
            found[key] = event["externalId"]
    for file, group, _, rows in calendars:
        want = sorted((r["start"], r["title"]) for r in rows)
        got = sorted(key[1:] for key in found if key[0] == group["slug"])
        assert got == want, (file.name, [x for x in want if x not in got][:5],
                             [x for x in got if x not in want][:5])
        for row in rows:
            row["external_id"] = found[row["group"], row["start"], row["title"]]
            yield row


def load(community, groups, rows, calendars):
    """Imports everything; the rows that were stored, sorted as lists are, with what was shown."""
    table = [{"slug": g["urlname"], "name": g["name"], "city": g["city"], "country": g["country"],
              "latitude": g["lat"], "longitude": g["lon"], "time_zone": g["timezone"]}
             for g in groups if re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", g["urlname"])]
    table.append({"slug": "conferences", "name": "Tech conferences", "time_zone": "UTC"})
    table += [group for _, group, _, _ in calendars]
    columns = ["slug", "name", "city", "country", "latitude", "longitude", "time_zone"]
    community.convene("groups", "import", "--format", "csv", "-", text=as_csv(columns, table))
    done = community.convene("events", "import", "--publish", "--format", "csv", "-", expect=None,
                             text=as_csv(COLUMNS, map(as_imported, rows)))
    report = done.stdout + done.stderr
    assert " 0 updated, 0 unchanged" in report, report[-2000:]
    load_calendars(community, calendars)
    shown = {e["externalId"]: e for e in community.json("events", "list", "--all", "--from",
                                                        "1970-01-01", "--include-cancelled")}
    slugs = {t["slug"] for t in table}
    refused = [r for r in rows if r["external_id"] not in shown]
    assert len(refused) < 30, [r["external_id"] for r in refused][:40]
    stored = [r for r in rows if r["external_id"] in shown and r["group"] in slugs]
    stored += name_occurrences(shown, calendars)
    assert len(stored) == len(shown) > 11000, (len(stored), len(shown))
    for row in stored:
        event = shown[row["external_id"]]
        text = event["startTime"].replace("Z", "+00:00")
        assert datetime.datetime.fromisoformat(text) == row["start"], row
        row["id"] = event["id"]
        center = event.get("cityCenter")
        assert not (center and row["at"]), row
        row["found"] = (center["latitude"], center["longitude"]) if center else row["at"]
        row["tokens"] = tokens([row["title"], *row["topics"], row["group_name"], row["venue"],
                                row["city"], row.get("description", "")])
        row["key"] = (row["start"].timestamp(), row["id"])
    return sorted(stored, key=lambda r: r["key"])


def check_centers(stored, places):
    """Where the server found the cities of events without coordinates is where they are."""
    known = {(p["city"], p["cc"].lower()): (p["lat"], p["lon"]) for p in places}
    pairs = [(known[r["city"], r["country"]], r["found"]) for r in stored
             if r["at"] is None and r["found"] and (r["city"], r["country"]) in known]
    far = [p for p in pairs if metres(*p) > 30000]
    assert len(pairs) > 1000 and len(far) <= len(pairs) // 50, (len(pairs), far[:5])


class Lines:
    """The driver: lists and other calls over one connection. Calls may be sent ahead."""

    def __init__(self, program, url):
        self.process = subprocess.Popen([program, url], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)

    def send(self, method, request):
        self.process.stdin.write(f"{method} {json.dumps(request)}\n")
        self.process.stdin.flush()

    def call(self, method, request):
        self.send(method, request)
        return self.process.stdout.readline().rstrip("\n")

    def read_list(self):
        """A list: external ids, the next token or None, the place's centre, hints."""
        line = self.process.stdout.readline().rstrip("\n")
        fields = line.split(" ")
        assert fields[0] == "ok", line
        center = None if fields[2] == "-" else (float(fields[2]), float(fields[3]))
        return fields[5:], None if fields[1] == "-" else fields[1], center, fields[4]

    def page(self, request):
        self.send("ListEvents", request)
        return self.read_list()

    def close(self):
        self.process.stdin.close()
        return self.process.wait(60)


def instant(seconds):
    return datetime.datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def beginning(vocabulary, word):
    """Of sorted words those that begin so."""
    at = bisect.bisect_left(vocabulary, word)
    while at < len(vocabulary) and vocabulary[at].startswith(word):
        yield vocabulary[at]
        at += 1


def within(center, radius, places):
    """Where those within the radius stand among sorted places; none is nearer than its latitude."""
    degrees = math.degrees(radius / 6371008.8) + 1e-6
    lo = bisect.bisect_left(places, (center[0] - degrees, -math.inf))
    hi = bisect.bisect_right(places, (center[0] + degrees, math.inf))
    return {i for i in range(lo, hi) if metres(center, places[i]) <= radius}


class Combination:
    """Filters by chance: the request, and what the plain loop asks of a row."""

    def __init__(self, rng, stored, vocabulary):
        self.request, self.tests, self.radius = {"includeCancelled": rng.random() < .5}, [], None
        self.request["pageSize"] = 1000
        self.first, self.before = -math.inf, math.inf
        if rng.random() < .5:
            self.ask_when(rng, stored)
        if rng.random() < .5:
            self.ask_where(rng, stored)
        if rng.random() < .25:
            names = {rng.choice(stored)["group"] for _ in range(rng.randint(1, 4))}
            self.request["groupIds"] = sorted(names)
            self.tests.append(lambda r: r["group"] in names)
        if rng.random() < .3:
            self.ask_topics(rng, stored)
        if rng.random() < .15:
            tags = set(rng.sample(["en", "de", "fr", "es", "", "EN"], rng.randint(1, 3)))
            self.request["languages"] = sorted(tags)
            lower = {t.lower() for t in tags}
            self.tests.append(lambda r: r["language"] in lower)
        if rng.random() < .2:
            mode = rng.choice(["online", "offline", "mixed"])
            self.request["attendanceMode"] = "ATTENDANCE_MODE_" + mode.upper()
            self.tests.append(lambda r: r["mode"] == mode)
        if rng.random() < .35:  # last but one, since it takes longest to compare
            self.ask_text(rng, stored, vocabulary)
        if not self.request["includeCancelled"]:  # which turns away the fewest
            self.tests.append(lambda r: not r.get("cancelled"))

    def ask_when(self, rng, stored):
        first, last = stored[0]["key"][0], stored[-1]["key"][0]
        lo = rng.choice([rng.uniform(first, last), rng.choice(stored)["key"][0]]) // 1
        hi = lo + rng.choice([86400 * 7, 86400 * 90, 86400 * 900])
        self.request["startTimeFrom"], self.request["startTimeBefore"] = instant(lo), instant(hi)
        self.first, self.before = lo, hi

    def ask_where(self, rng, stored):
        self.radius = rng.choice([2000, 25000, 100000, 500000])
        self.online_too = self.request["onlineToo"] = rng.random() < .2
        if rng.random() < .5:
            self.request["place"] = {"name": rng.choice(CITIES), "radiusM": self.radius}
            return
        at = next(r["found"] for r in iter(lambda: rng.choice(stored), None) if r["found"])
        self.center = (round(at[0], 2), round(at[1], 2))
        self.request["near"] = {"radiusM": self.radius, "center": {"latitude": self.center[0],
                                                                   "longitude": self.center[1]}}

    def ask_topics(self, rng, stored):
        row = next(r for r in iter(lambda: rng.choice(stored), None) if r["topics"])
        names = {row["topics"][0], rng.choice(["python", "javascript", "ux", "cobol"])}
        self.request["topics"] = [rng.choice([n, n.upper()]) for n in sorted(names)]
        self.tests.append(lambda r: not names.isdisjoint(r["topics"]))

    def ask_text(self, rng, stored, vocabulary):
        words = rng.sample(sorted(rng.choice(stored)["tokens"]), 2)[:rng.randint(1, 2)]
        if rng.random() < .3:
            words = [rng.choice(vocabulary)]
        words[-1] = words[-1][:rng.choice([2, 3, 4, 5, 99])]
        text = " ".join(words) + rng.choice(["", " "])
        wanted = asked(text)
        if not wanted:
            return
        self.request["text"] = text
        for word, begins in wanted:
            fit = set(beginning(vocabulary, word)) if begins else {word}
            self.tests.append(lambda r, fit=fit: not fit.isdisjoint(r["tokens"]))

    def expect(self, stored, center, places):
        # They are sorted by start, and have a few hundred places between them.
        lo, hi = (bisect.bisect_left(stored, at, key=lambda r: r["key"][0])
                  for at in (self.first, self.before))
        rows = stored[lo:hi]
        if self.radius is not None:  # first, since it leaves the fewest
            near = within(center or self.center, self.radius, places)
            rows = [r for r in rows if r["place"] in near
                    or (self.online_too and r["mode"] == "online")]
        for test in self.tests:
            rows = [r for r in rows if test(r)]
        return rows


def check_combinations(lines, stored):
    rng = random.Random(20261129)
    vocabulary = sorted(set().union(*(r["tokens"] for r in stored)))
    places = sorted({r["found"] for r in stored} - {None})
    numbers = {place: i for i, place in enumerate(places)}
    for row in stored:
        row["place"] = numbers.get(row["found"])
    different = {}  # one in twenty asks for everything; each request is asked once
    while len(different) < COMBINATIONS:
        combination = Combination(rng, stored, vocabulary)
        different[json.dumps(combination.request, sort_keys=True)] = combination
    combinations = list(different.values())
    n_some = n_hints = 0
    ahead = 0
    for i, combination in enumerate(combinations):
        while ahead < len(combinations) and ahead < i + 4:  # the server works while this compares
            lines.send("ListEvents+", combinations[ahead].request)
            ahead += 1
        got, _, center, hints = lines.read_list()
        want = [r["external_id"] for r in combination.expect(stored, center, places)]
        assert got == want, (combination.request, len(got), len(want),
                             sorted(set(got) ^ set(want))[:10])
        n_some += bool(got)
        n_hints += hints != "-"
        assert (hints != "-") == (not got), (combination.request, hints)
    assert n_some > COMBINATIONS // 3 and n_hints > COMBINATIONS // 10, (n_some, n_hints)
    return n_some


def check_hints(lines, stored):
    """An empty list's hints are counts of the plain loop."""
    request = {"topics": ["ruby"], "text": "haskellx ", "attendanceMode": "ATTENDANCE_MODE_ONLINE"}
    _, _, _, hints = lines.page(request)
    counts = dict(h.split(":") for h in hints.split(","))
    online_ruby = sum(r["mode"] == "online" and "ruby" in r["topics"] for r in stored)
    assert counts["text"].rstrip("+") == str(min(online_ruby, 100)), (counts, online_ruby)
    assert counts["topics"] == counts["attendance_mode"] == "0", counts


def check_words(community):
    """The command line says which filter left nothing, and a command that shows something."""
    done = community.convene("events", "list", "--near", "Wien", "--topic", "it's", "--from",
                             "2010-01-01", "--text", "meetup")
    assert "Nothing matches." in done.stderr and "on any topic" in done.stderr, done.stderr
    command = done.stderr.split("Next: ")[1].strip()
    again = subprocess.run(["sh", "-c", f"{community.build}/client/{command}"],
                           capture_output=True, text=True)
    assert again.returncode == 0 and len(again.stdout.splitlines()) > 1, (command, again)
    done = community.convene("events", "list", "--near", "Springfield", expect=1)
    assert "Springfield (us, MO)" in done.stderr and "by country" in done.stderr, done.stderr


class Writer(threading.Thread):
    """Keeps moving, adding and calling off events of one group, over a connection of its own."""

    def __init__(self, program, url, moving):
        super().__init__()
        self.lines, self.moving, self.stop = Lines(program, url), moving, threading.Event()
        self.n = 0
        self.failed = None

    def run(self):
        rng = random.Random(7)
        while not self.stop.is_set():
            row = rng.choice(self.moving)
            key = row["external_id"] if rng.random() < .7 else f"new{self.n}"
            start = row["start"] + datetime.timedelta(days=rng.randint(-400, 400))
            answer = self.lines.call("RegisterEvent", {"publish": True, "event": {
                "groupId": row["group"], "externalId": key, "title": f"Moved {self.n}",
                "startLocal": start.strftime("%Y-%m-%dT%H:%M:%S"), "timeZone": "UTC",
                "venue": {"city": row["city"], "location": {"latitude": 48.2, "longitude": 16.4}}}})
            if not answer.startswith("ok"):
                self.failed = answer
                return
            self.n += 1


def check_walks(lines, program, url, stored):
    """Of a list walked in pages, what nobody changed comes once and in order."""
    moving = [r for r in stored if "duration" in r and r["group"] != "conferences"][::10]
    changed = {r["external_id"] for r in moving}
    writer = Writer(program, url, moving)
    writer.start()
    requests = [{}, {"near": {"radiusM": 500000, "center": {"latitude": 48.2, "longitude": 16.4}}},
                {"text": "rladies"}, {"topics": ["javascript", "ruby"]}]
    n_pages = 0
    for walk in range(WALKS):
        request = dict(requests[walk % 4], includeCancelled=True, pageSize=[50, 200][walk % 2])
        before, got, token = writer.n, [], ""
        while token is not None:
            ids, token, _, _ = lines.page(dict(request, pageToken=token))
            got += ids
            n_pages += 1
            # Amid each walk something is written, however long that takes here.
            while writer.n == before and writer.is_alive():
                time.sleep(.001)
        test = {0: lambda r: True,
                1: lambda r: r["found"] and metres((48.2, 16.4), r["found"]) <= 500000,
                2: lambda r: any(t.startswith("rladies") for t in r["tokens"]),
                3: lambda r: not {"javascript", "ruby"}.isdisjoint(r["topics"])}[walk % 4]
        want = [r["external_id"] for r in stored if r["external_id"] not in changed and test(r)]
        still = [i for i in got if i not in changed and not i.startswith("new")]
        assert still == want, (walk, len(still), len(want), set(still) ^ set(want))
    writer.stop.set()
    writer.join(60)
    assert writer.failed is None, writer.failed
    assert writer.lines.close() == 0
    return n_pages, writer.n


def main(build, program):
    if not (DATA / "conferences.json").exists():
        print("the real meetups and conferences are not beside this checkout: skipped")
        return SKIPPED
    groups, meetups, conferences, places = (
        json.loads((DATA / name).read_text()) for name in
        ["meetup_groups.json", "meetups.json", "conferences.json", "city_coords.json"])
    rows = list(read_rows(groups, meetups, conferences, places))
    with Community(build, "--quiet") as community:
        calendars = list(read_calendars(datetime.datetime.now(UTC)))
        stored = load(community, groups, rows, calendars)
        check_centers(stored, places)
        lines = Lines(program, community.url)
        n_some = check_combinations(lines, stored)
        check_hints(lines, stored)
        check_words(community)
        n_pages, n_writes = check_walks(lines, program, community.url, stored)
        assert lines.close() == 0
        assert community.stop() == 0, "the server stops cleanly"
    print(f"{len(stored)} events, {sum(len(c[3]) for c in calendars)} of them of {len(calendars)} "
          f"calendars with {sum(c[2] for c in calendars)} series; {COMBINATIONS} combinations of filters agree, {n_some} of them "
          f"not empty; {n_pages} pages walked through {n_writes} writes")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
