"""What docs/protocol.md says of those who break its rules or pass its limits, tried out.

usage: protocol_rules.py SERVER ipc|tcp|tls+tcp
"""

import struct

from protocol_client import (CANCEL, CREDIT, END_STREAM, HALF_CLOSE, HEADERS, HELLO, MORE, MSG, OPEN,
                             PING, SERVICE, SETTINGS, TRAILERS, Case, Connection, bytes_field,
                             fields, main, number_field, sizes)

OK, INVALID_ARGUMENT, RESOURCE_EXHAUSTED, UNIMPLEMENTED, INTERNAL = 0, 3, 8, 12, 13
FRAME_BODY_MAX = 49152
GOAWAY, UNKNOWN_FRAME = 13, 200


def frame(kind, call=0, body=b"", flags=0, length=None):
    length = len(body) if length is None else length
    return struct.pack(">BBHII", kind, flags, 0, call, length) + body


def bundle(connection, frames, n_frames, ack=None, magic=b"CV\x01\x00"):
    """A bundle that may claim anything."""
    ack = connection.received if ack is None else ack
    return magic + struct.pack(">QIHH", connection.epoch, ack, n_frames, 0) + frames


def opening(method, *metadata):
    """An OPEN's body."""
    entries = (bytes_field(3, bytes_field(1, key) + bytes_field(2, value))
               for key, value in metadata)
    return bytes_field(1, (SERVICE + method).encode()) + b"".join(entries)


class Ending(Case):
    """Ends the connection, and no other."""

    def expect_end(self, make):
        """make gives the bytes of a bundle for a connection with call 1 in flight."""
        beside = self.connect()
        connection = self.connect()
        connection.open("UnaryCall", number_field(4, 1))
        self.assertEqual(connection.ping(), [])
        with self.assertRaises(ConnectionError):
            connection.send_message(make(connection))
            while True:
                connection.next_frame()
        call = beside.open("EmptyCall", b"")
        self.assertEqual(beside.read(call), ("message", b""))

    def expect_end_at(self, kind, call=0, body=b""):
        self.expect_end(lambda c: bundle(c, frame(kind, call, body), 1))

    def test_bundle_of_another_version(self):
        self.expect_end(lambda c: bundle(c, b"", 0, magic=b"CV\x02\x00"))

    def test_bundle_that_is_none(self):
        self.expect_end(lambda c: b"GET / HTTP/1.1\r\n\r\n")

    def test_bundle_cut_off(self):
        self.expect_end(lambda c: bundle(c, b"", 0)[:19])

    def test_bundle_with_fewer_frames_than_it_says(self):
        self.expect_end(lambda c: bundle(c, frame(PING), 2))

    def test_bundle_with_more_than_it_says(self):
        self.expect_end(lambda c: bundle(c, frame(PING) + b"x", 1))

    def test_bundle_of_17_frames(self):
        self.expect_end(lambda c: bundle(c, frame(PING) * 17, 17))

    def test_acknowledgement_of_what_was_never_sent(self):
        self.expect_end(lambda c: bundle(c, b"", 0, ack=c.received + 1000))

    def test_frame_cut_off(self):
        self.expect_end(lambda c: bundle(c, frame(PING, body=b"abc", length=4), 1))

    def test_frame_too_long(self):
        self.expect_end(lambda c: bundle(c, frame(MSG, 1, bytes(FRAME_BODY_MAX + 1)), 1))

    def test_open_of_a_call_in_flight(self):
        self.expect_end_at(OPEN, 1, opening("EmptyCall"))

    def test_open_of_call_0(self):
        self.expect_end_at(OPEN, 0, opening("EmptyCall"))

    def test_open_that_is_none(self):
        self.expect_end_at(OPEN, 2, b"\xff")

    def test_hello_that_is_none(self):
        self.expect_end_at(HELLO, 0, b"\xff")

    def test_hello_with_a_bad_key(self):
        self.expect_end_at(HELLO, 0, bytes_field(2, bytes_field(1, b"No Key")))

    def test_frames_that_are_a_servers(self):
        for kind in (SETTINGS, HEADERS, TRAILERS, GOAWAY):
            with self.subTest(kind):
                self.expect_end_at(kind, 1)

    def test_credit_that_is_no_number(self):
        self.expect_end_at(CREDIT, 1, b"\0\0\1")

    def test_credit_beyond_what_there_can_be(self):
        most = struct.pack(">I", 1 << 31)
        self.expect_end_at(CREDIT, 1, most)

    def test_message_that_is_too_long_for_a_bundle(self):
        self.expect_end(lambda c: bundle(c, frame(UNKNOWN_FRAME, 0, bytes(40000)) * 2, 2))


class Waiting(Case):
    """Waits until it is allowed."""

    def test_server_of_which_nothing_is_acknowledged(self):
        connection = self.connect(stream_credit=1 << 30)
        call = connection.open("StreamingOutputCall", sizes(*[30000] * 200))
        connection.acknowledge = False
        for _ in range(32):
            connection.receive_bundle()
        connection.acknowledge = True
        connection.send()
        replies = 0
        while connection.read(call)[0] == "message":
            replies += 1
        self.assertEqual(replies, 200)


