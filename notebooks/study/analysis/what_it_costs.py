"""What a word costs: rates beside the published loop, how few sampler steps do, how alike what is learned."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from study.truth import SMALLEST_SHARE
from study.wording import FEWEST_CONCEPTS, counted, in_words, percent, verdict_either_way
from textinv_core.evaluation.stats import Interval, paired_interval

# The least differences of interest between the loops.
SMALLEST = {"B": SMALLEST_SHARE, "K": SMALLEST_SHARE, "reconstruction": 0.02}
CALLED = {"B": "concept and context in one picture", "K": "the concept kept", "reconstruction": "reconstruction"}
PUBLISHED, OURS, COMPILED = "published", "ours", "ours, compiled"
COLUMNS = {  # of the table of rates, as the page calls them
    "loop": "loop",
    "words": "words",
    "rate": "steps/s per word",
    "speedup": "times the published loop",
    "network": "share of the denoising network",
    "both": "with the text encoder",
    "gigabytes": "peak memory, GB",
}


def task_of(loop: str, words: int) -> str:
    """The name under which a step of a loop with so many words is timed."""
    return loop if loop == PUBLISHED else f"{loop}, {words}"


def rates_of(timings: pd.DataFrame, timed: Mapping[str, Sequence[int]]) -> pd.DataFrame:
    """One row per loop, number of words and round: steps per second and word, against the published loop's in the
    same round, and the share of a step that is the networks' own.

    timings: task, repeat, seconds; timed: {loop: numbers of words}.
    """
    seconds, rows = timings.pivot(index="repeat", columns="task", values="seconds"), []
    for loop, words in ((loop, words) for loop, some in timed.items() for words in some):
        task = task_of(loop, words)
        step = seconds[task]
        both = seconds.get(f"both networks, {task}", np.nan)  # not timed for the published loop
        row = dict(loop=loop, words=words, rate=words / step, speedup=words * seconds[PUBLISHED] / step)
        rows.append(pd.DataFrame(row | dict(network=seconds[f"network, {task}"] / step, both=both / step)))
    return pd.concat(rows, ignore_index=True)


def typical(rates: pd.DataFrame) -> pd.DataFrame:
    """The medians over rounds."""
    return rates.groupby(["loop", "words"], sort=False).median().reset_index()


def speed_said(rates: pd.DataFrame, loop: str) -> dict[str, str]:
    """Of a loop's fewest (`one_`) and most words (`many_`) together: times the published loop, median and range of the
    rounds, and the shares of a step that are the denoising network's and both networks'."""
    own, said = rates[rates["loop"] == loop], {}
    for key, words in (("one", own["words"].min()), ("many", own["words"].max())):
        rounds = own[own["words"] == words]
        times = rounds["speedup"]
        said[f"{key}_speedup"] = f"{times.median():.1f} ({times.min():.1f} to {times.max():.1f})"
        said |= {f"{key}_{part}": percent(rounds[part].median()) for part in ("network", "both")}
    return said


def rate_table(rates: pd.DataFrame, memory: pd.DataFrame):
    """The medians and the peak memory as a page shows them."""
    shown = typical(rates).merge(memory, on=["loop", "words"])[list(COLUMNS)].rename(columns=COLUMNS)
    return shown.style.format(dict.fromkeys(list(COLUMNS.values())[2:], "{:.2f}"), na_rep="–").hide(axis="index")


def paid_off(waits: pd.DataFrame, timings: pd.DataFrame) -> pd.DataFrame:
    """The first compilation for each number of examples (words, examples, seconds), and the steps that pay for it."""
    waits = waits.drop_duplicates("examples")
    seconds = timings.pivot(index="repeat", columns="task", values="seconds")
    saved = [float((seconds[f"{OURS}, {k}"] - seconds[f"{COMPILED}, {k}"]).median()) for k in waits["words"]]
    pays = [wait / s if s > 0 else np.inf for wait, s in zip(waits["seconds"], saved, strict=True)]
    return waits.assign(pays_after=np.array(pays, dtype=float))


def small_tables(compiling: pd.DataFrame, growth: pd.DataFrame, sd15: pd.DataFrame) -> tuple:
    """What compiling took, what grows, and a large network's size, as a page shows them."""
    names = {"examples": "examples at once", "seconds": "compiling, s", "pays_after": "pays after steps"}
    waits = compiling.rename(columns=names).style.format("{:.0f}")
    grows = growth.style.format({"seconds": "{:.3f}", "gigaflops": "{:.1f}"}, na_rep="–")
    large = sd15.style.format({"value": "{:.2f}"}, na_rep="not run")
    said = ("Compiling, where it was timed", "With more pictures or pixels", "At Stable Diffusion 1.5’s size")
    return tuple(t.hide(axis="index").set_caption(s) for t, s in zip((waits, grows, large), said, strict=True))


