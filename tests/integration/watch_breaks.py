#!/usr/bin/env python3
"""The server is killed and connections are cut at random while one writes and one watches.

    watch_breaks.py BUILD [--seed N] [--rounds N]

A writer registers and changes events without a pause. A watcher follows through a proxy that cuts
its connections after a random number of bytes; at random moments the server is killed with SIGKILL
and started again. In the end what the watcher was told is the server's log: every number of it
once, in order, none left out.
"""
import argparse
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time

from community import Community
from watch import Lines, wait_for, write_events


class Cutter:
    """Passes bytes on between a socket of its own and the server's, and cuts when told to."""

    def __init__(self, community, seed):
        self.server = community.url.removeprefix("ipc://")
        self.path = f"{community.directory}/proxy.sock"
        self.url = f"ipc://{self.path}"
        self.dice = random.Random(seed)
        self.open = []
        self.n_cuts = 0
        self.cutting = True
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            near, _ = self.listener.accept()
            far = socket.socket(socket.AF_UNIX)
            try:
                far.connect(self.server)
            except OSError:
                near.close()  # the server is down just now
                continue
            left = [self.dice.randrange(500, 40000)]
            for a, b in ((near, far), (far, near)):
                threading.Thread(target=self.carry, args=(a, b, left), daemon=True).start()

    def carry(self, source, target, left):
        try:
            while data := source.recv(4096):
                if self.cutting and len(data) >= left[0]:
                    target.sendall(data[:left[0]])  # amid a message, as a rule
                    self.n_cuts += 1
                    break
                left[0] -= len(data)
                target.sendall(data)
        except OSError:
            pass
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def write(community, stop, n_done):
    """Registers fifty events, then changes their titles, and so on."""
    path = f"{community.directory}/write.csv"
    while not stop.is_set():
        i = n_done[0]
        write_events(path, i // 2 * 50, 50, f"Turn {i}")
        done = community.convene("events", "import", path, "--publish", expect=None)
        if done.returncode == 0:
            n_done[0] += 1


def last_number(community):
    return int(community.json("admin", "stores")[0]["lastChange"])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--rounds", type=int, default=6)
    asked = parser.parse_args()
    print(f"seed {asked.seed}")
    dice = random.Random(asked.seed)
    with Community(asked.build, "--quiet") as community:
        community.convene("groups", "create", "--name", "C Berlin", "--slug", "c-berlin",
                          "--time-zone", "Europe/Berlin")
        cutter = Cutter(community, asked.seed)
        begin = last_number(community)
        program = str(community.build / "client" / "convene")
        cursor = f"{community.directory}/cursor"
        watch = [program, "--url", cutter.url, "events", "watch", "--cursor-file", cursor]
        watcher = Lines(community, "told", *watch)
        wait_for(lambda: os.path.exists(cursor))
        stop, n_done = threading.Event(), [0]
        writer = threading.Thread(target=write, args=(community, stop, n_done))
        writer.start()
        for _ in range(asked.rounds):
            before = n_done[0]
            wait_for(lambda: n_done[0] > before + dice.randrange(2, 9))
            community.stop(signal.SIGKILL)
            community.start()
        before = n_done[0]
        wait_for(lambda: n_done[0] > before + 3)
        stop.set()
        writer.join()
        cutter.cutting = False
        end = last_number(community)

        def numbers():
            told = [json.loads(line) for line in watcher.read() if line.endswith("}")]
            return [int(m["change"]["sequence"]) for m in told if "change" in m]

        try:
            wait_for(lambda: numbers()[-1:] == [end])
        finally:
            said = watcher.end()
        told = numbers()
        assert told == list(range(begin + 1, end + 1)), (
            f"seed {asked.seed}: {len(told)} of {end - begin} changes, "
            f"{len(told) - len(set(told))} twice, missing "
            f"{sorted(set(range(begin + 1, end + 1)) - set(told))[:5]}\n{said}")
        print(f"{asked.rounds} kills and {cutter.n_cuts} cuts: the {len(told)} changes are the log")
        assert cutter.n_cuts > 0, "nothing was cut"
    return 0


if __name__ == "__main__":
    sys.exit(main())
