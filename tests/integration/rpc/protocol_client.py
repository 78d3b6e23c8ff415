"""A client of nothing but docs/protocol.md and Python's own library, to see that the page is enough.

usage: protocol_client.py SERVER ipc|tcp|tls+tcp

SERVER is interop_server.c's program; the bytes of every frame and message are made by hand here.
"""

import pathlib
import socket
import ssl
import struct
import subprocess
import sys
import unittest

HELLO, SETTINGS, OPEN, HEADERS, MSG, HALF_CLOSE, TRAILERS, CANCEL, CREDIT = range(1, 10)
PING, PONG, GOAWAY = 11, 12, 13
MORE, END_STREAM = 1, 2
SERVICE = "convene.testing.TestService/"
WINDOW = 32
AUTHORITY = pathlib.Path(__file__).resolve().parents[2] / "support/certs/ca.pem"
REQUEST_ID = bytes.fromhex("80000001")
# Short enough that a test that waits in vain fails instead of hanging.
SOCKET_TIMEOUT_S = 60


def varint(number):
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def number_field(field, value):
    return varint(field << 3) + varint(value)


def bytes_field(field, value):
    return varint(field << 3 | 2) + varint(len(value)) + value


def read_varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def fields(data):
    """All fields of a message: {number: [values]}."""
    found, at = {}, 0
    while at < len(data):
        tag, at = read_varint(data, at)
        if tag & 7 == 0:
            value, at = read_varint(data, at)
        else:
            assert tag & 7 == 2, f"wire type {tag & 7} is not expected here"
            length, at = read_varint(data, at)
            value, at = data[at:at + length], at + length
        found.setdefault(tag >> 3, []).append(value)
    return found


class Connection:
    """One connection: the carrier, bundles, acknowledgements."""

    def __init__(self, url, stream_credit=0, hello=b""):
        self.ipc = url.startswith("ipc://")
        if self.ipc:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(SOCKET_TIMEOUT_S)
            self.socket.connect(url[len("ipc://"):])
        else:
            scheme, _, address = url.partition("://")
            host, port = address.rsplit(":", 1)
            self.socket = socket.create_connection((host, int(port)), SOCKET_TIMEOUT_S)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if scheme == "tls+tcp":
                context = ssl.create_default_context(cafile=AUTHORITY)
                self.socket = context.wrap_socket(self.socket, server_hostname=host)
        self.socket.sendall(bytes.fromhex("0053500000300000"))
        greeting = self.receive_exactly(8)
        assert greeting == bytes.fromhex("0053500000310000"), greeting.hex()
        self.epoch = self.received = self.told = self.sent = self.acked = 0
        self.calls = 0
        self.frames = []
        self.acknowledge = True
        hello += bytes_field(1, b"protocol_client.py")
        if stream_credit:
            hello += number_field(3, stream_credit)
        self.send((HELLO, 0, 0, hello))
        kind, _, call, body = self.next_frame()
        assert (kind, call) == (SETTINGS, 0), (kind, call)
        self.settings = fields(body)

    def close(self):
        try:
            self.socket.shutdown(socket.SHUT_WR)
            while self.socket.recv(4096):
                pass
        except OSError:
            pass  # the server was first
        self.socket.close()

    def receive_exactly(self, size):
        data = b""
        while len(data) < size:
            try:
                piece = self.socket.recv(size - len(data))
            except ssl.SSLError as fault:
                raise ConnectionError from fault
            if not piece:
                raise ConnectionError("the server has closed the connection")
            data += piece
        return data

    def send(self, *frames):
        while frames and self.sent - self.acked >= WINDOW:
            self.receive_bundle()
        body = b"".join(
            struct.pack(">BBHII", kind, flags, 0, call, len(data)) + data
            for kind, flags, call, data in frames)
        bundle = b"CV\x01\x00" + struct.pack(">QIHH", self.epoch, self.received, len(frames), 0)
        self.send_message(bundle + body)
        self.told = self.received
        self.sent += len(frames) > 0

    def send_message(self, bundle):
        message = REQUEST_ID + bundle
        kind = b"\x01" if self.ipc else b""
        try:
            self.socket.sendall(kind + struct.pack(">Q", len(message)) + message)
        except ssl.SSLError as fault:
            raise ConnectionError from fault

    def receive_bundle(self):
        if self.ipc:
            kind = self.receive_exactly(1)
            assert kind == b"\x01", kind
        (length,) = struct.unpack(">Q", self.receive_exactly(8))
        message = self.receive_exactly(length)
        assert message[:4] == REQUEST_ID, message[:4].hex()
        assert message[4:8] == b"CV\x01\x00", message[4:8].hex()
        epoch, self.acked, n_frames, _ = struct.unpack(">QIHH", message[8:24])
        self.epoch = self.epoch or epoch
        assert epoch == self.epoch
        at = 24
        for _ in range(n_frames):
            kind, flags, _, call, size = struct.unpack(">BBHII", message[at:at + 12])
            at += 12
            self.frames.append((kind, flags, call, message[at:at + size]))
            at += size
        assert at == len(message)
        if n_frames:
            self.received += 1
        if self.acknowledge and self.received - self.told >= 8:
            self.send()

    def next_frame(self):
        while not self.frames:
            self.receive_bundle()
        return self.frames.pop(0)

    def open(self, method, request, timeout_ms=60000, last=True):
        """Begins a call with its first request; its number."""
        self.calls += 1
        head = bytes_field(1, (SERVICE + method).encode()) + number_field(2, timeout_ms)
        head += bytes_field(3, bytes_field(1, b"x-request-id") + bytes_field(2, b"from-python"))
        self.send((OPEN, 0, self.calls, head),
                  (MSG, END_STREAM if last else 0, self.calls, request))
        return self.calls

    def read(self, call):
        """The next reply of the call, joined from its pieces, or its status' fields."""
        pieces = b""
        while True:
            kind, flags, of, body = self.next_frame()
            if of != call or kind == HEADERS:
                continue
            if kind == TRAILERS:
                return "end", fields(fields(body).get(1, [b""])[0])
            assert kind == MSG, kind
            pieces += body
            if not flags & MORE:
                return "message", pieces

    def code(self, call):
        what, status = self.read(call)
        assert what == "end", what
        return status.get(1, [0])[0]

    def ping(self):
        """All frames up to the PONG, which is not among them."""
        self.send((PING, 0, 0, b"are you there"))
        before = []
        while True:
            frame = self.next_frame()
            if frame[0] == PONG:
                assert frame[3] == b"are you there"
                return before
            before.append(frame)


