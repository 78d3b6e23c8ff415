#!/usr/bin/env python3
"""Measures Convene's RPC beside gRPC C++ in one run and prints one table.

usage: compare.py BUILD [--grpc DIR] [--rounds N] [--scale X] [--only CASE,…]

BUILD has bench/rpc/load, and takes what is built here. The peer is grpc_peer.cc, where gRPC C++'s
packages are installed; --grpc (or GRPC_ECHO in the environment) names a folder with a build.sh, a
server and a client of gRPC's for the unary calls without TLS in its place. Each round measures both,
one after the other, in turns; a figure is the median of the rounds. --scale 0.01 tries the harness.
Cases: echo-ipc, echo-tcp, echo-tls, stream-ipc, stream-tcp, stream-tls, idle-ipc, idle-tcp.
"""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
OUTSTANDING = {1: 20000, 64: 200000, 256: 200000}
STREAMED = 1000000
IDLE_CLIENTS = 1000
IDLE_GOAL_BYTES = 32 << 20
CLIENT_TIMEOUT_S = 600
CASES = ["echo-ipc", "echo-tcp", "echo-tls", "stream-ipc", "stream-tcp", "stream-tls", "idle-ipc",
         "idle-tcp"]


class Failed(Exception):
    pass


def run(command, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, **options)
    if done.returncode:
        raise Failed(f"{pathlib.Path(str(command[0])).name}: {done.stderr.strip()[-400:]}")
    return done.stdout


class Server:
    """A server that has said that it is ready."""

    def __init__(self, command, word="READY"):
        self.process = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True)
        said = ""
        while word not in said:
            line = self.process.stdout.readline()
            said += line
            if not line:
                self.process.communicate()
                raise Failed(said.strip() or "the server did not start")
        self.pid = self.process.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def memory(self):
        """Resident bytes, in all and by kind."""
        kinds = {}
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
            name, _, value = line.partition(":")
            if name in ("VmRSS", "RssAnon", "RssFile", "Threads"):
                kinds[name] = int(value.split()[0]) * (1 if name == "Threads" else 1024)
        return kinds


class Convene:
    name = "Convene"

    def __init__(self, build, work, tls):
        self.program, self.work, self.tls = build / "bench/rpc/load", work, tls

    def address(self, transport, side):
        if transport == "ipc":
            return f"ipc://{self.work}/convene.sock"
        if transport == "tcp":
            return "tcp://127.0.0.1:47811"
        return "tls+tcp://" + ("127.0.0.1" if side == "server" else "localhost") + ":47813"

    def options(self, transport, side):
        return self.tls[side] if transport == "tls" else []

    def serve(self, transport):
        return Server([self.program, *self.options(transport, "server"), "serve",
                       self.address(transport, "server")])

    def client(self, transport, *words):
        mode, *rest = words
        return [self.program, *self.options(transport, "client"), mode,
                self.address(transport, "client"), *rest]

    def measure(self, transport, *words):
        with self.serve(transport) as server:
            command = self.client(transport, *words, server.pid)
            return json.loads(run(command, timeout=CLIENT_TIMEOUT_S))


class Convened(Convene):
    """The whole server with its store, for the memory that it takes."""
    name = "convened"

    def serve(self, transport):
        program = self.program.parents[2] / "services/convened"
        data = tempfile.mkdtemp(dir=self.work)
        return Server([program, "--data", data, "--listen", self.address(transport, "server"),
                       "--quiet"], "ready")


class Grpc(Convene):
    name = "gRPC C++"

    def __init__(self, build, work, tls):
        super().__init__(build, work, tls)
        self.program = build / "bench/grpc/grpc_peer"

    def address(self, transport, side):
        ports = {"tcp": 47812, "tls": 47814}
        return f"unix:{self.work}/grpc.sock" if transport == "ipc" else f"127.0.0.1:{ports[transport]}"


class GivenGrpc(Grpc):
    """The peer of --grpc, for unary calls without TLS."""

    def __init__(self, folder, *rest):
        super().__init__(*rest)
        self.folder = folder

    def measure(self, transport, *words):
        if words[0] != "echo" or transport == "tls":
            return super().measure(transport, *words)
        address = self.address(transport, "server")
        with Server([self.folder / "server", address, "callback"]) as server:
            command = [self.folder / "client", address, words[1], words[2], "cq", server.pid]
            return json.loads(run(command, timeout=CLIENT_TIMEOUT_S))


