#!/usr/bin/env python3
"""Arrows run one way: each room includes only from the rooms it may know."""
import re
import sys

from sources import ROOT, files

# A place (the longest prefix that fits a file) and what it may include from, itself aside.
MAY = {
    "base": [],
    "rpc": ["base", "proto"],
    "storage": ["base"],
    "services/runtime": ["base", "proto", "rpc", "storage"],
    "services/events/rules": ["base"],
    "services/events/calendar": ["base", "proto", "services/events/rules"],
    "services/events": ["base", "proto", "rpc", "storage", "services/runtime"],
    "matching": ["base"],
    "cohort": ["base", "matching", "proto"],
    "services/mentoring/rules": ["base"],
    "services/mentoring": ["base", "matching", "cohort", "proto", "rpc", "storage", "services/runtime"],
    "services": ["base", "proto", "rpc", "storage"],
    "client": ["base", "matching", "cohort", "proto", "rpc"],
}
# Headers of libconvene.
PUBLIC = ("convene/convene.h", "convene/matching.h")
# The one place of each library whose types must not spread.
ONLY = {"lmdb.h": "storage/", "nng/": "rpc/", "mbedtls/": "rpc/tls", "libical/": "services/events/rules/recurrence", "unicode/": "services/events/calendar/zone_name", "libsmartcols": "client/"}


def place_of(path):
    """The row of MAY that a file falls under, or its first folder."""
    fits = [p for p in MAY if path.startswith(p + "/")]
    return max(fits, key=len) if fits else path.split("/")[0]


def target_of(include):
    """Which place an include leads to; generated messages lie under proto."""
    if include.startswith(("convene/", "google/", "grpc/")) or include == "descriptors.h":
        return "client" if include in PUBLIC else "proto"
    return place_of(include)


def faults():
    for path in files(".c", ".h"):
        place = place_of(path)
        for number, line in enumerate((ROOT / path).read_text().splitlines(), 1):
            found = re.match(r'\s*#\s*include\s+(["<])([^">]+)[">]', line)
            if not found:
                continue
            quote, include = found.groups()
            for library, home in ONLY.items():
                if include.startswith(library) and not path.startswith((home, "tests/", "bench/")):
                    yield f"{path}:{number}: {include} is for {home} only"
            if quote == "<" or place not in MAY:
                continue
            target = target_of(include)
            inside = target.startswith(place + "/") or (place == "services")
            if target != place and target not in MAY[place] and not inside:
                yield f"{path}:{number}: {place} may not know {target} ({include})"


found = list(faults())
print("\n".join(found) or "every include runs the right way")
sys.exit(1 if found else 0)
