"""The plain model against the learned word, prompt by prompt from the same noise, and what that decides."""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from study.parameters import ParameterError
from study.wording import counted, in_words, percent, side, verdict_of_all
from textinv_core.evaluation.metrics import normalised
from textinv_core.evaluation.stats import paired_interval

PLAIN, LEARNED = "plain", "learned"
MEASURES = {
    "reconstruction": "likeness",
    "held_out": "likeness, held out",
    "text_deleted": "text",
    "oracle_concept": "concept seen",
    "oracle_context": "context seen",
}
SIDES = {1: "supported", 0: "undecided", -1: "not supported"}


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

    Paired by training seed and noise (`image`), both resampled; `sign`: the side of zero that the interval lies on.
    """
    rows = []
    for (name, text), own in paired.groupby(["concept", "prompt"], sort=False):
        levels = own.groupby("method")[list(MEASURES)].mean()
        for value, called in MEASURES.items():
            change = paired_interval(own, value, arm="method", new=LEARNED, base=PLAIN, pair=("seed", "image"))
            row = dict(concept=name, prompt=text, measure=called)
            row |= dict(plain=levels.at[PLAIN, value], learned=levels.at[LEARNED, value], change=change.estimate)
            rows.append(row | dict(low=change.low, high=change.high, sign=side(change), said=in_words(change)))
    return pd.DataFrame(rows)


def change_table(changes: pd.DataFrame):
    """Both means, the difference and its interval, a row a prompt, as a page shows them; unknown measures left out."""

    def said(row) -> str:
        if not np.isfinite(row.change):
            return "–"
        bounds = f" ({row.low:+.2f} to {row.high:+.2f})" if np.isfinite(row.low) else ""
        return f"{row.plain:.2f} → {row.learned:.2f}, {row.change:+.2f}{bounds}"

    table = changes.assign(cell=[said(row) for row in changes.itertuples()])
    wide = table.pivot_table(index=["concept", "prompt"], columns="measure", values="cell", aggfunc="first", sort=False)
    order = [name for name in MEASURES.values() if (wide[name] != "–").any()]
    return wide[order].rename(index=lambda x: x.replace("_", " "), level=0).rename_axis(columns=None).style


def answer(changes: pd.DataFrame, decides: bool) -> tuple[str, str]:
    """The verdict on "the learned word renders the concept where the plain model does not", and what was found.

    It speaks of every prompt: likeness must rise, and so must the rate of the oracle, where there is one. An oracle
    that never sees the concept is against it; without several seeds and noises nothing `decides`.
    """
    likeness = changes.loc[changes["measure"] == "likeness", "sign"]
    witness = changes[(changes["measure"] == "concept seen") & np.isfinite(changes["change"])]
    blind = int((witness["learned"] == 0).sum())
    parts = [SIDES[sign] for sign in (*likeness, *witness["sign"])] + ["not supported"] * blind
    up, down = int((likeness > 0).sum()), int((likeness < 0).sum())
    found = f"the learned word’s pictures are more like the concept than the class word’s in {up} of "
    found += counted(len(likeness), "prompt") + (f", and less like it in {down}" if down else "")
    if len(witness):
        more = int((witness["sign"] > 0).sum())
        found += f"; the oracle sees the concept more often in {more} of {len(witness)}"
        found += f", and in {blind} never" if blind else ""
    return verdict_of_all(parts) if decides else "undecided", found


def shares_of_the_way(changes: pd.DataFrame, ceilings: Mapping[str, float]) -> str:
    """How far likeness comes from the class word toward what training pictures have among themselves, on average."""
    rows = changes[changes["measure"] == "likeness"].itertuples()
    ways = [(row.learned, row.plain, ceilings[row.concept]) for row in rows]
    shares = [normalised([new], floor=old, ceiling=top)[0] for new, old, top in ways if top > old]
    return percent(np.mean(shares)) if shares else "an undefined share"


def oracle_said(changes: pd.DataFrame) -> str:
    """What the oracle sees of the concept and of the context, in words."""
    means = changes.groupby("measure")[["plain", "learned"]].mean()
    known = [name for name in ("concept seen", "context seen") if means.loc[name].notna().all()]
    told = [
        f"in {percent(means.at[name, 'plain'])} of the class word’s pictures and {percent(means.at[name, 'learned'])} "
        f"of the learned word’s it finds the {name.split()[0]}"
        for name in known
    ]
    if not told:
        return "There is no oracle for this model, so nothing but CLIP has looked."
    return f"The oracle looks at the same pictures: {'; '.join(told)}."


def text_said(changes: pd.DataFrame) -> str:
    """In how many prompts the text score rises, and in how many it falls."""
    sign = changes.loc[changes["measure"] == "text", "sign"]
    return f"it rises in {(sign > 0).sum()} of {counted(len(sign), 'prompt')} and falls in {(sign < 0).sum()}"
