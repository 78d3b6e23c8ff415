"""What calendars say, read and repeated anew: a few rules of RFC 5545, without Convene's code."""
import calendar
import datetime
import re
import zoneinfo

UTC = datetime.timezone.utc
DAY = datetime.timedelta(days=1)
# As services/events/series/series_write.h: how far a series' occurrences are made.
BACK, AHEAD, MOST = 31 * DAY, 400 * DAY, 500
WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
# What programs other than Convene call zones.
ZONES = {
    "W. Europe Standard Time": "Europe/Berlin", "Pacific Standard Time": "America/Los_Angeles",
    "(GMT+10:00) Canberra, Melbourne, Sydney": "Australia/Sydney",
    "(UTC-05:00) Eastern Time (US & Canada)": "America/New_York",
    "(UTC-05:00) Eastern Time (US and Canada)": "America/New_York",
    "(UTC-03:00) Brasília": "America/Sao_Paulo", "Customized Time Zone 1": "America/New_York",
    "1": "Europe/Paris",
}


def lines_of(text):
    for line in re.sub(r"\r?\n[ \t]", "", text).splitlines():
        # A quote that never ends swallows the colon; the last one is meant then.
        found = re.match(r'((?:[^":]|"[^"]*")*):(.*)', line) or re.match(r"(.*):(.*)", line)
        if found:
            name, *parameters = found[1].replace('"', "").split(";")
            yield name.upper(), dict(p.split("=", 1) for p in parameters if "=" in p), found[2]


def unescape(text):
    return re.sub(r"\\(.)", lambda m: "\n" if m[1] in "nN" else m[1], text)


class Reader:
    """One VEVENT. Times without a zone stand in the calendar's own."""

    def __init__(self, properties, home):
        self.properties, self.home = properties, home
        self.start, self.zone, self.whole_day = self.moment(*self.first("DTSTART"))
        self.uid = (self.first("UID") or ({}, ""))[1]

    def all(self, name):
        return [(parameters, value) for n, parameters, value in self.properties if n == name]

    def first(self, name):
        return next(iter(self.all(name)), None)

    def text(self, name):
        found = self.first(name)
        return unescape(found[1]).strip() if found else ""

    def moment(self, parameters, value):
        """Local time in a zone, and whether it is a date."""
        name = parameters.get("TZID", "").strip()
        zone = zoneinfo.ZoneInfo(ZONES.get(name, name)) if name else self.home
        if len(value) == 8:
            return datetime.datetime.strptime(value, "%Y%m%d"), self.home, True
        local = datetime.datetime.strptime(value[:15], "%Y%m%dT%H%M%S")
        return local, UTC if value.endswith("Z") else zone, False

    def here(self, parameters, value):
        """A date of the series on its own clocks."""
        local, zone, is_date = self.moment(parameters, value)
        if is_date or self.whole_day:
            return datetime.datetime.combine(local.date(), self.start.time())
        return self.instant(local, zone).astimezone(self.zone).replace(tzinfo=None)

    def instant(self, local, zone=None):
        return local.replace(tzinfo=zone or self.zone).astimezone(UTC)


def months_on(start, n):
    month = start.year * 12 + start.month - 1 + n
    year, month = month // 12, month % 12 + 1
    if start.day <= calendar.monthrange(year, month)[1]:
        yield start.replace(year=year, month=month)


def periods(start, parts):
    """The dates of one interval after another, without what comes before the start."""
    step, days = int(parts.get("INTERVAL", 1)), parts.get("BYDAY", "").split(",")
    wanted = [WEEKDAYS.index(d) for d in days if d in WEEKDAYS]
    first = WEEKDAYS.index(parts.get("WKST", "MO"))
    monday = start - DAY * ((start.weekday() - first) % 7)
    for n in range(100000):
        if parts["FREQ"] == "DAILY":
            yield [start + DAY * step * n]
        elif parts["FREQ"] == "WEEKLY":
            week = [monday + DAY * (7 * step * n + d) for d in range(7)]
            yield [d for d in week if d.weekday() in (wanted or [start.weekday()])]
        elif parts["FREQ"] == "MONTHLY" and wanted:
            month = next(months_on(start.replace(day=1), step * n))
            days = calendar.monthrange(month.year, month.month)[1]
            yield [d for d in (month + DAY * i for i in range(days)) if d.weekday() in wanted]
        else:
            yield list(months_on(start, step * n * (12 if parts["FREQ"] == "YEARLY" else 1)))


