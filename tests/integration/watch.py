#!/usr/bin/env python3
"""Watching and streaming as people do it: the command line, the library's example, breaks, Ctrl-C."""
import json
import os
import signal
import subprocess
import sys
import time

from community import Community


def wait_for(what, seconds=30):
    """Waits until what() holds; the time is only how long a broken program may take."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.02)


class Lines:
    """A program whose lines of output go to a file, which is read as they come."""

    def __init__(self, community, name, *command):
        self.path = os.path.join(community.directory, name)
        self.out = open(self.path, "w")
        self.process = subprocess.Popen(
            command, stdout=self.out, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "CONVENE_URL": community.url})

    def read(self):
        with open(self.path) as file:
            return file.read().splitlines()

    def end(self, with_signal=signal.SIGINT):
        self.process.send_signal(with_signal)
        self.process.wait(30)
        said = self.process.stderr.read()
        self.process.stderr.close()
        self.out.close()
        return said


def write_events(path, first, n, title="Evening"):
    with open(path, "w") as file:
        file.write("external_id,group,title,start\n")
        for i in range(first, first + n):
            file.write(f"e-{i},c-berlin,{title} {i},2031-{1 + i % 12:02d}-{1 + i % 28:02d}T18:30\n")
    return path


def follow(community, convene):
    """A watch goes on through a restart, and from its cursor file; nothing is missing or twice."""
    cursor = os.path.join(community.directory, "cursor")
    watch = [convene, "events", "watch", "--list", "--group", "c-berlin", "--cursor-file", cursor]
    first = Lines(community, "first.jsonl", *watch)
    wait_for(lambda: any('"live":true' in line for line in first.read()))
    community.convene("events", "import", write_events(f"{community.directory}/a.csv", 0, 300),
                      "--publish")
    wait_for(lambda: len(first.read()) == 301)
    community.stop(signal.SIGKILL)
    community.start()
    community.convene("events", "import", write_events(f"{community.directory}/b.csv", 300, 300),
                      "--publish")
    wait_for(lambda: len(first.read()) >= 601)
    said = first.end()
    assert "lost" in said and "Connected again" in said, said
    community.convene("events", "import", write_events(f"{community.directory}/c.csv", 600, 300),
                      "--publish")
    second = Lines(community, "second.jsonl", *watch)
    wait_for(lambda: len(second.read()) >= 301)
    second.end()
    told = [json.loads(line) for line in first.read() + second.read()]
    changes = [message["change"] for message in told if "change" in message]
    assert [c["event"]["externalId"] for c in changes] == [f"e-{i}" for i in range(900)]
    numbers = [int(c["sequence"]) for c in changes]
    assert numbers == list(range(numbers[0], numbers[0] + 900)), "no gap, nothing twice"


def example(community):
    """The library's example shows what there is, then what comes, and goes on where it ended."""
    program = community.build / "client" / "watch_events"
    cursor = os.path.join(community.directory, "example-cursor")
    first = Lines(community, "example-1", program, "c-berlin", cursor)
    wait_for(lambda: len(first.read()) == 900)
    found = community.json("events", "list", "--from", "2031-01-01", "--limit", "1")
    event = (found if isinstance(found, list) else found["events"])[0]["id"]
    community.convene("events", "unpublish", event)
    wait_for(lambda: first.read()[-1] == f"{event} is gone")
    first.end(signal.SIGTERM)
    community.convene("events", "publish", event)
    second = Lines(community, "example-2", program, "c-berlin", cursor)
    wait_for(lambda: second.read()[-1:] and "event.published: Evening" in second.read()[-1])
    second.end(signal.SIGTERM)
    # It ended between a line and its cursor at worst; then that line comes again.
    assert [l for l in second.read() if "gone" not in l] == second.read()[-1:], second.read()
    wrong = subprocess.run([program, "nowhere", cursor], capture_output=True, text=True,
                           env={**os.environ, "CONVENE_URL": community.url}, timeout=60)
    assert wrong.returncode == 1 and "nowhere" in wrong.stderr, wrong


