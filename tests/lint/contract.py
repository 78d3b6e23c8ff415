#!/usr/bin/env python3
"""proto/ keeps the rules of its API, and what callers of the last tag know still holds.

The rules are those of `buf lint` (STANDARD, but for answers with the resource itself), comments on
whatever has a name of its own, and the conventions of AIP that this API follows. Where buf is
installed it is asked, too.
"""
import re
import shutil
import subprocess
import sys
import tempfile

from descriptors import read
from sources import ROOT

PASCAL = re.compile(r"([A-Z][a-z0-9]*)+$")
LOWER = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*$")
UPPER = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$")
READS = re.compile(r"(Batch)?(Get|List|Verify|Explain|Watch|Search|Check|Preview|Export|Compare|Diff"
                   r"|Count|Describe|Read|Follow|Backup|Validate)([A-Z]|$)")
INSTANT = re.compile(r"_time(_|$)|^(since|until)$")
TIMESTAMP = "google.protobuf.Timestamp"


def snake(name):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).upper()


def file_faults(file):
    where = f"{file.name}:1"
    folder, _, base = file.name.rpartition("/")
    if file.syntax != "proto3":
        yield where, f"the syntax is {file.syntax}; proto3 is right"
    if not re.fullmatch(r"[a-z][a-z0-9_.]*\.v[1-9]\d*", file.package):
        yield where, f'the package "{file.package}" must end in a version, as in "convene.events.v1"'
    if file.package.replace(".", "/") != folder:
        yield where, f'the package "{file.package}" belongs into {file.package.replace(".", "/")}/'
    if not LOWER.match(base.removesuffix(".proto")):
        yield where, "the file's name must be lower_snake_case"
    if file.public_imports:
        yield where, "an import is public; whoever needs it imports it"


def message_faults(message, called):
    if not PASCAL.match(message.name):
        yield message.where, f"message {message.name} must be in PascalCase"
    if not message.comment and message.full_name not in called:
        yield message.where, f"message {message.name} wants a comment: what it is"
    for name in message.oneofs:
        if not LOWER.match(name.lstrip("_")):  # protoc's own for optional fields begin with one
            yield message.where, f"oneof {name} must be in lower_snake_case"
    for field in message.fields:
        if not LOWER.match(field.name):
            yield message.where, f"field {message.name}.{field.name} must be in lower_snake_case"
        if field.optional:
            yield message.where, (f"field {message.name}.{field.name} is optional, which protobuf-c "
                                  "does not take; a oneof of one member is right")
        if field.type_name == TIMESTAMP and not INSTANT.search(field.name):
            yield message.where, f"{message.name}.{field.name} is an instant; its name ends in _time"


def enum_faults(enum):
    if not PASCAL.match(enum.name):
        yield enum.where, f"enum {enum.name} must be in PascalCase"
    if not enum.comment:
        yield enum.where, f"enum {enum.name} wants a comment: what it is"
    if enum.alias:
        yield enum.where, f"enum {enum.name} must not allow aliases"
    prefix = snake(enum.name) + "_"
    for name in enum.values:
        if not UPPER.match(name) or not name.startswith(prefix):
            yield enum.where, f"value {name} must be in UPPER_SNAKE_CASE and begin with {prefix}"
    first = next(iter(enum.values.items()), None)
    if first != (prefix + "UNSPECIFIED", 0):
        yield enum.where, f"the first value of {enum.name} must be {prefix}UNSPECIFIED = 0"


def method_faults(method, messages):
    if not PASCAL.match(method.name):
        yield method.where, f"rpc {method.name} must be in PascalCase"
    if not method.comment:
        yield method.where, f"rpc {method.name} wants a comment: what it does"
    if method.request.rpartition(".")[2] != method.name + "Request":
        yield method.where, f"the request of {method.name} must be named {method.name}Request"
    answer = method.response.rpartition(".")[2]
    if answer.endswith("Response") and answer != method.name + "Response":
        yield method.where, (f"the response of {method.name} must be named {method.name}Response or "
                             "be the resource")
    request = messages.get(method.request)
    known = {field.name for field in request.fields} if request else set()
    if not READS.match(method.name) and not method.client_streaming and "request_id" not in known:
        yield method.where, (f"{method.name} changes something, so {method.name}Request needs a "
                             "request_id; a reading method is a Get, List, Watch, Search, …")
    paged = method.name.startswith("List") and not method.server_streaming
    if paged and not {"page_size", "page_token"} <= known:
        yield method.where, f"{method.name}Request needs page_size and page_token"
    response = messages.get(method.response)
    if paged and response and "next_page_token" not in {field.name for field in response.fields}:
        yield method.where, f"{method.name}Response needs next_page_token"