def build_grpc(build):
    """grpc_peer, if gRPC C++ is installed. Whether it is there."""
    out = build / "bench/grpc"
    plugin = shutil.which("grpc_cpp_plugin")
    if not plugin or subprocess.run(["pkg-config", "--exists", "grpc++"]).returncode:
        return False
    sources = [HERE / "grpc_peer.cc", HERE / "load.proto"]
    program = out / "grpc_peer"
    if program.exists() and all(program.stat().st_mtime > s.stat().st_mtime for s in sources):
        return True
    out.mkdir(parents=True, exist_ok=True)
    run(["protoc", f"-I{HERE}", f"--cpp_out={out}", f"--grpc_out={out}",
         f"--plugin=protoc-gen-grpc={plugin}", HERE / "load.proto"])
    flags = run(["pkg-config", "--cflags", "--libs", "grpc++", "protobuf"]).split()
    run(["g++", "-O2", "-std=c++17", f"-I{out}", "-o", program, HERE / "grpc_peer.cc",
         out / "load.pb.cc", out / "load.grpc.pb.cc", *flags])
    return True


def build_given(build, folder):
    """A copy of the given peer, built."""
    copy = build / "bench/grpc-given"
    if not (copy / "client").exists():
        shutil.copytree(folder, copy, dirs_exist_ok=True)
        subprocess.run(["chmod", "-R", "u+w", copy], check=True)
        run(["sh", copy / "build.sh"])
    return copy


