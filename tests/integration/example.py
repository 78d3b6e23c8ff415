#!/usr/bin/env python3
"""The example of the library registers a meetup, updates nothing when run again, says what is wrong."""
import os
import subprocess
import sys

from community import Community


def main(build):
    with Community(build, "--quiet") as community:
        community.convene("groups", "create", "--name", "C Berlin", "--slug", "c-berlin",
                          "--time-zone", "Europe/Berlin")

        def example(*arguments):
            return subprocess.run(
                [community.build / "client" / "register_event", *arguments], text=True,
                capture_output=True, env={**os.environ, "CONVENE_URL": community.url}, timeout=60)

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
    print("the example registers, repeats and fails as it should")
    return 0


sys.exit(main(sys.argv[1]))
