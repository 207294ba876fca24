"""What the page on class word and learned word says: its answer, its numbers, its claim."""

from collections.abc import Mapping

import pandas as pd

from study.analysis.sd_versus_ti import answer, judged, oracle_said, shares_of_the_way, text_said
from study.truth import NO_ORACLE, SMALLEST_SHARE
from study.wording import about, counted, percent


def of_shares(changes: pd.DataFrame) -> bool:
    """Whether the oracle's shares of pictures decide."""
    return bool((judged(changes)["measure"] == "concept kept").all())


def headline(model: str, changes: pd.DataFrame, enough: bool) -> str:
    """The answer in a sentence; a second one where a single training seed or noise cannot decide."""
    rows = judged(changes)
    up = int((rows["sign"] > 0).sum())
    where = "for every prompt tried" if up == len(rows) else "for some of the prompts, not for all"
    where = where if up else "for none of the prompts"
    own, plain = percent(rows["learned"].mean()), percent(rows["plain"].mean())
    said = f"the learned word draws its concept in {own} of its pictures, the class word in {plain}"
    said += f"; the difference is clear {where}"
    if not of_shares(changes):
        said = f"the learned word’s pictures are clearly more like its concept than the class word’s {where}"
    return f"On {model}, {said}." + ("" if enough else " A single training seed or noise decides nothing.")


def told(
    model: str,
    changes: pd.DataFrame,  # from `sd_versus_ti.changes_by_prompt`
    ceilings: Mapping[str, float],  # concept -> the likeness that training pictures have among themselves
    seeds: int,  # of training
    noises: int,
) -> dict[str, str]:
    """What the page quotes of the changes, and its verdict."""
    verdict, found = answer(changes)
    differences = changes.loc[changes["measure"] == "likeness", "change"]
    return dict(
        verdict=verdict,
        verdict_short=headline(model, changes, min(seeds, noises) > 1),
        found=found,
        judged="The oracle judges here." if of_shares(changes) else NO_ORACLE,
        points=percent(SMALLEST_SHARE),
        span=f"differences in likeness {differences.min():+z.3f} to {differences.max():+z.3f}",
        share=shares_of_the_way(changes, ceilings),
        oracle_said=oracle_said(changes),
        text_said=text_said(changes),
        n_prompts=counted(len(differences), "prompt"),
        n_pairs=f"{counted(seeds, 'training seed')} and {counted(noises, 'noise')}",
    )


def claim(said: Mapping[str, str], changes: pd.DataFrame) -> dict:
    """The fields of the poster's claim, from what the page has told."""
    measure, rows = "share of pictures with the concept" if of_shares(changes) else "likeness", judged(changes)
    return dict(
        source="poster, Fig. 5 to 8",
        words="Textual Inversion renders the concept where the plain model does not",
        test=f"{measure}, learned word minus class word, same noise, for each prompt; training seeds and noises resampled",
        result=said["found"],
        n=f"{said['n_prompts']}, {counted(changes['concept'].nunique(), 'concept')}, {said['n_pairs']}",
        verdict=said["verdict"],
        primary=True,
        takes=about(max(rows.loc[rows["verdict"] == "undecided", "takes"], default=0), "training seed"),
    )
