"""The project's own C files, as git knows them; where there is no git, as they lie there."""
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROOMS = ("base", "matching", "rpc", "storage", "services", "client", "tests", "bench", "proto")


def files(*suffixes):
    """Paths relative to the root, sorted."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-co", "--exclude-standard"],
            cwd=ROOT, check=True, capture_output=True, text=True,
        ).stdout.split("\n")
    except (OSError, subprocess.CalledProcessError):
        listed = [str(p.relative_to(ROOT)) for room in ROOMS for p in (ROOT / room).rglob("*")]
    return sorted(
        f for f in listed
        if f.endswith(suffixes) and f.split("/")[0] in ROOMS and (ROOT / f).is_file()
    )
