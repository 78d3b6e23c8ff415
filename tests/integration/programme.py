#!/usr/bin/env python3
"""A programme as its manager and its people use it: who runs it, a rematch, one's own explanation and
list, and what runs without pairs say."""
import json
import pathlib
import sys

from community import Community

NAME = "Spring mentoring"


def enrol(c):
    """Four mentees and two mentors with a seat each, all of whom can be paired."""
    rows = ["role,person,skills,availability"]
    for i in range(6):
        c.convene("people", "create", "--name", f"P{i}", "--email", f"p{i}@example.org")
        role, level = ("mentor", 5) if i < 2 else ("mentee", 1)
        rows.append(f"{role},p{i}@example.org,go:{level},mon 18:00-20:00")
    file = pathlib.Path(c.directory) / "enrol.csv"
    file.write_text("\n".join(rows) + "\n")
    for name in (NAME, "Autumn"):
        c.convene("programs", "create", "--name", name, "--manager", "p5@example.org")
        c.convene("programs", "import", name, file)


def main(build):
    with Community(build, "--quiet") as c:
        enrol(c)

        def by(number):
            key = pathlib.Path(c.directory) / f"key{number}"
            key.write_text(c.convene("-q", "admin", "keys", "create", "--label", "test", "--person",
                                     f"p{number}@example.org").stdout)
            return lambda *words, expect=0: c.convene("--key-file", key, *words, expect=expect)

        # A group is named by its slug.
        group = c.convene("groups", "create", "--name", "Guild", "--time-zone", "Europe/Berlin", "-o", "json")
        c.convene("programs", "update", "Autumn", "--group", "guild")
        shown = c.convene("programs", "show", "Autumn", "-o", "json").stdout
        assert json.loads(shown)["groupId"] == json.loads(group.stdout)["id"], shown
        assert "nowhere" in c.convene("programs", "update", NAME, "--group", "nowhere", expect=5).stderr

        manager, mentor = by(5), by(0)
        shown = c.convene("programs", "update", NAME, "--manager", "p5@example.org").stdout
        assert "Managers" in shown and "per_" in shown, shown
        assert "nobody@x.org" in c.convene("programs", "update", NAME, "--manager", "nobody@x.org",
                                           expect=5).stderr

        # What was written before stays until the new one is whole.
        kept = pathlib.Path(c.directory) / "kept.csv"
        kept.write_text("as it was")
        mentor("programs", "export", NAME, kept, expect=1)
        assert kept.read_text() == "as it was" and not kept.with_name("kept.csv.part").exists()
        manager("programs", "export", NAME, kept)
        assert len(kept.read_text().splitlines()) == 7, kept.read_text()
        full = manager("programs", "export", NAME, "/dev/full", "--format", "csv", expect=1)
        assert "could not be written: No space left" in full.stderr, full.stderr

        # Of the file, the record's line and its own field; of people, one's own e-mail and no other.
        file = pathlib.Path(c.directory) / "wrong.csv"
        file.write_text("role,person,skills\nmentor,p1@example.org,go:9\n")
        assert "line 2, p1@example.org: skills[0].level is 9" in c.convene("programs", "import", NAME,
                                                                          file, expect=1).stdout
        assert "p0@example.org" in mentor("people", "show", "P0@example.org").stdout
        for other in ("p1@example.org", "nobody@example.org"):
            said = mentor("people", "show", other, expect=1).stderr
            assert f"{other} is not your own e-mail" in said, said

        # A rematch is asked for all that its base was.
        manager("match", "run", NAME, "--mode", "optimal", "--candidates-only")
        only = c.json("match", "list", NAME)[0]["id"]
        manager("match", "rematch", only)
        runs = c.json("match", "list", NAME)
        assert [r.get("allPairs", False) for r in runs] == [False] * 3, runs
        manager("match", "run", NAME, "--mode", "optimal")
        run = c.json("match", "list", NAME)[0]["id"]
        fresh = manager("match", "rematch", run).stdout.split("From the beginning:")
        assert len(fresh) == 2 and "No pairing at all has a higher total" in fresh[1], fresh
        assert "No pairing at all" not in fresh[0], "all pairs were kept, and nothing is to be said"
        runs = c.json("match", "list", NAME)[:3]
        assert [r.get("allPairs") for r in runs] == [True] * 3, runs

        # Lists over several programmes say which.
        for name in (NAME, "Autumn"):
            c.convene("match", "run", name)
            c.convene("match", "publish", c.json("match", "list", name)[0]["id"])
        own = mentor("mentorships", "list", "-o", "csv").stdout.splitlines()
        assert own[0].startswith("programme,mentee,mentor,"), own
        assert sorted(line.split(",")[0] for line in own[1:]) == ["Autumn", NAME], own
        one = manager("mentorships", "list", NAME, "-o", "csv").stdout.splitlines()
        assert one[0].startswith("mentee,mentor,") and len(one) == 3, one

        # People ask about themselves without knowing their id.
        published = c.json("match", "list", NAME)[0]["id"]
        assert "P0 mentors 1 of 1" in mentor("match", "explain", published, "me").stdout
        mentor("match", "explain", run, "me", expect=5)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
