"""What the page on strangers says, in words: how much a word keeps of either kind of concept, and what that decides."""

import numpy as np
import pandas as pd

from study.analysis.near_and_far import DB, FAR, NEAR, TI
from study.contrasts import verdicts_said
from study.truth import SMALLEST_SHARE
from study.wording import FEWEST_CONCEPTS, percent

OPEN = "what one word cannot learn stays open"
DECIDES = {
    "supported": "The difference holds up.",
    "not supported": "That is no difference to speak of.",
    "undecided": "Whether that is a real difference is undecided.",
}
NOT_ITS_OWN = "DreamBooth’s gap is as wide, so it is not one word’s own."
KINDS = {NEAR: "concepts of the model’s world", FAR: "strangers"}


def answer(table: pd.DataFrame, verdict: str, control: bool = False) -> str:
    """The page's answer, after the model's name; table: from `by_group`, verdict: on the gap between the groups,
    control: whether DreamBooth shows the same gap."""
    kept = {group: table.at[(group, TI), "K"] for group in (NEAR, FAR) if (group, TI) in table.index}
    if lacking := [KINDS[group] for group in (NEAR, FAR) if group not in kept]:
        return f"{OPEN}: this run has no {' and no '.join(lacking)}."
    if not np.isfinite(list(kept.values())).all():
        return f"{OPEN}: no oracle reads whether a picture shows the concept."
    few = min(table.at[(group, TI), "concepts"] for group in kept) < FEWEST_CONCEPTS
    decides = NOT_ITS_OWN if control else DECIDES[verdict]
    decides = "So few concepts do not decide whether that is a real difference." if few else decides
    return (
        f"a learned word keeps a concept of its world in {percent(kept[NEAR])} of its plain pictures, and a stranger in"
        f" {percent(kept[FAR])}. {decides}"
    )


def kept_said(table: pd.DataFrame) -> str:
    """K by group, the word and DreamBooth, in words."""
    parts = []
    for group in (NEAR, FAR):
        known = [(m, table.at[(group, m), "K"]) for m in (TI, DB) if (group, m) in table.index]
        known = [f"{method} {percent(value)}" for method, value in known if np.isfinite(value)]
        parts += [f"{group} {', '.join(known)}"] if known else []
    return "; ".join(parts) or "known by CLIP only"


def told(numbers: pd.DataFrame, primary: pd.DataFrame, agreed: float, model: str) -> dict[str, str]:
    """What the page quotes of its results; numbers: from `by_group`, primary: from `contrasts.decided`, agreed: from
    `agreement`, model: how a sentence calls it."""
    concepts = numbers["concepts"].groupby(level="group").max()
    return verdicts_said(primary) | dict(
        verdict_short=f"On {model}, {answer(numbers, *primary.loc['gap', ['verdict', 'control']])}",
        kept=kept_said(numbers),
        agreement=f"{agreed:.2f}" if np.isfinite(agreed) else "no defined value",
        n_near=f"{concepts.get(NEAR, 0)}",
        n_far=f"{concepts.get(FAR, 0)}",
        smallest=f"{SMALLEST_SHARE:g}",
    )
