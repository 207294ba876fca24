"""Ranking on made-up tables: order, traps, batches with too little to pick from, calibration, and what is decided."""

import numpy as np
import pandas as pd
import pytest

from study.analysis import harmony as analysis
from study.analysis import harmony_told as told
from study.analysis.harmony import NEW, RANDOM, SCORES

NAMES = [f"c{i}" for i in range(10)]
SETS = {"both": 2, "subject only": 1, "context only": 1, "neither": 0, "empty": 1, "smear": 0, "training picture": 1}


def constructed(good=("harmony", "accord"), names=NAMES):
    """Scores of `good` order everything; the others are noise, and `text` likes an empty context best."""
    rng, rows = np.random.default_rng(0), []
    for name in names:
        for prompt in ("{} at night", "{} in the snow"):
            for case, level in SETS.items():
                for _ in range(3):
                    scores = {s: level + rng.normal(0, 0.1) if s in good else rng.normal() for s in SCORES}
                    scores["text"] = 5.0 if case == "empty" else scores["text"]
                    rows.append(dict(judge="the judge", kind="tree", concept=name, prompt=prompt, set=case) | scores)
    return pd.DataFrame(rows)


def drawn(share=0.5, good=("harmony", "accord"), names=NAMES, batch=16):
    """Pictures of batches of which a share is accepted, as `good` scores know."""
    rng, rows = np.random.default_rng(1), []
    for k, name in enumerate(names):
        for prompt in ("{} at night", "{} in the snow"):
            for i in range(batch):
                accepted = float(i < share * batch + k % 2)
                scores = {s: accepted + rng.normal(0, 0.2) if s in good else rng.normal() for s in SCORES}
                place = dict(concept=name, seed=0, prompt=prompt, noise=i, accepted=accepted)
                rows.append(
                    place | scores | dict(p_subject=i / batch, p_text=0.95, concept_seen=accepted, context_seen=1.0)
                )
    return pd.DataFrame(rows)


def test_right_pictures_are_set_against_wrong_ones_and_each_trap_by_itself():
    order = analysis.orders(constructed())
    mean = order.groupby("score")[["auc", "text_half", *analysis.TRAPS]].mean()
    assert mean.loc["harmony", "auc"] == 1 and mean.loc["text", "empty"] == 0
    assert abs(mean.loc["raw_sum", "auc"] - 0.5) < 0.15
    assert len(order) == len(NAMES) * 2 * len(SCORES)
    without = constructed().query("set != 'smear'")
    assert analysis.orders(without)["smear"].isna().all()
    assert analysis.orders(constructed()[:0]).empty
    assert "text alone 0 %" in told.trap_told(order, "empty")


def test_a_score_that_is_not_there_has_no_order():
    rows = constructed(names=NAMES[:1]).assign(accord=np.nan)
    assert analysis.orders(rows).query("score == 'accord'")["auc"].isna().all()


def test_batches_with_too_little_to_pick_from_are_refused():
    all_or_none = pd.concat([drawn(1.0, names=["a"]), drawn(0.0, names=["b"])])
    there = analysis.enough(all_or_none, 1)
    assert (there.accepted, there.open, there.batches, there.enough) == (0, 0, 4, False)
    one = drawn(1 / 16, names=["a"])
    assert not analysis.enough(one, 3).enough and "too few" in analysis.enough(one, 3).told
    assert analysis.enough(one, 2).enough and "too few" not in analysis.enough(one, 2).told
    assert "No oracle" in analysis.enough(one.assign(accepted=np.nan), 2).told


def test_the_best_of_many_and_the_random_pick():
    picked = analysis.picks(drawn(names=["a"]))
    at = picked.groupby(["score", "N"])["accepted"].mean()
    assert at["harmony", 16] == 1 and at["harmony", 1] == pytest.approx(0.5)
    assert (at[RANDOM] == 0.5).all() and at["harmony"].is_monotonic_increasing
    assert picked["N"].max() == 16 and analysis.picks(drawn(names=["a"], batch=6))["N"].max() == 4


def test_agreement_is_within_batches():
    rows = drawn(names=["a"])
    rows["raw_sum"] = np.where(rows["prompt"] == "{} at night", 10, 0)  # knows the prompt, and nothing of its pictures
    auc = analysis.agreement(rows).groupby("score")["auc"].mean()
    assert auc["harmony"] == 1 and auc["raw_sum"] == 0.5


def test_calibration_asks_tenths_that_hold_enough_pictures():
    rows = drawn(names=NAMES[:3])  # 96 pictures
    found = analysis.calibration(rows, fewest=6)
    subject = found[found["reading"] == "subject"]
    assert subject["p"].is_monotonic_increasing and subject["seen"].iloc[0] == 1 and subject["seen"].iloc[-1] == 0
    assert found.query("reading == 'text'")[["p", "seen"]].to_numpy().tolist() == [[pytest.approx(0.95), 1.0]]
    assert analysis.calibration(rows, fewest=97).empty
    assert analysis.calibration(rows.assign(concept_seen=np.nan, context_seen=np.nan)).empty


@pytest.fixture(scope="module")
def decided():
    order, picked = analysis.orders(constructed()), analysis.picks(drawn(0.125))
    table, found = analysis.contrasts(order, picked, True)
    return order, table, found, analysis.verdicts(table, found)


def test_a_better_score_is_found(decided):
    order, table, found, each = decided
    assert told.outcome(each, "harmony", "auc") == told.outcome(each, "harmony", "best") == "supported"
    assert told.rivals(each, "harmony", "best", "supported").endswith("a random pick")
    shares = {"auc": analysis.in_order(order)}
    assert "It is better than every raw combination" in told.answered(shares["auc"], each)
    said = told.numbers(shares, order, analysis.in_order(analysis.agreement(drawn(names=NAMES[:3]))), each)
    assert said["verdict"] == "supported" and said["harmony_loses"] == "none" and "harmony 100 %" in said["truth_told"]
    there = analysis.enough(drawn(), 30)
    claims = told.claims(found, each, there, "n")
    assert [c["verdict"] for c in claims] == ["supported"] * 3 and [c["primary"] for c in claims] == [True, True, False]
    assert told.rows_called(table)[0] == "− raw sum (AUC)" and "− random pick" in told.rows_called(table)
    assert "random pick" in told.contrast_table(table).to_html()
    assert ("the judge", "AUC") in analysis.by_kind(order, NAMES).columns


def test_picks_that_are_not_judged_decide_nothing_and_keep_their_place_in_the_family(decided):
    order, table, *_ = decided
    refused, found = analysis.contrasts(order, analysis.picks(drawn()), False)
    each = analysis.verdicts(refused, found)
    assert {told.outcome(each, new, "best") for new in NEW} == {"undecided"}
    assert len(refused) == len(table) and refused.loc[refused["measure"] == "best", "p_holm"].isna().all()
    small = refused[(refused["score"] == "harmony") & (refused["measure"] == "auc")]
    assert (small["p_holm"] > small["p"]).all()


def test_no_pictures_decide_nothing():
    order, picked = analysis.orders(constructed()[:0]), analysis.picks(drawn()[:0])
    table, found = analysis.contrasts(order, picked, False)
    assert set(analysis.verdicts(table, found).values()) == {"undecided"}
    assert "nothing is decided" in told.answered(analysis.in_order(order), {})
