#!/usr/bin/env python3
"""A server's stores: figures, a check, a backup while it serves, and all that is done with files.

Usage: stores.py BUILD
"""
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

convene = os.path.join(sys.argv[1], "client/convene")
convened = os.path.join(sys.argv[1], "services/convened")
faulty_disk = os.path.abspath(os.path.join(sys.argv[1], "tests/crash/libfaulty_disk.so"))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Place:
    """A directory with a server's data in it, and the server while it runs."""

    def __init__(self, home, data, disk=None, flags=()):
        self.flags = flags
        self.disk = disk  # what fails, as tests/crash/faulty_disk.h reads it
        self.home = home
        self.data = os.path.join(home, data)
        self.url = f"ipc://{home}/{data}.sock"
        self.tcp = f"tcp://127.0.0.1:{free_port()}"
        self.server = None

    def __enter__(self):
        env = dict(os.environ)
        if self.disk:
            env.update(LD_PRELOAD=faulty_disk, CONVENE_FAULTY_DISK=self.disk,
                       ASAN_OPTIONS="verify_asan_link_order=0:" + env.get("ASAN_OPTIONS", ""))
        self.server = subprocess.Popen(
            [convened, "--data", self.data, "--listen", self.url, "--listen", self.tcp,
             "--quiet", *self.flags],
            stderr=subprocess.PIPE, text=True, env=env)
        for _ in (self.url, self.tcp):
            line = self.server.stderr.readline()
            assert "ready" in line, line
        return self

    def __exit__(self, *_):
        self.server.send_signal(signal.SIGTERM)
        self.server.communicate(timeout=120)
        assert self.server.returncode == 0, self.server.returncode

    def run(self, *words, code=0):
        done = self.attempt(*words)
        assert done.returncode == code, (words, done.returncode, done.stdout, done.stderr)
        return done.stdout + done.stderr

    def attempt(self, *words):
        return subprocess.run([convene, "--url", self.url, "--timeout", "120s", *words],
                              capture_output=True, text=True, timeout=240)


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
        said = tool("compact", "--data", p.data, code=1)
        assert "stop that one first" in said and "keys" not in said, said
        assert "no store \"x\"" in p.run("rpc", "call", "convene.admin.v1.CheckService/CheckStores",
                                         "-d", '{"store": "x"}', code=5)
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
    with Place(home, "second", flags=("--keep-changes", "7")) as p:
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


def harm_store(home, data):
    """Damage of which LMDB says nothing, or that ends whoever reads it, is reported all the same."""
    for name, harm in (("zeroed", lambda b: b[:8192] + bytes(len(b) - 8192)),
                       ("cut", lambda b: b[:8192]),
                       ("renamed", lambda b: b.replace(b"ada@example.org", b"adx@example.org")),
                       ("made of noise", lambda b: b[:8192] + os.urandom(len(b) - 8192)),
                       ("no store", lambda b: b"x" * len(b))):
        harmed = os.path.join(home, "harmed")
        shutil.copytree(data, harmed)
        path = os.path.join(harmed, "events", "data.mdb")
        with open(path, "rb") as file:
            whole = file.read()
        with open(path, "wb") as file:
            file.write(harm(whole))
        said = tool("check", "--data", harmed, code=1)
        assert "events" in said and "mentoring" in said, (name, said)
        said = tool("compact", "--data", harmed, code=1)
        assert os.listdir(harmed) == os.listdir(data), os.listdir(harmed)
        shutil.rmtree(harmed)


def fail_and_go_on(home, what, sentence):
    """The disk fails for a while: each write is told so, reads go on, and nothing told is lost."""
    told, refused, enough = [], 0, 1 if "EIO" in what else 3  # the client itself tries those again
    with Place(home, "disk-" + what.split(":")[2], what) as p:
        while refused < enough or len(told) < 6:
            name = f"P{len(told)}-{refused}"
            done = p.attempt("people", "create", "--name", name, "--email", name + "@example.org")
            if done.returncode == 0:
                told.append(name)
                continue
            assert sentence in done.stderr, done.stderr
            refused += 1
            listed = p.run("people", "list", "--all", "-o", "csv")
            assert all(name in listed for name in told), (told, listed)
        assert p.run("admin", "check").count(": sound") == 2
        listed = p.run("people", "list", "--all", "-o", "csv")
        assert all(name in listed for name in told), (told, listed)
    with Place(home, "disk-" + what.split(":")[2]) as p:
        assert p.run("people", "list", "--all", "-o", "csv") == listed


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
    for days in ("0", "36501", "x", ""):
        refused = subprocess.run([convened, "--keep-changes", days], capture_output=True, text=True)
        assert refused.returncode == 2 and "1 to 36500" in refused.stderr, refused
    serve_and_back_up(first, backup)
    refuse_strangers(first, os.path.join(home, "stolen"))
    restore(home, backup)
    damage(home, backup)
    assert "either" in tool("check", "--data", first.data, "--backup", backup, code=2)
    harm_store(home, first.data)
    compact(first)
    fail_and_go_on(home, "sync:6:ENOSPC:20", "disk is full")
    fail_and_go_on(home, "write:12:EIO:20", "disk failed")  # later than the two stores are made
print("stores are checked, backed up, restored and compacted")
