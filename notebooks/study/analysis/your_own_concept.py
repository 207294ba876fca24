"""A word of one's own: what is refused, which step and seed are kept, the page's tables and its sentences."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import pandas as pd

from study.methods import AFTER, NAIVE, TUNED, arm_settings, shown_method
from study.page import model_title
from study.parameters import ParameterError
from study.wording import counted, shown_name
from textinv_core.evaluation.metrics import SMALLEST_NULL
from textinv_core.learning.concepts import Concept

WELL = "These will do as they are."


def check_words(method: str, methods: Collection[str], prompts: Sequence[str]) -> None:
    """`ParameterError` for a method that is none, or a prompt that does not name the concept once."""
    if method and method not in methods:
        raise ParameterError(f"method: {method!r} is none of {', '.join(methods)}")
    for text in prompts:
        if text.count("{}") != 1:
            raise ParameterError(f"prompts: {text!r} should hold {{}} once, where the concept stands")


def way_of(method: str, kl_weight: float, learning_rate: float, best: tuple[str, float] | None) -> dict:
    """What `Arm(concept, **way)` takes: as asked for; else as `best` (`earlier_pages.best_method`); else nothing added."""
    if method or kl_weight or best is None or best[0] in AFTER:  # the page chooses its own step afterwards
        kl = dict(kl_weight=kl_weight) if kl_weight else {}
        return dict(method=method or ("kl" if kl else NAIVE), learning_rate=learning_rate) | kl
    name, value = best
    return arm_settings(name, type(TUNED[name].values[0])(value), learning_rate)  # a record writes 4 as 4.0


def way_said(way: Mapping, asked: bool) -> str:
    """How the word is learned, in words; asked: whether the method was given."""
    named = "the denoising loss alone" if way["method"] == NAIVE else shown_method(way["method"])
    if asked:
        return f"{named}, as asked"
    return named if way["method"] == NAIVE else f"{named}, which the page of all methods found best on this model"


def distance_of_steps(steps: int, every: int, keep: int) -> int:
    """Between the steps looked at, an eighth of all if `every` is zero; `ParameterError` if `keep` is none of them."""
    every = every or max(1, steps // 8)
    looked_at = sorted({*range(0, steps + 1, every), steps})
    if keep and keep not in looked_at:
        raise ParameterError(f"keep_step: {keep} is not one of the steps looked at ({', '.join(map(str, looked_at))})")
    return every


def means_of(scored: pd.DataFrame) -> pd.Series:
    """The mean score of every word and step that learning has touched, by (arm, step)."""
    return scored[scored["step"] > 0].groupby(["arm", "step"], sort=False)["score"].mean()


def best_of(means: pd.Series, keep: int = 0) -> tuple[str, int]:
    """Arm and step of the highest mean score, at the step `keep` if it is not zero."""
    arm, step = (means[means.index.get_level_values("step") == keep] if keep else means).idxmax()
    return arm, int(step)


def pictures_table(looked: pd.DataFrame):
    """The pictures of `photos.look_over` as the page shows them."""
    pixels = looked["width"].astype(str) + " × " + looked["height"].astype(str)
    shown = looked.assign(pixels=pixels)[["file", "pixels", "twin"]].rename(columns={"twin": "nearly the same as"})
    return shown.set_axis(range(1, len(shown) + 1)).style.format(escape="html")


def scores_table(ranked: Mapping[str, pd.DataFrame], placeholder: str):
    """The best and the median score of each prompt's batch, as the page shows them; ranked: of `photos.best_first`."""
    rows = {
        text.replace("{}", placeholder): [own["by"].iloc[0], own["score"].max(), own["score"].median()]
        for text, own in ranked.items()
    }
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["score", "best", "median"])
    return table.style.format("{:.2f}", subset=["best", "median"]).format_index(escape="html")


def files_of(home: Path, uses: Mapping[str, str]) -> pd.DataFrame:
    """By name of a file or folder in `home`: for what it is, and KB in all."""
    rows = {}
    for name, what in uses.items():
        paths = [path for path in (home / name, *(home / name).glob("*")) if path.is_file()]
        rows[name] = [what, sum(path.stat().st_size for path in paths) / 1024]
    return pd.DataFrame.from_dict(rows, orient="index", columns=["what", "KB"])


def told(
    concept: Concept,
    *,
    model: str,
    seed: int,  # of the word that is kept
    step: int,
    asked: bool,  # whether that step was asked for
    pictures: int,  # learned from
    to_do: Sequence[str],  # advice on them
    nulls: int,  # pictures that scores are read beside; zero: none
    choices: int,  # words and steps to choose from
    kb: float,  # of the word's file
    near: Sequence[tuple[str, float]],  # ordinary words and their cosines
) -> dict[str, str]:
    """What the page quotes."""
    chosen = "is the one asked for" if asked else "scored best of all that were looked at"
    became = f"{counted(pictures, 'picture')} of “{shown_name(concept.name)}” became the word {concept.placeholder}"
    no_nulls = f"no nulls at all, since fewer than {SMALLEST_NULL} pictures were asked for"
    return dict(
        verdict_short=f"On {model_title(model)}, {became}, a file of {max(1, round(kb))} KB. The step kept {chosen}.",
        advice=f"Before you go on: {' '.join(to_do)}" if to_do else WELL,
        nulls_said=f"{nulls} pictures of the class by the plain model" if nulls else no_nulls,
        kept_said=f"seed {seed} at step {step}{', as asked for' if asked else ''}",
        n_choices=f"{choices}",
        licence=concept.licence or "unknown, for want of a concept.yml that says it",
        placeholder=concept.placeholder,
        nearest=", ".join(f"{word} ({cosine:.2f})" for word, cosine in near),
        model_name=model_title(model),
    )
