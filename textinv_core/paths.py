"""The folders of the repository, in one place: no other module builds a path from its own file name."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "data"
MODELS = DATA / "models"
CONCEPTS = DATA / "concepts"
RESULTS = ROOT / "results"
NOTEBOOKS = ROOT / "notebooks"
BOOK = ROOT / "book"
BUILD = ROOT / "build"  # scratch: never committed, safe to delete
