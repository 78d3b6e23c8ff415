#!/usr/bin/env python3
"""Everything at once: what a day brings an events server, from many hands, with breaks.

    busy.py BUILD [--seconds N] [--seed N] [--hands N]

Hands found groups, hold meetups and series, answer, comment, import, export, archive and erase, at
random and against each other, while others watch; now and then the server is stopped amid it and
started again. No program may end by a signal or with an exit code that it does not have, a stop is
clean, and in the end the store is sound. Meant for builds with sanitizers, whose findings are
looked for in all that was said; a longer run is asked for with --seconds.
"""
import argparse
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import threading
import time

from community import Community

EXPECTED = {0, 1, 4, 5, 6}
UNREACHED = 7  # while the server is down
FOUND = re.compile(r"Sanitizer|runtime error|data race|Assertion|INTERNAL|DATA_LOSS")
PEOPLE = [f"p{i}@x.org" for i in range(24)]
CALENDAR = """BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Busy//EN\r\nBEGIN:VEVENT\r\nUID:b-{n}\r
DTSTAMP:20260101T000000Z\r\nDTSTART;TZID=Europe/Berlin:20310506T183000\r
DTEND;TZID=Europe/Berlin:20310506T203000\r\nRRULE:FREQ=WEEKLY;COUNT={count}\r
EXDATE;TZID=Europe/Berlin:20310513T183000\r\nSUMMARY:Imported {n}\r\nEND:VEVENT\r\nEND:VCALENDAR\r
"""


class Day:
    """The server, and what the hands know of it."""

    def __init__(self, community, seed):
        self.c = community
        self.seed = seed
        self.over = threading.Event()
        self.down = threading.Event()  # the server is, or was while a call ran
        self.lock = threading.Lock()
        self.faults = []
        self.counts = {}
        self.groups = ["g0", "g1", "g2"]
        self.events = []
        self.over_events = []  # that can be checked in at
        self.series = []
        self.comments = []

    def fault(self, text):
        with self.lock:
            self.faults.append(text)
        self.over.set()

    def run(self, *words, text=None):
        """One command; its completed process."""
        was_down = self.down.is_set()
        done = self.c.convene(*words, "--timeout", "60s", text=text, expect=None)
        allowed = EXPECTED | ({UNREACHED} if was_down or self.down.is_set() else set())
        said = done.stdout + done.stderr
        if done.returncode not in allowed or FOUND.search(said):
            self.fault(f"convene {' '.join(map(str, words))}: exit {done.returncode}\n{said[-4000:]}")
        with self.lock:
            of = self.counts.setdefault(" ".join(map(str, words[:2])), [0, 0])
            of[done.returncode != 0] += 1
        return done

    def keep(self, done, kept, most):
        """Notes the id of what was made, in place of an old one."""
        if done.returncode == 0:
            with self.lock:
                kept.append(json.loads(done.stdout)["id"])
                del kept[:-most]


