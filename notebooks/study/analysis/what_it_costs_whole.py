"""What a whole study costs: the hours of a large model's, counted, and the processor seconds of this one's pages."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from study.timing import PARTS
from textinv_core.files import load_json, load_table

SAID = {
    "start": "start and imports",
    "load": "model, judge, concepts",
    "learn": "learning",
    "draw": "drawing",
    "score": "scoring",
    "rest": "the rest",
}


def sizes(
    counted: Mapping[str, float],  # of one example: flops, kept_bytes, weight_bytes
    *,
    batch_size: int,
    words: int,  # to be learned
    steps: int,  # of each
    rate: float = 0.0,  # updates per second, measured; zero: from the operations and the next
    teraflops: float = 100.0,  # per second, of an assumed accelerator
    timed: float = float("nan"),  # seconds of one example, forward and backward
) -> tuple[pd.DataFrame, float]:
    """What a network of Stable Diffusion 1.5's shape takes, as a table of `what` and `value`; and a study's hours."""
    per_step = batch_size * counted["flops"]
    rate = rate or teraflops * 1e12 / per_step
    hours = words * steps / rate / 3600
    weights, kept = counted["weight_bytes"] / 2**30, counted["kept_bytes"] / 2**30
    rows = {
        "operations of an update, Tflop": per_step / 1e12,
        "weights, GB": weights,
        "kept for backward by an example, GB": kept,
        "one word, an example at a time: both, GB": weights + kept,
        "one example forward and backward, s, timed": timed,
        "updates per second, estimate": rate,
        "hours for the study, estimate": hours,
    }
    return pd.DataFrame(rows.items(), columns=["what", "value"]), hours


def records(folders: Iterable[Path]) -> list[dict]:
    """The provenance of every page, or job of a page, that is recorded right under one of the folders."""
    return [load_json(path) for folder in folders for path in sorted(Path(folder).glob("*/provenance.json"))]


def seconds_of(found: Iterable[Mapping]) -> pd.DataFrame:
    """One row per page: jobs, the seconds of each part, `total`; the largest first. What has no such record is left out."""
    rows = [dict(page=one["page"], jobs=1) | one["cpu_seconds"] for one in found if one.get("cpu_seconds")]
    table = pd.DataFrame(rows, columns=["page", "jobs", *PARTS]).groupby("page", as_index=False).sum()
    return table.assign(total=table[list(PARTS)].sum(axis=1)).sort_values("total", ascending=False, ignore_index=True)


def dearest(now: pd.DataFrame, before: Path) -> pd.DataFrame:
    """Of each page the run that spent most, of this table and of the one recorded `before`, if there is one.

    A run that finds its words and pictures made does not say what they cost.
    """
    if not before.exists():
        return now
    known = load_table(before, tuple(now.columns))
    both = pd.concat([now, known[known["page"].isin(now["page"])]])
    return both.sort_values("total", ascending=False, kind="stable").drop_duplicates("page", ignore_index=True)


def seconds_table(table: pd.DataFrame):
    """The same as a page shows it, with all pages together in the last row."""
    whole = table.drop(columns="page").sum().to_frame("all pages").T
    shown = pd.concat([table.set_index("page"), whole]).rename(columns=SAID)
    return shown.rename_axis(index=None).style.format("{:.0f}")


def largest_said(table: pd.DataFrame) -> str:
    """The two parts that take most of the seconds, in words."""
    shares = table[list(PARTS)].sum() / max(table["total"].sum(), 1e-9)
    first, second = shares.sort_values(ascending=False, kind="stable").index[:2]
    if table.empty:
        return "no page has recorded its seconds yet"
    return f"{SAID[first]} {100 * shares[first]:.0f} %, {SAID[second]} {100 * shares[second]:.0f} %"
