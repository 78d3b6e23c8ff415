#!/usr/bin/env python3
"""A server's stores: figures, a check, a backup while it serves, and all that is done with files.

Usage: stores.py BUILD
"""
import os
import signal
import socket
import subprocess
import sys
import tempfile

convene = os.path.join(sys.argv[1], "client/convene")
convened = os.path.join(sys.argv[1], "services/convened")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Place:
    """A directory with a server's data in it, and the server while it runs."""

    def __init__(self, home, data):
        self.home = home
        self.data = os.path.join(home, data)
        self.url = f"ipc://{home}/{data}.sock"
        self.tcp = f"tcp://127.0.0.1:{free_port()}"
        self.server = None

    def __enter__(self):
        self.server = subprocess.Popen(
            [convened, "--data", self.data, "--listen", self.url, "--listen", self.tcp,
             "--quiet"],
            stderr=subprocess.PIPE, text=True)
        for _ in (self.url, self.tcp):
            line = self.server.stderr.readline()
            assert "ready" in line, line
        return self

    def __exit__(self, *_):
        self.server.send_signal(signal.SIGTERM)
        self.server.communicate(timeout=120)
        assert self.server.returncode == 0, self.server.returncode

    def run(self, *words, code=0):
        done = subprocess.run([convene, "--url", self.url, "--timeout", "120s", *words],
                              capture_output=True, text=True, timeout=240)
        assert done.returncode == code, (words, done.returncode, done.stdout, done.stderr)
        return done.stdout + done.stderr


def tool(*words, code=0):
    done = subprocess.run([convene, "admin", *words], capture_output=True, text=True, timeout=240)
    assert done.returncode == code, (words, done.returncode, done.stdout, done.stderr)
    return done.stdout + done.stderr


def serve_and_back_up(place, backup):
    with place as p:
        for name in ("Ada", "Bob", "Cleo"):
            p.run("people", "create", "--name", name, "--email", f"{name}@example.org")
        assert "events" in p.run("admin", "stores") and "mentoring" in p.run("admin", "stores")
        assert p.run("admin", "check").count(": sound") == 2
        metrics = p.run("admin", "metrics")
        assert 'convene_store_updates_total{store="events"} ' in metrics
        assert 'convene_store_commit_seconds_bucket{store="events",le="+Inf"}' in metrics
        p.run("admin", "backup", backup)
        assert "is there already" in p.run("admin", "backup", backup, code=1)
        # Beside a running server: looking is fine, writing is not.
        assert "sound" in tool("check", "--data", p.data)
        assert "stop that one first" in tool("compact", "--data", p.data, code=1)
        p.run("people", "create", "--name", "Dan", "--email", "dan@example.org")
        assert "Dan" in p.run("people", "list")


def refuse_strangers(place, path):
    with place as p:
        for words in (("stores",), ("check",), ("backup", path)):
            said = p.run("--url", p.tcp, "admin", *words, code=4)
            assert "sign" in said.lower(), said
    assert not os.path.exists(path) and not os.path.exists(path + ".part")


def restore(home, backup):
    assert tool("check", "--backup", backup).count(": whole") == 2
    assert "is not empty" in tool("restore", backup, "--data", os.path.join(home, "first"), code=1)
    assert "is restored" in tool("restore", backup, "--data", os.path.join(home, "second") + "/")
    with Place(home, "second") as p:
        people = p.run("people", "list")
        assert "Cleo" in people and "Dan" not in people, people
        p.run("people", "create", "--name", "Eve", "--email", "eve@example.org")


def damage(home, backup):
    with open(backup, "rb") as file:
        whole = file.read()
    for name, harmed in (("cut", whole[:-40]), ("changed", whole[:500] + b"!" + whole[501:]),
                         ("empty", b"")):
        path = os.path.join(home, name)
        with open(path, "wb") as file:
            file.write(harmed)
        said = tool("restore", path, "--data", os.path.join(home, "third"), code=1)
        assert "backup" in said, said
        assert "backup" in tool("check", "--backup", path, code=1)
        assert not [n for n in os.listdir(home) if n.startswith("third")], os.listdir(home)


def compact(place):
    said = tool("compact", "--data", place.data)
    assert "bytes before" in said, said
    assert sorted(os.listdir(place.data)) == ["events", "mentoring"], os.listdir(place.data)
    assert "sound" in tool("check", "--data", place.data)
    with place as p:
        assert "Dan" in p.run("people", "list")


with tempfile.TemporaryDirectory() as home:
    first, backup = Place(home, "first"), os.path.join(home, "backup")
    assert "no store" in tool("check", "--data", os.path.join(home, "nowhere"), code=1)
    serve_and_back_up(first, backup)
    refuse_strangers(first, os.path.join(home, "stolen"))
    restore(home, backup)
    damage(home, backup)
    compact(first)
print("stores are checked, backed up, restored and compacted")
