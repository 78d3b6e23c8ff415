#!/usr/bin/env python3
"""A group from its founding to the erasure of one of its people, by keys over tcp; and each change
asked for twice with the same request id, and by two at once."""
import concurrent.futures
import json
import pathlib
import re
import sys

from community import Community, free_port

EVENTS = "convene.events.v1."


class World:
    """A server, and people with a key each."""

    def __init__(self, community, url, names):
        self.c = community
        self.tcp = url
        self.ids = {}
        for name in names:
            made = community.json("people", "create", "--name", f"{name.title()} 🦊", "--email",
                                  f"{name}@example.org")
            self.ids[name] = made["id"]
            key = community.convene("-q", "admin", "keys", "create", "--label", "test", "--person",
                                    made["id"]).stdout.strip()
            (pathlib.Path(community.directory) / name).write_text(key + "\n")

    def by(self, name, *words, expect=0):
        key = pathlib.Path(self.c.directory) / name
        return self.c.convene("--url", self.tcp, "--key-file", key, *words, expect=expect)

    def json(self, name, *words):
        shown = json.loads(self.by(name, *words, "-o", "json").stdout)
        return shown

    def rows(self, name, *words):
        shown = self.json(name, *words)
        return shown if isinstance(shown, list) else next(
            (value for value in shown.values() if isinstance(value, list)), [])

    def call(self, name, method, request, expect=0):
        done = self.by(name, "rpc", "call", EVENTS + method, "--json", json.dumps(request),
                       expect=expect)
        return done.stdout if expect == 0 else done.stderr

    def refused(self, name, *words, expect, says):
        error = self.by(name, *words, expect=expect).stderr
        assert says in error, f"{' '.join(map(str, words))} said: {error}"

    def changes(self):
        """How many entries the change log of events has."""
        checked = self.c.convene("admin", "check").stdout
        return int(re.search(r"events: .*?(\d+) changes", checked).group(1))


def found_and_join(w):
    w.by("ada", "groups", "create", "--name", "Rust & C 🦀", "--slug", "rust-c", "--time-zone",
         "Europe/Berlin", "--join-mode", "approval")
    assert "Asked" in w.by("bob", "groups", "join", "rust-c", "--message", "I write C").stdout
    assert len(w.rows("ada", "groups", "requests", "rust-c")) == 1
    w.refused("bob", "groups", "requests", "rust-c", expect=1, says="organisers")
    assert w.json("ada", "groups", "approve", "rust-c", w.ids["bob"])["state"].endswith("APPROVED")
    w.by("eve", "groups", "join", "rust-c")
    w.by("ada", "groups", "reject", "rust-c", w.ids["eve"], "--reason", "Locals only")
    w.refused("eve", "groups", "join", "rust-c", expect=6, says="Locals only")


def invite(w):
    made = w.json("ada", "groups", "invite", "rust-c", "DAN@example.org", "--role", "organiser")
    assert made["token"].startswith(made["invitation"]["id"] + ".")
    assert "DAN@" not in w.by("eve", "groups", "invitations", "-o", "json").stdout
    w.refused("eve", "groups", "accept", made["invitation"]["id"], expect=5, says="no such invitation")
    assert w.json("dan", "groups", "accept", made["token"])["role"] == "GROUP_ROLE_ORGANISER"
    w.refused("dan", "groups", "accept", made["token"], expect=5, says="no such invitation")


def ban(w):
    event = w.json("dan", "events", "create", "--group", "rust-c", "--title", "Talk", "--start",
                   "2031-05-06T18:30", "--publish", "--capacity", "1")["id"]
    w.by("bob", "rsvp", "yes", event)
    assert "waitlist" in w.by("eve", "rsvp", "yes", event).stdout
    w.by("bob", "comments", "add", event, "First!")
    w.by("dan", "groups", "ban", "rust-c", w.ids["bob"], "--reason", "spam")
    assert w.json("eve", "rsvp", "show", event)["state"] == "RSVP_STATE_YES"
    w.refused("bob", "groups", "join", "rust-c", expect=1, says="spam")
    w.refused("bob", "rsvp", "yes", event, expect=1, says="banned")
    w.refused("bob", "comments", "add", event, "Second!", expect=1, says="banned")
    w.by("dan", "groups", "unban", "rust-c", w.ids["bob"])
    return event


