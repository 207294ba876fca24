"""The folders of the repository, in one place: no other module builds a path from its own file name."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "data"
MODELS = DATA / "models"
CONCEPTS = DATA / "concepts"
RESULTS = ROOT / "results"
NOTEBOOKS = ROOT / "notebooks"
BOOK = ROOT / "book"
PUBLISHED = ("full", "quick")  # profiles: the first that has a page is the one shown
PLAIN_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]*"  # of a profile or an experiment: a folder's name and no more
BUILD = ROOT / "build"  # scratch: never committed, safe to delete


def shown(path: str | Path) -> str:
    """A path as messages name it: one line, whatever is in it."""
    text = str(path)
    return text if text.isprintable() else repr(text)


def record_dir(profile: str, experiment: str) -> Path:
    """Where an experiment's records lie: results/<profile>/<experiment>."""
    return RESULTS / _plain_name(profile) / _plain_name(experiment)


def scratch_dir(profile: str) -> Path:
    """Where what a profile can make again lies: build/<profile>."""
    return BUILD / _plain_name(profile)


def _plain_name(name: str) -> str:
    if not re.fullmatch(PLAIN_NAME, name):
        raise ValueError(f"record name {name!r}: expected letters, digits, '.', '_' or '-'")
    return name
