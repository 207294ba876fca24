"""A run: many arms trained together, kept in one folder.

The folder holds `run.json` (what was asked), `step_*.safetensors` (the rows of every arm and the log line of that
step, in one file) and `state.safetensors` (where to go on).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from textinv_core.files import load_json, load_tensors
from textinv_core.learning.tokens import Embedding

STATE = "state.safetensors"  # where a run goes on


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


def checkpoints(every: int | Sequence[int], steps: int) -> list[int]:
    """The steps that a run of so many keeps: 0, every so often or at the steps named, and the last."""
    between = range(every, steps, every) if isinstance(every, int) else (step for step in every if step < steps)
    return sorted({0, *between, steps})


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
