#!/usr/bin/env python3
"""Bad input gets a sentence that names field, problem and remedy, and leaves nothing behind."""
import json
import os
import pathlib
import subprocess
import sys
import threading
import time

from community import Community

GOOD = {"external_id": "x1", "group": "c-berlin", "title": "Lock-free queues",
        "start": "2031-05-06T18:30:00", "duration": "PT2H"}

# What is changed in a good record, and what the answer must say.
BAD = [
    ({"title": ""}, ["title"]),
    ({"title": "x" * 301}, ["title", "300"]),
    ({"title": "x" * 10_000_000}, ["title", "300"]),
    ({"title": "bell \u0007"}, ["title", "control"]),
    ({"time_zone": "Europe/Atlantis"}, ["time_zone", "IANA"]),
    ({"start": "2031-02-30T18:00:00"}, ["start"]),
    ({"start": "soon"}, ["start", "soon"]),
    ({"end": "2031-05-06T17:00:00", "duration": None}, [": end is", "before the start"]),
    ({"latitude": 91, "longitude": 13}, ["latitude", "90"]),
    ({"latitude": 52, "longitude": -180.5}, ["longitude"]),
    ({"capacity": -1}, ["capacity", "-1"]),
    ({"capacity": 1_000_001}, ["capacity", "1000000"]),
    ({"max_guests": 11}, ["max_guests", "10"]),
    ({"group": "nobody-here"}, ["group", "nobody-here"]),
    ({"group": "nobody-here", "start": "2031-05-06T18:30:00+02:00"},
     ["start", "offset", "no group", "nobody-here", "make the group first"]),
    ({"time_zone": "Europe/Atlantis", "start": "2031-05-06T18:30:00+02:00"},
     ["start", "offset", "Europe/Atlantis", "IANA"]),
    ({"url": "ftp://example.org"}, ["url", "http"]),
    ({"country": "Germany"}, ["country"]),
    ({"external_id": ""}, ["external_id"]),
]


def record(changes):
    """A JSON line; a None takes the key out."""
    merged = {**GOOD, **changes}
    return json.dumps({k: v for k, v in merged.items() if v is not None}) + "\n"


def check_records(community):
    for changes, words in BAD:
        done = community.convene("events", "import", "--format", "jsonl", "-", text=record(changes),
                                 expect=1)
        said = (done.stdout + done.stderr).replace(",", "")
        for word in words:
            assert word in said, f"{list(changes)}: {word!r} is not in {said[-500:]!r}"
        assert len(said) < 5000, f"{list(changes)}: an answer of {len(said)} bytes"
    assert community.json("events", "list", "--from", "2031-01-01") in ([], {"events": []}), \
        "nothing of it was stored"


def check_unreachable(community):
    """Without a server an import ends after one patience, not after one for each group."""
    text = "".join(record({"group": f"g{i}", "start": "2031-05-06T18:30:00+02:00"}) for i in range(300))
    done = community.convene("events", "import", "--format", "jsonl", "-", "--url",
                             f"ipc://{community.directory}/nobody", "--timeout", "100ms", text=text,
                             expect=7)
    assert "No server answers" in done.stderr and done.stdout == "", (done.stdout, done.stderr)


def check_csv(community):
    text = ('external_id,group,title,start\n'
            'a1,c-berlin,Fine,2031-05-06T18:30:00\n'
            'a2,c-berlin,"Broken,2031-05-06T18:30:00\n')
    done = community.convene("events", "import", "--format", "csv", "-", text=text, expect=1)
    said = done.stdout + done.stderr
    assert "line 3" in said and "quote" in said, said
    text = "name,slug,time_zone\nC Köln,C-Koeln,Europe/Berlin\n"
    done = community.convene("groups", "import", "--format", "csv", "-", text=text)
    assert 'line 2, C-Koeln: note: slug is taken in lower case, as "c-koeln"' in done.stdout, done.stdout
    text = "external_id,group,title,start\na1,C-Koeln,Fine,2031-05-06T18:30:00\n"
    done = community.convene("events", "import", "--format", "csv", "-", text=text)
    assert "1 created" in done.stdout and "note" not in done.stdout, done.stdout
    done = community.convene("events", "import", "--format", "csv", "-", text=text.replace(",", ";"),
                             expect=1)
    assert "line 1: the columns are separated by ;" in done.stderr, done.stderr


def check_second_server(build, community):
    done = subprocess.run([pathlib.Path(build) / "services" / "convened", "--data",
                           f"{community.directory}/second", "--listen", community.url],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 1, done
    assert f"convene --url {community.url} health" in done.stderr, done.stderr


def check_words(community):
    for arguments, code, words in [
        (["events", "show", "evt_1"], 1, ["evt_"]),
        (["events", "show", "grp_01h2xcejqtf2nbrexx3vqjhp41"], 1, ["evt_"]),
        (["events", "show", "evt_01h2xcejqtf2nbrexx3vqjhp41"], 5, []),
        (["events", "list", "--page-token", "bm9uc2Vuc2U"], 1, ["page"]),
        (["events", "lst"], 2, ["list"]),
        (["events", "list", "--radius"], 2, []),
        (["events", "list", "-n", "0"], 2, ["--limit", "between 1"]),
        (["events", "list", "--near", "52.52;13.4"], 2, ["near"]),
        (["events", "list", "--near", "52.52,13.4", "--radius", "600km"], 2, ["--radius", "500km"]),
        (["groups", "list", "--near", "52.52,13.4", "--radius", "600km"], 2, ["--radius", "500km"]),
        (["events", "list", "--near", "Xyzzyqq"], 1, ["Xyzzyqq", "point"]),
        (["events"], 2, ["Say what to do with events"]),
        (["events", "for-me"], 1, ["--person", "e-mail"]),
        (["help"], 0, []),
        (["help", "events"], 0, []),
    ]:
        done = community.convene(*arguments, expect=code)
        for word in words:
            assert word in done.stderr, f"{arguments}: {word!r} is not in {done.stderr!r}"


def check_nobody_there(community):
    done = community.convene("--url", f"ipc://{community.directory}/nobody.sock", "--timeout", "2s",
                             "events", "list", expect=7)
    assert "convene serve" in done.stderr, done.stderr


def check_starting(community):
    """Whoever calls a server that has just begun to start waits for it."""
    assert community.stop() == 0
    community.convene("events", "list", expect=7)
    starting = threading.Thread(target=community.start)
    starting.start()
    while not os.path.exists(f"{community.directory}/convene.sock"):
        time.sleep(0.001)
    community.convene("events", "list")
    starting.join()


def check_flood(build):
    """More calls than a caller may make are refused, with the reason, where there is no time to wait
    until the server says that they may come again."""
    with Community(build, "--quiet", "--caller-rate", "1") as community:
        for _ in range(100):
            done = community.convene("groups", "list", "--timeout", "500ms", expect=None)
            if done.returncode != 0:
                break
        assert done.returncode == 1 and "try again in" in done.stderr, done.stderr
        assert community.stop() == 0


def main(build):
    check_flood(build)
    with Community(build, "--quiet") as community:
        community.convene("groups", "create", "--name", "C Berlin", "--slug", "c-berlin",
                          "--time-zone", "Europe/Berlin")
        check_records(community)
        check_unreachable(community)
        check_csv(community)
        check_words(community)
        check_nobody_there(community)
        check_second_server(build, community)
        check_starting(community)
        assert community.stop() == 0
    print(f"{len(BAD)} bad records and what else was wrong got a sentence that helps")
    return 0


sys.exit(main(sys.argv[1]))
