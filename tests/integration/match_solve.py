#!/usr/bin/env python3
"""`convene match solve` pairs people from two files, with no server anywhere: match_solve.py BUILD_DIR"""
import csv
import io
import os
import pathlib
import subprocess
import sys
import tempfile

CONVENE = pathlib.Path(sys.argv[1]) / "client" / "convene"
MENTORS = """person,skills,goals,languages,time_zone,availability,capacity,conflict_tags
ada@example.org,c:5;linux:4,career-path,en;de,Europe/Berlin,mon 18:00-21:00;wed 18:00-20:00,2,team:kernel
bob@example.org,go:4;postgresql:5,job-search,en,Europe/London,tue 18:00-21:00;sat 10:00-13:00,1,
eve@example.org,rust:5;c:3,career-path,en;fr,Europe/Paris,mon 18:00-21:00,1,
"""
MENTEES = """person,name,skills,goals,languages,time_zone,availability,conflict_tags,ranked
lena@example.org,Lena Vogt,c:1;linux:1:3,career-path,de;en,Europe/Berlin,mon 19:00-21:00,,Ada@Example.org
max@example.org,Max,go:1;postgresql:2,job-search,en,Europe/Berlin,sat 11:00-14:00,,
zoe@example.org,Zoé,rust:2,career-path,fr,Europe/Paris,mon 18:00-20:00,,
kim@example.org,Kim,c:2,,en,Europe/Berlin,mon 18:00-20:00,team:kernel,
tom@example.org,Tom,cobol,,en,Europe/Berlin,mon 18:00-20:00,,
"""


def run(*words, expect=0):
    nowhere = dict(os.environ, CONVENE_URL="ipc:///nonexistent/convene.sock", TZ="UTC")
    done = subprocess.run([CONVENE, "match", "solve", *words], env=nowhere, capture_output=True,
                          text=True, timeout=60)
    assert done.returncode == expect, (words, done.returncode, done.stdout, done.stderr)
    return done.stdout + done.stderr


def pairs(text):
    return {row["person"]: row["mentor"] for row in csv.DictReader(io.StringIO(text))}


with tempfile.TemporaryDirectory() as work:
    files = {"mentors": MENTORS, "mentees": MENTEES}

    def write(name, text):
        path = pathlib.Path(work) / name
        path.write_text(text)
        return str(path)

    def args(mentors=MENTORS, mentees=MENTEES):
        return ["--mentors", write("mentors.csv", mentors), "--mentees", write("mentees.csv", mentees)]

    wanted = {"lena@example.org": "ada@example.org", "max@example.org": "bob@example.org",
              "zoe@example.org": "eve@example.org", "kim@example.org": "", "tom@example.org": ""}
    for mode in ["stable", "optimal", "most-placed", "fair"]:
        # A conflict tag keeps Kim from Ada; nobody teaches Tom's COBOL.
        assert pairs(run(*args(), "--mode", mode, "-o", "csv")) == wanted, mode

    # The order of the rows changes nothing, to the byte.
    def turned(text):
        head, *rows = text.splitlines()
        return "\n".join([head, *reversed(rows)]) + "\n"

    assert run(*args(), "-o", "csv") == run(*args(turned(MENTORS), turned(MENTEES)), "-o", "csv")
    assert "Checked: stable, no blocking pair" in run(*args())
    assert "no other mentor would take who has none" in run(*args())
    assert "Of all pairings, candidates or not, none is better" in run(*args(), "--mode", "optimal")
    # Whom the one candidate refuses has nobody, unless all mentors count.
    few = ("--candidates", "1", "--candidates-only")
    assert "no other mentor" not in run(*args(), *few)
    assert "Of all pairings" not in run(*args(), *few, "--mode", "optimal")
    for mode in ["stable", "optimal"]:
        assert pairs(run(*args(), "--candidates", "1", "--mode", mode, "-o", "csv")) == wanted
    assert "common skill" in run(*args(), "--explain", "tom@example.org")
    assert "588" in run(*args(), "--explain", "KIM@example.org", "--mode", "optimal")
    run(*args(), "--explain", "nobody@example.org", expect=5)

    # With other rules and weights others are paired.
    assert pairs(run(*args(), "--allow-no-skill", "--allow-lower-level", "-o", "csv"))["tom@example.org"]
    run(*args(), "--mentee-weights", "skill:3", expect=2)
    run(*args(), "--mode", "best", expect=2)
    run("--mentees", write("mentees.csv", MENTEES), expect=2)

    # Faults are named with their line, all of them, and nothing is matched.
    bad = MENTEES + "ann@example.org,Ann,c:9,,en,Europe/Berlin,mon 18:00-20:00,,\n" \
        + "joe@example.org,Joe,c:1,,en,Mars/Olympus,mon 18:00-20:00,,\n" \
        + "LENA@example.org,Lena,c:1,,en,Europe/Berlin,mon 18:00-20:00,,\n"
    told = run(*args(mentees=bad), expect=1)
    for part in ["mentees.csv:7:", "level", "mentees.csv:8:", "Mars/Olympus", "in it twice", "3 faults"]:
        assert part in told, (part, told)
    assert "no column" in run(*args(mentors=MENTORS.replace("capacity", "seats")), expect=1)
    assert "capacity" in run(*args(mentors=MENTORS.replace(",2,team", ",2000000000,team")), expect=1)
    run("--mentors", "/nonexistent", "--mentees", write("mentees.csv", MENTEES), expect=1)

    # One of a kind is told as one.
    one = run(*args(MENTORS.splitlines()[0] + "\n" + MENTORS.splitlines()[3] + "\n",
                    MENTEES.splitlines()[0] + "\n" + MENTEES.splitlines()[3] + "\n"))
    assert "Paired 1 of 1 mentee with 1 mentor (1 seat)" in one and "over 1 candidate." in one, one

    # Nobody on a side is no error.
    assert pairs(run(*args(mentors=MENTORS.splitlines()[0] + "\n"), "-o", "csv"))["max@example.org"] == ""

print("pairs from two files, in four modes, explained, refused with their lines")
