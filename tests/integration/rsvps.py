#!/usr/bin/env python3
"""Full events as organisers and members meet them: queues, questions, lots, the door, the history."""
import csv
import datetime
import hashlib
import io
import json
import pathlib
import re
import sys
import time

from community import Community

NAMES = ["ada", "ben", "cem", "dana", "eve"]


def event(c, title, *options, start="2031-05-06T18:30", **more):
    return json.loads(c.convene("events", "create", "--group", "go", "--title", title, "--start",
                                start, "--duration", "2h", "--publish", "-o", "json", *options,
                                **more).stdout)["id"]


def yes(c, event_id, name, *options, expect=0):
    return c.convene("rsvp", "yes", event_id, "--as", f"{name}@x.org", *options, expect=expect)


def rows(c, *arguments):
    """What a command prints as CSV."""
    return list(csv.DictReader(io.StringIO(c.convene(*arguments, "-o", "csv").stdout)))


def check_questions(c):
    e = event(c, "Dinner", "--question", "diet!: What do you eat? [all|vegan]", "--question",
              "days: When? [mon|tue|wed]+")
    assert "needs an answer (all, vegan)" in yes(c, e, "ada", expect=1).stderr
    yes(c, e, "ada", "--answer", "diet=meat", expect=1)
    yes(c, e, "ada", "--answer", "diet", expect=2)
    yes(c, e, "ada", "--answer", "diet=vegan", "--answer", "days=mon|wed")
    assert rows(c, "rsvp", "list", e)[0]["answers"] == "diet=vegan; days=mon|wed"
    assert "diet: What do you eat? (needed) [all, vegan]" in c.convene("events", "show", e).stdout


def check_queue(c):
    e = event(c, "Full", "--capacity", "1", "--waitlist", "offer", "--offer-minutes", "30")
    for name in NAMES:
        yes(c, e, name)
    c.convene("rsvp", "move", e, "eve@x.org", "1", expect=1)
    assert "at place 1" in c.convene("rsvp", "move", e, "eve@x.org", "1", "--reason", "a speaker").stdout
    assert [r["name"] for r in rows(c, "rsvp", "waitlist", e)] == ["Eve", "Ben", "Cem", "Dana"]
    c.convene("rsvp", "no", e, "--as", "ada@x.org")
    assert "Held until" in c.convene("rsvp", "show", e, "--as", "eve@x.org").stdout
    c.convene("rsvp", "add", e, "dana@x.org", "--over-capacity", expect=1)
    c.convene("rsvp", "add", e, "dana@x.org", "--over-capacity", "--reason", "our host")
    shown = c.convene("rsvp", "waitlist", e).stdout
    assert "Eve was next: is offered a seat" in shown and "our host" in shown, shown
    assert "1, 1 more than there are" not in c.convene("events", "update", e, "--capacity", "2").stderr
    lowered = c.convene("events", "update", e, "--capacity", "1")
    assert "2 seats are taken, 1 more than there are" in lowered.stderr, lowered.stderr
    report = json.loads(c.convene("rsvp", "waitlist", e, "--verify", "-o", "json").stdout)
    assert "faults" not in report and int(report["moveCount"]) >= 11, report
    history = json.loads(c.convene("rsvp", "waitlist", e, "--history", "-o", "json").stdout)
    assert history[-1]["hash"] == report["headHash"]
    assert history[-1]["kind"] == "RSVP_MOVE_KIND_SEATS_SET"


def digest(*pieces, key=b""):
    return hashlib.blake2b(b"".join(pieces), digest_size=32, key=key).digest()


def check_draw(c):
    """The draw by the description in the contract, in another language."""
    e = event(c, "Lots", "--capacity", "2", "--waitlist", "lottery")
    for name in NAMES:
        assert "takes part in the draw" in yes(c, e, name).stdout
    before = json.loads(c.convene("rsvp", "draw", e, "--show", "-o", "json").stdout)
    c.convene("rsvp", "draw", e, "--verify", expect=6)
    after = json.loads(c.convene("rsvp", "draw", e, "-o", "json").stdout)
    assert after["commitment"] == before["commitment"] and "seed" not in before
    seed = bytes.fromhex(after["seed"])
    assert digest(b"convene draw 1\0", seed).hex() == before["commitment"]
    tickets = [bytes.fromhex(t["ticket"]) for t in
               json.loads(c.convene("rsvp", "draw", e, "--tickets", "-o", "json").stdout)]
    assert len(tickets) == len(NAMES)
    everything = digest(*sorted(tickets))
    assert sorted(tickets, key=lambda t: digest(everything, t, key=seed)) == tickets
    ids = {p["name"].lower(): p["id"] for p in rows(c, "people", "list")}
    assert sorted(digest(e.encode() + b"\0", ids[n].encode()) for n in NAMES) == sorted(tickets)
    c.convene("rsvp", "draw", e, "--verify", "--promised", before["commitment"], "--person",
              ids["cem"])
    c.convene("rsvp", "draw", e, "--verify", "--promised", "0" * 64, expect=1)
    assert sum(r["answer"] == "yes" for r in rows(c, "rsvp", "list", e)) == 2


