#!/usr/bin/env python3
"""Stores of an older and of a newer version, as each program that opens them meets them.

Usage: store_versions.py BUILD
"""
import pathlib
import re
import signal
import subprocess
import sys
import time

from community import Community

BUILD = pathlib.Path(sys.argv[1])
N_KILLS = 12


def convened(*words, code=0):
    done = subprocess.run([BUILD / "services" / "convened", *map(str, words)], capture_output=True,
                          text=True, timeout=120)
    assert done.returncode == code, (words, done.returncode, done.stdout, done.stderr)
    return done.stdout + done.stderr


class Store:
    """The data of a stopped server, with a group that is archived and one that is not."""

    def __init__(self, c):
        self.c = c
        self.data = pathlib.Path(c.directory) / "data"
        self.backup = pathlib.Path(c.directory) / "backup"
        for group in ("Here", "Gone"):
            c.convene("groups", "create", "--name", group, "--time-zone", "Europe/Berlin")
            c.convene("events", "create", "--group", group.lower(), "--title", f"{group} evening",
                      "--start", "2031-05-06T18:30", "--duration", "2h", "--publish")
        c.convene("groups", "archive", "gone")
        c.stop()

    def set_version(self, version):
        self.backup.unlink(missing_ok=True)
        subprocess.run([BUILD / "tests/integration/set_schema", self.data, version, self.backup],
                       check=True, timeout=120)

    def content(self):
        return (self.data / "events" / "data.mdb").read_bytes()

    def check_served(self):
        """That it is sound, and that the server reads from the index what the step has put there."""
        assert "sound" in convened("check", "--data", self.data)
        self.c.start()
        listed = self.c.convene("events", "list").stdout
        assert "Here evening" in listed and "Gone evening" not in listed, listed
        self.c.stop()


def check_older(store):
    store.set_version("0")
    before = store.content()
    said = convened("check", "--data", store.data, code=1)
    assert re.search(r"older version, schema 0; start the server once, which takes it to \d", said), said
    assert store.content() == before
    store.c.start()
    store.c.stop()
    store.check_served()
    store.set_version("0")
    assert "bytes before" in convened("compact", "--data", store.data)
    store.check_served()
    store.set_version("0")
    assert "schema version 0" in convened("check", "--backup", store.backup)
    other = store.data.with_name("other")
    assert "is restored" in convened("restore", store.backup, "--data", other)
    assert "sound" in convened("check", "--data", other)
    store.c.start()  # the server steps what is there, and backs up what it has made of it
    stepped = store.data.with_name("stepped")
    store.c.convene("admin", "backup", stepped)
    said = convened("check", "--backup", stepped)
    assert not re.search(r"^events: .* schema version 0", said), said
    store.c.stop()


def check_newer(store):
    sentence = re.compile(r"has schema version 99, newer than the \d+ that this program knows")
    store.set_version("99")
    before = store.content()
    for words in (["--data", store.data, "--listen", store.c.url], ["check", "--data", store.data],
                  ["compact", "--data", store.data]):
        said = convened(*words, code=1)
        assert sentence.search(said) and "use the program that wrote it" in said, said
    assert store.content() == before
    other = store.data.with_name("newer")
    said = convened("check", "--backup", store.backup, code=1)
    assert ": whole" in said and sentence.search(said), said
    said = convened("restore", store.backup, "--data", other, code=1)
    assert sentence.search(said), said
    assert not other.exists()


def check_killed(store):
    """Killed at any moment of its start, the server leaves the old store, or one some steps on."""
    seen = set()
    for i in range(N_KILLS):
        store.set_version("0")
        server = subprocess.Popen([BUILD / "services" / "convened", "--data", store.data, "--listen",
                                   store.c.url], stderr=subprocess.DEVNULL)
        time.sleep(i * 0.008)
        server.send_signal(signal.SIGKILL)
        server.wait(60)
        done = subprocess.run([BUILD / "services" / "convened", "check", "--data", store.data],
                              capture_output=True, text=True, timeout=120)
        older = "older version, schema" in done.stderr
        assert older or done.returncode == 0, (done.stdout, done.stderr)
        seen.add("older" if older else "current")
        store.c.start()
        store.c.stop()
        store.check_served()
    print("killed before and behind the step:", *sorted(seen))


with Community(BUILD) as community:
    made = Store(community)
    check_older(made)
    check_killed(made)
    check_newer(made)
print("older stores are taken forward, newer ones are left alone")
