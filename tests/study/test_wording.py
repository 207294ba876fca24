"""What is said of an interval follows from its bounds and from how many units it rests on."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from study.wording import (
    about,
    by_side,
    counted,
    holm_said,
    in_words,
    listed,
    opposite,
    percent,
    side,
    verdict,
    verdict_either_way,
    verdict_of_all,
    verdict_within,
    would_take,
)
from textinv_core.evaluation.stats import UNKNOWN, Interval


def test_counting():
    assert [counted(n, "concept") for n in (0, 1, np.int64(2))] == ["0 concepts", "1 concept", "2 concepts"]


def test_words_in_a_row_and_small_numbers():
    assert [listed(words) for words in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]
    assert holm_said(0.0004) == "Holm-corrected p < 0.001" and holm_said(0.0311) == "Holm-corrected p 0.031"


def test_a_side_is_one_of_three():
    assert [side(Interval(0.1, 0.05, 0.2, {}), of) for of in (0, 0.05, 0.1, 0.3)] == [1, 0, 0, -1]
    assert in_words(Interval(0.1, 0.05, 0.2, {})) == "+0.100, 95 % interval +0.050 to +0.200"
    assert in_words(Interval(-0.0197, -0.0405, -0.0046, {}), "+z.2f") == "-0.020, 95 % interval -0.041 to -0.005"
    assert in_words(Interval(0.02, 0.0, 1e-17, {}), "+z.2f") == "+0.02, 95 % interval +0.00 to +0.00"


def test_a_verdict_needs_enough_units_and_a_clear_interval():
    found = Interval(0.1, 0.05, 0.2, {"concept": 3, "seed": 6})
    said = [verdict(found, of, fewest={"concept": 3}) for of in (0, 0.1, 0.3)]
    assert said == ["supported", "undecided", "not supported"]
    for fewest in ({"concept": 4}, {"concept": 3, "seed": 7}, {"prompt": 1}):
        assert {verdict(found, of, fewest=fewest) for of in (0, 0.1, 0.3)} == {"undecided"}
    for unclear in (UNKNOWN, found._replace(low=float("nan"), high=float("nan"))):
        assert verdict(unclear, fewest={}) == "undecided"


@given(st.floats(-5, 5), st.floats(0.1, 3), st.integers(0, 5), st.integers(0, 5))
def test_the_verdict_on_the_opposite_is_the_opposite_verdict(middle, half, concepts, least):
    n = {"concept": concepts}
    one, other = (Interval(m, m - half, m + half, n) for m in (middle, -middle))
    opposite = {"supported": "not supported", "not supported": "supported", "undecided": "undecided"}
    assert verdict(other, fewest={"concept": least}) == opposite[verdict(one, fewest={"concept": least})]


def test_support_takes_the_corrected_test_and_a_control_that_does_not_show_it():
    found = Interval(0.1, 0.05, 0.2, {"concept": 3})
    assert verdict(found, p=0.05) == "supported"
    assert {verdict(found, p=p) for p in (0.051, float("nan"))} == {verdict(found, control=True)} == {"undecided"}
    assert verdict(opposite(found), p=1.0) == "not supported"


def test_less_than_is_of_interest_is_no_support():
    small = Interval(0.01, -0.01, 0.03, {"concept": 3})
    assert verdict(small) == verdict(small, smallest=0.03) == "undecided"
    assert verdict(small, smallest=0.04) == "not supported"
    assert verdict_either_way(small, 0.04) == "not supported" and verdict_either_way(small, 0.02) == "undecided"
    large = small._replace(low=0.005)
    assert verdict_either_way(large, 0.04) == verdict_either_way(opposite(large), 0.04) == "supported"


def test_a_value_in_a_range():
    found = Interval(5, 4, 6, {"concept": 3})
    said = [verdict_within(found, *range_) for range_ in ((4, 6), (5, 9), (7, 9), (0, 3))]
    assert said == ["supported", "undecided", "not supported", "not supported"]
    assert verdict_within(found, 0, 9, fewest={"concept": 4}) == verdict_within(UNKNOWN, 0, 9) == "undecided"


def test_shares_are_spoken_as_percentages():
    assert percent(0.126) == "13 %" and percent(float("nan")) == "not defined"
    assert by_side(Interval(1, 0.5, 2, {}), "rises", "falls", "stays") == "rises"


def test_a_claim_of_all_falls_with_any():
    assert verdict_of_all(["supported", "supported"]) == "supported"
    assert verdict_of_all(["supported", "undecided"]) == verdict_of_all([]) == "undecided"
    assert verdict_of_all(["supported", "undecided", "not supported"]) == "not supported"


def test_what_would_decide_is_where_the_bound_or_the_test_comes_to_lie_at_the_border():
    open_yet = Interval(0.05, -0.05, 0.15, {"concept": 10, "seed": 3})
    assert would_take(open_yet) == 40  # a bound twice as near
    assert would_take(open_yet, smallest=0.06) == 40  # support is nearer than that it is too small
    assert would_take(open_yet, smallest=0.30) == 11  # it is too small already, but for the rounding
    assert would_take(open_yet, smallest=0.05, unit="seed") == 12
    shown = Interval(0.10, 0.02, 0.18, {"concept": 10})
    assert would_take(shown, p=0.04) == 11
    assert would_take(shown, p=0.30) == int(np.ceil(10 * (1.959964 / 1.036433) ** 2))
    assert would_take(shown, p=1.0) == would_take(UNKNOWN) == would_take(open_yet, of=0.05) == 0
    assert about(12, "seed") == "about 12 seeds" and about(0) == ""
