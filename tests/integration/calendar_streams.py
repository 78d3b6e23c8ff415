#!/usr/bin/env python3
"""A calendar of many messages comes in whole: twice at once, stopped, and through killed programs."""
import json
import pathlib
import signal
import sys

from community import Community
from watch import Lines, wait_for

# More series than one message takes, so that the file is sent in parts of a hundred.
SERIES, PART, MOVED = 510, 100, 20


def event(*lines):
    return "\n".join(["BEGIN:VEVENT", *lines, "END:VEVENT"])


def write(path):
    """A calendar whose changed occurrences stand behind all of its series."""
    start = "DTSTART;TZID=Europe/Berlin:20310304T183000"
    series = [event(f"UID:s{i}", start, "RRULE:FREQ=DAILY;COUNT=1", f"SUMMARY:Series {i}.")
              for i in range(SERIES)]
    moved = [event(f"UID:s{i * 25}", "RECURRENCE-ID;TZID=Europe/Berlin:20310304T183000",
                   "DTSTART;TZID=Europe/Berlin:20310305T190000", f"SUMMARY:Moved {i}.")
             for i in range(MOVED)]
    path.write_text("\n".join(["BEGIN:VCALENDAR", *series, *moved, "END:VCALENDAR", ""]))
    return str(path)


class Import:
    """`convene events import` of the file into a group of its own, and who sees what it stores."""

    def __init__(self, community, file, group):
        self.community, self.file, self.group, self.runs = community, file, group, []
        self.convene = str(community.build / "client" / "convene")
        community.convene("groups", "create", "--name", group, "--time-zone", "Europe/Berlin")
        self.seen = Lines(community, f"seen-{group}", self.convene, "events", "watch", "--group",
                          group, "-o", "csv")
        wait_for(lambda: self.seen.read() != [])

    def start(self):
        name = f"import-{self.group}-{len(self.runs)}"
        self.runs.append(Lines(self.community, name, self.convene, "events", "import", self.file,
                               "--group", self.group, "--publish", "-o", "json"))
        return self.runs[-1]

    def wait_for_series(self, number):
        wait_for(lambda: any(f"Series {number}." in line for line in self.seen.read()))

    def report(self, run, codes=(0,)):
        assert run.process.wait(60) in codes, run.end()
        said = run.end()
        text = "\n".join(run.read())
        return (json.loads(text) if text else None), said

    def end(self):
        """The group has each event once, as the file says."""
        self.seen.end()
        found = self.community.json("events", "list", "--group", self.group, "--all", "--from",
                                    "2031-01-01")
        titles = sorted(e["title"] for e in found)
        kept = [f"Series {i}." for i in range(SERIES) if i % 25 or i // 25 >= MOVED]
        assert titles == sorted(kept + [f"Moved {i}." for i in range(MOVED)]), titles[:5]


def whole(counts):
    """All of the file was looked at, and nothing was wrong with it."""
    assert sum(counts[k] for k in ("created", "updated", "unchanged")) == SERIES + MOVED, counts
    assert counts["refused"] == counts["skipped"] == 0, counts
    return counts


def twice_at_once(imports):
    """A dry run says what two imports at once then do: between them each thing once."""
    dry = whole(imports.community.json("events", "import", imports.file, "--group", imports.group,
                                       "--dry-run"))
    assert (dry["created"], dry["updated"], dry["notes"]) == (SERIES, MOVED, []), dry
    both = [imports.start(), imports.start()]
    counts = [whole(imports.report(run)[0]) for run in both]
    assert sum(c["created"] for c in counts) == SERIES, counts
    assert sum(c["updated"] for c in counts) == MOVED, counts
    imports.end()


def killed_client(imports):
    """What a killed import left is taken up by the next."""
    run = imports.start()
    imports.wait_for_series(PART + 1)
    run.end(signal.SIGKILL)
    counts = whole(imports.report(imports.start())[0])
    assert counts["unchanged"] > PART, counts
    again = whole(imports.report(imports.start())[0])
    assert again["unchanged"] == SERIES + MOVED, again
    imports.end()
    return counts["created"] > 0


def killed_server(imports):
    """An import waits for a server that was killed, and goes on."""
    run = imports.start()
    # Behind all that may be under way: from then on an answer was there, and the server is waited
    # for.
    imports.wait_for_series(3 * PART + 1)
    run.process.send_signal(signal.SIGSTOP)
    imports.community.stop(signal.SIGKILL)
    imports.community.start()
    run.process.send_signal(signal.SIGCONT)
    counts, said = imports.report(run)
    whole(counts)
    imports.end()
    return "The connection is lost" in said and "Connected again" in said


def interrupted(imports):
    """Ctrl-C stores what is under way and says how far it is; the next run does the rest."""
    run = imports.start()
    imports.wait_for_series(1)
    run.process.send_signal(signal.SIGINT)
    counts, _ = imports.report(run, codes=(0, 1))
    assert counts["created"] > PART - MOVED, counts
    assert (counts["created"] < SERIES) == ("run it again" in counts.get("broken", "")), counts
    again = whole(imports.report(imports.start())[0])
    assert again["created"] == SERIES - counts["created"], (counts, again)
    imports.end()
    return counts["created"] < SERIES


def amid(community, file, check):
    """Has a program hit before the import was done, which on a busy machine may take some tries."""
    for attempt in range(5):
        if check(Import(community, file, f"{check.__name__.replace('_', '-')}-{attempt}")):
            return
    raise AssertionError(f"{check.__name__}: the import was always done before")


def main(build):
    with Community(build, "--quiet") as community:
        file = write(pathlib.Path(community.directory) / "long.ics")
        twice_at_once(Import(community, file, "twice"))
        for check in (killed_client, killed_server, interrupted):
            amid(community, file, check)
        assert community.stop() == 0, "the server stops cleanly"
    print(f"{SERIES} series and {MOVED} changed occurrences came in whole, whatever was killed")
    return 0


sys.exit(main(sys.argv[1]))
