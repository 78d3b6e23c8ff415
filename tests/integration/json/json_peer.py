#!/usr/bin/env python3
"""Random messages and their JSON mean the same to us and to protobuf's own Python library.

json_peer.py JSON_LINES TYPES_SET. Skipped (77) where python3-protobuf is not installed.
"""
import json
import math
import random
import subprocess
import sys

try:
    from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
    from google.protobuf.descriptor import FieldDescriptor as Field
except ImportError:
    print("google.protobuf is not installed (apt install python3-protobuf): skipped")
    sys.exit(77)

ROUNDS, DEPTH = 150, 3
EDGES = {
    Field.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    Field.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
    Field.CPPTYPE_UINT32: (0, 2**32 - 1),
    Field.CPPTYPE_UINT64: (0, 2**64 - 1),
}
LETTERS = "aZ09 _-/\"\\\n\t\x01\x7fé谷😁"

rng = random.Random(20261201)
pool = descriptor_pool.DescriptorPool()


def load(path):
    files = descriptor_pb2.FileDescriptorSet()
    with open(path, "rb") as file:
        files.ParseFromString(file.read())
    for file in files.file:
        pool.Add(file)


def new(name):
    return message_factory.MessageFactory(pool).GetPrototype(pool.FindMessageTypeByName(name))()


def text():
    return "".join(rng.choice(LETTERS) for _ in range(rng.randrange(6)))


def real(is_float):
    value = rng.choice([0.0, 0.1, -1.5, 1e30, -2.5e-7, 123456.789, math.inf, -math.inf,
                        rng.uniform(-1e6, 1e6), rng.random()])
    return value if not is_float or math.isinf(value) else float(f"{value:.6g}")


def scalar(field):
    kind = field.cpp_type
    if kind in EDGES:
        low, high = EDGES[kind]
        return rng.choice([low, high, 0, 1, rng.randint(low, high)])
    if kind in (Field.CPPTYPE_DOUBLE, Field.CPPTYPE_FLOAT):
        return real(kind == Field.CPPTYPE_FLOAT)
    if kind == Field.CPPTYPE_BOOL:
        return rng.random() < 0.5
    if kind == Field.CPPTYPE_ENUM:
        return rng.choice(field.enum_type.values).number
    return text() if field.type == Field.TYPE_STRING else rng.randbytes(rng.randrange(7))


def fill_value(value, depth):
    kind = rng.randrange(6 if depth else 4)
    if kind == 0:
        value.null_value = 0
    elif kind == 1:
        value.number_value = rng.choice([0, -1.5, 1e100, rng.random()])
    elif kind == 2:
        value.string_value = text()
    elif kind == 3:
        value.bool_value = rng.random() < 0.5
    elif kind == 4:
        value.struct_value.SetInParent()
        for _ in range(rng.randrange(3)):
            fill_value(value.struct_value.fields[text()], depth - 1)
    else:
        value.list_value.SetInParent()
        for _ in range(rng.randrange(3)):
            fill_value(value.list_value.values.add(), depth - 1)


def fill_well_known(message, depth):
    """Whether the type has a form of its own, which is then filled with what that form allows."""
    name = message.DESCRIPTOR.full_name
    if name == "google.protobuf.Timestamp":
        message.seconds = rng.choice([-62135596800, 253402300799, 0, rng.randrange(2**31)])
        message.nanos = rng.choice([0, 999999999, 500000000, 1000, rng.randrange(10**9)])
    elif name == "google.protobuf.Duration":
        sign = rng.choice([-1, 1])
        message.seconds = sign * rng.choice([0, 1, 315576000000 - 1, rng.randrange(10**6)])
        message.nanos = sign * rng.choice([0, 999999999, 10**7, rng.randrange(10**9)])
    elif name == "google.protobuf.FieldMask":
        message.paths.extend(rng.sample(["foo", "foo_bar", "a.b_c", "x1"], rng.randrange(4)))
    elif name == "google.protobuf.Value":
        fill_value(message, depth)
    elif name == "google.protobuf.Any":
        if rng.random() < 0.8:
            held = new(rng.choice(["convene.test.AllTypes", "google.protobuf.Duration",
                                   "google.protobuf.Value", "google.protobuf.Int64Value"]))
            fill(held, depth - 1)
            message.type_url = "type.googleapis.com/" + held.DESCRIPTOR.full_name
            message.value = held.SerializeToString()
    else:
        return False
    return True


def fill_map(message, field, depth):
    key, value = field.message_type.fields
    entries = getattr(message, field.name)
    for _ in range(rng.randrange(3)):
        name = scalar(key)
        if value.message_type:
            fill(entries[name], depth - 1)
        else:
            entries[name] = scalar(value)


def fill(message, depth):
    message.SetInParent()
    if fill_well_known(message, depth):
        return
    fields = list(message.DESCRIPTOR.fields)
    for field in rng.sample(fields, min(len(fields), rng.randrange(1, 12))):
        entry = field.message_type and field.message_type.GetOptions().map_entry
        if field.message_type and depth == 0:
            continue
        if entry:
            fill_map(message, field, depth)
        elif field.label == Field.LABEL_REPEATED:
            for _ in range(rng.randrange(4)):
                items = getattr(message, field.name)
                if field.message_type:
                    fill(items.add(), depth - 1)
                else:
                    items.append(scalar(field))
        elif field.message_type:
            fill(getattr(message, field.name), depth - 1)
        else:
            setattr(message, field.name, scalar(field))
    if message.DESCRIPTOR.full_name == "convene.test.old.Old":
        message.name = text()


def plain(value):
    """JSON with whole floats as integers, so that 1.0 and 1 compare equal in any place."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


class Peer:
    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, kind, name, rest):
        self.process.stdin.write(f"{kind} {name} {rest}\n".encode())
        self.process.stdin.flush()
        answer = self.process.stdout.readline().decode().rstrip("\n")
        word, _, rest = answer.partition(" ")
        assert word == "ok", f"{answer}\nfor {kind} {name} {rest}"
        packed, _, printed = rest.partition(" ")
        return bytes.fromhex(packed), printed


def compare(peer, name):
    message = new(name)
    fill(message, DEPTH)
    theirs = json_format.MessageToJson(message, indent=None, descriptor_pool=pool,
                                       ensure_ascii=rng.random() < 0.5)
    packed, ours = peer.ask("wire", name, message.SerializeToString().hex())
    again = new(name)
    again.ParseFromString(packed)
    assert again == message, f"repacked bytes differ:\n{message}\n{again}"
    assert plain(json.loads(ours)) == plain(json.loads(theirs)), f"{ours}\n{theirs}"
    parsed = json_format.Parse(ours, new(name), descriptor_pool=pool)
    assert parsed == message, f"they read our JSON otherwise:\n{ours}\n{message}\n{parsed}"
    packed, _ = peer.ask("json", name, theirs)
    again = new(name)
    again.ParseFromString(packed)
    assert again == message, f"we read their JSON otherwise:\n{theirs}\n{message}\n{again}"


def main():
    program, types = sys.argv[1:3]
    load(types)
    peer = Peer(program)
    names = ["convene.test.AllTypes", "convene.test.Modern", "convene.test.old.Old",
             "google.protobuf.Value", "google.protobuf.Any"]
    for _ in range(ROUNDS):
        for name in names:
            compare(peer, name)
    peer.process.stdin.close()
    print(f"{ROUNDS * len(names)} messages mean the same")
    return peer.process.wait()


sys.exit(main())
