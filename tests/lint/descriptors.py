"""Reads .proto files through protoc: what a FileDescriptorSet says, as plain objects."""
import dataclasses
import pathlib
import subprocess
import tempfile


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def fields(data):
    """{number: [values]} of a message; varints and bytes are all that descriptors have."""
    found, at = {}, 0
    while at < len(data):
        tag, at = varint(data, at)
        value, at = varint(data, at)
        if tag & 7 == 2:
            value, at = data[at:at + value], at + value
        found.setdefault(tag >> 3, []).append(value)
    return found


def numbers(packed):
    at, found = 0, []
    while at < len(packed):
        value, at = varint(packed, at)
        found.append(value)
    return found


def text(found, number):
    return found.get(number, [b""])[0].decode()


def flag(found, number):
    return bool(found.get(number, [0])[0])


@dataclasses.dataclass
class Field:
    name: str
    number: int
    repeated: bool
    kind: int
    type_name: str
    optional: bool


@dataclasses.dataclass
class Named:
    """A message, an enum or a service; where says file and line."""
    name: str
    full_name: str
    where: str
    comment: str


@dataclasses.dataclass
class Message(Named):
    fields: list
    oneofs: list
    reserved: set


@dataclasses.dataclass
class Enum(Named):
    values: dict
    alias: bool
    reserved: set


@dataclasses.dataclass
class Method(Named):
    request: str
    response: str
    client_streaming: bool
    server_streaming: bool


@dataclasses.dataclass
class Service(Named):
    methods: list


@dataclasses.dataclass
class File:
    name: str
    package: str
    syntax: str
    public_imports: bool
    messages: list  # nested ones too, without the entries of maps
    enums: list
    services: list


class Reader:
    """One FileDescriptorProto."""

    def __init__(self, data):
        self.found = fields(data)
        self.file = File(text(self.found, 1), text(self.found, 2), text(self.found, 12) or "proto2",
                         10 in self.found, [], [], [])
        self.places = {}
        for location in fields(self.found.get(9, [b""])[0]).get(1, []):
            place = fields(location)
            self.places[tuple(numbers(place.get(1, [b""])[0]))] = place

    def named(self, found, path, scope):
        place = self.places.get(path, {})
        line = numbers(place[2][0])[0] + 1 if 2 in place else 0
        name = text(found, 1)
        return {"name": name, "full_name": f"{scope}.{name}", "where": f"{self.file.name}:{line}",
                "comment": text(place, 3).strip()}

    def reserved(self, found, ranges, names, inclusive):
        taken = {name.decode() for name in found.get(names, [])}
        for span in found.get(ranges, []):
            ends = fields(span)
            first, last = ends.get(1, [0])[0], ends.get(2, [0])[0]
            taken |= set(range(first, min(last, first + 1000) + inclusive))
        return taken

    def message(self, data, path, scope):
        found = fields(data)
        if flag(fields(found.get(7, [b""])[0]), 7):  # a map's entry
            return
        named = self.named(found, path, scope)
        own = []
        for each in found.get(2, []):
            field = fields(each)
            own.append(Field(text(field, 1), field[3][0], field.get(4, [1])[0] == 3, field[5][0],
                             text(field, 6).lstrip("."), flag(field, 17)))
        self.file.messages.append(Message(**named, fields=own,
                                          oneofs=[text(fields(o), 1) for o in found.get(8, [])],
                                          reserved=self.reserved(found, 9, 10, 0)))
        for i, each in enumerate(found.get(3, [])):
            self.message(each, (*path, 3, i), named["full_name"])
        for i, each in enumerate(found.get(4, [])):
            self.enum(each, (*path, 4, i), named["full_name"])

    def enum(self, data, path, scope):
        found = fields(data)
        values = {}
        for each in found.get(2, []):
            value = fields(each)
            values[text(value, 1)] = value.get(2, [0])[0]
        self.file.enums.append(Enum(**self.named(found, path, scope), values=values,
                                    alias=flag(fields(found.get(3, [b""])[0]), 2),
                                    reserved=self.reserved(found, 4, 5, 1)))

    def service(self, data, path):
        found = fields(data)
        named = self.named(found, path, self.file.package)
        methods = []
        for i, each in enumerate(found.get(2, [])):
            method = fields(each)
            methods.append(Method(**self.named(method, (*path, 2, i), named["full_name"]),
                                  request=text(method, 2).lstrip("."),
                                  response=text(method, 3).lstrip("."),
                                  client_streaming=flag(method, 5),
                                  server_streaming=flag(method, 6)))
        self.file.services.append(Service(**named, methods=methods))

    def read(self):
        for i, each in enumerate(self.found.get(4, [])):
            self.message(each, (4, i), self.file.package)
        for i, each in enumerate(self.found.get(5, [])):
            self.enum(each, (5, i), self.file.package)
        for i, each in enumerate(self.found.get(6, [])):
            self.service(each, (6, i))
        return self.file


def read(root, folder="convene"):
    """The .proto files below root/folder, and what protoc warns of."""
    names = sorted(str(path.relative_to(root)) for path in pathlib.Path(root, folder).rglob("*.proto"))
    with tempfile.NamedTemporaryFile() as out:
        done = subprocess.run(
            ["protoc", f"--proto_path={root}", "--proto_path=/usr/include", "--include_source_info",
             f"--descriptor_set_out={out.name}", *names], capture_output=True, text=True)
        if done.returncode:
            raise ValueError(done.stderr.strip())
        data = pathlib.Path(out.name).read_bytes()
    return [Reader(each).read() for each in fields(data).get(1, [])], done.stderr.splitlines()
