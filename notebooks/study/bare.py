"""The record of a page that loads, learns and draws by itself, so that its reader sees every line of it."""

import time
from collections.abc import Mapping
from pathlib import Path

from diffusers import StableDiffusionPipeline

from study.page import Page
from textinv_core.drawing.store import open_store
from textinv_core.evaluation.judges import Judge
from textinv_core.learning.concepts import Concept
from textinv_core.paths import record_dir

BEGAN = time.monotonic()  # such a page imports this with its first lines


def bare_page(name: str, cells: Mapping, pipe: StableDiffusionPipeline, judge: Judge, concept: Concept) -> Page:
    """What `begin` gives, of what the notebook loaded itself; `cells` are its `globals()`."""
    given = {key: cells[key] for key in cells["__annotations__"]}
    folder = Path(given["out"]) if given["out"] else record_dir(given["profile"], name)
    folder.mkdir(parents=True, exist_ok=True)
    store = open_store(given["profile"])
    return Page(name, given["profile"], folder, pipe, judge, (concept,), store, given, began=BEGAN)
