"""What to learn from: made-up words whose outcomes are known, and what the rule must say of them."""

import numpy as np
import pandas as pd
import pytest

from study.analysis import dataset_and_concepts as analysis
from study.analysis import dataset_and_concepts_types as kinds
from study.analysis.dataset_and_concepts import EDITABILITY, HELD_OUT, ONE, OWN, PLAIN, WORD, Numbers
from study.wording import percent

NUMBERS = Numbers("1", "5", "25")
LEVELS = {"1": 0.2, "5": 0.7, "25": 0.72, PLAIN: 0.7, ONE: 0.7, WORD: 0.0, OWN: 1.0}  # of K, by default
QUIET = {"C": 0.9, "leak": 0.1, "other": 0.1, HELD_OUT: 0.8, EDITABILITY: 0.2}


def summary_of(concepts=8, **values):
    """One row per word: each value by set as given, else K for K and B, or a constant; concepts differ a little."""
    rng, rows = np.random.default_rng(0), []
    for i in range(concepts):
        for seed in (0, 1):
            for name, kept in LEVELS.items():
                row = dict(concept=f"c{i}", seed=seed, set=name, pictures=int(name) if name.isdigit() else 5)
                row |= QUIET | {"K": kept, "B": kept} | {value: by[name] for value, by in values.items() if name in by}
                shaken = ("K", "B", "leak", "other", HELD_OUT, EDITABILITY)
                rows.append(row | {v: row[v] + rng.normal(0, 0.02) for v in shaken})
    return pd.DataFrame(rows)


def judged(summary):
    read = analysis.reading(summary)
    table, found = analysis.contrasts(summary, NUMBERS, read)
    return analysis.verdicts(table, found, analysis.controls(summary, NUMBERS, read), read), table, found, read


def test_where_the_oracle_sees_nothing_clip_decides():
    summary = summary_of(2)
    assert analysis.reading(summary)[:2] == ("K", "B")
    blind = summary.assign(K=np.nan, B=np.nan)
    assert analysis.reading(blind)[:2] == (HELD_OUT, EDITABILITY)
    said, table, *_ = judged(blind)
    assert set(table.loc[table["primary"], "value"]) == {HELD_OUT, EDITABILITY, "leak"} and set(said) == set(
        analysis.pairs(NUMBERS, analysis.reading(summary))
    )


def test_few_beat_one_and_are_enough():
    said, table, found, _ = judged(summary_of())
    assert said["few"] == said["many"] == "supported"
    assert found["few"].estimate == pytest.approx(0.5, abs=0.02)
    p = table[table["primary"]].set_index("key")["p_holm"]
    assert p["few"] <= 0.05 and p["many"] <= 0.05 and p["variety"] > 0.05


def test_few_are_not_enough_where_many_gain_more_than_the_least_of_interest():
    said, *_ = judged(summary_of(K={"25": 0.95}))
    assert said["many"] == "not supported"
    said, *_ = judged(summary_of(K={"25": 0.80}))  # about the least of interest: open
    assert said["many"] == "undecided"


def test_few_are_not_called_enough_while_they_teach_nothing():
    level = {name: 0.3 for name in LEVELS}
    said, *_ = judged(summary_of(K=level, B=level))
    assert said["many"] != "supported" and said["few"] != "supported"


def test_few_concepts_decide_nothing():
    assert set(judged(summary_of(2))[0].values()) == {"undecided"}


def test_variety_helps_only_where_a_plain_backdrop_does_not_do_as_well():
    helped = dict(B={"5": 0.7, ONE: 0.3, PLAIN: 0.3})
    assert judged(summary_of(**helped))[0]["variety"] == "supported"
    rid = dict(B={"5": 0.7, ONE: 0.3, PLAIN: 0.6})  # it was the one scene that hurt
    assert judged(summary_of(**rid))[0]["variety"] == "undecided"
    assert judged(summary_of(B={"5": 0.5, ONE: 0.7}))[0]["variety"] == "not supported"


def test_a_scene_comes_back_only_where_others_do_not():
    back = {name: 0.1 for name in LEVELS} | {ONE: 0.6}
    assert judged(summary_of(leak=back))[0]["scene"] == "supported"
    assert judged(summary_of(leak=back, other=back))[0]["scene"] == "undecided"
    assert judged(summary_of())[0]["scene"] == "not supported"