def discuss(w, event):
    comment = w.json("bob", "comments", "add", event, "# A **long** story 🎉")["id"]
    w.by("eve", "comments", "report", comment, "--reason", "too long")
    assert "too long" in w.by("dan", "comments", "reports", event).stdout
    w.by("dan", "comments", "lock", event)
    w.refused("eve", "comments", "add", event, "me too", expect=6, says="locked")
    w.refused("eve", "comments", "remove", comment, "--reason", "no", expect=1, says="You may not")
    w.refused("dan", "comments", "remove", comment, expect=1, says="--reason")
    w.by("dan", "comments", "remove", comment, "--reason", "too long")
    shown = w.by("eve", "comments", "list", event).stdout
    assert "deleted by an organiser: too long" in shown and "First!" in shown
    w.by("dan", "comments", "unlock", event)


def hand_over(w):
    w.refused("ada", "groups", "leave", "rust-c", expect=6, says="only owner")
    w.by("ada", "groups", "transfer", "rust-c", w.ids["dan"])
    w.refused("eve", "groups", "take-over", "rust-c", expect=5, says="not offered")
    assert w.json("dan", "groups", "take-over", "rust-c")["role"] == "GROUP_ROLE_OWNER"
    w.by("ada", "groups", "leave", "rust-c")


def export_and_erase(w, event):
    both = json.loads(w.by("bob", "people", "export", "me").stdout)
    assert both["mentoring"] == {}, "Bob takes part in no programme"
    held = both["events"]
    assert held["profile"]["email"] == "bob@example.org"
    assert len(held["comment"]) == 2 and len(held["rsvp"]) == 1 and len(held["key"]) == 1
    assert any(change["kind"] == "ban.created" for change in held["change"])
    w.refused("eve", "people", "export", w.ids["bob"], expect=1, says="You may not")
    w.refused("bob", "people", "erase", "me", expect=2, says="--yes")
    assert "Bob 🦊 is erased" in w.by("bob", "people", "erase", "me", "--yes").stdout
    w.by("bob", "people", "show", "me", expect=4)
    # Once more finds nothing left.
    w.c.convene("people", "erase", w.ids["bob"], "--yes", expect=5)
    shown = w.by("eve", "comments", "list", event).stdout
    assert "First!" not in shown and "the author was erased" in shown
    w.c.convene("rsvp", "list", event)
    for method in ["people", "groups"]:
        assert "bob@" not in w.c.convene(method, "list", "-o", "json").stdout.lower()
    w.refused("dan", "people", "erase", "me", "--yes", expect=6, says="Hand it over")
    assert "sound" in w.c.convene("admin", "check").stdout


def twice(w, event):
    """Each change asked for twice with one request id: one effect, and the same answer."""
    eve, dan = w.ids["eve"], w.ids["dan"]
    comment = w.json("eve", "comments", "add", event, "again")["id"]
    w.by("dan", "groups", "update", "rust-c", "--join-mode", "open")
    steps = [
        ("eve", "PersonService/UpdatePerson",
         {"person": {"skills": ["c"]}, "updateMask": "skills"}),
        ("dan", "GroupService/UpdateGroup",
         {"group": {"id": "rust-c", "description": "About C"}, "updateMask": "description"}),
        ("eve", "MembershipService/JoinGroup", {"groupId": "rust-c"}),
        ("dan", "MembershipService/OfferOwnership", {"groupId": "rust-c", "personId": eve}),
        ("dan", "MembershipService/DeclineOwnership", {"groupId": "rust-c", "personId": eve}),
        ("dan", "MembershipService/BanPerson", {"groupId": "rust-c", "personId": w.ids["gus"]}),
        ("dan", "MembershipService/LiftBan", {"groupId": "rust-c", "personId": w.ids["gus"]}),
        ("dan", "MembershipService/CreateInvitation",
         {"invitation": {"groupId": "rust-c", "personId": w.ids["gus"]}}),
        ("eve", "CommentService/CreateComment", {"eventId": event, "text": "once"}),
        ("eve", "CommentService/UpdateComment", {"id": comment, "text": "better"}),
        ("gus", "CommentService/ReportComment", {"id": comment, "reason": "hm"}),
        ("dan", "CommentService/DismissReports", {"id": comment}),
        ("eve", "CommentService/DeleteComment", {"id": comment}),
        ("dan", "CommentService/LockComments", {"eventId": event}),
        ("dan", "CommentService/UnlockComments", {"eventId": event}),
        ("dan", "GroupService/ArchiveGroup", {"id": "rust-c"}),
        ("dan", "GroupService/RestoreGroup", {"id": "rust-c"}),
    ]
    for i, (name, method, request) in enumerate(steps):
        request = {**request, "requestId": f"twice-{i}"}
        first = w.call(name, method, request)
        changes = w.changes()
        assert w.call(name, method, request) == first, f"{method} answered otherwise"
        assert w.changes() == changes, f"{method} had an effect twice"
        other = {**request, next(iter(request)): {"slug": "x"} if "group" in request else "x"}
        if isinstance(next(iter(request.values())), str):
            assert "request_id" in w.call(name, method, other, expect=1).replace("requestId",
                                                                                 "request_id")
    del dan


