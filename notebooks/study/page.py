"""What every notebook of the study opens at its start and records at its end."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pandas as pd
from diffusers import StableDiffusionPipeline

from textinv_core.drawing.store import Store, open_store
from textinv_core.evaluation.judges import Judge, load_judge
from textinv_core.files import write_json, write_table
from textinv_core.learning.concepts import Concept, data_hash, load_concept
from textinv_core.learning.models import load_pipeline, model_hash, resolution
from textinv_core.paths import record_dir
from textinv_core.provenance import provenance
from textinv_core.settings import Settings, Word

POCKET = "pocket"


class Claim(Settings):
    """One claim of the two documents, in their words, and what became of it here."""

    source: Word  # "poster, Fig. 2", "research note, experiment 3"
    words: str  # as written there
    test: str  # what was measured, against what
    result: str  # with interval
    n: str  # of what and how many
    verdict: Literal["supported", "not supported", "undecided"]
    primary: bool = False  # named on the page before its results


@dataclass(frozen=True)
class Page:
    """A notebook's model, judge, concepts and store, and the folder of its records."""

    name: str
    profile: str
    folder: Path
    pipe: StableDiffusionPipeline
    judge: Judge
    concepts: tuple[Concept, ...]
    store: Store
    began: float = field(default_factory=time.monotonic)

    @property
    def side(self) -> int:
        """Pixels a side of what the model draws."""
        return resolution(self.pipe)

    def record(
        self,
        parameters: Mapping,  # what decides the numbers, as the page states it
        tables: Mapping[str, pd.DataFrame],  # name -> tidy table, kept as <name>.csv
        numbers: Mapping[str, str],  # what the prose quotes
        claims: Sequence[Claim] = (),
    ) -> None:
        """Write the page's records; `provenance.json` comes last, so a folder that has it is whole."""
        for name, table in tables.items():
            write_table(self.folder / f"{name}.csv", table)
        write_json(self.folder / "numbers.json", numbers)
        write_json(self.folder / "claims.json", {"claims": [claim.model_dump() for claim in claims]})
        data, spent = {c.name: data_hash(c) for c in self.concepts}, time.monotonic() - self.began
        named = dict(parameters) | dict(judge=self.judge.name, concepts=[c.name for c in self.concepts])
        record = provenance(named, data=data, model=model_hash(self.pipe), seconds=spent)
        write_json(self.folder / "provenance.json", record | dict(profile=self.profile, page=self.name))


def open_page(
    name: str,
    *,
    profile: str,
    concepts: Sequence[str],  # names or folders
    model: str = POCKET,
    judge: str = "",  # empty: the model's own
    out: str = "",  # folder of the records; empty: results/<profile>/<name>
    runs: str = "",  # folder of learned words; empty: results/<profile>/runs
    initializer: str = "",  # empty: each concept's own
) -> Page:
    """Load what a notebook needs; the folder of its records is there when this returns."""
    if not concepts:
        raise ValueError("concepts: expected one or more names or folders, got none")
    loaded = tuple(load_concept(where, initializer=initializer or None) for where in concepts)
    pipe, scorer = load_pipeline(model), load_judge(judge or None, model=model)
    folder = Path(out) if out else record_dir(profile, name)
    folder.mkdir(parents=True, exist_ok=True)
    return Page(name, profile, folder, pipe, scorer, loaded, open_store(profile, runs))


def model_title(model: str) -> str:
    """How a sentence calls the model: the pocket model is never called Stable Diffusion 1.5."""
    return "the pocket model" if model == POCKET else model