def discuss(community, convene):
    """What is said about an event is told through a restart; what was taken out, without its text."""
    community.convene("people", "create", "--name", "Ada", "--email", "ada@x.org")
    event = community.json("events", "list", "--from", "2031-01-01", "--limit", "1")[0]["id"]
    cursor = os.path.join(community.directory, "said-cursor")
    watch = [convene, "events", "watch", "-o", "csv", "--cursor-file", cursor]
    seen = Lines(community, "said", *watch)
    wait_for(lambda: os.path.exists(cursor))

    def comment(*arguments):
        return community.json("comments", *arguments)["id"]

    first = comment("add", event, "A secret.\nTwo lines.", "--as", "ada@x.org")
    wait_for(lambda: "Ada: A secret.…" in "".join(seen.read()))
    community.stop(signal.SIGKILL)
    community.start()
    comment("remove", first, "--reason", "It was to be one.")
    wait_for(lambda: "comment.removed" in "".join(seen.read()))
    seen.end()
    last = seen.read()[-1]
    assert "Ada: (deleted by an organiser: It was to be one.)" in last and event in last, last
    second = comment("add", event, "Another.", "--as", "ada@x.org")
    comment("remove", second, "--reason", "As well.")
    seen = Lines(community, "said-later", *watch)
    wait_for(lambda: "comment.removed" in "".join(seen.read()))
    seen.end()
    assert "Another." not in "".join(seen.read()), "taken out before it could be told"
    community.convene("comments", "add", event, "The last.", "--as", "ada@x.org")
    listed = community.json("comments", "list", event, "--newest")
    assert [c.get("text", "") for c in listed] == ["The last.", "", ""], listed


def interrupt(community, convene):
    """Ctrl-C amid an import stores what is under way and says how far it came; then again, whole."""
    n = 6000
    path = write_events(f"{community.directory}/d.csv", 10000, n, "Interrupted")
    seen = Lines(community, "seen", convene, "events", "watch", "-o", "csv")
    wait_for(lambda: seen.read() != [])
    run = Lines(community, "import", convene, "events", "import", path, "--publish")
    wait_for(lambda: len(seen.read()) > 100)
    run.end()
    report = "\n".join(run.read())
    assert run.process.returncode == 1 and "stopped behind line" in report, report
    counts = community.json("events", "import", path, "--publish")
    assert counts["created"] + counts["unchanged"] == n and counts["refused"] == 0, counts
    assert 0 < counts["unchanged"] < n, "the first run had not done nothing, nor all"
    assert f" {counts['unchanged']} created" in report, "the report says what was done"
    wait_for(lambda: len(seen.read()) == n + 1)
    seen.end()


def backwards(path):
    """A copy of a CSV file with its records in reverse."""
    with open(path) as file:
        head, *records = file.readlines()
    with open(path + ".back", "w") as file:
        file.writelines([head, *reversed(records)])
    return path + ".back"


def twice_at_once(community, convene):
    """Two imports of the same events at once, and the server killed amid them: each event once."""
    n = 2500
    path = write_events(f"{community.directory}/e.csv", 30000, n, "Twice")
    seen = Lines(community, "seen-twice", convene, "events", "watch", "-o", "csv")
    wait_for(lambda: seen.read() != [])
    # The one begins at the front, the other at the back. A record behind all that may be under way
    # was stored only after the first answer: from then on a lost server is waited for.
    answered, runs = 4 * 200 + 1, []
    for way, title in ((path, 30000 + answered), (backwards(path), 30000 + n - 1 - answered)):
        runs.append(Lines(community, f"import-{len(runs)}", convene, "events", "import", way,
                          "--publish", "-o", "json"))
        wait_for(lambda: any(f"Twice {title}" in line for line in seen.read()))
        runs[-1].process.send_signal(signal.SIGSTOP)
    for run in runs:
        run.process.send_signal(signal.SIGCONT)
    community.stop(signal.SIGKILL)
    community.start()
    created = 0
    for run in runs:
        assert run.process.wait(60) == 0, run.end()
        run.end()
        counts = json.loads("\n".join(run.read()))
        assert counts["created"] + counts["unchanged"] == n, counts
        created += counts["created"]
    wait_for(lambda: len(seen.read()) > n)
    said = seen.end()
    assert len(seen.read()) == n + 1, f"{len(seen.read())} lines for {n} events: {said}"
    # What a commit stored whose answer the kill took was not counted as created by either.
    assert n - 2 * 4 * 200 <= created <= n, created


def main(build):
    with Community(build, "--quiet") as community:
        convene = str(community.build / "client" / "convene")
        community.convene("groups", "create", "--name", "C Berlin", "--slug", "c-berlin",
                          "--time-zone", "Europe/Berlin")
        follow(community, convene)
        example(community)
        discuss(community, convene)
        interrupt(community, convene)
        twice_at_once(community, convene)
    print("watching and importing go on through breaks, each thing once")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
