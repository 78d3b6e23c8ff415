#!/usr/bin/env python3
"""Every header compiles alone: headers.py BUILD_DIR CC"""
import concurrent.futures
import subprocess
import sys

from sources import ROOT, files

build, cc = sys.argv[1:3]
packages = ["libprotobuf-c", "libical", "libsodium", "jansson"]
flags = subprocess.run(
    ["pkg-config", "--cflags", *packages], check=True, capture_output=True, text=True
).stdout.split()
flags += ["-std=gnu17", "-Wall", "-Werror", "-D_GNU_SOURCE", f"-I{ROOT}", f"-I{build}/proto",
          f"-I{build}/tests/support", f"-I{build}/bench/rpc", f"-I{ROOT}/proto",
          f"-I{ROOT}/client/include"]


def compile_alone(path):
    source = f'#include "{ROOT}/{path}"\n'
    done = subprocess.run([cc, *flags, "-fsyntax-only", "-x", "c", "-"], input=source,
                          capture_output=True, text=True)
    return f"{path} does not compile alone:\n{done.stderr}" if done.returncode else None


headers = files(".h")
with concurrent.futures.ThreadPoolExecutor(2) as pool:
    found = [fault for fault in pool.map(compile_alone, headers) if fault]
print("\n".join(found) or f"each of {len(headers)} headers compiles alone")
sys.exit(1 if found else 0)