def make_certificates(work):
    """An authority, and a certificate from it for "localhost" and one for the client."""
    def openssl(*words):
        run(["openssl", *words], cwd=work)
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    openssl("req", "-x509", *curve, "-days", "2", "-subj", "/CN=bench authority", "-keyout",
            "ca.key", "-out", "ca.pem")
    for side, name in (("server", "localhost"), ("client", "bench client")):
        openssl("req", *curve, "-subj", f"/CN={name}", "-keyout", f"{side}.key", "-out",
                f"{side}.csr")
        (work / f"{side}.ext").write_text(f"subjectAltName=DNS:{name.split()[0]}\n")
        openssl("x509", "-req", "-in", f"{side}.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                "-CAcreateserial", "-days", "2", "-extfile", f"{side}.ext", "-out", f"{side}.pem")
    return {side: ["--ca", work / "ca.pem", "--cert", work / f"{side}.pem", "--key",
                   work / f"{side}.key"] for side in ("server", "client")}


class Table:
    def __init__(self, names):
        self.names = names
        self.rows = []

    def add(self, title, figures):
        """figures: for each peer the list of its rounds."""
        median = [{key: statistics.median(r[key] for r in rounds)
                   for key in rounds[0] if isinstance(rounds[0][key], (int, float))}
                  for rounds in figures]
        cells = [title]
        for key, form, ratio in (("cps", "{:,.0f}", True), ("p50us", "{:,.0f}", False),
                                 ("p99us", "{:,.0f}", False), ("cpu_per100k", "{:.2f}", True)):
            cells += [form.format(m[key]) if key in m else "" for m in median]
            if ratio and len(median) > 1:
                cells.append(f"{median[0][key] / median[1][key]:.2f}")
        self.rows.append(cells)
        print(f"# {title}: " + ", ".join(
            f"{name} {' '.join('{:.0f}'.format(r['cps']) for r in rounds)}"
            for name, rounds in zip(self.names, figures)), file=sys.stderr)

    def print(self):
        if not self.rows:
            return
        short = ["Convene", "gRPC"][:len(self.names)]
        ratio = ["ratio"] if len(short) > 1 else []
        groups = ["", *["per s"] * len(short), *[""] * len(ratio), *["p50 µs"] * len(short),
                  *["p99 µs"] * len(short), *["CPU s/100k"] * len(short), *[""] * len(ratio)]
        names = ["", *short, *ratio, *short, *short, *short, *ratio]
        lines = [groups, names, *self.rows]
        widths = [max(len(line[i]) for line in lines) for i in range(len(names))]
        for line in lines:
            print("  ".join(cell.ljust(width) if i == 0 else cell.rjust(width)
                            for i, (cell, width) in enumerate(zip(line, widths))).rstrip())


def take_turns(peers, rounds, measure):
    """For each peer its rounds; who comes first alternates."""
    figures = [[] for _ in peers]
    for turn in range(rounds):
        order = range(len(peers)) if turn % 2 == 0 else reversed(range(len(peers)))
        for i in order:
            figures[i].append(measure(peers[i]))
    return figures


def compare_rates(peers, options, table):
    for transport in ("ipc", "tcp", "tls"):
        name = {"ipc": "ipc", "tcp": "tcp", "tls": "mutual TLS"}[transport]
        jobs = []
        if f"echo-{transport}" in options.only:
            jobs += [(f"unary {name}, {n} at once", ("echo", n, max(int(calls * options.scale), n)))
                     for n, calls in OUTSTANDING.items()]
        if f"stream-{transport}" in options.only:
            count = max(int(STREAMED * options.scale), 10)
            jobs.append((f"stream {name}, {count:,} messages", ("stream", count)))
        for title, words in jobs:
            try:
                table.add(title, take_turns(peers, options.rounds,
                                            lambda peer: peer.measure(transport, *words)))
            except (Failed, subprocess.TimeoutExpired) as failure:
                print(f"{title}: not measured: {failure}")


def idle_memory(peer, transport, n):
    """The server's memory without clients and with them."""
    with peer.serve(transport) as server:
        before = server.memory()
        client = subprocess.Popen([str(w) for w in peer.client(transport, "idle", n)],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            if client.stdout.readline().strip() != "READY":
                raise Failed("the clients did not connect")
            return before, server.memory()
        finally:
            client.kill()
            client.communicate()


def compare_idle(peers, place, options):
    n = max(int(IDLE_CLIENTS * options.scale), 1)
    for transport in ("ipc", "tcp"):
        if f"idle-{transport}" not in options.only:
            continue
        print(f"\nServer's resident memory with {n:,} idle clients over {transport}:")
        for peer in [peers[0], Convened(*place), *peers[1:]]:
            try:
                before, after = idle_memory(peer, transport, n)
            except Failed as failure:
                print(f"  {peer.name}: not measured: {failure}")
                continue
            grown = after["VmRSS"] - before["VmRSS"]
            print(f"  {peer.name:8}  {after['VmRSS'] / 2**20:6.1f} MiB "
                  f"({after['RssAnon'] / 2**20:.1f} heap and stacks, "
                  f"{after['RssFile'] / 2**20:.1f} program text, {after['Threads']} threads); "
                  f"{before['VmRSS'] / 2**20:.1f} without clients, so {grown / n / 1024:.1f} KiB each"
                  + ("" if peer.name == Grpc.name or after["VmRSS"] <= IDLE_GOAL_BYTES
                     else "; MORE THAN 32 MiB"))


def read_options():
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].split("\n\n")[0],
                                     description=__doc__.split("\n\n", 2)[2],
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--grpc", type=pathlib.Path, default=os.environ.get("GRPC_ECHO"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scale", type=float, default=1)
    parser.add_argument("--only", default=",".join(CASES))
    options = parser.parse_args()
    options.only = options.only.split(",")
    unknown = [case for case in options.only if case not in CASES]
    if unknown:
        parser.error(f"there is no case {unknown[0]}; there are {', '.join(CASES)}")
    return options


def main():
    options = read_options()
    build = options.build.resolve()
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        place = (build, work, make_certificates(work))
        peers = [Convene(*place)]
        if not build_grpc(build):
            print("(gRPC C++ is not installed here: no peer)")
        elif options.grpc:
            peers.append(GivenGrpc(build_given(build, pathlib.Path(options.grpc)), *place))
        else:
            peers.append(Grpc(*place))
        table = Table([peer.name for peer in peers])
        compare_rates(peers, options, table)
        table.print()
        compare_idle(peers, place, options)


if __name__ == "__main__":
    main()
