"""What the page on settings says of its choices."""

import re

import pandas as pd

from study.analysis import regime_told as told
from study.analysis.regime import Choice, Components

LENGTH = Choice({"step": 500.0, "rate": 0.01}, 0.4, (), True)
LEASH = Choice({"weight": 0.3}, 0.45, ("weight",), True)
STRENGTH = Choice({"guidance": 4.0}, float("nan"), (), False)
VALUES = pd.DataFrame(
    [
        dict(concept=c, step=step, rate=0.01, K=k, C=0.5, B=0.25)
        for c, k in (("oak", 1.0), ("hall", 0.5))
        for step in (250, 500)
    ]
)


def said(length=LENGTH, *, parts=None, oracle=True):
    return told.told(length, LEASH, STRENGTH, VALUES, parts, None, smallest=0.1, oracle=oracle, model="the model")


def test_what_other_pages_take_over_is_written_as_numbers_are():
    numbers = said()
    taken = {key.removeprefix("chosen_"): value for key, value in numbers.items() if key.startswith("chosen_")}
    assert taken == dict(learning_rate="0.01", steps="500", kl_weight="0.3", guidance="4")
    assert told.chosen(LENGTH, LEASH, STRENGTH) == dict(learning_rate=0.01, steps=500, kl_weight=0.3, guidance=4.0)


def test_the_answer_can_be_said_aloud():
    known, unknown = said()["verdict_short"], said(LENGTH._replace(known=False))["verdict_short"]
    best = "On the model, 500 steps at a learning rate of 0.01 serve best."
    assert known == f"{best} From so few concepts that is a guess."
    assert told.short(LENGTH, told.chosen(LENGTH, LEASH, STRENGTH), "the model", 6) == best
    assert "no setting does better" in unknown
    assert len(re.findall(r"[\d.]*\d", known)) == len(re.findall(r"[\d.]*\d", unknown)) == 2


def test_rates_are_those_of_the_chosen_setting():
    assert said()["rates_there"] == "K 75 %, C 50 %, B 25 %"
    assert said(oracle=False)["rates_there"] == "known by CLIP only" and said(oracle=False)["judged_by"]
    assert said()["judged_by"] == ""


def test_a_choice_at_the_end_of_its_grid_says_so():
    numbers = said()
    assert numbers["where_length"] == "inside its grid" and "end of its grid in KL weight" in numbers["where_weight"]
    assert numbers["value_kl"] == "0.45" and "no difference" in numbers["where_guidance"]


def test_the_spread_is_told_where_it_is_known():
    assert said()["spread"] == "is not known here" and "no study can be planned" in said()["plan"]
    assert "0.20 between concepts, 0.10 between seeds of one" in said(parts=Components(0.2, 0.1, 0.4, 0.0))["spread"]
