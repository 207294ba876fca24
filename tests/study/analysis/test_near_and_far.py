"""In the world and strangers, one word and fine-tuning, on tables whose answer is known."""

import numpy as np
import pandas as pd
import pytest

from study.analysis import near_and_far as analysis
from study.analysis.near_and_far import DB, FAR, NEAR, TI
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
    assert analysis.kept_said(table) == "known by CLIP only"
    assert "stays open" in analysis.answer(table)
    assert ">K<" not in analysis.group_table(table).to_html()
    assert np.isnan(analysis.agreement(analysis.shares_of(blind, PLAIN), (TI, DB)))


def test_the_table_has_a_row_a_group_and_method():
    table = analysis.by_group(analysis.shares_of(pictures_of(APART), PLAIN))
    assert table.loc[(FAR, TI), "concepts"] == 6 and table.at[(NEAR, DB), "K"] == pytest.approx(0.8, abs=0.1)
    assert f"{NEAR} {TI} " in analysis.kept_said(table) and analysis.kept_said(table).count("%") == 4
    own = [f"{100 * table.at[(group, TI), 'K']:.0f} %" for group in (NEAR, FAR)]
    assert analysis.answer(table).index(own[0]) < analysis.answer(table).index(own[1])
    assert "CLIP, editability" in analysis.group_table(table).to_html()


def test_agreement_is_one_where_likeness_follows_k():
    shares = analysis.shares_of(pictures_of(APART), PLAIN)
    assert analysis.agreement(shares.assign(reconstruction=shares["K"]), (TI, DB)) == pytest.approx(1)
