"""What the checks share: where the repository is and which files belong to it."""
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(os.environ.get("HEED_BIN", ROOT / "build/release/bin"))
SOURCE_SUFFIXES = {".h", ".cpp"}


def files():
    """The files that git tracks or would track; without git, all but the folders that git ignores here."""
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
    )
    if listed.returncode == 0:
        names = [name for name in listed.stdout.decode().split("\0") if name]
        return sorted(path for path in (ROOT / name for name in names) if path.is_file())
    ignored = {".git", ".venv", "build", "__pycache__"}
    return sorted(
        path
        for path in ROOT.rglob("*")
        if path.is_file() and not ignored.intersection(path.relative_to(ROOT).parts)
    )


def sources():
    return [path for path in files() if path.suffix in SOURCE_SUFFIXES]


def programs():
    """Names of the programs that were built."""
    return os.environ["HEED_PROGRAMS"].split()
