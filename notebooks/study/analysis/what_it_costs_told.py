"""What the page on costs says, in words: how fast, how good, how few sampler steps, how many hours."""

from collections.abc import Mapping

import pandas as pd

from study.analysis.what_it_costs import CALLED, OURS, SMALLEST, equally_good, speed_said, typical
from study.wording import in_words, verdict_either_way
from textinv_core.evaluation.stats import Interval

GOOD = {
    "supported": "What is learned differs.",
    "not supported": "What is learned is as good.",
    "undecided": "Whether what is learned is as good is undecided.",
}


def speedups(rates: pd.DataFrame, loop: str) -> tuple[float, float]:
    """A loop's median times the published loop's speed, for its fewest and its most words together."""
    own = typical(rates[rates["loop"] == loop]).sort_values("words")["speedup"]
    return float(own.iloc[0]), float(own.iloc[-1])


def answer(rates: pd.DataFrame, best: str, verdict: str) -> str:
    """The page's answer, after the model's name; verdict: on whether what both loops learn differs."""
    one, many = speedups(rates, best)
    if rates[rates["loop"] == best]["words"].nunique() == 1:
        return f"a word is learned {one:.1f} times as fast as by the published loop. {GOOD[verdict]}"
    fast = f"words learned together come {many:.1f} times as fast as by the published loop"
    return f"{fast}, a single one {one:.1f} times. {GOOD[verdict]}"


def drawing_said(drawing: pd.DataFrame) -> str:
    """Pictures a second by batch size and format, medians of all rounds, and how many times the first the last is."""
    parts = []
    for at_once, own in drawing.groupby("at_once"):
        rates = own.pivot(index="repeat", columns="format", values="pictures_per_second")[own["format"].unique()]
        said = f"{at_once} at once, " + ", ".join(f"{rate:.1f} in {form}" for form, rate in rates.median().items())
        times = rates.iloc[:, -1] / rates.iloc[:, 0]
        more = f", that is {times.median():.1f} times as many ({times.min():.1f} to {times.max():.1f})"
        parts.append(said + (more if len(rates.columns) > 1 else ""))
    return "; ".join(parts)


def hours_said(hours: float) -> str:
    """Hours to a tenth, from ten on to the whole."""
    return f"{hours:.0f}" if hours >= 10 else f"{hours:.1f}"


def told(
    rates: pd.DataFrame,
    quality: pd.DataFrame,
    shrunk: Mapping[str, Interval],  # from `spread_ratios`
    drawing: pd.DataFrame,  # from `pictures_per_second`
    *,
    model: str,  # as a sentence calls it
    best: str,  # the loop that is quoted
) -> dict[str, str]:
    """What the page quotes of what it timed and compared."""
    found, decides, said = equally_good(quality)
    plainly = " and ".join(f"{times:.1f}" for times in speedups(rates, OURS))
    return speed_said(rates, best) | dict(
        answer=f"On {model}, {answer(rates, best, verdict_either_way(found, SMALLEST[decides]))}",
        most=f"{rates['words'].max()}",
        decides=CALLED[decides],
        smallest=f"{SMALLEST[decides]:g}",
        quality=said,
        variance="; ".join(f"at the {at} row {in_words(ratio, '.2f')}" for at, ratio in shrunk.items()),
        drawing=drawing_said(drawing),
        compiled="not compiled" if best == OURS else f"compiled; without compiling {plainly} times",
    )
