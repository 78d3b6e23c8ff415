#!/usr/bin/env python3
"""That the optimal mode finds LEMON's optimum, on people and on instances made to be hard:
lemon.py SOLVE_BENCH LEMON_OPTIMUM"""
import json
import subprocess
import sys
import tempfile

solve_bench, lemon_optimum = sys.argv[1:]


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=600).stdout


with tempfile.TemporaryDirectory() as work:
    path = f"{work}/instance"
    instances = [("people", str(size), str(seed)) for size, seed in ((10000, 1), (10000, 2), (100000, 1))]
    instances += [("make", "10000", str(kind), "7") for kind in range(4)]
    for what, size, *rest in instances:
        run(solve_bench, what, path, size, *rest)
        ours = json.loads(run(solve_bench, "solve", path, "optimal"))
        theirs = int(run(lemon_optimum, path))
        assert ours["proved"] and ours["worth"] == theirs, (what, size, rest, ours, theirs)
        print(f"{what} {size} {' '.join(rest)}: {theirs:,}", flush=True)
