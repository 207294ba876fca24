"""Everything that the page on probes quotes, and the claims that it records."""

from collections.abc import Mapping

import pandas as pd

from study.analysis import probes_said as said
from study.analysis.probes import CONTEXT, KL, NAIVE, PRIMARY, PROBES, TRUE, concepts_needed
from study.analysis.probes_compared import Compared
from study.analysis.probes_texts import CHANCES
from study.truth import SMALLEST_SHARE
from study.wording import FEWEST_CONCEPTS, LEVEL, counted, percent
from textinv_core.evaluation.stats import UNKNOWN


def told(
    found: Compared,
    moved: pd.DataFrame,  # how far a context moves the vector of a text
    third: pd.DataFrame,  # the cosines of the third probe, or empty
    places: pd.DataFrame,  # where the learned rows lie among the words
    *,
    model: str,  # how a sentence calls it
    about_clip: str,
    probed: bool,  # whether there is a CLIP to ask
    quirk: bool,  # whether the text encoder's configuration has the old convention
) -> dict[str, str]:
    """By the key that the page quotes it by."""
    leaves, outside = said.outside_of(places)
    gap, shares = said.trap_gap(moved), found.share
    loses = found.contrasts.at[(CONTEXT, NAIVE), "verdict"]
    short = said.answer(loses, shares[found.evidence], found.named, found.by_oracle, gap < said.ROUNDING)
    lies = {f"outside_{k.split()[0].lower()}": said.outside_said(outside.get(k, UNKNOWN)) for k in (NAIVE, KL, TRUE)}
    numbers = dict(
        verdict_short=f"On {model}, {short}",
        named=found.named,
        measure=said.MEASURES[found.evidence],
        smallest_cosine=f"{found.contrasts.at[PRIMARY[0], 'smallest']:.2g}",
        smallest_share=percent(SMALLEST_SHARE),
        level=f"{LEVEL:g}",
        fewest=f"{FEWEST_CONCEPTS}",
        needed=f"{concepts_needed()}",
        chances=counted(CHANCES, "word"),
        trap_said=said.trap_said(gap),
        config_says=said.CONFIG[quirk],
        clip_sentence=said.clip_said(about_clip, probed),
        oracle_sentence=said.ORACLE[found.by_oracle],
        lost_in=said.contexts_said(found.each, NAIVE),
        lost_in_kl=said.contexts_said(found.each, KL),
        both_kl=found.both,
        kept=said.kept_said(found.by_context, found.named),
        leaves=leaves,
        n_people=f"{found.slopes['concept'].nunique()}",
        n_third=f"{third['concept'].nunique() if len(third) else 0}",
        n_named=counted(int(shares.at[NAIVE, "concepts"]), "concept"),
    )
    return numbers | said.contrasts_said(found.contrasts) | lies


def claims(found: Compared, said_of: Mapping[str, str], about_clip: str, *, probed: bool, seeds: int, concepts: int):
    """The fields of the note's claims: its probes, the lost context, and where the naive word lies."""
    source = {key: f"research note, experiment {i + 1}, {key[1]} word" for i, key in enumerate(PRIMARY[:-1])}
    table, size, needed = found.contrasts, counted(seeds, "training seed"), concepts_needed()
    rows = [
        dict(
            source=source.get((p, k), "research note"),
            words=said.CLAIMED[p],
            test=f"{table.at[(p, k), 'measured']}, {k} word; controls: {', '.join(PROBES[p][1])}; Holm over {len(PRIMARY)}",
            result=table.at[(p, k), "said"] if probed or p == CONTEXT else about_clip,
            n=f"{counted(int(table.at[(p, k), 'concepts']), 'concept')}, {size}",
            verdict=table.at[(p, k), "verdict"],
            primary=True,
            takes=f"{needed} concepts" if table.at[(p, k), "concepts"] < needed else table.at[(p, k), "takes"],
        )
        for p, k in PRIMARY
    ]
    outside = dict(
        source="research note",
        words="the naive word leaves the semantic manifold",
        test=said.OUTSIDE,
        result=f"naive: {said_of['outside_naive']}; true names: {said_of['outside_true']}",
        n=f"{counted(concepts, 'concept')}, {size}",
        verdict=said_of["leaves"],
    )
    return [*rows, outside]
