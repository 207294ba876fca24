"""All that the page on probes decides, at once: what CLIP was asked, and each context by itself in pictures."""

from typing import NamedTuple

import pandas as pd

from study.analysis import probes as decide
from study.analysis import probes_pictures as pictured
from study.analysis.probes import CLASS, KL, NAIVE
from study.wording import in_words


class Compared(NamedTuple):
    """Tables for the figures and the records, and the named contrasts with their verdicts."""

    slopes: pd.DataFrame  # probe 1, by word
    gaps: pd.DataFrame  # probe 2, by own picture
    by_context: pd.DataFrame  # every outcome by context and word
    named: str  # the one context that is compared
    evidence: str  # the outcome that judges it
    each: pd.DataFrame  # by context and learned word: whether it is lost
    both: str  # concept and context in one picture of that context, KL minus naive, in words
    contrasts: pd.DataFrame  # by (probe, word)

    @property
    def by_oracle(self) -> bool:
        """Whether an oracle judges the contexts."""
        return self.evidence == pictured.HAS

    @property
    def share(self) -> pd.DataFrame:
        """The outcomes in the one context, by word."""
        return self.by_context[self.by_context["context"] == self.named].set_index("reading")


def compare(order: pd.DataFrame, third: pd.DataFrame, scores: pd.DataFrame, named: str) -> Compared:
    """The named contrasts; order, third: cosines of the probes, or empty; scores: a row a picture, with its context."""
    by_context, evidence = pictured.by_context(scores), pictured.evidence_of(scores)
    losses, slopes = pictured.lost(scores, evidence), decide.slopes(order)
    share = by_context[by_context["context"] == named].set_index("reading")
    tables = decide.frames(order, third, losses, named)
    return Compared(
        slopes=slopes,
        gaps=decide.against_description(order),
        by_context=by_context,
        named=named,
        evidence=evidence,
        each=pictured.context_verdicts(losses, scores, evidence, [NAIVE, KL]),
        both=in_words(pictured.gained(scores, pictured.BOTH, named, KL, NAIVE)),
        contrasts=decide.contrasts(tables, slopes, evidence == pictured.HAS, share.at[CLASS, evidence]),
    )
