"""Attributes recovered, on tables whose answer is known."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from study.analysis import what_it_learns as analysis
from study.analysis import what_it_learns_figures as figures
from study.analysis import what_it_learns_told as told
from study.analysis.what_it_learns import DB, KL, TI
from study.contrasts import decided
from study.wording import percent

BY = ["method", "concept", "seed", "step"]


def pictures_of(rows):
    """(method, concept, seed, step, family, form crown, colour crown) a picture."""
    return pd.DataFrame(rows, columns=[*BY, "family", "form crown", "colour crown"])


def test_shares_are_of_pictures_and_only_of_attributes_that_a_concept_has():
    table = analysis.shares(
        pictures_of([(TI, "oak", 0, 5, 1, 1, 0), (TI, "oak", 0, 5, 1, 0, 0), (TI, "hall", 0, 5, 1, np.nan, 1)]), BY
    ).set_index(["concept", "attribute"])
    assert table["share"].to_dict() == {
        ("oak", "family"): 1, ("oak", "form crown"): 0.5, ("oak", "colour crown"): 0,
        ("hall", "family"): 1, ("hall", "colour crown"): 1,
    }  # fmt: skip
    assert table.loc[("oak", "form crown"), "group"] == "forms"
    assert table.loc[("hall", "colour crown"), "group"] == "colours"


def shares_of(**values):
    table = pd.DataFrame(dict(attribute=[name.replace("_", " ") for name in values], share=list(values.values())))
    group = table["attribute"].map(analysis.group_of)
    return table.assign(method=TI, concept="oak", seed=0, step=5, group=group)


def test_recovery_is_nought_at_the_class_word_and_one_at_the_drawings():
    words = shares_of(family=0.9, form_crown=0.6, colour_crown=0.1)
    of_class = shares_of(family=0.88, form_crown=0.2, colour_crown=0.1)
    own = shares_of(family=0.95, form_crown=1.0, colour_crown=0.9)
    found = analysis.recovered(words, of_class, own).set_index("attribute")["recovery"]
    assert np.isnan(found["family"])  # the class word shows it anyway: a ratio over less than .1
    assert found["form crown"] == pytest.approx(0.5) and found["colour crown"] == pytest.approx(0)
    at_best = analysis.recovered(own, of_class, own).set_index("attribute")["recovery"]
    assert at_best["form crown"] == pytest.approx(1)
    groups = analysis.by_group(analysis.recovered(words, of_class, own)).set_index("group")["recovery"]
    assert np.isnan(groups["family"]) and groups["forms"] == pytest.approx(0.5)


def test_an_attribute_without_a_reference_has_no_recovery():
    words = shares_of(form_crown=0.6)
    assert analysis.recovered(words, shares_of(family=0.1), shares_of(family=0.9))["recovery"].isna().all()


def test_attributes_that_never_come_together_are_seen_not_to():
    apart = pictures_of([(TI, "oak", 0, 5, 1, 1, 0), (TI, "oak", 0, 5, 1, 0, 1)])
    table = analysis.together(apart, BY)
    assert table["product"].item() == pytest.approx(0.25) and table["at_once"].item() == 0
    joined = pictures_of([(TI, "oak", 0, 5, 1, 1, 1), (TI, "oak", 0, 5, 0, 0, 0)])
    table = analysis.together(joined, BY)
    assert table["product"].item() == pytest.approx(0.125) and table["at_once"].item() == 0.5
    assert "50 %, against 12 %" in told.product_said(table, TI)
    assert told.product_said(table, KL) == "not known"


def groups_of(colours, forms, methods=(TI,), concepts=8, steps=(0, 10, 20, 30)):
    rows, rng = [], np.random.default_rng(0)
    for method in methods:
        for c in range(concepts):
            for s in (0, 1):
                for i, step in enumerate(steps):
                    for group, curve in (("colours", colours[method]), ("forms", forms[method])):
                        row = dict(method=method, concept=f"c{c}", seed=s, step=step, group=group)
                        rows.append(row | dict(recovery=curve[i] + rng.normal(0, 0.02)))
    return pd.DataFrame(rows)


def leaks_of(one, varied, concepts=8):
    rng, rows = np.random.default_rng(1), []
    for c in range(concepts):
        for s in (0, 1):
            for source, share in (("one backdrop", one), ("varied", varied), ("class word", 0.1)):
                rows.append(dict(concept=f"c{c}", seed=s, source=source, scene=share + rng.normal(0, 0.02)))
    return pd.DataFrame(rows)


NO_LEAKS = pd.DataFrame(columns=["concept", "seed", "source", "scene"])
EARLY, LATE = (0, 0.8, 0.9, 0.9), (0, 0.1, 0.5, 0.8)


def test_colours_before_forms_and_the_steps_of_half_the_way():
    groups = groups_of({TI: EARLY}, {TI: LATE})
    found, controls = analysis.contrasts(groups, leaks_of(0.6, 0.1))
    assert found["order"].low > 0.1 and found["order"].p < 0.05
    assert not found["kl"].n  # no KL arm, nothing to say
    assert found["leak"].estimate == pytest.approx(0.5, abs=0.05) and not controls["leak"]
    half = analysis.half_way(groups, TI)
    assert half == dict(colours=10, forms=20)
    assert told.steps_said(half) == "colours at step 10, forms at step 20"
    assert "forms 8" in told.ends_said(groups, TI) and "nothing" in told.ends_said(groups, KL)


def test_the_same_curve_is_no_order_and_a_leak_of_every_word_is_none():
    groups = groups_of(dict.fromkeys((TI, KL), EARLY), {TI: EARLY, KL: (0, 0.2, 0.3, 0.5)}, methods=(TI, KL))
    found, controls = analysis.contrasts(groups, leaks_of(0.6, 0.6))
    assert abs(found["order"].estimate) < 0.05
    assert found["kl"].high < -0.3
    assert controls["leak"]


def test_what_never_rises_is_never_half_way():
    half = analysis.half_way(groups_of({TI: (0, 0, 0, 0)}, {TI: LATE}), TI)
    assert np.isnan(half["colours"]) and half["forms"] == 20
    assert told.steps_said(dict(colours=float("nan"))) == "not reached"


def test_tables_of_words_that_nobody_could_read_are_empty_and_say_so():
    nothing = pd.DataFrame()
    rates, joint = analysis.recovery_of(nothing, nothing, nothing)
    groups = analysis.by_group(rates)
    assert groups.empty and joint.empty and {"recovery", "group"} <= set(rates)
    assert told.answer(groups, "undecided") == f"{told.NOTHING}."
    primary = decided(analysis.QUESTIONS, *analysis.contrasts(groups, NO_LEAKS))
    said = told.told(groups, joint, primary, "a model")
    assert said["half_way"] == "not reached" and said["ends_kl"] == "nothing that could be read"
    for figure in (
        figures.recovery(groups),
        figures.by_concept(groups, (TI, KL), dict(oak="oak")),
        figures.together_and_leaked(joint, NO_LEAKS, "beach"),
    ):
        assert all(ax.texts[0].get_text() == figures.WHY for ax in figure.axes)


def test_tables_of_words_are_those_of_the_single_steps():
    words = pictures_of([(TI, "oak", 0, 5, 1, 1, 0), (TI, "oak", 0, 5, 1, 0, 0)])
    of_class, own = words.assign(**{"form crown": 0.0}), words.assign(**{"form crown": 1.0, "colour crown": 1.0})
    rates, joint = analysis.recovery_of(words, of_class, own)
    recovery = rates.set_index("attribute")["recovery"]
    assert recovery["form crown"] == 0.5 and recovery["colour crown"] == 0 and np.isnan(recovery["family"])
    assert joint["at_once"].item() == 0


def test_the_answer_has_two_numbers_and_the_verdict():
    groups = groups_of({TI: EARLY}, {TI: LATE})
    colours, forms = (percent(told.ends(groups, TI)[group]) for group in ("colours", "forms"))
    said = f"a learned word ends with {colours} of its colours and {forms} of its forms."
    assert told.answer(groups, "supported") == f"{said} {told.FIRST['supported']}"
    style = told.answer(groups[groups["group"] == "colours"], "undecided")
    assert style == f"a learned word ends with {colours} of its colours."  # no forms, no order


def test_only_methods_that_were_followed_have_curves():
    groups = groups_of(dict.fromkeys((TI, KL), EARLY), dict.fromkeys((TI, KL), LATE), methods=(TI, KL))
    tuned = groups[(groups["method"] == TI) & (groups["step"] == 30)].assign(method=DB)
    groups = pd.concat([groups, tuned], ignore_index=True)
    assert [ax.get_xlabel().split("\n")[-1] for ax in figures.recovery(groups).axes] == [TI, KL]
    labels = {f"c{i}": f"the {i}" for i in range(8)}
    panels = figures.by_concept(groups, (TI, KL, DB), labels).axes
    assert [ax.get_xlabel() for ax in panels] == [TI, KL, DB]
    assert panels[0].texts[0].get_text() == "" and panels[0].texts[1].get_text().endswith("%")  # no family was read


def test_the_figure_of_leaks_has_a_mean_a_source_and_the_steps_a_column_each():
    _, joint = analysis.recovery_of(*[pd.DataFrame()] * 3)
    right = figures.together_and_leaked(joint, leaks_of(0.6, 0.1), "beach").axes[1]
    means = [line.get_ydata()[0] for line in right.lines if line.get_marker() == "s"]
    assert means[:3] == pytest.approx([0.1, 0.1, 0.6], abs=0.05) and "beach" in right.get_ylabel()
    shown = pd.DataFrame(dict(concept="oak", step=[0, 10, 20], image=[Image.new("RGB", (8, 8))] * 3))
    figure = figures.step_by_step(shown, dict(oak=Image.new("RGB", (8, 8))), dict(oak="an oak"))
    assert [label.get_text() for label in figure.axes[0].get_xticklabels()] == ["pictures", "0", "10", "20"]
