"""The summary's sentences: nothing is said of a verdict but what the records say."""

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from study.analysis import summary as analysis
from study.analysis import summary_figures as figures
from study.claims import VERDICTS, counts


def claims_of(*rows):
    """(document, verdict, page, model) a claim."""
    table = pd.DataFrame(rows, columns=["document", "verdict", "page", "model"])
    return table.assign(profile="tiny", primary=table["verdict"] == "supported")


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ((0, 0, 0), "On here, no claim of the documents has been tested."),
        ((2, 0, 0), "On here, 2 of the documents’ 2 claims held up."),
        ((0, 1, 0), "On here, none of the documents’ 1 claim held up. The others fell."),
        ((3, 1, 4), "On here, 3 of the documents’ 8 claims held up. Most of the others stay open."),
        ((3, 4, 1), "On here, 3 of the documents’ 8 claims held up. Most of the others fell."),
        ((1, 1, 1), "On here, 1 of the documents’ 3 claims held up. As many of the others fell as stay open."),
    ],
)
def test_the_answer_counts_what_held_up_and_says_what_became_of_most_others(numbers, said):
    assert analysis.answer(pd.Series(dict(zip(VERDICTS, numbers, strict=True))), "here") == said


def test_claims_of_our_own_do_not_count_as_the_documents():
    rows = [("poster", "supported", "a", "pocket"), (analysis.OURS, "undecided", "b", "pocket")]
    told = analysis.told(claims_of(*rows), ["c"], dict(a="One?", b="Two?", c="Three?"))
    assert "1 of the documents’ 1 claim held up" in told["verdict_short"]
    assert told["tallies"] == "The poster makes 1 claim (1 supported). This study makes 1 claim (1 undecided)."
    assert told["n_pages"] == "2" and told["n_asked"] == "3" and told["primary"] == "1 claim (1 supported)"
    assert told["read"] == "the pocket model, profile tiny (2 pages); not run: Three?"
    assert told["scale"].startswith("None of these results")


def test_a_page_on_another_model_is_named():
    rows = [("poster", "supported", "a", "pocket"), ("poster", "undecided", "b", "large/one")]
    told = analysis.told(claims_of(*rows), [], dict(a="One?", b="Two?"))
    assert told["scale"] == "Pages that ran on large/one say so" and told["models"] == "large/one and the pocket model"
    assert "not run" not in told["read"]


def test_the_bars_hold_every_claim_once():
    number = counts(claims_of(*[("poster", v, "a", "pocket") for v in (*VERDICTS, "undecided")]))
    figure = figures.verdicts(number)
    assert sum(patch.get_width() for patch in figure.axes[0].patches) == 4
    assert sorted(text.get_text() for text in figure.axes[0].texts if text.get_text()) == ["? 2", "✓ 1", "✗ 1"]
    plt.close(figure)
