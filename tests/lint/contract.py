#!/usr/bin/env python3
"""buf lint has nothing to say about proto/. Skipped (77) where buf is not installed."""
import shutil
import subprocess
import sys

from sources import ROOT

buf = shutil.which("buf")
if not buf:
    print("buf is not installed (npm install -g @bufbuild/buf): skipped")
    sys.exit(77)
sys.exit(1 if subprocess.run([buf, "lint"], cwd=ROOT / "proto").returncode else 0)
