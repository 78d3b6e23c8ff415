#!/usr/bin/env python3
"""The two services apart and together: mentoring asks events on behalf of whoever starts a run."""
import datetime
import json
import pathlib
import sys

from community import Community, free_port

BEHALF = "convene-on-behalf-of"
ATTENDANCE = "convene.events.v1.AttendanceService/BatchGetAttendance"


class World:
    """Bob and Mia met in a group of Ada's; Max, who is nobody there, manages a programme of both.

    Where they are apart, `events` keeps people and groups and `mentoring` programmes."""

    def __init__(self, events, mentoring, tcp):
        self.events, self.mentoring, self.tcp = events, mentoring, tcp
        self.keys = {}
        self.ids = {}
        for name in ["Ada", "Bob", "Mia", "Max"]:
            events.convene("people", "create", "--name", name, "--email",
                           f"{name.lower()}@example.org")
            self.ids[name] = events.json("people", "show", f"{name.lower()}@example.org")["id"]
        for name in ["Ada", "Max"]:
            self.keys[name] = self.key("--person", self.ids[name])
        self.meet()

    def meet(self):
        start = (datetime.datetime.now() - datetime.timedelta(days=2)).strftime("%Y-%m-%dT18:30")
        self.events.convene("groups", "create", "--name", "C Berlin", "--time-zone",
                            "Europe/Berlin", "--owner", "ada@example.org")
        event = self.events.json("events", "create", "--group", "c-berlin", "--title", "Evening",
                                 "--start", start, "--publish")["id"]
        for name in ["bob", "mia"]:
            self.events.convene("rsvp", "decide", event, f"{name}@example.org", "walk-in")

    def key(self, *options):
        """A key of the events service's; the file it is in."""
        secret = self.events.convene("admin", "keys", "create", "--label", "test", "-q",
                                     *options).stdout.strip()
        path = pathlib.Path(self.events.directory) / f"key{secret[4:14]}"
        path.write_text(secret + "\n")
        return path

    def programme(self):
        self.mentoring.convene("programs", "create", "--name", "Spring", "--manager",
                               self.ids["Max"], "--manager", self.ids["Ada"])
        for name, role, level in [("Bob", "mentor", 5), ("Mia", "mentee", 1)]:
            self.mentoring.convene("programs", "enrol", "Spring", self.ids[name], "--role", role,
                                   "--skills", f"go:{level}", "--availability", "mon 18:00-21:00")

    def run(self, *who, expect=0):
        """Starts a run; what it says of meetups, and whether the pair's are part of its score."""
        done = self.mentoring.convene(*who, "match", "run", "Spring", "-o", "json", expect=expect)
        if expect:
            return done.stdout + done.stderr
        run = json.loads(done.stdout)
        told = self.mentoring.json("match", "explain", run["id"], self.ids["Mia"])
        terms = {term["name"] for term in told["matches"][0]["terms"]
                 if term.get("menteePoints", 0) > 0}
        return run["eventsNote"], "meetups" in terms

    def by(self, name):
        return ["--url", self.tcp, "--key-file", self.keys[name]]

    def check_runs(self):
        note, met = self.run()
        assert met and "per_" not in note, note
        note, met = self.run(*self.by("Max"))
        assert not met and self.ids["Max"] in note, note
        note, met = self.run(*self.by("Ada"))
        assert met and self.ids["Ada"] in note, note
        # Max organises the group from now on, and sees it in the next run.
        self.events.convene("groups", "join", "c-berlin", "--as", self.ids["Max"], "--role",
                            "organiser")
        assert self.run(*self.by("Max"))[1]

    def check_privacy(self):
        """Mia takes her part of mentoring out herself, and stays in her groups."""
        self.keys["Mia"] = self.key("--person", self.ids["Mia"])
        mia = [*self.by("Mia"), "people"]
        held = json.loads(self.mentoring.convene(*mia, "export", self.ids["Mia"], "--part",
                                                 "mentoring").stdout)["mentoring"]
        assert held["enrolment"][0]["personId"] == self.ids["Mia"], held
        self.mentoring.convene(*mia, "erase", self.ids["Mia"], "--part", "mentoring", "--yes")
        held = json.loads(self.mentoring.convene(*mia, "export", self.ids["Mia"], "--part",
                                                 "mentoring").stdout)
        assert held == {"mentoring": {}}, held
        self.mentoring.convene(*mia, "erase", self.ids["Max"], "--part", "mentoring", "--yes",
                               expect=1)
        assert self.events.json("people", "show", self.ids["Mia"])["displayName"] == "Mia"


