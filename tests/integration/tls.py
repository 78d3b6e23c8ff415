#!/usr/bin/env python3
"""convened and convene over tls+tcp: flags, environment, keys, certificates read again."""
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time

from community import ROOT, Community

CERTS = ROOT / "tests" / "support" / "certs"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_log(community, words):
    while words not in community.read_log():
        assert community.server.poll() is None, community.read_log()
        time.sleep(0.01)


def check_reload(community, url):
    """SIGHUP after new files; after bad ones nothing changes."""
    folder = pathlib.Path(community.directory)
    for name, kind in [("server.pem", "pem"), ("server.key", "key")]:
        shutil.copy(CERTS / f"other-{name}", folder / name)
    community.server.send_signal(signal.SIGHUP)
    wait_for_log(community, "were read again")
    said = community.convene("--url", url, "--tls-ca", CERTS / "ca.pem", "--timeout", "5s", "events",
                             "list", expect=7).stderr
    assert "authority" in said, said
    community.convene("--url", url, "--tls-ca", CERTS / "other-ca.pem", "events", "list")
    (folder / "server.key").write_text("nonsense")
    community.server.send_signal(signal.SIGHUP)
    wait_for_log(community, "stay as they were")
    assert "no private key" in community.read_log()
    community.convene("--url", url, "--tls-ca", CERTS / "other-ca.pem", "events", "list")


def check_refusals(build, directory):
    """Files that do not fit end the start with a sentence."""
    program = pathlib.Path(build) / "services" / "convened"
    for options, words in [
            ([], "needs a certificate"),
            (["--tls-cert", CERTS / "server.pem"], "only"),
            (["--tls-cert", CERTS / "server.pem", "--tls-key", CERTS / "client.key"],
             "is not that of"),
            (["--tls-cert", "/none", "--tls-key", "/none"], "/none cannot be read")]:
        done = subprocess.run([program, "--data", f"{directory}/other", "--listen",
                               "tls+tcp://127.0.0.1:0", *options], capture_output=True, text=True,
                              timeout=60)
        assert done.returncode == 1 and words in done.stderr, (options, done)


def main(build):
    url = f"tls+tcp://localhost:{free_port()}"
    listen = url.replace("localhost", "127.0.0.1")
    with Community(build, "--quiet") as community:
        folder = pathlib.Path(community.directory)
        assert community.stop() == 0
        for name in ["server.pem", "server.key"]:
            shutil.copy(CERTS / name, folder / name)
        community.options = ("--quiet", "--listen", listen, "--tls-cert",
                             folder / "server.pem", "--tls-key", folder / "server.key")
        community.start()
        trust = ["--url", url, "--tls-ca", CERTS / "ca.pem"]
        community.convene("people", "create", "--name", "Ada", "--email", "ada@example.org")
        key = folder / "key"
        key.write_text(community.convene("admin", "keys", "create", "--label", "x", "--person",
                                         "ada@example.org", "-q").stdout)
        assert "ada@" in community.convene(*trust, "--key-file", key, "people", "show", "me").stdout
        community.convene(*trust, "people", "show", "me", expect=4)
        os.environ.update(CONVENE_TLS_CA=str(CERTS / "ca.pem"), CONVENE_KEY_FILE=str(key))
        community.convene("--url", url, "people", "show", "me")
        del os.environ["CONVENE_TLS_CA"], os.environ["CONVENE_KEY_FILE"]
        said = community.convene("--url", url, "--timeout", "5s", "events", "list", expect=7).stderr
        assert "authority" in said, said
        community.convene("--url", url, "--tls-ca", "/none", "events", "list", expect=1)
        check_reload(community, url)
        check_refusals(build, community.directory)


main(sys.argv[1])
