"""What every notebook of the study opens at its start, says in its prose, and records at its end."""

import time
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import matplotlib.pyplot as plt
import pandas as pd
from diffusers import StableDiffusionPipeline
from PIL import Image
from pydantic import ValidationInfo, field_validator

from study.earlier_pages import chosen_regime
from study.figures import use_style
from study.parameters import check_notebook
from study.sheets import write_sheet
from study.timing import TimedJudge, TimedStore, all_parts, cpu_seconds, timed
from study.wording import counted, shown_name
from textinv_core.drawing.store import Store, open_store
from textinv_core.evaluation.judges import Judge, load_judge
from textinv_core.files import write_json, write_table
from textinv_core.learning.concepts import Concept, class_phrase, context_prompts, data_hash, load_concept, plain_prompt
from textinv_core.learning.models import load_pipeline, model_hash, resolution
from textinv_core.paths import NOTEBOOKS, record_dir
from textinv_core.provenance import code_identity, identity, provenance
from textinv_core.settings import Settings, Word

POCKET = "pocket"
WHERE = ("profile", "out", "runs")  # parameters that decide where things lie, not what comes out
NAMED = ("concept", "concepts", "judge")  # parameters that the record has by what was loaded
PICTURED = 3  # concepts, at most, of the figures that show one by one
SHEET_SIDE = 192  # pixels a side of the pictures kept beside the numbers, at most


class Claim(Settings):
    """One claim of the two documents, in their words, and what became of it here."""

    source: Word  # "poster, Fig. 2", "research note, experiment 3"
    words: str  # as written there
    test: str  # what was measured, against what
    result: str  # with interval
    n: str  # of what and how many
    verdict: Literal["supported", "not supported", "undecided"]
    primary: bool = False  # named on the page before its results
    takes: str = ""  # what would decide it, if the estimate stays; kept of an undecided one alone

    @field_validator("takes")
    @classmethod
    def _open_yet(cls, takes: str, known: ValidationInfo) -> str:
        return takes if known.data.get("verdict") == "undecided" else ""


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
    parameters: Mapping = field(default_factory=dict)  # all that its parameters cell declares, as this run has them
    numbers: dict[str, str] = field(default_factory=dict)  # what its prose quotes
    spent: dict[str, float] = field(default_factory=dict)  # processor seconds by part
    began: float = field(default_factory=time.monotonic)

    @property
    def side(self) -> int:
        """Pixels a side of what the model draws."""
        return resolution(self.pipe)

    @property
    def model_name(self) -> str:
        """How a sentence calls the model."""
        return model_title(self.parameters["model"])

    @property
    def names(self) -> list[str]:
        """The concepts' names, in the order asked for."""
        return [concept.name for concept in self.concepts]

    @property
    def pictured(self) -> list[str]:
        """Those of the names whose pictures are shown one by one: the first few, or a page of many grows long."""
        return self.names[:PICTURED]

    @property
    def labels(self) -> dict[str, str]:
        """Name -> how the page writes it."""
        return {name: shown_name(name) for name in self.names}

    @property
    def noises(self) -> range:
        """The seeds of the pictures of a prompt: the same for whatever is compared."""
        return range(self.parameters["images_per_prompt"])

    def prompts(self) -> dict[str, list[str]]:
        """Name -> the plain prompt and, after it, as many contexts as the page measures editability in."""
        many = self.parameters["contexts"]
        return {c.name: [plain_prompt(c.kind), *list(context_prompts(c.kind))[:many]] for c in self.concepts}

    @property
    def drawing(self) -> dict:
        """The sampler's settings that its parameters give."""
        given = self.parameters
        return dict(guidance_scale=given["guidance"], num_inference_steps=given["num_inference_steps"])

    def draw(self, words, texts: Sequence[str], noises: Sequence[int] | None = None, pipe=None, **how) -> pd.DataFrame:
        """Pictures of learned words as the page's parameters have it, by its model or another; see `Store.draw`."""
        noises = self.noises if noises is None else noises
        return self.store.draw(pipe or self.pipe, words, texts, noises, **self.drawing | how)

    def draw_plain(self, concept: Concept, texts: Sequence[str], noises: Sequence[int] | None = None) -> pd.DataFrame:
        """The plain model's pictures, the concept's class word in the placeholder's place."""
        return self.draw(None, texts, noises, word=class_phrase(concept))

    def sheet(self, name: str, images: Sequence[Image.Image], columns: int) -> None:
        """Keep pictures beside the numbers, `columns` in a row."""
        write_sheet(self.folder / f"{name}.png", images, columns, side=min(self.side, SHEET_SIDE))

    def say(self, **numbers: str) -> None:
        """Glue what the prose quotes, and keep it for the record."""
        from myst_nb import glue

        for key, value in numbers.items():
            glue(key, value, display=False)
        self.numbers.update(numbers)

    def common(self, *keys: str) -> dict[str, str]:
        """What most pages quote of their own size and settings, by the key they quote it by; a setting by its name."""
        given = self.parameters
        known = dict(model_name=self.model_name, n_concepts=f"{len(self.concepts)}")
        if "seeds" in given:
            known |= dict(n_seeds=f"{len(given['seeds'])}", seeds_said=counted(len(given["seeds"]), "training seed"))
        if "images_per_prompt" in given:
            known |= dict(n_pictures=f"{given['images_per_prompt']}")
        if "as_chosen" in given:
            found = given["as_chosen"] and chosen_regime(given["profile"], given)
            known |= dict(settings_from="as chosen on the page on settings" if found else "given to this run")
        if "contexts" in given:
            known |= dict(n_contexts=f"{min(len(texts) - 1 for texts in self.prompts().values())}")
        settings = {key: f"{value:g}" if isinstance(value, float) else f"{value}" for key, value in given.items()}
        return {key: (settings | known)[key] for key in keys}

    def close(self, tables: Mapping[str, pd.DataFrame], claims: Sequence[Claim] = (), **decided) -> None:
        """Record the page: its parameters, with what it `decided` for those left open, and all that it said."""
        given = {key: value for key, value in self.parameters.items() if key not in (*WHERE, *NAMED)}
        self.record(given | decided, tables, self.numbers, claims)

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
        modules = sorted(path.stem for path in (NOTEBOOKS / "study" / "analysis").glob(f"{self.name}*.py"))
        analysed = identity([code_identity(f"study.analysis.{module}", NOTEBOOKS) for module in modules])
        record = provenance(named, data=data, model=model_hash(self.pipe), analysis=analysed, seconds=spent)
        record |= dict(profile=self.profile, page=self.name, cpu_seconds=all_parts(self.spent))
        write_json(self.folder / "provenance.json", record)


