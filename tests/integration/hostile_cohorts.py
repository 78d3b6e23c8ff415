#!/usr/bin/env python3
"""Files and options that nobody means well with get a sentence, soon and in bounded memory:
hostile_cohorts.py BUILD_DIR"""
import csv
import io
import os
import pathlib
import resource
import subprocess
import sys
import tempfile

from community import Community

HEAD = "person,skills,goals,languages,time_zone,availability,capacity,excluded\n"
REST = "career-path,en,UTC,mon 18:00-21:00"
FIELD_MAX = 1 << 20     # CVN_CSV_FIELD_MAX
SKILLS_MAX = 30         # of one person
SKILL_IDS_MAX = 1 << 20  # of one cohort
MEMORY_KB = 1 << 20       # that no command takes
MODES = ["stable", "optimal", "most-placed", "fair"]


def mentor(name="ada@example.org", skills="c:5", capacity="2", excluded=""):
    return f"{name},{skills},{REST},{capacity},{excluded}\n"


def mentee(name="lena@example.org", skills="c:1", excluded=""):
    return f"{name},{skills},{REST},,{excluded}\n"


class Solve:
    def __init__(self, build, work):
        self.convene = pathlib.Path(build) / "client" / "convene"
        self.work = pathlib.Path(work)

    def __call__(self, mentors, mentees, *options, expect=0):
        """Standard output, or where it is refused what was said, which is never long."""
        (self.work / "mentors.csv").write_text(HEAD + mentors)
        (self.work / "mentees.csv").write_text(HEAD + mentees)
        done = subprocess.run(
            [self.convene, "match", "solve", "--mentors", self.work / "mentors.csv", "--mentees",
             self.work / "mentees.csv", "-o", "csv", *options],
            env=dict(os.environ, CONVENE_URL="ipc:///nonexistent", TZ="UTC"), capture_output=True,
            text=True, timeout=300)
        assert done.returncode == expect, (options, done.returncode, done.stderr[-1000:])
        assert expect == 0 or len(done.stderr) < 5000, len(done.stderr)
        return done.stdout if expect == 0 else done.stderr


def refused(text, *words):
    for word in words:
        assert word in text, (word, text)


def check_files(solve):
    """A field of a megabyte is the last that is read; what has no end is not read to its end."""
    row = mentee(skills="MANY")
    for extra, words in [(0, [f"at most {SKILLS_MAX}"]), (1, ["line 2", "exceeds 1 MiB"])]:
        many = ("s;" * FIELD_MAX)[:FIELD_MAX - 1 + extra] + "s"
        refused(solve(mentor(), row.replace("MANY", many), expect=1), *words)
    refused(solve(mentor(), "x" * (4 * FIELD_MAX), expect=1), "line 2", "exceeds 1 MiB")
    refused(solve(mentor(), '"' * (4 * FIELD_MAX), expect=1), "line 2", "quote")
    refused(solve(mentor(), "," * (4 * FIELD_MAX), expect=1), "line 2", "256 fields")
    assert solve(mentor(), "\n" * (4 * FIELD_MAX)).count("\n") == 1, "nobody is no error"
    refused(solve(mentor(), mentee() * 100_000, expect=1), "in it twice", "99999 faults")