def attendance(server, subject, person, *words, expect=0):
    """What the events service says on the subject's behalf."""
    done = server.convene(*words, "rpc", "call", ATTENDANCE, "--json",
                          json.dumps({"personIds": [person]}), "-H", f"{BEHALF}={subject}",
                          expect=expect)
    return done.stderr if expect else json.loads(done.stdout)["attendance"][0].get("events", [])


def check_delegation(w, url):
    """Over tcp with keys: what the events service honours, and for whom."""
    acting = w.key("--service-account", "acting", "--scope", "people.read", "--scope", "delegation")
    reading = w.key("--service-account", "reading", "--scope", "people.read")
    only = w.key("--service-account", "only", "--scope", "delegation")

    def by(key):
        return ["--url", url, "--key-file", key]

    bob, ada, max_ = w.ids["Bob"], w.ids["Ada"], w.ids["Max"]
    assert len(attendance(w.events, ada, bob, *by(acting))) == 1
    assert attendance(w.events, max_, bob, *by(acting)) == []
    assert len(attendance(w.events, bob, bob, *by(acting))) == 1
    for key, says in [(reading, "scope delegation"), (only, "scope people.read"),
                      (w.keys["Ada"], "administrators")]:
        refusal = attendance(w.events, ada, bob, *by(key), expect=1)
        assert "PERMISSION_DENIED" in refusal and says in refusal, refusal
    assert "UNAUTHENTICATED" in attendance(w.events, ada, bob, "--url", url, expect=4)
    refusal = w.events.convene(*by(acting), "rpc", "call",
                               "convene.events.v1.PersonService/ListPeople", "--json", "{}", "-H",
                               f"{BEHALF}={ada}", expect=1).stderr
    assert "PERMISSION_DENIED" in refusal and BEHALF in refusal, refusal
    log = w.events.read_log()
    assert f"principal={ada}(service:acting/" in log and "cvn_" not in log


def together(build):
    tcp = f"tcp://127.0.0.1:{free_port()}"
    with Community(build, "--listen", tcp) as server:
        w = World(server, server, tcp)
        check_delegation(w, tcp)
        w.programme()
        w.check_runs()
        w.check_privacy()


def apart(build, over_tcp):
    """Mentoring alone, with the key that it was given; and what a key without the scope does."""
    events_tcp, tcp = (f"tcp://127.0.0.1:{free_port()}" for _ in range(2))
    with Community(build, "--services", "events", "--listen", events_tcp) as events:
        key = pathlib.Path(events.directory) / "mentoring.key"
        for scopes in [["people.read"], ["people.read", "delegation"]]:
            words = [word for scope in scopes for word in ("--scope", scope)]
            secret = events.convene("admin", "keys", "create", "--label", "mentoring", "-q",
                                    "--service-account", "mentoring", *words).stdout.strip()
            key.write_text(secret + "\n")
            with Community(build, "--services", "mentoring", "--listen", tcp, "--events-url",
                           events_tcp if over_tcp else events.url, "--events-key-file",
                           key) as mentoring:
                if len(scopes) == 1:
                    w = World(events, mentoring, tcp)
                    w.programme()
                    assert "scope delegation" in w.run(*w.by("Max"), expect=1)
                    continue
                w.mentoring = mentoring
                w.programme()
                w.check_runs()
                w.check_privacy()


def main(build):
    together(build)
    for over_tcp in [False, True]:
        apart(build, over_tcp)


if __name__ == "__main__":
    main(sys.argv[1])
