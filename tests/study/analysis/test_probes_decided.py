"""The probes' contrasts on made-up tables: what is decided, and what a control that shows the same undoes."""

import itertools

import numpy as np
import pandas as pd
import pytest

from study.analysis import probes as analysis
from study.analysis.probes import BALLET, CLASS, CONTEXT, KL, NAIVE, RANDOM, RIGHT, RUNGS, TRAP
from study.wording import verdict_beside
from textinv_core.evaluation.stats import Interval

NAMES, SEEDS = [f"c{i}" for i in range(9)], (0, 1)
WORDS = (CLASS, RANDOM, NAIVE, KL)
LUCK = np.random.default_rng(0).normal(0, 0.002, 10_000)


def order_of(fall, own=lambda reading: 0.0, names=NAMES):
    """Cosines of every rung; `fall(reading)` from one to the next, `own(reading)` above the description's 0.5."""
    places = itertools.product(names, SEEDS, (*WORDS, "description"), (RIGHT, TRAP), RUNGS, range(2))
    rows = [
        dict(concept=c, seed=s, reading=k, pooling=p, rung=r, image=i, cosine=cosine + luck)
        for (c, s, k, p, r, i), luck in zip(places, itertools.cycle(LUCK), strict=False)
        for cosine in [0.5 + (own(k) if k != "description" else 0) - (fall(k) if p == RIGHT else 0) * RUNGS.index(r)]
    ]
    return pd.DataFrame(rows)


def third_of(interaction, names=NAMES):
    places = itertools.product(names, SEEDS, WORDS, (RIGHT, TRAP), (BALLET, "dancing"), range(3))
    rows = [
        dict(concept=c, seed=s, reading=k, pooling=p, context=x, image=3 * (x == BALLET) + i, interaction=value + luck)
        for (c, s, k, p, x, i), luck in zip(places, itertools.cycle(LUCK), strict=False)
        for value in [interaction(k) if (p, x) == (RIGHT, BALLET) else 9.0]
    ]
    return pd.DataFrame(rows)


def losses_of(loss, names=NAMES):
    """Pictures of two contexts; the other one is lost by all, and must not count."""
    places = itertools.product(names, SEEDS, WORDS, (BALLET, "dancing"), range(4))
    rows = [
        dict(concept=c, seed=s, reading=k, context=x, prompt=x, image=i, value=loss(k, i) if x == BALLET else 1.0)
        for c, s, k, x, i in places
    ]
    return pd.DataFrame(rows)


def decided(fall=lambda k: 0.0, own=lambda k: 0.0, interaction=lambda k: 0.0, loss=lambda k, i: 0.0, **how):
    names = how.pop("names", NAMES)
    order = order_of(fall, own, names)
    tables = analysis.frames(order, third_of(interaction, names), losses_of(loss, names), BALLET)
    return analysis.contrasts(tables, analysis.slopes(order), shares=True, shown=how.get("shown", 1.0))


def learned(value, otherwise=0.0):
    return lambda reading: value if reading in (NAIVE, KL) else otherwise


class TestTheOrder:
    def test_of_the_learned_words_alone_is_supported(self):
        found = decided(fall=learned(0.05))
        assert found.at[("1", NAIVE), "verdict"] == found.at[("1", KL), "verdict"] == "supported"
        assert found.at[("1", NAIVE), "estimate"] == pytest.approx(0.05, abs=0.002)
        assert found.at[("1", NAIVE), "p_holm"] < 0.05

    @pytest.mark.parametrize("control", [CLASS, RANDOM])
    def test_is_not_supported_where_a_control_has_it_too(self, control):
        found = decided(fall=lambda k: 0.05 if k in (NAIVE, KL, control) else 0.0)
        assert found.at[("1", NAIVE), "verdict"] == "not supported"
        assert f"{control} shows the same" in found.at[("1", NAIVE), "said"]

    def test_stands_where_the_control_has_much_less_of_it(self):
        found = decided(fall=learned(0.05, otherwise=0.004))
        assert found.at[("1", NAIVE), "verdict"] == "supported"

    def test_one_step_the_other_way_is_enough_against_it(self):
        order = order_of(learned(0.05))
        swapped = order["rung"].replace({"own": "look_alike", "look_alike": "own"})
        turned = order.assign(rung=swapped.where(order["reading"] == NAIVE, order["rung"]))
        slopes = analysis.slopes(turned)
        assert analysis.against_the_order(slopes, NAIVE) == ["look-alike above own"]
        tables = analysis.frames(turned, third_of(learned(0)), losses_of(lambda k, i: 0.0), BALLET)
        found = analysis.contrasts(tables, slopes, shares=True, shown=1.0)
        assert found.at[("1", NAIVE), "verdict"] == "not supported" and found.at[("1", KL), "verdict"] == "supported"

    def test_needs_every_rung(self):
        order = order_of(learned(0.05))
        slopes = analysis.slopes(order[(order["concept"] == "c0") | (order["rung"] == "own")])
        assert set(slopes["concept"]) == {"c0"}

    def test_the_trend_is_pages(self):
        trend = analysis.trends(analysis.slopes(order_of(learned(0.05)))).set_index(["reading", "pooling"])
        assert trend.at[(NAIVE, RIGHT), "L"] == 30 * len(NAMES) and trend.at[(NAIVE, RIGHT), "exact"] == 1
        assert trend.at[(RANDOM, RIGHT), "p"] > 0.01 > trend.at[(NAIVE, RIGHT), "p"]


