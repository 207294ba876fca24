"""The plain model against the learned word, prompt by prompt from the same noise, and what that decides."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

import numpy as np
import pandas as pd

from study.parameters import ParameterError
from study.truth import NO_ORACLE, OUTCOMES, SMALLEST_SHARE
from study.wording import counted, in_words, percent, side, verdict, verdict_of_all, would_take
from textinv_core.evaluation.metrics import normalised
from textinv_core.evaluation.stats import paired_interval

PLAIN, LEARNED = "plain", "learned"
MEASURES = {
    "reconstruction": "likeness",
    "held_out": "likeness, held out",
    "text_deleted": "text",
    "concept_seen": "concept kept",
    "context_seen": "context there",
    "both_seen": "both",
}
IN_SHORT = ("concept kept", "context there", "likeness", "text")  # of these, what the page's table shows
POSTER = {
    "tree": ["a photo of {} in the forest"],
    "building": ["a photo of {} in the campus"],
    "style": ["a woman in the style of {}", "a lake in the style of {}"],
}
OTHERS = ["a photo of {} in the forest"]  # for a kind of concept that the poster does not show
EVERY = tuple(dict.fromkeys([*OTHERS, *(text for texts in POSTER.values() for text in texts)]))
REPEATED = MappingProxyType({"seed": 2, "image": 2})  # training seeds and noises a prompt must have


def prompts_of(kind: str, own: Sequence[str] = ()) -> list[str]:
    """What a concept of a kind is drawn for: one's own prompts, or else the poster's."""
    return list(own) or POSTER.get(kind, OTHERS)


def context_phrases(prompts: Iterable[str]) -> dict[str, str]:
    """Prompt -> the phrase that names the context alone: what follows the concept, or has its style."""
    phrases = {}
    for prompt in prompts:
        if prompt.count("{}") != 1:
            raise ParameterError(f"prompt {prompt!r}: expected exactly one {{}} where the concept stands")
        before, _, after = prompt.partition("{}")
        styled = before.removesuffix(" in the style of ") if before.endswith(" in the style of ") else ""
        phrases[prompt] = after.strip(" ,.") or styled
    return phrases


def changes_by_prompt(paired: pd.DataFrame) -> pd.DataFrame:
    """One row per concept, prompt and measure: both means, and the learned word's minus the class word's picture.

    Paired by training seed and noise (`image`), both resampled; `sign`: the side of zero that the interval lies on;
    `verdict`: on the claim that the learned word has more, by the rule of all pages.
    """
    rows = []
    for (name, text), own in paired.groupby(["concept", "prompt"], sort=False):
        levels = own.groupby("method")[list(MEASURES)].mean()
        for value, called in MEASURES.items():
            change = paired_interval(own, value, arm="method", new=LEARNED, base=PLAIN, pair=("seed", "image"))
            if value in OUTCOMES and change.n and not np.isfinite(change.low):  # all pictures agree, as yes and no can
                change = change._replace(low=change.estimate, high=change.estimate)
            row = dict(concept=name, prompt=text, measure=called)
            row |= dict(verdict=verdict(change, smallest=SMALLEST_SHARE, fewest=REPEATED))
            row |= dict(plain=levels.at[PLAIN, value], learned=levels.at[LEARNED, value], change=change.estimate)
            row |= dict(takes=would_take(change, smallest=SMALLEST_SHARE, unit="seed"))
            rows.append(row | dict(low=change.low, high=change.high, sign=side(change), said=in_words(change)))
    return pd.DataFrame(rows)


def change_table(changes: pd.DataFrame, measures: Iterable[str] = tuple(MEASURES.values())):
    """Both means, the difference and its interval, a row a prompt, as a page shows them; unknown measures left out."""

    def said(row) -> str:
        if not np.isfinite(row.change):
            return "–"
        bounds = f" ({row.low:+z.2f} to {row.high:+z.2f})" if np.isfinite(row.low) else ""
        return f"{row.plain:.2f} → {row.learned:.2f}, {row.change:+z.2f}{bounds}"

    table = changes.assign(cell=[said(row) for row in changes.itertuples()])
    wide = table.pivot_table(index=["concept", "prompt"], columns="measure", values="cell", aggfunc="first", sort=False)
    order = [name for name in measures if (wide[name] != "–").any()]
    return wide[order].rename(index=lambda x: x.replace("_", " "), level=0).rename_axis(columns=None).style


def judged(changes: pd.DataFrame) -> pd.DataFrame:
    """The rows that decide: the oracle's of the concept, or CLIP's likeness where it knows not every prompt's concept."""
    witness = changes[changes["measure"] == "concept kept"]
    return witness if np.isfinite(witness["change"]).all() else changes[changes["measure"] == "likeness"]


def answer(changes: pd.DataFrame) -> tuple[str, str]:
    """The verdict on "the learned word renders the concept where the plain model does not", and what was found.

    It speaks of every prompt.
    """
    rows = judged(changes)
    oracle = bool((rows["measure"] == "concept kept").all())
    said = verdict_of_all(rows["verdict"])
    up, down, many = int((rows["sign"] > 0).sum()), int((rows["sign"] < 0).sum()), counted(len(rows), "prompt")
    if not oracle:
        found = f"the learned word’s pictures are more like the concept than the class word’s in {up} of {many}"
        return said, found + (f", and less like it in {down}" if down else "")
    never = int((rows["learned"] == 0).sum())
    found = f"the oracle finds the concept clearly more often in the learned word’s pictures in {up} of {many}"
    return said, found + (f", and never in {never}" if never else "")


def shares_of_the_way(changes: pd.DataFrame, ceilings: Mapping[str, float]) -> str:
    """How far likeness comes from the class word toward what training pictures have among themselves, on average."""
    rows = changes[changes["measure"] == "likeness"].itertuples()
    ways = [(row.learned, row.plain, ceilings[row.concept]) for row in rows]
    shares = [normalised([new], floor=old, ceiling=top)[0] for new, old, top in ways if top > old]
    return percent(np.mean(shares)) if shares else "an undefined share"


def oracle_said(changes: pd.DataFrame) -> str:
    """What the oracle sees of the concept and of the context, in words."""
    means = changes.groupby("measure")[["plain", "learned"]].mean()
    known = [name for name in ("concept kept", "context there") if means.loc[name].notna().all()]
    told = [
        f"in {percent(means.at[name, 'plain'])} of the class word’s pictures and {percent(means.at[name, 'learned'])} "
        f"of the learned word’s it finds the {name.split()[0]}"
        for name in known
    ]
    if not told:
        return NO_ORACLE
    return f"The oracle looks at the same pictures: {'; '.join(told)}."


def text_said(changes: pd.DataFrame) -> str:
    """In how many prompts the text score rises, and in how many it falls."""
    sign = changes.loc[changes["measure"] == "text", "sign"]
    return f"it rises in {(sign > 0).sum()} of {counted(len(sign), 'prompt')} and falls in {(sign < 0).sum()}"
