"""What an interval says: on which side it lies, the verdict on a claim, and both in words."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from textinv_core.evaluation.stats import Interval

FEWEST_CONCEPTS = 3  # below that an interval over concepts decides nothing: all may fall on one side by luck
ENOUGH = MappingProxyType({"concept": FEWEST_CONCEPTS})


def side(interval: Interval, of: float = 0.0) -> int:
    """1 for an interval above a value, -1 below, 0 for one that holds it or has no bounds."""
    return int(interval.low > of) - int(interval.high < of)


def verdict(interval: Interval, of: float = 0.0, *, fewest: Mapping[str, int] = ENOUGH) -> str:
    """Of a claim that a difference is above `of`; undecided with fewer units at a level than `fewest` asks for."""
    enough = all(interval.n.get(level, 0) >= least for level, least in fewest.items())
    return {1: "supported", -1: "not supported", 0: "undecided"}[side(interval, of) if enough else 0]


def counted(number: int, thing: str) -> str:
    """`1 concept`, `2 concepts`."""
    return f"{number} {thing}{'' if number == 1 else 's'}"


def in_words(interval: Interval, form: str = "+.3f") -> str:
    """`+0.012, 95 % interval +0.003 to +0.021`, as far as it is known."""
    if not np.isfinite(interval.estimate):
        return "not defined"
    bounds = f"95 % interval {interval.low:{form}} to {interval.high:{form}}"
    return f"{interval.estimate:{form}}, {bounds if np.isfinite(interval.low) else 'no interval'}"
