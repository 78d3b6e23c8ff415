#!/usr/bin/env python3
"""contract.py finds each fault that it is there for."""
import pathlib
import tempfile
import unittest

import contract
from descriptors import read

GOOD = """\
syntax = "proto3";
package convene.shop.v1;
import "google/protobuf/timestamp.proto";
// Things.
service ThingService {
  // Makes one.
  rpc CreateThing(CreateThingRequest) returns (Thing);
  // All of them.
  rpc ListThings(ListThingsRequest) returns (ListThingsResponse);
}
// How big.
enum Size {
  SIZE_UNSPECIFIED = 0;
  SIZE_BIG = 1;
}
// A thing.
message Thing {
  string id = 1;
  Size size = 2;
  google.protobuf.Timestamp create_time = 3;
  map<string, string> labels = 4;
}
message CreateThingRequest {
  Thing thing = 1;
  string request_id = 2;
}
message ListThingsRequest {
  int32 page_size = 1;
  string page_token = 2;
}
message ListThingsResponse {
  repeated Thing things = 1;
  string next_page_token = 2;
}
"""


def compiled(text, path="convene/shop/v1/thing.proto"):
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, path)
        file.parent.mkdir(parents=True)
        file.write_text(text)
        return read(folder)


class Rules(unittest.TestCase):
    def expect(self, old, new, *words):
        """With old replaced by new there is exactly one fault, which says the words."""
        self.assertIn(old, GOOD)
        found = list(contract.faults(*compiled(GOOD.replace(old, new))))
        self.assertEqual(len(found), 1, found)
        for word in words:
            self.assertIn(word, " ".join(found[0]))

    def test_good_one_has_none(self):
        self.assertEqual(list(contract.faults(*compiled(GOOD))), [])

    def test_names(self):
        self.expect("string id = 1", "string Id = 1", "Thing.Id", "thing.proto:17")
        self.expect("SIZE_BIG", "BIG", "BIG", "SIZE_")
        self.expect("SIZE_UNSPECIFIED", "SIZE_NONE", "SIZE_UNSPECIFIED = 0")
        self.expect("create_time", "created", "Thing.created", "_time")
        self.expect("service ThingService", "service Things", "Things", "Service")
        self.expect("string next_page_token = 2;", "", "next_page_token")

    def test_comments(self):
        self.expect("// A thing.\n", "", "Thing wants a comment")
        self.expect("// How big.\n", "", "Size wants a comment")
        self.expect("  // Makes one.\n", "", "CreateThing wants a comment")
        self.expect("// Things.\n", "", "ThingService wants a comment")

    def test_conventions(self):
        self.expect("string request_id = 2;", "", "CreateThing", "request_id")
        self.expect("int32 page_size = 1;", "", "page_size")
        self.expect("string id = 1", "optional string id = 1", "Thing.id is optional")

    def test_unused_import(self):
        self.expect("google.protobuf.Timestamp create_time = 3;", "", "unused")

    def test_place(self):
        found = list(contract.faults(*compiled(GOOD, "convene/shop/thing.proto")))
        self.assertEqual([what for _, what in found],
                         ['the package "convene.shop.v1" belongs into convene/shop/v1/'])


class Breaks(unittest.TestCase):
    def breaks(self, old, new):
        self.assertIn(old, GOOD)
        return [what for _, what in
                contract.breaks(compiled(GOOD)[0], compiled(GOOD.replace(old, new))[0])]

    def test_additions_are_none(self):
        self.assertEqual(self.breaks("string id = 1;", "string id = 1; string note = 9;"), [])
        self.assertEqual(self.breaks("SIZE_BIG = 1;", "SIZE_BIG = 1; SIZE_SMALL = 2;"), [])
        self.assertEqual(self.breaks("\n  Size size = 2;", '\n  reserved 2; reserved "size";'), [])

    def test_removals(self):
        self.assertIn("size = 2 is gone", self.breaks("Size size = 2;", "")[0])
        self.assertIn("size = 2 is gone", self.breaks("Size size = 2;", "reserved 2;")[0])
        self.assertIn("SIZE_BIG = 1 is gone", self.breaks("SIZE_BIG = 1;", "SIZE_BIG = 3;")[0])
        self.assertIn("CreateThing is gone", self.breaks("rpc CreateThing", "rpc MakeThing")[0])
        self.assertIn("ThingService is gone", self.breaks("service Thing", "service Some")[0])

    def test_changes(self):
        self.assertIn("another name or type", self.breaks("string id = 1", "bytes id = 1")[0])
        self.assertIn("another name or type", self.breaks("string id = 1", "string key = 1")[0])
        self.assertIn("another name or type", self.breaks("string id", "repeated string id")[0])
        self.assertIn("other types", self.breaks("returns (Thing)", "returns (stream Thing)")[0])


if __name__ == "__main__":
    unittest.main()