class Hand:
    """Somebody who does one thing after another."""

    def __init__(self, day, number):
        self.day = day
        self.number = number
        self.dice = random.Random(day.seed * 1000 + number)
        self.n = 0

    def work(self):
        deeds = [self.hold, self.hold, self.hold_past, self.repeat, self.split, self.change, self.end,
                 self.answer,
                 self.answer, self.answer, self.storm, self.draw, self.door, self.speak, self.quiet,
                 self.take_in, self.take_in_rows, self.give_out, self.look, self.look, self.belong,
                 self.close_group, self.forget]
        while not self.day.over.is_set():
            self.n += 1
            deed = self.dice.choice(deeds)
            if self.day.events or deed in (self.hold, self.take_in, self.look, self.belong):
                deed()

    def pick(self, of):
        with self.day.lock:
            return self.dice.choice(of) if of else "evt_00000000000000000000000000"

    def event(self):
        return self.pick(self.day.events)

    def run(self, *words, **more):
        return self.day.run(*words, **more)

    def hold(self):
        waitlist = self.dice.choice(["auto", "offer", "lottery", "none"])
        more = ["--draw-time", "2030-12-01T12:00:00Z"] if waitlist == "lottery" else []
        more += ["--question", "diet: What do you eat? [all|vegan]"] if self.n % 2 else []
        more += ["--approval"] if self.dice.random() < 0.2 else []
        done = self.run("events", "create", "--group", self.pick(self.day.groups), "--title",
                        f"Evening {self.number}.{self.n}", "--start",
                        f"2031-0{self.dice.randint(1, 9)}-10T18:30", "--duration", "2h", "--capacity",
                        self.dice.randint(1, 5), "--max-guests", "3", "--waitlist", waitlist,
                        "--publish", "-o", "json", *more)
        self.day.keep(done, self.day.events, 12)

    def hold_past(self):
        done = self.run("events", "create", "--group", self.pick(self.day.groups), "--title", "Over",
                        "--start", "2026-01-10T18:30", "--duration", "2h", "--publish", "-o", "json")
        self.day.keep(done, self.day.over_events, 3)

    def repeat(self):
        done = self.run("events", "repeat", self.event(), "--rule", "FREQ=WEEKLY;COUNT=6", "--except",
                        "2031-03-10T18:30", "--publish", "-o", "json")
        self.day.keep(done, self.day.series, 6)

    def split(self):
        """Changes an occurrence of a series and those behind it."""
        if not self.day.series:
            return
        series = self.pick(self.day.series)
        shown = self.run("rpc", "call", "convene.events.v1.SeriesService/GetSeries", "--json",
                         json.dumps({"id": series}))
        listed = self.run("events", "list", "--series", series, "--all", "-o", "json")
        if shown.returncode or listed.returncode:
            return
        changed = json.loads(shown.stdout)
        starts = re.findall(r'"recurrenceId": "([^"]+)"', listed.stdout)
        if len(starts) > 1:
            changed["event"].update(title=f"Split {self.n}", startLocal=starts[1],
                                    endLocal=starts[1].replace("T18", "T21"))
            self.run("events", "update", self.pick(re.findall(r'"id": "(evt_\w+)"', listed.stdout)),
                     "--venue", f"Hall {self.n}", "--clear", "address", "--following")
            if self.dice.random() < 0.2:
                self.run("events", "cancel", self.pick(re.findall(r'"id": "(evt_\w+)"', listed.stdout)),
                         "--following", "--reason", "busy")
            self.run("rpc", "call", "convene.events.v1.SeriesService/SplitSeries", "--json",
                     json.dumps({"id": series, "recurrenceId": starts[1], "series": changed}))

    def change(self):
        self.run("events", "update", self.event(), "--capacity", self.dice.randint(1, 6), "--title",
                 f"Changed {self.number}.{self.n}")

    def end(self):
        self.run("events", self.dice.choice(["cancel", "restore", "postpone", "unpublish", "publish",
                                             "move-online"]), self.event())

    def answer(self):
        guests = ["--guests", self.dice.randint(0, 2)] if self.dice.random() < 0.5 else []
        who = self.dice.choice(PEOPLE)
        if self.dice.random() < 0.6:
            self.run("rsvp", "yes", self.event(), "--as", who, *guests)
        else:
            self.run("rsvp", "no", self.event(), "--as", who)

    def storm(self):
        """Many answers to one event at once."""
        event = self.event()
        def one(who):
            self.run("rsvp", self.dice.choice(["yes", "yes", "no"]), event, "--as", who)
        threads = [threading.Thread(target=one, args=[who]) for who in self.dice.sample(PEOPLE, 6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.run("rsvp", "waitlist", event, "--verify")

    def draw(self):
        self.run("rsvp", "draw", self.event())

    def door(self):
        rows = "".join(f"{who},n{self.number}-{self.n},yes\n" for who in self.dice.sample(PEOPLE, 3))
        event = self.pick(self.day.over_events)
        self.run("rsvp", "check-in", event, "--list", "-", text="person,nonce,walk_in\n" + rows)
        self.run("rsvp", "close", event)
        self.run("rsvp", "decide", self.event(), self.dice.choice(PEOPLE),
                 self.dice.choice(["invite", "approve", "reject", "remove"]), "--reason", "busy")

    def speak(self):
        done = self.run("comments", "add", self.event(), f"Said by {self.number}, {self.n}", "--as",
                        self.dice.choice(PEOPLE), "-o", "json")
        self.day.keep(done, self.day.comments, 20)

    def quiet(self):
        comment = self.pick(self.day.comments)
        self.run("comments", self.dice.choice(["report", "dismiss", "show"]), comment)
        self.run("comments", "remove", comment, "--reason", "busy")
        self.run("comments", self.dice.choice(["lock", "unlock"]), self.event())

    def take_in(self):
        text = CALENDAR.format(n=self.dice.randrange(20), count=self.dice.randint(2, 12))
        self.run("events", "import", "-", "--format", "ics", "--group", self.pick(self.day.groups),
                 "--publish", text=text)

    def take_in_rows(self):
        rows = "".join(f"k{self.dice.randrange(300)},{self.pick(self.day.groups)},Row {i} of {self.n},"
                       f"2031-02-03T19:00,2h\n" for i in range(60))
        self.run("events", "import", "-", "--format", "csv", "--publish",
                 text="external_id,group,title,start,duration\n" + rows)

    def give_out(self):
        self.run("events", "export", "--group", self.pick(self.day.groups), "--format",
                 self.dice.choice(["ics", "csv", "jsonl"]))
        self.run("people", "export", self.dice.choice(PEOPLE))

    def look(self):
        self.run("events", "list", "--text", self.dice.choice(["evening", "row", "changed"]), "--all")
        self.run("events", "show", self.event())
        self.run("rsvp", "list", self.event(), "--all")
        self.run("rsvp", "agenda", "--as", self.dice.choice(PEOPLE))

    def belong(self):
        group, who = self.pick(self.day.groups), self.dice.choice(PEOPLE)
        self.run("groups", self.dice.choice(["invite", "ban", "unban"]), group, who)
        self.run("groups", "members", group)

    def close_group(self):
        self.run("groups", self.dice.choice(["archive", "restore", "restore"]), "g2")

    def forget(self):
        who = self.dice.choice(PEOPLE[-6:])
        self.run("people", "erase", who, "--yes")
        self.run("people", "create", "--name", "Again", "--email", who)


def watch(day, log):
    """Follows everything, through every break, until the end."""
    with open(log, "w") as out:
        return subprocess.Popen([day.c.build / "client" / "convene", "--url", day.c.url, "events",
                                 "watch", "--list", "-o", "json", "--include-unpublished"],
                                stdout=subprocess.DEVNULL, stderr=out)


def break_off(day):
    """Stops the server amid all that, and starts it again."""
    day.down.set()
    status = day.c.stop()
    if status != 0:
        day.fault(f"convened ended with {status}")
    day.c.start()
    time.sleep(1)
    day.down.clear()


def set_up(c):
    rows = "".join(f"P{i},{who}\n" for i, who in enumerate(PEOPLE))
    c.convene("people", "import", "-", "--format", "csv", text="name,email\n" + rows)
    for i in range(3):
        c.convene("groups", "create", "--name", f"G{i}", "--slug", f"g{i}", "--time-zone",
                  "Europe/Berlin", "--owner", PEOPLE[i])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--seconds", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--hands", type=int, default=4)
    options = parser.parse_args()
    with Community(options.build) as c:
        set_up(c)
        day = Day(c, options.seed)
        logs = [pathlib.Path(c.directory) / f"watch{i}" for i in range(3)]
        watchers = [watch(day, log) for log in logs]
        hands = [threading.Thread(target=Hand(day, i).work) for i in range(options.hands)]
        for hand in hands:
            hand.start()
        n_breaks = max(1, options.seconds // 20)
        for _ in range(n_breaks):
            day.over.wait(options.seconds / (n_breaks + 1))
            if not day.over.is_set():
                break_off(day)
        day.over.wait(options.seconds / (n_breaks + 1))
        day.over.set()
        day.down.set()
        status = c.stop()  # amid what is under way
        for hand in hands:
            hand.join()
        for watcher, log in zip(watchers, logs):
            watcher.terminate()
            code = watcher.wait(60)
            said = log.read_text()
            if code not in (0, UNREACHED, -15) or FOUND.search(said):
                day.fault(f"a watch ended with {code}: {said[-4000:]}")
        if status != 0 or FOUND.search(c.read_log()):
            day.fault(f"convened ended with {status}: {c.read_log()[-8000:]}")
        check = subprocess.run([c.build / "services" / "convened", "check", "--data",
                                f"{c.directory}/data"], capture_output=True, text=True)
        if check.returncode != 0:
            day.fault(f"convened check: {check.stdout}{check.stderr}")
    for name, (good, other) in sorted(day.counts.items()):
        print(f"{name}: {good} done, {other} refused")
    print("\n".join(day.faults))
    return 1 if day.faults else 0


if __name__ == "__main__":
    sys.exit(main())
