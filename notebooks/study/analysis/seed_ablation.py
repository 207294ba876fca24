"""What a training seed changes: its share of the variance between pictures, how far apart pictures and rows end."""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch

from study.seed_variance import (
    interval_of,
    resampled_units,
    spread_between,
    spread_within,
    variance_parts,
)
from study.wording import ENOUGH, FEWEST_CONCEPTS, by_side, counted, verdict
from textinv_core.evaluation.stats import Interval, paired_interval

PICTURES = {  # outcome -> its column of single pictures, whether it is asked of the plain prompt's
    "K": ("concept_seen", True),
    "B": ("both_seen", False),
    "reconstruction": ("reconstruction", True),
    "editability": ("text_deleted", False),
}
CALLED = {"K": "concept kept (K)", "B": "concept and context (B)"}  # the others by their names
OF = {"K": "whether a picture keeps the concept", "reconstruction": "likeness between single pictures"}
FEWEST = 5  # learned words (concept and training seed) below which no verdict is given
ALL = "all"  # all concepts together

Parts = dict[str, list[np.ndarray]]  # source -> one part a concept, as `resampled_units` takes them


def variance_sources(
    scores: pd.DataFrame,  # concept, prompt, trained (the training seed), seed (the noise) and the scores
    prompts: Mapping[str, Sequence[str]],  # concept -> the plain prompt, then those with a context
    seeds: Sequence[int],
) -> dict[str, Parts]:
    """Outcome -> the parts of the variance between single pictures of a prompt, averaged over prompts.

    Left out is an outcome that is not known of every concept, and a prompt of which the oracle can tell nothing.
    """
    sources: dict[str, Parts] = {}
    for (score, (column, alone)), name in product(PICTURES.items(), prompts):
        own = scores[scores["concept"] == name].dropna(subset=[column])
        texts = [t for t in (prompts[name][:1] if alone else prompts[name][1:]) if (own["prompt"] == t).any()]
        values = [own[own["prompt"] == t].pivot(index="trained", columns="seed", values=column) for t in texts]
        found = [variance_parts(table.reindex(list(seeds)).to_numpy()) for table in values]
        if not found:
            continue
        for source in ("seed", "noise", "within"):
            sources.setdefault(score, {}).setdefault(source, []).append(np.mean([f[source] for f in found], axis=0))
    return {score: parts for score, parts in sources.items() if len(parts["seed"]) == len(prompts)}


def shares(parts: Parts) -> dict[str, Interval]:
    """Shares of the variance of the training seed, of the noise common to all seeds, and of the rest."""
    drawn = {source: resampled_units(of) for source, of in parts.items()}
    total = drawn["seed"] + drawn["within"]
    split = {"seed": drawn["seed"], "noise": drawn["noise"], "rest": drawn["within"] - drawn["noise"]}
    return {source: interval_of(_ratio(part, total), parts["within"]) for source, part in split.items()}


def shares_by_concept(sources: Mapping[str, Parts], names: Sequence[str]) -> pd.DataFrame:
    """One row per score, concept and source; with several concepts also those of ALL of them, averaged first."""
    rows, groups = [], [(name, [i]) for i, name in enumerate(names)]
    groups += [(ALL, list(range(len(names))))] if len(names) > 1 else []
    for score, (name, which) in product(sources, groups):
        own = {source: [parts[i] for i in which] for source, parts in sources[score].items()}
        rows += [dict(score=score, concept=name, source=s) | found._asdict() for s, found in shares(own).items()]
    return pd.DataFrame(rows).drop(columns=["n", "p"])


class Apart(NamedTuple):
    """How far apart pictures are: a row per kind of prompt and what differs, and seeds' distance over noises'."""

    table: pd.DataFrame
    ratios: dict[str, Interval]
    each: dict[tuple[str, str], dict[str, float]]  # kind of prompt, what differs -> concept -> mean


def pictures_apart(features: Mapping[str, torch.Tensor]) -> Apart:
    """Concept -> unit features (words, prompts, noises, D), the plain prompt first: 1 - cosine when seed or noise differ."""
    spreads: dict[str, Parts] = {}
    for name, (kind, which) in product(features, (("plain prompt", slice(0, 1)), ("in context", slice(1, None)))):
        by_prompt = [features[name][:, p] for p in range(features[name].shape[1])[which]]  # each (words, noises, D)
        own = spreads.setdefault(kind, {"seeds": [], "noises": [], "both": []})
        own["seeds"].append(np.mean([spread_between(f) for f in by_prompt], axis=0))
        own["noises"].append(np.mean([spread_within(f) for f in by_prompt], axis=0))
        own["both"].append(np.mean([_of_two_noises(f) for f in by_prompt], axis=(0, 1)))
    rows, ratios, each = [], {}, {}
    for kind, of in spreads.items():
        drawn = {what: resampled_units(parts) for what, parts in of.items()}
        rows += [dict(prompt=kind, differs=what) | interval_of(s, of[what])._asdict() for what, s in drawn.items()]
        ratios[kind] = interval_of(drawn["seeds"] / drawn["noises"], of["noises"])
        for what, parts in of.items():
            means = (resampled_units([part], repetitions=0)[0] for part in parts)
            each[kind, what] = dict(zip(features, means, strict=True))
    return Apart(pd.DataFrame(rows).drop(columns=["n", "p"]), ratios, each)


