"""The folders of the repository, in one place: no other module builds a path from its own file name."""

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
