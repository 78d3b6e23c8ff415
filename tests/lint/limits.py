#!/usr/bin/env python3
"""docs/protocol.md gives the limits that it names as rpc/ has them, and names all of the wire."""
import re
import sys

from sources import ROOT, files

# Headers of which every limit must stand on the page.
WIRE = ("rpc/wire.h", "rpc/flow.h", "rpc/metadata.h", "rpc/status.h", "rpc/message.h")
LIMIT = re.compile(r"_(MAX|MIN|DEFAULT|WINDOW_BUNDLES|ACK_AFTER|CREDIT_BYTES|QUEUE_BYTES)$")
UNITS = {"KiB": 1 << 10, "MiB": 1 << 20, "ms": 1, "s": 1000, "h": 3600 * 1000, "": 1}


def constants():
    """The numbers among the enums of rpc/: name -> (value, header)."""
    known = {}
    for path in files(".h"):
        if not path.startswith("rpc/"):
            continue
        text = re.sub(r"/\*.*?\*/", "", (ROOT / path).read_text(), flags=re.S)
        for name, expression in re.findall(r"\b(CVN_[A-Z0-9_]+) = ([^,}\n]+)", text):
            if re.fullmatch(r"[0-9\s*<()+-]+", expression):
                known[name] = (eval(expression), path)  # digits and operators only
    return known


def page():
    """The page's limits: name -> value."""
    rows = re.findall(r"^\| `(CVN_\w+)`[^|]*\| ([\d,]+) ?(\w*) \|",
                      (ROOT / "docs/protocol.md").read_text(), flags=re.M)
    return {name: int(number.replace(",", "")) * UNITS[unit] for name, number, unit in rows}


def faults():
    known, shown = constants(), page()
    for name, value in shown.items():
        if name not in known:
            yield f"docs/protocol.md: {name} is no limit of rpc/"
        elif known[name][0] != value:
            yield f"docs/protocol.md: {name} is {known[name][0]:,} in {known[name][1]}, not {value:,}"
    for name, (value, path) in known.items():
        if path in WIRE and LIMIT.search(name) and name not in shown:
            yield f"docs/protocol.md: the table of limits lacks {name} ({value:,}) of {path}"


found = list(faults())
print("\n".join(found) or f"the page has the {len(page())} limits right")
sys.exit(1 if found else 0)
