"""What the page on settings says of its choices, in words."""

from collections.abc import Mapping

import pandas as pd

from study.analysis.regime import CALLED, REPETITIONS, Choice, Components, at_setting, plan_said, said_edge
from study.wording import FEWEST_CONCEPTS, percent

DECIDES = {True: "B, concept and context in one picture", False: "balance of CLIP’s two scores"}  # with an oracle?
NO_ORACLE = "This model has no oracle: only CLIP’s reading is there, and its balance of likeness and obedience decides."


def chosen(length: Choice, leash: Choice, strength: Choice) -> dict[str, float]:
    """The settings that other pages take over, by their names there."""
    kept = dict(learning_rate=length.setting["rate"], steps=int(length.setting["step"]))
    return kept | dict(kl_weight=leash.setting["weight"], guidance=strength.setting["guidance"])


def told(
    length: Choice,  # of learning rate and steps
    leash: Choice,
    strength: Choice,
    of_length: pd.DataFrame,  # the values that `length` was chosen by
    parts: Components | None,
    plan: pd.DataFrame | None,
    *,
    smallest: float,
    oracle: bool,
    model: str,  # as a sentence calls it
) -> dict[str, str]:
    """What the prose quotes, by its key."""
    settings = chosen(length, leash, strength)
    rates = at_setting(of_length, length.setting).groupby("concept")[["K", "C", "B"]].mean().mean()
    there = ", ".join(f"{letter} {percent(rate)}" for letter, rate in rates.items())
    taken = {key: f"{value:g}" if isinstance(value, float) else f"{value}" for key, value in settings.items()}
    return {f"chosen_{key}": value for key, value in taken.items()} | dict(
        verdict_short=short(length, settings, model, of_length["concept"].nunique()),
        where_length=said_edge(length, CALLED),
        where_weight=said_edge(leash, CALLED),
        where_guidance=said_edge(strength, CALLED),
        rates_there=there if oracle else "known by CLIP only",
        value_kl=f"{leash.value:.2f}" if leash.known else "not defined",
        judged_by="" if oracle else NO_ORACLE,
        spread=spread_said(parts),
        plan=plan_said(plan, smallest),
        smallest=f"{smallest:g}",
        repetitions=f"{REPETITIONS}",
    )


def short(length: Choice, settings: Mapping[str, float], model: str, concepts: int) -> str:
    """The answer in a sentence or two."""
    steps, rate = f"{settings['steps']} steps", f"a learning rate of {settings['learning_rate']:g}"
    if length.known:
        few = " From so few concepts that is a guess." if concepts < FEWEST_CONCEPTS else ""
        return f"On {model}, {steps} at {rate} serve best.{few}"
    return f"On {model}, no setting does better than another. The book keeps {steps} at {rate}."


def spread_said(parts: Components | None) -> str:
    """How the difference in B varies, in words."""
    if not parts:
        return "is not known here"
    return (
        f"has a standard deviation of {parts.concept:.2f} between concepts, {parts.seed:.2f} between seeds of one, "
        f"{parts.picture:.2f} between pictures"
    )