def is_late(reader, at, until):
    if not until:
        return False
    end, zone, is_date = reader.moment({}, until)
    if is_date:
        return at.date() > end.date()
    return reader.instant(at) > reader.instant(end, zone if until.endswith("Z") else None)


def repeat(reader, rule, last):
    """The local starts of a rule up to a time."""
    parts = dict(p.split("=", 1) for p in rule.split(";"))
    known = {"FREQ", "INTERVAL", "BYDAY", "WKST", "UNTIL", "COUNT", "BYHOUR"}
    assert parts.keys() <= known and parts["FREQ"] in ("DAILY", "WEEKLY", "MONTHLY", "YEARLY"), rule
    until, n = parts.get("UNTIL"), 0
    for dates in periods(reader.start, parts):
        for at in dates:
            at = at.replace(hour=int(parts.get("BYHOUR", at.hour)))
            if at < reader.start:
                continue
            if at > last or is_late(reader, at, until) or n == int(parts.get("COUNT", 10 ** 9)):
                return
            n += 1
            yield at


def occurrences(reader, now):
    """The local starts that Convene keeps of a series."""
    here = now.astimezone(reader.zone).replace(tzinfo=None)
    last = max(here, reader.start) + AHEAD
    found = {reader.start}
    for _, rule in reader.all("RRULE"):
        found.update(repeat(reader, rule, last))
    for parameters, values in reader.all("EXDATE"):
        found.difference_update(reader.here(parameters, v) for v in values.split(","))
    found = sorted(at for at in found if at < last)
    return ([at for at in found if at >= here - BACK] or found)[:MOST]


def row_of(reader, local):
    place = reader.text("LOCATION")
    online = place.startswith(("http://", "https://"))
    return {"start": reader.instant(local), "title": reader.text("SUMMARY") or "Untitled",
            "mode": "online" if online else "offline",
            "venue": "" if online else re.split("[,\n]", place)[0].strip(),
            "description": reader.text("DESCRIPTION"),
            "topics": [t.strip().lower() for t in reader.text("CATEGORIES").split(",") if t],
            "cancelled": reader.text("STATUS") == "CANCELLED"}


def read(text, now):
    """The published events of a calendar: rows, and how many series they are of."""
    properties, events, open_names, home = [], [], [], UTC
    for name, parameters, value in lines_of(text):
        if name == "BEGIN":
            open_names.append(value)
            properties = [] if value == "VEVENT" else properties
        elif name == "END":
            open_names.pop()
            if value == "VEVENT":
                events.append(properties)
        elif open_names[-1:] == ["VEVENT"]:
            properties.append((name, parameters, value))
        elif name == "X-WR-TIMEZONE":
            home = zoneinfo.ZoneInfo(value)
    readers = [Reader(p, home) for p in events]
    changed = {}
    for r in readers:
        if r.first("RECURRENCE-ID"):
            changed.setdefault(r.uid, []).append(r)
    rows, n_series = [], 0
    for r in readers:
        if r.first("RECURRENCE-ID") or r.text("STATUS") == "TENTATIVE":
            continue
        if not r.first("RRULE"):
            rows.append(row_of(r, r.start))
            continue
        n_series += 1
        own = {r.here(*c.first("RECURRENCE-ID")): c for c in changed.get(r.uid, [])}
        for at in occurrences(r, now):
            rows.append(row_of(own[at], own[at].start) if at in own else row_of(r, at))
    return rows, n_series
