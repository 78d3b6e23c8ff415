#!/usr/bin/env python3
"""A file has at most 600 lines and a function at most 70, so that each is read in one go."""
import sys

from sources import ROOT, files

FILE_LINES, FUNCTION_LINES = 600, 70


def faults():
    for path in files(".c", ".h"):
        lines = (ROOT / path).read_text().splitlines()
        if len(lines) > FILE_LINES:
            yield f"{path}: {len(lines)} lines; split it by what it does"
        begin = None
        for number, line in enumerate(lines, 1):
            if line == "{":
                begin = number
            elif line == "}" and begin:
                if number - begin - 1 > FUNCTION_LINES:
                    yield f"{path}:{begin}: a function of {number - begin - 1} lines"
                begin = None


found = list(faults())
print("\n".join(found) or "every file and function is short enough")
sys.exit(1 if found else 0)
