#!/usr/bin/env python3
"""Calendars of Google, Outlook, Apple and others, and broken ones, into a group and out again."""
import json
import pathlib
import re
import sys
import time

from community import DATA, SKIPPED, Community

SECONDS = 2      # for any file, however broken
MEGABYTES = 200  # of the server, whatever it was given

# A calendar of our own that stands for what the real ones have.
OWN = """BEGIN:VCALENDAR
X-WR-CALNAME:Own
X-WR-TIMEZONE:Europe/Berlin
BEGIN:VEVENT
UID:weekly@example.org
DTSTART;TZID=Europe/Berlin:20270105T183000
DURATION:PT2H
RRULE:FREQ=WEEKLY;COUNT=6
SUMMARY:Wöchentlich\\, mit C
LOCATION:c-base\\, Rungestr. 20
SEQUENCE:2
END:VEVENT
BEGIN:VEVENT
UID:weekly@example.org
RECURRENCE-ID;TZID=Europe/Berlin:20270112T183000
DTSTART;TZID=Europe/Berlin:20270113T190000
DTEND;TZID=Europe/Berlin:20270113T210000
SUMMARY:Verschoben
SEQUENCE:3
END:VEVENT
BEGIN:VEVENT
UID:off@example.org
DTSTART;VALUE=DATE:20270201
SUMMARY:Abgesagt
STATUS:CANCELLED
END:VEVENT
BEGIN:VEVENT
UID:often@example.org
DTSTART:20270201T100000Z
RRULE:FREQ=MINUTELY
SUMMARY:Every minute
END:VEVENT
END:VCALENDAR
"""


def run_import(community, file, *options, text=None, group="readers"):
    """The report of an import as JSON, and how long it took."""
    began = time.monotonic()
    done = community.convene("events", "import", file, "--group", group, "--publish", "-o", "json",
                             *options, text=text, expect=None)
    spent = time.monotonic() - began
    assert done.returncode in (0, 1), (file, done.returncode, done.stderr)
    return (json.loads(done.stdout) if done.stdout.strip() else None), done.stderr, spent


