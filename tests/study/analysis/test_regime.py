"""Settings chosen from a grid, and the size of a study, on tables whose answer is known."""

import numpy as np
import pandas as pd
import pytest

from study.analysis import regime as analysis

OTHERWISE = dict(step=500, rate=0.01)


def values_of(value, concepts=("oak", "hall"), rates=(0.003, 0.01, 0.03), steps=(100, 200, 400)):
    return pd.DataFrame(
        dict(concept=c, seed=s, rate=r, step=n, value=value(c, s, r, n))
        for c in concepts for s in (0, 1) for r in rates for n in steps
    )  # fmt: skip


def test_the_best_of_the_grid_is_taken_and_lies_inside_it():
    table = values_of(lambda c, s, r, n: 0.9 if (r, n) == (0.01, 200) else 0.1 * s)
    choice = analysis.choose(table, ("step", "rate"), OTHERWISE)
    assert choice.setting == dict(step=200, rate=0.01) and choice.value == pytest.approx(0.9)
    assert choice.edge == () and choice.known
    assert "inside" in analysis.said_edge(choice, {})


def noise(c, n):
    """What one concept gains at 400 steps and the other nearly loses: less than a standard error."""
    return {"oak": 0.02, "hall": -0.01}[c] * (n == 400)


def test_of_settings_within_a_standard_error_of_the_best_the_cheapest_is_taken_and_an_edge_is_said():
    table = values_of(lambda c, s, r, n: 0.5 + noise(c, n) - (r == 0.03))
    assert analysis.choose(table, ("step", "rate"), OTHERWISE, within=0).setting["step"] == 400
    choice = analysis.choose(table, ("step", "rate"), OTHERWISE)
    assert choice.setting == dict(step=100, rate=0.003) and set(choice.edge) == {"step", "rate"}
    most = analysis.choose(table, ("step", "rate"), OTHERWISE, least=False)
    assert most.setting == dict(step=400, rate=0.01)
    assert "steps and rate" in analysis.said_edge(choice, dict(step="steps", rate="rate"))


def test_one_concept_with_many_seeds_weighs_no_more_than_another():
    few = values_of(lambda c, s, r, n: float(n == 100), concepts=("oak",))
    many = values_of(lambda c, s, r, n: 0.8 * (n == 200), concepts=("hall",))
    many = pd.concat([many.assign(seed=many["seed"] + 2 * k) for k in range(5)])
    assert analysis.choose(pd.concat([few, many]), ("step", "rate"), OTHERWISE, within=0).setting["step"] == 100


def test_a_concept_without_a_value_at_some_setting_is_left_out_everywhere():
    table = values_of(lambda c, s, r, n: float(n == 200) if c == "oak" else 5.0 * (n == 400))
    table.loc[(table["concept"] == "hall") & (table["step"] == 100), "value"] = np.nan
    assert analysis.choose(table, ("step", "rate"), OTHERWISE).setting["step"] == 200


def test_the_rows_of_a_setting_agree_in_all_of_it():
    table = values_of(lambda c, s, r, n: 0.5)
    some = analysis.at_setting(table, dict(step=200.0, rate=0.01))  # a chosen step comes as a float
    assert len(some) == 4 and set(some["step"]) == {200} and set(some["rate"]) == {0.01}
    assert analysis.at_setting(table, dict(step=250)).empty


def test_nothing_known_leaves_the_settings_as_they_were():
    choice = analysis.choose(values_of(lambda *_: np.nan), ("step", "rate"), OTHERWISE)
    assert choice.setting == OTHERWISE and not choice.known and np.isnan(choice.value)
    alike = analysis.choose(values_of(lambda c, s, r, n: 0.4 + noise(c, n)), ("step", "rate"), OTHERWISE)
    assert alike.setting == OTHERWISE and "no difference" in analysis.said_edge(alike, {})


def judged(both, likeness=0.5):
    """A picture of the plain prompt and one in context, of one word."""
    row = dict(concept="oak", seed=0, rate=0.01, held_out=0.5, coherence=1.0, text_class=0.3, text_context=0.3)
    plain = row | dict(prompt="p", reconstruction=likeness, text_deleted=0.2, concept_seen=1.0, context_seen=np.nan)
    context = row | dict(prompt="c", reconstruction=0.4, text_deleted=0.25, concept_seen=0.0, context_seen=1.0)
    return pd.DataFrame([plain | dict(both_seen=np.nan), context | dict(both_seen=both)])


