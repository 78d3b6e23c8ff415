#!/usr/bin/env python3
"""The library's examples register a meetup and answer one, repeat, and say what is wrong."""
import os
import subprocess
import sys

from community import Community


def answer(community, run):
    """A mixed event that asks what one eats."""
    event = community.json("events", "create", "--group", "c-berlin", "--title", "Dinner",
                           "--start", "2031-12-02T18:30", "--mode", "hybrid", "--publish",
                           "--virtual-capacity", "1",
                           "--question", "diet!: What do you eat? [all|vegan]")["id"]
    keys = []
    for name in ("ada", "ben"):
        community.convene("people", "create", "--name", name, "--email", f"{name}@x.org")
        keys.append(community.convene("admin", "keys", "create", "--label", name, "-q", "--person",
                                      f"{name}@x.org").stdout.strip())
    said = run("answer_event", event, "online", CONVENE_KEY=keys[0])
    assert said.returncode == 1 and "answers[diet] is missing" in said.stderr, said
    said = run("answer_event", event, "online", "diet=meat", CONVENE_KEY=keys[0])
    assert said.returncode == 1 and "one of these is right: all, vegan" in said.stderr, said
    said = run("answer_event", event, "online", "diet=vegan", CONVENE_KEY=keys[0])
    assert said.stdout == "has a seat online\n", said
    said = run("answer_event", event, "online", "diet=all", CONVENE_KEY=keys[1])
    assert said.stdout == "waits\n", said
    said = run("answer_event", event, "room", "diet=all", CONVENE_KEY=keys[1])
    assert said.stdout == "has a seat\n", said
    shown = community.json("rsvp", "list", event)
    assert sorted(r["answers"][0]["values"][0] for r in shown) == ["all", "vegan"], shown
    assert sorted(r["way"] for r in shown) == ["ATTENDANCE_MODE_OFFLINE", "ATTENDANCE_MODE_ONLINE"]


def main(build):
    with Community(build, "--quiet") as community:
        community.convene("groups", "create", "--name", "C Berlin", "--slug", "c-berlin",
                          "--time-zone", "Europe/Berlin")

        def run(name, *arguments, **environment):
            return subprocess.run(
                [community.build / "client" / name, *arguments], text=True, capture_output=True,
                env={**os.environ, "CONVENE_URL": community.url, **environment}, timeout=60)

        def example(*arguments):
            return run("register_event", *arguments)

        first = example("c-berlin", "2031-12-01T18:30", "What the linker knows")
        assert first.returncode == 0 and "created" in first.stdout, first
        again = example("c-berlin", "2031-12-01T18:30", "What the linker knows")
        assert again.returncode == 0 and "kept" in again.stdout, again
        assert first.stdout.split()[0] == again.stdout.split()[0], "the same event"
        wrong = example("c-berlin", "2031-02-30T18:30", "There is no such day")
        assert wrong.returncode == 1 and "start" in wrong.stderr, wrong
        lost = example("nobody", "2031-12-01T18:30", "No such group")
        assert lost.returncode == 1 and "nobody" in lost.stderr, lost
        events = community.json("events", "list", "--from", "2031-01-01")
        events = events if isinstance(events, list) else events["events"]
        assert [e["title"] for e in events] == ["What the linker knows"], events
        answer(community, run)
    print("the examples register, answer, repeat and fail as they should")
    return 0


sys.exit(main(sys.argv[1]))