def server_megabytes(community):
    status = pathlib.Path(f"/proc/{community.server.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1)) / 1024


def taken(report):
    return report["created"] + report["updated"] + report["unchanged"]


def check_own(community):
    report, _, _ = run_import(community, "-", "--format", "ics", text=OWN)
    assert (report["created"], report["updated"], report["refused"]) == (2, 1, 1), report
    refused = report["refusedRecords"][0]
    assert refused["line"] == 27 and "repeats more than daily" in refused["reason"], refused
    report, _, _ = run_import(community, "-", "--format", "ics", text=OWN)
    assert report["unchanged"] == 3, report
    text = community.convene("events", "import", "-", "--format", "ics", "--group", "readers",
                             "--dry-run", text=OWN, expect=1).stdout
    assert "standard input, line 27, \"Every minute\": line 30: RRULE repeats" in text, text
    assert text.endswith("Nothing was stored. It would be 4 events: 0 created, 0 updated, 3 unchanged, "
                         "1 refused.\n"), text
    wrong = community.convene("events", "import", "-", "--format", "ics", text=OWN, expect=2)
    assert "--group GROUP is missing" in wrong.stderr, wrong.stderr


def check_round_trip(community, directory):
    """What was exported imports without a change, and into another group as the same."""
    first = f"{directory}/first.ics"
    community.convene("events", "export", "--group", "readers", "--include-unpublished",
                      "-o", first)
    report, _, _ = run_import(community, first)
    assert report["refused"] == report["created"] == report["updated"] == 0, report
    assert report["unchanged"] > 0, report
    community.convene("groups", "create", "--name", "Others", "--time-zone", "Europe/Berlin")
    before, _, _ = run_import(community, first, group="others")
    assert before["refused"] == 0, before
    second = f"{directory}/second.ics"
    community.convene("events", "export", "--group", "others", "--include-unpublished",
                      "--name", "Readers", "-o", second)
    own = re.compile(rb"(?m)^(DTSTAMP|LAST-MODIFIED|CREATED|ORGANIZER;|X-WR-CALNAME)[^\n]*\n"
                     rb"( [^\n]*\n)*")
    texts = [own.sub(b"", pathlib.Path(name).read_bytes()) for name in (first, second)]
    assert texts[0] == texts[1], "both groups' feeds say the same"
    for line in pathlib.Path(first).read_bytes().split(b"\r\n"):
        assert len(line) <= 75 and b"\n" not in line, line
        line.decode()
    assert b"mailto:" not in texts[0], "nobody's address is told"


def check_records(community, directory):
    """CSV and JSON lines import again as well."""
    for kind in ("csv", "jsonl"):
        name = f"{directory}/events.{kind}"
        community.convene("events", "export", "--group", "readers", "-o", name)
        done = community.convene("events", "import", name)
        assert re.search(r": 0 created, 0 updated, [1-9]\d* unchanged, 0 refused",
                         done.stdout), done.stdout


def check_output(community, directory):
    """A file that was written before stays until the new one is whole."""
    name = pathlib.Path(f"{directory}/kept.ics")
    name.write_text("as it was")
    community.convene("events", "export", "--group", "nobody", "-o", name, expect=5)
    assert name.read_text() == "as it was" and not name.with_name("kept.ics.part").exists()
    name.chmod(0o640)
    community.convene("events", "export", "--group", "readers", "-o", name)
    assert name.stat().st_mode & 0o777 == 0o640
    assert name.read_text().startswith("BEGIN:VCALENDAR") and not name.with_name("kept.ics.part").exists()
    full = community.convene("events", "export", "--group", "readers", "-o", "/dev/full", expect=1)
    assert "could not be written: No space left" in full.stderr, full.stderr


def check_file(community, file, unreadable):
    """A file of others: a report, or a refusal with its reason; in time."""
    report, said, spent = run_import(community, file)
    assert spent < SECONDS, f"{file.name} took {spent:.1f} s"
    if report is None:
        assert unreadable and file.name in said and "pieces" not in said, said
        return
    for entry in report["refusedRecords"] + report["skippedRecords"]:
        assert entry["line"] > 0 and len(entry["reason"]) > 10, (file.name, entry)
        assert entry["reason"].isprintable(), (file.name, entry)
    again, _, _ = run_import(community, file)
    assert again["created"] == again["updated"] == 0, (file.name, again)
    assert taken(again) == taken(report), (file.name, report, again)
    if not unreadable:
        assert taken(report) > 0, (file.name, report)


def check_unreadable(community, directory):
    """What is no calendar is refused by the name of the file, with what to do."""
    for name, content, advice in (
            ("empty.ics", b"", "export the calendar again"),
            ("people.ics", b"BEGIN:VCARD\nEND:VCARD\n", "export the calendar again"),
            ("wide.ics", "BEGIN:VCALENDAR\nEND:VCALENDAR\n".encode("utf-16"), "UTF-8")):
        file = pathlib.Path(directory) / name
        file.write_bytes(content)
        report, said, _ = run_import(community, file)
        assert report is None and advice in said.lower() + said, said
        assert name in said and "pieces" not in said, said


def main(build):
    with Community(build, "--quiet") as community:
        community.convene("groups", "create", "--name", "Readers", "--time-zone", "Europe/Berlin")
        check_own(community)
        check_unreadable(community, community.directory)
        files = 0
        for folder in ("real", "malformed"):
            for file in sorted((DATA / "ics" / folder).glob("*.ics")):
                check_file(community, file, folder == "malformed")
                files += 1
        check_round_trip(community, community.directory)
        check_records(community, community.directory)
        check_output(community, community.directory)
        megabytes = server_megabytes(community)
        if "sanitize" not in str(build) and "san" not in pathlib.Path(build).name:
            assert megabytes < MEGABYTES, f"the server took {megabytes:.0f} MB"
        assert community.stop() == 0, "the server stops cleanly"
    if files == 0:
        print("the real calendars are not beside this checkout: only our own was tried, skipped")
        return SKIPPED
    print(f"{files} calendars of others, at most {megabytes:.0f} MB; what went out came in again")
    return 0


sys.exit(main(sys.argv[1]))
