"""An arm: one learned word under one setting. A run: many arms trained together, kept in one folder.

A run's folder holds `run.json` (what was asked), `step_*.safetensors` (the rows of every arm and the
log line of that step, in one file) and `state.safetensors` (where to go on).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pandas as pd
from pydantic import Field

from textinv_core.concepts import Concept, Settings, Word, data_hash
from textinv_core.records import identity, load_json, load_tensors
from textinv_core.tokens import Embedding

STATE = "state.safetensors"  # where a run goes on


class Arm(Settings):
    """How one placeholder is learned. `Arm(concept, initializer="tree", seed=1, kl_weight=0.5)`."""

    concept: Concept
    initializer: Word | None = None  # default: the concept's own
    seed: int = Field(0, ge=0, lt=2**31)  # arms that share it share pictures, noise, timesteps and templates
    vectors: int = Field(1, ge=1, le=32)  # tokens the placeholder stands for
    learning_rate: float = Field(2e-3, gt=0)  # Adam's, per step
    kl_weight: float = Field(0.0, ge=0)  # lam: weight on mean(d^2) relative to the denoising loss, at the median w_t
    kl_weighting: Literal["exact", "uniform"] = "exact"  # over timesteps
    kl_variance: Literal["fixed_small", "fixed_large"] = "fixed_small"  # of the reverse step
    l2_weight: float = Field(0.0, ge=0)  # weight on ||v - v_init||^2 (Gal et al. 2022, sec. 5.2)
    norm_lock: bool = False  # rescale each row to its first norm after every step

    def __init__(self, concept: Concept, **settings):
        super().__init__(concept=concept, **settings)

    @property
    def start(self) -> str:
        """The initializer in use."""
        return self.initializer or self.concept.initializer

    @property
    def settings(self) -> dict:
        """The arm as one flat table row, without paths."""
        own = self.model_dump(exclude={"concept", "initializer"})
        where = {"concept": self.concept.name, "placeholder": self.concept.placeholder, "kind": self.concept.kind}
        return where | {"initializer": self.start} | own

    @property
    def id(self) -> str:
        """10 hex digits: the settings and the bytes of the training pictures."""
        return identity(self.settings | {"data": data_hash(self.concept)})


@dataclass(frozen=True)
class Run:
    """A trained run, read from its folder."""

    folder: Path

    @property
    def steps(self) -> list[int]:
        """The steps that have a checkpoint."""
        names = (path.stem.removeprefix("step_") for path in self.folder.glob("step_*.safetensors"))
        return sorted(int(name) for name in names if name.isdecimal())

    @property
    def table(self) -> pd.DataFrame:
        """One row per arm: its id (`arm`) and settings."""
        return pd.DataFrame(recorded(self.folder)["arms"])

    def at(self, step: int | None = None) -> list[Embedding]:
        """What every arm had learned at a checkpoint (default: the last), in the order of `table`."""
        step = self.steps[-1] if step is None else step
        if step not in self.steps:
            raise ValueError(f"{self.folder}: no checkpoint at step {step} (there are {_listed(self.steps)})")
        tensors, _ = load_tensors(checkpoint_path(self.folder, step))
        arms = list(self.table[["arm", "placeholder"]].itertuples(index=False))
        for arm in {arm for arm, _ in arms} - tensors.keys():
            raise ValueError(f"{checkpoint_path(self.folder, step)}: has no rows of arm {arm!r}, which run.json lists")
        return [Embedding(placeholder, tensors[arm], arm, step) for arm, placeholder in arms]

    @property
    def log(self) -> pd.DataFrame:
        """One row per arm and checkpoint: what `training` measured there, beside the arm's settings."""
        lines = [line for step in self.steps for line in load_tensors(checkpoint_path(self.folder, step))[1]["log"]]
        return pd.DataFrame(lines).merge(self.table, on="arm", how="left", validate="many_to_one")


def load_run(folder: str | Path) -> Run:
    """The run kept in `folder`."""
    run = Run(Path(folder).resolve())
    if not (run.folder / "run.json").exists() or not run.steps:
        raise ValueError(f"{run.folder}: holds no run (expected run.json and step_*.safetensors)")
    return run


def finished(out: Path, steps: int) -> bool:
    """Whether the run in `out` has been trained to `steps` or further."""
    return (out / STATE).exists() and load_tensors(out / STATE)[1]["step"] >= steps


def begun(out: Path, asked: dict) -> dict | None:
    """What an earlier call in `out` chose, or None; ValueError if the folder holds another run."""
    if not (out / "run.json").exists():
        if list(out.glob("*.safetensors")):
            raise ValueError(f"{out}: holds checkpoints but no run.json; choose another folder")
        return None
    kept = recorded(out)
    for name, value in asked.items():
        if kept.get(name) != value:
            there, here = (str(v) if len(str(v)) < 60 else "another value" for v in (kept.get(name), value))
            raise ValueError(f"{out}: holds a run of other {name} ({there}, not {here}); choose another folder")
    return kept


def checkpoint_path(folder: Path, step: int) -> Path:
    """The file of one checkpoint."""
    return folder / f"step_{step:06d}.safetensors"


def recorded(folder: Path) -> dict:
    """What run.json says; ValueError if no run left it so."""
    kept = load_json(folder / "run.json")
    kinds = dict(arms=list, templates=dict, micro_batch=int, compiled=bool)
    wrong = [name for name, kind in kinds.items() if not isinstance(kept.get(name), kind)]
    if not wrong and kept["micro_batch"] < 1:
        wrong = ["micro_batch"]
    needed = {"arm", "concept", "placeholder"}
    if not wrong and not all(isinstance(line, dict) and needed <= line.keys() for line in kept["arms"]):
        wrong = ["arms"]
    if wrong:
        raise ValueError(f"{folder / 'run.json'}: {', '.join(wrong)} not as a run leaves it there")
    return kept


def _listed(steps: list[int]) -> str:
    return ", ".join(map(str, steps[:8])) + (f" ... {steps[-1]}" if len(steps) > 8 else "")
