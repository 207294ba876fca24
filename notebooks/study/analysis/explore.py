"""What there is to look around in: words on record, the few that the printed page shows, and what it says of them."""

from collections.abc import Callable, Mapping
from itertools import product
from typing import NamedTuple

import pandas as pd

from study.scores import some_of
from study.wording import counted
from textinv_core.evaluation.metrics import SMALLEST_NULL


class Choice(NamedTuple):
    """What the printed figure shows: a concept from one training seed, a few of its KL weights and steps."""

    name: str
    seed: int
    weights: list[float]
    steps: list[int]  # that all of these weights have


def choice(table: pd.DataFrame, shown: str = "", *, weights: int = 4, steps: int = 7) -> Choice:
    """At most so many weights and steps of the concept `shown`; by default of the one with the most KL weights.

    table: a row a word and checkpoint, with concept, seed, weight, step; see `earlier_pages.recorded_words`.
    """
    if shown and shown not in set(table["concept"]):
        raise ValueError(f"shown: no word of {shown!r} is on record, only of {', '.join(table['concept'].unique())}")
    many = table.groupby("concept")[["weight", "seed"]].nunique()
    name = shown or many.sort_values(["weight", "seed"], kind="stable").index[-1]
    own = table[table["concept"] == name]
    own = own[own["seed"] == own["seed"].iloc[0]]
    few = some_of(sorted(own["weight"].unique()), weights)
    common = set.intersection(*(set(own.loc[own["weight"] == weight, "step"]) for weight in few))
    return Choice(name, int(own["seed"].iloc[0]), few, some_of(sorted(common), steps))


def pictures(chosen: Choice, draw: Callable[[float, int], pd.DataFrame]) -> pd.DataFrame:
    """What the chosen words draw, a row a picture, with weight and step; `draw` has the word of a weight and step drawn."""
    places = product(chosen.steps, chosen.weights)
    drawn = [draw(weight, step).assign(weight=weight, step=step) for step, weight in places]
    return pd.concat(drawn, ignore_index=True)


def on_record(table: pd.DataFrame, labels: Mapping[str, str]):
    """The words of each concept, as a page shows them."""
    words = table.groupby("concept")
    listed = words.agg(
        seeds=("seed", "nunique"), words=("arm", "nunique"), checkpoints=("step", "size"), longest=("step", "max")
    )
    weights = words["weight"].agg(lambda w: ", ".join(f"{x:g}" for x in sorted(w.unique())))
    listed.insert(1, "KL weights", weights)
    return listed.rename(index=labels).rename_axis(index=None).style


def told(
    model: str,
    table: pd.DataFrame,
    chosen: Choice,
    label: str,  # of the chosen concept
    trained_here: bool,
    learning_rate: float,
    null_pictures: int,
) -> dict[str, str]:
    """What the page quotes."""
    words, concepts = counted(table["arm"].nunique(), "learned word"), counted(table["concept"].nunique(), "concept")
    source = f"They were learned by the other pages, at a learning rate of {learning_rate:g}."
    order = "The order is by the sum of the cosines to concept and prompt; the parameter null_pictures has the cosines "
    order += "read beside nulls."
    if null_pictures >= SMALLEST_NULL:
        order = f"The order is read beside {null_pictures} pictures of the class."
    return dict(
        verdict_short=f"On {model}, {words} of {concepts} can be looked at here, at every step that was kept.",
        source_said="None were found, so this page learned a few in a short run." if trained_here else source,
        ranked_said=order,
        shown=label,
        seed=f"{chosen.seed}",
    )
