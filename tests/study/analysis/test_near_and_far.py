"""In the world and strangers, one word and fine-tuning, on tables whose answer is known."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from study.analysis import near_and_far as analysis
from study.analysis import near_and_far_figures as figures
from study.analysis import near_and_far_told as told
from study.analysis.near_and_far import DB, FAR, NEAR, SD, TI
from study.contrasts import decided

GROUPS = {f"n{i}": NEAR for i in range(6)} | {f"f{i}": FAR for i in range(6)}
PLAIN = dict.fromkeys(GROUPS, "p")


def pictures_of(kept, context=None, groups=GROUPS):
    """kept: (group, method) -> K; context: method -> C. A little luck a concept and method."""
    rows, rng = [], np.random.default_rng(0)
    scores = dict(reconstruction=0.5, held_out=0.5, coherence=1.0, text_deleted=0.2, text_class=0.2, text_context=0.2)
    for concept, group in groups.items():
        for method in (TI, DB):
            luck = rng.integers(-1, 2)
            for seed in (0, 1):
                for k in range(20):
                    row = scores | dict(concept=concept, group=group, method=method, seed=seed, image=k)
                    keeps = float(k < 20 * kept[group, method] + luck)
                    there = float(k < 20 * (context or {}).get(method, 0.5) + luck)
                    rows.append(row | dict(prompt="p", is_plain=True, concept_seen=keeps))
                    rows.append(
                        row | dict(prompt="q", is_plain=False, concept_seen=keeps, context_seen=there, both_seen=0.0)
                    )
    return pd.DataFrame(rows)


def judged(pictures):
    shares = analysis.shares_of(pictures, PLAIN)
    found, controls = analysis.contrasts(pictures, shares)
    return found, controls, decided(analysis.QUESTIONS, found, controls)["verdict"]


APART = {(NEAR, TI): 0.8, (NEAR, DB): 0.8, (FAR, TI): 0.2, (FAR, DB): 0.8}


def test_a_word_that_fails_on_strangers_only():
    found, controls, verdicts = judged(pictures_of(APART, {TI: 0.9, DB: 0.3}))
    assert found["gap"].estimate == pytest.approx(0.6, abs=0.1) and found["gap"].concepts == 6 and not controls["gap"]
    assert dict(verdicts) == dict.fromkeys(("gap", "stranger", "near", "context"), "supported")


def test_a_gap_that_fine_tuning_has_too_is_the_reading_and_not_the_word():
    _, controls, verdicts = judged(pictures_of(APART | {(FAR, DB): 0.2}))
    assert controls["gap"] and verdicts["gap"] == "undecided" and verdicts["stranger"] == "not supported"


def test_no_gap_is_not_supported():
    _, _, verdicts = judged(pictures_of(dict.fromkeys(APART, 0.5)))
    assert verdicts["gap"] in ("undecided", "not supported") and verdicts["stranger"] == "not supported"


def test_one_group_alone_or_no_oracle_decides_nothing():
    near = {name: group for name, group in GROUPS.items() if group == NEAR}
    _, _, verdicts = judged(pictures_of(APART, groups=near))
    assert verdicts["gap"] == verdicts["stranger"] == "undecided"
    blind = pictures_of(APART).assign(concept_seen=np.nan, context_seen=np.nan, both_seen=np.nan)
    found, controls, verdicts = judged(blind)
    assert set(verdicts) == {"undecided"} and not controls["gap"]
    table = analysis.by_group(analysis.shares_of(blind, PLAIN))
    assert told.kept_said(table) == "known by CLIP only"
    assert told.answer(table, "undecided").startswith(told.OPEN) and "no oracle" in told.answer(table, "undecided")
    assert ">K<" not in analysis.group_table(table).to_html()
    assert np.isnan(analysis.agreement(analysis.shares_of(blind, PLAIN), (TI, DB)))


def test_the_table_has_a_row_a_group_and_method():
    table = analysis.by_group(analysis.shares_of(pictures_of(APART), PLAIN))
    assert table.loc[(FAR, TI), "concepts"] == 6 and table.at[(NEAR, DB), "K"] == pytest.approx(0.8, abs=0.1)
    assert f"{NEAR} {TI} " in told.kept_said(table) and told.kept_said(table).count("%") == 4
    own = [f"{100 * table.at[(group, TI), 'K']:.0f} %" for group in (NEAR, FAR)]
    assert told.answer(table, "undecided", True).endswith(told.NOT_ITS_OWN)
    said = told.answer(table, "supported")
    assert said.index(own[0]) < said.index(own[1]) and said.endswith(told.DECIDES["supported"])
    assert "CLIP, editability" in analysis.group_table(table).to_html()


def test_agreement_is_one_where_likeness_follows_k():
    shares = analysis.shares_of(pictures_of(APART), PLAIN)
    assert analysis.agreement(shares.assign(reconstruction=shares["K"]), (TI, DB)) == pytest.approx(1)


def test_an_answer_that_lacks_concepts_says_that_and_blames_no_oracle():
    near = {name: group for name, group in GROUPS.items() if group == NEAR}
    alone = told.answer(analysis.by_group(analysis.shares_of(pictures_of(APART, groups=near), PLAIN)), "undecided")
    assert alone.endswith("this run has no strangers.") and "oracle" not in alone
    two = {name: GROUPS[name] for name in ("n0", "f0")}
    few = told.answer(analysis.by_group(analysis.shares_of(pictures_of(APART, groups=two), PLAIN)), "undecided")
    assert few.count("%") == 2 and "So few concepts do not decide" in few


def test_what_the_page_quotes_counts_the_concepts_of_either_kind():
    pictures = pictures_of(APART, groups=GROUPS | {"f6": FAR})
    shares = analysis.shares_of(pictures, PLAIN | {"f6": "p"})
    primary = decided(analysis.QUESTIONS, *analysis.contrasts(pictures, shares))
    said = told.told(analysis.by_group(shares), primary, float("nan"), "a model")
    assert (said["n_near"], said["n_far"], said["agreement"]) == ("6", "7", "no defined value")
    assert {f"said_{key}" for key in analysis.QUESTIONS} < set(said)


def test_the_figure_has_strangers_below_and_says_when_nothing_can_be_read():
    shares, labels = analysis.shares_of(pictures_of(APART), PLAIN), {name: f"the {name}" for name in reversed(GROUPS)}
    left, right = figures.rates(shares, labels).axes
    names = [label.get_text() for label in left.get_yticklabels()]
    assert names[0] == "the n5" and names[6] == "the f5" and len(right.lines) == 4
    blind = figures.rates(shares.assign(K=np.nan), labels)
    assert all("no oracle" in ax.texts[0].get_text() for ax in blind.axes)


def test_a_tile_is_the_first_picture_of_its_method(concept):
    images = [Image.new("RGB", (8, 8), (grey,) * 3) for grey in (10, 20, 30, 40)]
    tiles = figures.tiles_of(concept, FAR, pd.DataFrame(dict(method=[TI, TI, DB, SD], image=images)))
    assert {tile["row"]: tile["image"].getpixel((0, 0))[0] for tile in tiles[1:]} == {TI: 10, DB: 30, SD: 40}
    (ax,) = figures.side_by_side(tiles).axes
    assert ax.get_ylabel() == FAR
    assert [label.get_text() for label in ax.get_yticklabels()] == [figures.PHOTO, SD, TI, DB]
