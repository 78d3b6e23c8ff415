#!/usr/bin/env python3
"""A programme of groups from its making to the mentorships, and from two files: match_groups.py BUILD_DIR"""
import csv
import io
import json
import os
import pathlib
import subprocess
import sys

from community import Community

DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
# All say their hours in UTC, so that what is told can be compared with what they said.
FREE = {
    "ada": ("mentor", "mon 17:00-22:00; sat 09:00-11:00", 3),
    "bob": ("mentor", "tue 18:00-19:00; sun 23:00-24:00; mon 00:00-01:00", 2),
    "kim": ("mentee", "mon 16:00-19:00", 0),
    "lea": ("mentee", "mon 17:00-20:00; sat 09:00-11:00", 0),
    "max": ("mentee", "sat 09:00-11:00; mon 17:00-19:00", 0),
    "ned": ("mentee", "sat 08:00-12:00", 0),
    "pam": ("mentee", "sun 23:00-24:00; mon 00:00-01:00", 0),
    "tom": ("mentee", "fri 10:00-12:00", 0),
}


def hours(text):
    """The hours of the week that "mon 17:00-22:00; …" names."""
    return {DAYS.index(day) * 24 + hour
            for day, span in (part.split() for part in text.split(";"))
            for hour in range(*(int(t.split(":")[0]) for t in span.split("-")))}


def meeting_hours(text):
    """Those of "Sun 23:00-01:00", which may run into the next day."""
    day, span = text.lower().split()
    first, last = (int(t.split(":")[0]) for t in span.split("-"))
    return {(DAYS.index(day) * 24 + h) % 168
            for h in range(first, last if last > first else last + 24)}


def check_groups(rows):
    """Everybody of each group is free for the whole of its meeting, and it is one for all."""
    for row in rows:
        meets = meeting_hours(row["meets_utc"])
        assert len(meets) == 2, row
        mentees = row["mentees"].split(";")
        assert len(mentees) <= FREE[row["mentor"].lower()][2], row
        for name in [row["mentor"], *mentees]:
            assert meets <= hours(FREE[name.lower()][1]), (name, row)
    return {row["mentor"].lower(): (row["meets_utc"], row["mentees"].lower()) for row in rows}


def enrolments(*roles, name=True):
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["person", *(["name"] if name else []), "role", "skills", "languages",
                     "time_zone", "availability", "capacity"])
    for key, (role, free, capacity) in FREE.items():
        if role in roles:
            writer.writerow([f"{key}@example.org", *([key.title()] if name else []), role,
                             "c:5" if capacity else "c:1", "en", "UTC", free, capacity or ""])
    return out.getvalue()


def table(text):
    return list(csv.DictReader(io.StringIO(text)))


WANTED = {"ada": ("Mon 17:00-19:00", "kim;lea;max"), "bob": ("Sun 23:00-01:00", "pam")}

