"""Every way to keep a learned word usable, by name: what is tuned of it, and how a word comes of it.

Each method has as many values to choose from on development concepts: the same budget for all.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch

from study.parameters import ParameterError
from textinv_core.baselines.rivals import dvar_stop, tea
from textinv_core.evaluation.probes import rescaled
from textinv_core.learning.arms import METHODS
from textinv_core.learning.tokens import Embedding


class Tuned(NamedTuple):
    """What is looked for on development concepts: a setting of `Arm`, or of what is done after training."""

    setting: str
    values: tuple[float, float, float]  # as many for every method: the same budget


RATE = Tuned("rate_share", (0.3, 1.0, 3.0))  # of the learning rate, for a method that has no setting of its own
TUNED = {
    "naive": RATE,
    "kl": Tuned("kl_weight", (0.03, 0.1, 0.3)),
    "kl_uniform": Tuned("kl_weight", (0.03, 0.1, 0.3)),
    "l2": Tuned("l2_weight", (0.01, 0.03, 0.1)),
    "norm_lock": RATE,
    "dti": Tuned("direction_prior", (1e-4, 1e-3, 1e-2)),
    "core": Tuned("core_weight", (1.5e-4, 1.5e-2, 1.5)),
    "cross_init": Tuned("l2_weight", (1e-5, 1e-3, 1e-1)),
    "high_timesteps": Tuned("lowest_timestep", (300, 500, 700)),
    "name_basis": Tuned("directions", (8, 32, 128)),
    "vectors": Tuned("vectors", (2, 3, 4)),
    "rescale": Tuned("norm", (1.0, 1.5, 2.0)),  # in the vocabulary's median lengths
    "tea": Tuned("share", (0.2, 0.4, 0.6)),  # of the way to the class word
    "early_stopping": Tuned("step_share", (0.25, 0.5, 0.75)),  # of all steps
    "dvar": Tuned("ratio", (0.05, 0.15, 0.45)),  # of variances: see `dvar_stop`
}
AFTER = tuple(name for name in TUNED if name not in METHODS)  # made of what the naive arm learned
CEILINGS = ("dreambooth", "true_name")  # no learned word of one row, and shown beside them
NAMED = {"kl": "KL exact", "kl_uniform": "KL uniform", "l2": "L2 to the class word", "dti": "DTI", "tea": "TEA"}
NAMED |= {"core": "CoRe", "cross_init": "CrossInit", "dvar": "DVAR’s stop", "dreambooth": "DreamBooth"}


def shown_method(name: str) -> str:
    """How a page writes a method."""
    return NAMED.get(name, name.replace("_", " "))


def check_methods(names: Sequence[str]) -> None:
    """ParameterError, with the list of all, on a name that is none of them or stands there twice."""
    known = [*TUNED, *CEILINGS]
    for name in names:
        if name not in known or list(names).count(name) > 1:
            raise ParameterError(f"methods: {name!r}; expected some of {', '.join(known)}, each once")


def read_grid(lines: Sequence[str]) -> dict[str, tuple[float, ...]]:
    """Method -> its values, in the order of the table: TUNED's, where no line like `kl: 0.1 0.3 1` says otherwise.

    ParameterError if a line cannot be read, or if not all methods have as many values.
    """
    grid = {name: tuned.values for name, tuned in TUNED.items()}
    for line in lines:
        name, _, values = line.partition(":")
        try:
            grid[name] = tuple(type(TUNED[name].values[0])(value) for value in values.split())
        except (KeyError, ValueError):
            raise ParameterError(f"grid: {line!r}; expected a method and its values, like 'kl: 0.1 0.3 1'") from None
    sizes = {name: len(set(values)) for name, values in grid.items()}
    if len(set(sizes.values())) > 1 or 0 in sizes.values():
        raise ParameterError(f"grid: expected as many values for every method, got {sizes}")
    return grid


def arm_settings(method: str, value: float, learning_rate: float, names: Sequence[str] = ()) -> dict:
    """What `Arm(concept, **settings)` takes for a value of what is tuned; `names` span the basis of names."""
    if method in AFTER:
        return dict(learning_rate=learning_rate)
    setting, basis = TUNED[method].setting, dict(basis=tuple(names)) if method == "name_basis" else {}
    if setting == RATE.setting:
        return dict(method=method, learning_rate=learning_rate * value)
    return dict(method=method, learning_rate=learning_rate) | basis | {setting: value}


def made_after(
    method: str,  # one of AFTER
    value: float,
    *,
    steps: Sequence[int],  # the naive arm's checkpoints
    at: Callable[[int], Embedding],  # its word at each
    losses: Sequence[float],  # its fixed-batch loss at each
    word: torch.Tensor,  # (n, D) rows of the class word
    median: float,  # length of the vocabulary's rows
) -> Embedding:
    """What a method that needs no training of its own makes of the naive word."""
    if method == "rescale":
        return rescaled(at(steps[-1]), value * median)
    if method == "tea":
        return tea(at(steps[-1]), word, value)
    if method == "dvar":
        return at(dvar_stop(steps, losses, ratio=value))
    return at(min(steps[1:], key=lambda step: abs(step - value * steps[-1])))  # early_stopping