class Dropping(Case):
    """Is dropped without harm."""

    def alive(self, connection):
        self.assertEqual(connection.ping(), [])

    def test_frames_of_no_call(self):
        connection = self.connect()
        connection.send((MSG, 0, 77, b"x"), (HALF_CLOSE, 0, 77, b""), (CANCEL, 0, 77, b""),
                        (CREDIT, 0, 77, b"\0\0\0\1"))
        self.alive(connection)

    def test_unknown_flags(self):
        connection = self.connect()
        connection.send((OPEN, 0, 1, opening("EmptyCall")), (MSG, END_STREAM | 0x80, 1, b""))
        self.assertEqual(connection.read(1), ("message", b""))
        self.assertEqual(connection.code(1), OK)

    def test_unknown_fields(self):
        connection = self.connect()
        body = opening("EmptyCall") + bytes_field(99, b"of a later version")
        connection.send((OPEN, 0, 1, body), (MSG, END_STREAM, 1, number_field(99, 1)))
        self.assertEqual(connection.read(1), ("message", b""))
        self.assertEqual(connection.code(1), OK)

    def test_frames_behind_the_end_of_a_call(self):
        connection = self.connect()
        connection.send((OPEN, 0, 1, opening("NoSuchCall")), (MSG, MORE, 1, b"x"),
                        (MSG, END_STREAM, 1, b"y"))
        self.assertEqual(connection.code(1), UNIMPLEMENTED)
        self.alive(connection)


class Refusing(Case):
    """Ends one call with a status."""

    def refuse(self, code, body, *more):
        connection = self.connect()
        connection.send((OPEN, 0, 1, body), *more)
        self.assertEqual(connection.code(1), code)
        self.assertEqual(connection.ping(), [])

    def test_metadata_at_the_limit(self):
        entries = [(b"k", b"v")] * 64
        connection = self.connect()
        connection.send((OPEN, 0, 1, opening("EmptyCall", *entries)), (MSG, END_STREAM, 1, b""))
        self.assertEqual(connection.read(1), ("message", b""))
        self.refuse(RESOURCE_EXHAUSTED, opening("EmptyCall", *entries, (b"k", b"v")))

    def test_value_over_the_limit(self):
        self.refuse(RESOURCE_EXHAUSTED, opening("EmptyCall", (b"k", b"v" * 8193)))

    def test_values_over_the_limit(self):
        self.refuse(RESOURCE_EXHAUSTED, opening("EmptyCall", *[(b"k", b"v" * 8192)] * 2))

    def test_key_and_value_that_are_none(self):
        self.refuse(INVALID_ARGUMENT, opening("EmptyCall", (b"Key", b"v")))
        self.refuse(INVALID_ARGUMENT, opening("EmptyCall", (b"k" * 129, b"v")))
        self.refuse(INVALID_ARGUMENT, opening("EmptyCall", (b"k", b"\xc3\xa4")))

    def test_method_name_over_the_limit(self):
        self.refuse(UNIMPLEMENTED, bytes_field(1, b"a" * 201))

    def test_request_over_the_limit(self):
        pieces = [(MSG, MORE, 1, bytes(FRAME_BODY_MAX))] * ((4 << 20) // FRAME_BODY_MAX + 1)
        connection = self.connect()
        connection.send((OPEN, 0, 1, opening("UnaryCall")))
        for piece in pieces:
            connection.send(piece)
        self.assertEqual(connection.code(1), RESOURCE_EXHAUSTED)

    def test_request_that_is_none(self):
        self.refuse(INVALID_ARGUMENT, opening("UnaryCall"), (MSG, END_STREAM, 1, b"\xff"))

    def test_second_request(self):
        self.refuse(INTERNAL, opening("UnaryCall"), (MSG, 0, 1, b""), (MSG, END_STREAM, 1, b""))

    def test_no_request(self):
        self.refuse(INTERNAL, opening("UnaryCall"), (HALF_CLOSE, 0, 1, b""))

    def test_end_amid_a_request(self):
        self.refuse(INTERNAL, opening("UnaryCall"), (MSG, MORE, 1, b""), (HALF_CLOSE, 0, 1, b""))

    def test_calls_over_the_limit(self):
        connection = self.connect()
        held = [connection.open("UnaryCall", number_field(4, 1)) for _ in range(1024)]
        what, status = connection.read(connection.open("EmptyCall", b""))
        self.assertEqual((what, status[1]), ("end", [RESOURCE_EXHAUSTED]))
        self.assertTrue(any(fields(detail)[1][0].endswith(b"RetryInfo") for detail in status[3]))
        for call in held:
            connection.send((CANCEL, 0, call, b""))
        self.assertEqual(connection.ping(), [])


class Greeting(Case):
    """HELLO's metadata."""

    def test_metadata_count_for_calls_that_bring_none(self):
        key = b"x-grpc-test-echo-initial"
        hello = bytes_field(2, bytes_field(1, key) + bytes_field(2, b"of hello"))
        connection = Connection(self.url, hello=hello)
        self.addCleanup(connection.close)
        for number, metadata, value in ((1, [], b"of hello"), (2, [(key, b"own")], b"own")):
            connection.send((OPEN, 0, number, opening("UnaryCall", *metadata)),
                            (MSG, END_STREAM, number, b""))
            kind, _, _, body = connection.next_frame()
            self.assertEqual((kind, fields(fields(body)[1][0])[2]), (HEADERS, [value]))
            self.assertEqual(connection.read(number)[0], "message")
            self.assertEqual(connection.code(number), OK)


if __name__ == "__main__":
    main()