def _of_two_noises(features: torch.Tensor) -> list[np.ndarray]:
    """Words (words, noises, D) against words at each other noise; NaN where there is but one."""
    shifts = range(1, features.shape[1])
    unknown = np.full([len(features)] * 2, np.nan)
    return [spread_between(features, features.roll(k, dims=1)) for k in shifts] or [unknown]


def rows_apart(
    learned: Mapping[tuple[str, int], torch.Tensor],
) -> tuple[pd.DataFrame, dict[tuple[str, int], np.ndarray]]:
    """(concept, step) -> learned rows (seeds, D), step 0 among them: pairs of seeds by measure and step; all cosines.

    `cosine` of the rows, `moved` of their ways from the start, `relative`: distance over that from the start.
    """
    pairs: dict[int, Parts] = {}
    cosines = {}
    for (name, step), rows in learned.items():
        own, start = rows.double(), learned[name, 0][0].double()
        unit, moves = (torch.nn.functional.normalize(r, dim=-1) for r in (own, own - start))
        cosines[name, step] = (unit @ unit.T).numpy()
        found = dict(cosine=cosines[name, step], moved=(moves @ moves.T).numpy())
        found |= dict(distance=torch.cdist(own, own).numpy(), travelled=(own - start).norm(dim=-1).numpy())
        for what, part in found.items():
            pairs.setdefault(step, {}).setdefault(what, []).append(part)
    lines = []
    for step, of in sorted(pairs.items()):
        drawn = {what: resampled_units(parts) for what, parts in of.items()}
        drawn["relative"] = _ratio(drawn["distance"], drawn["travelled"])
        for what in ("cosine", "moved", "relative"):
            lines.append(dict(measure=what, step=step) | interval_of(drawn[what], of["travelled"])._asdict())
    return pd.DataFrame(lines).drop(columns=["n", "p"]), cosines


def range_and_gain(summary: pd.DataFrame, value: str) -> tuple[float, int, Interval]:
    """`value` from the worst seed to the best, mean over concepts; the middle step, and the gain since then."""
    last = summary["step"].max()
    half = min(summary["step"].unique(), key=lambda step: abs(step - last / 2))
    at_end = summary[summary["step"] == last].groupby("concept")[value]
    gain = paired_interval(summary, value, arm="step", new=last, base=half)
    return float(at_end.agg(lambda x: x.max() - x.min()).mean()), int(half), gain


def at_the_end(summary: pd.DataFrame, log: pd.DataFrame, labels: Mapping[str, str]) -> pd.DataFrame:
    """Concept and seed: the scores at the last step, and where the row ended."""
    kept = {letter: letter for letter in ("K", "C", "B")}
    kept |= {"reconstruction": "reconstruction", "reconstruction_held_out": "held out"}
    kept |= {"editability_deleted": "editability", "coherence": "coherence"}
    ends = {"norm_ratio": "norm / median", "cos_initial": "cosine to start"}
    scores, rows = (
        table[table["step"] == table["step"].max()]
        .assign(concept=lambda t: t["concept"].map(labels))
        .set_index(["concept", "seed"])[list(columns)]
        .rename(columns=columns)
        for table, columns in ((summary, kept), (log, ends))
    )
    return scores.join(rows)


def as_percent(found: Interval) -> str:
    """A share with its interval, as percentages; below zero is said to be zero."""
    if not np.isfinite(found.estimate):
        return "an unknown share"
    middle, low, high = (f"{100 * min(1, max(0, x)):.0f}" if np.isfinite(x) else "–" for x in found[:3])
    return f"{middle} % (95 % interval {low} to {high} %)"


def answer(share: Interval, mark: float, of: str) -> tuple[str, str]:
    """The verdict on "the seed makes a substantial difference", a share of the variance above `mark`, and why.

    of: what varies, an outcome of `OF`.
    """
    said = verdict(share, mark, fewest=ENOUGH | {"seed": FEWEST})
    if not np.isfinite(share.low):
        why = "what share of the variance is the training seed’s cannot be told: "
        return said, why + "that takes several training seeds and noises"
    lies = by_side(share, "above", "below", "not clear of", mark)
    why = f"the training seed explains {as_percent(share)} of the variance of {OF[of]}"
    why += f", {lies} the {100 * mark:.0f} % set as substantial"
    if share.seeds < FEWEST or share.concepts < FEWEST_CONCEPTS:
        few = f"{counted(share.seeds, 'learned word')} of {counted(share.concepts, 'concept')}"
        why += f"; {few} {'is' if share.seeds == 1 else 'are'} too few for a verdict"
    return said, why


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Entry by entry; NaN where the whole is not above zero."""
    return np.divide(part, whole, out=np.full_like(part, np.nan), where=whole > 0)