def input_of(size):
    """A StreamingInputCallRequest with a payload of that size."""
    return bytes_field(1, bytes_field(1, bytes(size)))


def sizes(*wanted):
    """A StreamingOutputCallRequest for replies of these sizes."""
    return b"".join(bytes_field(1, number_field(1, size)) for size in wanted)


def payload_bytes(message):
    """The size of the payload in a reply."""
    payload = fields(message).get(1, [b""])[0]
    return len(fields(payload).get(1, [b""])[0])


class Case(unittest.TestCase):
    """Tests of a server that runs while they do."""
    url = command = None

    def connect(self, **options):
        connection = Connection(self.url, **options)
        self.addCleanup(connection.close)
        return connection


class Calls(Case):
    def test_settings(self):
        settings = self.connect().settings
        self.assertEqual(settings[1], [4 << 20])
        self.assertEqual(settings[2], [1024])

    def test_unary(self):
        connection = self.connect()
        call = connection.open("UnaryCall", number_field(1, 100))
        what, reply = connection.read(call)
        self.assertEqual(what, "message")
        self.assertEqual(payload_bytes(reply), 100)
        self.assertEqual(connection.code(call), 0)

    def test_unary_in_pieces(self):
        connection = self.connect()
        size = 200000
        request = number_field(1, size) + bytes_field(2, bytes_field(1, bytes(size)))
        connection.calls += 1
        call = connection.calls
        connection.send((OPEN, 0, call, bytes_field(1, (SERVICE + "UnaryCall").encode())))
        for at in range(0, len(request), 49152):
            last = at + 49152 >= len(request)
            connection.send((MSG, END_STREAM if last else MORE, call, request[at:at + 49152]))
        what, reply = connection.read(call)
        self.assertEqual(what, "message")
        self.assertEqual(payload_bytes(reply), size)
        self.assertEqual(connection.code(call), 0)

    def test_status(self):
        connection = self.connect()
        asked = bytes_field(3, number_field(1, 9) + bytes_field(2, b"Not now."))
        what, status = connection.read(connection.open("UnaryCall", asked))
        self.assertEqual((what, status[1], status[2]), ("end", [9], [b"Not now."]))
        self.assertEqual(connection.code(connection.open("NoSuchCall", b"")), 12)

    def test_deadline(self):
        connection = self.connect()
        call = connection.open("UnaryCall", number_field(4, 1), timeout_ms=20)
        self.assertEqual(connection.code(call), 4)

    def test_many_bundles_are_acknowledged(self):
        connection = self.connect()
        for _ in range(100):
            call = connection.open("EmptyCall", b"")
            self.assertEqual(connection.read(call), ("message", b""))
            self.assertEqual(connection.code(call), 0)

    def test_server_stream(self):
        connection = self.connect()
        call = connection.open("StreamingOutputCall", sizes(*range(10)))
        for size in range(10):
            what, reply = connection.read(call)
            self.assertEqual((what, payload_bytes(reply)), ("message", size))
        self.assertEqual(connection.code(call), 0)

    def test_server_stream_with_credit(self):
        # A reply's frame is 12 bytes of header and 64 of body. The first is free; 100 bytes of
        # credit let two more pass, which leaves -52.
        connection = self.connect(stream_credit=100)
        call = connection.open("StreamingOutputCall", sizes(*[60] * 6))
        for _ in range(3):
            what, reply = connection.read(call)
            self.assertEqual((what, len(reply)), ("message", 64))
        self.assertEqual(connection.ping(), [])
        connection.send((CREDIT, 0, call, struct.pack(">I", 52)))
        self.assertEqual(connection.ping(), [])
        connection.send((CREDIT, 0, call, struct.pack(">I", 1)))
        self.assertEqual(connection.read(call)[0], "message")
        self.assertEqual(connection.ping(), [])
        connection.send((CREDIT, 0, call, struct.pack(">I", 1000)))
        self.assertEqual(connection.read(call)[0], "message")
        self.assertEqual(connection.read(call)[0], "message")
        self.assertEqual(connection.code(call), 0)

    def test_large_stream_with_credit_given_back(self):
        connection = self.connect(stream_credit=5000)
        call = connection.open("StreamingOutputCall", sizes(*[1000] * 300))
        for i in range(300):
            what, reply = connection.read(call)
            self.assertEqual((what, payload_bytes(reply)), ("message", 1000))
            if i > 0:
                connection.send((CREDIT, 0, call, struct.pack(">I", 12 + len(reply))))
        self.assertEqual(connection.code(call), 0)

    def test_client_stream(self):
        connection = self.connect()
        call = connection.open("StreamingInputCall", input_of(0), last=False)
        for size in range(1, 20):
            connection.send((MSG, 0, call, input_of(size)))
        connection.send((HALF_CLOSE, 0, call, b""))
        what, reply = connection.read(call)
        self.assertEqual((what, fields(reply)[1]), ("message", [sum(range(20))]))
        self.assertEqual(connection.code(call), 0)

    def test_client_stream_with_credit(self):
        # Sends as long as there is credit, and reads until more is given.
        connection = self.connect()
        credit = connection.settings[3][0]
        call = connection.open("StreamingInputCall", input_of(10000), last=False)
        request = input_of(10000)
        for _ in range(40):
            while credit <= 0:
                kind, _, of, body = connection.next_frame()
                self.assertEqual((kind, of), (CREDIT, call))
                credit += struct.unpack(">I", body)[0]
            connection.send((MSG, 0, call, request))
            credit -= 12 + len(request)
        connection.send((HALF_CLOSE, 0, call, b""))
        while True:
            kind, _, _, reply = connection.next_frame()
            if kind != CREDIT:
                break
        self.assertEqual((kind, fields(reply)[1]), (MSG, [410000]))
        self.assertEqual(connection.code(call), 0)

    def test_request_without_credit_ends_the_connection(self):
        # The server keeps no more replies than these for want of our credit, so it reads no
        # further request and gives no credit for them.
        connection = self.connect(stream_credit=1)
        call = connection.open("FullDuplexCall", sizes(*[40000] * 8), last=False)
        for _ in range(2):
            self.assertEqual(payload_bytes(connection.read(call)[1]), 40000)
        with self.assertRaises(ConnectionError):
            for _ in range(9):
                connection.send((MSG, 0, call, bytes_field(2, bytes_field(1, bytes(30000)))))
            while True:
                connection.next_frame()

    def test_initial_and_trailing_metadata(self):
        connection = self.connect()
        connection.calls += 1
        call = connection.calls
        head = bytes_field(1, (SERVICE + "UnaryCall").encode())
        for key, value in ((b"x-grpc-test-echo-initial", b"first"),
                           (b"x-grpc-test-echo-trailing-bin", b"\0\xff")):
            head += bytes_field(3, bytes_field(1, key) + bytes_field(2, value))
        connection.send((OPEN, 0, call, head), (MSG, END_STREAM, call, b""))
        frames = {}
        while TRAILERS not in frames:
            kind, _, _, frames[kind] = connection.next_frame()
        initial = fields(fields(frames[HEADERS])[1][0])
        self.assertEqual(initial, {1: [b"x-grpc-test-echo-initial"], 2: [b"first"]})
        trailing = fields(fields(frames[TRAILERS])[2][0])
        self.assertEqual(trailing, {1: [b"x-grpc-test-echo-trailing-bin"], 2: [b"\0\xff"]})

    def test_ping_pong_stream(self):
        connection = self.connect()
        call = connection.open("FullDuplexCall", sizes(31), last=False)
        self.assertEqual(payload_bytes(connection.read(call)[1]), 31)
        connection.send((MSG, 0, call, sizes(9)))
        self.assertEqual(payload_bytes(connection.read(call)[1]), 9)
        connection.send((HALF_CLOSE, 0, call, b""))
        self.assertEqual(connection.code(call), 0)

    def test_cancel(self):
        connection = self.connect()
        held = connection.open("UnaryCall", number_field(4, 1))
        self.assertEqual(connection.ping(), [])
        connection.send((CANCEL, 0, held, b""))
        call = connection.open("EmptyCall", b"")
        seen = []
        while not any(kind == TRAILERS and of == call for kind, _, of, _ in seen):
            seen.append(connection.next_frame())
        self.assertEqual([frame for frame in seen if frame[2] == held], [])

    def test_cancel_of_a_stream(self):
        connection = self.connect()
        call = connection.open("FullDuplexCall", sizes(5), last=False)
        self.assertEqual(connection.read(call)[0], "message")
        connection.send((CANCEL, 0, call, b""))
        self.assertEqual(connection.ping(), [])

    def test_second_hello_starts_anew(self):
        connection = self.connect()
        for _ in range(50):  # the handler of the call that is held may end before or after
            held = connection.open("UnaryCall", number_field(4, 1))
            self.assertEqual(connection.ping(), [])
            epoch = connection.epoch
            connection.epoch = connection.received = connection.sent = connection.acked = 0
            connection.send((HELLO, 0, 0, b""))
            self.assertEqual(connection.next_frame()[0], SETTINGS)
            self.assertEqual(connection.epoch, epoch)
            self.assertEqual(connection.received, 1)
            connection.calls = 0
            call = connection.open("EmptyCall", b"")
            self.assertEqual(call, 1)
            self.assertEqual(connection.read(call), ("message", b""))
            self.assertEqual(connection.code(call), 0)

    def test_foreign_epoch_is_dropped(self):
        connection = self.connect()
        epoch, connection.epoch = connection.epoch, connection.epoch + 1
        connection.send((OPEN, 0, 1, b""), (MSG, 0, 0, b"no such thing"))
        connection.epoch = epoch
        self.assertEqual(connection.ping(), [])

    def test_goaway(self):
        server = subprocess.Popen(Case.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  text=True)
        connection = Connection(server.stdout.readline().split()[1])
        held = connection.open("FullDuplexCall", sizes(5), last=False)
        self.assertEqual(connection.read(held)[0], "message")
        server.stdin.close()
        kind, _, _, body = connection.next_frame()
        self.assertEqual((kind, fields(body)[1]), (GOAWAY, [held]))
        refused = connection.open("EmptyCall", b"")
        self.assertEqual(connection.code(refused), 14)
        connection.send((MSG, END_STREAM, held, sizes(7)))
        self.assertEqual(payload_bytes(connection.read(held)[1]), 7)
        self.assertEqual(connection.code(held), 0)
        connection.send()
        self.assertEqual(server.wait(SOCKET_TIMEOUT_S * 2), 0)
        server.stdout.close()
        connection.close()

    def test_unknown_frame_is_skipped(self):
        connection = self.connect()
        connection.send((99, 7, 0, b"of a later version"))
        self.assertEqual(connection.ping(), [])


def main():
    """Runs the tests of the program that was called."""
    if len(sys.argv) != 3:
        sys.exit(f"usage: {sys.argv[0]} SERVER ipc|tcp|tls+tcp")
    Case.command = sys.argv[1:3]
    server = subprocess.Popen(Case.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              text=True)
    word, Case.url = server.stdout.readline().split()
    assert word == "READY", word
    passed = unittest.main(argv=sys.argv[:1], exit=False).result.wasSuccessful()
    server.stdin.close()
    left_over = server.wait(SOCKET_TIMEOUT_S * 2)
    if left_over:
        print(f"The server ended with {left_over}.", file=sys.stderr)
    sys.exit(0 if passed and not left_over else 1)


if __name__ == "__main__":
    main()