class TestTheWordAgainstADescription:
    @pytest.mark.parametrize(("above", "said"), [(0.1, "supported"), (-0.1, "not supported"), (0.0, "not supported")])
    def test_is_decided_by_its_interval(self, above, said):
        assert decided(own=learned(above)).at[("2", NAIVE), "verdict"] == said

    def test_a_cosine_counts_by_what_a_random_word_misses(self):
        far = lambda k: -0.5 if k == RANDOM else 0.03 * (k in (NAIVE, KL))  # noqa: E731
        sizes = [
            analysis.cosine_of_interest(analysis.frames(order_of(learned(0), own), *[pd.DataFrame()] * 2, BALLET)["2"])
            for own in (far, learned(0.03))
        ]
        assert sizes == [pytest.approx(0.05, abs=0.001), analysis.COSINE]
        assert analysis.cosine_of_interest(pd.DataFrame()) == analysis.COSINE

    def test_too_few_concepts_for_the_correction_are_said(self):
        few = decided(own=learned(0.1), names=NAMES[:4])
        assert few.at[("2", NAIVE), "verdict"] == "undecided"
        assert f"takes {analysis.concepts_needed()} concepts" in few.at[("2", NAIVE), "said"]
        enough = decided(own=learned(0.1), names=NAMES[: analysis.concepts_needed()])
        assert enough.at[("2", NAIVE), "verdict"] == "supported"


class TestTheThirdProbe:
    def test_is_supported_of_a_word_that_its_control_does_not_match(self):
        assert decided(interaction=learned(0.05)).at[("3", NAIVE), "verdict"] == "supported"

    def test_a_random_word_that_passes_it_too_undoes_it(self):
        found = decided(interaction=lambda k: 0.05)
        assert found.at[("3", NAIVE), "verdict"] == "not supported"
        assert "random word shows the same" in found.at[("3", NAIVE), "said"]

    def test_what_would_decide_an_open_one_is_asked_of_what_it_has_over_the_control(self):
        rng = np.random.default_rng(0)  # naive and random word alike, and too noisy to tell how alike
        found = decided(interaction=lambda k: rng.normal(0.3, 0.6)).loc[("3", NAIVE)]
        assert found["verdict"] == "undecided" and "random word shows the same" in found["said"]
        assert int(found["takes"].split()[1]) > len(NAMES)  # "about N concepts"

    def test_other_contexts_do_not_count(self):
        assert decided().at[("3", NAIVE), "estimate"] == pytest.approx(0, abs=0.001)  # "dancing" has 9


class TestTheContext:
    def test_lost_by_the_learned_word_alone_is_supported(self):
        found = decided(loss=lambda k, i: 1.0 if k == NAIVE else 0.0)
        assert found.at[(CONTEXT, NAIVE), "verdict"] == "supported"

    def test_present_in_every_picture_it_is_not_lost_whatever_another_context_does(self):
        found = decided()
        assert found.at[(CONTEXT, NAIVE), "verdict"] == "not supported" and found.at[(CONTEXT, NAIVE), "high"] == 0

    def test_lost_by_a_random_word_too_it_says_nothing_of_learning(self):
        found = decided(loss=lambda k, i: float(i < 2) if k in (NAIVE, RANDOM) else 0.0)
        assert found.at[(CONTEXT, NAIVE), "verdict"] == "not supported"

    def test_what_the_class_word_does_not_show_cannot_be_lost(self):
        found = decided(shown=0.2)
        assert found.at[(CONTEXT, NAIVE), "verdict"] == "undecided"
        assert "too little of it to lose" in found.at[(CONTEXT, NAIVE), "said"]


def test_without_a_clip_the_probes_are_undecided_and_the_pictures_are_not():
    nothing = pd.DataFrame()
    tables = analysis.frames(nothing, nothing, losses_of(lambda k, i: 0.0), BALLET)
    found = analysis.contrasts(tables, analysis.slopes(nothing), shares=True, shown=1.0)
    assert list(found.loc[[key for key in found.index if key[0] in "123"], "verdict"]) == ["undecided"] * 6
    assert found.at[(CONTEXT, NAIVE), "verdict"] == "not supported"


def test_an_interval_takes_two_rows():
    one = pd.DataFrame([dict(concept="a", seed=0, value=0.5)])
    assert np.isnan(analysis.interval(one).low) and analysis.interval(one).estimate == 0.5
    equal = analysis.interval(pd.concat([one, one.assign(concept="b")]))
    assert (equal.low, equal.high, equal.concepts) == (0.5, 0.5, 2)
    assert np.isnan(analysis.interval(pd.DataFrame()).estimate)


N = {"concept": 9}


@pytest.mark.parametrize(
    ("control", "excess", "said"),
    [
        (Interval(0, -1, 1, N), Interval(0, -1, 1, N), "supported"),  # the control shows nothing
        (Interval(0.1, 0.05, 0.2, N), Interval(0.3, 0.2, 0.4, N), "supported"),  # it shows much less
        (Interval(0.4, 0.3, 0.5, N), Interval(0, -0.1, 0.1, N), "undecided"),  # the same, as far as one can see
        (Interval(0.4, 0.3, 0.5, N), Interval(0, -0.01, 0.005, N), "not supported"),  # surely the same
    ],
)
def test_a_control_that_shows_the_same_never_lets_a_claim_stand(control, excess, said):
    found, same = verdict_beside(Interval(0.4, 0.3, 0.5, N), {"x": control}, {"x": excess}, 0.01, p=0.01)
    assert found == said and same == ([] if said == "supported" else ["x"])
