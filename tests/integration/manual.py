#!/usr/bin/env python3
"""The manual page names every command that the help names, and every exit code."""
import pathlib
import re
import subprocess
import sys

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "man" / "convene.1.scd"


def help_on(build, *words):
    done = subprocess.run([pathlib.Path(build) / "client" / "convene", "help", *words],
                          capture_output=True, text=True, check=True)
    return done.stdout


def commands(build):
    """Family and action of each, as in ("events", "list") or ("admin", "keys list")."""
    families = re.search(r"Commands:\n(.*?)\n\n", help_on(build), re.S).group(1)
    for family in re.findall(r"^  (\S+)", families, re.M):
        if family in ("help", "version"):
            continue
        for words in re.findall(rf"^  convene {family} (.*?)(?:  |$)", help_on(build, family), re.M):
            action = [w for w in words.split() if re.fullmatch(r"[a-z-]+", w)]
            if action:
                yield family, " ".join(action)


def documented(page):
    """The same, from the page's lines as "*events* list | show _EVENT_"."""
    for family, rest in re.findall(r"^\*([a-z ]+)\* (.*)$", page, re.M):
        for part in rest.split("|"):
            words = re.findall(r"^[a-z-]+", part.strip())
            if words:
                yield tuple([*family.split(), *words])


def main(build):
    page = PAGE.read_text()
    told = set(documented(page))
    known = [(family, *action.split()) for family, action in commands(build)]
    assert len(known) > 80, known
    missing = [" ".join(c) for c in known if c not in told]
    assert not missing, f"the page has no word of: {', '.join(missing)}"
    codes = re.findall(r"^  (\d)  ", help_on(build), re.M)
    assert codes == re.findall(r"^\*(\d)\*$", page, re.M), codes
    print(f"the page names all {len(known)} commands")


if __name__ == "__main__":
    main(sys.argv[1])