def token_is_told_once(w):
    request = {"invitation": {"groupId": "rust-c", "email": "once@example.org"},
               "requestId": "token"}
    first = json.loads(w.call("dan", "MembershipService/CreateInvitation", request))
    again = json.loads(w.call("dan", "MembershipService/CreateInvitation", request))
    assert first["token"] and not again.get("token") and again["tokenWithheld"]
    assert first["invitation"] == again["invitation"]


def at_once(w):
    """Two owners leave at once: one of them has to stay."""
    w.by("gus", "groups", "create", "--name", "Two", "--time-zone", "UTC")
    w.by("gus", "groups", "join", "two", "--as", w.ids["eve"], "--role", "owner")
    for _ in range(3):
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            done = list(pool.map(lambda name: w.by(name, "groups", "leave", "two", expect=None),
                                 ["gus", "eve"]))
        codes = sorted(each.returncode for each in done)
        assert codes == [0, 6], [each.stderr for each in done]
        owners = [member for member in w.c.json("groups", "members", "two")]
        rows = owners if isinstance(owners, list) and owners and isinstance(owners[0], dict) else \
            w.c.json("groups", "members", "two")["members"]
        assert [row["role"] for row in rows] == ["GROUP_ROLE_OWNER"]
        w.c.convene("groups", "join", "two", "--as", w.ids["gus"], "--role", "owner")
        w.c.convene("groups", "join", "two", "--as", w.ids["eve"], "--role", "owner")


def break_it(w):
    w.refused("eve", "people", "update", "me", "--name", "🎉" * 26, expect=1, says="--name")
    w.by("eve", "people", "update", "me", "--name", "🎉" * 25)
    w.refused("eve", "people", "update", "me", "--email", "DAN@EXAMPLE.ORG", expect=6,
              says="Somebody else")
    w.refused("dan", "groups", "update", "rust-c", "--description", "x" * 10001, expect=1,
              says="--description")
    w.refused("eve", "people", "update", "me", *["--skill", "x"] * 51, expect=1, says="skill")
    w.refused("eve", "people", "update", "me", "--country", "Germany", expect=1, says="--country")
    w.refused("eve", "groups", "accept", "inv_x", expect=1, says="inv_")
    w.refused("eve", "groups", "ban", "rust-c", "nobody", expect=1, says="per_")
    assert "@example.org" not in w.c.read_log().replace("twice-", "")


def scoped_account(w):
    w.by("gus", "groups", "create", "--name", "Three", "--time-zone", "UTC")
    key = w.c.convene("-q", "admin", "keys", "create", "--label", "sync", "--service-account",
                      "sync", "--scope", "events.register:three").stdout.strip()
    (pathlib.Path(w.c.directory) / "sync").write_text(key + "\n")
    event = ["events", "create", "--title", "Synced", "--start", "2031-05-06T18:30", "--group"]
    w.by("sync", *event, "three")
    w.refused("sync", *event, "two", expect=1, says="You may not")
    w.refused("sync", "groups", "update", "three", "--city", "Bonn", expect=1, says="groups.manage")
    w.refused("sync", "people", "list", expect=1, says="people.read")


def main():
    url = f"tcp://127.0.0.1:{free_port()}"
    with Community(sys.argv[1], "--listen", url) as community:
        w = World(community, url, ["ada", "bob", "eve", "dan", "gus"])
        found_and_join(w)
        invite(w)
        event = ban(w)
        discuss(w, event)
        hand_over(w)
        export_and_erase(w, event)
        twice(w, event)
        token_is_told_once(w)
        at_once(w)
        break_it(w)
        scoped_account(w)
    print("a group lived, and one of its people is gone without a trace")


if __name__ == "__main__":
    main()
