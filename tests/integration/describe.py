#!/usr/bin/env python3
"""Any method is called by what the server says of itself; health and counts say how it fares."""
import json
import os
import re
import signal
import subprocess
import sys

from community import Community

GROUPS = "convene.events.v1.GroupService"
REFLECTION = "grpc.reflection.v1.ServerReflection/ServerReflectionInfo"
NOT_THERE = "evt_01h2xcejqtf2nbrexx3vqjhp41"


def lines(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def check_list_and_describe(community):
    services = community.convene("rpc", "list").stdout
    for name in (GROUPS, "grpc.health.v1.Health", "convene.admin.v1.AdminService"):
        assert name in services, f"{name} is not in {services}"
    methods = community.convene("rpc", "list", "grpc.health.v1.Health").stdout
    assert re.search(r"Watch +server stream", methods), methods
    assert re.search(r"Check +unary", methods), methods
    for symbol, words in [
        (f"{GROUPS}/ListGroups", ["rpc ListGroups(convene.events.v1.ListGroupsRequest) returns"]),
        (GROUPS, [f"service {GROUPS} {{", "rpc CreateGroup("]),
        ("convene.events.v1.Event", ["repeated string topics = 14;", "// convene/events/v1/"]),
        ("convene.events.v1.Event.title", ["string title = 4;"]),
        ("grpc.health.v1.HealthListResponse", ["map<string, grpc.health.v1.HealthCheckResponse>"]),
        ("grpc.health.v1.HealthCheckResponse.ServingStatus", ["enum ", "NOT_SERVING = 2;"]),
        ("grpc.reflection.v1.ServerReflectionRequest", ["oneof message_request {"]),
    ]:
        text = community.convene("rpc", "describe", symbol).stdout
        for word in words:
            assert word in text, f"{symbol}: {word!r} is not in {text}"
    for words in (["list", "no.Such"], ["list", "convene.events.v1.Event"],
                  ["describe", "no.Such"], ["call", "no.Such/Method"]):
        assert community.convene("rpc", *words, expect=5).stderr.startswith("convene: ")


def check_unary(community):
    made = lines(community.convene(
        "rpc", "call", f"{GROUPS}/CreateGroup", "--compact", "--json",
        '{"group": {"name": "C Berlin", "slug": "c-berlin", "time_zone": "Europe/Berlin"}}'))
    assert made[0]["slug"] == "c-berlin" and made[0]["timeZone"] == "Europe/Berlin", made
    listed = json.loads(community.convene("rpc", "call", f"/{GROUPS}/ListGroups").stdout)
    assert [g["id"] for g in listed["groups"]] == [made[0]["id"]], listed
    assert "memberCount" not in listed["groups"][0]
    path = os.path.join(community.directory, "request.json")
    with open(path, "w") as file:
        file.write(json.dumps({"id": made[0]["id"]}))
    got = lines(community.convene("rpc", "call", f"{GROUPS}.GetGroup", "-c", "--json", "@" + path))
    assert got == made, got


def check_failures(community):
    bad = community.convene("rpc", "call", f"{GROUPS}/CreateGroup", "--json", "{}", expect=1).stderr
    assert bad.startswith("convene: INVALID_ARGUMENT: "), bad
    detail = json.loads(re.search(r"google\.rpc\.BadRequest (.*)", bad).group(1))
    assert detail["fieldViolations"], detail
    community.convene("rpc", "call", "convene.events.v1.EventService/GetEvent", "-d",
                      json.dumps({"id": NOT_THERE}), expect=5)
    for text, word in [('{"group": {"nam": ""}}', "group.nam"), ("{", "1"), ("[]", "1"),
                       ('{"group": 7}', "group")]:
        said = community.convene("rpc", "call", f"{GROUPS}/CreateGroup", "-d", text, expect=1).stderr
        assert "CreateGroupRequest" in said and word in said, said
    unknown = '{"pageSiz": 5, "sort": {"by": [1]}}'
    community.convene("rpc", "call", f"{GROUPS}/ListGroups", "-d", unknown, expect=1)
    community.convene("rpc", "call", f"{GROUPS}/ListGroups", "-d", unknown, "--ignore-unknown")
    community.convene("rpc", "call", f"{GROUPS}/ListGroups", "-d", "{} {}", expect=2)
    community.convene("rpc", "call", f"{GROUPS}/ListGroups", "-d", "", expect=2)
    for metadata in ("x", "=x", "X-Upper=1", "x-bin=%%%", "grpc-x=ü"):
        community.convene("rpc", "call", f"{GROUPS}/ListGroups", "-H", metadata, expect=2)
    said = community.convene("--url", f"ipc://{community.directory}/nobody", "rpc", "list", expect=7)
    assert "convene serve" in said.stderr, said.stderr


def check_metadata(community):
    done = community.convene("rpc", "call", f"{GROUPS}/ListGroups", "-v", "--metadata",
                             "x-request-id=from-a-test", "--metadata", "x-bin=AAEC/w==",
                             "--metadata", "y-bin=AAE")
    assert f"{GROUPS}.ListGroups: OK" in done.stderr, done.stderr


def check_streams(community):
    """Requests from a pipe that stays open: each is answered before the next is written."""
    with subprocess.Popen(
            [community.build / "client" / "convene", "--url", community.url, "rpc", "call",
             REFLECTION, "--compact"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as program:
        for name in ("old", "new", "next"):
            program.stdin.write(json.dumps({"host": name, "fileByFilename": name}) + "\n")
            program.stdin.flush()
            answer = json.loads(program.stdout.readline())
            assert answer["validHost"] == name, answer
            assert answer["errorResponse"]["errorCode"] == 5, answer
        program.stdin.close()
        assert program.wait(60) == 0
    many = "".join(json.dumps({"fileContainingSymbol": GROUPS}) for _ in range(100))
    done = community.convene("rpc", "call", REFLECTION, "-c", text=many)
    assert len(lines(done)) == 100
    broken = community.convene("rpc", "call", REFLECTION, "-c", "-d", '{"host":"a"} {"hos":1}',
                               expect=1)
    assert "Request 2 is no grpc.reflection.v1.ServerReflectionRequest: hos " in broken.stderr
    late = community.convene("rpc", "call", "grpc.health.v1.Health/Watch", "-c", "--timeout",
                             "200ms", expect=1)
    assert lines(late) == [{"status": "SERVING"}], late.stdout
    assert "DEADLINE_EXCEEDED" in late.stderr, late.stderr


def check_stats(community):
    counted = json.loads(community.convene("admin", "stats", "-o", "json").stdout)
    by_name = {m["method"]: m for m in counted["methods"]}
    created = by_name[f"{GROUPS}/CreateGroup"]
    assert {c.get("code", 0): c["calls"] for c in created["codes"]} == {0: "1", 3: "1"}, created
    assert sum(int(n) for n in created["latencyCounts"]) == 2, created
    assert created["kind"] == "METHOD_KIND_UNARY"
    assert by_name[REFLECTION]["kind"] == "METHOD_KIND_BIDI_STREAMING"
    assert "unknown" in by_name
    table = community.convene("admin", "stats", GROUPS).stdout
    assert re.search(rf"{GROUPS}/CreateGroup +2 +0 +1 .* 1 INVALID_ARGUMENT", table), table
    assert "SetMember" not in table and "SetMember" in community.convene(
        "admin", "stats", GROUPS, "--all").stdout
    community.convene("admin", "stats", "no.Such", expect=5)
    watched = community.convene("admin", "stats", "--watch", "0.05", "--times", "2").stdout
    assert watched.count("Method ") == 2, watched
    text = community.convene("admin", "metrics").stdout
    labels = f'{{grpc_type="unary",grpc_service="{GROUPS}",grpc_method="CreateGroup"'
    assert f'grpc_server_handled_total{labels},grpc_code="InvalidArgument"}} 1\n' in text
    assert f'grpc_server_handling_seconds_bucket{labels},le="+Inf"}} 2\n' in text
    for line in text.splitlines():
        assert re.fullmatch(r'# (HELP|TYPE) \w+ .+|\w+\{(\w+="[^"]*",?)+\} [0-9.]+', line), line


def check_health(community):
    assert community.convene("health", GROUPS).stdout == "SERVING\n"
    assert re.search(rf"{GROUPS} +SERVING", community.convene("health").stdout)
    community.convene("health", "no.Such", expect=5)
    with subprocess.Popen(
            [community.build / "client" / "convene", "--url", community.url, "health", "--watch",
             GROUPS],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as watcher:
        assert watcher.stdout.readline() == "SERVING\n"
        assert community.stop(signal.SIGTERM) == 0, "a watcher does not hold up the end"
        assert watcher.stdout.read() == "NOT_SERVING\n"
        assert watcher.wait(60) == 7


def main(build):
    with Community(build, "--quiet", "--drain-timeout", "60") as community:
        check_list_and_describe(community)
        check_unary(community)
        check_failures(community)
        check_metadata(community)
        check_streams(community)
        check_stats(community)
        check_health(community)
    print("methods of every kind were called by what the server says of itself")
    return 0


sys.exit(main(sys.argv[1]))
