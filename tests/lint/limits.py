#!/usr/bin/env python3
"""docs/protocol.md gives the limits that it names as rpc/ has them, and names all of the wire; and
each limit that a header of ROOMS names is named by a test, which tries it."""
import re
import sys

from sources import ROOT, files

# Headers of which every limit must stand on the page.
WIRE = ("rpc/wire.h", "rpc/flow.h", "rpc/metadata.h", "rpc/status.h", "rpc/message.h")
LIMIT = re.compile(r"_(MAX|MIN|DEFAULT|WINDOW_BUNDLES|ACK_AFTER|CREDIT_BYTES|QUEUE_BYTES)$")
UNITS = {"KiB": 1 << 10, "MiB": 1 << 20, "ms": 1, "s": 1000, "h": 3600 * 1000, "": 1}

# Rooms whose limits are tested.
ROOMS = ("services/events/", "services/mentoring/", "client/")

# What no request comes up to: memory, and room in arrays, for what other limits bound. A limit that
# a peer can reach has a test instead of a line here.
UNREACHED = {
    "CVN_CALENDAR_FILE_LINES_MAX": "so that a line's number is an int32; the file has 4 GB and more",
    "CVN_EVENT_CELLS_MAX": "the cells of the largest circle",
    "CVN_EVENT_LIST_HINT_BYTES_MAX": "memory for the events that a hint looks at",
    "CVN_EVENT_LIST_HINT_SCAN_MAX": "a bound of work; a count that comes to it is told as at least that",
    "CVN_EVENT_LIST_ROW_BYTES_MAX": "memory for one event",
    "CVN_EVENT_PLAN_STREAMS_MAX": "one for each filter and word",
    "CVN_KEY_SOURCE_KEYS_MAX": "keys that are remembered; of one that is not, the events service is asked",
    "CVN_LINT_FINDINGS_MAX": "room for the findings, of which there is one of each kind",
    "CVN_ROSTER_PEOPLE_MAX": "a million people, as many as a matching takes, whose own limit is tested",
    "CVN_RUN_INPUT_BYTES_MAX": "a bound of what is kept; only cohorts of millions come to it",
}


def constants(rooms):
    """The numbers among the enums of rooms' headers: name -> (expression, header)."""
    known = {}
    for path in files(".h"):
        if not path.startswith(rooms):
            continue
        text = re.sub(r"/\*.*?\*/", "", (ROOT / path).read_text(), flags=re.S)
        for name, expression in re.findall(r"\b(CVN_[A-Z0-9_]+) = ([^,}\n]+)", text):
            known[name] = (expression.strip(), path)
    return known


def wire_constants():
    """Those of rpc/: name -> (value, header)."""
    return {name: (eval(expression), path)  # digits and operators only
            for name, (expression, path) in constants("rpc/").items()
            if re.fullmatch(r"[0-9\s*<()+-]+", expression)}


def page():
    """The page's limits: name -> value."""
    rows = re.findall(r"^\| `(CVN_\w+)`[^|]*\| ([\d,]+) ?(\w*) \|",
                      (ROOT / "docs/protocol.md").read_text(), flags=re.M)
    return {name: int(number.replace(",", "")) * UNITS[unit] for name, number, unit in rows}


def wire_faults():
    known, shown = wire_constants(), page()
    for name, value in shown.items():
        if name not in known:
            yield f"docs/protocol.md: {name} is no limit of rpc/"
        elif known[name][0] != value:
            yield f"docs/protocol.md: {name} is {known[name][0]:,} in {known[name][1]}, not {value:,}"
    for name, (value, path) in known.items():
        if path in WIRE and LIMIT.search(name) and name not in shown:
            yield f"docs/protocol.md: the table of limits lacks {name} ({value:,}) of {path}"


def untested():
    """Limits of ROOMS that no test names, and lines above that are needed no more."""
    limits = {name: path for name, (_, path) in constants(ROOMS).items() if name.endswith("_MAX")}
    tested = set()
    for path in files(".c", ".h"):
        if path.startswith("tests/"):
            tested.update(re.findall(r"\bCVN_[A-Z0-9_]+_MAX\b", (ROOT / path).read_text()))
    for name, path in limits.items():
        if name not in tested and name not in UNREACHED:
            yield f"{path}: no test names {name}; try a request at it, and one beyond it"
    for name in UNREACHED:
        if name not in limits:
            yield f"tests/lint/limits.py: {name} is no limit of {' or '.join(ROOMS)} any more"


found = [*wire_faults(), *untested()]
print("\n".join(found) or f"the page has the {len(page())} limits right; those of {', '.join(ROOMS)} are tested")
sys.exit(1 if found else 0)