def fewer_steps(sampler: pd.DataFrame, steps: Sequence[int]) -> dict[int, Interval]:
    """How much less often a context is there with fewer sampler steps than the last, over the same noise.

    sampler: concept, prompt, image, steps, there (1, 0 or NaN).
    """
    paired = dict(arm="steps", base=steps[-1], pair=("concept", "prompt", "image"))
    found = {n: paired_interval(sampler, "there", new=n, **paired) for n in steps[:-1]}
    for n, one in found.items():
        if one.estimate == 0 and np.isnan(
            one.low
        ):  # all agree, nothing to resample: the bound on the share that would not
            share = binomtest(0, one.n["image"]).proportion_ci().high
            found[n] = one._replace(low=-share, high=share)
    return found


def sampler_table(sampler: pd.DataFrame, found: Mapping[int, Interval]):
    """Numbers of steps, how alike their pictures are to those of most steps, and the contexts in them."""
    shown = sampler.groupby("steps")[["alike", "there"]].mean()
    known = {n: f"{d.estimate:+z.3f} ({d.low:+z.3f} to {d.high:+z.3f})" for n, d in found.items() if np.isfinite(d.low)}
    shown["difference"] = [known.get(n, "–") for n in shown.index]
    shown.columns = ["cosine to most steps", "context found", "difference in context found, 95 % interval"]
    return shown.style.format("{:.3f}", subset=list(shown.columns[:2]), na_rep="–")


def enough_steps(sampler: pd.DataFrame, found: Mapping[int, Interval], steps: Sequence[int]) -> str:
    """The smallest number of sampler steps that loses no contexts to speak of, in words."""
    kept = [n for n, d in found.items() if d.concepts >= FEWEST_CONCEPTS and d.low >= -SMALLEST_SHARE]
    if not kept:
        return "no smaller number of sampler steps could be shown to be enough here"
    each = int(sampler.groupby("steps")["there"].count().max())
    return (
        f"with {min(kept)} steps of the sampler the recogniser finds a context at most {percent(SMALLEST_SHARE)} less often than "
        f"with {steps[-1]} (95 % interval, {each} pictures each)"
    )


def outcome(quality: pd.DataFrame) -> str:
    """What decides whether both loops learn as well: B, K where there are no contexts, reconstruction without oracle."""
    return next((value for value in ("B", "K") if quality[value].notna().any()), "reconstruction")


def equally_good(quality: pd.DataFrame) -> tuple[Interval, str, str]:
    """Ours minus the published loop's: the interval, the outcome it is of, and what it says.

    quality: a row per concept, seed and loop. To be as good is to differ by less than is of interest.
    """
    value = outcome(quality)
    found = paired_interval(quality, value, arm="loop", new=OURS, base=PUBLISHED)
    there = verdict_either_way(found, SMALLEST[value])
    differs = f"differs from theirs: {CALLED[value]} {in_words(found)}"
    same = f"is as good: {CALLED[value]} {in_words(found)}"
    few = f" (of {counted(found.concepts, 'concept')}, too few to tell)" if found.concepts < FEWEST_CONCEPTS else ""
    unknown = f"cannot be told from theirs: {CALLED[value]} {in_words(found)}{few}"
    return found, value, {"supported": differs, "not supported": same}.get(there, unknown)


def spread_ratios(variance: pd.DataFrame) -> dict[str, Interval]:
    """Variance of an update's gradient with timesteps drawn apart, as a share of that drawn freely, by where the row is.

    Of logarithms paired over concepts and seeds, so a ratio's mean is geometric.
    """
    logs = variance.assign(log=np.log(variance["variance"]))
    found = {}
    for at, rows in logs.groupby("at", sort=False):
        one = paired_interval(rows, "log", arm="drawn", new="apart", base="freely")
        found[at] = one._replace(estimate=np.exp(one.estimate), low=np.exp(one.low), high=np.exp(one.high))
    return found


def ratio_table(found: Mapping[str, Interval]):
    """The ratios as a page shows them."""
    columns = ["variance of an update’s gradient, apart : freely", "95 % interval from", "to"]
    table = pd.DataFrame({at: [d.estimate, d.low, d.high] for at, d in found.items()}, index=columns).T
    return table.rename_axis("at the row").style.format("{:.2f}", na_rep="–")
