"""Primary contrasts under the one rule: what is decided, and what a control or Holm takes back."""

import numpy as np

from study.contrasts import Question, as_claims, contrast_table, decided, verdicts_said
from study.page import Claim
from textinv_core.evaluation.stats import UNKNOWN, Interval

N = {"concept": 8, "seed": 24}
UP = Interval(0.3, 0.2, 0.4, N, 0.01)
ASKED = {
    "rises": Question("it rises", "new minus base", 0.1),
    "falls": Question("it falls", "new minus base", 0.1, "less"),
    "differs": Question("they differ", "new minus base", 0.1, "either"),
}


def verdicts(found, **options):
    return decided(ASKED, found, **options)["verdict"].to_dict()


def test_each_direction_has_its_own_verdict():
    small = Interval(0.01, -0.05, 0.06, N, 0.9)
    assert verdicts(dict.fromkeys(ASKED, UP)) == dict(rises="supported", falls="not supported", differs="supported")
    assert verdicts(dict.fromkeys(ASKED, small)) == dict.fromkeys(ASKED, "not supported")
    assert verdicts(dict.fromkeys(ASKED, UNKNOWN)) == dict.fromkeys(ASKED, "undecided")


def test_a_control_that_shows_the_same_takes_the_support_back():
    assert verdicts(dict.fromkeys(ASKED, UP), controls=dict(rises=True, differs=True))["rises"] == "undecided"
    assert verdicts(dict.fromkeys(ASKED, UP), controls=dict(rises=True, differs=True))["differs"] == "undecided"


def test_holm_counts_every_question_even_one_without_a_test():
    weak = UP._replace(p=0.03)
    table = decided(ASKED, dict(rises=weak, falls=UNKNOWN, differs=UNKNOWN))
    assert np.isclose(table.at["rises", "p_holm"], 0.09) and table.at["rises", "verdict"] == "undecided"
    alone = decided(dict(rises=ASKED["rises"]), dict(rises=weak))
    assert alone.at["rises", "verdict"] == "supported"


def test_no_difference_to_speak_of_is_judged_by_the_interval_alone():
    asked = ASKED | dict(same=Question("they are alike", "new minus base", 0.1, "within"))
    small = Interval(0.01, -0.05, 0.06, N, 0.9)
    wide = small._replace(low=-0.2)
    for interval, said in ((small, "supported"), (wide, "undecided"), (UP, "not supported")):
        table = decided(asked, dict.fromkeys(ASKED, UP) | dict(same=interval))
        assert table.at["same", "verdict"] == said and np.isnan(table.at["same", "p_holm"])
        assert np.isclose(table.at["rises", "p_holm"], 3 * UP.p)


def test_the_rows_become_claims_and_a_table():
    table = decided(ASKED, dict.fromkeys(ASKED, UP))
    claims = [Claim(**fields) for fields in as_claims(ASKED, table, "3 seeds each")]
    assert [claim.verdict for claim in claims] == list(table["verdict"])
    assert "+0.30" in claims[0].result and claims[0].n == "8 concepts, 3 seeds each"
    assert "it falls" in contrast_table(table).to_html()


def test_every_contrast_is_quoted_with_its_verdict_interval_and_test():
    said = verdicts_said(decided(ASKED, dict.fromkeys(ASKED, UP)))
    assert set(said) == {f"{what}_{key}" for what in ("verdict", "said") for key in ASKED}
    assert said["verdict_rises"] == "supported"
    assert said["said_rises"].startswith("+0.30, 95 % interval +0.20 to +0.40; ")
