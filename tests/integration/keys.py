#!/usr/bin/env python3
"""People and programs over tcp by API keys: what each may, and that it ends; nothing leaks."""
import json
import pathlib
import sys

from community import Community, free_port


class World:
    """A server with Ada, who owns c-berlin, and Bob, who is nobody in it."""

    def __init__(self, community, url):
        self.c = community
        self.tcp = url
        self.secrets = []
        for name in ["Ada", "Bob"]:
            community.convene("people", "create", "--name", name, "--email",
                              f"{name.lower()}@example.org")
        for name in ["C Berlin", "C Hamburg"]:
            community.convene("groups", "create", "--name", name, "--time-zone", "Europe/Berlin",
                              "--owner", "ada@example.org")
        self.ada = self.key("--person", "ada@example.org")
        self.bob = self.key("--person", "bob@example.org")

    def key(self, *options):
        """Makes a key as the administrator; the file it is in."""
        secret = self.c.convene("admin", "keys", "create", "--label", "test", "-q",
                                *options).stdout.strip()
        assert len(secret) == 46 and secret.startswith("cvn_"), secret
        self.secrets.append(secret)
        path = pathlib.Path(self.c.directory) / f"key{len(self.secrets)}"
        path.write_text(secret + "\n")
        return path

    def by(self, key, *arguments, expect=0, **more):
        """The command over tcp with the key."""
        words = ["--url", self.tcp, *(["--key-file", key] if key else []), *arguments]
        return self.c.convene(*words, expect=expect, **more)

    def event(self, key, group, title, expect=0):
        return self.by(key, "events", "create", "--group", group, "--external-id", title,
                       "--title", title, "--start", "2031-05-06T18:30", "--publish", "-o", "json",
                       expect=expect)


def check_person(w):
    me = json.loads(w.by(w.ada, "people", "show", "me", "-o", "json").stdout)
    assert me["email"] == "ada@example.org"
    event = json.loads(w.event(w.ada, "c-berlin", "one").stdout)["id"]
    w.event(w.bob, "c-berlin", "two", expect=1)
    w.by(w.bob, "rsvp", "yes", event)
    w.by(None, "rsvp", "yes", event, expect=4)
    bob = json.loads(w.by(w.bob, "people", "show", "me", "-o", "json").stdout)["id"]
    assert json.loads(w.by(w.bob, "rsvp", "show", event, "-o", "json").stdout)["personId"] == bob
    w.by(w.bob, "rsvp", "yes", event, "--as", me["id"], expect=1)
    w.by(w.bob, "rsvp", "decide", event, bob, "remove", expect=1)
    w.by(w.ada, "rsvp", "decide", event, bob, "remove")
    for words in [["people", "list"], ["people", "show", "ada@example.org"],
                  ["people", "create", "--name", "Eve"]]:
        assert "administrators" in w.by(w.bob, *words, expect=1).stderr
    shown = json.loads(w.by(w.bob, "people", "show", me["id"], "-o", "json").stdout)
    assert not shown.get("email"), "somebody else's e-mail"
    return event


def check_own_keys(w):
    listed = json.loads(w.by(w.bob, "admin", "keys", "list", "-o", "json").stdout)
    listed = listed.get("keys", listed) if isinstance(listed, dict) else listed
    assert len(listed) == 1 and "hash" not in json.dumps(listed)
    made = w.by(w.bob, "admin", "keys", "create", "--label", "second", "-q").stdout.strip()
    w.secrets.append(made)
    w.by(None, "--key", made, "people", "show", "me")
    w.by(w.ada, "admin", "keys", "revoke", made[:14], expect=5)
    w.by(w.bob, "admin", "keys", "revoke", made)
    assert "revoked" in w.by(None, "--key", made, "people", "show", "me", expect=4).stderr
    w.by(w.bob, "admin", "keys", "create", "--label", "x", "--service-account", "bot", "--scope",
         "read", expect=1)


def check_scopes(w, event):
    limited = w.key("--person", "ada@example.org", "--scope", "events.register:c-berlin")
    w.event(limited, "c-berlin", "three")
    w.event(limited, "c-hamburg", "four", expect=1)
    for words, scope in [(["rsvp", "yes", event], "rsvps.answer"), (["people", "show", "me"], "read"),
                         (["admin", "keys", "list"], "unlimited"),
                         (["admin", "keys", "create", "--label", "x"], "unlimited")]:
        assert scope in w.by(limited, *words, expect=1).stderr
    w.by(limited, "events", "list")

    bot = w.key("--service-account", "bot", "--scope", "events.register:c-hamburg")
    w.event(bot, "c-hamburg", "five")
    w.event(bot, "c-berlin", "six", expect=1)
    w.by(bot, "rsvp", "yes", event, expect=1)
    root = w.key("--service-account", "ops", "--scope", "admin")
    w.by(root, "people", "list")


def check_mentoring(w):
    """The other service asks for keys, and refuses what the first refuses."""
    w.by(w.ada, "programs", "list")
    w.by(w.ada, "programs", "list")  # remembered
    assert "administrators" in w.by(w.ada, "programs", "create", "--name", "P", expect=1).stderr
    spoilt = w.secrets[0][:-1] + ("0" if w.secrets[0][-1] != "0" else "1")
    said = w.by(None, "--key", spoilt, "programs", "list", expect=4).stderr
    assert "not known" in said and spoilt not in said


def check_bad_keys(w):
    for key in ["nonsense", "cvn_", w.secrets[0] + "0"]:
        said = w.by(None, "--key", key, "events", "list", expect=1).stderr
        assert "malformed" in said and (key == "cvn_" or key not in said), said
    empty = pathlib.Path(w.c.directory) / "empty"
    empty.write_text("")
    assert "no key" in w.by(empty, "events", "list", expect=1).stderr
    assert "cannot be read" in w.by(empty / "none", "events", "list", expect=1).stderr
    said = w.c.convene("--url", "tcp://example.org:1", "--key-file", w.ada, "events", "list",
                       expect=1).stderr
    assert "tls+tcp" in said, said
    expiring = w.c.convene("admin", "keys", "create", "--label", "x", "--person",
                           "ada@example.org", "--expires", "yesterday", expect=1)
    assert "time to come" in expiring.stderr


def check_the_log(w):
    log = w.c.read_log()
    assert "principal=per_" in log
    for secret in w.secrets:
        assert secret[14:] not in log
    assert "@example.org" not in log


def main(build):
    url = f"tcp://127.0.0.1:{free_port()}"
    with Community(build, "--listen", url) as community:
        world = World(community, url)
        event = check_person(world)
        check_own_keys(world)
        check_scopes(world, event)
        check_mentoring(world)
        check_bad_keys(world)
        assert community.stop() == 0
        check_the_log(world)
        community.start()
        world.by(world.ada, "people", "show", "me")


main(sys.argv[1])
