"""What the page on attributes says, in words: how much of each kind a word ends with, and by when it has half of it."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from study.analysis.what_it_learns import GROUPS, KL, SMALLEST_SPAN, TI, half_way
from study.contrasts import verdicts_said
from study.truth import SMALLEST_SHARE
from study.wording import percent

NOTHING = "nothing can be read from a picture but by CLIP, so there is nothing to say of attributes"
FIRST = {
    "supported": "Colours come before forms.",
    "not supported": "Colours do not come before forms.",
    "undecided": "Which of them comes first is undecided.",
}


def ends(groups: pd.DataFrame, method: str) -> dict[str, float]:
    """Group -> what a method ends with: the mean over concepts of the recovery at its last step."""
    own = groups[(groups["method"] == method) & groups["recovery"].notna()]
    of_concepts = own[own["step"] == own["step"].max()].groupby(["group", "concept"])["recovery"].mean()
    last = of_concepts.groupby("group").mean()
    return {group: float(last[group]) for group in GROUPS if group in last}


def answer(groups: pd.DataFrame, order: str) -> str:
    """The page's answer, after the model's name; order: the verdict on whether colours come before forms."""
    last = ends(groups, TI)
    if not last:
        return f"{NOTHING}."
    named = [group for group in ("colours", "forms") if group in last] or ["family"]
    parts = " and ".join(f"{percent(last[group])} of its {group}" for group in named)
    return f"a learned word ends with {parts}." + (f" {FIRST[order]}" if len(named) == 2 else "")


def ends_said(groups: pd.DataFrame, method: str) -> str:
    """What a method ends with, group by group, in words."""
    last = ends(groups, method)
    return ", ".join(f"{group} {percent(value)}" for group, value in last.items()) or "nothing that could be read"


def steps_said(found: Mapping[str, float]) -> str:
    """When each group is half recovered, in words."""
    known = {group: step for group, step in found.items() if np.isfinite(step)}
    return ", ".join(f"{group} at step {known[group]:.0f}" for group in GROUPS if group in known) or "not reached"


def product_said(table: pd.DataFrame, method: str) -> str:
    """The product of the attributes' shares beside the share of all at once, at a method's last step, in words."""
    own = table[table["method"] == method]
    own = own[own["step"] == own["step"].max()] if len(own) else own
    if own.empty:
        return "not known"
    mean = own.groupby("concept")[["product", "at_once"]].mean().mean()
    return f"{percent(mean['at_once'])}, against {percent(mean['product'])} if attributes came by themselves"


def told(groups: pd.DataFrame, joint: pd.DataFrame, primary: pd.DataFrame, model: str) -> dict[str, str]:
    """What the page quotes of its results; primary: from `contrasts.decided`, model: how a sentence calls it."""
    return verdicts_said(primary) | dict(
        verdict_short=f"On {model}, {answer(groups, primary.at['order', 'verdict'])}",
        ends_naive=ends_said(groups, TI),
        ends_kl=ends_said(groups, KL),
        half_way=steps_said(half_way(groups, TI)),
        at_once=product_said(joint, TI),
        span=f"{SMALLEST_SPAN:g}",
        smallest=f"{SMALLEST_SHARE:g}",
    )