def service_faults(service, messages):
    if not PASCAL.match(service.name) or not service.name.endswith("Service"):
        yield service.where, f"service {service.name} must be in PascalCase and end in Service"
    if not service.comment:
        yield service.where, f"service {service.name} wants a comment: what it is for"
    for method in service.methods:
        yield from method_faults(method, messages)


def faults(files, warnings=()):
    """What is wrong with the files, as (where, what)."""
    messages = {message.full_name: message for file in files for message in file.messages}
    methods = [method for file in files for service in file.services for method in service.methods]
    # The requests and responses of an rpc that is commented speak for themselves.
    called = {name for method in methods for name in (method.request, method.response)
              if name.rpartition(".")[2] in (method.name + "Request", method.name + "Response")}
    for warning in warnings:
        yield "protoc", warning
    for method in methods:
        if sum(method.request == other.request for other in methods) > 1:
            yield method.where, f"{method.request} is the request of another rpc, too"
    for file in files:
        yield from file_faults(file)
        for message in file.messages:
            yield from message_faults(message, called)
        for enum in file.enums:
            yield from enum_faults(enum)
        for service in file.services:
            yield from service_faults(service, messages)


def field_breaks(old, new):
    now = {field.number: field for field in new.fields}
    for field in old.fields:
        what = f"{old.full_name}.{field.name} = {field.number}"
        if field.number not in now:
            if not {field.number, field.name} <= new.reserved:
                yield new.where, f"{what} is gone; its number and its name must be reserved"
        elif now[field.number] != field:
            yield new.where, f"{what} has another name or type"


def enum_breaks(old, new):
    for name, number in old.values.items():
        if new.values.get(name) != number and not {name, number} <= new.reserved:
            yield new.where, f"{old.full_name}.{name} = {number} is gone or has another number"


def service_breaks(old, new):
    def signature(method):
        return (method.request, method.response, method.client_streaming, method.server_streaming)
    now = {method.name: method for method in new.methods}
    for method in old.methods:
        if method.name not in now:
            yield new.where, f"{old.full_name}/{method.name} is gone"
        elif signature(now[method.name]) != signature(method):
            yield now[method.name].where, f"{old.full_name}/{method.name} has other types"


def breaks(before, after):
    """What callers who know the files before cannot go on with, as (where, what)."""
    for kind, compare in (("messages", field_breaks), ("enums", enum_breaks),
                          ("services", service_breaks)):
        now = {each.full_name: each for file in after for each in getattr(file, kind)}
        for file in before:
            for old in getattr(file, kind):
                if old.full_name in now:
                    yield from compare(old, now[old.full_name])
                else:
                    yield file.name, f"{old.full_name} is gone"


def of_last_tag():
    """The last tag and its files; None where there is none, or no git."""
    def git(*words):
        return subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True).stdout
    try:
        tag = git("describe", "--tags", "--abbrev=0").decode().strip()
        archive = git("archive", tag, "proto")
    except (OSError, subprocess.CalledProcessError):
        return None
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["tar", "-x", "-C", folder], input=archive, check=True)
        return tag, read(f"{folder}/proto")[0]


def main():
    files, warnings = read(ROOT / "proto")
    found = list(faults(files, warnings))
    last = of_last_tag()
    if last:
        found += breaks(last[1], files)
    print("\n".join(f"proto/{where}: {what}" for where, what in found)
          or "the contract is in order; " + (f"nothing of {last[0]} breaks" if last
                                              else "there is no tag to compare it with"))
    buf = shutil.which("buf")
    if buf and subprocess.run([buf, "lint"], cwd=ROOT / "proto").returncode:
        found.append(("buf", "lint"))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
