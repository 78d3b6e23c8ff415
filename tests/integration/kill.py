#!/usr/bin/env python3
"""What was acknowledged is there after kill -9, and a second server is told no."""
import json
import signal
import subprocess
import sys

from community import Community

PEOPLE = 40
SEATS = 10


def prepare(community):
    community.convene("groups", "create", "--name", "C Berlin", "--slug", "c-berlin",
                      "--time-zone", "Europe/Berlin")
    text = "name,email,time_zone\n" + "".join(
        f"Person {n},p{n}@example.org,Europe/Berlin\n" for n in range(PEOPLE))
    community.convene("people", "import", "--format", "csv", "-", text=text)
    done = community.convene("events", "create", "--group", "c-berlin", "--title", "Seats",
                             "--start", "2031-05-06T18:30", "--duration", "2h", "--capacity", SEATS,
                             "--publish", "-o", "json")
    return json.loads(done.stdout)["id"]


def main(build):
    with Community(build, "--quiet") as community:
        event = prepare(community)
        acknowledged = []
        for n in range(PEOPLE):
            if n % 13 == 12:
                community.stop(signal.SIGKILL)
                community.start()
            community.convene("rsvp", "yes", event, "--as", f"p{n}@example.org")
            acknowledged.append(n)
        community.stop(signal.SIGKILL)
        community.start()
        shown = community.json("events", "show", event)
        assert shown["seatsTaken"] == SEATS, shown
        assert shown["waitlistCount"] == len(acknowledged) - SEATS, shown

        second = subprocess.run(
            [community.build / "services" / "convened", "--data", f"{community.directory}/data",
             "--listen", f"ipc://{community.directory}/second.sock"],
            capture_output=True, text=True, timeout=60)
        assert second.returncode == 1 and "open" in second.stderr, second.stderr
        assert community.stop() == 0
    print(f"{len(acknowledged)} acknowledged RSVPs survived 4 times kill -9")
    return 0


sys.exit(main(sys.argv[1]))