def begin(name: str, cells: MutableMapping) -> Page:
    """A notebook's page as its parameters say, `cells` being the notebook's `globals()`; sets the figures' style.

    To be called in the cell after the parameters, which are checked first (see `check_notebook`). They are the names
    that a notebook annotates: its parameters cell alone does. Where its `as_chosen` is true, the settings that the page
    on settings chose in this profile take the place of the notebook's own.
    """
    check_notebook(cells.get("In", ()), cells)
    use_style()
    plt.rcParams["figure.dpi"] = 120
    given = {key: cells[key] for key in cells["__annotations__"]}
    if given.get("as_chosen"):  # the KL weight apart, which zero leaves open: see `chosen_kl_weight`
        given |= chosen_regime(given["profile"], given.keys() - {"kl_weight"})
        cells.update(given)
    where = {key: given[key] for key in ("profile", "model", "judge", "out", "runs", "initializer") if key in given}
    chosen = [given["concept"]] if given.get("concept") else given["concepts"]
    return open_page(name, concepts=chosen, parameters=given, **where)


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
    parameters: Mapping | None = None,  # of the page, kept for its methods
) -> Page:
    """Load what a notebook needs; the folder of its records is there when this returns."""
    if not concepts:
        raise ValueError("concepts: expected one or more names or folders, got none")
    spent = dict(start=cpu_seconds())
    with timed(spent, "load"):
        loaded = tuple(load_concept(where, initializer=initializer or None) for where in concepts)
        pipe, scorer = load_pipeline(model), TimedJudge(**vars(load_judge(judge or None, model=model)), spent=spent)
        store = TimedStore(**vars(open_store(profile, runs)), spent=spent)
    folder = Path(out) if out else record_dir(profile, name)
    folder.mkdir(parents=True, exist_ok=True)
    return Page(name, profile, folder, pipe, scorer, loaded, store, parameters or {}, spent=spent)


def model_title(model: str) -> str:
    """How a sentence calls the model: the pocket model is never called Stable Diffusion 1.5."""
    return "the pocket model" if model == POCKET else model