def check_skills(solve):
    for n, code in [(SKILLS_MAX, 0), (SKILLS_MAX + 1, 1)]:
        said = solve(mentor(), mentee(skills=";".join(f"s{i}" for i in range(n))), expect=code)
        assert code == 0 or f"{n} entries" in said, said
    # A million of them, of which one more than can be matched; the mentor's is one of them.
    names = [f"s{i}" for i in range(SKILL_IDS_MAX)]
    rows = "".join(mentee(f"p{i}", ";".join(names[i:i + SKILLS_MAX]))
                   for i in range(0, SKILL_IDS_MAX, SKILLS_MAX))
    assert solve(mentor(skills="s0:5"), rows).count("\n") == 1 + -(-SKILL_IDS_MAX // SKILLS_MAX)
    refused(solve(mentor(skills="c:5"), rows, expect=1), f"{SKILL_IDS_MAX + 1} different skills")


def check_numbers(solve):
    for capacity, code in [("1", 0), ("20", 0), ("21", 1), ("2000000000", 1), ("-1", 1),
                           ("99999999999999999999", 1), ("two", 1)]:
        said = solve(mentor(capacity=capacity), mentee(), expect=code)
        assert code == 0 or "capacity" in said, (capacity, said)
    for weights, code in [("skills:1000", 0), ("skills:0; goals:1000", 0), ("skills:1001", 1),
                          ("skills:-1", 1), ("skills:2147483648", 2),
                          ("skills:99999999999999999999", 2), ("skills:1e3", 2)]:
        for side in ["mentee", "mentor"]:
            said = solve(mentor(), mentee(), f"--{side}-weights", weights, expect=code)
            assert code == 0 or "skills" in said, (weights, said)
    for option, value, code in [("--candidates", "256", 0), ("--candidates", "257", 1),
                                ("--min-hours", "40", 0), ("--min-hours", "41", 1),
                                ("--seed", "18446744073709551615", 0),
                                ("--seed", "18446744073709551616", 2)]:
        solve(mentor(), mentee(), option, value, expect=code)


def check_exclusions(solve):
    """Each mentor excludes one mentee, who excludes the next mentor, round in a circle."""
    n = 12
    mentors = "".join(mentor(f"m{i}", capacity="1", excluded=f"e{i}") for i in range(n))
    mentees = "".join(mentee(f"e{i}", excluded=f"m{(i + 1) % n};e{i}") for i in range(n))
    for mode in MODES:
        pairs = {row["person"]: row["mentor"]
                 for row in csv.DictReader(io.StringIO(solve(mentors, mentees, "--mode", mode)))}
        assert sorted(pairs.values()) == sorted(f"m{i}" for i in range(n)), (mode, pairs)
        for i in range(n):
            assert pairs[f"e{i}"] not in (f"m{i}", f"m{(i + 1) % n}"), (mode, pairs)
    all_out = solve(mentor("m", excluded="e"), mentee("e", excluded="m"))
    assert "exclusion" in all_out, all_out


def check_import(build, work):
    """The server refuses the same, row by row, and stays well."""
    with Community(build, "--quiet") as community:
        community.convene("people", "import", "-", "--format", "csv",
                          text="name,email\nAda,ada@example.org\nLena,lena@example.org\n")
        community.convene("programs", "create", "--name", "Spring", "--weeks", "4")
        head = "role," + HEAD
        for row, words in [
                ("mentor," + mentor(capacity="2000000000"), ["capacity", "20"]),
                ("mentee," + mentee(skills=";".join(f"s{i}" for i in range(31))), ["at most 30"]),
                ("mentee," + mentee(skills="s;" * (FIELD_MAX // 2)), ["65536"]),
                ("x" * (4 * FIELD_MAX), ["1 MiB"]),
                ("mentee," + mentee(skills="s" * 60_000), ["skills"])]:
            path = pathlib.Path(work) / "rows.csv"
            path.write_text(head + row)
            done = community.convene("programs", "import", "Spring", path, expect=1)
            refused(done.stdout + done.stderr, *words)
            assert len(done.stdout + done.stderr) < 5000
        for weights, code in [("skills:1000", 0), ("skills:1001", 1), ("skills:-1", 1)]:
            community.convene("programs", "update", "Spring", "--mentee-weights", weights, expect=code)
        path.write_text(head + "mentor," + mentor() + "mentee," + mentee())
        community.convene("programs", "import", "Spring", path)
        assert "Paired 1 of 1" in community.convene("match", "run", "Spring").stdout
        assert community.stop() == 0


def main(build):
    with tempfile.TemporaryDirectory() as work:
        solve = Solve(build, work)
        check_files(solve)
        check_skills(solve)
        check_numbers(solve)
        check_exclusions(solve)
        check_import(build, work)
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    assert most < MEMORY_KB, most
    print("hostile files, numbers and exclusions got a sentence each, within a gigabyte")


main(sys.argv[1])
