"""What a training seed changes: shares of variance, distances of pictures and rows, and what is said of them."""

import numpy as np
import pandas as pd
import pytest
import torch

from study.analysis import seed_ablation as analysis
from textinv_core.evaluation.stats import UNKNOWN, Interval

PROMPTS = {"oak": ["a photo of {}", "a photo of {} in the snow"], "hall": ["a photo of {}", "{} at night"]}
SEEDS, NOISES = [3, 5, 7], range(4)
COLUMNS = [column for column, _ in analysis.PICTURES.values()]


def scores_of(value):
    """One row a picture; `value(seed, noise)` its score."""
    rows = [
        dict(concept=name, prompt=text, trained=s, seed=n, **dict.fromkeys(COLUMNS, value(s, n)))
        for name, texts in PROMPTS.items()
        for text in texts
        for s in SEEDS
        for n in NOISES
    ]
    return pd.DataFrame(rows)


@pytest.mark.parametrize(("source", "value"), [("seed", lambda s, n: s), ("noise", lambda s, n: n)])
def test_one_source_of_variance_has_all_of_it(source, value):
    sources = analysis.variance_sources(scores_of(value), PROMPTS, SEEDS)
    assert list(sources) == list(analysis.PICTURES)
    for parts in sources.values():
        found = {name: interval.estimate for name, interval in analysis.shares(parts).items()}
        assert found == pytest.approx({"seed": 0.0, "noise": 0.0, "rest": 0.0} | {source: 1.0})


def test_shares_have_a_row_for_all_concepts_together_if_there_are_several():
    sources = analysis.variance_sources(scores_of(lambda s, n: s * n % 5), PROMPTS, SEEDS)
    table = analysis.shares_by_concept(sources, list(PROMPTS))
    assert list(dict.fromkeys(table["concept"])) == ["oak", "hall", analysis.ALL]
    assert table.groupby(["score", "concept"])["estimate"].sum().to_numpy() == pytest.approx(1.0)
    one = analysis.variance_sources(scores_of(lambda s, n: s * n % 5), {"oak": PROMPTS["oak"]}, SEEDS)
    assert set(analysis.shares_by_concept(one, ["oak"])["concept"]) == {"oak"}


def test_an_outcome_that_is_not_known_of_every_concept_is_left_out():
    scores = scores_of(lambda s, n: s * n % 5)
    scores.loc[scores["concept"] == "hall", "both_seen"] = np.nan
    assert list(analysis.variance_sources(scores, PROMPTS, SEEDS)) == ["K", "reconstruction", "editability"]
    blind = scores.assign(concept_seen=np.nan, both_seen=np.nan)
    assert list(analysis.variance_sources(blind, PROMPTS, SEEDS)) == ["reconstruction", "editability"]


def features_of(words, noises, D=8):
    """Unit vectors (words, 2 prompts, noises, D): a word's own direction, and a noise's."""
    torch.manual_seed(0)
    word, noise = torch.randn(3, 1, 1, D) * words, torch.randn(1, 1, 4, D) * noises
    return torch.nn.functional.normalize(torch.randn(D) + (word + noise).expand(3, 2, 4, D), dim=-1)


def test_pictures_that_differ_by_word_alone_are_no_further_apart_by_noise():
    apart = analysis.pictures_apart({"oak": features_of(1.0, 0.0), "hall": features_of(1.0, 0.0)})
    means = apart.table.set_index(["prompt", "differs"])["estimate"]
    for kind in ("plain prompt", "in context"):
        assert means[kind, "noises"] == pytest.approx(0, abs=1e-6)
        assert means[kind, "seeds"] == pytest.approx(means[kind, "both"], abs=1e-6) and means[kind, "seeds"] > 0.01
    assert apart.each["plain prompt", "seeds"].keys() == {"oak", "hall"}


def test_pictures_that_differ_by_noise_alone_are_alike_for_all_seeds():
    apart = analysis.pictures_apart({"oak": features_of(0.0, 1.0)})
    assert apart.ratios["plain prompt"].estimate == pytest.approx(0, abs=1e-6)


def test_with_a_single_noise_the_distance_of_two_is_not_known():
    apart = analysis.pictures_apart({"oak": features_of(1.0, 1.0)[:, :, :1]})
    means = apart.table.set_index(["prompt", "differs"])["estimate"]
    assert np.isnan(means["plain prompt", "both"]) and np.isnan(means["plain prompt", "noises"])


def test_rows_that_move_the_same_way_are_no_distance_apart():
    start = torch.eye(4)[:1].expand(3, 4)
    same = start + torch.eye(4)[1]
    apart = start + torch.eye(4)[1:]
    pairs, cosines = analysis.rows_apart({("oak", 0): start, ("oak", 5): same, ("oak", 9): apart})
    found = pairs.set_index(["measure", "step"])["estimate"]
    assert found["relative", 5] == 0 and found["moved", 5] == pytest.approx(1) and np.isnan(found["relative", 0])
    assert found["moved", 9] == pytest.approx(0) and found["relative", 9] == pytest.approx(np.sqrt(2))
    assert cosines["oak", 9].shape == (3, 3)


def test_the_gain_is_that_of_the_second_half():
    rows = [(c, s, step, step / 10 + s) for c in ("oak", "hall") for s in (0, 1) for step in (0, 5, 10)]
    summary = pd.DataFrame(rows, columns=["concept", "seed", "step", "K"])
    spanned, half, gain = analysis.range_and_gain(summary, "K")
    assert (spanned, half) == (1, 5) and gain.estimate == pytest.approx(0.5)


N = {"concept": 4, "seed": 12}


@pytest.mark.parametrize(
    ("share", "said", "words"),
    [
        (Interval(0.3, 0.2, 0.4, N), "supported", "30 % (95 % interval 20 to 40 %)"),
        (Interval(0.02, -0.1, 0.05, N), "not supported", "0 to 5 %"),
        (Interval(0.1, 0.05, 0.2, N), "undecided", "not clear of the 10 %"),
        (Interval(0.3, 0.2, 0.4, {"concept": 1, "seed": 3}), "undecided", "3 learned words of 1 concept are too few"),
        (UNKNOWN, "undecided", "cannot be told"),
    ],
)
def test_the_answer_follows_from_where_the_share_lies(share, said, words):
    verdict, why = analysis.answer(share, 0.1, "K")
    assert verdict == said and words in why
    assert "keeps the concept" in why or said == "undecided"


def test_a_share_that_is_not_known_is_said_to_be_so():
    assert analysis.as_percent(UNKNOWN) == "an unknown share"
    assert analysis.as_percent(Interval(0.5, float("nan"), float("nan"), {})) == "50 % (95 % interval – to – %)"
