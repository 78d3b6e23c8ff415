"""A server of one's own for a test, and the command line against it."""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = pathlib.Path(os.environ.get("CONVENE_TEST_DATA", ROOT.parent / "shared" / "data"))
SKIPPED = 77


def free_port():
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Community:
    """convened on a socket in a temporary directory, stopped and removed at the end."""

    def __init__(self, build, *options):
        self.build = pathlib.Path(build)
        self.directory = tempfile.mkdtemp(prefix="convene-test-")
        self.url = f"ipc://{self.directory}/convene.sock"
        self.options = options
        self.log = open(os.path.join(self.directory, "log"), "w+")
        self.server = None
        self.start()

    def start(self):
        """Starts the server and waits for its line that says it is ready."""
        self.server = subprocess.Popen(
            [self.build / "services" / "convened", "--data", f"{self.directory}/data",
             "--listen", self.url, *self.options],
            stderr=subprocess.PIPE, text=True)
        for line in self.server.stderr:
            self.log.write(line)
            if line.startswith("convened: ready"):
                break
        else:
            raise RuntimeError(f"convened did not start: {self.read_log()}")
        # From here on the log goes to the file, whoever reads it.
        self.drain = subprocess.Popen(["cat"], stdin=self.server.stderr, stdout=self.log)

    def read_log(self):
        self.log.flush()
        with open(self.log.name) as log:
            return log.read()

    def stop(self, with_signal=signal.SIGTERM):
        """Ends the server; its exit status."""
        self.server.send_signal(with_signal)
        status = self.server.wait(60)
        self.server.stderr.close()
        self.drain.wait(60)
        return status

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.server.poll() is None:
            self.stop()
        shutil.rmtree(self.directory)

    def convene(self, *arguments, text=None, expect=0):
        """Runs `convene ARGUMENTS`; checks its exit code; its completed process."""
        done = subprocess.run(
            [self.build / "client" / "convene", "--url", self.url, *map(str, arguments)],
            input=text, capture_output=True, text=True)
        if expect is not None and done.returncode != expect:
            raise AssertionError(
                f"convene {' '.join(map(str, arguments))}: exit {done.returncode}, not {expect}\n"
                f"{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
        return done

    def json(self, *arguments):
        """What a command prints with -o json."""
        return json.loads(self.convene(*arguments, "-o", "json").stdout)