def check_door(c):
    e = event(c, "Over", start="2020-05-06T18:30")
    ids = {p["name"].lower(): p["id"] for p in rows(c, "people", "list")}
    door = pathlib.Path(c.directory) / "door.csv"
    door.write_text("person,nonce,walk_in,guests\n"
                    f"ada@x.org,n1,yes,1\n{ids['ben']},n2,yes,0\n")
    first = c.convene("rsvp", "check-in", e, "--list", door)
    assert "2 changed" in first.stderr, first.stderr
    c.convene("rsvp", "check-in", e, "ben@x.org", "--undo", expect=1)
    c.convene("rsvp", "check-in", e, "ben@x.org", "--undo", "--reason", "the wrong Ben")
    again = c.convene("rsvp", "check-in", e, "--list", door)
    assert "0 changed, 2 were so already" in again.stderr, again.stderr
    assert [r["answer"] for r in rows(c, "rsvp", "list", e)] == ["attended", "no"]
    c.convene("rsvp", "check-in", e, "cem@x.org", expect=1)
    assert "0 marked as no-shows" in c.convene("rsvp", "close", e).stdout
    c.convene("rsvp", "waitlist", e, "--verify")
    door.write_text("person,nonce,walk_in\nwho@x.org,n7,yes\ndana@x.org,n8,yes\neve@x.org,n9,no\n")
    some = c.convene("rsvp", "check-in", e, "--list", door, expect=1)
    assert "Line 2 of the list was left out" in some.stderr, some.stderr
    assert re.search(r"dana@x.org +changed", some.stdout), some.stdout
    assert re.search(r"eve@x.org +refused", some.stdout), some.stdout
    assert "attended, no-show" in c.convene("rsvp", "decide", e, "dana@x.org", "kill", expect=2).stderr
    some = c.convene("rsvp", "invite", event(c, "Later"), "who@x.org", "dana@x.org", expect=5)
    assert re.search(r"dana@x.org +changed", some.stdout), some.stdout
    door.write_text("person,nonse\nada@x.org,n1\n")
    wrong = c.convene("rsvp", "check-in", e, "--list", door, expect=2)
    assert 'no column "nonse"; did you mean "nonce"?' in wrong.stderr, wrong.stderr


def check_series(c):
    e = event(c, "Weekly", "--venue", "Hall", "--address", "Street 1", start="2031-07-01T18:30")
    made = c.convene("events", "repeat", e, "--rule", "FREQ=WEEKLY;COUNT=5", "--except",
                     "2031-07-08T18:30", "--start", "2031-07-01T18:30", "--publish", "-o", "json")
    assert f"convene events unpublish {e}" in made.stderr, made.stderr
    series = json.loads(made.stdout)["id"]

    third = rows(c, "events", "list", "--series", series)[2]["id"]
    assert series in c.convene("events", "show", third).stdout
    changed = json.loads(c.convene("events", "update", third, "--venue", "Attic", "--clear", "address",
                                   "--topic", "go", "--following", "-o", "json").stdout)
    assert changed["rrule"] == "FREQ=WEEKLY;COUNT=2" and changed["occurrenceCount"] == 2, changed
    assert changed["event"]["venue"] == {"name": "Attic"}, changed
    assert len(rows(c, "events", "list", "--series", series)) == 2
    moved = json.loads(c.convene("events", "reschedule", third, "--start", "2031-07-23T19:00",
                                 "--following", "--rule", "FREQ=WEEKLY;BYDAY=WE;COUNT=3", "-o",
                                 "json").stdout)
    assert moved["event"]["endLocal"] == "2031-07-23T21:00:00", moved
    assert len(rows(c, "events", "list", "--series", moved["id"])) == 3
    second = rows(c, "events", "list", "--series", moved["id"])[1]["id"]
    c.convene("rsvp", "yes", second, "--as", "eve@x.org")
    over = c.convene("events", "cancel", second, "--following", "--reason", "The hall is sold.", "-o",
                     "json")
    assert json.loads(over.stdout)["endsBefore"] == "2031-07-30T19:00:00", over.stdout
    assert "2 called off, from 2031-07-30 on" in over.stderr, over.stderr
    assert len(rows(c, "events", "list", "--series", moved["id"])) == 1
    shown = c.convene("events", "show", second).stdout
    assert "The hall is sold." in shown and "cancelled" in shown, shown
    first = rows(c, "events", "list", "--series", moved["id"])[0]["id"]
    days = c.convene("events", "reschedule", first, "--start", "2031-07-24T19:00", "--following",
                     expect=1).stderr
    assert "--rule names days or hours, which do not move along" in days, days
    assert "ends before 2031-07-30" in c.convene("events", "cancel", second, "--following",
                                                 expect=None).stderr
    assert "not part of a series" in c.convene("events", "cancel", e, "--following", expect=6).stderr
    assert "not part of a series" in c.convene("events", "update", e, "--title", "x", "--following",
                                               expect=6).stderr
    c.convene("events", "reschedule", third, "--start", "2031-07-23T19:00", "--rule", "X", expect=2)
    assert "Where" not in c.convene("events", "update", e, "--clear", "venue", "--clear",
                                    "address").stdout


