#!/usr/bin/env python3
"""Which weights would change a pair, from two files and from a run on a server, and that they do: match_turns.py BUILD_DIR"""
import csv
import io
import json
import os
import pathlib
import subprocess
import sys

from community import Community

WEIGHTS = {"skills": 400, "ranking": 60}
NAMES = {"ada": "Ada", "bob": "Bob", "lena": "Lena Vogt", "max": "Max"}
HEAD = "person,name,role,skills,goals,languages,time_zone,availability,capacity,ranked\n"
MENTORS = HEAD + """ada@example.org,Ada,mentor,c:5,,en,Europe/Berlin,mon 18:00-21:00,1,
bob@example.org,Bob,mentor,c:3,,en,Europe/Berlin,mon 18:00-21:00,1,
"""
MENTEES = HEAD + """lena@example.org,Lena Vogt,mentee,c:2,,en,Europe/Berlin,mon 18:00-21:00,,bob@example.org
max@example.org,Max,mentee,c:2,,en,Europe/Berlin,mon 18:00-21:00,,bob@example.org
"""
ROWS = ["side", "weight", "now", "changes_at", "mentor_then", "person"]


def weights(changes=()):
    return "; ".join(f"{name}:{value}" for name, value in {**WEIGHTS, **dict(changes)}.items())


with Community(sys.argv[1]) as c:
    def write(name, text):
        path = pathlib.Path(c.directory) / name
        path.write_text(text)
        return str(path)

    files = ["--mentors", write("mentors.csv", MENTORS), "--mentees", write("mentees.csv", MENTEES)]

    def solve(*words, expect=0):
        """Without a server: nobody answers at that address."""
        done = subprocess.run(
            [c.build / "client" / "convene", "match", "solve", *files, *words],
            env=dict(os.environ, CONVENE_URL="ipc:///nonexistent/convene.sock"),
            capture_output=True, text=True, timeout=60)
        assert done.returncode == expect, (words, done)
        return done.stdout + done.stderr

    def turns(text):
        rows = list(csv.DictReader(io.StringIO(text)))
        assert not rows or list(rows[0]) == ROWS, rows
        return rows

    def mentor_with(mentee, *changes):
        pairs = csv.DictReader(io.StringIO(
            solve("--mentee-weights", weights(changes), "-o", "csv")))
        return {p["person"]: p["mentor"] for p in pairs}[mentee]

    # Every turn that is told comes true when the files are matched with that weight, and a point
    # before it nothing has changed.
    n_turns = 0
    for mentee in ["lena@example.org", "max@example.org"]:
        told = turns(solve("--sensitivity", mentee.upper(), "--mentee-weights", weights(), "-o",
                           "csv"))
        present = mentor_with(mentee)
        for row in told:
            assert row["side"] == "mentee" and int(row["now"]) == WEIGHTS[row["weight"]], row
            at = int(row["changes_at"])
            nearer = at + (1 if at < int(row["now"]) else -1)
            assert mentor_with(mentee, (row["weight"], at)) == row["mentor_then"] != present, row
            assert mentor_with(mentee, (row["weight"], nearer)) == present, row
            n_turns += 1
    assert n_turns == 4, n_turns
    alone = write("lena.csv", MENTEES[:MENTEES.index("max@")])
    assert "no weight alone" in solve("--mentees", alone, "--mentors",
                                      write("ada.csv", MENTORS[:MENTORS.index("bob@")]),
                                      "--sensitivity", "lena@example.org")
    assert "no mentee" in solve("--sensitivity", "nobody@example.org", expect=5)

    # A run on the server says the same, of each mentee, in every form.
    people = "name,email,time_zone,languages\n" + "".join(
        f"{name},{key}@example.org,Europe/Berlin,en\n" for key, name in NAMES.items())
    c.convene("people", "import", write("people.csv", people))
    c.convene("programs", "create", "--name", "Turns")
    c.convene("programs", "update", "Turns", "--mentee-weights", weights())
    rows = csv.DictReader(io.StringIO(MENTORS + MENTEES.split("\n", 1)[1]))
    out = io.StringIO()
    writer = csv.DictWriter(out, [name for name in rows.fieldnames if name != "name"],
                            extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    c.convene("programs", "import", "Turns", write("all.csv", out.getvalue()))
    run = json.loads(c.convene("match", "run", "Turns", "--seed", "7", "-o", "json").stdout)["id"]
    for mentee, name in [("lena@example.org", "Lena Vogt"), ("max@example.org", "Max")]:
        found = json.loads(
            c.convene("match", "sensitivity", run, mentee, "-o", "json").stdout)
        assert found["menteeName"] == name and found["mentorName"] in ("Ada", "Bob"), found
        assert [t["term"] for t in found["turns"]] == ["skills", "ranking"], found
        rows = turns(c.convene("match", "sensitivity", run, mentee, "-o", "csv").stdout)
        assert [(r["weight"], int(r["changes_at"]), r["mentor_then"]) for r in rows] == \
            [(t["term"], t["turnWeight"], t["mentorName"]) for t in found["turns"]]
        table = c.convene("match", "sensitivity", run, mentee).stdout
        assert "is paired with " + found["mentorName"] in table and "Changes at" in table, table
    c.convene("match", "sensitivity", run, "ada@example.org", expect=5)

    # It goes on after a restart, and ends when somebody is erased, with a sentence.
    c.stop()
    c.start()
    assert "is paired" in c.convene("match", "sensitivity", run, "lena@example.org").stdout
    c.convene("people", "erase", "max@example.org", "--yes")
    gone = c.convene("match", "sensitivity", run, "lena@example.org", expect=6)
    assert "Match again" in gone.stderr, gone.stderr

print("turns told from files and from a run, each tried, and gone with an erasure")