with Community(sys.argv[1]) as c:
    def write(name, text):
        path = pathlib.Path(c.directory) / name
        path.write_text(text)
        return str(path)

    # From two files, in every mode and whatever the order of the rows.
    def solve(*words, expect=0):
        done = subprocess.run(
            [c.build / "client" / "convene", "match", "solve", "--mentors",
             write("mentors.csv", enrolments("mentor")), "--mentees",
             write("mentees.csv", enrolments("mentee")), "--format", "group", "--session-hours",
             "2", *words],
            env=dict(os.environ, CONVENE_URL="ipc:///nonexistent/convene.sock", TZ="Asia/Kolkata"),
            capture_output=True, text=True, timeout=60)
        assert done.returncode == expect, (words, done)
        return done.stdout + done.stderr

    for mode in ["stable", "optimal", "most-placed", "fair"]:
        told = solve("--mode", mode, "--groups", "-o", "csv")
        assert check_groups(table(told)) == WANTED, told
    pairs = {row["person"].split("@")[0]: row for row in table(solve("-o", "csv"))}
    assert pairs["kim"]["meets_utc"] == "Mon 17:00-19:00" and \
        pairs["kim"]["meets_here"] == "Mon 22:30-00:30", pairs["kim"]
    assert "could have met" in pairs["ned"]["unmatched_because"], pairs["ned"]
    assert "ever free for 2 hours in a row" in pairs["tom"]["unmatched_because"], pairs["tom"]
    assert "others might serve the whole" in solve()
    assert "The group meets Mon 17:00-19:00 UTC, Mon 22:30-00:30 here" in \
        solve("--explain", "kim@example.org")
    assert "1 to 8" in solve("--session-hours", "9", expect=2)

    # Who is nobody's mentor or mentee is told by the word that the command takes.
    assert "PROGRAM is empty" in c.convene("mentorships", "list", expect=1).stderr

    # On the server, made one to one and then changed, which is shown.
    people = "name,email,time_zone,languages\n" + "".join(
        f"{key.title()},{key}@example.org,UTC,en\n" for key in FREE)
    c.convene("people", "import", write("people.csv", people))
    c.convene("programs", "create", "--name", "Groups", "--weeks", "12")
    assert "one to one" in c.convene("programs", "show", "Groups").stdout
    c.convene("programs", "update", "Groups", "--format", "group", "--session-hours", "2")
    assert "groups that meet for 2 hours a week" in c.convene("programs", "show", "Groups").stdout
    c.convene("programs", "update", "Groups", "--session-hours", "9", expect=1)
    c.convene("programs", "create", "--name", "More", "--format", "group")
    assert "for 1 hour a week" in c.convene("programs", "show", "More").stdout
    c.convene("programs", "import", "Groups",
              write("all.csv", enrolments("mentor", "mentee", name=False)))
    written = c.convene("programs", "export", "Groups").stdout
    again = c.convene("programs", "import", "Groups", write("again.csv", written)).stdout
    assert "8 unchanged" in again, again

    run = json.loads(c.convene("match", "run", "Groups", "-o", "json").stdout)
    assert (run["sessionHours"], run["groupCount"], run["matchedCount"]) == (2, 2, 4), run
    assert "everybody is free when their group meets" in run["check"], run["check"]
    run = run["id"]
    assert "2, each for 2 hours a week" in c.convene("match", "show", run).stdout
    told = c.convene("match", "show", run, "--groups", "-o", "csv").stdout
    assert check_groups(table(told)) == WANTED, told
    rows = {row["mentee"].lower(): row for row in
            table(c.convene("match", "show", run, "-o", "csv").stdout)}
    assert rows["pam"]["meets_utc"] == "Sun 23:00-01:00" and not rows["tom"]["meets_utc"], rows
    assert "The group meets" in c.convene("match", "explain", run, "ada@example.org").stdout
    assert "could have met" in c.convene("match", "explain", run, "ned@example.org").stdout
    c.convene("match", "sensitivity", run, "kim@example.org")

    # What moves to another time is told as a change, though the pairs are the same.
    enrolled = {row["name"]: row["enrolment"] for row in
               table(c.convene("programs", "enrolments", "Groups", "-o", "csv").stdout)}
    for name in ["Kim", "Lea"]:
        c.convene("programs", "edit", enrolled[name], "--availability", "sat 09:00-11:00")
    c.convene("programs", "edit", enrolled["Ada"], "--capacity", "4")  # with room for Ned
    moved = json.loads(c.convene("match", "run", "Groups", "-o", "json").stdout)["id"]
    told = c.convene("match", "diff", run, moved).stdout
    assert "4 mentees keep the same mentor, 3 of them at another time" in told, told
    rows = {row["mentee"]: row for row in
            table(c.convene("match", "diff", run, moved, "-o", "csv").stdout)}
    assert (rows["Kim"]["change"], rows["Kim"]["then_meets_here"]) == \
        ("moved", "Sat 09:00-11:00"), rows
    for name in ["Kim", "Lea"]:
        c.convene("programs", "edit", enrolled[name], "--availability", FREE[name.lower()][1])
    c.convene("programs", "edit", enrolled["Ada"], "--capacity", "3")
    run = json.loads(c.convene("match", "run", "Groups", "-o", "json").stdout)["id"]

    # The time goes with the mentorships, and into the report; a later mentee joins at that time.
    c.convene("match", "publish", run)
    kept = json.loads(c.convene("mentorships", "list", "Groups", "-o", "json").stdout)
    assert {m["menteeName"]: (m["meeting"].get("utcHour", 0), m["meeting"]["hours"])
            for m in kept} == {"Kim": (17, 2), "Lea": (17, 2), "Max": (17, 2), "Pam": (167, 2)}, kept
    shown = c.convene("mentorships", "show", kept[0]["id"]).stdout
    assert "Meets UTC" in shown and "Meets here" in shown, shown
    report = c.convene("programs", "report", "Groups", "--groups", "-o", "csv").stdout
    assert check_groups(table(report)) == WANTED, report
    assert "Groups:" in c.convene("programs", "report", "Groups").stdout
    later = json.loads(c.convene("match", "run", "Groups", "-o", "json").stdout)
    assert later.get("matchedCount", 0) == 0, later

print("groups from files and from a programme, each member free at its time, as far as the report")