def check_agenda(c):
    e = event(c, "Same evening", "--mode", "hybrid", "--capacity", "1", "--virtual-capacity", "1",
              start="2031-06-06T18:30")
    f = event(c, "Another", start="2031-06-06T19:30")
    assert "online" in yes(c, e, "ada", "--online").stdout
    yes(c, e, "ben", "--online", "--in-person", expect=2)
    assert "to come online, at place 1" in yes(c, e, "ben", "--online").stdout
    clash = yes(c, f, "ada")
    assert "clashes with \"Same evening\"" in clash.stderr, clash.stderr
    listed = [r for r in rows(c, "rsvp", "agenda", "--as", "ada@x.org", "--from", "2031-06-01")]
    assert [r["title"] for r in listed] == ["Same evening", "Another"]
    assert listed[0]["clashes_with"] == f


def check_invitations(c):
    e = event(c, "By invitation", "--approval")
    people = pathlib.Path(c.directory) / "people.txt"
    people.write_text("# our speakers\nada@x.org\n\nben@x.org  # and his guest\n")
    done = c.convene("rsvp", "invite", e, "cem@x.org", "--from", people)
    assert "3 changed" in done.stderr, done.stderr
    assert "has a seat" in yes(c, e, "ben").stdout
    assert "approval" in yes(c, e, "dana").stdout
    assert "has a seat" in c.convene("rsvp", "decide", e, "dana@x.org", "approve").stdout
    c.convene("rsvp", "invite", e, expect=2)


def check_others(c):
    """What members see of a full event: their own place, and no more."""
    e = event(c, "For members' eyes", "--capacity", "1")
    for name in NAMES:
        yes(c, e, name)
    secret = c.convene("admin", "keys", "create", "--label", "t", "-q", "--person",
                       "cem@x.org").stdout.strip()
    key = pathlib.Path(c.directory) / "cem"
    key.write_text(secret + "\n")

    def cem(*arguments, expect=0):
        return c.convene("--key-file", key, *arguments, expect=expect)

    assert cem("rsvp", "waitlist", e).stdout == "Cem is on the waitlist, at place 2.\n"
    assert "Cem said yes" in cem("rsvp", "waitlist", e, "--history").stdout
    assert "Dana" not in cem("rsvp", "waitlist", e, "--history").stdout
    cem("rsvp", "waitlist", e, "--verify", expect=1)
    cem("rsvp", "move", e, "me", "1", "--reason", "please", expect=1)
    cem("rsvp", "add", e, "me", expect=1)
    cem("rsvp", "check-in", e, "me", expect=1)
    assert "Dana" not in cem("rsvp", "list", e).stdout
    assert "For members' eyes" in cem("rsvp", "agenda").stdout


def answer_of(c, event_id, name):
    return {r["name"]: r["answer"] for r in rows(c, "rsvp", "list", event_id)}[name]


def offer_until_start(c, ahead_s):
    """An event that starts so soon, with a seat offered to Ben until then; None where too late."""
    start = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=ahead_s)
    e = event(c, "Any moment", "--capacity", "1", "--waitlist", "offer", "--time-zone", "UTC",
              start=start.strftime("%Y-%m-%dT%H:%M:%S"))
    for name, answer in (("ada", "yes"), ("ben", "yes"), ("ada", "no")):
        if c.convene("rsvp", answer, e, "--as", f"{name}@x.org", expect=None).returncode:
            return None
    return e if answer_of(c, e, "Ben") == "offered" else None


def check_clock(c):
    """An offer ends by itself though it was written after the server had looked what is due."""
    for ahead_s in (3, 6, 12, 24, 48):
        e = offer_until_start(c, ahead_s)
        if e:
            break
    for _ in range(300):
        if answer_of(c, e, "Ben") == "expired":
            return
        time.sleep(0.1)
    raise AssertionError("the offer did not end")


def main():
    with Community(sys.argv[1]) as c:
        for name in NAMES:
            c.convene("people", "create", "--name", name.title(), "--email", f"{name}@x.org")
        c.convene("groups", "create", "--name", "Go", "--time-zone", "Europe/Berlin")
        check_clock(c)
        for check in (check_questions, check_queue, check_draw, check_door, check_series, check_agenda,
                      check_invitations, check_others):
            check(c)
        c.convene("admin", "check")


if __name__ == "__main__":
    main()
