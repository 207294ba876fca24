"""Ranking on made-up tables: order, traps, batches with too little to pick from, calibration, and what is decided."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from study.analysis import harmony as analysis
from study.analysis import harmony_asked as asked
from study.analysis import harmony_figures as figures
from study.analysis import harmony_pictures as pictures
from study.analysis import harmony_told as told
from study.analysis.harmony import NEW, RANDOM, SCORES
from study.parameters import ParameterError

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
    there, truth = analysis.enough(drawn(), 30), analysis.in_order(analysis.agreement(drawn(names=NAMES[:3])))
    said = told.numbers("it", shares, order, truth, each, there, 9, 2)
    assert said["verdict"] == "supported" and said["harmony_loses"] == "none" and "harmony 100 %" in said["truth_told"]
    assert said["sizes"] == "10 concepts, 2 prompts each, 9 pictures" and said["verdict_short"].startswith(
        "On it, harmony"
    )
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


def test_the_answer_is_two_sentences_with_two_numbers(decided):
    order, _, _, each = decided
    shares = analysis.in_order(order)
    for verdict, said in (("supported", "It is better"), ("not supported", "It is not better"), ("undecided", "open")):
        answer = told.answered(shares, dict.fromkeys(each, verdict))
        assert said in answer and answer.count(". ") == 1 and answer.count("%") == 2


def test_what_is_named_before_comes_from_the_rule():
    said = told.named_before()
    assert len(said["raw_rivals"].split(", ")) == len(analysis.RAW) and said["pick_rivals"].endswith("a random pick")


def test_ones_own_prompt_is_known_and_contexts_are_spread():
    phrases = {"a": {f"{{}} {i}": f"{i}" for i in range(6)}, "b": {"{} x": "x", "{} y": "y"}}
    plan = asked.asked(phrases, ["a"], 3)
    assert plan.tested == {"a": ["{} 0", "{} 2", "{} 4"], "b": ["{} x", "{} y"]}
    assert plan.own_phrase == {"{} 0": "0"} and plan.known == phrases and plan.reported == ["b"]
    own = asked.asked(phrases, ["a", "b"], 1, "a  {} on the moon")
    assert own.own_phrase == {"a  {} on the moon": "a on the moon"} and len(own.tested["a"]) == 2
    assert own.reported == ["a", "b"] and "a  {} on the moon" not in phrases["a"]
    with pytest.raises(ParameterError, match="exactly one"):
        asked.asked(phrases, [], 2, "no place for it")
    with pytest.raises(ParameterError, match="null_pictures: expected 200 or more, got 199"):
        asked.asked(phrases, [], 2, null_pictures=199)


def test_cases_carry_their_prompt_and_training_pictures_stand_beside_them(tmp_path):
    path = tmp_path / "0.png"
    Image.new("RGB", (16, 16), "red").save(path)
    thing = SimpleNamespace(name="a", kind="tree", images=(path, path))
    style = SimpleNamespace(name="b", kind="style", images=(path,))
    plan = asked.asked({name: {"{} x": "x", "{} y": "y"} for name in "ab"}, [], 2)
    row = dict(set="both", level=2, stand_in="", image=Image.new("RGB", (16, 16), "blue"))
    table = asked.known_cases([thing, style], plan, lambda _, said: [row | dict(phrase=one) for one in said], 16)
    assert table["prompt"].tolist() == ["{} x", "{} y"] * 3 and list(table) == asked.COLUMNS
    assert table["set"].tolist() == ["both"] * 2 + ["training picture"] * 2 + ["both"] * 2  # a style has no backdrop
    black = asked.known_cases([style], plan, lambda _, said: [row | dict(phrase="x")], 16, np.zeros_like)
    assert black["image"][0].getpixel((0, 0)) == (0, 0, 0)
    assert asked.known_cases([thing], plan, lambda *_: [], 16, np.zeros_like).empty  # nothing can be drawn: no traps


def test_the_pictures_shown_are_the_first_of_each_set_and_the_best_of_each_score():
    images = [Image.new("RGB", (8, 8), colour) for colour in ("red", "green", "blue")]
    cases = pd.DataFrame(dict(concept="a", phrase=["night"] * 3 + ["snow"] * 3, set=[*"xxyxxy"], image=images * 2))
    first = pictures.one_of_each(cases)
    assert list(first["phrase"]) == ["night"] * 2 and list(first["image"]) == [images[0], images[2]]
    ranked = pictures.best_first(pd.DataFrame(dict(accord=[0.1, 0.9, 0.9, 0.5])), "accord")
    assert list(ranked.index) == [1, 2, 3, 0] and list(ranked["rank"]) == [1, 1, 3, 4]
    batch = pd.DataFrame(dict(concept="a", image=images, text=[1, 2, 3], subject=[3, 2, 1], harmony=[1, 3, 2]))
    batch = batch.assign(concept_seen=[1.0, 1.0, 0.0], context_seen=[np.nan, 1.0, 1.0])
    best = pictures.best_pictures(batch).set_index("score")
    assert best.loc["subject", "image"] is images[0] and best["ticks"].to_dict() == dict(text=1, subject=1, harmony=2)


def test_figures_of_pictures_are_there_whatever_there_is_to_show():
    image = Image.new("RGB", (8, 8))
    ranked = pd.DataFrame(dict(image=[image] * 3, rank=[1, 2, 3], accord=[0.9, 0.5, 0.1], both_seen=[1.0, 0.0, np.nan]))
    upper, lower = figures.batch(ranked, "accord", across=2).axes
    assert [label.get_text() for label in upper.get_xticklabels()] == ["1: 0.90 ✓", "2: 0.50"]
    assert [label.get_text() for label in lower.get_xticklabels()] == ["3: 0.10"]
    first = pd.DataFrame(dict(concept=["a", "a"], phrase="night", set=["both", "smear"], image=image))
    (ax,) = figures.cases(first, {"a": "A"}).axes
    assert ax.get_yticklabels()[0].get_text() == "A\nnight"
    assert "drawn to order" in figures.cases(first[:0], {}).axes[0].texts[0].get_text()
    cells = pd.DataFrame(dict(concept="a", score=list(pictures.PICKED), image=image, ticks=[0, 1, 2]))
    (ax,) = figures.picks(cells, {"a": "A"}).axes
    assert [text.get_text() for text in ax.texts] == ["✓", "✓✓"]


def test_figures_of_scores_say_why_a_panel_is_empty(decided):
    order, table, *_ = decided
    panels = figures.in_order({value: analysis.in_order(order, value) for value in ("auc", *analysis.TRAPS)}).axes
    assert len(panels) == 4 and panels[1].get_xlabel() == "above the subject dropped"
    none = figures.in_order(dict.fromkeys(("auc", *analysis.TRAPS), analysis.in_order(order.assign(auc=np.nan))))
    none.canvas.draw()  # of a style alone no picture is drawn to order
    assert [text.get_text() for text in none.axes[0].texts] == ["no such pictures"]
    batches = drawn(names=NAMES[:3])
    left, right = figures.best_of_n(analysis.picks(batches), table, analysis.enough(batches, 1)).axes
    assert len(left.lines) == len(SCORES) + 1 and len(right.get_yticks()) == len(table) / len(NEW)
    left, _ = figures.best_of_n(analysis.picks(batches), table, analysis.enough(batches, 10_000)).axes
    assert "too few" in left.texts[0].get_text()
    agreed = analysis.in_order(analysis.agreement(batches))
    left, right = figures.agreement(agreed, analysis.calibration(batches, fewest=6)).axes
    assert left.get_xlabel() == "accepted above others" and len(right.lines) == 3
    unknown = batches.assign(accepted=np.nan, concept_seen=np.nan, context_seen=np.nan)
    nobody = figures.agreement(analysis.in_order(analysis.agreement(unknown)), analysis.calibration(unknown))
    assert all(ax.texts for ax in nobody.axes)
