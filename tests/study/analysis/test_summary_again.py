"""Verdicts of two runs side by side."""

import pandas as pd

from study.analysis import summary_again as once_more
from study.claims import VERDICTS

TITLES = dict(probes="Six probes", harmony="One score")
SUPPORTED, FALLEN, OPEN = VERDICTS


def claims(*verdicts, page="probes"):
    """Claims of a page; the first two are in the same words."""
    words = ["<order>", "<order>", "context", "manifold"][: len(verdicts)]
    return pd.DataFrame(dict(page=page, source="note", words=words, verdict=verdicts, result="r"))


def test_a_claim_meets_itself_also_where_two_are_in_the_same_words():
    table = once_more.both(claims(SUPPORTED, OPEN, FALLEN), claims(OPEN, SUPPORTED, FALLEN, OPEN))
    assert list(table["verdict"]) == [SUPPORTED, OPEN, FALLEN]
    assert list(table["verdict_again"]) == [OPEN, SUPPORTED, FALLEN]
    assert once_more.both(claims(SUPPORTED), claims(SUPPORTED, page="harmony")).empty


def test_what_moved_is_counted_and_what_turned_is_named():
    first = claims(SUPPORTED, OPEN, FALLEN)

    def said(*verdicts):
        return once_more.told(once_more.both(first, claims(*verdicts)), TITLES)

    assert said(SUPPORTED, OPEN, FALLEN).endswith("Every verdict came out the same.")
    assert "3 claims on 1 page were tested" in said(SUPPORTED, OPEN, FALLEN)
    assert "2 verdicts came out the same, 1 did not" in said(OPEN, OPEN, FALLEN)
    assert "none turned into its opposite" in said(OPEN, OPEN, FALLEN)
    assert said(SUPPORTED, OPEN, SUPPORTED).endswith("“context” turned into the opposite.")
    assert once_more.told(once_more.both(first, first[:0]), TITLES) == "The study has not been run a second time."


def test_verdicts_that_moved_stand_open_and_the_others_unfold():
    table = once_more.both(claims(SUPPORTED, OPEN, FALLEN), claims(SUPPORTED, OPEN, SUPPORTED))
    text = once_more.twice_html(table, TITLES)
    assert text.index("context") < text.index("<details>") < text.index("&lt;order&gt;") and "<order>" not in text
    assert text.count("<details>") == 1 and "Six probes" in text
    same = once_more.twice_html(table[:2], TITLES)
    assert same.startswith("<details>") and "<details>" not in once_more.twice_html(table[2:], TITLES)
    assert once_more.twice_html(table[:0], TITLES) == ""