def test_what_a_run_did_not_ask_is_no_claim():
    alone = summary_of()[lambda t: ~t["set"].isin([PLAIN, ONE])].assign(leak=np.nan)
    said, table, found, read = judged(alone)
    words = analysis.told(found, table)
    claims = analysis.claims(said, words, NUMBERS, read, "8 concepts")
    assert [claim["words"] for claim in claims] == [
        "“Using only 3-5 images of a user-provided concept”",
        "more pictures help",
    ]
    assert "varied" not in analysis.headline("it", alone, NUMBERS, said, read)


def test_the_answer_says_what_the_verdicts_say():
    summary = summary_of(B={"5": 0.7, ONE: 0.3, PLAIN: 0.3})
    said, table, found, read = judged(summary)
    answer = analysis.headline("it", summary, NUMBERS, said, read)
    five, one = (percent(summary.loc[summary["set"] == number, "K"].mean()) for number in ("5", "1"))
    assert f"learned from 5 pictures keeps its concept in {five}" in answer and f"from 1 picture {one}" in answer
    assert "25 are not needed" in answer and "varied places help" in answer
    assert "5 pictures are enough; take each somewhere else" in analysis.advice(said, NUMBERS)
    shown = analysis.contrast_table(table).data
    assert shown.loc["5 v. 1 picture", "concept kept"].endswith("*") and "p, Holm" in shown


def test_a_word_s_row_keeps_plain_pictures_and_contexts_apart():
    plain, context = "a photo of {}", "a photo of {} in the snow"
    rows = [dict(prompt=plain, concept_seen=1, context_seen=np.nan, both_seen=np.nan, leak=1.0, other=0.0)]
    rows += [dict(prompt=context, concept_seen=0, context_seen=1, both_seen=0, leak=np.nan, other=np.nan)]
    facts = dict(concept="oak", seed=0, set="5", pictures=5, coherence=1.0, reconstruction=0.9, held_out=0.7)
    texts = dict(text_deleted=0.2, text_class=0.3, text_context=0.1)
    (row,) = analysis.averages(pd.DataFrame(rows).assign(**facts, **texts), {"oak": plain}).to_dict("records")
    assert (row["K"], row["C"], row["B"], row["leak"], row["other"]) == (1, 1, 0, 1, 0)
    assert row[HELD_OUT] == 0.7 and row[EDITABILITY] == 0.2


def test_the_number_nearest_to_few_stands_in_for_it():
    sets = pd.DataFrame(dict(set=["1", "2", "3", ONE]))
    assert analysis.numbers_of(sets, 5) == Numbers("1", "3", "3")


def typed(levels):
    """Pictures of concepts from kind -> the share of B of each concept of it."""
    rows = []
    for kind, shares in levels.items():
        for i, share in enumerate(shares):
            for image in range(10):
                both = float(image < 10 * share)
                row = dict(kind=kind, concept=f"{kind}{i}", seed=image % 2, image=image, held_out=0.5, text_deleted=0.2)
                rows.append(row | dict(prompt="plain", concept_seen=both, context_seen=np.nan, both_seen=np.nan))
                rows.append(row | dict(prompt="context", concept_seen=both, context_seen=1.0, both_seen=both))
    table = pd.DataFrame(rows)
    return kinds.by_concept(table, dict.fromkeys(table["concept"], "plain"))


def test_kinds_that_lie_apart_are_told_apart():
    apart = typed({"tree": (0.9, 0.9), "car": (0.6, 0.5), "cake": (0.1, 0.2), "cat": (0.4, 0.3)})
    said, words = kinds.answer(apart)
    assert said == "supported" and "most for tree (0.90)" in words and "least for cake (0.15)" in words
    mixed = typed({"tree": (0.9, 0.2), "car": (0.8, 0.1), "cake": (0.2, 0.9), "cat": (0.5, 0.4)})
    assert kinds.answer(mixed)[0] == "undecided"


def test_one_concept_a_kind_cannot_tell_them_apart():
    single = typed({"tree": (0.9,), "car": (0.1,), "cake": (0.5,)})
    said, words = kinds.answer(single)
    assert said == "undecided" and "too few kinds" in words
    assert kinds.answer(single[:0]) == ("undecided", "types were not compared")
