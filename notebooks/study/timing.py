"""Where a page spends its processor seconds: starting and importing, loading, learning, drawing, scoring, all the rest."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from textinv_core.drawing.store import Store
from textinv_core.evaluation.judges import Judge

PARTS = ("start", "load", "learn", "draw", "score", "rest")  # of a page, in this order; together all of it


def cpu_seconds() -> float:
    """What this process and those it waited for have spent since they began, on all cores."""
    return sum(os.times()[:4])


@contextmanager
def timed(spent: dict[str, float], part: str) -> Iterator[None]:
    """Add the processor seconds of a `with` block to a part."""
    began = cpu_seconds()
    try:
        yield
    finally:
        spent[part] = spent.get(part, 0.0) + cpu_seconds() - began


def all_parts(spent: dict[str, float]) -> dict[str, float]:
    """Every part of a page until now; the rest is what no part has: statistics, figures, what a page times itself."""
    known = {part: spent.get(part, 0.0) for part in PARTS[:-1]}
    return {
        part: round(seconds, 2) for part, seconds in (known | dict(rest=cpu_seconds() - sum(known.values()))).items()
    }


@dataclass(frozen=True)
class TimedStore(Store):
    """A store that adds what it spends to `spent`."""

    spent: dict = field(default_factory=dict, compare=False)

    def learn(self, *given, **how):
        """As `Store.learn`."""
        with timed(self.spent, "learn"):
            return super().learn(*given, **how)

    def draw(self, *given, **how):
        """As `Store.draw`."""
        with timed(self.spent, "draw"):
            return super().draw(*given, **how)


@dataclass(frozen=True)
class TimedJudge(Judge):
    """A judge that adds what it spends to `spent`."""

    spent: dict = field(default_factory=dict, compare=False)

    def image_features(self, images):
        """As `Judge.image_features`."""
        with timed(self.spent, "score"):
            return super().image_features(images)

    def text_features(self, texts):
        """As `Judge.text_features`."""
        with timed(self.spent, "score"):
            return super().text_features(texts)