def test_the_value_is_the_oracles_and_clips_only_without_one():
    anchors = pd.DataFrame(
        dict(arm=["image_only", "plain"], concept="oak", reconstruction=[0.9, 0.4], editability_deleted=[0.1, 0.3])
    ).set_index(["arm", "concept"])
    by, plain = ("rate", "concept", "seed"), dict(oak="p")
    (row,) = analysis.values_of(judged(0.0), plain, anchors, by).itertuples()
    assert (row.K, row.C, row.B, row.value) == (1.0, 1.0, 0.0, 0.0)
    assert row.balance == pytest.approx(np.sqrt(0.2 * 0.75))
    (row,) = analysis.values_of(judged(np.nan), plain, anchors, by).itertuples()
    assert row.value == row.balance


def pictures_of(concept_sd, seed_sd, picture_sd, concepts=40, seeds=6, pictures=30, mean=0.2):
    rng, rows = np.random.default_rng(0), []
    for c in range(concepts):
        of_concept = mean + rng.normal(0, concept_sd)
        for s in range(seeds):
            of_word = of_concept + rng.normal(0, seed_sd)
            for k in range(pictures):
                here = dict(concept=f"c{c}", seed=s, prompt="p", image=k)
                rows += [here | dict(method="TI", both=0.0)]
                rows += [here | dict(method="KL", both=of_word + rng.normal(0, picture_sd))]
    return pd.DataFrame(rows)


def test_the_parts_of_the_spread_come_back():
    parts = analysis.components(pictures_of(0.3, 0.2, 0.5), "both", arm="method", new="KL", base="TI")
    assert parts.concept == pytest.approx(0.3, rel=0.25) and parts.seed == pytest.approx(0.2, rel=0.25)
    assert parts.picture == pytest.approx(0.5, rel=0.1) and parts.mean == pytest.approx(0.2, abs=0.15)
    one = pictures_of(0.3, 0.2, 0.5, concepts=1)
    assert analysis.components(one, "both", arm="method", new="KL", base="TI") is None
    assert analysis.components(one.assign(both=np.nan), "both", arm="method", new="KL", base="TI") is None


def test_more_of_anything_makes_the_interval_narrower():
    parts = analysis.Components(0.2, 0.2, 0.4, 0.0)
    sizes = [(6, 2, 4), (12, 2, 4), (48, 2, 4), (12, 8, 4), (12, 2, 32)]
    width = analysis.simulated(parts, sizes, 0.1).set_index(["concepts", "seeds", "pictures"])["width"]
    assert width[6, 2, 4] > width[12, 2, 4] > width[48, 2, 4]
    assert width[12, 8, 4] < width[12, 2, 4] and width[12, 2, 32] < width[12, 2, 4]


def test_the_width_is_that_of_the_formula_and_a_narrow_interval_decides():
    parts = analysis.Components(0.2, 0.0, 0.0, 0.0)
    table = analysis.simulated(parts, [(12, 1, 1), (200, 1, 1)], 0.1)
    assert table["width"].iloc[0] == pytest.approx(2 * 2.201 * 0.2 / np.sqrt(12), rel=0.06)
    assert table["found"].iloc[1] > 0.99 and table["ruled_out"].iloc[1] > 0.99
    assert table["found"].iloc[0] < 0.6
    size = analysis.enough(table, 0.1)
    assert size["concepts"] == 200
    assert analysis.plan_said(table, 0.1).endswith("takes 200 concepts, 1 seed, 1 picture a seed")
    assert analysis.enough(table, 0.01) is None and "out of reach" in analysis.plan_said(table, 0.01)
    assert "no study can be planned" in analysis.plan_said(None, 0.1)


def test_the_cheapest_size_that_will_do_is_named():
    table = pd.DataFrame(dict(concepts=[20, 12, 40], seeds=[3, 5, 3], pictures=[8, 8, 8], width=[0.09, 0.08, 0.05]))
    assert analysis.enough(table, 0.1)["concepts"] == 20
