#!/usr/bin/env python3
"""Every C file is as clang-format would write it."""
import subprocess
import sys

from sources import ROOT, files

done = subprocess.run(["clang-format", "--dry-run", "--Werror", *files(".c", ".h")], cwd=ROOT)
print("run clang-format -i on the files above" if done.returncode else "everything is formatted")
sys.exit(1 if done.returncode else 0)
