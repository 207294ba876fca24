"""An arm: one learned word under one setting. A run: many arms trained together, kept in one folder.

A run's folder holds `run.json` (what was asked), `step_*.safetensors` (the rows of every arm and the
log line of that step, in one file) and `state.safetensors` (where to go on).
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pandas as pd
import torch
from pydantic import Field
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

from textinv_core.concepts import Concept, Settings, Word, data_hash
from textinv_core.records import atomic, identity, load_json
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
        return sorted(int(path.stem.removeprefix("step_")) for path in self.folder.glob("step_*.safetensors"))

    @property
    def table(self) -> pd.DataFrame:
        """One row per arm: its id (`arm`) and settings."""
        return pd.DataFrame(load_json(self.folder / "run.json")["arms"])

    def at(self, step: int | None = None) -> list[Embedding]:
        """What every arm had learned at a checkpoint (default: the last), in the order of `table`."""
        step = self.steps[-1] if step is None else step
        if step not in self.steps:
            raise ValueError(f"{self.folder}: no checkpoint at step {step} (there are {_listed(self.steps)})")
        tensors, _ = read(checkpoint_path(self.folder, step))
        arms = self.table[["arm", "placeholder"]].itertuples(index=False)
        return [Embedding(placeholder, tensors[arm], arm, step) for arm, placeholder in arms]

    @property
    def log(self) -> pd.DataFrame:
        """One row per arm and checkpoint: what `training` measured there, beside the arm's settings."""
        lines = [line for step in self.steps for line in read(checkpoint_path(self.folder, step))[1]["log"]]
        return pd.DataFrame(lines).merge(self.table, on="arm", how="left", validate="many_to_one")


def load_run(folder: str | Path) -> Run:
    """The run kept in `folder`."""
    run = Run(Path(folder).resolve())
    if not (run.folder / "run.json").exists() or not run.steps:
        raise ValueError(f"{run.folder}: holds no run (expected run.json and step_*.safetensors)")
    return run


def finished(out: Path, steps: int) -> bool:
    """Whether the run in `out` has been trained to `steps` or further."""
    return (out / STATE).exists() and read(out / STATE)[1]["step"] >= steps


def begun(out: Path, asked: dict) -> dict | None:
    """What an earlier call in `out` chose, or None; ValueError if the folder holds another run."""
    if not (out / "run.json").exists():
        if list(out.glob("*.safetensors")):
            raise ValueError(f"{out}: holds checkpoints but no run.json; choose another folder")
        return None
    kept = load_json(out / "run.json")
    for name, value in asked.items():
        if kept.get(name) != value:
            there, here = (str(v) if len(str(v)) < 60 else "another value" for v in (kept.get(name), value))
            raise ValueError(f"{out}: holds a run of other {name} ({there}, not {here}); choose another folder")
    return kept


def checkpoint_path(folder: Path, step: int) -> Path:
    """The file of one checkpoint."""
    return folder / f"step_{step:06d}.safetensors"


def write(path: Path, tensors: dict[str, torch.Tensor], record: dict) -> None:
    """Tensors and a JSON record in one safetensors file, moved into place whole."""
    tensors = {key: value.detach().cpu().contiguous() for key, value in tensors.items()}
    with atomic(path) as temporary:
        # One metadata key only: safetensors writes several in no fixed order, and bytes must repeat.
        save_file(tensors, temporary, metadata={"record": json.dumps(record, sort_keys=True)})


def read(path: Path) -> tuple[dict[str, torch.Tensor], dict]:
    """The tensors and the record of a file that `write` left."""
    try:
        with safe_open(path, framework="pt") as file:
            record = json.loads(file.metadata()["record"])
        return load_file(path), record
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: not a checkpoint of this program ({error})") from None


def _listed(steps: list[int]) -> str:
    return ", ".join(map(str, steps[:8])) + (f" ... {steps[-1]}" if len(steps) > 8 else "")
